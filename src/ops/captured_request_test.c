#include "ops/captured_request.h"

#include "base/arena.h"
#include "base/limits.h"
#include "test/test.h"

static void lines_may_end_as_in_http_or_as_in_an_editor(void **state)
{
    static const char *const texts[] = {
        "POST /a?b=c HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nd=e\r\n",
        "POST /a?b=c HTTP/1.1\nHost: x\nContent-Length: 5\n\nd=e\r\n",
    };

    (void)state;
    FOR_EACH_ROW (text, texts) {
        _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
        struct http_request rq;
        struct err e = {0};
        int64_t announced;
        assert_ok(captured_request_parse(str_from(*text), a, &rq, &announced, &e), &e);
        assert_int_equal(rq.method, HTTP_POST);
        assert_str(rq.target, "/a?b=c");
        assert_str(rq.path, "/a");
        assert_str(rq.query, "b=c");
        assert_str(http_header(&rq, STR("host")), "x");
        assert_str(rq.body, "d=e\r\n"); // as it was captured
        assert_int_equal(announced, 5);
        assert_false(rq.is_http_1_0);
    }
}

static void what_is_not_said_is_not_made_up(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct http_request rq;
    struct err e = {0};
    int64_t announced;

    (void)state;
    assert_ok(captured_request_parse(STR("GET /a HTTP/1.0\n\n"), a, &rq, &announced, &e), &e);
    assert_true(rq.is_http_1_0 && str_is_none(rq.query) && announced == INT_NONE);
    assert_int_equal(rq.n_headers, 0);
    assert_int_equal(rq.body.n, 0);
}

static void what_is_no_whole_request_is_refused_with_a_remedy(void **state)
{
    static const char *const texts[] = {"", "hello\n", "POST /a HTTP/1.1\nHost: x\n",
                                        "POST /a HTTP/1.1\n\n"};
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    char *longest = arena_new(a, char, LIMIT_HEADER_BLOCK + 2);
    struct http_request rq;
    int64_t announced;

    (void)state;
    FOR_EACH_ROW (text, texts) {
        struct err e = {0};
        assert_refused(captured_request_parse(str_from(*text), a, &rq, &announced, &e), &e,
                       ERR_INVALID);
        assert_int_equal(e.n_fix, 1);
    }
    struct err e = {0};
    memset(longest, 'a', LIMIT_HEADER_BLOCK + 1);
    assert_refused(captured_request_parse(str_from(longest), a, &rq, &announced, &e), &e,
                   ERR_INVALID);
}

TEST_MAIN(cmocka_unit_test(lines_may_end_as_in_http_or_as_in_an_editor),
          cmocka_unit_test(what_is_not_said_is_not_made_up),
          cmocka_unit_test(what_is_no_whole_request_is_refused_with_a_remedy))
