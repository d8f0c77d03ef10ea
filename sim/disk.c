#include "sim/disk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "sim/fiber.h"
#include "sim/trace.h"

enum { SECTOR = 512, PATH_MAX_ = 128 };

struct write {
    struct write *next;
    bool truncates;
    size_t at, n; /* of a truncation: n is the size */
    char bytes[];
};

/* A name and what it stands for: now, and after a power cut. */
struct name {
    struct name *next;
    char path[PATH_MAX_];
    struct inode *now, *kept;
};

/* A change of names on its way. */
struct rename {
    struct rename *next;
    struct name *name;
    struct inode *to;
};

struct disk_mood disk;

static struct name *names, **last_name = &names;
static struct rename *renames, **last_rename = &renames;

void disk_begin(void)
{
    disk = (struct disk_mood){.sync_least = 200, .sync_most = 3000};
    names = NULL;
    last_name = &names;
    renames = NULL;
    last_rename = &renames;
}

// --- names ---------------------------------------------------------------------------------------

static struct name *name_find(const char *path)
{
    struct name *n = names;

    while (n && strcmp(n->path, path) != 0)
        n = n->next;
    return n;
}

static struct name *name_make(const char *path)
{
    struct name *n = name_find(path);

    if (n)
        return n;
    n = NEW(struct name);
    assert(strlen(path) < sizeof n->path);
    memcpy(n->path, path, strlen(path));
    *last_name = n;
    last_name = &n->next;
    return n;
}

static void name_change(struct name *n, struct inode *to)
{
    struct rename *r = NEW(struct rename);

    *r = (struct rename){.name = n, .to = to};
    *last_rename = r;
    last_rename = &r->next;
    n->now = to;
}

struct inode *disk_find(const char *path)
{
    const struct name *n = name_find(path);

    return n ? n->now : NULL;
}

struct inode *disk_anonymous(void)
{
    struct inode *f = NEW(struct inode);

    f->last = &f->first;
    return f;
}

struct inode *disk_create(const char *path, bool is_dir)
{
    struct inode *f = disk_anonymous();

    f->is_dir = is_dir;
    name_change(name_make(path), f);
    return f;
}

bool disk_unlink(const char *path)
{
    struct name *n = name_find(path);

    if (!n || !n->now)
        return false;
    name_change(n, NULL);
    return true;
}

bool disk_rename(const char *from, const char *to)
{
    struct name *n = name_find(from);

    if (!n || !n->now)
        return false;
    // Both halves or none: they stand side by side, and name_arrive() takes them together.
    struct inode *f = n->now;
    name_change(name_make(to), f);
    name_change(n, NULL);
    return true;
}

static bool is_in(const char *path, const char *dir)
{
    const size_t n = strlen(dir);

    return strncmp(path, dir, n) == 0 && path[n] == '/' && !strchr(path + n + 1, '/');
}

const char *disk_name_in(const char *dir, size_t nth)
{
    for (const struct name *n = names; n; n = n->next)
        if (n->now && is_in(n->path, dir) && nth-- == 0)
            return n->path + strlen(dir) + 1;
    return NULL;
}

static void name_arrive(struct rename *r)
{
    r->name->kept = r->to;
    if (r->to)
        r->to->named_on_disk = true;
    renames = r->next;
    if (!renames)
        last_rename = &renames;
    free(r);
}

int disk_sync_dir(const char *dir)
{
    fiber_step();
    if (disk.sync_fails > 0 && --disk.sync_fails == 0) {
        disk.n_failed++;
        trace_note("disk.sync_dir failed", 0, 0);
        return EIO;
    }
    (void)dir; // a journal: whoever syncs a directory takes along what came before
    while (renames)
        name_arrive(renames);
    return 0;
}

// --- bytes ---------------------------------------------------------------------------------------

static void put(char **bytes, size_t *size, size_t *room, const struct write *w)
{
    const size_t end = w->truncates ? w->n : w->at + w->n;

    if (end > *room) {
        const size_t grown = end * 2;
        *bytes = mem_realloc(*bytes, grown);
        memset(*bytes + *room, 0, grown - *room);
        *room = grown;
    }
    if (w->truncates && w->n < *size)
        memset(*bytes + w->n, 0, *size - w->n);
    if (!w->truncates)
        memcpy(*bytes + w->at, w->bytes, w->n);
    if (w->truncates || end > *size)
        *size = end;
}

static void add(struct inode *f, struct write *w)
{
    put(&f->bytes, &f->size, &f->room, w);
    *f->last = w;
    f->last = &w->next;
    f->n_writes++;
}

static bool strikes(uint64_t *countdown)
{
    if (*countdown == 0 || --*countdown > 0)
        return false;
    disk.n_failed++;
    return true;
}

