/*
 * The disk: a tree of nodes, each with what is seen, what is kept, and the changes in between.
 *
 *     operation ──► hook, failures ──► `now`, and a change that waits
 *     sync      ──► the waiting changes into `kept`, in order
 *     cut       ──► `kept`, and a draw from the waiting changes; the result is the new `now`
 *
 * A draw has a mood, for thousands of independent coins never fall all alike: most cuts take every
 * change for itself, others keep all, none, or all up to one of them.
 */
#include "test/disk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "test/disk_internal.h"

enum { SECTOR_SMALL = 512, SECTOR_LARGE = 4096, FIRST_CAP = 4096 };

void disk_lock(const struct disk *d)
{
    pthread_mutex_lock((pthread_mutex_t *)&d->mutex);
}

void disk_unlock(const struct disk *d)
{
    pthread_mutex_unlock((pthread_mutex_t *)&d->mutex);
}

#define GROW(p, n, cap)                                                                            \
    do {                                                                                           \
        if ((n) == (cap)) {                                                                        \
            (cap) = (cap) ? 2 * (cap) : 16;                                                        \
            (p) = mem_realloc((p), (cap) * sizeof(*(p)));                                          \
        }                                                                                          \
    } while (0)

static char *copied(const char *z)
{
    const size_t n = strlen(z) + 1;
    return memcpy(mem_alloc(n), z, n);
}

static struct str copied_bytes(struct str s)
{
    char *p = mem_alloc(s.n + 1);
    memcpy(p, s.p, s.n);
    return (struct str){p, s.n};
}

// --- content -------------------------------------------------------------------------------------

static void image_resize(struct image *m, uint64_t n)
{
    if (n > m->cap) {
        m->cap = m->cap ? m->cap : FIRST_CAP;
        while (m->cap < n)
            m->cap *= 2;
        m->p = mem_realloc(m->p, m->cap);
    }
    if (n > m->n)
        memset(m->p + m->n, 0, n - m->n);
    m->n = n;
}

static void image_write(struct image *m, uint64_t offset, struct str bytes)
{
    if (bytes.n == 0)
        return;
    if (offset + bytes.n > m->n)
        image_resize(m, offset + bytes.n);
    memcpy(m->p + offset, bytes.p, bytes.n);
}

static void image_copy(struct image *dst, const struct image *src)
{
    image_resize(dst, 0);
    image_write(dst, 0, (struct str){src->p, src->n});
}

static void image_apply(struct image *m, const struct change *c)
{
    if (c->kind == DISK_WRITE)
        image_write(m, c->offset, c->bytes);
    else
        image_resize(m, c->offset);
}

// --- entries -------------------------------------------------------------------------------------

static struct entry *entries_find(const struct entries *es, const char *name)
{
    for (size_t i = 0; i < es->n; i++)
        if (strcmp(es->p[i].name, name) == 0)
            return &es->p[i];
    return NULL;
}

static void entries_remove(struct entries *es, const char *name)
{
    struct entry *found = entries_find(es, name);
    if (!found)
        return;
    free(found->name);
    *found = es->p[--es->n];
}

static void entries_set(struct entries *es, const char *name, struct node *node)
{
    entries_remove(es, name);
    GROW(es->p, es->n, es->cap);
    es->p[es->n++] = (struct entry){copied(name), node};
}

static void entries_copy(struct entries *dst, const struct entries *src)
{
    for (size_t i = 0; i < src->n; i++)
        entries_set(dst, src->p[i].name, src->p[i].node);
}

static void entries_finish(struct entries *es)
{
    for (size_t i = 0; i < es->n; i++)
        free(es->p[i].name);
    free(es->p);
    *es = (struct entries){0};
}

static void entries_apply(struct entries *es, const struct move *m)
{
    if (m->kind == DISK_REMOVE || m->kind == DISK_RENAME)
        entries_remove(es, m->name);
    if (m->kind == DISK_CREATE || m->kind == DISK_MAKE_DIR)
        entries_set(es, m->name, m->node);
    if (m->kind == DISK_RENAME)
        entries_set(es, m->target, m->node);
}

// --- nodes ---------------------------------------------------------------------------------------

static struct node *node_create(struct disk *d, uint64_t number, bool is_dir)
{
    struct node *node = NEW(struct node);
    node->number = number;
    node->is_dir = is_dir;
    node->next = d->nodes;
    d->nodes = node;
    return node;
}

