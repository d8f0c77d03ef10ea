/*
 * SQLite, the embedded engine.
 *
 * Durability: WAL with synchronous=FULL, so a commit returns after the log was synced. One process
 * uses the file (file.h), one thread of it writes at a time (turn.h), readers never wait. When a
 * sync fails the kernel may already have dropped the pages that it could not write, and the next
 * sync would "succeed" without them: the store is then broken and refuses to write until a new
 * process recovered the file.
 *
 * What an earlier process has left in the log may be in the page cache alone: it was killed before
 * its sync, or its sync failed, and then no later sync writes those pages. Nothing is built on
 * them: before the first write all of the log is copied into the file and synced, and it is begun
 * anew.
 *
 * The log is bounded: SQLite copies it back when it has three quarters of its bound, but starts it
 * anew only when no reader looks at it; store_checkpoint() truncates it when it outgrew the bound.
 *
 * Memory mapping stays off: on a mapped file a disk error is a SIGBUS instead of an error code.
 */
#include "store/internal.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fault.h"
#include "base/files.h"
#include "store/sqlite/backup.h"
#include "store/sqlite/file.h"
#include "store/sqlite/turn.h"
#include "store/sqlite/witness.h"

enum {
    LOG_BOUND = 64 * 1024 * 1024, /* the more at once, the fewer pages are copied twice */
    CACHE_MB = 64,                /* grows as it is used */
    PAGE_BYTES = 4096,
    PROGRESS_STEPS = 20000, /* between two looks at the clock */
    MOMENT_MS = 100,        /* to wait for a reader of the log */
};

struct sqlite_store {
    struct store base;
    struct db_file *file;
    const char *vfs; /* NULL: SQLite's own */
    int64_t log_bound, cache_mb;
    struct turn *turn;
    struct witness *witness;
    int64_t lost_pages;
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
    usec_t until; /* of the statement under way; 0: none */
    struct answer answers[DB_PIPELINE];
    size_t first_answer;
    sqlite3_stmt *statements[QUERY_SLOTS];
};

static struct sqlite_db *sqlite_of(struct db *db)
{
    return container_of(db, struct sqlite_db, base);
}

static struct sqlite_store *store_of(struct db *db)
{
    return container_of(db->store, struct sqlite_store, base);
}

// --- failures ------------------------------------------------------------------------------------

static const struct failure {
    int code; /* primary result code */
    const char *text, *fix;
} disk_failures[] = {
    {SQLITE_FULL, "the disk is full", "free some space; writing goes on by itself"},
    {SQLITE_IOERR, "the disk reported an error", "look at the kernel's log and the disk"},
    {SQLITE_READONLY, "the file cannot be written", "check whether the disk became read-only"},
    {SQLITE_CANTOPEN, "the file cannot be opened",
     "check the directory, its owner and the number of open files"},
    {SQLITE_CORRUPT, "the file is damaged", "stop, keep a copy of the file, restore a backup"},
    {SQLITE_NOTADB, "the file is not a database", "check DATABASE_URL, or restore a backup"},
    {SQLITE_PERM, "access is denied", "check the file's owner and mode"},
};

/* What the system said, where SQLite's own words are too few. */
static const struct reason {
    int error;
    const char *text, *fix;
} disk_reasons[] = {
    {EROFS, "the disk is read-only", "look at the kernel's log: it does so after a disk error"},
    {EDQUOT, "the disk quota is used up", "raise it or free some space; writing goes on by itself"},
    {EMFILE, "no descriptor is left", "raise the limit of open files (ulimit -n, LimitNOFILE=)"},
    {ENFILE, "no descriptor is left in the system", "raise fs.file-max"},
};

/* A commit that fails tells its cause to the log's file only. */
static int system_error(sqlite3 *h)
{
    sqlite3_file *log = NULL;
    int error = 0;

    if (sqlite3_file_control(h, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) == SQLITE_OK && log &&
        log->pMethods)
        (void)log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &error);
    return error ? error : sqlite3_system_errno(h);
}

static const struct reason *reason_of(const struct sqlite_db *d, int code)
{
    const bool told = d->handle && (code == SQLITE_IOERR || code == SQLITE_CANTOPEN);
    const int error = told ? system_error(d->handle) : 0;

    for (size_t i = 0; i < LEN(disk_reasons); i++)
        if (disk_reasons[i].error == error)
            return &disk_reasons[i];
    return NULL;
}

