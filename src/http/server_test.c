#include "test/http_app.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/limits.h"
#include "test/peer.h"

static struct app *app;
static struct arena *a;

static int begin(void **state)
{
    (void)state;
    a = arena_create(0);
    app = app_start(NULL);
    return 0;
}

static int end(void **state)
{
    (void)state;
    app_stop(app);
    arena_destroy(a);
    return 0;
}

#define GET(path) STR("GET " path " HTTP/1.1\r\nHost: a\r\n\r\n")

static struct peer dial(void)
{
    return peer_open(app_port(app), a);
}

static void expect_body(struct peer *p, int status, const char *body)
{
    const struct reply r = peer_reply(p, false);

    assert_int_equal(r.status, status);
    assert_str(r.body, body);
}

// --- requests and answers ------------------------------------------------------------------------

static void answers_with_every_field_that_belongs_there(void **state)
{
    struct peer p = dial();

    (void)state;
    peer_say(&p, GET("/echo?x=1"));
    const struct reply r = peer_reply(&p, false);
    assert_int_equal(r.status, 200);
    assert_str(r.body, "0 /echo?x=1 127.0.0.1 http\n");
    assert_str(reply_field(&r, STR("date")), "Fri, 15 Jan 2027 08:00:00 GMT");
    assert_str(reply_field(&r, STR("content-type")), "text/plain");
    assert_str(reply_field(&r, STR("x-content-type-options")), "nosniff");
    assert_true(str_is_none(reply_field(&r, STR("server"))));
    assert_true(str_is_none(reply_field(&r, STR("connection"))));
    assert_int_equal(app->n_answered, 1);
    peer_close(&p);
}

static void takes_a_request_byte_by_byte(void **state)
{
    struct peer p = dial();

    (void)state;
    for (int i = 0; i < 3; i++) {
        peer_say_bytewise(&p,
                          STR("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"));
        expect_body(&p, 200, "2 /echo 127.0.0.1 http\nhello");
    }
    peer_close(&p);
}

static void takes_a_chunked_body_however_it_is_cut(void **state)
{
    const struct str request =
        STR("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
            "\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nT: u\r\n\r\n");
    struct peer p = dial();

    (void)state;
    peer_say(&p, request);
    expect_body(&p, 200, "2 /echo 127.0.0.1 http\nhello world");
    peer_say_bytewise(&p, request);
    expect_body(&p, 200, "2 /echo 127.0.0.1 http\nhello world");
    peer_close(&p);
}

static void serves_pipelined_requests_one_after_the_other(void **state)
{
    struct peer p = dial();

    (void)state;
    peer_say(&p, STR("GET /later?1 HTTP/1.1\r\nHost: a\r\n\r\n"
                     "POST /later?2 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab"
                     "GET /echo?3 HTTP/1.1\r\nHost: a\r\n\r\n"
                     "POST /later?4 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                     "1\r\nx\r\n0\r\n\r\n"
                     "GET /echo?5 HTT"));
    expect_body(&p, 200, "0 /later?1 127.0.0.1 http\n");
    expect_body(&p, 200, "2 /later?2 127.0.0.1 http\nab");
    expect_body(&p, 200, "0 /echo?3 127.0.0.1 http\n");
    expect_body(&p, 200, "2 /later?4 127.0.0.1 http\nx");
    peer_say(&p, STR("P/1.1\r\nHost: a\r\n\r\n"));
    expect_body(&p, 200, "0 /echo?5 127.0.0.1 http\n");
    peer_close(&p);
}

static void lets_a_pipelined_request_wait_for_the_one_before(void **state)
{
    struct peer p = dial();

    (void)state;
    peer_say(&p, GET("/hold"));
    struct http_exchange *x = app_wait_held(app);
    peer_say(&p, GET("/echo?behind"));
    app_pass(app, 0);
    assert_int_equal(app->n_requests, 1);
    app_release(app, x);
    expect_body(&p, 200, "0 /hold 127.0.0.1 http\n");
    expect_body(&p, 200, "0 /echo?behind 127.0.0.1 http\n");
    peer_close(&p);
}

/* The end of a cut head comes in one read with what is behind it, and its answer takes a while. */
static void keeps_what_is_pipelined_behind_a_cut_head(void **state)
{
    struct peer p = dial();

    (void)state;
    peer_say(&p, STR("GET /hold HT"));
    app_wait_connections(app, 1);
    app_pass(app, 0); // the first part has been read
    peer_say(&p, STR("TP/1.1\r\nHost: a\r\n\r\nGET /echo?behind HTTP/1.1\r\nHost: a\r\n\r\n"));
    app_release(app, app_wait_held(app));
    expect_body(&p, 200, "0 /hold 127.0.0.1 http\n");
    expect_body(&p, 200, "0 /echo?behind 127.0.0.1 http\n");
    peer_close(&p);
}

