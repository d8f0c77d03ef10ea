/*
 * SQLite, the embedded engine.
 *
 * Durability: WAL with synchronous=FULL, so a commit returns after the log was synced. One process
 * uses the file (file.h), one thread of it writes at a time (turn.h), readers never wait. When a
 * sync fails the kernel may already have dropped the pages that it could not write, and the next
 * sync would "succeed" without them: the store is then broken and refuses to write until a new
 * process recovered the file.
 *
 * The log is kept short, not cut short: it is copied back before it has reached its bound (tend.h),
 * but begins anew only when no reader looks at it; store_checkpoint() truncates it when it outgrew
 * the bound. As long as neither can be it takes what the disk has left.
 *
 * Memory mapping stays off: on a mapped file a disk error is a SIGBUS instead of an error code.
 */
#include "store/sqlite/connection.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fault.h"
#include "base/files.h"
#include "store/sqlite/backup.h"
#include "store/sqlite/capitals.h"
#include "store/sqlite/failure.h"
#include "store/sqlite/file.h"
#include "store/sqlite/recovery.h"
#include "store/sqlite/statement.h"
#include "store/sqlite/tend.h"
#include "store/sqlite/turn.h"
#include "store/sqlite/witness.h"

enum {
    LOG_BOUND = 64 * 1024 * 1024, /* the more at once, the fewer pages are copied twice */
    CACHE_MB = 64,                /* grows as it is used */
    PROGRESS_STEPS = 20000,       /* between two looks at the clock */
};

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

/* After each commit, in the place of SQLite's own hook, which would copy the log back. */
static int on_commit(void *arg, sqlite3 *handle, const char *name, int n_pages)
{
    struct sqlite_db *d = arg;

    (void)handle;
    (void)name;
    if (!d->base.light)
        witness_note(sqlite_store_of(&d->base)->witness, (uint32_t)n_pages);
    tend_note(d, n_pages);
    return SQLITE_OK;
}

static int set_cache(struct sqlite_db *d)
{
    char sql[64];

    (void)snprintf(sql, sizeof sql, "PRAGMA cache_size=-%lld", // KB
                   (long long)sqlite_store_of(&d->base)->cache_mb * 1024);
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
    if (rc == SQLITE_OK)
        rc = capitals_add(h);
    sqlite3_wal_hook(h, on_commit, d);
    if (rc == SQLITE_OK && d->base.use == STORE_READ)
        rc = sqlite3_exec(h, "PRAGMA query_only=ON", NULL, NULL, NULL);
    // Looks into the file, so that a wrong one is found here, and opens the log.
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(h, "SELECT 1 FROM sqlite_master LIMIT 1", NULL, NULL, NULL);
    sqlite3_progress_handler(h, PROGRESS_STEPS, on_progress, d);
    return rc;
}

