#include "store/sqlite/recovery.h"

#include "base/fault.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/failure.h"
#include "store/sqlite/file.h"
#include "store/sqlite/witness.h"

bool recovery_settle(struct db *db, struct err *e)
{
    struct sqlite_store *s = sqlite_store_of(db);
    sqlite3 *h = s->anchor->handle;

    if (atomic_load(&s->settled))
        return true;
    sqlite3_busy_timeout(h, SQLITE_MOMENT_MS);
    const int rc = FAULT("store.settle")
                       ? SQLITE_FULL
                       : sqlite3_wal_checkpoint_v2(h, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    if (rc != SQLITE_OK)
        return sqlite_fail(db, rc, "copying back what an earlier run left in the log", e);
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
    sqlite3 *h = s->anchor->handle;
    int found = 0;

    if (witness_missing(s->witness, 0) == 0)
        return true;
    const int rc = sqlite3_wal_checkpoint_v2(h, NULL, SQLITE_CHECKPOINT_PASSIVE, &found, NULL);
    if ((rc & 0xff) == SQLITE_BUSY)
        return true; // a tool copies it back this moment: so it could read it
    if (rc != SQLITE_OK)
        return sqlite_fail(&s->anchor->base, rc, "reading the write-ahead log", e);
    s->lost_pages = witness_missing(s->witness, found > 0 ? (uint32_t)found : 0);
    return s->lost_pages == 0 || check_integrity(s, e) || err_trace(e);
}
