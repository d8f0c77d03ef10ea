#include "sim/vfs.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "sim/disk.h"
#include "sim/posix.h"

enum { HANDLES_MAX = 256, SHM_REGIONS = 64, SECTOR_BYTES = 512, PATH_BYTES = 128 };

/* What the handles of one file share. */
struct shared {
    void *regions[SHM_REGIONS];
    size_t n_regions;
};

struct handle {
    sqlite3_file base;
    struct inode *inode;
    const struct process *owner;
    char dir[PATH_BYTES];
    bool names_unsynced; /* the first sync of a log syncs its directory too */
    int lock;            /* SQLITE_LOCK_… */
    bool uses_shm;
    unsigned shm_shared, shm_exclusive; /* bits of slots */
};

static struct handle *handles[HANDLES_MAX]; /* the open ones */

// --- sharing -------------------------------------------------------------------------------------

static struct shared *shared_of(struct inode *f)
{
    if (!f->locks)
        f->locks = NEW(struct shared);
    return f->locks;
}

static void shm_leave(struct handle *h)
{
    struct shared *s = shared_of(h->inode);

    h->uses_shm = false;
    h->shm_shared = h->shm_exclusive = 0;
    for (size_t i = 0; i < HANDLES_MAX; i++)
        if (handles[i] && handles[i]->inode == h->inode && handles[i]->uses_shm)
            return;
    // Left as they are: a fiber that was killed may still be written into one. Nobody reads them.
    memset(s, 0, sizeof *s);
}

void vfs_forget(const struct process *p)
{
    for (size_t i = 0; i < HANDLES_MAX; i++) {
        struct handle *h = handles[i];
        if (!h || h->owner != p)
            continue;
        handles[i] = NULL;
        if (h->uses_shm)
            shm_leave(h);
    }
}

static int highest_other_lock(const struct handle *h)
{
    int highest = SQLITE_LOCK_NONE;

    for (size_t i = 0; i < HANDLES_MAX; i++)
        if (handles[i] && handles[i] != h && handles[i]->inode == h->inode &&
            handles[i]->lock > highest)
            highest = handles[i]->lock;
    return highest;
}

// --- one file ------------------------------------------------------------------------------------

static int close_file(sqlite3_file *file)
{
    struct handle *h = (struct handle *)file;

    for (size_t i = 0; i < HANDLES_MAX; i++)
        if (handles[i] == h)
            handles[i] = NULL;
    if (h->uses_shm)
        shm_leave(h);
    return SQLITE_OK;
}

static int read_file(sqlite3_file *file, void *p, int n, sqlite3_int64 at)
{
    const struct handle *h = (struct handle *)file;
    const size_t got = disk_read(h->inode, p, (size_t)n, (size_t)at);

    if (got == (size_t)n)
        return SQLITE_OK;
    memset((char *)p + got, 0, (size_t)n - got);
    return SQLITE_IOERR_SHORT_READ;
}

