#include "store/sqlite/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/files.h"

struct identity {
    dev_t device;
    ino_t inode; /* 0: not seen yet */
};

struct db_file {
    const struct files *fs;
    char *path, *wal_path, *lock_path, *directory;
    int lock; /* descriptor of the lock file, or -1 */

    pthread_mutex_t mutex; /* guards what follows */
    struct identity file, wal;
    usec_t looked_at;
};

#define CHECK_EVERY SECONDS(1)

/* File systems whose shared memory or locks do not reach the other side (WAL needs both). */
static const struct {
    unsigned int magic;
    const char *name;
} network_systems[] = {
    {0x6969, "NFS"},     {0x517b, "SMB"},      {0xff534d42, "CIFS"},  {0xfe534d42, "SMB2"},
    {0x5346414f, "AFS"}, {0x73757245, "Coda"}, {0x00c36400, "Ceph"},  {0x0bd00bd0, "Lustre"},
    {0x01021997, "9P"},  {0x01161970, "GFS2"}, {0x7461636f, "OCFS2"},
};

static char *joined(const char *path, const char *tail)
{
    char *z = mem_alloc(strlen(path) + strlen(tail) + 1);

    memcpy(z, path, strlen(path));
    memcpy(z + strlen(path), tail, strlen(tail));
    return z;
}

static char *directory_of(const char *path)
{
    char *copy = joined(path, ""), *directory = joined(dirname(copy), "");

    free(copy);
    return directory;
}

// --- the place -----------------------------------------------------------------------------------

static bool check_directory(const struct db_file *f, struct err *e)
{
    const char *directory = f->directory;
    struct statfs fs;

    if (f->fs->make_dir(f->fs, directory, 0700) != 0 && errno != EEXIST) {
        err_set(e, ERR_UNAVAILABLE, "sqlite: the directory %s cannot be created: %s", directory,
                strerror(errno));
        return err_fix(e, "create it: mkdir -p %s", directory);
    }
    if (f->fs->access(f->fs, directory, R_OK | W_OK | X_OK) != 0) {
        err_set(e, ERR_UNAVAILABLE, "sqlite: the directory %s cannot be written: %s", directory,
                strerror(errno));
        return err_fix(e,
                       "give it to the user that runs this program (SQLite keeps its log there)");
    }
    if (f->fs->statfs(f->fs, directory, &fs) != 0)
        return err_set(e, ERR_UNAVAILABLE, "sqlite: %s: %s", directory, strerror(errno));
    for (size_t i = 0; i < LEN(network_systems); i++) {
        if ((unsigned int)fs.f_type != network_systems[i].magic)
            continue;
        err_set(e, ERR_UNAVAILABLE, "sqlite: %s is on a network file system (%s)", directory,
                network_systems[i].name);
        return err_fix(e, "put the database on a local disk, or use PostgreSQL");
    }
    return true;
}

/* Only a file that is not there yet may be opened here: closing a descriptor of a file drops every
 * lock that SQLite holds on it in this process. */
static bool create_file(const struct db_file *f, struct err *e)
{
    const int fd =
        f->fs->open(f->fs, FILES_CWD, f->path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);

    if (fd >= 0) {
        (void)f->fs->close(f->fs, fd); // nothing was written
        return true;
    }
    if (errno == EEXIST && f->fs->access(f->fs, f->path, R_OK | W_OK) == 0)
        return true;
    err_set(e, ERR_UNAVAILABLE, "sqlite: %s cannot be opened for writing: %s", f->path,
            strerror(errno));
    return err_fix(e, "check the file's owner and mode, and that the disk is not read-only");
}

// --- the lock ------------------------------------------------------------------------------------

static bool refuse_second(const struct db_file *f, struct err *e)
{
    char owner[24] = "";
    const ssize_t n = f->fs->read(f->fs, f->lock, owner, sizeof owner - 1);

    if (n > 0)
        owner[strcspn(owner, "\n")] = 0;
    err_set(e, ERR_UNAVAILABLE, "sqlite: %s is in use by process %s", f->path,
            owner[0] ? owner : "(unknown)");
    return err_fix(e, "stop that process first; several nodes can share PostgreSQL, not SQLite");
}

