#include "ws/handshake.h"

#include "test/test.h"

#define KEY "dGhlIHNhbXBsZSBub25jZQ=="

/* A request of these fields, as "name: value" lines. */
static struct http_request request(struct str fields, struct arena *a)
{
    struct http_request rq = {.method = HTTP_GET, .headers = arena_new(a, struct http_header, 16)};
    struct str line, name;

    while (cut_field(&fields, '\n', &line)) {
        assert_true(cut_until(&line, ':', &name));
        rq.headers[rq.n_headers++] = (struct http_header){name, str_trim(line)};
    }
    return rq;
}

#define UPGRADE "Upgrade: websocket\nConnection: Upgrade\n"
#define REST "Sec-WebSocket-Key: " KEY "\nSec-WebSocket-Version: 13"

static void judges_a_request_by_its_fields(void **state)
{
    static const struct {
        struct str fields;
        enum ws_handshake want;
    } rows[] = {
        {STR(UPGRADE REST), WS_ASKED},
        {STR("upgrade: WebSocket\nconnection: keep-alive, UPGRADE\n" REST), WS_ASKED},
        {STR("Upgrade: h2c, websocket\nConnection: Upgrade\n" REST), WS_ASKED},
        {STR("Upgrade: h2c\nUpgrade: websocket\nConnection: x\nConnection: upgrade\n" REST),
         WS_ASKED},
        {STR("Accept: text/event-stream"), WS_NOT_ASKED},
        {STR("Upgrade: h2c\nConnection: Upgrade\n" REST), WS_NOT_ASKED},
        {STR("Upgrade: websockets\nConnection: Upgrade\n" REST), WS_NOT_ASKED},
        {STR("Upgrade: websocket\n" REST), WS_MALFORMED},
        {STR("Upgrade: websocket\nConnection: keep-alive\n" REST), WS_MALFORMED},
        {STR(UPGRADE "Sec-WebSocket-Version: 13"), WS_MALFORMED},
        {STR(UPGRADE "Sec-WebSocket-Key: c2hvcnQ=\nSec-WebSocket-Version: 13"), WS_MALFORMED},
        {STR(UPGRADE "Sec-WebSocket-Key: not base64 at all!\nSec-WebSocket-Version: 13"),
         WS_MALFORMED},
        {STR(UPGRADE "Sec-WebSocket-Key: " KEY "\n" REST), WS_MALFORMED},
        {STR(UPGRADE "Sec-WebSocket-Key: " KEY), WS_OTHER_VERSION},
        {STR(UPGRADE "Sec-WebSocket-Key: " KEY "\nSec-WebSocket-Version: 8"), WS_OTHER_VERSION},
        {STR(UPGRADE REST "\nSec-WebSocket-Version: 13"), WS_OTHER_VERSION},
    };
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);

    (void)state;
    FOR_EACH_ROW (row, rows) {
        const struct http_request rq = request(row->fields, a);
        struct err e = {0};
        assert_int_equal(ws_handshake(&rq, &e), row->want);
        assert_true((e.code == ERR_NONE) == (row->want == WS_ASKED || row->want == WS_NOT_ASKED));
    }
}

static void judges_a_request_by_its_first_line_and_body(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const struct http_request good = request(STR(UPGRADE REST), a);
    struct http_request post = good, body = good, old = good;
    struct err e = {0};

    (void)state;
    post.method = HTTP_POST;
    body.body = STR("x");
    old.is_http_1_0 = true;
    assert_int_equal(ws_handshake(&post, &e), WS_MALFORMED);
    assert_int_equal(ws_handshake(&body, &e), WS_MALFORMED);
    assert_int_equal(ws_handshake(&old, &e), WS_MALFORMED);
}

/* RFC 6455 section 1.3 */
static void proves_that_the_key_was_understood(void **state)
{
    char accept[WS_ACCEPT_LEN];

    (void)state;
    ws_accept(STR(KEY), accept);
    assert_memory_equal(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", WS_ACCEPT_LEN);
}

TEST_MAIN(cmocka_unit_test(judges_a_request_by_its_fields),
          cmocka_unit_test(judges_a_request_by_its_first_line_and_body),
          cmocka_unit_test(proves_that_the_key_was_understood))
