#include "store/sqlite/recovery.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/fault.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/failure.h"
#include "store/sqlite/file.h"
#include "store/sqlite/witness.h"

enum { PIECE_BYTES = 64 * 1024 };

static int rewrite(sqlite3_file *log)
{
    const sqlite3_io_methods *io = log->pMethods;
    char *piece = mem_alloc(PIECE_BYTES);
    sqlite3_int64 size = 0;

    int rc = io->xFileSize(log, &size);
    for (sqlite3_int64 at = 0; at < size && rc == SQLITE_OK; at += PIECE_BYTES) {
        const int n = size - at < PIECE_BYTES ? (int)(size - at) : PIECE_BYTES;
        rc = io->xRead(log, piece, n, at);
        rc = rc == SQLITE_OK ? io->xWrite(log, piece, n, at) : rc;
    }
    free(piece);
    return rc == SQLITE_OK && size > 0 ? io->xSync(log, SQLITE_SYNC_NORMAL) : rc;
}

/* Pages of the log whose sync failed are clean for the kernel: SQLite's own sync before it copies
 * back passes over them. Written once more over themselves they are not. Within a transaction, as a
 * tool could write into the log meanwhile, or begin it anew. */
static int keep_log(struct sqlite_store *s)
{
    sqlite3 *h = s->anchor->handle;
    sqlite3_file *log = NULL;

    if (s->log_kept)
        return SQLITE_OK;
    int rc = sqlite3_exec(h, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    if (rc != SQLITE_OK)
        return rc;
    rc = sqlite3_file_control(h, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    if (rc == SQLITE_OK && log->pMethods)
        rc = rewrite(log);
    const int ended = sqlite3_exec(h, "ROLLBACK", NULL, NULL, NULL);
    rc = rc == SQLITE_OK ? ended : rc;
    s->log_kept = rc == SQLITE_OK;
    return rc;
}

static int copy_back(struct sqlite_store *s, int mode, int *ret_found)
{
    sqlite3 *h = s->anchor->handle;

    sqlite3_busy_timeout(h, SQLITE_MOMENT_MS);
    const int rc = keep_log(s);
    return rc == SQLITE_OK ? sqlite3_wal_checkpoint_v2(h, NULL, mode, ret_found, NULL) : rc;
}

bool recovery_settle(struct db *db, struct err *e)
{
    struct sqlite_store *s = sqlite_store_of(db);

    const int rc =
        FAULT("store.settle") ? SQLITE_FULL : copy_back(s, SQLITE_CHECKPOINT_TRUNCATE, NULL);
    if (rc != SQLITE_OK) {
        s->anchor->spent = sqlite_is_for_reading(rc);
        return sqlite_fail(db, rc, "copying back what an earlier run left in the log", e);
    }
    atomic_store(&s->settled, true);
    return true;
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

bool recovery_hear_witness(struct sqlite_store *s, struct err *e)
{
    int found = 0;

    if (witness_missing(s->witness, 0) == 0)
        return true;
    const int rc = copy_back(s, SQLITE_CHECKPOINT_PASSIVE, &found);
    if ((rc & 0xff) == SQLITE_BUSY)
        return true; // a tool writes, or copies it back, this moment: so it could read it
    if (rc != SQLITE_OK)
        return sqlite_fail(&s->anchor->base, rc, "reading the write-ahead log", e);
    s->lost_pages = witness_missing(s->witness, found > 0 ? (uint32_t)found : 0);
    return s->lost_pages == 0 || check_integrity(s, e) || err_trace(e);
}
