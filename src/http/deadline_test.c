#include "test/http_app.h"

#include <stdlib.h>

#include "base/fault.h"
#include "test/peer.h"

/* Deadlines with a clock that the test moves and limits on connections. */

static struct app *app;
static struct arena *a;

static int begin(void **state)
{
    (void)state;
    a = arena_create(0);
    app = app_start(NULL);
    return 0;
}

static int begin_with_room_for_two(void **state)
{
    (void)state;
    a = arena_create(0);
    app = app_start(&(struct http_server_options){.max_connections = 2});
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

static void on_nothing(void *arg)
{
    (void)arg;
}

/* The loop has handled what the peer said: the bytes are in its socket, and it went round. */
static void settle(void)
{
    for (int i = 0; i < 3; i++)
        loop_call_wait(app->loop, on_nothing, NULL);
}

static void ask(struct peer *p, struct str request)
{
    peer_say(p, request);
    assert_int_equal(peer_reply(p, false).status, 200);
}

// --- deadlines -----------------------------------------------------------------------------------

static void closes_an_idle_connection_without_a_word(void **state)
{
    struct peer fresh = dial(), used = dial();

    (void)state;
    ask(&used, GET("/echo"));
    app_wait_connections(app, 2);
    app_pass(app, SECONDS(60));
    assert_true(peer_is_silent(&fresh) && peer_is_silent(&used));
    ask(&used, GET("/echo")); // starts anew
    app_pass(app, SECONDS(1));
    peer_expect_end(&fresh);
    app_pass(app, SECONDS(59));
    assert_true(peer_is_silent(&used));
    app_pass(app, SECONDS(1));
    peer_expect_end(&used);
    peer_close(&fresh);
    peer_close(&used);
}

static void refuses_a_head_that_takes_too_long(void **state)
{
    struct peer p = dial();

    (void)state;
    peer_say(&p, STR("GET /echo HTTP/1.1\r\n"));
    app_wait_connections(app, 1);
    settle();
    for (int i = 0; i < 10; i++) { // a byte now and then does not help
        app_pass(app, SECONDS(1));
        peer_say(&p, STR("X"));
        settle();
    }
    assert_true(peer_is_silent(&p));
    app_pass(app, SECONDS(1));
    assert_int_equal(peer_reply(&p, false).status, 408);
    peer_expect_end(&p);
    peer_close(&p);
    assert_int_equal(app->n_refused, 1);
}

static void refuses_a_body_below_the_least_rate(void **state)
{
    struct peer slow = dial(), steady = dial();
    const struct str head = STR("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
    const struct str second = {app->large, 500};

    (void)state;
    peer_say(&slow, head);
    peer_say(&steady, head);
    app_wait_connections(app, 2);
    settle();
    for (int i = 0; i < 20; i++) {
        peer_say(&steady, second);
        if (i <= 5)
            peer_say(&slow, STR("0123456789"));
        settle();
        app_pass(app, SECONDS(1));
        if (i == 5) // the grace is over
            assert_int_equal(peer_reply(&slow, false).status, 408);
    }
    assert_true(peer_is_silent(&steady));
    peer_say(&steady, (struct str){app->large, 90000});
    assert_int_equal(peer_reply(&steady, false).status, 200);
    peer_close(&slow);
    peer_close(&steady);
}

static void gives_up_on_a_promised_body_that_never_comes(void **state)
{
    struct peer p = dial();

    (void)state;
    peer_say(&p, STR("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                     "Content-Length: 2\r\n\r\n"));
    peer_expect(&p, STR("HTTP/1.1 100 Continue\r\n\r\n"));
    app_pass(app, SECONDS(7));
    assert_int_equal(peer_reply(&p, false).status, 408);
    peer_expect_end(&p);
    peer_close(&p);
}

/* The kernel's buffers may take some more of the answer meanwhile, which is progress. */
static void closes_on_a_reader_that_takes_nothing(void **state)
{
    struct peer p = dial();

    (void)state;
    peer_say(&p, GET("/large"));
    peer_wait_heard(&p);
    app_pass_until_gone(app, SECONDS(31));
    peer_close(&p);
}

/* Asks for more than a socket takes that nobody reads, and less than the system takes from us. */
static struct peer ask_for_much(void)
{
    struct peer p = dial();

    peer_say(&p, STR("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"));
    peer_say(&p, (struct str){app->large, 1000000});
    peer_wait_heard(&p);
    app_wait_connections(app, 1);
    return p;
}

static void cuts_off_an_idle_peer_that_has_left_its_answer_with_the_system(void **state)
{
    struct peer p = ask_for_much();

    (void)state;
    settle();
    app_pass(app, SECONDS(61));
    settle();
    assert_int_equal(http_server_connections(app->server), 1);
    app_pass_until_gone(app, SECONDS(31));
    assert_true(peer_was_reset(&p));
    peer_close(&p);
}

static void cuts_off_a_half_closed_peer_that_has_left_its_answer_with_the_system(void **state)
{
    struct peer p = ask_for_much();

    (void)state;
    peer_half_close(&p);
    settle();
    assert_int_equal(http_server_connections(app->server), 1);
    app_pass_until_gone(app, SECONDS(31));
    assert_true(peer_was_reset(&p));
    peer_close(&p);
}

static void leaves_an_idle_peer_the_answer_that_it_still_takes(void **state)
{
    struct peer p = ask_for_much();

    (void)state;
    settle();
    app_pass(app, SECONDS(61));
    settle();
    app_pass(app, SECONDS(29));
    assert_int_equal(peer_reply(&p, false).body.n, 1000000 + sizeof("2 /echo 127.0.0.1 http"));
    peer_expect_end(&p);
    app_pass_until_gone(app, SECONDS(1));
    peer_close(&p);
}

static void lets_a_handler_take_its_time(void **state)
{
    struct peer p = dial();

    (void)state;
    peer_say(&p, GET("/hold"));
    struct http_exchange *x = app_wait_held(app);
    app_pass(app, HOURS(1));
    app_release(app, x);
    assert_int_equal(peer_reply(&p, false).status, 200);
    app_pass(app, SECONDS(60)); // idle from the answer on
    ask(&p, GET("/echo"));
    peer_close(&p);
}

static void does_not_wait_for_ever_for_a_refused_peer(void **state)
{
    struct peer p = dial();

    (void)state;
    peer_say(&p, STR("BREW / HTTP/1.1\r\n\r\n"));
    assert_int_equal(peer_reply(&p, false).status, 501);
    peer_expect_end(&p);
    app_wait_connections(app, 1); // we do not close our side
    app_pass_until_gone(app, SECONDS(3));
    peer_close(&p);
}

// --- limits --------------------------------------------------------------------------------------

static void lets_clients_wait_when_there_are_enough(void **state)
{
    struct peer first = dial(), second = dial(), third;

    (void)state;
    ask(&first, GET("/echo"));
    ask(&second, GET("/echo"));
    third = dial(); // the kernel takes it
    peer_say(&third, GET("/echo"));
    settle();
    assert_true(peer_is_silent(&third));
    assert_int_equal(http_server_connections(app->server), 2);

    ask(&first, GET("/echo")); // those who are in are served
    peer_close(&first);
    assert_int_equal(peer_reply(&third, false).status, 200);
    peer_close(&second);
    peer_close(&third);
}

static void pauses_when_there_is_no_descriptor_and_recovers(void **state)
{
    struct peer old = dial(), fresh;

    (void)state;
    ask(&old, GET("/echo"));
    fault_arm("http.accept", 1, true);
    fresh = dial();
    peer_say(&fresh, GET("/echo"));
    while (!fault_struck())
        settle();
    const uint64_t tried = fault_passed();
    for (int i = 0; i < 100; i++)
        settle();
    assert_true(fault_passed() <= tried + 2); // it does not spin; a sweep may have tried again
    ask(&old, GET("/echo"));

    fault_disarm();
    app_pass(app, 0);
    assert_int_equal(peer_reply(&fresh, false).status, 200);
    peer_close(&old);
    peer_close(&fresh);
}

static void on_any_request(struct http_exchange *x, void *arg)
{
    (void)arg;
    http_answer(x, &(struct http_answer){.status = 204});
}

static void fails_to_start_cleanly(void **state)
{
    struct http_server *s;
    struct err e = {0};
    struct http_server_options o = {
        .loops = &app->loop, .n_loops = 1, .on_request = on_any_request};

    (void)state;
    o.address = STR("not an address");
    assert_refused(http_server_start(&o, &s, &e), &e, ERR_INVALID);
    o.address = STR("127.0.0.1");
    o.trusted_proxies = STR("10.0.0.0/8, nonsense");
    assert_refused(http_server_start(&o, &s, &e), &e, ERR_INVALID);
    o.trusted_proxies = STR_NONE;
    fault_arm("http.listen", 1, false);
    assert_refused(http_server_start(&o, &s, &e), &e, ERR_UNAVAILABLE);
    fault_disarm();
    assert_ok(http_server_start(&o, &s, &e), &e);
    http_server_stop(s);
}

/* Its own loops share it; another server, were it of another store, would get half of the calls. */
static void a_port_has_one_server(void **state)
{
    static const struct str addresses[] = {STR("127.0.0.1"), STR("")};
    struct loop *loops[] = {app->loop, app->loop};

    (void)state;
    FOR_EACH_ROW (address, addresses) {
        struct http_server *s, *other;
        struct err e = {0};
        struct http_server_options o = {
            .address = *address, .loops = loops, .n_loops = 2, .on_request = on_any_request};
        assert_ok(http_server_start(&o, &s, &e), &e);
        o.port = http_server_port(s);
        assert_refused(http_server_start(&o, &other, &e), &e, ERR_UNAVAILABLE);
        err_clear(&e);
        http_server_stop(s);
        assert_ok(http_server_start(&o, &s, &e), &e);
        http_server_stop(s);
    }
}

#define WITH_APP(test) cmocka_unit_test_setup_teardown(test, begin, end)

TEST_MAIN(WITH_APP(closes_an_idle_connection_without_a_word),
          WITH_APP(refuses_a_head_that_takes_too_long),
          WITH_APP(refuses_a_body_below_the_least_rate),
          WITH_APP(gives_up_on_a_promised_body_that_never_comes),
          WITH_APP(closes_on_a_reader_that_takes_nothing),
          WITH_APP(cuts_off_an_idle_peer_that_has_left_its_answer_with_the_system),
          WITH_APP(cuts_off_a_half_closed_peer_that_has_left_its_answer_with_the_system),
          WITH_APP(leaves_an_idle_peer_the_answer_that_it_still_takes),
          WITH_APP(lets_a_handler_take_its_time),
          WITH_APP(does_not_wait_for_ever_for_a_refused_peer),
          cmocka_unit_test_setup_teardown(lets_clients_wait_when_there_are_enough,
                                          begin_with_room_for_two, end),
          WITH_APP(pauses_when_there_is_no_descriptor_and_recovers),
          WITH_APP(fails_to_start_cleanly), WITH_APP(a_port_has_one_server))