static bool is_sync_failure(int extended)
{
    return extended == SQLITE_IOERR_FSYNC || extended == SQLITE_IOERR_DIR_FSYNC;
}

static bool refuse_broken(struct db *db, struct err *e)
{
    db->lost = true;
    err_set(e, ERR_UNAVAILABLE, "sqlite: a sync to disk failed, so what is on disk is unknown");
    return err_fix(e, "check the disk, then restart the program");
}

static bool fail(struct db *db, int extended, const char *doing, struct err *e)
{
    struct sqlite_db *d = sqlite_of(db);
    const int code = extended & 0xff;

    if (is_sync_failure(extended)) {
        atomic_store(&store_of(db)->broken, true);
        return refuse_broken(db, e);
    }
    for (size_t i = 0; i < LEN(disk_failures); i++) {
        if (disk_failures[i].code != code)
            continue;
        const struct reason *reason = reason_of(d, code);
        db->lost = true;
        err_set(e, ERR_UNAVAILABLE, "sqlite: %s (%s, code %d)",
                reason ? reason->text : disk_failures[i].text, doing, extended);
        return err_fix(e, "%s", reason ? reason->fix : disk_failures[i].fix);
    }
    if (code == SQLITE_BUSY || code == SQLITE_LOCKED) {
        db->conflicted = true;
        return err_set(e, ERR_UNAVAILABLE, "sqlite: another program is writing (%s)", doing);
    }
    if (code == SQLITE_INTERRUPT) {
        err_set(e, ERR_UNAVAILABLE, "sqlite: %s took longer than %lld s", doing,
                (long long)(store_use_deadline(db->use) / SECONDS(1)));
        return err_fix(e, "ask for less at once");
    }
    if (code == SQLITE_NOMEM)
        mem_exhausted();
    const char *message = d->handle ? sqlite3_errmsg(d->handle) : sqlite3_errstr(extended);
    if (code == SQLITE_CONSTRAINT)
        return err_set(e, ERR_CONFLICT, "%s: %s", doing, message);
    if (code == SQLITE_MISMATCH || code == SQLITE_TOOBIG || code == SQLITE_RANGE)
        return err_set(e, ERR_INVALID, "%s: %s", doing, message);
    return err_set(e, ERR_INTERNAL, "sqlite: %s: %s (code %d)", doing, message, extended);
}

// --- connecting ----------------------------------------------------------------------------------

static const char *const settings[] = {
    "PRAGMA journal_mode=WAL", // first, as the others presume it
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA mmap_size=0",
    "PRAGMA journal_size_limit=67108864",
};

static int on_progress(void *arg)
{
    const struct sqlite_db *d = arg;

    return d->until != 0 && clock_monotonic(&clock_system) > d->until;
}

static int checkpoint_pages(struct sqlite_db *d)
{
    return (int)(store_of(&d->base)->log_bound / 4 * 3 / PAGE_BYTES);
}

/* After each commit. Copying the log back is done here and not by SQLite's own hook, whose place
 * this one takes. As there, its failure is not the commit's; but a sync that fails is not passed
 * over: frames of light commits that it was to make durable may be lost now, and with them all that
 * the log gets behind them. */
