#include "ws/handshake.h"

#include "base/buf.h"
#include "base/crypto.h"

/* Whether a field that is a list of tokens has one of them. */
static bool lists(const struct http_request *rq, struct str field, struct str token)
{
    for (size_t i = 0; i < rq->n_headers; i++) {
        struct str list = rq->headers[i].value, element;
        if (!str_eq_nocase(rq->headers[i].name, field))
            continue;
        while (cut_field(&list, ',', &element))
            if (str_eq_nocase(str_trim(element), token))
                return true;
    }
    return false;
}

/* 16 bytes in base64. */
static bool key_is_good(const struct http_request *rq)
{
    unsigned char bytes[16];
    size_t n;

    return http_header_count(rq, STR("Sec-WebSocket-Key")) == 1 &&
           base64_decode(http_header(rq, STR("Sec-WebSocket-Key")), bytes, sizeof bytes, &n) &&
           n == sizeof bytes;
}

static bool version_is_ours(const struct http_request *rq)
{
    return http_header_count(rq, STR("Sec-WebSocket-Version")) == 1 &&
           str_eq(http_header(rq, STR("Sec-WebSocket-Version")), STR("13"));
}

static bool is_well_formed(const struct http_request *rq, struct err *e)
{
    if (rq->method != HTTP_GET || rq->body.n > 0)
        return err_set(e, ERR_INVALID, "a WebSocket begins with GET, without a body");
    if (rq->is_http_1_0)
        return err_set(e, ERR_INVALID, "a WebSocket needs HTTP/1.1");
    if (!lists(rq, STR("Connection"), STR("upgrade")))
        return err_set(e, ERR_INVALID, "Connection: Upgrade is missing");
    if (!key_is_good(rq))
        return err_set(e, ERR_INVALID, "Sec-WebSocket-Key: 16 bytes in base64 expected");
    return true;
}

enum ws_handshake ws_handshake(const struct http_request *rq, struct err *e)
{
    if (!lists(rq, STR("Upgrade"), STR("websocket")))
        return WS_NOT_ASKED;
    if (!is_well_formed(rq, e))
        return WS_MALFORMED;
    if (!version_is_ours(rq)) {
        (void)err_set(e, ERR_UPGRADE, "Sec-WebSocket-Version: only 13 is spoken here");
        return WS_OTHER_VERSION;
    }
    return WS_ASKED;
}

void ws_accept(struct str key, char ret[WS_ACCEPT_LEN])
{
    unsigned char digest[SHA1_LEN];
    struct buf text;

    buf_init(&text, 256);
    buf_str(&text, key);
    buf_str(&text, STR("258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
    sha1(buf_view(&text), digest);
    buf_reset(&text);
    buf_base64(&text, digest, sizeof digest);
    assert(text.n == WS_ACCEPT_LEN);
    memcpy(ret, text.p, WS_ACCEPT_LEN);
    buf_finish(&text);
}
