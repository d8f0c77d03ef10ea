#include "base/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/arena.h"

static_assert((int)FILES_CWD == AT_FDCWD, "the system's own number");

static int system_open(const struct files *f, int dir, const char *name, int flags, mode_t mode)
{
    (void)f;
    return openat(dir, name, flags, mode);
}

static int system_close(const struct files *f, int fd)
{
    (void)f;
    return close(fd);
}

static ssize_t system_read(const struct files *f, int fd, void *p, size_t n)
{
    (void)f;
    return read(fd, p, n);
}

static ssize_t system_write(const struct files *f, int fd, const void *p, size_t n)
{
    (void)f;
    return write(fd, p, n);
}

static ssize_t system_write_at(const struct files *f, int fd, const void *p, size_t n, off_t offset)
{
    (void)f;
    return pwrite(fd, p, n, offset);
}

static int system_sync(const struct files *f, int fd)
{
    (void)f;
    return fdatasync(fd);
}

static int system_sync_dir(const struct files *f, int fd)
{
    (void)f;
    return fsync(fd); // fdatasync may leave out an entry that changed no size
}

static int system_truncate(const struct files *f, int fd, off_t size)
{
    (void)f;
    return ftruncate(fd, size) < 0 || lseek(fd, size, SEEK_SET) < 0 ? -1 : 0;
}

static int system_lock(const struct files *f, int fd)
{
    (void)f;
    return flock(fd, LOCK_EX | LOCK_NB);
}

static int system_stat(const struct files *f, int dir, const char *name, struct stat *ret,
                       int flags)
{
    (void)f;
    return fstatat(dir, name, ret, flags);
}

static int system_fstat(const struct files *f, int fd, struct stat *ret)
{
    (void)f;
    return fstat(fd, ret);
}

static int system_access(const struct files *f, const char *path, int mode)
{
    (void)f;
    return access(path, mode);
}

static int system_statfs(const struct files *f, const char *path, struct statfs *ret)
{
    (void)f;
    return statfs(path, ret);
}

static int system_make_dir(const struct files *f, const char *path, mode_t mode)
{
    (void)f;
    return mkdir(path, mode);
}

static int system_remove(const struct files *f, int dir, const char *name)
{
    (void)f;
    return unlinkat(dir, name, 0);
}

static int system_rename(const struct files *f, int dir, const char *from, const char *to)
{
    (void)f;
    return renameat(dir, from, dir, to);
}

static bool system_list(const struct files *f, int dir, void (*each)(const char *name, void *arg),
                        void *arg)
{
    const int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);

    (void)f;
    if (!d)
        return false;
    errno = 0;
    for (struct dirent *entry; (entry = readdir(d)); errno = 0)
        each(entry->d_name, arg);
    const int error = errno;
    (void)closedir(d); // was only read
    errno = error;
    return error == 0;
}

const struct files files_system = {
    .open = system_open,
    .close = system_close,
    .read = system_read,
    .write = system_write,
    .write_at = system_write_at,
    .sync = system_sync,
    .sync_dir = system_sync_dir,
    .truncate = system_truncate,
    .lock = system_lock,
    .stat = system_stat,
    .fstat = system_fstat,
    .access = system_access,
    .statfs = system_statfs,
    .make_dir = system_make_dir,
    .remove = system_remove,
    .rename = system_rename,
    .list = system_list,
};

bool files_sync_dir(const struct files *f, const char *path)
{
    const int fd = f->open(f, FILES_CWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (fd < 0)
        return errno == EACCES;
    const bool synced = f->sync_dir(f, fd) == 0 || errno == EINVAL;
    const int error = errno;
    (void)f->close(f, fd); // was only read
    errno = error;
    return synced;
}

bool files_sync_above(const struct files *f, const char *path)
{
    const size_t n = strlen(path) + 1;
    char *copy = mem_alloc(n);

    memcpy(copy, path, n);
    const bool synced = files_sync_dir(f, dirname(copy));
    const int error = errno;
    free(copy);
    errno = error;
    return synced;
}

bool files_write_all(const struct files *f, int fd, struct str bytes)
{
    while (bytes.n > 0) {
        const ssize_t n = f->write(f, fd, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes = str_sub(bytes, (size_t)n, SIZE_MAX);
    }
    return true;
}

ssize_t files_read_all(const struct files *f, int fd, char *p, size_t n)
{
    size_t got = 0;

    while (got < n) {
        const ssize_t more = f->read(f, fd, p + got, n - got);
        if (more < 0 && errno == EINTR)
            continue;
        if (more < 0)
            return -1;
        if (more == 0)
            break;
        got += (size_t)more;
    }
    return (ssize_t)got;
}
