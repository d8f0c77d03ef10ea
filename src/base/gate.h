#ifndef BASE_GATE_H
#define BASE_GATE_H
/*
 * Lets so many through at a time, for work that blocks threads: who does not get through is told so
 * at once instead of waiting. From any thread.
 */
#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct gate {
    size_t width;
    _Atomic size_t within;
};

static inline void gate_init(struct gate *g, size_t width)
{
    g->width = width;
    atomic_init(&g->within, 0);
}

static inline bool gate_enter(struct gate *g)
{
    if (atomic_fetch_add(&g->within, 1) < g->width)
        return true;
    atomic_fetch_sub(&g->within, 1);
    return false;
}

/* Once for each that got in. */
static inline void gate_leave(struct gate *g)
{
    atomic_fetch_sub(&g->within, 1);
}

/* Nobody is within any more. */
static inline void gate_finish(const struct gate *g)
{
    assert(atomic_load(&g->within) == 0);
}

#endif
