#include "ws/ws.h"

#include <stdlib.h>

#include "loop/bell.h"
#include "loop/loop.h"
#include "test/peer.h"
#include "test/test.h"
#include "ws/handshake.h"
#include "ws/ws_kit.h"

enum { MAX = 64 };

/* A server that repeats what it is told. "bye" makes it close, "drop" makes it close at once. */
struct rig {
    struct arena *a;
    struct loop *loop;
    struct http_server *server;
    struct ws_options options;
    struct bell *closed;
    struct ws *last;
};

static struct rig *rig;

static struct str run_of(char c, size_t n)
{
    char *p = arena_alloc(rig->a, n);

    memset(p, c, n);
    return (struct str){p, n};
}

static void on_text(struct str message, void *arg)
{
    const struct rig *r = arg;
    struct ws *w = r->last;
    struct buf out;

    if (str_eq(message, STR("bye"))) {
        ws_close(w, WS_GOING_AWAY, STR("you asked for it"));
        ws_close(w, WS_NORMAL, STR("said once"));
        return;
    }
    if (str_eq(message, STR("drop"))) {
        ws_drop(w, WS_POLICY, STR(""));
        return;
    }
    if (str_eq(message, STR("large")))
        message = run_of('x', 32 * 1024 * 1024);
    buf_init(&out, SIZE_MAX);
    ws_frame_write(&out, WS_TEXT, message);
    struct http_chunk *chunk = http_chunk_create(buf_view(&out));
    assert_true(http_stream_send(ws_stream(w), &chunk, 1, SIZE_MAX));
    http_chunk_unref(chunk);
    buf_finish(&out);
}

static void on_closed(void *arg)
{
    struct rig *r = arg;

    bell_ring(r->closed);
}

static void on_request(struct http_exchange *x, void *arg)
{
    struct rig *r = arg;
    struct err e = {0};

    if (ws_handshake(http_request_of(x), &e) == WS_ASKED)
        r->last = ws_open(x, &r->options);
    else
        http_answer(x, &(struct http_answer){.status = 204});
}

static void up(struct ws_options o)
{
    struct err e = {0};

    rig->options = o;
    rig->options.clock = &clock_system;
    rig->options.max_message = MAX;
    rig->options.on_text = on_text;
    rig->options.on_closed = on_closed;
    rig->options.arg = rig;
    assert_ok(loop_start("loop", &rig->loop, &e), &e);
    assert_ok(http_server_start(&(struct http_server_options){.address = STR("127.0.0.1"),
                                                              .loops = &rig->loop,
                                                              .n_loops = 1,
                                                              .on_request = on_request,
                                                              .arg = rig},
                                &rig->server, &e),
              &e);
}

static int begin(void **state)
{
    (void)state;
    rig = NEW(struct rig);
    rig->a = arena_create(0);
    rig->closed = bell_create();
    return 0;
}

static int end(void **state)
{
    (void)state;
    http_server_stop(rig->server);
    loop_stop(rig->loop);
    bell_destroy(rig->closed);
    arena_destroy(rig->a);
    free(rig);
    return 0;
}

static struct peer dial(struct str behind)
{
    struct peer p = peer_open(http_server_port(rig->server), rig->a);

    peer_say(&p, str_fmt(rig->a,
                         "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
                         "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" STR_FMT,
                         STR_ARG(behind)));
    return p;
}

static struct peer connect_ws(void)
{
    struct peer p = dial(STR(""));
    const struct str head = peer_until(&p, STR("\r\n\r\n"));

    assert_true(str_starts(head, STR("HTTP/1.1 101 Switching Protocols\r\n")));
    assert_true(str_contains(head, STR("\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n")));
    assert_true(str_contains(head, STR("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")));
    return p;
}

static void say(struct peer *p, unsigned first, struct str payload)
{
    struct buf out;

    buf_init(&out, 1024 * 1024);
    client_frame(&out, first, payload);
    peer_say(p, buf_view(&out));
    buf_finish(&out);
}

static void expect_close(struct peer *p, unsigned code)
{
    const char bytes[] = {(char)0x88, 2, (char)(code >> 8), (char)code};

    peer_expect(p, (struct str){bytes, sizeof bytes});
}

static void wait_closed(void)
{
    assert_true(bell_wait(rig->closed, SECONDS(20)));
}

static void repeats_what_it_is_told(void **state)
{
    (void)state;
    up((struct ws_options){0});
    struct peer p = connect_ws();
    say(&p, FRAME_TEXT, STR("hello"));
    peer_expect(&p, STR("\x81\x05hello"));
    say(&p, FRAME_TEXT, STR(""));
    peer_expect(&p, (struct str){"\x81\0", 2});
    peer_say(&p, STR("\x81\x82\x01\x02\x03\x04\x69\x6b")); // "hi", masked
    peer_expect(&p, STR("\x81\x02hi"));
    peer_close(&p);
    wait_closed();
}

