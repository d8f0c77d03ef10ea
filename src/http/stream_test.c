#include "test/http_app.h"

#include <stdlib.h>

#include "base/fault.h"
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

static struct peer watch(void)
{
    struct peer p = peer_open(app_port(app), a);

    peer_say(&p, STR("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n"));
    const struct str head = peer_until(&p, STR("\r\n\r\n"));
    assert_true(str_starts(head, STR("HTTP/1.1 200 OK\r\n")));
    assert_true(str_contains(head, STR("\r\nContent-Type: text/event-stream\r\n")));
    assert_true(str_contains(head, STR("\r\nCache-Control: no-store\r\n")));
    assert_false(str_contains(head, STR("Content-Length")));
    return p;
}

static struct str run_of(char c, size_t n)
{
    char *p = arena_alloc(a, n);

    memset(p, c, n);
    return (struct str){p, n};
}

static void sends_what_it_is_given_in_order(void **state)
{
    struct peer p = watch();

    (void)state;
    assert_true(app_stream_send(app, 'a', 10, 5, SIZE_MAX));
    peer_expect(&p, STR("aaaaaaaaaa"));
    assert_true(app_stream_send(app, 'b', 200, 1, SIZE_MAX));
    peer_expect(&p, run_of('b', 200));
    app_stream_close(app);
    peer_expect_end(&p);
    app_wait_count(&app->n_streams_closed, 1);
    peer_close(&p);
}

/* Far more than a socket holds, in many chunks: it comes out whole and in order. */
static void keeps_the_order_of_what_waits(void **state)
{
    enum { EACH = 3 * 1024 * 1024 };
    struct peer p = watch();

    (void)state;
    for (char c = 'a'; c <= 'd'; c++)
        assert_true(app_stream_send(app, c, EACH, 1024, SIZE_MAX));
    assert_true(app_stream_backlog(app) > 0);
    for (char c = 'a'; c <= 'd'; c++)
        peer_expect(&p, run_of(c, EACH));
    assert_true(app_stream_send(app, 'e', 1, 1, SIZE_MAX));
    peer_expect(&p, STR("e"));
    assert_int_equal(app_stream_backlog(app), 0);
    peer_close(&p);
}

static void tells_when_too_much_waits(void **state)
{
    enum { MAX = 256 * 1024, CHUNK = 4096 };
    struct peer p = watch();

    (void)state;
    assert_false(app_stream_send(app, 'x', (size_t)1 << 30, CHUNK, MAX));
    const size_t backlog = app_stream_backlog(app);
    assert_true(backlog > MAX && backlog <= MAX + CHUNK);
    app_stream_close(app);
    app_wait_count(&app->n_streams_closed, 1);
    app_wait_connections(app, 0);
    assert_true(peer_was_reset(&p)); // a close would leave the system what it holds
    peer_close(&p);
}

static void notices_at_once_that_the_peer_is_gone(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct peer p = watch();
        if (i == 0)
            peer_close(&p);
        else if (i == 1)
            peer_reset(&p);
        else
            peer_half_close(&p);
        app_wait_count(&app->n_streams_closed, i + 1);
        if (i == 2)
            peer_close(&p);
    }
    app_wait_connections(app, 0);
}

static void notices_it_while_something_waits(void **state)
{
    struct peer p = watch();

    (void)state;
    assert_true(app_stream_send(app, 'x', 16 * 1024 * 1024, 4096, SIZE_MAX));
    peer_reset(&p);
    app_wait_count(&app->n_streams_closed, 1);
}

static void ends_at_once_with_a_half_closed_peer_that_has_not_read(void **state)
{
    struct peer p = watch();

    (void)state;
    assert_true(app_stream_send(app, 'x', 16 * 1024 * 1024, 4096, SIZE_MAX));
    peer_half_close(&p);
    app_wait_count(&app->n_streams_closed, 1);
    assert_true(peer_was_reset(&p));
    peer_close(&p);
}

