#include "http/http.h"

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