static void f146_assembles_a_message_of_single_bytes_with_a_ping_between_them(void **state)
{
    const struct str text = STR("zwei W\xc3\xb6rter, einzeln");

    (void)state;
    up((struct ws_options){0});
    struct peer p = connect_ws();
    for (size_t i = 0; i < text.n; i++) {
        say(&p, (i == 0 ? 1u : 0u) | (i + 1 == text.n ? 0x80u : 0u), str_sub(text, i, 1));
        if (i == 3)
            say(&p, FRAME_PING, STR("there?"));
    }
    peer_expect(&p, STR("\x8a\x06there?"));
    peer_expect(&p, str_fmt(rig->a, "\x81%c" STR_FMT, (int)text.n, STR_ARG(text)));
    peer_say_bytewise(&p, STR("\x81\x83\1\1\1\1"
                              "nod"));
    peer_expect(&p, STR("\x81\x03one"));
    peer_close(&p);
}

/* And what else is no WebSocket: the code, and the end. */
static void f145_f147_ends_with_the_code_of_what_the_peer_did_wrong(void **state)
{
    static const struct {
        struct str bytes;
        unsigned code;
    } rows[] = {
        {STR("\x81\x05hello"), 1002},                      // not masked
        {STR("\xc1\x85\0\0\0\0hello"), 1002},              // a reserved bit
        {STR("\x83\x85\0\0\0\0hello"), 1002},              // a reserved opcode
        {STR("\x80\x85\0\0\0\0hello"), 1002},              // goes on, but nothing has begun
        {STR("\x01\x81\0\0\0\0h\x81\x81\0\0\0\0i"), 1002}, // begins, and begins again
        {STR("\x89\xfe\0\x7e\0\0\0\0"), 1002},             // a ping of 126 bytes
        {STR("\x09\x80\0\0\0\0"), 1002},                   // a ping in pieces
        {STR("\x81\xfe\0\x05\0\0\0\0hello"), 1002},        // a length that is longer than it is
        {STR("\x88\x81\0\0\0\0\x03"), 1002},               // half a code
        {STR("\x88\x82\0\0\0\0\x03\xed"), 1002},           // 1005 is never said
        {STR("\x82\x81\0\0\0\0x"), 1003},                  // not text
        {STR("\x81\x82\0\0\0\0\xc3\x28"), 1007},           // not UTF-8
        {STR("\x81\x81\0\0\0\0\xc3"), 1007},               // half a character
        {STR("\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0x"), 1009},
        {STR("\x81\xfe\1\0\0\0\0\0x"), 1009},
    };
    (void)state;
    up((struct ws_options){0});
    FOR_EACH_ROW (row, rows) {
        struct peer p = connect_ws();
        peer_say(&p, row->bytes);
        expect_close(&p, row->code);
        peer_expect_end(&p);
        peer_close(&p);
        wait_closed();
    }
}

static void bounds_a_message_in_pieces(void **state)
{
    (void)state;
    up((struct ws_options){0});
    struct peer large = connect_ws(), endless = connect_ws();
    say(&large, 1, run_of('a', MAX));
    say(&large, 0x80, STR("b"));
    expect_close(&large, 1009);
    say(&endless, 1, STR(""));
    for (int i = 0; i < MAX; i++)
        say(&endless, 0, STR(""));
    expect_close(&endless, 1008);
    peer_close(&large);
    peer_close(&endless);
}

static void f149_ends_a_flood(void **state)
{
    static const unsigned kinds[] = {FRAME_PING, FRAME_TEXT};
    struct buf flood;

    (void)state;
    up((struct ws_options){0});
    for (size_t k = 0; k < LEN(kinds); k++) {
        struct peer p = connect_ws();
        buf_init(&flood, 1024 * 1024);
        for (int i = 0; i < 1000; i++)
            client_frame(&flood, kinds[k], STR("x"));
        peer_say(&p, buf_view(&flood));
        buf_finish(&flood);
        peer_until(&p, STR("\x88\x02\x03\xf0"));
        peer_expect_end(&p);
        peer_close(&p);
        wait_closed();
    }
}

static void agrees_when_the_peer_closes(void **state)
{
    (void)state;
    up((struct ws_options){0});
    struct peer p = connect_ws();
    say(&p, FRAME_CLOSE,
        STR("\x03\xe9"
            "bye"));
    peer_expect(&p, STR("\x88\x02\x03\xe9"));
    peer_expect_end(&p);
    peer_close(&p);
    wait_closed();
}

static void closes_when_the_peer_agrees(void **state)
{
    (void)state;
    up((struct ws_options){.close_timeout = SECONDS(3600)});
    struct peer p = connect_ws();
    say(&p, FRAME_TEXT, STR("bye"));
    peer_expect(&p, STR("\x88\x12\x03\xe9you asked for it"));
    say(&p, FRAME_TEXT, STR("not heard any more"));
    say(&p, FRAME_PING, STR("nor answered"));
    say(&p, FRAME_CLOSE, STR("\x03\xe9"));
    peer_expect_end(&p);
    peer_close(&p);
    wait_closed();
}

