#ifndef OPS_HEARTBEAT_H
#define OPS_HEARTBEAT_H
/*
 * Says in the store that this process is there (tenancy/node.h): every five seconds, on the thread
 * that looks for flags anyway, and looks among how many nodes the budget of requests to providers
 * is shared. Where it cannot, whoever looks on sees how long ago it last did.
 */
#include "providers/call_sources.h"
#include "tenancy/node.h"

struct heartbeat;

struct heartbeat_options {
    const struct clock *clock;
    unsigned roles;
    int64_t port;                 /* where it listens */
    struct call_sources *sources; /* borrowed */
};

struct heartbeat *heartbeat_create(const struct heartbeat_options *o);
/* Accepts NULL. */
void heartbeat_destroy(struct heartbeat *h);
/* A canary of this process came back after so long; TIME_NONE: it did not. From any thread. */
void heartbeat_canary(struct heartbeat *h, usec_t took);
/* None flies any more: what the last one met says nothing of now. From any thread. */
void heartbeat_no_canary(struct heartbeat *h);
/* When it is due. One thread. */
void heartbeat_beat(struct heartbeat *h, struct db *db);

#endif
