/*
 * The disk: a tree of nodes, each with what is seen, what is kept, and the changes in between.
 *
 *     operation ──► hook, failures ──► `now`, and a change that waits
 *     sync      ──► the waiting changes into `kept`, in order
 *     cut       ──► `kept`, and a draw from the waiting changes; the result is the new `now`
 */
#include "test/disk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "test/disk_internal.h"

void disk_lock(const struct disk *d)
{
    pthread_mutex_lock((pthread_mutex_t *)&d->mutex);
}

void disk_unlock(const struct disk *d)
{
    pthread_mutex_unlock((pthread_mutex_t *)&d->mutex);
}

// --- paths ---------------------------------------------------------------------------------------

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

char *disk_parent(const char *path)
{
    const size_t n = (size_t)(last_part(path) - path);
    char *z = mem_alloc(n + 1);
    memcpy(z, path, n);
    return z;
}

struct node *disk_find(const struct disk *d, const char *path)
{
    struct node *node = d->root;
    struct str rest = str_from(path), part;

    while (node && cut_field(&rest, '/', &part)) {
        char name[256];
        if (part.n == 0 || str_eq(part, STR(".")))
            continue;
        if (!node->is_dir || part.n >= sizeof name)
            return NULL;
        memcpy(name, part.p, part.n);
        name[part.n] = 0;
        const struct entry *found = entries_find(&node->now_entries, name);
        node = found ? found->node : NULL;
    }
    return node;
}

static struct node *parent_of(const struct disk *d, const char *path)
{
    char *parent = disk_parent(path);
    struct node *dir = disk_find(d, parent);
    free(parent);
    return dir && dir->is_dir ? dir : NULL;
}

// --- operations ----------------------------------------------------------------------------------

static struct disk_op kept_op(const struct disk_op *op)
{
    struct disk_op copy = *op;
    copy.path = disk_copy_z(op->path);
    copy.target = op->target ? disk_copy_z(op->target) : NULL;
    copy.bytes = disk_copy(op->bytes);
    return copy;
}

static void remember(struct disk *d, const struct disk_op *op, uint64_t node, int error)
{
    if (!d->o.history)
        return;
    GROW(d->history, d->n_history, d->cap_history);
    d->history[d->n_history++] = (struct past){kept_op(op), node, error};
}

/* The errno of the failure that was asked for, or 0. */
static int injected(struct disk *d, struct disk_op *op)
{
    const struct disk_failure *f = &d->failure;
    if (f->nth == 0 || !(f->kinds & DISK_IS(op->kind)))
        return 0;
    const uint64_t n = ++d->n_failable;
    if (n < f->nth || (n > f->nth && !f->persistent))
        return 0;
    d->struck = true;
    const bool halved = op->kind == DISK_WRITE || op->kind == DISK_READ;
    if (f->halves && halved && op->bytes.n > 1) {
        op->bytes.n /= 2;
        return 0;
    }
    return f->error;
}

/* Counts an operation and asks everybody who may refuse it. *ret_done: it is to be done, whatever
 * its caller is told. */
static int begin(struct disk *d, struct disk_op *op, bool *ret_done)
{
    *ret_done = false;
    if (d->is_cut)
        return EIO;
    op->index = d->n_ops++;
    int error = d->hook ? d->hook(d, op, d->hook_arg) : 0;
    if (!error)
        error = injected(d, op);
    if (!error && d->read_only && op->kind != DISK_SYNC && op->kind != DISK_SYNC_DIR)
        error = EROFS;
    *ret_done = !error;
    return error ? error : d->is_cut ? EIO : 0;
}

int disk_look(struct disk *d, enum disk_kind kind, const char *path, size_t *n)
{
    struct disk_op op = {.kind = kind, .path = path, .bytes = {"", n ? *n : 0}};

    if (d->is_cut)
        return EIO;
    int error = d->look_hook ? d->look_hook(d, &op, d->look_hook_arg) : 0;
    if (!error)
        error = injected(d, &op);
    if (n)
        *n = op.bytes.n;
    return error;
}

static uint64_t used(const struct disk *d)
{
    uint64_t n = 0;
    for (const struct node *node = d->nodes; node; node = node->next)
        n += node->now.n;
    return n;
}

/* How many of the bytes there is room for. */
static size_t fits(const struct disk *d, const struct node *node, uint64_t offset, size_t n)
{
    const uint64_t other = used(d) - node->now.n;
    if (d->o.capacity == 0 || offset + n <= node->now.n || other + offset + n <= d->o.capacity)
        return n;
    const uint64_t end = d->o.capacity > other ? d->o.capacity - other : 0;
    const uint64_t reach = end > node->now.n ? end : node->now.n;
    return reach > offset ? (size_t)(reach - offset) : 0;
}

