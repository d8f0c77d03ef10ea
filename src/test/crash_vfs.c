/*
 * SQLite's view of a disk: what its own VFS for Unix (os_unix.c) does, call for call, on nodes
 * instead of descriptors. A handle from before a reboot answers everything with an error; its
 * shared memory stays readable until it is closed, as SQLite keeps pointers into it.
 */
#include "test/crash_vfs.h"

#include <errno.h>
#include <sched.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "test/disk_internal.h"

enum { PATH_MAX_ = 512, SECTOR = 4096 };

#define UNIX_EPOCH_MS INT64_C(210866760000000) /* of SQLite's Julian days */

struct shm {
    struct node *node; /* NULL: it has no name any more */
    size_t n_users;
    char **regions;
    int n_regions;
    int n_shared[SQLITE_SHM_NLOCK];
    bool exclusive[SQLITE_SHM_NLOCK];
};

struct crash_file {
    sqlite3_file base;
    struct disk *disk;
    struct node *node;
    struct crash_file *next; /* of the node */
    uint64_t generation;
    char *path;
    bool sync_directory, remove, read_only;
    int lock;
    struct shm *shm;
    uint16_t shared, exclusive; /* locks on the shared memory, one bit each */
};

static struct crash_file *file_of(sqlite3_file *f)
{
    return (struct crash_file *)f;
}

/* Locks the disk. False: the handle is dead, or there is no power. */
static bool enter(struct crash_file *f)
{
    disk_lock(f->disk);
    return f->generation == f->disk->generation && !f->disk->is_cut;
}

static int leave(const struct crash_file *f, int rc)
{
    disk_unlock(f->disk);
    return rc;
}

// --- content -------------------------------------------------------------------------------------

/* As much of it as there is; a read that gives less is followed by another (seekAndRead). */
static int read_image(struct crash_file *f, char *p, size_t n, uint64_t offset)
{
    const struct image *m = &f->node->now;
    int error = 0;

    while (!error && n > 0) {
        size_t part = n;
        error = disk_look(f->disk, DISK_READ, f->path, &part);
        memcpy(p, m->p + offset, error ? 0 : part);
        p += part, n -= part, offset += part;
    }
    return error;
}

static int file_read(sqlite3_file *file, void *p, int n, sqlite3_int64 offset)
{
    struct crash_file *f = file_of(file);
    if (!enter(f))
        return leave(f, SQLITE_IOERR_READ);
    const struct image *m = &f->node->now;
    const uint64_t left = m->n > (uint64_t)offset ? m->n - (uint64_t)offset : 0;
    const size_t got = (uint64_t)n < left ? (size_t)n : (size_t)left;
    if (read_image(f, p, got, (uint64_t)offset))
        return leave(f, SQLITE_IOERR_READ);
    memset((char *)p + got, 0, (size_t)n - got);
    return leave(f, got == (size_t)n ? SQLITE_OK : SQLITE_IOERR_SHORT_READ);
}

