#ifndef OPS_FLAG_WATCH_H
#define OPS_FLAG_WATCH_H
/*
 * The flags of this node follow those of the store: a thread looks every second, puts what it finds
 * onto the board, has the hub ask again who may watch, and lets go of held events what the flags
 * allow. While the store is away the board stays as it was.
 */
#include "ops/config.h"
#include "store/store.h"
#include "tenancy/flags.h"

struct flag_watch;
struct heartbeat;
struct hub;
struct queue;

struct flag_watch_options {
    struct store *store;
    const struct clock *clock;
    struct flag_board *board; /* outlives this, as the next two */
    struct hub *hub;          /* or NULL */
    struct queue *queue;      /* or NULL: other nodes let events go */
    struct heartbeat *heart;  /* beats with this; or NULL */
};

/* What the configuration says. */
struct flags flags_of_config(const struct config *c);

/* Has looked once before it returns, if the store let it. */
bool flag_watch_start(const struct flag_watch_options *o, struct flag_watch **ret,
                      struct err *e) CHECK_RESULT;
/* Whether its last look found the store, and none has waited for it since: for nodes without an
 * API, which watches that itself. From any thread. */
bool flag_watch_sees_store(const struct flag_watch *w);
/* This node has changed something: looks at once. From any thread. */
void flag_watch_wake(struct flag_watch *w);
/* Before the store is closed; accepts NULL. */
void flag_watch_stop(struct flag_watch *w);

#endif
