#ifndef STORE_CATALOG_H
#define STORE_CATALOG_H
/*
 * What the build made of queries/ and migrations/ (tools/embed_sql.py): constant tables. Only the
 * store's own files read them; everyone else says Q_… and lets the store look it up.
 */
#include "store/store.h"

enum { STORE_ENGINE_COUNT = STORE_POSTGRES + 1, QUERY_PARAMS_MAX = 64, QUERY_ECHO_MAX = 4 };

/* Places for queries that a test adds to a store, behind the catalogue's own. */
enum { QUERIES_EXTRA = 16, QUERY_SLOTS = QUERY_COUNT + QUERIES_EXTRA };

enum param_type {
    PARAM_INT,
    PARAM_TEXT,
    PARAM_BOOL,
    PARAM_TIME,
    PARAM_JSON,
    PARAM_BYTES,
    PARAM_DECIMAL,
    PARAM_TYPE_COUNT
};

struct query_param {
    const char *name;
    enum param_type type;
    bool is_array; /* a column of a batch */
};

/* Whose rows a query may touch: those of the projects or organisations that its parameter `owner`
 * names, or everybody's. */
enum query_scope { SCOPE_SYSTEM, SCOPE_PROJECT, SCOPE_ORG };

struct query_text {
    const char *name;
    enum query_scope scope;
    size_t owner;                     /* the parameter's place in params; int or int[] */
    const struct query_param *params; /* the k-th is ?k or $k of the statement */
    size_t n_params;
    /* What SQLite gives back of each run that changed a row, in place of a RETURNING: that would
     * build a table for every row. */
    size_t n_echo;
    struct {
        const char *column;
        size_t param;
    } echo[QUERY_ECHO_MAX];
    bool is_batch;   /* has array parameters */
    bool plans_anew; /* PostgreSQL: which plan is best depends on the parameters */
    const char *sql[STORE_ENGINE_COUNT];
};

struct migration_text {
    int number;
    const char *name;
    const char *up[STORE_ENGINE_COUNT], *down[STORE_ENGINE_COUNT];
};

extern const struct query_text catalog_queries[QUERY_COUNT + 1];
/* In order of their numbers, which start at 1 without gaps. */
extern const struct migration_text catalog_migrations[];
extern const size_t catalog_migration_count;

#endif
