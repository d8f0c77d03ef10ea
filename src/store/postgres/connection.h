#ifndef STORE_POSTGRES_CONNECTION_H
#define STORE_POSTGRES_CONNECTION_H
/* What the files of this engine share: the store, and one connection of it. */
#include "store/internal.h"

#include <pthread.h>

#include "store/postgres/link.h"
#include "store/postgres/scope.h"
#include "store/postgres/wire.h"

#define SCOPE_STATEMENT "scope" /* prepared by every session: sets hookswitch.scope to $1 */

struct backoff {
    usec_t next_try; /* monotonic; 0: at once */
    usec_t wait;
};

struct postgres_store {
    struct store base;
    char *url;
    bool has_several_hosts;
    pthread_mutex_t mutex;
    struct backoff backoff[STORE_USE_COUNT];
};

/* What was sent and is not answered yet. */
struct unit {
    enum query query;
    uint64_t link_number;
    bool begins, replans, tells_scope, prepares;
};

struct postgres_db {
    struct db base;
    struct link link;
    struct wire wire;
    struct scope scope;
    bool begin_due; /* BEGIN goes out with the first statement */
    bool refused;   /* the server answered, but it is not one that we can use */
    struct unit units[DB_PIPELINE];
    size_t first_unit;
    uint64_t n_units; /* that were sent on this link */
    bool prepared[QUERY_SLOTS];
    bool listens; /* LISTEN was said on this link */
};

static inline struct postgres_db *postgres_of(struct db *db)
{
    return container_of(db, struct postgres_db, base);
}

static inline struct postgres_store *store_of(struct db *db)
{
    return container_of(db->store, struct postgres_store, base);
}

#endif
