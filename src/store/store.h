#ifndef STORE_STORE_H
#define STORE_STORE_H
/*
 * The database, behind one interface with two engines: SQLite (default) and PostgreSQL.
 *
 * What can be asked stands in queries/<noun>.sql as named blocks; the build turns each into one
 * `enum query` constant (Q_CALL_RECENT), so that a query without a name does not compile. A block
 * declares its parameters and their types; every query is scoped to a project (it must be filtered
 * by :project) unless it says `scope: org`, or `scope: system` with a reason: the build refuses
 * anything else. What is scoped is not run without its project, and PostgreSQL is told for whom a
 * statement works, so that its row-level security holds what a filter would let through.
 *
 * A connection (`struct db`) belongs to one thread at a time and blocks; loop threads never use
 * one. A lost connection is re-established at the next use; until then every call fails with
 * ERR_UNAVAILABLE. Every wait has a deadline, set by the connection's use.
 *
 * A parameter declared with [] is a column of a batch: all arrays of one call have equal length n.
 * PostgreSQL runs its block once over the arrays (unnest); SQLite runs its block once per row. The
 * returned rows are those of all runs. A batch outside of a transaction is atomic by itself.
 *
 * Types: int (64 bits), text, bool, time (microseconds here; timestamptz or INTEGER there), json
 * (text here; jsonb or TEXT there), bytes, decimal (text here; numeric or TEXT there).
 */
#include "base/clock.h"

#include "base/err.h"
#include "store_queries.h" /* generated: enum query */

struct arena;
struct files;
struct store;
struct db;
struct rows;

enum store_engine { STORE_SQLITE, STORE_POSTGRES };

/* What a connection is for; decides its deadline and, on PostgreSQL, its reserved place. */
enum store_use {
    STORE_INGEST, /* appends of the inbox writer: reserved, 5 s */
    STORE_WORK,   /* workers and jobs: 30 s */
    STORE_READ,   /* API reads: 10 s; on SQLite a read-only connection */
    STORE_TOOL,   /* command line: no deadline */
    STORE_USE_COUNT
};

struct store_options {
    struct str url; /* sqlite:PATH or postgres://… */
    const struct clock *clock;
    bool exclusive; /* SQLite: take the process lock, refuse when another process holds it */
    const struct files *files; /* SQLite: the file system that it is on; NULL: the system's */
    int64_t log_bound;         /* SQLite: bytes of the log, see store_checkpoint(); 0: 64 MB */
    int64_t cache_mb;          /* SQLite: pages that a connection keeps; 0: 64 */
};

/*
 * Opens and checks: the SQLite file's directory is writable (its last part is created when it is
 * missing), no network file system, no second process; PostgreSQL may be down (the connections say
 * so later), but a hot standby or a server before version 15 is refused.
 */
bool store_open(const struct store_options *o, struct store **ret, struct err *e) CHECK_RESULT;
/* All its connections are closed before. Accepts NULL. */
void store_close(struct store *s);
DEFINE_CLEANUP(struct store, store_close)
enum store_engine store_engine(const struct store *s);
/* Whether only a new process can use the store again (SQLite: a sync failed, so what is on disk is
 * unknown). Every write is refused; the process should end and be started again. */
bool store_is_broken(const struct store *s);
/* Pages of SQLite's write-ahead log that were durable in an earlier run and cannot be read any
 * more: what was committed with them is lost. The database is sound without them, or it would not
 * have been opened. The edge reports it, and begins a new epoch of the feed. */
int64_t store_lost_pages(const struct store *s);
/* Once in a while: truncates SQLite's write-ahead log when it outgrew its bound. */
bool store_checkpoint(struct store *s, struct err *e) CHECK_RESULT;
/* SQLite: a consistent copy in a new file, whoever else writes meanwhile. PostgreSQL refuses: it
 * has better means of its own. */
bool store_backup(struct store *s, const char *to, struct err *e) CHECK_RESULT;

