#ifndef TEST_DISK_INTERNAL_H
#define TEST_DISK_INTERNAL_H
/* What the files of a disk share: the disk itself (disk.c), what it is made of (disk_node.c), what
 * a cut leaves of it (disk_cut.c), and its two faces (disk_files.c, crash_vfs.c). */
#include "test/disk.h"

#include <pthread.h>

struct sqlite3_vfs;
struct crash_file;
struct shm;

/* Room for one more. */
#define GROW(p, n, cap)                                                                            \
    do {                                                                                           \
        if ((n) == (cap)) {                                                                        \
            (cap) = (cap) ? 2 * (cap) : 16;                                                        \
            (p) = mem_realloc((p), (cap) * sizeof(*(p)));                                          \
        }                                                                                          \
    } while (0)

char *disk_copy_z(const char *z);
struct str disk_copy(struct str s);

// --- what it is made of --------------------------------------------------------------------------

struct image {
    char *p;
    uint64_t n, cap;
};

/* A write or a truncation that no sync has covered yet. */
struct change {
    enum disk_kind kind;
    uint64_t offset;
    struct str bytes; /* owned */
};

struct entry {
    char *name;
    struct node *node;
};

struct entries {
    struct entry *p;
    size_t n, cap;
};

/* The same for the entries of a directory. */
struct move {
    enum disk_kind kind;
    char *name, *target;
    struct node *node;
};

/* A file or a directory. `now` is what programs see, `kept` what the last sync made sure of. */
struct node {
    struct node *next;
    uint64_t number; /* 0: of a temporary file, of which no operation is counted */
    bool is_dir, marked;
    size_t n_open; /* descriptors and SQLite handles that are not dead */

    struct image now, kept;
    struct change *changes;
    size_t n_changes, cap_changes;

    struct entries now_entries, kept_entries;
    struct move *moves;
    size_t n_moves, cap_moves;

    bool locked; /* flock */
    struct crash_file *handles;
    struct shm *shm;
};

void image_resize(struct image *m, uint64_t n);
void image_write(struct image *m, uint64_t offset, struct str bytes);
void image_copy(struct image *dst, const struct image *src);
void image_apply(struct image *m, const struct change *c);

struct entry *entries_find(const struct entries *es, const char *name);
void entries_set(struct entries *es, const char *name, struct node *node);
void entries_copy(struct entries *dst, const struct entries *src);
void entries_apply(struct entries *es, const struct move *m);
void entries_finish(struct entries *es);

struct node *node_create(struct disk *d, uint64_t number, bool is_dir);
struct node *node_of(const struct disk *d, uint64_t number);
/* Done now, and waiting for a sync. */
void node_change(struct node *node, struct change c);
void node_move(struct node *dir, struct move m);
/* A sync: what waits is kept; or it failed, and a draw of it is. */
void node_keep(struct node *node);
void node_lose_sync(struct disk *d, struct node *node);
void node_forget_changes(struct node *node);
/* Frees what no name can lead to any more, now or after a cut, and nobody has open. */
void nodes_collect(struct disk *d);
void nodes_destroy(struct node *node);

// --- the disk ------------------------------------------------------------------------------------

struct past {
    struct disk_op op;
    uint64_t node;
    int error;
};

struct descriptor {
    struct node *node; /* NULL: free */
    char *path;
    uint64_t generation, offset;
    bool locks;
};

struct disk {
    struct disk_options o;
    pthread_mutex_t mutex; /* recursive: a hook may look */
    struct rng rng;
    struct node *root, *nodes;
    uint64_t last_number, n_ops, generation;
    size_t n_handles; /* SQLite's, dead ones too */
    bool is_cut, read_only;

    disk_hook_fn *hook, *look_hook;
    void *hook_arg, *look_hook_arg;
    struct disk_failure failure;
    uint64_t n_failable;
    bool struck;

    struct past *history;
    size_t n_history, cap_history;

    struct descriptor *descriptors;
    size_t n_descriptors;
    struct files files;
    struct sqlite3_vfs *vfs;
};

/* Those that return an int: 0 or an errno. All are called between disk_lock and disk_unlock. */
void disk_lock(const struct disk *d);
void disk_unlock(const struct disk *d);

struct node *disk_find(const struct disk *d, const char *path);
int disk_make(struct disk *d, const char *path, bool is_dir, struct node **ret);
/* Without a root. */
struct disk *disk_create_bare(const struct disk_options *o);
/* In no directory; its operations are nobody's business. */
struct node *disk_make_temporary(struct disk *d);
/* A change of kind DISK_WRITE; its bytes stay the caller's. */
int disk_write(struct disk *d, struct node *node, const char *path, struct change c, size_t *ret_n);
int disk_truncate(struct disk *d, struct node *node, const char *path, uint64_t size);
int disk_sync(struct disk *d, struct node *node, const char *path);
int disk_remove(struct disk *d, const char *path);
int disk_rename(struct disk *d, const char *from, const char *to);
/* Asks everybody who may refuse a look. *n: how many bytes a READ wants, and may get; else NULL. */
int disk_look(struct disk *d, enum disk_kind kind, const char *path, size_t *n);
/* The directory that a path lies in, zero-terminated. Free it. */
char *disk_parent(const char *path);

void disk_files_init(struct disk *d);
void disk_files_finish(struct disk *d);
void crash_vfs_register(struct disk *d);
void crash_vfs_unregister(struct disk *d);
/* The node's shared memory has no name any more. */
void crash_vfs_forget(struct node *node);

#endif
