/*
 * What a cut of the power leaves: what is kept, and a draw from the changes that wait.
 *
 * A draw has a mood, for thousands of independent coins never fall all alike: most cuts take every
 * change for itself, others keep all, none, or all up to one of them.
 */
#include "test/disk_internal.h"

#include <stdlib.h>

#include "base/arena.h"

enum { SECTOR_SMALL = 512, SECTOR_LARGE = 4096 };

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

void node_lose_sync(struct disk *d, struct node *node)
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
    node_forget_changes(node);
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
    nodes_destroy(old_nodes);
    d->generation++;
    d->is_cut = false;
    disk_unlock(d);
}

struct disk *disk_after_cut(const struct disk *d, const struct disk_options *o, struct rng *rng)
{
    struct disk *left = disk_create_bare(o);

    disk_lock(d);
    struct draw w = draw_begin(rng);
    left->root = settle(left, d->root, &w);
    left->last_number = d->last_number;
    disk_unlock(d);
    return left;
}
