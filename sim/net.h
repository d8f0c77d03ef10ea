#ifndef SIM_NET_H
#define SIM_NET_H
/*
 * The network of the world: events in time, requests that reach a node and perhaps come back, and
 * streams that a reader drains at its own pace. The functions of http/http.h that the doors and the
 * hub use are implemented on it.
 */
#include "base/buf.h"

#include "http/http.h"
#include "sandbox/heap.h"
#include "sim/fiber.h"

struct node;
struct wire;

/* The fiber that makes things happen; of the process of the world outside. */
void net_begin(struct process *outside);
/* fn(arg) then, outside of every node. */
void net_after(usec_t wait, void (*fn)(void *arg), void *arg);
/* The process is gone: whoever waits for it learns that the connection was reset. */
void net_forget(const struct process *p);

/* One request. What it refers to lives until on_end, which comes once, outside of every node. */
struct net_request {
    struct http_request rq;
    /* The answer is given to the connection, on the node's loop; it may never arrive. */
    void (*on_given)(struct net_request *r, int status, bool kept);
    /* status 0: refused, reset or not in time. */
    void (*on_end)(struct net_request *r, int status, struct str body);
    struct wire *wire; /* of a stream: where it goes; its on_end comes when it cannot begin */
    void *arg;
};

/* To some node that listens; patience: how long its sender waits. */
void net_send(struct net_request *r, usec_t patience);

/* The reader's end of a stream. */
struct wire {
    struct buf bytes; /* that have arrived and are not read */
    bool over;        /* nothing more comes */
    struct http_stream *stream;
    usec_t progress_at;
};
/* The reader has taken n bytes. */
void wire_taken(struct wire *w, size_t n);
/* The reader hangs up. */
void wire_close(struct wire *w);

#endif
