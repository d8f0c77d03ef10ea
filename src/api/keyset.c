#include "api/keyset.h"

#include "api/deed.h"

static bool read_page(struct req *rq, struct str name, const struct http_range *keys, int64_t usual,
                      struct list_page *ret, struct err *e)
{
    const struct http_range limits = {1, LIMIT_PAGE, usual};

    return (http_query_int(&rq->query, name, keys, &ret->from, e) &&
            http_query_int(&rq->query, STR("limit"), &limits, &ret->limit, e)) ||
           err_trace(e);
}

bool req_after(struct req *rq, struct list_page *ret, struct err *e)
{
    static const struct http_range keys = {0, INT64_MAX, 0};

    return read_page(rq, STR("after"), &keys, LIMIT_PAGE, ret, e) || err_trace(e);
}

bool req_before(struct req *rq, int64_t usual, struct list_page *ret, struct err *e)
{
    static const struct http_range keys = {1, INT64_MAX, INT64_MAX};

    return read_page(rq, STR("before"), &keys, usual, ret, e) || err_trace(e);
}

void json_member_next(struct req *rq, struct str name, const struct list_page *page, size_t n,
                      int64_t last)
{
    req_member_id(rq, name, n == (size_t)page->limit ? last : INT_NONE);
}