/* Migrations, applied in order, each in one transaction, under a lock that one process holds. */
struct store_migration {
    int number;
    struct str name;
    bool applied;
};
bool store_migrate_up(struct store *s, int *ret_n_applied, struct err *e) CHECK_RESULT;
/* Takes back the newest `n` migrations. */
bool store_migrate_down(struct store *s, int n, int *ret_n_undone, struct err *e) CHECK_RESULT;
bool store_migrate_status(struct store *s, struct arena *a, struct store_migration **ret,
                          size_t *ret_n, struct err *e) CHECK_RESULT;
/* Whether the schema fits this binary: false with ERR_UNAVAILABLE and what to do when not. */
bool store_schema_check(struct store *s, struct err *e) CHECK_RESULT;

/* Whether the database keeps projects apart by itself, whatever a query says: false with what is
 * open and how to close it. SQLite has no such wall, and none is missed there: true. */
bool store_wall_check(struct store *s, struct err *e) CHECK_RESULT;

/* Makes a connection object; connects at first use. Never fails. */
struct db *store_connect(struct store *s, enum store_use use);
void db_close(struct db *db);
DEFINE_CLEANUP(struct db, db_close)
/* Connects now if it has to: whether the database can be reached. */
bool db_ping(struct db *db, struct err *e) CHECK_RESULT;
/*
 * Hints between the nodes of one PostgreSQL, told by Q_NODES_TELL: waits for some, until `fd` can
 * be read, or until `wait` is over; on_hint gets each, of our own as well. A hint may be lost,
 * always when the connection is. Needs a connection of its own. On SQLite there is no other node.
 */
struct db_ears {
    int fd;
    usec_t wait;
    void (*on_hint)(struct str text, void *arg);
    void *arg;
};
bool db_hear(struct db *db, const struct db_ears *ears, struct err *e) CHECK_RESULT;

/* After a failure: the connection (or the disk) failed, not the statement; trying again later may
 * work, and nothing may be concluded about what was committed. */
bool db_lost(const struct db *db);
/* After a failure: deadlock, serialization failure or lock timeout; the same may work at once. */
bool db_conflicted(const struct db *db);

/*
 * A transaction. On SQLite begin waits its fair turn for the one writer; on a STORE_READ connection
 * it is a consistent view. After a failed statement it can only be rolled back, and so can it be
 * after a failed commit (which has done so). Rolled back by db_close.
 */
bool db_begin(struct db *db, struct err *e) CHECK_RESULT;
/* The same, but its commit alone need not survive a power cut (it survives the end of the process):
 * for notes whose loss does no harm, such as who works on what. The next durable commit covers it.
 */
bool db_begin_light(struct db *db, struct err *e) CHECK_RESULT;
/* Durable when it returns true. After false nothing may be concluded (db_lost) or it was undone. */
bool db_commit(struct db *db, struct err *e) CHECK_RESULT;
/* Harmless without a transaction. */
void db_rollback(struct db *db);
/* Commits what went well; takes back what did not, with e as that left it. A whole transaction is
 * db_begin(db, e) && db_end(db, work(db, e), e). */
static inline CHECK_RESULT bool db_end(struct db *db, bool went_well, struct err *e)
{
    if (went_well)
        return db_commit(db, e) || err_trace(e);
    db_rollback(db);
    return err_trace(e);
}

enum bind_kind { BIND_INT, BIND_TEXT, BIND_INTS, BIND_TEXTS, BIND_BOOLS };

struct bind {
    const char *name; /* as in the SQL, without the colon */
    enum bind_kind kind;
    size_t n; /* of an array */
    union {
        int64_t i;
        struct str s;
        const int64_t *ints;
        const struct str *texts;
        const bool *bools;
    };
};

struct binds {
    const struct bind *p;
    size_t n;
};

#define BINDS(...)                                                                                 \
    ((struct binds){(const struct bind[]){__VA_ARGS__},                                            \
                    sizeof((const struct bind[]){__VA_ARGS__}) / sizeof(struct bind)})
#define NO_BINDS ((struct binds){NULL, 0})

