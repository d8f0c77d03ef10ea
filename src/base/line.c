/*
 * The first one of each key stands for it: in the line of turns, and in the bucket by which the
 * next one of the key finds it. When it is taken, the one behind it does.
 */
#include "base/line.h"

#include <assert.h>

/* Where the first one of this key stands, or would. */
static struct line_place **find(struct line *l, int64_t key)
{
    struct line_place **at = &l->buckets[(uint64_t)key % LINE_BUCKETS];

    while (*at && (*at)->key != key)
        at = &(*at)->bucket;
    return at;
}

size_t line_count(const struct line *l, int64_t key)
{
    const struct line_place *first = *find((struct line *)l, key); // looking changes nothing

    return first ? first->n : 0;
}

static void add_turn(struct line *l, struct line_place *p)
{
    p->turn = NULL;
    if (l->first)
        l->last->turn = p;
    else
        l->first = p;
    l->last = p;
}

void line_add(struct line *l, struct line_place *p, int64_t key)
{
    struct line_place **at = find(l, key);

    p->key = key;
    p->next = NULL;
    if (*at) {
        (*at)->last->next = p;
        (*at)->last = p;
        (*at)->n++;
        return;
    }
    p->n = 1;
    p->last = p;
    p->bucket = NULL;
    *at = p;
    add_turn(l, p);
}

/* In place of the one before it, behind all others. */
static void stand_for_key(struct line *l, struct line_place *p, const struct line_place *before)
{
    p->n = before->n - 1;
    p->last = before->last;
    p->bucket = before->bucket;
    add_turn(l, p);
}

struct line_place *line_take(struct line *l)
{
    struct line_place *p = l->first;

    assert(p);
    struct line_place **at = find(l, p->key);
    l->first = p->turn;
    *at = p->next ? p->next : p->bucket;
    if (p->next)
        stand_for_key(l, p->next, p);
    return p;
}
