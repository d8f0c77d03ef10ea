#include "answer.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "die.h"

size_t answer_head_length(const char *p, size_t n)
{
    const char *end = memmem(p, n, "\r\n\r\n", 4);

    return end ? (size_t)(end - p) + 4 : 0;
}

static size_t content_length(const char *p, const char *end)
{
    while ((p = memchr(p, '\n', (size_t)(end - p)))) {
        p++;
        if (strncasecmp(p, "content-length:", 15) == 0)
            return strtoul(p + 15, NULL, 10);
        if (strncasecmp(p, "transfer-encoding:", 18) == 0)
            die("the answer to a webhook is chunked: not measured");
    }
    return 0;
}

size_t answer_length(const char *p, size_t n, int *ret_status)
{
    const size_t head = answer_head_length(p, n);
    const int status = strncmp(p, "HTTP/1.1 ", 9) == 0 ? (int)strtol(p + 9, NULL, 10) : 0;
    size_t body = 0;

    if (head == 0)
        return 0;
    if (status != 204 && status != 304)
        body = content_length(p, p + head);
    if (n - head < body)
        return 0;
    *ret_status = status;
    return head + body;
}

bool answer_closes(const char *p, size_t n)
{
    static const char field[] = "\r\nConnection: close\r\n";

    return memmem(p, answer_head_length(p, n), field, sizeof field - 1) != NULL;
}