int disk_write(struct disk *d, struct node *node, const char *path, struct change c, size_t *ret_n)
{
    struct disk_op op = {DISK_WRITE, .path = path, .offset = c.offset, .bytes = c.bytes};
    bool done = true;
    int error = node->number ? begin(d, &op, &done) : 0;

    if (done) {
        op.bytes.n = fits(d, node, c.offset, op.bytes.n);
        if (op.bytes.n == 0 && c.bytes.n > 0) {
            error = error ? error : ENOSPC;
            done = false;
        }
    }
    if (done)
        node_change(node, (struct change){DISK_WRITE, c.offset, op.bytes});
    if (node->number)
        remember(d, &op, node->number, done ? 0 : error);
    *ret_n = op.bytes.n;
    return error;
}

int disk_truncate(struct disk *d, struct node *node, const char *path, uint64_t size)
{
    struct disk_op op = {.kind = DISK_TRUNCATE, .path = path, .offset = size, .bytes = STR("")};
    bool done = true;
    const int error = node->number ? begin(d, &op, &done) : 0;

    if (done)
        node_change(node, (struct change){DISK_TRUNCATE, size, STR("")});
    if (node->number)
        remember(d, &op, node->number, done ? 0 : error);
    return error;
}

int disk_sync(struct disk *d, struct node *node, const char *path)
{
    struct disk_op op = {
        .kind = node->is_dir ? DISK_SYNC_DIR : DISK_SYNC, .path = path, .bytes = STR("")};
    bool done = true;
    int error = node->number ? begin(d, &op, &done) : 0;

    if (d->is_cut && !error)
        error = EIO;
    if (!error && !d->o.lies)
        node_keep(node);
    if (error && !done && !d->is_cut)
        node_lose_sync(d, node);
    if (node->number)
        remember(d, &op, node->number, error);
    if (node->is_dir && !error)
        nodes_collect(d);
    return error;
}

int disk_make(struct disk *d, const char *path, bool is_dir, struct node **ret)
{
    struct disk_op op = {
        .kind = is_dir ? DISK_MAKE_DIR : DISK_CREATE, .path = path, .bytes = STR("")};
    struct node *dir = parent_of(d, path);
    bool done;

    if (d->is_cut)
        return EIO;
    if (!dir)
        return ENOENT;
    const int error = begin(d, &op, &done);
    if (done) {
        *ret = node_create(d, ++d->last_number, is_dir);
        node_move(dir, (struct move){op.kind, (char *)last_part(path), NULL, *ret});
    }
    remember(d, &op, dir->number, done ? 0 : error);
    return error;
}

struct node *disk_make_temporary(struct disk *d)
{
    return node_create(d, 0, false);
}

int disk_remove(struct disk *d, const char *path)
{
    struct disk_op op = {.kind = DISK_REMOVE, .path = path, .bytes = STR("")};
    struct node *dir = parent_of(d, path), *node = disk_find(d, path);
    bool done;

    if (d->is_cut)
        return EIO;
    if (!dir || !node)
        return ENOENT;
    const int error = begin(d, &op, &done);
    if (done)
        node_move(dir, (struct move){DISK_REMOVE, (char *)last_part(path), NULL, NULL});
    remember(d, &op, dir->number, done ? 0 : error);
    return error;
}

int disk_rename(struct disk *d, const char *from, const char *to)
{
    struct disk_op op = {.kind = DISK_RENAME, .path = from, .target = to, .bytes = STR("")};
    struct node *dir = parent_of(d, from), *node = disk_find(d, from);
    bool done;

    if (d->is_cut)
        return EIO;
    if (!dir || !node)
        return ENOENT;
    assert(parent_of(d, to) == dir); // nobody here moves between directories
    const int error = begin(d, &op, &done);
    if (done)
        node_move(dir,
                  (struct move){DISK_RENAME, (char *)last_part(from), (char *)last_part(to), node});
    remember(d, &op, dir->number, done ? 0 : error);
    return error;
}

// --- life ----------------------------------------------------------------------------------------

struct disk *disk_create_bare(const struct disk_options *o)
{
    struct disk *d = NEW(struct disk);
    pthread_mutexattr_t kind;

    pthread_mutexattr_init(&kind);
    pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&d->mutex, &kind);
    pthread_mutexattr_destroy(&kind);
    d->o = *o;
    d->rng = rng_seeded(o->seed);
    disk_files_init(d);
    crash_vfs_register(d);
    return d;
}

struct disk *disk_create(const struct disk_options *o)
{
    struct disk *d = disk_create_bare(o);
    d->root = node_create(d, ++d->last_number, true);
    return d;
}