static void drops_what_the_client_says(void **state)
{
    struct peer p = watch();

    (void)state;
    peer_say(&p, STR("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_true(app_stream_send(app, 'a', 1, 1, SIZE_MAX));
    peer_expect(&p, STR("a"));
    assert_int_equal(app->n_requests, 1);
    peer_close(&p);
}

static void closes_a_stream_that_nobody_reads(void **state)
{
    struct peer p = watch();

    (void)state;
    app_pass(app, HOURS(1)); // nothing to send: nothing is wrong
    assert_true(app_stream_send(app, 'x', 16 * 1024 * 1024, 4096, SIZE_MAX));
    app_pass(app, SECONDS(1));
    app_pass(app, SECONDS(30));
    app_wait_connections(app, 1);
    app_pass(app, SECONDS(1));
    app_wait_count(&app->n_streams_closed, 1);
    peer_close(&p);
}

static void ends_a_stream_whose_write_fails(void **state)
{
    struct peer p = watch();

    (void)state;
    fault_arm("http.stream.write", 1, false);
    assert_true(app_stream_send(app, 'a', 1, 1, SIZE_MAX));
    app_wait_count(&app->n_streams_closed, 1);
    fault_disarm();
    peer_expect_end(&p);
    peer_close(&p);
}

static void answers_head_with_the_head_only(void **state)
{
    struct peer p = peer_open(app_port(app), a);

    (void)state;
    peer_say(&p, STR("HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n"));
    peer_until(&p, STR("\r\n\r\n"));
    peer_expect_end(&p);
    app_wait_count(&app->n_streams_closed, 1);
    peer_close(&p);
}

/* The peer left while another thread was deciding about the request. */
static void begin_stream(void *arg)
{
    app->stream = http_stream_start(arg, STR("text/plain"), app_stream_ended, app);
    atomic_fetch_add(&app->n_streams, 1);
    assert_non_null(app->stream); // its end comes later, not in here
}

static void tells_the_end_of_a_stream_that_never_began(void **state)
{
    struct peer p = peer_open(app_port(app), a);

    (void)state;
    peer_say(&p, STR("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n"));
    struct http_exchange *x = app_wait_held(app);
    peer_reset(&p);
    app_wait_connections(app, 0);
    loop_call_wait(app->loop, begin_stream, x);
    app_wait_count(&app->n_streams_closed, 1);
}

static void ends_its_streams_when_the_server_stops(void **state)
{
    struct peer quiet = watch(), busy = watch();

    (void)state;
    assert_true(app_stream_send(app, 'x', 16 * 1024 * 1024, 4096, SIZE_MAX));
    peer_close(&quiet);
    peer_close(&busy);
}

// --- both ways -----------------------------------------------------------------------------------

static struct peer upgrade(const char *behind)
{
    struct peer p = peer_open(app_port(app), a);

    peer_say(&p, str_fmt(a, "GET /both HTTP/1.1\r\nHost: a\r\nUpgrade: echo\r\n\r\n%s", behind));
    const struct str head = peer_until(&p, STR("\r\n\r\n"));
    assert_true(str_starts(head, STR("HTTP/1.1 101 Switching Protocols\r\n")));
    assert_true(str_contains(head, STR("\r\nUpgrade: echo\r\nConnection: Upgrade\r\n")));
    assert_true(str_contains(head, STR("\r\nX-Echo: yes  no\r\n")));
    assert_false(str_contains(head, STR("Content-Length")));
    return p;
}

static void speaks_another_protocol_both_ways(void **state)
{
    struct peer p = upgrade("");

    (void)state;
    peer_say(&p, STR("GET / HTTP/1.1\r\n\r\n"));
    peer_expect(&p, STR("GET / HTTP/1.1\r\n\r\n"));
    app_pass(app, HOURS(1)); // nothing is late
    peer_say(&p, STR("still here?"));
    peer_expect(&p, STR("still here?"));
    peer_half_close(&p);
    app_wait_count(&app->n_streams_closed, 1);
    peer_expect_end(&p);
    peer_close(&p);
}

static void closes_a_peer_that_speaks_too_early(void **state)
{
    struct peer p = upgrade("early");

    (void)state;
    peer_expect_end(&p);
    app_wait_count(&app->n_streams_closed, 1);
    peer_close(&p);
}

static void hears_a_peer_out_before_it_closes(void **state)
{
    enum { LARGE = 16 * 1024 * 1024 };
    struct peer p = upgrade("");

    (void)state;
    assert_true(app_stream_send(app, 'x', LARGE, 4096, SIZE_MAX));
    assert_true(app_stream_backlog(app) > 0);
    peer_say(&p, STR("end"));
    peer_expect(&p, run_of('x', LARGE));
    peer_expect(&p, STR("end"));
    peer_expect_end(&p);
    peer_close(&p);
    app_wait_count(&app->n_streams_closed, 1);
}

static void closes_a_peer_that_does_not_go(void **state)
{
    struct peer p = upgrade("");

    (void)state;
    peer_say(&p, STR("end"));
    peer_expect(&p, STR("end"));
    peer_expect_end(&p);
    app_pass_until_gone(app, SECONDS(3));
    app_wait_count(&app->n_streams_closed, 1);
    peer_close(&p);
}

#define WITH_APP(test) cmocka_unit_test_setup_teardown(test, begin, end)

TEST_MAIN(WITH_APP(sends_what_it_is_given_in_order), WITH_APP(keeps_the_order_of_what_waits),
          WITH_APP(tells_when_too_much_waits), WITH_APP(notices_at_once_that_the_peer_is_gone),
          WITH_APP(notices_it_while_something_waits),
          WITH_APP(ends_at_once_with_a_half_closed_peer_that_has_not_read),
          WITH_APP(drops_what_the_client_says), WITH_APP(closes_a_stream_that_nobody_reads),
          WITH_APP(ends_a_stream_whose_write_fails), WITH_APP(answers_head_with_the_head_only),
          WITH_APP(tells_the_end_of_a_stream_that_never_began),
          WITH_APP(ends_its_streams_when_the_server_stops),
          WITH_APP(speaks_another_protocol_both_ways),
          WITH_APP(closes_a_peer_that_speaks_too_early),
          WITH_APP(hears_a_peer_out_before_it_closes), WITH_APP(closes_a_peer_that_does_not_go))
