#ifndef STORE_STORE_KIT_H
#define STORE_STORE_KIT_H
/*
 * What the store's own tests share: a table with a column of every type, and queries on it. They
 * are added to a store behind the catalogue's, so that the tests own their table.
 */
#include "store/internal.h"
#include "test/store.h"

enum kit_query {
    K_CREATE = QUERY_COUNT,
    K_INSERT,      /* a batch */
    K_INSERT_ONE,  /* returns id */
    K_UPSERT_NONE, /* inserts an id once; returns it when it was new */
    K_ALL,
    K_COUNT, /* count */
    K_ADD,   /* adds to n of a row */
    K_CLEAR,
    K_COLUMNS, /* of every table: name, column, type, is_required */
    K_INDEXES,
    K_PID, /* of the server's process */
    K_SLEEP,
    K_END
};

#define BOTH(text) .sql = {text, text}

static const struct query_param kit_row[] = {
    {"id", PARAM_INT, false},  {"n", PARAM_INT, false},     {"t", PARAM_TEXT, false},
    {"b", PARAM_BOOL, false},  {"at", PARAM_TIME, false},   {"j", PARAM_JSON, false},
    {"r", PARAM_BYTES, false}, {"d", PARAM_DECIMAL, false},
};
static const struct query_param kit_rows[] = {
    {"id", PARAM_INT, true},  {"n", PARAM_INT, true},     {"t", PARAM_TEXT, true},
    {"b", PARAM_BOOL, true},  {"at", PARAM_TIME, true},   {"j", PARAM_JSON, true},
    {"r", PARAM_BYTES, true}, {"d", PARAM_DECIMAL, true},
};
static const struct query_param kit_add[] = {{"id", PARAM_INT, false}, {"n", PARAM_INT, false}};
static const struct query_param kit_ids[] = {{"id", PARAM_INT, true}};

static const struct query_text kit_queries[] = {
    [K_CREATE - QUERY_COUNT] =
        {.name = "kit_create",
         .sql = {"CREATE TABLE kit (id INTEGER PRIMARY KEY, n INTEGER, t TEXT, b INTEGER,"
                 " at INTEGER, j TEXT, r BLOB, d TEXT) STRICT",
                 "CREATE TABLE kit (id bigint PRIMARY KEY, n bigint, t text, b boolean,"
                 " at timestamptz, j jsonb, r bytea, d numeric)"}},
    [K_INSERT - QUERY_COUNT] = {.name = "kit_insert",
                                .params = kit_rows,
                                .n_params = LEN(kit_rows),
                                .is_batch = true,
                                .sql = {"INSERT INTO kit (id, n, t, b, at, j, r, d)"
                                        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                                        "INSERT INTO kit (id, n, t, b, at, j, r, d)"
                                        " SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8)"}},
    [K_INSERT_ONE -
        QUERY_COUNT] = {.name = "kit_insert_one",
                        .params = kit_row,
                        .n_params = LEN(kit_row),
                        .sql = {"INSERT INTO kit (id, n, t, b, at, j, r, d)"
                                " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) RETURNING id",
                                "INSERT INTO kit (id, n, t, b, at, j, r, d)"
                                " VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id"}},
    [K_UPSERT_NONE - QUERY_COUNT] =
        {.name = "kit_upsert_none",
         .params = kit_ids,
         .n_params = LEN(kit_ids),
         .is_batch = true,
         .sql =
             {"INSERT INTO kit (id) VALUES (?1) ON CONFLICT (id) DO NOTHING RETURNING id",
              "INSERT INTO kit (id) SELECT unnest($1) ON CONFLICT (id) DO NOTHING RETURNING id"}},
    [K_ALL - QUERY_COUNT] = {.name = "kit_all",
                             BOTH("SELECT id, n, t, b, at, j, r, d FROM kit ORDER BY id")},
    [K_COUNT - QUERY_COUNT] = {.name = "kit_count", BOTH("SELECT count(*) AS count FROM kit")},
    [K_ADD - QUERY_COUNT] = {.name = "kit_add",
                             .params = kit_add,
                             .n_params = LEN(kit_add),
                             .sql = {"UPDATE kit SET n = n + ?2 WHERE id = ?1",
                                     "UPDATE kit SET n = n + $2 WHERE id = $1"}},
    [K_CLEAR - QUERY_COUNT] = {.name = "kit_clear", BOTH("DELETE FROM kit")},
    [K_COLUMNS - QUERY_COUNT] =
        {.name = "kit_columns",
         .sql = {"SELECT m.name || '.' || c.name || ' ' || c.type ||"
                 "       CASE WHEN c.\"notnull\" OR c.pk THEN ' required' ELSE '' END AS line"
                 "  FROM sqlite_master m JOIN pragma_table_info(m.name) c"
                 " WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'"
                 " UNION ALL"
                 " SELECT m.name || '.' || c.name"
                 "  FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'view'"
                 " ORDER BY 1",
                 "SELECT line FROM (SELECT c.table_name || '.' || c.column_name || CASE WHEN "
                 "t.table_type = 'VIEW'"
                 "       THEN '' ELSE CASE c.data_type WHEN 'bytea' THEN ' BLOB'"
                 "       WHEN 'text' THEN ' TEXT' WHEN 'jsonb' THEN ' TEXT'"
                 "       WHEN 'numeric' THEN ' TEXT' ELSE ' INTEGER' END ||"
                 "       CASE c.is_nullable WHEN 'NO' THEN ' required' ELSE '' END END AS line"
                 "  FROM information_schema.columns c JOIN information_schema.tables t"
                 " USING (table_schema, table_name) WHERE c.table_schema = current_schema()) lines"
                 " ORDER BY line COLLATE \"C\""}},
    [K_INDEXES - QUERY_COUNT] =
        {.name = "kit_indexes",
         .sql = {"SELECT name || ' ' || tbl_name AS line FROM sqlite_master"
                 " WHERE type = 'index' AND sql IS NOT NULL ORDER BY 1",
                 "SELECT line FROM (SELECT indexname || ' ' || tablename AS line FROM pg_indexes"
                 " WHERE schemaname = current_schema() AND indexname LIKE 'idx_%') lines"
                 " ORDER BY line COLLATE \"C\""}},
    [K_PID - QUERY_COUNT] = {.name = "kit_pid",
                             .sql = {"SELECT 0 AS pid", "SELECT pg_backend_pid() AS pid"}},
    [K_SLEEP - QUERY_COUNT] = {.name = "kit_sleep",
                               .sql = {"SELECT 0 AS slept", "SELECT pg_sleep(20) AS slept"}},
};
static_assert(LEN(kit_queries) == K_END - QUERY_COUNT, "every kit query has its text");
static_assert(LEN(kit_queries) <= QUERIES_EXTRA, "the store has room for the kit's queries");