static bool lock_file(struct db_file *f, struct err *e)
{
    char owner[24];

    f->lock = f->fs->open(f->fs, FILES_CWD, f->lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (f->lock < 0)
        return err_set(e, ERR_UNAVAILABLE, "sqlite: %s: %s", f->lock_path, strerror(errno));
    if (f->fs->lock(f->fs, f->lock) != 0)
        return errno == EWOULDBLOCK
                   ? refuse_second(f, e)
                   : err_set(e, ERR_UNAVAILABLE, "sqlite: %s: %s", f->lock_path, strerror(errno));
    // The lock is what counts; the number is for people, so a full disk is no reason to refuse.
    const int n = snprintf(owner, sizeof owner, "%ld\n", (long)getpid());
    if (f->fs->truncate(f->fs, f->lock, 0) != 0 ||
        f->fs->write(f->fs, f->lock, owner, (size_t)n) != n)
        errno = 0;
    return true;
}

// --- the object ----------------------------------------------------------------------------------

bool db_file_open(const struct files *fs, struct str path, bool exclusive, struct db_file **ret,
                  struct err *e)
{
    _cleanup_(db_file_closep) struct db_file *f = NEW(struct db_file);
    struct stat st;

    pthread_mutex_init(&f->mutex, NULL);
    f->fs = fs;
    f->lock = -1;
    f->path = strndup(path.p, path.n);
    f->wal_path = joined(f->path, "-wal");
    f->lock_path = joined(f->path, ".lock");
    f->directory = directory_of(f->path);
    if (path.n == 0 || path.p[0] == ':') {
        err_set(e, ERR_INVALID, "DATABASE_URL: sqlite: needs the path of a file");
        return err_fix(e, "write it as sqlite:data/hookswitch.db");
    }
    if (!check_directory(f, e) || !create_file(f, e))
        return err_trace(e);
    if (fs->stat(fs, FILES_CWD, f->path, &st, 0) != 0 || !S_ISREG(st.st_mode)) {
        err_set(e, ERR_UNAVAILABLE, "sqlite: %s is not a regular file", f->path);
        return err_fix(e, "name a file in DATABASE_URL: sqlite:%s/hookswitch.db", f->path);
    }
    if (exclusive && !lock_file(f, e))
        return err_trace(e);
    f->file = (struct identity){st.st_dev, st.st_ino};
    *ret = TAKE(f);
    return true;
}

void db_file_close(struct db_file *f)
{
    if (!f)
        return;
    if (f->lock >= 0)
        (void)f->fs->close(f->fs, f->lock);
    pthread_mutex_destroy(&f->mutex);
    free(f->path);
    free(f->wal_path);
    free(f->lock_path);
    free(f->directory);
    free(f);
}

const char *db_file_path(const struct db_file *f)
{
    return f->path;
}

bool db_file_settle(struct db_file *f, struct err *e)
{
    char *above = directory_of(f->directory);
    const bool settled = !FAULT("store.settle") && files_sync_dir(f->fs, f->directory) &&
                         files_sync_dir(f->fs, above);

    free(above);
    if (settled)
        return true;
    err_set(e, ERR_UNAVAILABLE, "sqlite: the directory %s cannot be synced: %s", f->directory,
            strerror(errno));
    return err_fix(e, "look at the kernel's log and the disk");
}

int64_t db_file_wal_bytes(const struct db_file *f)
{
    struct stat st;

    return f->fs->stat(f->fs, FILES_CWD, f->wal_path, &st, 0) == 0 ? st.st_size : 0;
}

/* The first sight of a file is remembered; later it has to be the same. */
static bool is_same(const struct db_file *f, const char *path, struct identity *id)
{
    struct stat st;

    if (f->fs->stat(f->fs, FILES_CWD, path, &st, 0) != 0)
        return id->inode == 0;
    if (id->inode == 0)
        *id = (struct identity){st.st_dev, st.st_ino};
    return id->device == st.st_dev && id->inode == st.st_ino;
}

static bool refuse_replaced(const struct db_file *f, struct err *e)
{
    err_set(e, ERR_UNAVAILABLE, "sqlite: %s or its log was replaced or removed while in use",
            f->path);
    return err_fix(e, "put the file back and restart; nothing is accepted until then");
}

bool db_file_check(struct db_file *f, struct err *e)
{
    const usec_t now = clock_monotonic(&clock_system);
    bool same = true;

    pthread_mutex_lock(&f->mutex);
    if (f->looked_at == 0 || now - f->looked_at >= CHECK_EVERY) {
        same = is_same(f, f->path, &f->file) && is_same(f, f->wal_path, &f->wal);
        f->looked_at = same ? now : 0; // once it is wrong it is looked at each time
    }
    pthread_mutex_unlock(&f->mutex);
    return same || refuse_replaced(f, e);
}

bool db_file_look(struct db_file *f, struct err *e)
{
    pthread_mutex_lock(&f->mutex);
    const bool same = is_same(f, f->path, &f->file);
    pthread_mutex_unlock(&f->mutex);
    return same || refuse_replaced(f, e);
}
