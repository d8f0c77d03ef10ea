#ifndef SIM_EXCHANGE_H
#define SIM_EXCHANGE_H
/* What the network and the server's side of HTTP share. */
#include "loop/loop.h"

#include "sim/net.h"

struct http_exchange {
    struct http_request rq;
    struct arena *arena;
    struct loop *loop;
    usec_t received_at; /* monotonic */
    struct task task;
    void *user;
    /* On the loop, once; the exchange is released when it returns. */
    void (*on_answer)(struct http_exchange *x, int status, struct str body);
    /* It becomes a stream; NULL: nobody is at the other end any more. */
    struct wire *(*on_stream)(struct http_exchange *x, struct http_stream *s);
    void *peer;
};

void stream_expire(struct wire *w);

#endif