/* INT_NONE, TIME_NONE and STR_NONE become NULL. The array forms borrow until the call returns. */
static inline struct bind bind_int(const char *name, int64_t v)
{
    return (struct bind){.name = name, .kind = BIND_INT, .i = v};
}
static inline struct bind bind_time(const char *name, usec_t t)
{
    return bind_int(name, t);
}
static inline struct bind bind_bool(const char *name, bool v)
{
    return bind_int(name, v);
}
static inline struct bind bind_str(const char *name, struct str s)
{
    return (struct bind){.name = name, .kind = BIND_TEXT, .s = s};
}
static inline struct bind bind_ints(const char *name, const int64_t *v, size_t n)
{
    return (struct bind){.name = name, .kind = BIND_INTS, .n = n, .ints = v};
}
static inline struct bind bind_times(const char *name, const usec_t *v, size_t n)
{
    return bind_ints(name, v, n);
}
static inline struct bind bind_strs(const char *name, const struct str *v, size_t n)
{
    return (struct bind){.name = name, .kind = BIND_TEXTS, .n = n, .texts = v};
}
static inline struct bind bind_bools(const char *name, const bool *v, size_t n)
{
    return (struct bind){.name = name, .kind = BIND_BOOLS, .n = n, .bools = v};
}

/* Runs a statement and counts the rows that it changed (may be NULL). */
bool db_exec(struct db *db, enum query q, struct binds binds, int64_t *ret_changed,
             struct err *e) CHECK_RESULT;
/* Runs a query. *ret is owned by the arena; read it to its end or reset the arena. */
bool db_query(struct db *db, enum query q, struct binds binds, struct arena *a, struct rows **ret,
              struct err *e) CHECK_RESULT;

/*
 * Pipelining: up to DB_PIPELINE statements, each its own transaction, are under way at once.
 * db_send() queues one without waiting for it; db_receive() waits for the oldest. SQLite
 * executes at db_send(). A failure of one does not stop the next. Not inside a transaction.
 */
enum { DB_PIPELINE = 4 };
bool db_send(struct db *db, enum query q, struct binds binds, struct err *e) CHECK_RESULT;
bool db_receive(struct db *db, struct arena *a, struct rows **ret, struct err *e) CHECK_RESULT;
size_t db_pending(const struct db *db);

/* Next row; false at the end and after a failure: rows_end() tells which. */
bool rows_next(struct rows *r);
bool rows_end(struct rows *r, struct err *e) CHECK_RESULT;

/* Values of the current row by column name. Text is copied to the arena of the query. */
bool rows_is_null(struct rows *r, const char *column);
int64_t rows_int(struct rows *r, const char *column);    /* INT_NONE when null */
usec_t rows_time(struct rows *r, const char *column);    /* TIME_NONE when null */
bool rows_bool(struct rows *r, const char *column);      /* false when null */
struct str rows_str(struct rows *r, const char *column); /* STR_NONE when null */

/* A row into a struct, by a table of columns. The table must outlive the rows (static const). */
enum column_kind { COLUMN_INT, COLUMN_TIME, COLUMN_BOOL, COLUMN_STR };
struct column {
    const char *name;
    enum column_kind kind;
    size_t at; /* offsetof an int64_t, usec_t, bool or struct str */
};
void rows_read(struct rows *r, const struct column *columns, size_t n, void *out);

/* What a list is made of: one struct per row. Outlives the rows, like its columns. */
struct row_shape {
    const struct column *columns;
    size_t n, size; /* columns; bytes of the struct */
};
#define ROW_SHAPE(type, columns)                                                                   \
    {                                                                                              \
        (columns), LEN(columns), sizeof(type)                                                      \
    }
/* The rest of the rows, `max` at most, as a list in the arena; NULL when they cannot be read. */
void *rows_list(struct rows *r, const struct row_shape *shape, size_t max, struct arena *a,
                size_t *ret_n, struct err *e) CHECK_RESULT;

/* Convenience: the first row into `out`; *ret_found says whether there was one. */
bool db_query_one(struct db *db, enum query q, struct binds binds, const struct column *columns,
                  size_t n, struct arena *a, void *out, bool *ret_found,
                  struct err *e) CHECK_RESULT;

/* What a query has counted: the `n` of its only row. */
bool db_count(struct db *db, enum query q, struct binds binds, struct arena *a, int64_t *ret,
              struct err *e) CHECK_RESULT;

/* The plan of a query, one line per step, for the tests that look for indexes. */
bool db_explain(struct db *db, enum query q, struct binds binds, struct arena *a, struct str *ret,
                struct err *e) CHECK_RESULT;

#endif