int disk_write(struct inode *f, const void *p, size_t n, size_t at)
{
    fiber_step();
    if (disk.full && at + n > f->size) {
        disk.n_full++;
        return ENOSPC;
    }
    if (strikes(&disk.write_fails)) {
        trace_note("disk.write failed", (int64_t)at, (int64_t)n);
        return EIO;
    }
    struct write *w = mem_alloc(sizeof *w + n);
    w->at = at;
    w->n = n;
    memcpy(w->bytes, p, n);
    add(f, w);
    trace_hash(at * 31 + n);
    return 0;
}

size_t disk_read(const struct inode *f, void *p, size_t n, size_t at)
{
    const size_t left = at < f->size ? f->size - at : 0;
    const size_t got = n < left ? n : left;

    if (got > 0)
        memcpy(p, f->bytes + at, got);
    return got;
}

int disk_truncate(struct inode *f, size_t size)
{
    fiber_step();
    struct write *w = mem_alloc(sizeof *w);
    w->truncates = true;
    w->n = size;
    add(f, w);
    return 0;
}

static struct write *take_write(struct inode *f)
{
    struct write *w = f->first;

    f->first = w->next;
    if (!f->first)
        f->last = &f->first;
    f->n_writes--;
    return w;
}

static void keep(struct inode *f, const struct write *w)
{
    put(&f->kept, &f->kept_size, &f->kept_room, w);
}

/* Everything that was written before it began. */
int disk_sync(struct inode *f)
{
    const size_t n = f->n_writes;

    fiber_step();
    disk.n_syncs++;
    fiber_sleep(dice_between(&world.dice, disk.sync_least, disk.sync_most));
    const bool fails = strikes(&disk.sync_fails);
    trace_note(fails ? "disk.sync failed" : "disk.sync", (int64_t)n, (int64_t)f->size);
    for (size_t i = 0; i < n && f->first; i++) {
        struct write *w = take_write(f);
        if (!fails || dice_once_in(&world.dice, 2))
            keep(f, w);
        free(w);
    }
    return fails ? EIO : 0;
}

void disk_write_back(void)
{
    while (renames)
        name_arrive(renames);
    for (struct name *n = names; n; n = n->next)
        while (n->now && n->now->first) {
            struct write *w = take_write(n->now);
            keep(n->now, w);
            free(w);
        }
}

// --- the power -----------------------------------------------------------------------------------

/* How the writes on their way fare: none arrive, all do, those up to some point, or each by chance,
 * perhaps sector by sector. */
enum arrival { LOST, ARRIVED, IN_ORDER, SHUFFLED, TORN, ARRIVALS };

static void keep_sectors(struct inode *f, const struct write *w, struct rng *dice)
{
    for (size_t at = 0; at < w->n;) {
        size_t n = SECTOR - (w->at + at) % SECTOR;
        if (n > w->n - at)
            n = w->n - at;
        if (dice_once_in(dice, 2)) {
            struct write *part = mem_alloc(sizeof *part + n);
            part->at = w->at + at;
            part->n = n;
            memcpy(part->bytes, w->bytes + at, n);
            keep(f, part);
            free(part);
        }
        at += n;
    }
}

static void cut_file(struct inode *f, struct rng *dice)
{
    const enum arrival fate = (enum arrival)dice_below(dice, ARRIVALS);
    size_t left = f->n_writes > 0 ? dice_below(dice, f->n_writes + 1) : 0;

    while (f->first) {
        struct write *w = take_write(f);
        if (fate == ARRIVED || (fate == IN_ORDER && left > 0) ||
            (fate == SHUFFLED && dice_once_in(dice, 2)))
            keep(f, w);
        else if (fate == TORN && !w->truncates)
            keep_sectors(f, w, dice);
        left -= left > 0;
        free(w);
    }
    f->size = f->room = 0;
    free(TAKE(f->bytes));
    struct write whole = {.truncates = true, .n = f->kept_size};
    put(&f->bytes, &f->size, &f->room, &whole);
    if (f->kept_size > 0)
        memcpy(f->bytes, f->kept, f->kept_size);
}

static void cut_names(struct rng *dice)
{
    size_t n = 0;

    for (const struct rename *r = renames; r; r = r->next)
        n++;
    for (size_t left = dice_below(dice, n + 1); left > 0 && renames; left--) {
        // The second half of a renaming comes with the first.
        const bool half = renames->to && renames->next && !renames->next->to;
        name_arrive(renames);
        if (half)
            name_arrive(renames);
    }
    while (renames) {
        struct rename *r = renames;
        renames = r->next;
        free(r);
    }
    last_rename = &renames;
    for (struct name *name = names; name; name = name->next)
        name->now = name->kept;
}

void disk_cut(struct rng *dice)
{
    trace_note("disk.cut", (int64_t)disk.n_syncs, 0);
    cut_names(dice);
    for (struct name *n = names; n; n = n->next)
        if (n->now && !n->now->is_dir)
            cut_file(n->now, dice);
}
