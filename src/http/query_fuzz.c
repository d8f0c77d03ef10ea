/* Any query string: refused with a reason, or text. */
#include "base/arena.h"

#include "http/query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct http_range range = {.least = -5, .most = 5, .otherwise = 0};
    const struct http_request rq = {.query = {(const char *)data, size}};
    struct arena *a = arena_create(0);
    struct err e = {0};
    struct form q;
    int64_t n;

    if (http_query_parse(&rq, a, &q, &e)) {
        for (size_t i = 0; i < q.n; i++) {
            assert(str_is_utf8(q.fields[i].name) && str_is_utf8(q.fields[i].value));
            if (http_query_int(&q, q.fields[i].name, &range, &n, &e))
                assert(n >= range.least && n <= range.most);
        }
    } else {
        assert(e.code == ERR_INVALID || e.code == ERR_LIMIT);
    }
    arena_destroy(a);
    return 0;
}