static void forget_history(struct disk *d)
{
    for (size_t i = 0; i < d->n_history; i++) {
        free((char *)d->history[i].op.path);
        free((char *)d->history[i].op.target);
        free((char *)d->history[i].op.bytes.p);
    }
    free(d->history);
}

void disk_destroy(struct disk *d)
{
    if (!d)
        return;
    assert(d->n_handles == 0);
    crash_vfs_unregister(d);
    disk_files_finish(d);
    nodes_destroy(d->nodes);
    forget_history(d);
    pthread_mutex_destroy(&d->mutex);
    free(d);
}

// --- the past ------------------------------------------------------------------------------------

static void redo_sync(struct disk *d, struct node *node, int error)
{
    if (error)
        node_lose_sync(d, node);
    else if (!d->o.lies)
        node_keep(node);
}

static void redo(struct disk *d, const struct past *past)
{
    const struct disk_op *op = &past->op;
    struct node *node = node_of(d, past->node), *made = NULL;
    const bool is_sync = op->kind == DISK_SYNC || op->kind == DISK_SYNC_DIR;

    d->n_ops++;
    if (past->error && !is_sync)
        return;
    assert(node);
    switch (op->kind) {
    case DISK_WRITE:
    case DISK_TRUNCATE:
        node_change(node, (struct change){op->kind, op->offset, op->bytes});
        break;
    case DISK_SYNC:
    case DISK_SYNC_DIR:
        redo_sync(d, node, past->error);
        break;
    case DISK_CREATE:
    case DISK_MAKE_DIR:
        made = node_create(d, ++d->last_number, op->kind == DISK_MAKE_DIR);
        node_move(node, (struct move){op->kind, (char *)last_part(op->path), NULL, made});
        break;
    case DISK_REMOVE:
        node_move(node, (struct move){op->kind, (char *)last_part(op->path), NULL, NULL});
        break;
    case DISK_RENAME:
        made = entries_find(&node->now_entries, last_part(op->path))->node;
        node_move(node, (struct move){op->kind, (char *)last_part(op->path),
                                      (char *)last_part(op->target), made});
        break;
    case DISK_OPEN: // nobody remembers a look
    case DISK_READ:
    case DISK_STAT:
    case DISK_MAP:
    case DISK_KIND_COUNT:
        break;
    }
}

void disk_follow(struct disk *follower, const struct disk *leader, uint64_t index)
{
    assert(leader->o.history && index <= leader->n_history);
    while (follower->n_ops < index)
        redo(follower, &leader->history[follower->n_ops]);
}

// --- small things --------------------------------------------------------------------------------

const struct files *disk_files(struct disk *d)
{
    return &d->files;
}

uint64_t disk_n_ops(const struct disk *d)
{
    return d->n_ops;
}

void disk_set_hook(struct disk *d, disk_hook_fn *hook, void *arg)
{
    disk_lock(d);
    d->hook = hook;
    d->hook_arg = arg;
    disk_unlock(d);
}

void disk_set_look_hook(struct disk *d, disk_hook_fn *hook, void *arg)
{
    disk_lock(d);
    d->look_hook = hook;
    d->look_hook_arg = arg;
    disk_unlock(d);
}

void disk_fail(struct disk *d, struct disk_failure f)
{
    disk_lock(d);
    d->failure = f.error || f.halves ? f : (struct disk_failure){0};
    d->n_failable = 0;
    d->struck = false;
    disk_unlock(d);
}

bool disk_struck(const struct disk *d)
{
    return d->struck;
}

size_t disk_n_open(const struct disk *d)
{
    size_t n = d->n_handles;
    for (size_t i = 0; i < d->n_descriptors; i++)
        n += d->descriptors[i].path != NULL;
    return n;
}

void disk_set_capacity(struct disk *d, uint64_t capacity)
{
    disk_lock(d);
    d->o.capacity = capacity;
    disk_unlock(d);
}

void disk_set_room(struct disk *d, uint64_t room)
{
    disk_lock(d);
    d->o.capacity = room == UINT64_MAX ? 0 : used(d) + room;
    disk_unlock(d);
}

void disk_set_read_only(struct disk *d, bool read_only)
{
    disk_lock(d);
    d->read_only = read_only;
    disk_unlock(d);
}

struct str disk_read(const struct disk *d, const char *path, struct arena *a)
{
    disk_lock(d);
    const struct node *node = disk_find(d, path);
    struct str content = STR_NONE;
    if (node)
        content = str_dup((struct str){node->now.p ? node->now.p : "", node->now.n}, a);
    disk_unlock(d);
    return content;
}

void disk_damage(struct disk *d, const char *path, uint64_t offset, struct str bytes)
{
    disk_lock(d);
    struct node *node = disk_find(d, path);
    assert(node);
    image_write(&node->now, offset, bytes);
    image_write(&node->kept, offset, bytes);
    disk_unlock(d);
}
