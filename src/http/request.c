#include "http/http.h"

static const struct str method_names[] = {
    [HTTP_GET] = {"GET", 3},         [HTTP_HEAD] = {"HEAD", 4},   [HTTP_POST] = {"POST", 4},
    [HTTP_PUT] = {"PUT", 3},         [HTTP_PATCH] = {"PATCH", 5}, [HTTP_DELETE] = {"DELETE", 6},
    [HTTP_OPTIONS] = {"OPTIONS", 7},
};
static_assert(LEN(method_names) == HTTP_METHOD_COUNT, "every method has a name");

struct str http_method_name(enum http_method m)
{
    return method_names[m];
}

struct str http_header(const struct http_request *rq, struct str name)
{
    for (size_t i = 0; i < rq->n_headers; i++)
        if (rq->headers[i].name.n == name.n && str_eq_nocase(rq->headers[i].name, name))
            return rq->headers[i].value;
    return STR_NONE;
}

size_t http_header_count(const struct http_request *rq, struct str name)
{
    size_t n = 0;

    for (size_t i = 0; i < rq->n_headers; i++)
        n += str_eq_nocase(rq->headers[i].name, name);
    return n;
}
