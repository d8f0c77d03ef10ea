#ifndef STORE_SQLITE_STATEMENT_H
#define STORE_SQLITE_STATEMENT_H
/* Named queries as prepared statements: values in, rows out. */
#include "store/internal.h"

#include <sqlite3.h>

/* The query's statement, prepared once for each connection and kept by it. */
bool statement_prepare(struct db *db, const struct bound *b, sqlite3_stmt **ret,
                       struct err *e) CHECK_RESULT;
/* For its rows, which live in the arena. */
struct rows *statement_rows(const struct query_text *query, sqlite3_stmt *stmt, struct arena *a);
/* All runs, to their ends; rows NULL: they are not wanted. Adds to *changed. */
bool statement_run(struct db *db, const struct bound *b, sqlite3_stmt *stmt, struct rows *rows,
                   int64_t *changed, struct err *e) CHECK_RESULT;
/* EXPLAIN QUERY PLAN, a row each. */
bool statement_explain(struct db *db, const struct bound *b, struct arena *a, struct rows **ret,
                       struct err *e) CHECK_RESULT;

#endif
