#include "store/sqlite/failure.h"

#include <errno.h>

#include "store/sqlite/connection.h"

static const struct failure {
    int code; /* primary result code */
    const char *text, *fix;
} disk_failures[] = {
    {SQLITE_FULL, "the disk is full", "free some space; writing goes on by itself"},
    {SQLITE_IOERR, "the disk reported an error", "look at the kernel's log and the disk"},
    {SQLITE_READONLY, "the file cannot be written",
     "check whether the disk became read-only, and the number of open files"},
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

bool sqlite_is_sync_failure(int extended)
{
    return extended == SQLITE_IOERR_FSYNC || extended == SQLITE_IOERR_DIR_FSYNC;
}

bool sqlite_is_for_reading(int extended)
{
    return (extended & 0xff) == SQLITE_READONLY;
}

bool sqlite_refuse_broken(struct db *db, struct err *e)
{
    db->lost = true;
    err_set(e, ERR_UNAVAILABLE, "sqlite: a sync to disk failed, so what is on disk is unknown");
    return err_fix(e, "check the disk, then restart the program");
}

bool sqlite_fail(struct db *db, int extended, const char *doing, struct err *e)
{
    struct sqlite_db *d = sqlite_of(db);
    const int code = extended & 0xff;

    if (sqlite_is_sync_failure(extended)) {
        atomic_store(&sqlite_store_of(db)->broken, true);
        return sqlite_refuse_broken(db, e);
    }
    for (size_t i = 0; i < LEN(disk_failures); i++) {
        if (disk_failures[i].code != code)
            continue;
        const struct reason *reason = reason_of(d, code);
        db->lost = true;
        d->spent = sqlite_is_for_reading(extended);
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
