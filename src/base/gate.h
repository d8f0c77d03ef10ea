#ifndef BASE_GATE_H
#define BASE_GATE_H
/*
 * Lets so many through at a time, for work that blocks threads: who does not get through is told so
 * at once instead of waiting. A gate may stand within another, which all that get through it go
 * through too: so several kinds of work have one bound together. From any thread.
 */
#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct gate {
    size_t width;
    struct gate *outer; /* NULL: there is none */
    _Atomic size_t within;
};

/* outer: outlives this one; may be NULL. */
static inline void gate_init(struct gate *g, size_t width, struct gate *outer)
{
    g->width = width;
    g->outer = outer;
    atomic_init(&g->within, 0);
}

static inline bool gate_enter(struct gate *g)
{
    if (atomic_fetch_add(&g->within, 1) < g->width && (!g->outer || gate_enter(g->outer)))
        return true;
    atomic_fetch_sub(&g->within, 1);
    return false;
}

/* Once for each that got in. */
static inline void gate_leave(struct gate *g)
{
    if (g->outer)
        gate_leave(g->outer);
    atomic_fetch_sub(&g->within, 1);
}

/* Nobody is within any more. */
static inline void gate_finish(const struct gate *g)
{
    assert(atomic_load(&g->within) == 0);
}

#endif