static int on_commit(void *arg, sqlite3 *handle, const char *name, int n_pages)
{
    struct sqlite_db *d = arg;

    if (!d->base.light)
        witness_note(store_of(&d->base)->witness, (uint32_t)n_pages);
    if (n_pages < checkpoint_pages(d))
        return SQLITE_OK;
    const int rc = sqlite3_wal_checkpoint_v2(handle, name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    if (is_sync_failure(rc))
        atomic_store(&store_of(&d->base)->broken, true);
    return SQLITE_OK;
}

static int set_cache(struct sqlite_db *d)
{
    char sql[64];

    (void)snprintf(sql, sizeof sql, "PRAGMA cache_size=-%lld", // KB
                   (long long)store_of(&d->base)->cache_mb * 1024);
    return sqlite3_exec(d->handle, sql, NULL, NULL, NULL);
}

static int configure(struct sqlite_db *d)
{
    sqlite3 *h = d->handle;
    int rc = SQLITE_OK;

    sqlite3_extended_result_codes(h, 1);
    const usec_t deadline = store_use_deadline(d->base.use);
    sqlite3_busy_timeout(h, (int)((deadline ? deadline : MINUTES(1)) / MILLISECONDS(1)));
    for (size_t i = 0; i < LEN(settings) && rc == SQLITE_OK; i++)
        rc = sqlite3_exec(h, settings[i], NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = set_cache(d);
    sqlite3_wal_hook(h, on_commit, d);
    if (rc == SQLITE_OK && d->base.use == STORE_READ)
        rc = sqlite3_exec(h, "PRAGMA query_only=ON", NULL, NULL, NULL);
    // Looks into the file, so that a wrong one is found here, and opens the log.
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(h, "SELECT 1 FROM sqlite_master LIMIT 1", NULL, NULL, NULL);
    sqlite3_progress_handler(h, PROGRESS_STEPS, on_progress, d);
    return rc;
}

static void disconnect_handle(struct sqlite_db *d)
{
    for (size_t i = 0; i < QUERY_SLOTS; i++) {
        sqlite3_finalize(d->statements[i]);
        d->statements[i] = NULL;
    }
    sqlite3_close(d->handle);
    d->handle = NULL;
}

static bool ensure_open(struct db *db, struct err *e)
{
    struct sqlite_db *d = sqlite_of(db);
    const char *path = db_file_path(store_of(db)->file);
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;

    if (d->handle)
        return true;
    if (FAULT("store.connect"))
        return fail(db, SQLITE_CANTOPEN, "opening", e);
    int rc = sqlite3_open_v2(path, &d->handle, flags, store_of(db)->vfs);
    if (rc == SQLITE_OK)
        rc = configure(d);
    if (rc == SQLITE_OK)
        return true;
    rc = d->handle ? sqlite3_extended_errcode(d->handle) : rc;
    fail(db, rc, "opening", e);
    disconnect_handle(d);
    return false;
}

static struct db *new_connection(struct store *s)
{
    struct sqlite_db *d = NEW(struct sqlite_db);

    (void)s;
    return &d->base;
}

static void disconnect(struct db *db)
{
    struct sqlite_db *d = sqlite_of(db);

    for (size_t i = 0; i < DB_PIPELINE; i++)
        arena_destroy(d->answers[i].arena);
    disconnect_handle(d);
    free(d);
}

static bool is_usable(struct db *db, struct err *e)
{
    struct sqlite_store *s = store_of(db);

    if (atomic_load(&s->broken))
        return refuse_broken(db, e);
    if (!ensure_open(db, e))
        return err_trace(e);
    if (!db_file_check(s->file, e))
        return db_failed_lost(db), err_trace(e);
    return true;
}

// --- the turn to write ---------------------------------------------------------------------------

static void give_turn(struct db *db)
{
    struct sqlite_db *d = sqlite_of(db);

    if (d->has_turn)
        turn_give(store_of(db)->turn);
    d->has_turn = false;
}

/* With the turn. What fails is tried again by the next that writes: a full disk gets space, a tool
 * that reads the log comes to its end. */
static bool settle(struct db *db, struct err *e)
{
    struct sqlite_store *s = store_of(db);
    sqlite3 *h = s->anchor->handle;

    if (atomic_load(&s->settled))
        return true;
    sqlite3_busy_timeout(h, MOMENT_MS);
    const int rc = FAULT("store.settle")
                       ? SQLITE_FULL
                       : sqlite3_wal_checkpoint_v2(h, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    if (rc != SQLITE_OK)
        return fail(db, rc, "copying back what an earlier run left in the log", e);
    atomic_store(&s->settled, true);
    return true;
}

static bool take_turn(struct db *db, struct err *e)
{
    struct sqlite_db *d = sqlite_of(db);
    struct sqlite_store *s = store_of(db);

    assert(!d->has_turn);
    if (FAULT("store.turn") || !turn_take(s->turn, store_use_deadline(db->use))) {
        db->conflicted = true;
        return err_set(e, ERR_UNAVAILABLE, "sqlite: no turn to write within %lld s",
                       (long long)(store_use_deadline(db->use) / SECONDS(1)));
    }
    d->has_turn = true;
    // The file may have changed while we waited.
    if (!is_usable(db, e) || !settle(db, e)) {
        give_turn(db);
        return err_trace(e);
    }
    return true;
}

static void start_deadline(struct db *db)
{
    const usec_t deadline = store_use_deadline(db->use);

    sqlite_of(db)->until = deadline ? clock_monotonic(&clock_system) + deadline : 0;
}

static bool plain(struct db *db, const char *sql, struct err *e)
{
    struct sqlite_db *d = sqlite_of(db);

    start_deadline(db);
    if (FAULT("store.command"))
        return fail(db, SQLITE_IOERR_WRITE, sql, e);
    if (sqlite3_exec(d->handle, sql, NULL, NULL, NULL) == SQLITE_OK)
        return true;
    return fail(db, sqlite3_extended_errcode(d->handle), sql, e);
}

/* A full or read-only disk still reads well: whoever lives by writing asks with a write. It goes
 * through the log like any other, and the number means nothing. */
static bool ping(struct db *db, struct err *e)
{
    const bool asks_to_write = db->use == STORE_INGEST;

    if (!asks_to_write && atomic_load(&store_of(db)->settled))
        return is_usable(db, e) ? true : err_trace(e);
    if (!take_turn(db, e))
        return err_trace(e);
    const bool writes = !asks_to_write || plain(db, "PRAGMA user_version=1", e);
    give_turn(db);
    return writes ? true : err_trace(e);
}

/* What comes next is durable again; a handle that cannot promise it is not used any more. */
static void end_light(struct db *db)
{
    struct sqlite_db *d = sqlite_of(db);

    if (db->light && d->handle &&
        (FAULT("store.end_light") ||
         sqlite3_exec(d->handle, "PRAGMA synchronous=FULL", NULL, NULL, NULL) != SQLITE_OK))
        disconnect_handle(d);
    db->light = false;
}

static bool begin(struct db *db, struct err *e)
{
    if (db->use == STORE_READ)
        return ensure_open(db, e) && plain(db, "BEGIN", e) ? true : err_trace(e);
    if (!take_turn(db, e))
        return err_trace(e);
    if ((db->light && !plain(db, "PRAGMA synchronous=NORMAL", e)) ||
        !plain(db, "BEGIN IMMEDIATE", e)) {
        end_light(db);
        give_turn(db);
        return err_trace(e);
    }
    return true;
}

static void rollback(struct db *db)
{
    struct sqlite_db *d = sqlite_of(db);

    // Some failures have rolled back already; a rollback that fails leaves a handle that cannot be
    // trusted to be outside of a transaction.
    d->until = 0;
    if (d->handle && !sqlite3_get_autocommit(d->handle) &&
        (FAULT("store.rollback") ||
         sqlite3_exec(d->handle, "ROLLBACK", NULL, NULL, NULL) != SQLITE_OK))
        disconnect_handle(d);
    end_light(db);
    give_turn(db);
}

static bool commit(struct db *db, struct err *e)
{
    if (!plain(db, "COMMIT", e)) {
        rollback(db);
        return err_trace(e);
    }
    end_light(db);
    give_turn(db);
    return true;
}

// --- statements ----------------------------------------------------------------------------------

static bool prepare(struct db *db, const struct bound *b, sqlite3_stmt **ret, struct err *e)
{
    struct sqlite_db *d = sqlite_of(db);
    sqlite3_stmt **kept = &d->statements[b->number];

    if (!*kept) {
        if (FAULT("store.prepare"))
            return fail(db, SQLITE_IOERR_READ, b->query->name, e);
        const int rc = sqlite3_prepare_v3(d->handle, b->query->sql[STORE_SQLITE], -1,
                                          SQLITE_PREPARE_PERSISTENT, kept, NULL);
        if (rc != SQLITE_OK)
            return fail(db, rc, b->query->name, e);
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

static struct rows *rows_for(const struct query_text *query, sqlite3_stmt *stmt, struct arena *a)
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

static bool run_all(struct db *db, const struct bound *b, sqlite3_stmt *stmt, struct rows *rows,
                    int64_t *changed, struct err *e)
{
    struct sqlite_db *d = sqlite_of(db);
    const bool writes = !sqlite3_stmt_readonly(stmt);
    int rc = SQLITE_DONE;

    start_deadline(db);
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
            fail(db, rc, b->query->name, e); // before the reset, which forgets the message
        sqlite3_reset(stmt);
    }
    sqlite3_clear_bindings(stmt); // they point into memory of the caller
    return rc == SQLITE_DONE;
}

/* A statement that writes on its own: it takes the turn, and a batch becomes a transaction. */
static bool run_alone(struct db *db, const struct bound *b, sqlite3_stmt *stmt, struct rows *rows,
                      int64_t *changed, struct err *e)
{
    const bool several = b->n_runs > 1;

    if (several ? !begin(db, e) : !take_turn(db, e))
        return err_trace(e);
    if (!run_all(db, b, stmt, rows, changed, e)) {
        rollback(db);
        return err_trace(e);
    }
    if (several)
        return commit(db, e) ? true : err_trace(e);
    give_turn(db);
    return true;
}

static bool run(struct db *db, const struct bound *b, struct arena *a, struct rows **ret_rows,
                int64_t *ret_changed, struct err *e)
{
    sqlite3_stmt *stmt = NULL;
    int64_t changed = 0;

    if (!ensure_open(db, e) || !prepare(db, b, &stmt, e))
        return err_trace(e);
    const bool writes = !sqlite3_stmt_readonly(stmt);
    assert(!writes || db->use != STORE_READ);

    struct rows *rows = ret_rows ? rows_for(b->query, stmt, a) : NULL;
    const bool ok = writes && !db->in_transaction ? run_alone(db, b, stmt, rows, &changed, e)
                                                  : run_all(db, b, stmt, rows, &changed, e);
    if (!ok)
        return err_trace(e);
    if (ret_rows)
        *ret_rows = rows;
    if (ret_changed)
        *ret_changed = changed;
    return true;
}

// --- pipelining: there is nothing to wait for, so it is done at once and the answer is kept ------

static bool send_now(struct db *db, const struct bound *b, struct err *e)
{
    struct sqlite_db *d = sqlite_of(db);
    struct answer *answer = &d->answers[(d->first_answer + db->n_pending) % DB_PIPELINE];

    (void)e;
    answer->arena = arena_create(0);
    answer->ok = run(db, b, answer->arena, &answer->rows, NULL, &answer->err);
    answer->lost = db->lost;
    answer->conflicted = db->conflicted;
    db->lost = db->conflicted = false;
    return true;
}

static void destroy_arena(void *arena)
{
    arena_destroy(arena);
}

static bool receive(struct db *db, struct arena *a, struct rows **ret, struct err *e)
{
    struct sqlite_db *d = sqlite_of(db);
    struct answer *answer = &d->answers[d->first_answer];

    d->first_answer = (d->first_answer + 1) % DB_PIPELINE;
    arena_defer(a, destroy_arena, TAKE(answer->arena)); // the rows live there
    db->lost = answer->lost;
    db->conflicted = answer->conflicted;
    if (!answer->ok) {
        *e = answer->err;
        return err_trace(e);
    }
    *ret = answer->rows;
    return true;
}

// --- migrations and plans ------------------------------------------------------------------------

static bool script(struct db *db, const char *sql, struct err *e)
{
    struct sqlite_db *d = sqlite_of(db);

    start_deadline(db);
    if (FAULT("store.command"))
        return fail(db, SQLITE_IOERR_WRITE, "migration", e);
    if (sqlite3_exec(d->handle, sql, NULL, NULL, NULL) == SQLITE_OK)
        return true;
    return fail(db, sqlite3_extended_errcode(d->handle), "migration", e);
}

static bool explain(struct db *db, const struct bound *b, struct arena *a, struct rows **ret,
                    struct err *e)
{
    struct sqlite_db *d = sqlite_of(db);
    sqlite3_stmt *stmt = NULL;

    if (!ensure_open(db, e))
        return err_trace(e);
    const struct str sql = str_fmt(a, "EXPLAIN QUERY PLAN %s", b->query->sql[STORE_SQLITE]);
    if (sqlite3_prepare_v2(d->handle, sql.p, (int)sql.n, &stmt, NULL) != SQLITE_OK)
        return fail(db, sqlite3_extended_errcode(d->handle), b->query->name, e);
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
        return fail(db, rc, b->query->name, e);
    *ret = rows;
    return true;
}

// --- the store -----------------------------------------------------------------------------------

static bool is_broken(const struct store *s)
{
    return atomic_load(&container_of(s, const struct sqlite_store, base)->broken);
}

/* A reader that looks at the log makes TRUNCATE give up after the busy time: the next call may do
 * better, so that is no failure. */
static bool checkpoint(struct store *base, struct err *e)
{
    struct sqlite_store *s = container_of(base, struct sqlite_store, base);
    struct db *db = &s->anchor->base;

    if (db_file_wal_bytes(s->file) <= s->log_bound)
        return true;
    if (!take_turn(db, e))
        return err_trace(e);
    sqlite3_busy_timeout(s->anchor->handle, MOMENT_MS);
    const int rc =
        sqlite3_wal_checkpoint_v2(s->anchor->handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    const bool ok = rc == SQLITE_OK || (rc & 0xff) == SQLITE_BUSY ||
                    fail(db, rc, "truncating the write-ahead log", e);
    give_turn(db);
    return ok;
}

static bool check_integrity(struct sqlite_store *s, struct err *e)
{
    sqlite3_stmt *stmt = NULL;

    int rc = sqlite3_prepare_v2(s->anchor->handle, "PRAGMA integrity_check(1)", -1, &stmt, NULL);
    rc = rc == SQLITE_OK ? sqlite3_step(stmt) : rc;
    const bool sound =
        rc == SQLITE_ROW && strcmp((const char *)sqlite3_column_text(stmt, 0), "ok") == 0;
    sqlite3_finalize(stmt);
    if (sound)
        return true;
    err_set(e, ERR_UNAVAILABLE,
            "sqlite: %s-wal was damaged, and without the %lld pages that it lost the database is "
            "not sound",
            db_file_path(s->file), (long long)s->lost_pages);
    return err_fix(e, "keep a copy of the database and its log, then restore a backup");
}

static int64_t lost_pages(const struct store *s)
{
    return container_of(s, const struct sqlite_store, base)->lost_pages;
}

/* Holds what SQLite found in the log against the witness. A log that lost its end may fit the file
 * no more, into which some of it was copied: then nothing can be built on it. */
static bool hear_witness(struct sqlite_store *s, struct err *e)
{
    sqlite3 *h = s->anchor->handle;
    int found = 0;

    if (witness_missing(s->witness, 0) == 0)
        return true;
    const int rc = sqlite3_wal_checkpoint_v2(h, NULL, SQLITE_CHECKPOINT_PASSIVE, &found, NULL);
    if ((rc & 0xff) == SQLITE_BUSY)
        return true; // a tool copies it back this moment: so it could read it
    if (rc != SQLITE_OK)
        return fail(&s->anchor->base, rc, "reading the write-ahead log", e);
    s->lost_pages = witness_missing(s->witness, found > 0 ? (uint32_t)found : 0);
    return s->lost_pages == 0 || check_integrity(s, e) || err_trace(e);
}

static bool backup(struct store *base, const char *to, struct err *e)
{
    const struct sqlite_store *s = container_of(base, struct sqlite_store, base);

    return sqlite_backup(db_file_path(s->file), to, e) || err_trace(e);
}

static void close_store(struct store *base)
{
    struct sqlite_store *s = container_of(base, struct sqlite_store, base);

    if (s->anchor)
        disconnect(&s->anchor->base);
    witness_close(s->witness);
    turn_destroy(s->turn);
    db_file_close(s->file);
    free(s);
}

static bool open_store(const struct store_options *o, struct store **ret, struct err *e)
{
    struct sqlite_store *s = NEW(struct sqlite_store);
    const struct files *fs = o->files ? o->files : &files_system;

    s->vfs = fs->sqlite_vfs;
    s->log_bound = o->log_bound ? o->log_bound : LOG_BOUND;
    s->cache_mb = o->cache_mb ? o->cache_mb : CACHE_MB;
    // Counting memory takes a lock at every allocation, and nobody asks for the count. SQLite
    // listens to this before its first use only; later stores of a process find it done.
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    if (!db_file_open(fs, str_sub(o->url, strlen("sqlite:"), o->url.n), o->exclusive, &s->file, e))
        goto failed;
    atomic_store(&s->settled, !o->exclusive); // a file that others use too is theirs to care for
    s->turn = turn_create();
    s->witness = witness_open(fs, db_file_path(s->file));
    s->anchor = sqlite_of(new_connection(&s->base));
    s->anchor->base.store = &s->base;
    s->anchor->base.use = STORE_WORK;
    if (!ensure_open(&s->anchor->base, e) || (o->exclusive && !hear_witness(s, e)) ||
        !db_file_settle(s->file, e) || !db_file_check(s->file, e))
        goto failed;
    *ret = &s->base;
    return true;

failed:
    close_store(&s->base);
    return err_trace(e);
}

const struct engine engine_sqlite = {
    .open = open_store,
    .close = close_store,
    .is_broken = is_broken,
    .lost_pages = lost_pages,
    .checkpoint = checkpoint,
    .backup = backup,
    .connect = new_connection,
    .disconnect = disconnect,
    .ping = ping,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .run = run,
    .send = send_now,
    .receive = receive,
    .script = script,
    .explain = explain,
};