static void forget_changes(struct node *node)
{
    for (size_t i = 0; i < node->n_changes; i++)
        free((char *)node->changes[i].bytes.p);
    node->n_changes = 0;
    for (size_t i = 0; i < node->n_moves; i++) {
        free(node->moves[i].name);
        free(node->moves[i].target);
    }
    node->n_moves = 0;
}

static void node_destroy(struct node *node)
{
    crash_vfs_forget(node);
    forget_changes(node);
    entries_finish(&node->now_entries);
    entries_finish(&node->kept_entries);
    free(node->now.p);
    free(node->kept.p);
    free(node->changes);
    free(node->moves);
    free(node);
}

static void node_change(struct node *node, struct change c)
{
    image_apply(&node->now, &c);
    if (node->number == 0)
        return;
    c.bytes = copied_bytes(c.bytes);
    GROW(node->changes, node->n_changes, node->cap_changes);
    node->changes[node->n_changes++] = c;
}

static void node_move(struct node *dir, struct move m)
{
    entries_apply(&dir->now_entries, &m);
    m.name = copied(m.name);
    m.target = m.target ? copied(m.target) : NULL;
    GROW(dir->moves, dir->n_moves, dir->cap_moves);
    dir->moves[dir->n_moves++] = m;
}

static void node_keep(struct node *node)
{
    for (size_t i = 0; i < node->n_changes; i++)
        image_apply(&node->kept, &node->changes[i]);
    for (size_t i = 0; i < node->n_moves; i++)
        entries_apply(&node->kept_entries, &node->moves[i]);
    forget_changes(node);
}

static struct node *node_of(const struct disk *d, uint64_t number)
{
    struct node *node = d->nodes;
    while (node && node->number != number)
        node = node->next;
    return node;
}

static void mark(const struct entries *es)
{
    for (size_t i = 0; i < es->n; i++)
        es->p[i].node->marked = true;
}

