/* The disk as base/files.h: descriptors, from a number that no real one has. */
#include "test/disk_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/arena.h"

enum { FIRST_FD = 100000, EXT4 = 0xef53 };

static struct disk *begin(const struct files *f)
{
    disk_lock(f->arg);
    return f->arg;
}

static int end(struct disk *d, int error)
{
    disk_unlock(d);
    errno = error;
    return error ? -1 : 0;
}

/* NULL: no such descriptor, or one from before a reboot. */
static struct descriptor *find(const struct disk *d, int fd)
{
    if (fd < FIRST_FD || (size_t)(fd - FIRST_FD) >= d->n_descriptors)
        return NULL;
    struct descriptor *at = &d->descriptors[fd - FIRST_FD];
    return at->path && at->generation == d->generation ? at : NULL;
}

static char *full_path(const struct disk *d, int dir, const char *name)
{
    const struct descriptor *at = dir == FILES_CWD ? NULL : find(d, dir);
    const char *base = at ? at->path : "";
    const size_t n = strlen(base) + strlen(name) + 2;
    char *path = mem_alloc(n);
    (void)snprintf(path, n, "%s%s%s", base, at ? "/" : "", name);
    return path;
}

static int new_descriptor(struct disk *d, struct node *node, const char *path)
{
    size_t i = 0;
    while (i < d->n_descriptors && d->descriptors[i].path)
        i++;
    if (i == d->n_descriptors) {
        d->descriptors = mem_realloc(d->descriptors, ++d->n_descriptors * sizeof(*d->descriptors));
    }
    d->descriptors[i] =
        (struct descriptor){.node = node, .path = strdup(path), .generation = d->generation};
    node->n_open++;
    return FIRST_FD + (int)i;
}