/* The last connection copies the log back and removes it, unless it is not sure to be on disk. */
static void spare_log(struct sqlite_db *d)
{
    struct sqlite_store *s = sqlite_store_of(&d->base);

    if (d->handle && (atomic_load(&s->broken) || !atomic_load(&s->settled)))
        (void)sqlite3_db_config(d->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
}

static void disconnect_handle(struct sqlite_db *d)
{
    for (size_t i = 0; i < QUERY_SLOTS; i++) {
        sqlite3_finalize(d->statements[i]);
        d->statements[i] = NULL;
    }
    spare_log(d);
    sqlite3_close(d->handle);
    d->handle = NULL;
    d->spent = false;
}

/* What was opened where another file has taken the place of the store's would write into that. */
static bool open_handle(struct db *db, struct err *e)
{
    struct sqlite_db *d = sqlite_of(db);
    const struct sqlite_store *s = sqlite_store_of(db);
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;

    int rc = sqlite3_open_v2(db_file_path(s->file), &d->handle, flags, s->vfs);
    if (rc == SQLITE_OK && !db_file_look(s->file, e))
        return db_failed_lost(db), err_trace(e);
    rc = rc == SQLITE_OK ? configure(d) : rc;
    if (rc == SQLITE_OK)
        return true;
    return sqlite_fail(db, d->handle ? sqlite3_extended_errcode(d->handle) : rc, "opening", e);
}

/* With another handle in the place of one that can only read: the statement that found so has
 * failed, and with it the transaction, if there was one. */
static bool ensure_open(struct db *db, struct err *e)
{
    struct sqlite_db *d = sqlite_of(db);

    assert(!d->spent || !db->in_transaction);
    if (d->spent)
        disconnect_handle(d);
    if (d->handle)
        return true;
    if (FAULT("store.connect"))
        return sqlite_fail(db, SQLITE_CANTOPEN, "opening", e);
    if (open_handle(db, e))
        return true;
    disconnect_handle(d);
    return err_trace(e);
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
    struct sqlite_store *s = sqlite_store_of(db);

    if (atomic_load(&s->broken))
        return sqlite_refuse_broken(db, e);
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
        turn_give(sqlite_store_of(db)->turn);
    d->has_turn = false;
}

/* SQLite opens for reading alone what it cannot open for writing, as when no descriptor is left for
 * a moment, and such a handle stays so. */
static bool is_writable(struct db *db, struct err *e)
{
    return sqlite3_db_readonly(sqlite_of(db)->handle, "main") != 1 ||
           sqlite_fail(db, SQLITE_READONLY, "opening", e);
}

/* The anchor copies back what is to be settled, for whoever writes first. */
static bool settle(struct db *db, struct err *e)
{
    struct sqlite_store *s = sqlite_store_of(db);
    struct db *anchor = &s->anchor->base;

    if (atomic_load(&s->settled))
        return true;
    if (ensure_open(anchor, e) && is_writable(anchor, e))
        return recovery_settle(db, e) || err_trace(e);
    db->lost = true;
    return err_trace(e);
}

static bool take_turn(struct db *db, struct err *e)
{
    struct sqlite_db *d = sqlite_of(db);
    struct sqlite_store *s = sqlite_store_of(db);

    assert(!d->has_turn);
    if (FAULT("store.turn") || !turn_take(s->turn, store_use_deadline(db->use))) {
        db->conflicted = true;
        return err_set(e, ERR_UNAVAILABLE, "sqlite: no turn to write within %lld s",
                       (long long)(store_use_deadline(db->use) / SECONDS(1)));
    }
    d->has_turn = true;
    // The file may have changed while we waited.
    if (!is_usable(db, e) || !is_writable(db, e) || !settle(db, e)) {
        give_turn(db);
        return err_trace(e);
    }
    return true;
}

static bool plain(struct db *db, const char *sql, struct err *e)
{
    struct sqlite_db *d = sqlite_of(db);

    sqlite_start_deadline(db);
    if (FAULT("store.command"))
        return sqlite_fail(db, SQLITE_IOERR_WRITE, sql, e);
    if (sqlite3_exec(d->handle, sql, NULL, NULL, NULL) == SQLITE_OK)
        return true;
    return sqlite_fail(db, sqlite3_extended_errcode(d->handle), sql, e);
}

/* A full or read-only disk still reads well: whoever lives by writing asks with a write. It goes
 * through the log like any other, and the number means nothing. */
static bool ping(struct db *db, struct err *e)
{
    const bool asks_to_write = db->use == STORE_INGEST;

    if (!asks_to_write && atomic_load(&sqlite_store_of(db)->settled))
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
    tend_log(sqlite_of(db));
    return true;
}

/* A statement that writes on its own: it takes the turn, and a batch becomes a transaction. */
static bool run_alone(struct db *db, const struct bound *b, sqlite3_stmt *stmt, struct rows *rows,
                      int64_t *changed, struct err *e)
{
    const bool several = b->n_runs > 1;

    if (several ? !begin(db, e) : !take_turn(db, e))
        return err_trace(e);
    if (!statement_run(db, b, stmt, rows, changed, e)) {
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

    if (!ensure_open(db, e) || !statement_prepare(db, b, &stmt, e))
        return err_trace(e);
    const bool writes = !sqlite3_stmt_readonly(stmt);
    assert(!writes || db->use != STORE_READ);

    struct rows *rows = ret_rows ? statement_rows(b->query, stmt, a) : NULL;
    const bool ok = writes && !db->in_transaction ? run_alone(db, b, stmt, rows, &changed, e)
                                                  : statement_run(db, b, stmt, rows, &changed, e);
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

// --- migrations ------------------------------------------------------------------------

static bool script(struct db *db, const char *sql, struct err *e)
{
    struct sqlite_db *d = sqlite_of(db);

    sqlite_start_deadline(db);
    if (FAULT("store.command"))
        return sqlite_fail(db, SQLITE_IOERR_WRITE, "migration", e);
    if (sqlite3_exec(d->handle, sql, NULL, NULL, NULL) == SQLITE_OK)
        return true;
    return sqlite_fail(db, sqlite3_extended_errcode(d->handle), "migration", e);
}

static bool explain(struct db *db, const struct bound *b, struct arena *a, struct rows **ret,
                    struct err *e)
{
    return (ensure_open(db, e) && statement_explain(db, b, a, ret, e)) || err_trace(e);
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
    sqlite3_busy_timeout(s->anchor->handle, SQLITE_MOMENT_MS);
    const int rc =
        sqlite3_wal_checkpoint_v2(s->anchor->handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    const bool ok = rc == SQLITE_OK || (rc & 0xff) == SQLITE_BUSY ||
                    sqlite_fail(db, rc, "truncating the write-ahead log", e);
    give_turn(db);
    return ok;
}

static int64_t lost_pages(const struct store *s)
{
    return container_of(s, const struct sqlite_store, base)->lost_pages;
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
    if (!ensure_open(&s->anchor->base, e) || !is_writable(&s->anchor->base, e) ||
        (o->exclusive && !recovery_hear_witness(s, e)) || !db_file_settle(s->file, e) ||
        !db_file_check(s->file, e))
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