static void f151_closes_though_the_peer_does_not_agree(void **state)
{
    (void)state;
    up((struct ws_options){.close_timeout = MILLISECONDS(20)});
    struct peer p = connect_ws();
    say(&p, FRAME_TEXT, STR("bye"));
    peer_expect(&p, STR("\x88\x12\x03\xe9you asked for it"));
    peer_expect_end(&p);
    wait_closed();
    peer_close(&p);
}

static void drops_at_once(void **state)
{
    (void)state;
    up((struct ws_options){.close_timeout = SECONDS(3600)});
    struct peer p = connect_ws();
    say(&p, FRAME_TEXT, STR("drop"));
    expect_close(&p, 1008);
    peer_expect_end(&p);
    wait_closed();
    peer_close(&p);
}

static void pings_and_keeps_who_answers(void **state)
{
    (void)state;
    up((struct ws_options){.ping_every = SECONDS(1)});
    struct peer p = connect_ws();
    peer_expect(&p, (struct str){"\x89\0", 2});
    say(&p, 0x8a, STR(""));
    peer_expect(&p, (struct str){"\x89\0", 2});
    peer_close(&p);
}

static void closes_who_answers_no_ping(void **state)
{
    (void)state;
    up((struct ws_options){.ping_every = MILLISECONDS(10)});
    struct peer p = connect_ws();
    peer_expect(&p, (struct str){"\x89\0", 2});
    peer_expect_end(&p);
    wait_closed();
    peer_close(&p);
}

static void notices_that_the_peer_is_gone(void **state)
{
    (void)state;
    up((struct ws_options){0});
    for (int i = 0; i < 2; i++) {
        struct peer p = connect_ws();
        if (i == 0)
            peer_reset(&p);
        else
            peer_half_close(&p);
        wait_closed();
        if (i == 1)
            peer_close(&p);
    }
}

static void closes_a_peer_that_did_not_wait_for_the_answer(void **state)
{
    (void)state;
    up((struct ws_options){0});
    struct peer p = dial(STR("\x81\x81\1\1\1\1x"));
    peer_until(&p, STR("\r\n\r\n"));
    peer_expect_end(&p);
    wait_closed();
    peer_close(&p);
}

/* The loop has looked at everything that was sent before. */
static void pass_around(void)
{
    for (int i = 0; i < 2; i++) {
        struct peer p = peer_open(http_server_port(rig->server), rig->a);
        peer_say(&p, STR("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
        peer_until(&p, STR("\r\n\r\n"));
        peer_close(&p);
    }
}

/* Behind what a peer does not read no Pong is put; what was sent before, and the Close, come. */
static void leaves_out_pongs_that_would_pile_up(void **state)
{
    enum { LARGE = 32 * 1024 * 1024 };

    (void)state;
    up((struct ws_options){.close_timeout = SECONDS(3600)});
    struct peer p = connect_ws();
    say(&p, FRAME_TEXT, STR("large"));
    peer_wait_heard(&p);
    say(&p, FRAME_PING, STR("there?"));
    pass_around();
    say(&p, FRAME_TEXT, STR("bye"));
    peer_expect(&p, (struct str){"\x81\x7f\0\0\0\0\2\0\0\0", 10});
    peer_expect(&p, run_of('x', LARGE));
    peer_expect(&p, STR("\x88\x12\x03\xe9you asked for it"));
    peer_close(&p);
}

static void sends_frames_of_every_length(void **state)
{
    static const struct {
        size_t n;
        struct str head;
    } rows[] = {
        {125, {"\x81\x7d", 2}},
        {126, {"\x81\x7e\0\x7e", 4}},
        {65535, {"\x81\x7e\xff\xff", 4}},
        {65536, {"\x81\x7f\0\0\0\0\0\1\0\0", 10}},
    };
    struct buf out;

    (void)state;
    up((struct ws_options){0});
    FOR_EACH_ROW (row, rows) {
        buf_init(&out, 1024 * 1024);
        ws_frame_write(&out, WS_TEXT, run_of('x', row->n));
        assert_true(str_starts(buf_view(&out), row->head));
        assert_int_equal(out.n, row->head.n + row->n);
        buf_finish(&out);
    }
}

#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, begin, end)

TEST_MAIN(WITH_RIG(repeats_what_it_is_told),
          WITH_RIG(f146_assembles_a_message_of_single_bytes_with_a_ping_between_them),
          WITH_RIG(f145_f147_ends_with_the_code_of_what_the_peer_did_wrong),
          WITH_RIG(bounds_a_message_in_pieces), WITH_RIG(f149_ends_a_flood),
          WITH_RIG(agrees_when_the_peer_closes), WITH_RIG(closes_when_the_peer_agrees),
          WITH_RIG(f151_closes_though_the_peer_does_not_agree), WITH_RIG(drops_at_once),
          WITH_RIG(pings_and_keeps_who_answers), WITH_RIG(closes_who_answers_no_ping),
          WITH_RIG(notices_that_the_peer_is_gone),
          WITH_RIG(closes_a_peer_that_did_not_wait_for_the_answer),
          WITH_RIG(leaves_out_pongs_that_would_pile_up), WITH_RIG(sends_frames_of_every_length))
