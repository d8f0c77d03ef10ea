#include "sim/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/arena.h"
#include "sim/disk.h"
#include "sim/vfs.h"

enum { FD_FIRST = 1 << 20, FDS_MAX = 256, PATH_BYTES = 128, NAME_BYTES = 60, EXT4 = 0xef53 };

struct descriptor {
    const struct process *owner; /* NULL: free */
    struct inode *inode;
    char path[PATH_BYTES];
    size_t at;
    bool locks;
};

static struct descriptor descriptors[FDS_MAX];

void sim_files_begin(void)
{
    memset(descriptors, 0, sizeof descriptors);
    disk_begin();
    disk_create("/sim", true);
    disk_create(SIM_DATA, true);
    (void)disk_sync_dir("/"); // fails only when it is told to
}

void sim_files_forget(const struct process *p)
{
    for (size_t i = 0; i < FDS_MAX; i++)
        if (descriptors[i].owner == p)
            descriptors[i] = (struct descriptor){0};
}

/* 0, or -1 and errno. */
static int result(int no)
{
    errno = no;
    return no ? -1 : 0;
}

static struct descriptor *descriptor_of(int fd)
{
    assert(fd >= FD_FIRST && fd < FD_FIRST + FDS_MAX && descriptors[fd - FD_FIRST].owner);
    return &descriptors[fd - FD_FIRST];
}

/* As the disk knows it: from the root, without a slash at its end. */
static void path_in(int dir, const char *name, char ret[PATH_BYTES])
{
    const size_t n = strlen(name);

    if (name[0] == '/')
        (void)snprintf(ret, PATH_BYTES, "%.*s", (int)(name[n - 1] == '/' ? n - 1 : n), name);
    else if (strcmp(name, ".") == 0)
        (void)snprintf(ret, PATH_BYTES, "%s", descriptor_of(dir)->path);
    else
        (void)snprintf(ret, PATH_BYTES, "%.*s/%.*s", NAME_BYTES, descriptor_of(dir)->path,
                       NAME_BYTES, name);
}

// --- descriptors ---------------------------------------------------------------------------------

static int new_descriptor(const char *path, struct inode *inode)
{
    for (int i = 0; i < FDS_MAX; i++) {
        struct descriptor *d = &descriptors[i];
        if (d->owner)
            continue;
        *d = (struct descriptor){.owner = process_self(), .inode = inode};
        (void)snprintf(d->path, sizeof d->path, "%s", path);
        return FD_FIRST + i;
    }
    return result(EMFILE);
}

static int open_file(const struct files *f, int dir, const char *name, int flags, mode_t mode)
{
    char path[PATH_BYTES];

    (void)f, (void)mode;
    path_in(dir, name, path);
    fiber_step();
    struct inode *inode = disk_find(path);
    if (inode && (flags & O_CREAT) && (flags & O_EXCL))
        return result(EEXIST);
    if (!inode && !(flags & O_CREAT))
        return result(ENOENT);
    if (!inode && disk.full) {
        disk.n_full++;
        return result(ENOSPC);
    }
    return new_descriptor(path, inode ? inode : disk_create(path, false));
}

static int close_file(const struct files *f, int fd)
{
    (void)f;
    *descriptor_of(fd) = (struct descriptor){0};
    return 0;
}

// --- bytes ---------------------------------------------------------------------------------------

static ssize_t read_file(const struct files *f, int fd, void *p, size_t n)
{
    struct descriptor *d = descriptor_of(fd);
    const size_t got = disk_read(d->inode, p, n, d->at);

    (void)f;
    d->at += got;
    return (ssize_t)got;
}

/* Now and then one ends early, as it may when a signal comes. */
static ssize_t write_file(const struct files *f, int fd, const void *p, size_t n)
{
    struct descriptor *d = descriptor_of(fd);

    (void)f;
    if (n > 1 && dice_once_in(&world.dice, 16))
        n = 1 + dice_below(&world.dice, n - 1);
    const int no = disk_write(d->inode, p, n, d->at);
    if (no)
        return result(no);
    d->at += n;
    return (ssize_t)n;
}