static void serves_many_pipelined_requests_in_order(void **state)
{
    enum { N = 2000 };
    struct peer p = dial();
    struct buf all;

    (void)state;
    buf_init(&all, SIZE_MAX);
    for (int i = 0; i < N; i++)
        buf_fmt(&all, "GET /%s?%d HTTP/1.1\r\nHost: a\r\n\r\n", i % 3 ? "echo" : "later", i);
    peer_say(&p, buf_view(&all));
    for (int i = 0; i < N; i++)
        expect_body(&p, 200,
                    str_z(str_fmt(a, "0 /%s?%d 127.0.0.1 http\n", i % 3 ? "echo" : "later", i), a));
    buf_finish(&all);
    peer_close(&p);
}

static void answers_head_without_a_body(void **state)
{
    struct peer p = dial();

    (void)state;
    peer_say(&p, STR("HEAD /echo HTTP/1.1\r\nHost: a\r\n\r\n"));
    const struct reply r = peer_reply(&p, true);
    assert_str(reply_field(&r, STR("content-length")), "23");
    peer_say(&p, GET("/204"));
    const struct reply none = peer_reply(&p, false);
    assert_int_equal(none.status, 204);
    assert_true(str_is_none(reply_field(&none, STR("content-length"))));
    peer_say(&p, GET("/echo"));
    expect_body(&p, 200, "0 /echo 127.0.0.1 http\n");
    peer_close(&p);
}

static void sends_an_answer_that_the_socket_does_not_take_at_once(void **state)
{
    static const char *const targets[] = {"/large", "/large?static"};

    (void)state;
    FOR_EACH_ROW (target, targets) {
        struct peer p = dial();
        peer_say(&p,
                 str_fmt(a,
                         "GET %s HTTP/1.1\r\nHost: a\r\n\r\nGET /echo HTTP/1.1\r\nHost: a\r\n\r\n",
                         *target));
        const struct reply r = peer_reply(&p, false);
        assert_int_equal(r.body.n, APP_LARGE);
        assert_int_equal(r.body.p[APP_LARGE - 1], 'L');
        expect_body(&p, 200, "0 /echo 127.0.0.1 http\n");
        peer_close(&p);
    }
}

static void closes_when_one_side_says_so(void **state)
{
    static const char *const requests[] = {
        "GET /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "GET /close HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /echo HTTP/1.0\r\n\r\n",
    };

    (void)state;
    FOR_EACH_ROW (request, requests) {
        struct peer p = dial();
        peer_say(&p, str_from(*request));
        const struct reply r = peer_reply(&p, false);
        assert_int_equal(r.status, 200);
        assert_str(reply_field(&r, STR("connection")), "close");
        peer_expect_end(&p);
        peer_close(&p);
    }
}