/* A statement that has to work. */
static inline void kit_exec(struct db *db, int query, struct binds binds)
{
    struct err e = {.code = ERR_NONE};

    assert_ok(db_exec(db, (enum query)query, binds, NULL, &e), &e);
}

static inline void kit_prepare(struct store *s)
{
    struct db *db = store_connect(s, STORE_TOOL);

    s->extra = kit_queries;
    s->n_extra = LEN(kit_queries);
    kit_exec(db, K_CREATE, NO_BINDS);
    db_close(db);
}

/* A connection to a store that is prepared with it. */
static inline struct db *kit_connect(struct store *s, enum store_use use)
{
    kit_prepare(s);
    return store_connect(s, use);
}

static inline int64_t kit_number(struct db *db, int query, const char *column, struct arena *a)
{
    struct err e = {.code = ERR_NONE};
    struct rows *rows;

    assert_ok(db_query(db, (enum query)query, NO_BINDS, a, &rows, &e), &e);
    assert_true(rows_next(rows));
    return rows_int(rows, column);
}

static inline int64_t kit_count(struct db *db, struct arena *a)
{
    return kit_number(db, K_COUNT, "count", a);
}

/* The lines of a query joined: to compare two engines. */
static inline const char *kit_lines(struct db *db, int query, struct arena *a)
{
    struct err e = {.code = ERR_NONE};
    struct rows *rows;
    struct str all = STR("");

    assert_ok(db_query(db, (enum query)query, NO_BINDS, a, &rows, &e), &e);
    while (rows_next(rows))
        all = str_fmt(a, STR_FMT STR_FMT "\n", STR_ARG(all), STR_ARG(rows_str(rows, "line")));
    return str_z(all, a);
}

/* Inserts rows with these ids and nothing else in them. */
static inline bool kit_insert_ids(struct db *db, const int64_t *ids, size_t n, struct err *e)
{
    static const struct str none[8];
    static const int64_t nothing[8] = {INT_NONE, INT_NONE, INT_NONE, INT_NONE,
                                       INT_NONE, INT_NONE, INT_NONE, INT_NONE};

    assert_true(n <= LEN(none));
    return db_exec(db, (enum query)K_INSERT,
                   BINDS(bind_ints("id", ids, n), bind_ints("n", nothing, n),
                         bind_strs("t", none, n), bind_ints("b", nothing, n),
                         bind_times("at", nothing, n), bind_strs("j", none, n),
                         bind_strs("r", none, n), bind_strs("d", none, n)),
                   NULL, e);
}

#endif