static ssize_t write_at(const struct files *f, int fd, const void *p, size_t n, off_t at)
{
    const int no = disk_write(descriptor_of(fd)->inode, p, n, (size_t)at);

    (void)f;
    return no ? result(no) : (ssize_t)n;
}

static int sync_file(const struct files *f, int fd)
{
    (void)f;
    return result(disk_sync(descriptor_of(fd)->inode));
}

static int sync_dir(const struct files *f, int fd)
{
    (void)f;
    return result(disk_sync_dir(descriptor_of(fd)->path));
}

static int truncate_file(const struct files *f, int fd, off_t size)
{
    struct descriptor *d = descriptor_of(fd);

    (void)f;
    d->at = (size_t)size;
    return result(disk_truncate(d->inode, d->at));
}

static int lock_file(const struct files *f, int fd)
{
    struct descriptor *d = descriptor_of(fd);

    (void)f;
    for (size_t i = 0; i < FDS_MAX; i++)
        if (&descriptors[i] != d && descriptors[i].locks && descriptors[i].inode == d->inode)
            return result(EWOULDBLOCK);
    d->locks = true;
    return 0;
}

// --- names ---------------------------------------------------------------------------------------

static int stat_file(const struct files *f, int dir, const char *name, struct stat *ret, int flags)
{
    char path[PATH_BYTES];

    (void)f, (void)flags;
    path_in(dir, name, path);
    const struct inode *inode = disk_find(path);
    if (!inode)
        return result(ENOENT);
    *ret = (struct stat){
        .st_dev = 1,
        .st_ino = (ino_t)(uintptr_t)inode, // only ever compared
        .st_mode = inode->is_dir ? S_IFDIR | 0700 : S_IFREG | 0600,
        .st_size = (off_t)inode->size,
    };
    return 0;
}

static int access_file(const struct files *f, const char *path, int mode)
{
    (void)f, (void)mode;
    return result(disk_find(path) ? 0 : ENOENT);
}

static int stat_system(const struct files *f, const char *path, struct statfs *ret)
{
    (void)f, (void)path;
    *ret = (struct statfs){.f_type = EXT4};
    return 0;
}

static int make_dir(const struct files *f, const char *path, mode_t mode)
{
    (void)f, (void)mode;
    fiber_step();
    if (disk_find(path))
        return result(EEXIST);
    (void)disk_create(path, true);
    return 0;
}

static int remove_file(const struct files *f, int dir, const char *name)
{
    char path[PATH_BYTES];

    (void)f;
    path_in(dir, name, path);
    fiber_step();
    return result(disk_unlink(path) ? 0 : ENOENT);
}

static int rename_file(const struct files *f, int dir, const char *from, const char *to)
{
    char from_path[PATH_BYTES], to_path[PATH_BYTES];

    (void)f;
    path_in(dir, from, from_path);
    path_in(dir, to, to_path);
    fiber_step();
    return result(disk_rename(from_path, to_path) ? 0 : ENOENT);
}

static bool list(const struct files *f, int dir, void (*each)(const char *name, void *arg),
                 void *arg)
{
    const char *path = descriptor_of(dir)->path, *name;

    (void)f;
    for (size_t i = 0; (name = disk_name_in(path, i)); i++)
        each(name, arg);
    return true;
}

const struct files sim_files = {
    .open = open_file,
    .close = close_file,
    .read = read_file,
    .write = write_file,
    .write_at = write_at,
    .sync = sync_file,
    .sync_dir = sync_dir,
    .truncate = truncate_file,
    .lock = lock_file,
    .stat = stat_file,
    .access = access_file,
    .statfs = stat_system,
    .make_dir = make_dir,
    .remove = remove_file,
    .rename = rename_file,
    .list = list,
    .sqlite_vfs = SIM_VFS,
};
