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
#include "base/clock.h"

enum { BUSY_MS = 10000, STEP_PAGES = 64 };

static bool failed(const char *doing, const char *path, const char *why, struct err *e)
{
    err_set(e, ERR_UNAVAILABLE, "backup: %s %s: %s", doing, path, why);
    return err_fix(e, "name a file in a directory with enough room that this user may write");
}

/* A failed copy is dropped whole, a good one synced before it has its name; pages go to the file
 * soon. */
static const char target_setup[] = "PRAGMA journal_mode=OFF;"
                                   "PRAGMA synchronous=OFF;"
                                   "PRAGMA cache_size=16";

/* Of one moment, whatever is written meanwhile; without it the copy would begin again with every
 * write that falls between two steps. */
static const char source_setup[] = "BEGIN; SELECT 1 FROM sqlite_schema LIMIT 1";

/* What a step has written is on the disk before the next, and the disk is then left to others for
 * as long: the system would gather it, and a commit of theirs wait until all of it is written. */
static int step(sqlite3_backup *copy, int fd)
{
    const usec_t began = clock_monotonic(&clock_system);
    const int rc = sqlite3_backup_step(copy, STEP_PAGES);

    if (fdatasync(fd) != 0) // told once: who asks later hears that all is well
        return SQLITE_IOERR_FSYNC;
    const usec_t took = clock_monotonic(&clock_system) - began;
    if (rc == SQLITE_OK)
        (void)sqlite3_sleep((int)(took / MILLISECONDS(1)) + 1);
    return rc;
}

static int copy_pages(sqlite3 *from, sqlite3 *to, int fd)
{
    sqlite3_busy_timeout(from, BUSY_MS);
    int rc = sqlite3_exec(to, target_setup, NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(from, source_setup, NULL, NULL, NULL);
    if (rc != SQLITE_OK)
        return rc;
    sqlite3_backup *copy = sqlite3_backup_init(to, "main", from, "main");
    if (!copy)
        return sqlite3_errcode(to);
    do
        rc = step(copy, fd);
    while (rc == SQLITE_OK);
    const int finished = sqlite3_backup_finish(copy);
    return rc == SQLITE_DONE ? finished : rc;
}

static bool copy(const char *from, const char *to, struct err *e)
{
    const int fd = open(to, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    sqlite3 *source = NULL, *target = NULL;

    if (fd < 0)
        return failed("writing", to, strerror(errno), e);

    int rc = sqlite3_open_v2(from, &source, SQLITE_OPEN_READWRITE, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_open_v2(to, &target, SQLITE_OPEN_READWRITE, NULL);
    if (rc == SQLITE_OK)
        rc = copy_pages(source, target, fd);
    const int closed = sqlite3_close(target);
    (void)sqlite3_close(source); // was only read
    (void)close(fd);
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
