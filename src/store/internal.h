#ifndef STORE_INTERNAL_H
#define STORE_INTERNAL_H
/*
 * What the engines and the store's own files share: the engine's verbs, the base of a store and of
 * a connection, resolved binds, and rows that are built once and read many times.
 */
#include "base/arena.h"
#include "store/catalog.h"

// --- values on their way in ----------------------------------------------------------------------

/* The binds of one call in the order of the query's parameters, checked against their types. */
struct store;

struct bound {
    const struct query_text *query;
    enum query number;
    size_t n_runs; /* length of the arrays; 1 without arrays */
    const struct bind *of[QUERY_PARAMS_MAX];
};

/* A bind that is missing, unknown or of the wrong kind is a bug and ends the process. What no
 * engine can keep is ERR_INVALID: a zero byte or malformed UTF-8 in text, a time out of range. A
 * statement of a project without its project is ERR_INTERNAL. */
bool bound_make(const struct store *s, enum query q, struct binds binds, struct bound *ret,
                struct err *e) CHECK_RESULT;

/* The value of parameter k in run i: an integer or text; absent: INT_NONE, STR_NONE. */
int64_t bound_int(const struct bound *b, size_t k, size_t i);
struct str bound_text(const struct bound *b, size_t k, size_t i);
/* How many values the parameter has that names the owners; 0 of a system query. */
size_t bound_owners(const struct bound *b);

static inline bool param_is_text(enum param_type type)
{
    return type == PARAM_TEXT || type == PARAM_JSON || type == PARAM_BYTES || type == PARAM_DECIMAL;
}

// --- rows on their way out -----------------------------------------------------------------------

struct cell {
    enum { CELL_NULL, CELL_INT, CELL_TEXT } kind;
    union {
        int64_t i;
        struct str s; /* in the arena of the rows */
    };
};

/* n unnamed columns and no rows, in the arena. */
struct rows *rows_create(struct arena *a, size_t n_columns);
void rows_name(struct rows *r, size_t column, const char *name);
/* A new last row: its cells, all null. */
struct cell *rows_add(struct rows *r);
struct arena *rows_arena(struct rows *r);

// --- engines -------------------------------------------------------------------------------------

struct store {
    const struct engine *engine;
    enum store_engine kind;
    const struct clock *clock;
    const struct query_text *extra; /* queries of a test: numbers from QUERY_COUNT on */
    size_t n_extra;
};

static inline const struct query_text *store_query(const struct store *s, enum query q)
{
    assert(q < QUERY_COUNT + s->n_extra);
    return q < QUERY_COUNT ? &catalog_queries[q] : &s->extra[q - QUERY_COUNT];
}

struct db {
    struct store *store;
    enum store_use use;
    bool in_transaction;
    bool light;  /* the commit of this transaction need not be durable by itself */
    bool doomed; /* a statement of the transaction failed: it can only be rolled back */
    bool lost, conflicted;
    size_t n_pending;
};

/* The verbs of an engine. store.c keeps the flags of `struct db` and asserts the order of calls. */
struct engine {
    bool (*open)(const struct store_options *o, struct store **ret, struct err *e);
    void (*close)(struct store *s);
    bool (*is_broken)(const struct store *s);
    int64_t (*lost_pages)(const struct store *s); /* NULL: it cannot lose any */
    bool (*checkpoint)(struct store *s, struct err *e);
    bool (*backup)(struct store *s, const char *to, struct err *e);

    struct db *(*connect)(struct store *s);
    void (*disconnect)(struct db *db);
    bool (*ping)(struct db *db, struct err *e);
    /* NULL: there is no other node. */
    bool (*hear)(struct db *db, const struct db_ears *ears, struct err *e);
    bool (*begin)(struct db *db, struct err *e);
    bool (*commit)(struct db *db, struct err *e);
    void (*rollback)(struct db *db);
    /* Either of a (with ret_rows) and ret_changed may be NULL. */
    bool (*run)(struct db *db, const struct bound *b, struct arena *a, struct rows **ret_rows,
                int64_t *ret_changed, struct err *e);
    bool (*send)(struct db *db, const struct bound *b, struct err *e);
    bool (*receive)(struct db *db, struct arena *a, struct rows **ret, struct err *e);
    /* Several statements without parameters, inside the open transaction. */
    bool (*script)(struct db *db, const char *sql, struct err *e);
    bool (*explain)(struct db *db, const struct bound *b, struct arena *a, struct rows **ret,
                    struct err *e);
};

extern const struct engine engine_sqlite, engine_postgres;

/* How long a statement of this use may take; 0: as long as it takes. */
usec_t store_use_deadline(enum store_use use);
const char *store_use_name(enum store_use use);

/* For failures: marks the connection and returns false, so that it can be returned. */
static inline bool db_failed_lost(struct db *db)
{
    db->lost = true;
    return false;
}

#endif
