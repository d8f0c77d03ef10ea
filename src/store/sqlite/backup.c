#include "store/sqlite/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"

enum { ALL_PAGES = -1, BUSY_MS = 10000 };

static bool failed(const char *doing, const char *path, const char *why, struct err *e)
{
    err_set(e, ERR_UNAVAILABLE, "backup: %s %s: %s", doing, path, why);
    return err_fix(e, "name a file in a directory with enough room that this user may write");
}

/* In one step: the copy would begin again with every write that falls between two steps. */
static int copy_pages(sqlite3 *from, sqlite3 *to)
{
    sqlite3_busy_timeout(from, BUSY_MS);
    int rc = sqlite3_exec(to, "PRAGMA journal_mode=OFF", NULL, NULL, NULL); // it is dropped whole
    if (rc != SQLITE_OK)
        return rc;
    sqlite3_backup *copy = sqlite3_backup_init(to, "main", from, "main");
    if (!copy)
        return sqlite3_errcode(to);
    rc = sqlite3_backup_step(copy, ALL_PAGES);
    const int finished = sqlite3_backup_finish(copy);
    return rc == SQLITE_DONE ? finished : rc;
}

static bool copy(const char *from, const char *to, struct err *e)
{
    sqlite3 *source = NULL, *target = NULL;

    int rc = sqlite3_open_v2(from, &source, SQLITE_OPEN_READWRITE, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_open_v2(to, &target, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
    if (rc == SQLITE_OK)
        rc = copy_pages(source, target);
    const int closed = sqlite3_close(target);
    (void)sqlite3_close(source); // was only read
    if (rc == SQLITE_OK)
        rc = closed;
    return rc == SQLITE_OK || failed("copying to", to, sqlite3_errstr(rc), e);
}

static bool sync_path(const char *path, int flags, struct err *e)
{
    const int fd = open(path, flags | O_CLOEXEC);
    const bool ok = fd >= 0 && fsync(fd) == 0;
    const int no = errno;

    if (fd >= 0)
        (void)close(fd); // synced, or failed already
    return ok || failed("syncing", path, strerror(no), e);
}

static bool sync_directory_of(const char *path, struct err *e)
{
    char *name = strdup(path);

    if (!name)
        mem_exhausted();
    const bool ok = sync_path(dirname(name), O_RDONLY | O_DIRECTORY, e);
    free(name);
    return ok || err_trace(e);
}

/* link() and not rename(): it never replaces what came meanwhile. */
static bool publish(const char *part, const char *to, struct err *e)
{
    if (!sync_path(part, O_RDWR, e))
        return err_trace(e);
    if (link(part, to) != 0)
        return failed("naming", to, strerror(errno), e);
    return true;
}

bool sqlite_backup(const char *from, const char *to, struct err *e)
{
    const size_t n = strlen(to) + sizeof ".part";
    char *part = mem_alloc(n);

    (void)snprintf(part, n, "%s.part", to);
    bool ok = access(to, F_OK) != 0 || failed("writing", to, "it exists already", e);
    if (ok) {
        (void)unlink(part); // left by one that was cut short
        ok = copy(from, part, e) && publish(part, to, e);
        (void)unlink(part);
        ok = ok && sync_directory_of(to, e);
    }
    free(part);
    return ok || err_trace(e);
}
