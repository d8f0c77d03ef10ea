#ifndef STORE_SQLITE_CONNECTION_H
#define STORE_SQLITE_CONNECTION_H
/* The store and its connections, for the parts of the engine. */
#include "store/internal.h"

#include <sqlite3.h>
#include <stdatomic.h>

enum { SQLITE_MOMENT_MS = 100 /* to wait for a reader of the log */ };

struct sqlite_store {
    struct store base;
    struct db_file *file;
    const char *vfs; /* NULL: SQLite's own */
    int64_t log_bound, cache_mb;
    struct turn *turn;
    struct witness *witness;
    int64_t lost_pages;
    bool log_kept;            /* what was found in the log is on disk; guarded by the turn */
    int log_pages;            /* after the last commit; guarded by the turn */
    _Atomic int log_copied;   /* pages of the log that are in the file as well */
    _Atomic int log_tried;    /* how many it had when somebody last began to copy */
    struct sqlite_db *anchor; /* keeps the log alive; used by who holds the turn */
    atomic_bool broken;
    atomic_bool settled; /* nothing that an earlier process left is in the page cache alone */
};

struct answer { /* of a db_send() */
    struct arena *arena;
    struct rows *rows;
    bool ok, lost, conflicted;
    struct err err;
};

struct sqlite_db {
    struct db base;
    sqlite3 *handle; /* NULL: not open */
    bool has_turn;
    int log_pages; /* of the log after its last commit; 0: nothing to look at */
    bool spent;    /* the handle is for reading alone, and is not used again */
    usec_t until;  /* of the statement under way; 0: none */
    struct answer answers[DB_PIPELINE];
    size_t first_answer;
    sqlite3_stmt *statements[QUERY_SLOTS];
};

static inline struct sqlite_db *sqlite_of(struct db *db)
{
    return container_of(db, struct sqlite_db, base);
}

static inline struct sqlite_store *sqlite_store_of(struct db *db)
{
    return container_of(db->store, struct sqlite_store, base);
}

/* The statement that comes has so long, see store_use_deadline(). */
static inline void sqlite_start_deadline(struct db *db)
{
    const usec_t deadline = store_use_deadline(db->use);

    sqlite_of(db)->until = deadline ? clock_monotonic(&clock_system) + deadline : 0;
}

#endif