static int write_failure(int error)
{
    return error == ENOSPC ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

static int file_write(sqlite3_file *file, const void *p, int n, sqlite3_int64 offset)
{
    struct crash_file *f = file_of(file);
    struct str rest = {p, (size_t)n};
    int error = !enter(f) ? EIO : f->read_only ? EBADF : 0;

    while (!error && rest.n > 0) {
        size_t done = 0;
        error = disk_write(f->disk, f->node, f->path,
                           (struct change){DISK_WRITE, (uint64_t)offset, rest}, &done);
        rest = str_sub(rest, done, SIZE_MAX);
        offset += (sqlite3_int64)done;
    }
    return leave(f, error ? write_failure(error) : SQLITE_OK);
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    struct crash_file *f = file_of(file);
    const int error = enter(f) ? disk_truncate(f->disk, f->node, f->path, (uint64_t)size) : EIO;
    return leave(f, error ? SQLITE_IOERR_TRUNCATE : SQLITE_OK);
}

/* A directory that cannot be synced is no failure there either (os_unix.c, unixSync). */
static int sync_directory(struct disk *d, const char *path)
{
    char *parent = disk_parent(path);
    struct node *dir = disk_find(d, parent);
    const int error = dir ? disk_sync(d, dir, parent) : ENOENT;
    free(parent);
    return error;
}

static int file_sync(sqlite3_file *file, int flags)
{
    struct crash_file *f = file_of(file);
    (void)flags;
    const int error = enter(f) ? disk_sync(f->disk, f->node, f->path) : EIO;
    if (!error && f->sync_directory) {
        (void)sync_directory(f->disk, f->path);
        f->sync_directory = false;
    }
    return leave(f, error ? SQLITE_IOERR_FSYNC : SQLITE_OK);
}

static int file_size(sqlite3_file *file, sqlite3_int64 *ret)
{
    struct crash_file *f = file_of(file);
    if (!enter(f) || disk_look(f->disk, DISK_STAT, f->path, NULL))
        return leave(f, SQLITE_IOERR_FSTAT);
    *ret = (sqlite3_int64)f->node->now.n;
    return leave(f, SQLITE_OK);
}

static int file_control(sqlite3_file *file, int op, void *arg)
{
    (void)file, (void)op, (void)arg;
    return SQLITE_NOTFOUND;
}

static int file_sector_size(sqlite3_file *file)
{
    (void)file;
    return SECTOR;
}

static int file_characteristics(sqlite3_file *file)
{
    (void)file;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

// --- locks ---------------------------------------------------------------------------------------

static bool others_hold(const struct crash_file *f, int least)
{
    for (const struct crash_file *other = f->node->handles; other; other = other->next)
        if (other != f && other->lock >= least)
            return true;
    return false;
}

static int file_lock(sqlite3_file *file, int wanted)
{
    struct crash_file *f = file_of(file);
    if (!enter(f))
        return leave(f, SQLITE_IOERR_LOCK);
    if (f->lock >= wanted)
        return leave(f, SQLITE_OK);
    if (others_hold(f, wanted == SQLITE_LOCK_SHARED ? SQLITE_LOCK_PENDING : SQLITE_LOCK_RESERVED))
        return leave(f, SQLITE_BUSY);
    if (wanted == SQLITE_LOCK_EXCLUSIVE && others_hold(f, SQLITE_LOCK_SHARED)) {
        f->lock = SQLITE_LOCK_PENDING;
        return leave(f, SQLITE_BUSY);
    }
    f->lock = wanted;
    return leave(f, SQLITE_OK);
}

static int file_unlock(sqlite3_file *file, int wanted)
{
    struct crash_file *f = file_of(file);
    disk_lock(f->disk);
    f->lock = f->lock > wanted ? wanted : f->lock;
    return leave(f, SQLITE_OK);
}

static int file_check_reserved(sqlite3_file *file, int *ret)
{
    struct crash_file *f = file_of(file);
    if (!enter(f))
        return leave(f, SQLITE_IOERR_CHECKRESERVEDLOCK);
    *ret = f->lock >= SQLITE_LOCK_RESERVED || others_hold(f, SQLITE_LOCK_RESERVED);
    return leave(f, SQLITE_OK);
}

// --- shared memory -------------------------------------------------------------------------------

/* Its file is opened for the first of a process, and not at all when that fails: that SQLite's own
 * VFS tries again, to read alone, is left out. */
static int shm_join(struct crash_file *f)
{
    if (f->shm)
        return SQLITE_OK;
    if (!f->node->shm) {
        if (disk_look(f->disk, DISK_OPEN, f->path, NULL))
            return SQLITE_CANTOPEN;
        f->node->shm = NEW(struct shm);
        f->node->shm->node = f->node;
    }
    f->shm = f->node->shm;
    f->shm->n_users++;
    return SQLITE_OK;
}

static int file_shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **ret)
{
    struct crash_file *f = file_of(file);

    *ret = NULL;
    if (!enter(f))
        return leave(f, SQLITE_IOERR_SHMMAP);
    const int rc = shm_join(f);
    if (rc != SQLITE_OK)
        return leave(f, rc);
    struct shm *shm = f->shm;
    if (region >= shm->n_regions && !extend)
        return leave(f, SQLITE_OK);
    if (region >= shm->n_regions) {
        if (disk_look(f->disk, DISK_MAP, f->path, NULL))
            return leave(f, SQLITE_IOERR_SHMMAP);
        shm->regions = mem_realloc(shm->regions, (size_t)(region + 1) * sizeof(*shm->regions));
        while (shm->n_regions <= region)
            shm->regions[shm->n_regions++] = mem_alloc((size_t)size);
    }
    *ret = shm->regions[region];
    return leave(f, SQLITE_OK);
}

static void shm_release(struct crash_file *f, uint16_t mask)
{
    for (int i = 0; i < SQLITE_SHM_NLOCK; i++) {
        const uint16_t bit = (uint16_t)(1u << i) & mask;
        f->shm->n_shared[i] -= (f->shared & bit) != 0;
        f->shm->exclusive[i] = f->shm->exclusive[i] && !(f->exclusive & bit);
    }
    f->shared &= (uint16_t)~mask;
    f->exclusive &= (uint16_t)~mask;
}

static bool shm_take(struct crash_file *f, int first, int n, bool exclusive)
{
    struct shm *shm = f->shm;

    for (int i = first; i < first + n; i++) {
        const bool mine = f->shared & (1u << i);
        if (shm->exclusive[i] || (exclusive && shm->n_shared[i] > mine))
            return false;
    }
    for (int i = first; i < first + n; i++) {
        const uint16_t bit = (uint16_t)(1u << i);
        if (exclusive) {
            shm->exclusive[i] = true;
            f->exclusive |= bit;
        } else if (!(f->shared & bit)) {
            shm->n_shared[i]++;
            f->shared |= bit;
        }
    }
    return true;
}

static int file_shm_lock(sqlite3_file *file, int first, int n, int flags)
{
    struct crash_file *f = file_of(file);
    const uint16_t mask = (uint16_t)(((1u << n) - 1) << first);

    const bool alive = enter(f);
    if (flags & SQLITE_SHM_UNLOCK) {
        if (f->shm)
            shm_release(f, mask);
        return leave(f, SQLITE_OK);
    }
    if (!alive || !f->shm)
        return leave(f, SQLITE_IOERR_SHMLOCK);
    if (mask == ((flags & SQLITE_SHM_EXCLUSIVE ? f->exclusive : f->shared) & mask))
        return leave(f, SQLITE_OK);
    return leave(f, shm_take(f, first, n, flags & SQLITE_SHM_EXCLUSIVE) ? SQLITE_OK : SQLITE_BUSY);
}

static void file_shm_barrier(sqlite3_file *file)
{
    (void)file;
    __sync_synchronize();
}

static int file_shm_unmap(sqlite3_file *file, int remove)
{
    struct crash_file *f = file_of(file);
    struct shm *shm = f->shm;

    (void)remove; // nobody could tell
    if (!shm)
        return SQLITE_OK;
    disk_lock(f->disk);
    shm_release(f, UINT16_MAX);
    f->shm = NULL;
    if (--shm->n_users == 0) {
        if (shm->node)
            shm->node->shm = NULL;
        for (int i = 0; i < shm->n_regions; i++)
            free(shm->regions[i]);
        free(shm->regions);
        free(shm);
    }
    return leave(f, SQLITE_OK);
}

void crash_vfs_forget(struct node *node)
{
    if (node->shm)
        node->shm->node = NULL;
    node->shm = NULL;
}

// --- files ---------------------------------------------------------------------------------------

static void forget_handle(struct crash_file *f)
{
    struct crash_file **at = &f->node->handles;
    while (*at != f)
        at = &(*at)->next;
    *at = f->next;
    f->node->n_open--;
}

static int file_close(sqlite3_file *file)
{
    struct crash_file *f = file_of(file);

    (void)file_shm_unmap(file, 0);
    const bool alive = enter(f);
    if (f->generation == f->disk->generation)
        forget_handle(f);
    if (alive && f->remove && f->node->number)
        (void)disk_remove(f->disk, f->path);
    f->disk->n_handles--;
    free(f->path);
    return leave(f, SQLITE_OK);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2, // no memory mapping
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_characteristics,
    .xShmMap = file_shm_map,
    .xShmLock = file_shm_lock,
    .xShmBarrier = file_shm_barrier,
    .xShmUnmap = file_shm_unmap,
};

/* What cannot be opened for writing is opened for reading, when that can be (unixOpen). */
static int look_open(struct disk *d, const char *path, int *flags)
{
    int error = disk_look(d, DISK_OPEN, path, NULL);

    if (error && (*flags & SQLITE_OPEN_READWRITE)) {
        *flags &= ~SQLITE_OPEN_READWRITE & ~SQLITE_OPEN_CREATE;
        *flags |= SQLITE_OPEN_READONLY;
        error = disk_look(d, DISK_OPEN, path, NULL);
    }
    return error;
}

static int find_or_make(struct disk *d, const char *name, int flags, struct node **ret,
                        bool *ret_made)
{
    *ret = name ? disk_find(d, name) : disk_make_temporary(d);
    *ret_made = false;
    if (*ret || !(flags & SQLITE_OPEN_CREATE))
        return *ret ? 0 : ENOENT;
    *ret_made = true;
    return disk_make(d, name, false, ret);
}

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                    int *ret_flags)
{
    struct crash_file *f = file_of(file);
    struct disk *d = vfs->pAppData;
    struct node *node;
    bool made;

    *f = (struct crash_file){0};
    disk_lock(d);
    if (d->read_only)
        flags = (flags & ~SQLITE_OPEN_READWRITE & ~SQLITE_OPEN_CREATE) | SQLITE_OPEN_READONLY;
    const char *path = name ? name : "(temporary)";
    if (look_open(d, path, &flags) || find_or_make(d, name, flags, &node, &made)) {
        disk_unlock(d);
        return SQLITE_CANTOPEN;
    }
    *f = (struct crash_file){
        .base.pMethods = &methods,
        .disk = d,
        .node = node,
        .next = node->handles,
        .generation = d->generation,
        .path = strdup(path),
        .sync_directory = made && (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL |
                                            SQLITE_OPEN_SUPER_JOURNAL)) != 0,
        .remove = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0,
        .read_only = (flags & SQLITE_OPEN_READONLY) != 0,
    };
    node->handles = f;
    node->n_open++;
    d->n_handles++;
    if (ret_flags)
        *ret_flags = flags;
    return leave(f, SQLITE_OK);
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    struct disk *d = vfs->pAppData;
    int rc = SQLITE_OK;

    disk_lock(d);
    const int error = disk_remove(d, name);
    if (error)
        rc = error == ENOENT ? SQLITE_IOERR_DELETE_NOENT : SQLITE_IOERR_DELETE;
    else if (sync && sync_directory(d, name))
        rc = SQLITE_IOERR_DIR_FSYNC;
    disk_unlock(d);
    return rc;
}

