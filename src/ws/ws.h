#ifndef WS_WS_H
#define WS_WS_H
/*
 * A WebSocket (RFC 6455), the server's side: messages of text both ways on an HTTP connection that
 * was upgraded.
 *
 * What a peer does wrong ends the WebSocket with its code: 1002 protocol, 1003 not text, 1007 not
 * UTF-8, 1008 a flood, 1009 too large. A ping is answered, a peer that answers none of ours is
 * closed, and so is one that does not answer a Close within `close_timeout`.
 */
#include "base/clock.h"
#include "http/http.h"
#include "ws/frame.h"

struct ws;

struct ws_options {
    const struct clock *clock;
    size_t max_message;   /* bytes of one message of the peer */
    usec_t ping_every;    /* 0: 30 s */
    usec_t close_timeout; /* 0: 5 s */
    void (*on_text)(struct str message, void *arg);
    void (*on_closed)(void *arg); /* once, whatever the cause; the last touch */
    void *arg;
};

/* Answers a request that ws_handshake() found good. On the loop; no callback comes before it has
 * returned. The WebSocket is gone when on_closed returns. */
struct ws *ws_open(struct http_exchange *x, const struct ws_options *o);
/* What whole frames are sent on. */
struct http_stream *ws_stream(const struct ws *w);
/* Says why, and waits for the peer to agree. May be repeated. */
void ws_close(struct ws *w, enum ws_code code, struct str reason);
/* Says why, and closes at once. */
void ws_drop(struct ws *w, enum ws_code code, struct str reason);

#endif
