#include "ops/captured_request.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "http/head.h"

/* The lines up to the empty one, ended as HTTP ends them, whatever an editor made of that. */
static struct str cut_head(struct str *in, struct arena *a)
{
    struct buf head;
    struct str line;

    buf_init(&head, LIMIT_HEADER_BLOCK);
    while (buf_ok(&head) && cut_field(in, '\n', &line)) {
        if (line.n > 0 && line.p[line.n - 1] == '\r')
            line.n--;
        buf_str(&head, line);
        buf_str(&head, STR("\r\n"));
        if (line.n == 0)
            break;
    }
    const struct str lines = buf_ok(&head) ? str_dup(buf_view(&head), a) : STR_NONE;
    buf_finish(&head);
    return lines;
}

static void take_headers(const struct http_head *h, struct str head, struct arena *a,
                         struct http_request *ret)
{
    ret->headers = arena_new(a, struct http_header, h->n_fields + 1);
    for (size_t i = 0; i < h->n_fields; i++)
        ret->headers[ret->n_headers++] = (struct http_header){
            http_span_of(head, h->fields[i].name), http_span_of(head, h->fields[i].value)};
}

bool captured_request_parse(struct str text, struct arena *a, struct http_request *ret,
                            int64_t *ret_announced, struct err *e)
{
    const struct str head = cut_head(&text, a);
    struct http_head h;

    http_head_init(&h);
    if (http_head_parse(&h, head) != HTTP_PARSE_DONE) {
        err_set(e, ERR_INVALID, "this is no whole HTTP request");
        return err_fix(e,
                       "write it as it came: POST /webhooks/… HTTP/1.1, its headers with Host, an "
                       "empty line, the body");
    }
    *ret = (struct http_request){
        .method = h.method,
        .target = http_span_of(head, h.target),
        .path = http_span_of(head, h.path),
        .query = h.has_query ? http_span_of(head, h.query) : STR_NONE,
        .body = text,
        .is_http_1_0 = h.is_http_1_0,
    };
    take_headers(&h, head, a, ret);
    *ret_announced = h.has_length ? (int64_t)h.length : INT_NONE;
    return true;
}
