#include "http/query.h"

#include "base/limits.h"

static bool is_text(struct str s)
{
    return str_is_utf8(s) && (s.n == 0 || !memchr(s.p, '\0', s.n));
}

bool http_query_parse(const struct http_request *rq, struct arena *a, struct form *ret,
                      struct err *e)
{
    struct form query = {0};

    if (!str_is_none(rq->query) && !form_parse(rq->query, LIMIT_FORM_FIELDS, a, &query, e))
        return err_trace(e);
    for (size_t i = 0; i < query.n; i++)
        if (!is_text(query.fields[i].name) || !is_text(query.fields[i].value))
            return err_set(e, ERR_INVALID, "query: field %zu is not UTF-8 text", i + 1);
    *ret = query;
    return true;
}

bool http_query_int(const struct form *query, struct str name, const struct http_range *range,
                    int64_t *ret, struct err *e)
{
    const struct str value = form_get(query, name);
    int64_t n = range->otherwise;

    if (value.n > 0 && (!str_to_i64(value, &n) || n < range->least || n > range->most))
        return err_set(e, ERR_INVALID, STR_FMT ": a whole number from %lld to %lld expected",
                       STR_ARG(name), (long long)range->least, (long long)range->most);
    *ret = n;
    return true;
}