/* Frees what no name can lead to any more, now or after a cut, and nobody has open. */
static void collect(struct disk *d)
{
    for (struct node *node = d->nodes; node; node = node->next)
        node->marked = node->n_open > 0 || node == d->root;
    for (struct node *node = d->nodes; node; node = node->next) {
        mark(&node->now_entries);
        mark(&node->kept_entries);
        for (size_t i = 0; i < node->n_moves; i++)
            if (node->moves[i].node)
                node->moves[i].node->marked = true;
    }
    for (struct node **at = &d->nodes; *at;) {
        struct node *node = *at;
        if (node->marked) {
            at = &node->next;
            continue;
        }
        *at = node->next;
        node_destroy(node);
    }
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
    copy.path = copied(op->path);
    copy.target = op->target ? copied(op->target) : NULL;
    copy.bytes = copied_bytes(op->bytes);
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
    if (f->halves && op->kind == DISK_WRITE && op->bytes.n > 1) {
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

static void lose_sync(struct disk *d, struct node *node);

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
        lose_sync(d, node);
    if (node->number)
        remember(d, &op, node->number, error);
    if (node->is_dir && !error)
        collect(d);
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

// --- what a cut leaves ---------------------------------------------------------------------------

enum mood { EACH, ALL, NONE, PREFIX, MOODS };

struct draw {
    struct rng *rng;
    enum mood mood;
    uint64_t sector;
};

static bool coin(struct draw *w)
{
    return rng_below(w->rng, 2) == 0;
}

static struct draw draw_begin(struct rng *rng)
{
    struct draw w = {.rng = rng, .mood = ALL};
    if (!rng)
        return w; // nothing is left to chance
    w.sector = coin(&w) ? SECTOR_SMALL : SECTOR_LARGE;
    w.mood = coin(&w) ? EACH : (enum mood)rng_below(rng, MOODS);
    return w;
}

/* How many changes of a list the mood still lets be drawn whole. */
static size_t draw_prefix(struct draw *w, size_t n)
{
    return w->mood == PREFIX ? (size_t)rng_below(w->rng, n + 1) : w->mood == ALL ? n : 0;
}

/* Any of the sectors of a write. */
static void draw_torn(struct draw *w, struct image *m, const struct change *c)
{
    for (uint64_t at = c->offset, end = c->offset + c->bytes.n; at < end;) {
        const uint64_t next = (at / w->sector + 1) * w->sector, stop = next < end ? next : end;
        if (coin(w))
            image_write(m, at, str_sub(c->bytes, at - c->offset, stop - at));
        at = stop;
    }
}

static void draw_change(struct draw *w, struct image *m, const struct change *c)
{
    switch (rng_below(w->rng, 3)) {
    case 0:
        image_apply(m, c);
        break;
    case 1:
        if (c->kind == DISK_WRITE)
            draw_torn(w, m, c);
        break;
    default:
        break; // dropped
    }
}

static void draw_content(struct draw *w, const struct node *node, struct image *m)
{
    const size_t whole = draw_prefix(w, node->n_changes);
    image_copy(m, &node->kept);
    for (size_t i = 0; i < node->n_changes; i++)
        if (i < whole)
            image_apply(m, &node->changes[i]);
        else if (w->mood == EACH || (w->mood == PREFIX && i == whole))
            draw_change(w, m, &node->changes[i]);
    // The size can be there before what fills it.
    if (w->rng && node->n_changes > 0 && node->now.n > m->n && rng_below(w->rng, 8) == 0)
        image_resize(m, node->now.n);
}

static void draw_entries(struct draw *w, const struct node *dir, struct entries *es)
{
    const size_t whole = draw_prefix(w, dir->n_moves);
    entries_copy(es, &dir->kept_entries);
    for (size_t i = 0; i < dir->n_moves; i++)
        if (i < whole || (w->mood == EACH && coin(w)))
            entries_apply(es, &dir->moves[i]);
}

static void lose_sync(struct disk *d, struct node *node)
{
    struct draw w = draw_begin(&d->rng);
    struct entries es = {0};
    struct image m = {0};

    draw_content(&w, node, &m);
    draw_entries(&w, node, &es);
    free(node->kept.p);
    entries_finish(&node->kept_entries);
    node->kept = m;
    node->kept_entries = es;
    forget_changes(node);
}

/* Copies what is left of `old` and of what it leads to into `d`, all of it synced. */
static struct node *settle(struct disk *d, const struct node *old, struct draw *w)
{
    struct node *node = node_of(d, old->number);
    struct entries es = {0};

    if (node)
        return node; // by another name
    node = node_create(d, old->number, old->is_dir);
    draw_content(w, old, &node->kept);
    image_copy(&node->now, &node->kept);
    draw_entries(w, old, &es);
    for (size_t i = 0; i < es.n; i++) {
        struct node *below = settle(d, es.p[i].node, w);
        entries_set(&node->now_entries, es.p[i].name, below);
        entries_set(&node->kept_entries, es.p[i].name, below);
    }
    entries_finish(&es);
    return node;
}

static void destroy_nodes(struct node *node)
{
    while (node) {
        struct node *next = node->next;
        node_destroy(node);
        node = next;
    }
}

void disk_cut(struct disk *d)
{
    disk_lock(d);
    d->is_cut = true;
    disk_unlock(d);
}

bool disk_is_cut(const struct disk *d)
{
    disk_lock(d);
    const bool is_cut = d->is_cut;
    disk_unlock(d);
    return is_cut;
}

void disk_reboot(struct disk *d, struct rng *rng)
{
    disk_lock(d);
    assert(!d->o.history); // numbers would begin anew
    struct node *old_nodes = d->nodes, *old_root = d->root;
    struct draw w = draw_begin(rng);
    d->nodes = NULL;
    d->root = settle(d, old_root, &w);
    destroy_nodes(old_nodes);
    d->generation++;
    d->is_cut = false;
    disk_unlock(d);
}

// --- life ----------------------------------------------------------------------------------------

static struct disk *create(const struct disk_options *o)
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
    struct disk *d = create(o);
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
    destroy_nodes(d->nodes);
    forget_history(d);
    pthread_mutex_destroy(&d->mutex);
    free(d);
}

struct disk *disk_after_cut(const struct disk *d, const struct disk_options *o, struct rng *rng)
{
    struct disk *left = create(o);

    disk_lock(d);
    struct draw w = draw_begin(rng);
    left->root = settle(left, d->root, &w);
    left->last_number = d->last_number;
    disk_unlock(d);
    return left;
}

// --- the past ------------------------------------------------------------------------------------

static void redo_sync(struct disk *d, struct node *node, int error)
{
    if (error)
        lose_sync(d, node);
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