static int write_file(sqlite3_file *file, const void *p, int n, sqlite3_int64 at)
{
    const struct handle *h = (struct handle *)file;
    const int no = disk_write(h->inode, p, (size_t)n, (size_t)at);

    return no == 0 ? SQLITE_OK : no == ENOSPC ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

static int truncate_file(sqlite3_file *file, sqlite3_int64 size)
{
    const struct handle *h = (struct handle *)file;

    return disk_truncate(h->inode, (size_t)size) ? SQLITE_IOERR_TRUNCATE : SQLITE_OK;
}

static int sync_file(sqlite3_file *file, int flags)
{
    struct handle *h = (struct handle *)file;

    (void)flags;
    if (disk_sync(h->inode))
        return SQLITE_IOERR_FSYNC;
    if (h->names_unsynced && disk_sync_dir(h->dir))
        return SQLITE_IOERR_DIR_FSYNC;
    h->names_unsynced = false;
    return SQLITE_OK;
}

static int size_of(sqlite3_file *file, sqlite3_int64 *ret)
{
    *ret = (sqlite3_int64)((struct handle *)file)->inode->size;
    return SQLITE_OK;
}

static int lock_file(sqlite3_file *file, int lock)
{
    struct handle *h = (struct handle *)file;

    fiber_step();
    const int others = highest_other_lock(h);
    if (h->lock >= lock)
        return SQLITE_OK;
    if (others >= SQLITE_LOCK_PENDING ||
        (lock >= SQLITE_LOCK_RESERVED && others >= SQLITE_LOCK_RESERVED))
        return SQLITE_BUSY;
    if (lock == SQLITE_LOCK_EXCLUSIVE && others >= SQLITE_LOCK_SHARED) {
        h->lock = SQLITE_LOCK_PENDING;
        return SQLITE_BUSY;
    }
    h->lock = lock;
    return SQLITE_OK;
}

static int unlock_file(sqlite3_file *file, int lock)
{
    struct handle *h = (struct handle *)file;

    if (h->lock > lock)
        h->lock = lock;
    return SQLITE_OK;
}

static int check_reserved(sqlite3_file *file, int *ret)
{
    struct handle *h = (struct handle *)file;

    *ret = h->lock >= SQLITE_LOCK_RESERVED || highest_other_lock(h) >= SQLITE_LOCK_RESERVED;
    return SQLITE_OK;
}

static int control(sqlite3_file *file, int op, void *arg)
{
    (void)file, (void)op, (void)arg;
    return SQLITE_NOTFOUND;
}

static int sector_size(sqlite3_file *file)
{
    (void)file;
    return SECTOR_BYTES;
}

static int characteristics(sqlite3_file *file)
{
    (void)file;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE; // what SQLite takes for granted on unix
}

// --- shared memory -------------------------------------------------------------------------------

static int shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **ret)
{
    struct handle *h = (struct handle *)file;
    struct shared *s = shared_of(h->inode);

    h->uses_shm = true;
    assert(region < SHM_REGIONS);
    if (!s->regions[region] && extend)
        s->regions[region] = mem_alloc((size_t)size);
    *ret = s->regions[region];
    return SQLITE_OK;
}

static int shm_lock(sqlite3_file *file, int first, int n, int flags)
{
    struct handle *h = (struct handle *)file;
    const unsigned mask = ((1u << n) - 1) << first;
    unsigned shared = 0, exclusive = 0;

    fiber_step();
    if (flags & SQLITE_SHM_UNLOCK) {
        h->shm_shared &= ~mask;
        h->shm_exclusive &= ~mask;
        return SQLITE_OK;
    }
    for (size_t i = 0; i < HANDLES_MAX; i++)
        if (handles[i] && handles[i] != h && handles[i]->inode == h->inode) {
            shared |= handles[i]->shm_shared;
            exclusive |= handles[i]->shm_exclusive;
        }
    if ((exclusive & mask) || ((flags & SQLITE_SHM_EXCLUSIVE) && (shared & mask)))
        return SQLITE_BUSY;
    if (flags & SQLITE_SHM_EXCLUSIVE)
        h->shm_exclusive |= mask;
    else
        h->shm_shared |= mask;
    return SQLITE_OK;
}

static void shm_barrier(sqlite3_file *file)
{
    (void)file;
    fiber_step();
}

static int shm_unmap(sqlite3_file *file, int forget)
{
    struct handle *h = (struct handle *)file;

    (void)forget;
    if (h->uses_shm)
        shm_leave(h);
    return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = close_file,
    .xRead = read_file,
    .xWrite = write_file,
    .xTruncate = truncate_file,
    .xSync = sync_file,
    .xFileSize = size_of,
    .xLock = lock_file,
    .xUnlock = unlock_file,
    .xCheckReservedLock = check_reserved,
    .xFileControl = control,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = characteristics,
    .xShmMap = shm_map,
    .xShmLock = shm_lock,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = shm_unmap,
};