static void keeps_an_old_client_that_asks_for_it(void **state)
{
    struct peer p = dial();

    (void)state;
    for (int i = 0; i < 2; i++) {
        peer_say(&p, STR("GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
        const struct reply r = peer_reply(&p, false);
        assert_str(reply_field(&r, STR("connection")), "keep-alive");
    }
    peer_close(&p);
}

static void says_continue_to_those_who_wait_for_it(void **state)
{
    struct peer p = dial();

    (void)state;
    peer_say(&p, STR("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                     "Content-Length: 2\r\n\r\n"));
    peer_expect(&p, STR("HTTP/1.1 100 Continue\r\n\r\n"));
    peer_say(&p, STR("ok"));
    expect_body(&p, 200, "2 /echo 127.0.0.1 http\nok");
    // Who did not wait needs no permission.
    peer_say(&p, STR("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                     "Content-Length: 2\r\n\r\nok"));
    expect_body(&p, 200, "2 /echo 127.0.0.1 http\nok");
    peer_close(&p);
}

// --- refusals ------------------------------------------------------------------------------------

static void refuses_and_closes(void **state)
{
    static const struct {
        const char *request;
        int status;
        const char *code;
    } rows[] = {
        {"GET /echo HTTP/1.1\r\n\r\n", 400, "INVALID_REQUEST"},
        {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
         "0\r\n\r\nGET /echo?smuggled HTTP/1.1\r\nHost: a\r\n\r\n",
         400, "INVALID_REQUEST"},
        {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5 \r\nhello\r\n", 400,
         "INVALID_REQUEST"},
        {"TRACE /echo HTTP/1.1\r\nHost: a\r\n\r\n", 405, "METHOD_NOT_ALLOWED"},
        {"POST /tiny HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n", 413, "LIMIT_EXCEEDED"},
        {"POST /tiny HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n123456\r\n5\r\n",
         413, "LIMIT_EXCEEDED"},
        {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n", 413,
         "LIMIT_EXCEEDED"},
        {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\n",
         415, "UNSUPPORTED_MEDIA_TYPE"},
        {"POST /echo HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n", 417, "EXPECTATION_FAILED"},
        {"BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501, "NOT_IMPLEMENTED"},
        {"GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505, "HTTP_VERSION_NOT_SUPPORTED"},
        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "INVALID_REQUEST"},
        {"\x16\x03\x01", 400, "INVALID_REQUEST"},
    };

    (void)state;
    FOR_EACH_ROW (row, rows) {
        struct peer p = dial();
        peer_say(&p, str_from(row->request));
        const struct reply r = peer_reply(&p, false);
        assert_row(r.status == row->status, row->request);
        assert_row(str_contains(r.body, str_from(row->code)), row->request);
        assert_str(reply_field(&r, STR("connection")), "close");
        assert_str(reply_field(&r, STR("cache-control")), "no-store");
        assert_row(r.status != 405 || !str_is_none(reply_field(&r, STR("allow"))), row->request);
        peer_expect_end(&p);
        peer_close(&p);
    }
    assert_int_equal(app->n_requests, 0);
    assert_int_equal(app->n_answered, 0);
    assert_int_equal(app->n_refused, LEN(rows));
}

static void refuses_by_decision_without_reading_the_body(void **state)
{
    struct peer p = dial();

    (void)state;
    peer_say(&p, STR("POST /refuse HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n"));
    assert_int_equal(peer_reply(&p, false).status, 403);
    peer_expect_end(&p);
    peer_close(&p);
    assert_int_equal(app->n_requests, 0);
    assert_int_equal(app->n_answered, 0);
    assert_int_equal(app->n_refused, 1);
}

static void lets_a_refused_peer_read_the_answer_while_it_still_sends(void **state)
{
    struct peer p = dial();
    struct str much = {app->large, APP_LARGE};

    (void)state;
    peer_say(&p, STR("POST /tiny HTTP/1.1\r\nHost: a\r\nContent-Length: 8388608\r\n\r\n"));
    while (much.n > APP_LARGE / 2)
        much = str_sub(much, peer_say_some(&p, much), much.n);
    assert_int_equal(peer_reply(&p, false).status, 413);
    peer_close(&p);
}

static void takes_a_body_of_exactly_the_limit(void **state)
{
    struct peer p = dial();

    (void)state;
    peer_say(&p, STR("POST /tiny HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n1234567890"));
    expect_body(&p, 200, "2 /tiny 127.0.0.1 http\n1234567890");
    peer_say(&p, STR("POST /tiny HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                     "A\r\n1234567890\r\n0\r\n\r\n"));
    expect_body(&p, 200, "2 /tiny 127.0.0.1 http\n1234567890");
    peer_close(&p);
}

static void takes_a_body_of_a_megabyte(void **state)
{
    struct peer p = dial();
    const struct str body = {app->large, LIMIT_API_BODY};

    (void)state;
    peer_say(&p,
             str_fmt(a, "POST /later HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n", body.n));
    peer_say(&p, body);
    assert_int_equal(peer_reply(&p, false).body.n, 24 + body.n);
    peer_close(&p);
}

// --- peers that go away --------------------------------------------------------------------------

static void answers_a_peer_that_has_half_closed(void **state)
{
    struct peer p = dial();

    (void)state;
    peer_say(
        &p,
        STR("GET /later?1 HTTP/1.1\r\nHost: a\r\n\r\nGET /later?2 HTTP/1.1\r\nHost: a\r\n\r\n"));
    peer_half_close(&p);
    expect_body(&p, 200, "0 /later?1 127.0.0.1 http\n");
    expect_body(&p, 200, "0 /later?2 127.0.0.1 http\n");
    peer_expect_end(&p);
    peer_close(&p);
}

static void forgets_a_peer_that_ends_in_the_middle(void **state)
{
    static const char *const beginnings[] = {
        "", "GET /echo HT", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12"};

    (void)state;
    FOR_EACH_ROW (beginning, beginnings) {
        struct peer ending = dial(), resetting = dial();
        app_wait_connections(app, 2);
        peer_say(&ending, str_from(*beginning));
        peer_say(&resetting, str_from(*beginning));
        peer_half_close(&ending);
        peer_expect_end(&ending);
        peer_close(&ending);
        peer_reset(&resetting);
        app_wait_connections(app, 0);
    }
    assert_int_equal(app->n_requests, 0);
}

static void drops_the_answer_of_a_peer_that_is_gone(void **state)
{
    struct peer p = dial();

    (void)state;
    peer_say(&p, GET("/hold"));
    struct http_exchange *x = app_wait_held(app);
    peer_reset(&p);
    app_wait_connections(app, 0);
    app_release(app, x); // nobody hears it, nothing breaks
}

static void stops_with_exchanges_and_connections_under_way(void **state)
{
    struct peer idle = dial(), held = dial(), part = dial();

    (void)state;
    peer_say(&held, GET("/hold"));
    (void)app_wait_held(app);
    peer_say(&part, STR("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345"));
    app_wait_connections(app, 3);
    peer_close(&idle);
    peer_close(&held);
    peer_close(&part);
}

static void drains_without_losing_what_is_under_way(void **state)
{
    struct peer idle = dial(), held = dial();

    (void)state;
    peer_say(&idle, GET("/echo"));
    expect_body(&idle, 200, "0 /echo 127.0.0.1 http\n");
    peer_say(&held, GET("/hold"));
    struct http_exchange *x = app_wait_held(app);

    http_server_drain(app->server);
    peer_expect_end(&idle);
    app_release(app, x);
    const struct reply r = peer_reply(&held, false);
    assert_int_equal(r.status, 200);
    assert_str(reply_field(&r, STR("connection")), "close");
    peer_expect_end(&held);
    app_wait_connections(app, 0);
    peer_close(&idle);
    peer_close(&held);
}

static void survives_a_failing_write(void **state)
{
    struct peer p = dial();

    (void)state;
    fault_arm("http.write", 1, false);
    peer_say(&p, GET("/echo"));
    peer_expect_end(&p);
    fault_disarm();
    peer_close(&p);
    app_wait_connections(app, 0);
}

// --- many ----------------------------------------------------------------------------------------

static void serves_a_thousand_connections(void **state)
{
    enum { N = 1000 };
    struct peer *peers = arena_new(a, struct peer, N);

    (void)state;
    for (int i = 0; i < N; i++)
        peers[i] = dial();
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < N; i++)
            peer_say(&peers[i], i % 2 ? GET("/later") : GET("/echo"));
        for (int i = 0; i < N; i++)
            assert_int_equal(peer_reply(&peers[i], false).status, 200);
    }
    app_wait_connections(app, N);
    for (int i = 0; i < N; i++)
        peer_close(&peers[i]);
    app_wait_connections(app, 0);
}

#define WITH_APP(test) cmocka_unit_test_setup_teardown(test, begin, end)

TEST_MAIN(WITH_APP(answers_with_every_field_that_belongs_there),
          WITH_APP(takes_a_request_byte_by_byte), WITH_APP(takes_a_chunked_body_however_it_is_cut),
          WITH_APP(serves_pipelined_requests_one_after_the_other),
          WITH_APP(lets_a_pipelined_request_wait_for_the_one_before),
          WITH_APP(keeps_what_is_pipelined_behind_a_cut_head),
          WITH_APP(serves_many_pipelined_requests_in_order), WITH_APP(answers_head_without_a_body),
          WITH_APP(sends_an_answer_that_the_socket_does_not_take_at_once),
          WITH_APP(closes_when_one_side_says_so), WITH_APP(keeps_an_old_client_that_asks_for_it),
          WITH_APP(says_continue_to_those_who_wait_for_it), WITH_APP(refuses_and_closes),
          WITH_APP(refuses_by_decision_without_reading_the_body),
          WITH_APP(lets_a_refused_peer_read_the_answer_while_it_still_sends),
          WITH_APP(takes_a_body_of_exactly_the_limit), WITH_APP(takes_a_body_of_a_megabyte),
          WITH_APP(answers_a_peer_that_has_half_closed),
          WITH_APP(forgets_a_peer_that_ends_in_the_middle),
          WITH_APP(drops_the_answer_of_a_peer_that_is_gone),
          WITH_APP(stops_with_exchanges_and_connections_under_way),
          WITH_APP(drains_without_losing_what_is_under_way), WITH_APP(survives_a_failing_write),
          WITH_APP(serves_a_thousand_connections))
