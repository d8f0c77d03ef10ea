#ifndef SIM_DISK_H
#define SIM_DISK_H
/*
 * The machine's disk: what programs see, and what a power cut leaves of it.
 *
 * A file is what was written (seen by all processes at once, as in a page cache) and what is kept.
 * A sync turns the first into the second; until then every write is on its way, and when the power
 * goes any of them may have arrived, in any order, whole or in sectors. Names are kept when their
 * directory is synced; until then the changes of names arrive in order, up to some point. A sync
 * that fails has lost what it was about, though it can still be read: the next sync does not try
 * again.
 */
#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inode {
    char *bytes;
    size_t size, room;
    char *kept;
    size_t kept_size, kept_room;
    struct write *first, **last; /* on their way, oldest first */
    size_t n_writes;
    bool is_dir;
    bool named_on_disk; /* its name was kept at least once */
    void *locks;        /* of the VFS */
};

/* What may go wrong at the moment; the fates of a run set it. */
struct disk_mood {
    bool full;                          /* nothing can grow */
    usec_t sync_least, sync_most;       /* how long a sync takes */
    uint64_t write_fails, sync_fails;   /* the n-th from now fails with EIO; 0: none */
    uint64_t n_full, n_failed, n_syncs; /* what has struck */
};

extern struct disk_mood disk;

/* A machine whose disk is as disk_mark() has left it. */
void disk_begin(void);

/* NULL: there is none. */
struct inode *disk_find(const char *path);
/* The parent is a directory that exists. */
struct inode *disk_create(const char *path, bool is_dir);
/* An inode without a name, for temporary files. */
struct inode *disk_anonymous(void);
bool disk_unlink(const char *path);
bool disk_rename(const char *from, const char *to);
/* The n-th name in a directory, without it; NULL: no more. */
const char *disk_name_in(const char *dir, size_t n);

/* errno, or 0. All but read are steps. */
int disk_write(struct inode *f, const void *p, size_t n, size_t at);
size_t disk_read(const struct inode *f, void *p, size_t n, size_t at);
int disk_truncate(struct inode *f, size_t size);
int disk_sync(struct inode *f);
int disk_sync_dir(const char *dir);

/* The kernel has had time: everything that was written is kept. */
void disk_write_back(void);
/* The power goes: what is seen from now on is what was kept, and what luck has added. */
void disk_cut(struct rng *dice);

#endif