static int open_node(struct disk *d, const char *path, int flags, struct node **ret)
{
    const int error = disk_look(d, DISK_OPEN, path, NULL);
    *ret = disk_find(d, path);
    if (error)
        return error;
    if (*ret && (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
        return EEXIST;
    if (*ret && (flags & O_DIRECTORY) && !(*ret)->is_dir)
        return ENOTDIR;
    if (!*ret && (flags & O_CREAT))
        return disk_make(d, path, false, ret);
    return *ret ? 0 : ENOENT;
}

static int files_open(const struct files *f, int dir, const char *name, int flags, mode_t mode)
{
    struct disk *d = begin(f);
    char *path = full_path(d, dir, name);
    struct node *node;

    (void)mode;
    const int error = open_node(d, path, flags, &node);
    const int fd = error ? -1 : new_descriptor(d, node, path);
    free(path);
    return end(d, error) < 0 ? -1 : fd;
}

static int files_close(const struct files *f, int fd)
{
    struct disk *d = begin(f);
    if (fd < FIRST_FD || (size_t)(fd - FIRST_FD) >= d->n_descriptors ||
        !d->descriptors[fd - FIRST_FD].path)
        return end(d, EBADF);
    struct descriptor *at = &d->descriptors[fd - FIRST_FD];
    if (at->generation == d->generation) {
        at->node->n_open--;
        at->node->locked = at->node->locked && !at->locks;
    }
    free(at->path);
    *at = (struct descriptor){0};
    return end(d, 0);
}

static ssize_t files_read(const struct files *f, int fd, void *p, size_t n)
{
    struct disk *d = begin(f);
    struct descriptor *at = find(d, fd);
    const int error = at ? disk_look(d, DISK_READ, at->path, &n) : EBADF;

    if (error)
        return end(d, error);
    const struct image *m = &at->node->now;
    const uint64_t left = m->n > at->offset ? m->n - at->offset : 0;
    const size_t got = n < left ? n : (size_t)left;
    if (got > 0)
        memcpy(p, m->p + at->offset, got);
    at->offset += got;
    (void)end(d, 0);
    return (ssize_t)got;
}

static ssize_t files_write_at(const struct files *f, int fd, const void *p, size_t n, off_t offset)
{
    struct disk *d = begin(f);
    const struct descriptor *at = find(d, fd);
    size_t done = 0;
    const struct change c = {DISK_WRITE, (uint64_t)offset, {p, n}};
    const int error = at ? disk_write(d, at->node, at->path, c, &done) : EBADF;
    return end(d, error) < 0 ? -1 : (ssize_t)done;
}

static ssize_t files_write(const struct files *f, int fd, const void *p, size_t n)
{
    struct disk *d = begin(f);
    struct descriptor *at = find(d, fd);
    const ssize_t done = at ? files_write_at(f, fd, p, n, (off_t)at->offset) : end(d, EBADF);

    if (done > 0)
        at->offset += (size_t)done;
    disk_unlock(d);
    return done;
}

static int files_sync(const struct files *f, int fd)
{
    struct disk *d = begin(f);
    const struct descriptor *at = find(d, fd);
    return end(d, at ? disk_sync(d, at->node, at->path) : EBADF);
}

static int files_truncate(const struct files *f, int fd, off_t size)
{
    struct disk *d = begin(f);
    struct descriptor *at = find(d, fd);
    const int error = at ? disk_truncate(d, at->node, at->path, (uint64_t)size) : EBADF;

    if (!error)
        at->offset = (uint64_t)size;
    return end(d, error);
}

static int files_lock(const struct files *f, int fd)
{
    struct disk *d = begin(f);
    struct descriptor *at = find(d, fd);

    if (!at || (at->node->locked && !at->locks))
        return end(d, at ? EWOULDBLOCK : EBADF);
    at->locks = at->node->locked = true;
    return end(d, 0);
}

static struct stat stat_of(const struct node *node)
{
    return (struct stat){
        .st_dev = 1,
        .st_ino = node->number,
        .st_mode = (node->is_dir ? S_IFDIR : S_IFREG) | S_IRUSR | S_IWUSR,
        .st_size = (off_t)node->now.n,
    };
}

static int files_stat(const struct files *f, int dir, const char *name, struct stat *ret, int flags)
{
    struct disk *d = begin(f);
    char *path = full_path(d, dir, name);
    const struct node *node = disk_find(d, path);
    const int error = node ? disk_look(d, DISK_STAT, path, NULL) : ENOENT;

    (void)flags; // there are no links
    free(path);
    if (error)
        return end(d, error);
    *ret = stat_of(node);
    return end(d, 0);
}

static int files_fstat(const struct files *f, int fd, struct stat *ret)
{
    struct disk *d = begin(f);
    const struct descriptor *at = find(d, fd);
    const int error = at ? disk_look(d, DISK_STAT, at->path, NULL) : EBADF;

    if (error)
        return end(d, error);
    *ret = stat_of(at->node);
    return end(d, 0);
}

static int files_access(const struct files *f, const char *path, int mode)
{
    struct disk *d = begin(f);
    const int error = disk_look(d, DISK_STAT, path, NULL);
    (void)mode;
    return end(d, error ? error : disk_find(d, path) ? 0 : ENOENT);
}

static int files_statfs(const struct files *f, const char *path, struct statfs *ret)
{
    struct disk *d = begin(f);
    const int error = disk_look(d, DISK_STAT, path, NULL);
    if (!error)
        *ret = (struct statfs){.f_type = d->o.fs_type ? d->o.fs_type : EXT4};
    return end(d, error);
}

static int files_make_dir(const struct files *f, const char *path, mode_t mode)
{
    struct disk *d = begin(f);
    struct node *node;
    (void)mode;
    return end(d, disk_find(d, path) ? EEXIST : disk_make(d, path, true, &node));
}

static int files_remove(const struct files *f, int dir, const char *name)
{
    struct disk *d = begin(f);
    char *path = full_path(d, dir, name);
    const int error = disk_remove(d, path);
    free(path);
    return end(d, error);
}

static int files_rename(const struct files *f, int dir, const char *from, const char *to)
{
    struct disk *d = begin(f);
    char *old = full_path(d, dir, from), *new = full_path(d, dir, to);
    const int error = disk_rename(d, old, new);
    free(old);
    free(new);
    return end(d, error);
}

/* The directory is opened anew. A reading that fails has named some of them before. */
static bool files_list(const struct files *f, int dir, void (*each)(const char *name, void *arg),
                       void *arg)
{
    struct disk *d = begin(f);
    const struct descriptor *at = find(d, dir);
    int error = at ? disk_look(d, DISK_OPEN, at->path, NULL) : EBADF;

    if (error)
        return end(d, error) == 0;
    error = disk_look(d, DISK_READ, at->path, NULL);
    const struct entries *entries = &at->node->now_entries;
    const size_t n = error ? entries->n / 2 : entries->n;
    for (size_t i = 0; i < n; i++)
        each(entries->p[i].name, arg);
    return end(d, error) == 0;
}

void disk_files_init(struct disk *d)
{
    d->files = (struct files){
        .open = files_open,
        .close = files_close,
        .read = files_read,
        .write = files_write,
        .write_at = files_write_at,
        .sync = files_sync,
        .sync_dir = files_sync,
        .truncate = files_truncate,
        .lock = files_lock,
        .stat = files_stat,
        .fstat = files_fstat,
        .access = files_access,
        .statfs = files_statfs,
        .make_dir = files_make_dir,
        .remove = files_remove,
        .rename = files_rename,
        .list = files_list,
        .arg = d,
    };
}

void disk_files_finish(struct disk *d)
{
    for (size_t i = 0; i < d->n_descriptors; i++)
        free(d->descriptors[i].path);
    free(d->descriptors);
}
