#ifndef WS_HANDSHAKE_H
#define WS_HANDSHAKE_H
/*
 * The opening handshake (RFC 6455 section 4.2), judged from the request alone. Who asks, and from
 * which site (Origin), is for the caller to look at.
 */
#include "http/http.h"

struct buf;

enum ws_handshake {
    WS_NOT_ASKED,     /* an ordinary request */
    WS_ASKED,         /* ws_open() may answer it */
    WS_OTHER_VERSION, /* for a version that is not ours; `e` says so: 426 and WS_VERSION_FIELD */
    WS_MALFORMED,     /* `e` says why */
};

enum ws_handshake ws_handshake(const struct http_request *rq, struct err *e) CHECK_RESULT;

#define WS_VERSION_FIELD ((struct http_header){{"Sec-WebSocket-Version", 21}, {"13", 2}})

enum { WS_ACCEPT_LEN = 28 };
/* Sec-WebSocket-Accept: what proves that the key was understood. */
void ws_accept(struct str key, char ret[WS_ACCEPT_LEN]);

#endif