/* An empty file does not exist for SQLite, and one that cannot be looked at neither (os_unix.c,
 * unixAccess). */
static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *ret)
{
    struct disk *d = vfs->pAppData;

    disk_lock(d);
    const struct node *node = disk_find(d, name);
    const bool seen = node && !disk_look(d, DISK_STAT, name, NULL);
    *ret = seen && (flags != SQLITE_ACCESS_EXISTS || node->is_dir || node->now.n > 0) &&
           !(flags == SQLITE_ACCESS_READWRITE && d->read_only);
    const bool alive = !d->is_cut;
    disk_unlock(d);
    return alive ? SQLITE_OK : SQLITE_IOERR_ACCESS;
}

static int vfs_full_path(sqlite3_vfs *vfs, const char *name, int n, char *ret)
{
    (void)vfs;
    return snprintf(ret, (size_t)n, "%s", name) < n ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int vfs_randomness(sqlite3_vfs *vfs, int n, char *ret)
{
    struct disk *d = vfs->pAppData;
    disk_lock(d);
    rng_fill(&d->rng, ret, (size_t)n);
    disk_unlock(d);
    return n;
}

static int vfs_sleep(sqlite3_vfs *vfs, int us)
{
    (void)vfs;
    sched_yield();
    return us;
}

static int vfs_time(sqlite3_vfs *vfs, sqlite3_int64 *ret)
{
    const struct disk *d = vfs->pAppData;
    *ret = UNIX_EPOCH_MS + (d->o.clock ? clock_wall(d->o.clock) / MILLISECONDS(1) : 0);
    return SQLITE_OK;
}

static int vfs_time_days(sqlite3_vfs *vfs, double *ret)
{
    sqlite3_int64 ms;
    (void)vfs_time(vfs, &ms);
    *ret = (double)ms / 86400000.0;
    return SQLITE_OK;
}

static int vfs_last_error(sqlite3_vfs *vfs, int n, char *ret)
{
    (void)vfs, (void)n, (void)ret;
    return 0;
}

void crash_vfs_register(struct disk *d)
{
    char name[32];

    // The address is the name: no two disks of a process share it.
    (void)snprintf(name, sizeof name, "disk-%p", (void *)d);
    d->vfs = NEW(sqlite3_vfs);
    *d->vfs = (sqlite3_vfs){
        .iVersion = 2,
        .szOsFile = sizeof(struct crash_file),
        .mxPathname = PATH_MAX_,
        .zName = strdup(name),
        .pAppData = d,
        .xOpen = vfs_open,
        .xDelete = vfs_delete,
        .xAccess = vfs_access,
        .xFullPathname = vfs_full_path,
        .xRandomness = vfs_randomness,
        .xSleep = vfs_sleep,
        .xCurrentTime = vfs_time_days,
        .xGetLastError = vfs_last_error,
        .xCurrentTimeInt64 = vfs_time,
    };
    d->files.sqlite_vfs = d->vfs->zName;
    const int rc = sqlite3_vfs_register(d->vfs, 0);
    assert(rc == SQLITE_OK);
}

void crash_vfs_unregister(struct disk *d)
{
    (void)sqlite3_vfs_unregister(d->vfs);
    free((char *)d->vfs->zName);
    free(d->vfs);
}

void crash_vfs_seed(uint32_t seed)
{
    sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, (int)(seed | 1), NULL);
}
