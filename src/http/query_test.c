#include "http/query.h"

#include "test/test.h"

static void reads_the_query_as_text(void **state)
{
    struct arena *a = arena_create(0);
    struct http_request rq = {.query = STR("a=1&b=x%20y+z&empty=&%C3%A9=%E2%9C%93")};
    struct form q;
    struct err e = {0};

    (void)state;
    assert_ok(http_query_parse(&rq, a, &q, &e), &e);
    assert_str(form_get(&q, STR("b")), "x y z");
    assert_str(form_get(&q, STR("empty")), "");
    assert_str(form_get(&q, STR("\xc3\xa9")), "\xe2\x9c\x93");
    rq.query = STR_NONE;
    assert_ok(http_query_parse(&rq, a, &q, &e), &e);
    assert_int_equal(q.n, 0);
    arena_destroy(a);
}

static void refuses_what_is_not_text(void **state)
{
    static const char *const rows[] = {"a=%ff", "%fe=1", "a=%00", "a=%ed%a0%80"};
    struct arena *a = arena_create(0);

    (void)state;
    FOR_EACH_ROW (row, rows) {
        const struct http_request rq = {.query = str_from(*row)};
        struct form q;
        struct err e = {0};
        assert_refused(http_query_parse(&rq, a, &q, &e), &e, ERR_INVALID);
    }
    arena_destroy(a);
}

static void reads_numbers_within_a_range(void **state)
{
    static const struct http_range range = {.least = 1, .most = 100, .otherwise = 20};
    static const struct {
        const char *query;
        int64_t n; /* 0: refused */
    } rows[] = {{"", 20},
                {"limit=", 20},
                {"limit=1", 1},
                {"limit=100", 100},
                {"limit=0", 0},
                {"limit=101", 0},
                {"limit=-5", 0},
                {"limit=5x", 0},
                {"limit=1e2", 0},
                {"limit=%205", 0},
                {"limit=99999999999999999999", 0}};
    struct arena *a = arena_create(0);

    (void)state;
    FOR_EACH_ROW (row, rows) {
        const struct http_request rq = {.query = str_from(row->query)};
        struct form q;
        struct err e = {0};
        int64_t n = 0;
        assert_ok(http_query_parse(&rq, a, &q, &e), &e);
        assert_row(http_query_int(&q, STR("limit"), &range, &n, &e) == (row->n != 0), row->query);
        assert_row(n == row->n, row->query);
    }
    arena_destroy(a);
}

TEST_MAIN(cmocka_unit_test(reads_the_query_as_text), cmocka_unit_test(refuses_what_is_not_text),
          cmocka_unit_test(reads_numbers_within_a_range))