// --- the file system -----------------------------------------------------------------------------

static void dir_of(const char *path, char ret[PATH_BYTES])
{
    const char *end = strrchr(path, '/');

    (void)sqlite3_snprintf(PATH_BYTES, ret, "%.*s", (int)(end - path), path);
}

static void remember(struct handle *h)
{
    for (size_t i = 0; i < HANDLES_MAX; i++)
        if (!handles[i]) {
            handles[i] = h;
            return;
        }
    assert(false && "room for every handle");
}

static int open_file(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *ret)
{
    struct handle *h = (struct handle *)file;

    (void)vfs;
    fiber_step();
    *h = (struct handle){.owner = process_self()};
    h->inode = path ? disk_find(path) : disk_anonymous();
    if (!h->inode && !(flags & SQLITE_OPEN_CREATE))
        return SQLITE_CANTOPEN;
    if (!h->inode && disk.full) {
        disk.n_full++;
        return SQLITE_FULL;
    }
    if (!h->inode)
        h->inode = disk_create(path, false);
    h->names_unsynced = path && !h->inode->named_on_disk;
    if (path)
        dir_of(path, h->dir);
    h->base.pMethods = &methods;
    remember(h);
    if (ret)
        *ret = flags;
    return SQLITE_OK;
}

static int delete_file(sqlite3_vfs *vfs, const char *path, int sync)
{
    char dir[PATH_BYTES];

    (void)vfs;
    fiber_step();
    if (!disk_unlink(path))
        return SQLITE_IOERR_DELETE_NOENT;
    dir_of(path, dir);
    return sync && disk_sync_dir(dir) ? SQLITE_IOERR_DIR_FSYNC : SQLITE_OK;
}

static int access_file(sqlite3_vfs *vfs, const char *path, int flags, int *ret)
{
    const struct inode *f = disk_find(path);

    (void)vfs;
    *ret = f && (flags != SQLITE_ACCESS_EXISTS || f->size > 0);
    return SQLITE_OK;
}

static int full_path(sqlite3_vfs *vfs, const char *path, int n, char *ret)
{
    (void)vfs;
    (void)sqlite3_snprintf(n, ret, "%s", path);
    return SQLITE_OK;
}

static int randomness(sqlite3_vfs *vfs, int n, char *ret)
{
    (void)vfs;
    rng_fill(&world.luck, ret, (size_t)n);
    return n;
}

static int sleep_for(sqlite3_vfs *vfs, int us)
{
    (void)vfs;
    if (!world.still)
        fiber_sleep(us);
    return us;
}

static int current_time(sqlite3_vfs *vfs, sqlite3_int64 *ret)
{
    const struct process *p = process_self();

    (void)vfs;
    // Milliseconds since noon of November 24, 4714 BC.
    *ret = (sqlite3_int64)210866760000000 + (SIM_EPOCH + world.now + (p ? p->skew : 0)) / 1000;
    return SQLITE_OK;
}

static int last_error(sqlite3_vfs *vfs, int n, char *ret)
{
    (void)vfs, (void)n, (void)ret;
    return 0;
}

void vfs_register(void)
{
    static sqlite3_vfs vfs = {
        .iVersion = 2,
        .szOsFile = sizeof(struct handle),
        .mxPathname = PATH_BYTES,
        .zName = SIM_VFS,
        .xOpen = open_file,
        .xDelete = delete_file,
        .xAccess = access_file,
        .xFullPathname = full_path,
        .xRandomness = randomness,
        .xSleep = sleep_for,
        .xGetLastError = last_error,
        .xCurrentTimeInt64 = current_time,
    };

    // Fibers are no threads: a lock of SQLite's own, held across a step, would be held for ever.
    int failed = sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
    assert(failed == SQLITE_OK);
    failed = sqlite3_vfs_register(&vfs, 1);
    assert(failed == SQLITE_OK);
}
