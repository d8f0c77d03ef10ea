#include "store/sqlite/statement.h"

#include "base/arena.h"
#include "base/fault.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/failure.h"

bool statement_prepare(struct db *db, const struct bound *b, sqlite3_stmt **ret, struct err *e)
{
    struct sqlite_db *d = sqlite_of(db);
    sqlite3_stmt **kept = &d->statements[b->number];

    if (!*kept) {
        if (FAULT("store.prepare"))
            return sqlite_fail(db, SQLITE_IOERR_READ, b->query->name, e);
        const int rc = sqlite3_prepare_v3(d->handle, b->query->sql[STORE_SQLITE], -1,
                                          SQLITE_PREPARE_PERSISTENT, kept, NULL);
        if (rc != SQLITE_OK)
            return sqlite_fail(db, rc, b->query->name, e);
    }
    *ret = *kept;
    return true;
}

static int bind_value(sqlite3_stmt *stmt, const struct bound *b, size_t k, size_t run)
{
    const enum param_type type = b->query->params[k].type;
    const int at = (int)k + 1;

    if (!param_is_text(type)) {
        const int64_t v = bound_int(b, k, run);
        return v == INT_NONE ? sqlite3_bind_null(stmt, at) : sqlite3_bind_int64(stmt, at, v);
    }
    const struct str s = bound_text(b, k, run);
    if (str_is_none(s))
        return sqlite3_bind_null(stmt, at);
    if (type == PARAM_BYTES)
        return sqlite3_bind_blob64(stmt, at, s.p, s.n, SQLITE_STATIC);
    return sqlite3_bind_text64(stmt, at, s.p, s.n, SQLITE_STATIC, SQLITE_UTF8);
}

/* Plain values stay bound from run to run. */
static int bind_run(sqlite3_stmt *stmt, const struct bound *b, size_t run)
{
    int rc = SQLITE_OK;

    for (size_t k = 0; k < b->query->n_params && rc == SQLITE_OK; k++)
        if (run == 0 || b->query->params[k].is_array)
            rc = bind_value(stmt, b, k, run);
    return rc;
}

struct rows *statement_rows(const struct query_text *query, sqlite3_stmt *stmt, struct arena *a)
{
    const int n = sqlite3_column_count(stmt);
    struct rows *rows = rows_create(a, (size_t)n + query->n_echo);

    for (size_t i = 0; i < query->n_echo; i++)
        rows_name(rows, (size_t)n + i, query->echo[i].column);

    for (int i = 0; i < n; i++)
        rows_name(rows, (size_t)i, sqlite3_column_name(stmt, i));
    return rows;
}

static struct str copy_text(const void *p, int n, struct arena *a)
{
    return str_dup((struct str){n > 0 ? p : "", (size_t)n}, a);
}

static void keep_row(struct rows *rows, sqlite3_stmt *stmt)
{
    struct cell *cells = rows_add(rows);

    for (int i = 0; i < sqlite3_column_count(stmt); i++) {
        struct cell *cell = &cells[i];
        switch (sqlite3_column_type(stmt, i)) {
        case SQLITE_NULL:
            break;
        case SQLITE_INTEGER:
            cell->kind = CELL_INT;
            cell->i = sqlite3_column_int64(stmt, i);
            break;
        case SQLITE_BLOB: {
            const void *p = sqlite3_column_blob(stmt, i);
            cell->kind = CELL_TEXT;
            cell->s = copy_text(p, sqlite3_column_bytes(stmt, i), rows_arena(rows));
            break;
        }
        default: { // text and floating-point numbers
            const void *p = sqlite3_column_text(stmt, i);
            cell->kind = CELL_TEXT;
            cell->s = copy_text(p, sqlite3_column_bytes(stmt, i), rows_arena(rows));
            break;
        }
        }
    }
}

/* What a run that changed a row was given, as a row of the answer. */
static void echo_row(struct rows *rows, const struct bound *b, size_t run)
{
    const struct query_text *query = b->query;
    struct cell *cells = rows_add(rows);

    for (size_t i = 0; i < query->n_echo; i++) {
        const size_t k = query->echo[i].param;
        if (param_is_text(query->params[k].type)) {
            cells[i].kind = CELL_TEXT;
            cells[i].s = str_dup(bound_text(b, k, run), rows_arena(rows));
        } else {
            cells[i].kind = CELL_INT;
            cells[i].i = bound_int(b, k, run);
        }
    }
}

/* One run to its end. An autocommitted statement commits in its last step. */
static int step_all(sqlite3_stmt *stmt, struct rows *rows)
{
    int rc;

    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
        if (rows)
            keep_row(rows, stmt);
    return rc;
}

bool statement_run(struct db *db, const struct bound *b, sqlite3_stmt *stmt, struct rows *rows,
                   int64_t *changed, struct err *e)
{
    struct sqlite_db *d = sqlite_of(db);
    const bool writes = !sqlite3_stmt_readonly(stmt);
    int rc = SQLITE_DONE;

    sqlite_start_deadline(db);
    for (size_t i = 0; i < b->n_runs && rc == SQLITE_DONE; i++) {
        rc = FAULT("store.step") ? SQLITE_IOERR_WRITE : bind_run(stmt, b, i);
        if (rc == SQLITE_OK)
            rc = step_all(stmt, rows);
        if (rc == SQLITE_DONE && writes) {
            const int64_t n = sqlite3_changes64(d->handle);
            *changed += n;
            if (n > 0 && rows && b->query->n_echo > 0)
                echo_row(rows, b, i);
        } else if (rc != SQLITE_DONE)
            sqlite_fail(db, rc, b->query->name, e); // before the reset, which forgets the message
        sqlite3_reset(stmt);
    }
    sqlite3_clear_bindings(stmt); // they point into memory of the caller
    return rc == SQLITE_DONE;
}

bool statement_explain(struct db *db, const struct bound *b, struct arena *a, struct rows **ret,
                       struct err *e)
{
    struct sqlite_db *d = sqlite_of(db);
    sqlite3_stmt *stmt = NULL;

    const struct str sql = str_fmt(a, "EXPLAIN QUERY PLAN %s", b->query->sql[STORE_SQLITE]);
    if (sqlite3_prepare_v2(d->handle, sql.p, (int)sql.n, &stmt, NULL) != SQLITE_OK)
        return sqlite_fail(db, sqlite3_extended_errcode(d->handle), b->query->name, e);
    struct rows *rows = rows_create(a, 1);
    rows_name(rows, 0, "plan");
    int rc = b->n_runs > 0 ? bind_run(stmt, b, 0) : SQLITE_OK;
    while (rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW) {
        struct cell *cell = rows_add(rows);
        const void *text = sqlite3_column_text(stmt, 3);
        cell->kind = CELL_TEXT;
        cell->s = copy_text(text, sqlite3_column_bytes(stmt, 3), a);
    }
    sqlite3_finalize(stmt);
    if (rc != SQLITE_OK)
        return sqlite_fail(db, rc, b->query->name, e);
    *ret = rows;
    return true;
}
