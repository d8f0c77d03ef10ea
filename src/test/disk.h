#ifndef TEST_DISK_H
#define TEST_DISK_H
/*
 * A disk in memory whose power can be cut.
 *
 * Programs use it through disk_files(): the house's own files (base/files.h) and SQLite, under the
 * VFS of that name, see the same tree. It holds two things: what was written, which is what
 * programs read, and what would be there without power. Everything that changes it is an operation,
 * counted from 0 and shown to the hook before it is done. What only looks (opens, reads, asks) is
 * shown to a hook of its own, and not counted.
 *
 * What a cut leaves (drawn from the rng):
 *   - content and size of a file as they were at its last sync, entries of a directory as they were
 *     at the last sync of that directory; a file without a durable entry is gone;
 *   - of every write since: all of it, none of it, or any of its sectors (512 bytes or 4 KiB, drawn
 *     per cut), independently of earlier and later ones; a sector is whole or untouched;
 *   - of every truncation, creation, removal and renaming since: it happened or it did not; a
 *     renaming is atomic; a file may have its new size and zeros in place of its new content;
 *   - nothing of descriptors, locks and shared memory.
 * A sync that fails takes the chance away: what it was to keep is drawn there and then, programs
 * go on reading what they wrote, and a later sync keeps only what was written after (as Linux
 * does).
 *
 * Any number of disks may exist; they share nothing. A disk needs no threads and no real time;
 * calls from several threads take turns. All that is random comes from seeds: the same calls in the
 * same order do the same.
 */
#include "base/clock.h"

#include "base/files.h"

struct disk;

enum disk_kind {
    DISK_WRITE,
    DISK_TRUNCATE,
    DISK_SYNC,
    DISK_CREATE,
    DISK_MAKE_DIR,
    DISK_REMOVE,
    DISK_RENAME,
    DISK_SYNC_DIR,
    /* those that only look */
    DISK_OPEN, /* of a file that is there, too */
    DISK_READ, /* of a file, or of the entries of a directory */
    DISK_STAT, /* size, presence, rights, kind of file system */
    DISK_MAP,  /* of the memory that SQLite's processes share */
    DISK_KIND_COUNT
};
#define DISK_IS(kind) (1u << (kind))

struct disk_op {
    enum disk_kind kind;
    uint64_t index;
    const char *path;   /* of the file or directory; of a RENAME: its old name */
    const char *target; /* of a RENAME: its new path */
    uint64_t offset;    /* of a WRITE; of a TRUNCATE: the new size */
    struct str bytes;   /* of a WRITE; of a READ: how many are wanted */
};

struct disk_options {
    uint64_t seed;             /* for what happens without a cut: failed syncs, SQLite's salts */
    uint64_t capacity;         /* bytes in all files together; more is ENOSPC; 0: no bound */
    bool history;              /* keep all operations, for disk_follow() */
    bool lies;                 /* syncs succeed and do nothing: for tests of the tests */
    long fs_type;              /* what statfs says; 0: ext4 */
    const struct clock *clock; /* for SQLite; NULL: it stands still */
};

struct disk *disk_create(const struct disk_options *o);
/* No SQLite handle is open on it any more (dead ones included). Accepts NULL. */
void disk_destroy(struct disk *d);
DEFINE_CLEANUP(struct disk, disk_destroy)
const struct files *disk_files(struct disk *d);

/* How many operations there were: the index of the next. Those that were refused are counted. */
uint64_t disk_n_ops(const struct disk *d);

/*
 * Called before each operation. Returns 0, or the errno with which the operation fails, undone. May
 * cut the power: then the operation is among those that may or may not have happened, and its
 * caller is told EIO. May look at the disk, copy it, move clocks (a slow disk); must not operate on
 * it.
 */
typedef int disk_hook_fn(struct disk *d, const struct disk_op *op, void *arg);
void disk_set_hook(struct disk *d, disk_hook_fn *hook, void *arg);
/* The same before each look, whose index is 0. */
void disk_set_look_hook(struct disk *d, disk_hook_fn *hook, void *arg);

/* The nth (from 1) operation or look from now of one of these kinds fails with this errno, and,
 * when persistent, every later one. halves: writes and reads are not refused, they take half of
 * what they were given (SQLite sees a short write that is then refused). error 0: takes it back. */
struct disk_failure {
    unsigned int kinds; /* DISK_IS(…) | … */
    uint64_t nth;
    bool persistent, halves;
    int error;
};
void disk_fail(struct disk *d, struct disk_failure f);
/* Whether the last disk_fail() struck. */
bool disk_struck(const struct disk *d);
/* Descriptors and SQLite handles that nobody has closed, dead ones among them. */
size_t disk_n_open(const struct disk *d);
/* Changes the bound; 0: none. */
void disk_set_capacity(struct disk *d, uint64_t capacity);
/* So that just so many bytes more fit; UINT64_MAX: no bound. */
void disk_set_room(struct disk *d, uint64_t room);
/* As after a remount: all but syncs fails with EROFS. */
void disk_set_read_only(struct disk *d, bool read_only);

/* From now on every use fails with EIO and changes nothing; whoever has it open closes as ever. */
void disk_cut(struct disk *d);
bool disk_is_cut(const struct disk *d);
/* Draws what the cut left (a cut now, when there was none), and starts anew: descriptors and SQLite
 * handles from before stay dead, and are still to be closed. */
void disk_reboot(struct disk *d, struct rng *rng);

/* A new disk with what a cut of `d` now would leave. `d` is untouched. rng NULL: its process was
 * killed, the power is on, and everything that was written is there. */
struct disk *disk_after_cut(const struct disk *d, const struct disk_options *o, struct rng *rng);
/* Does on `follower`, a disk of the same beginning that nobody else uses, what was done on `leader`
 * (which keeps its history) up to and without operation `index`. */
void disk_follow(struct disk *follower, const struct disk *leader, uint64_t index);

/* A look from above: content as programs see it, in the arena; none: no such file. For tests that
 * damage files: the bytes at an offset are replaced, durably. */
struct str disk_read(const struct disk *d, const char *path, struct arena *a);
void disk_damage(struct disk *d, const char *path, uint64_t offset, struct str bytes);

#endif
