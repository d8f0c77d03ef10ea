#include "base/places.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/gate.h"
#include "base/keyed.h"

struct places {
    struct gate all;
    size_t of_one;
    struct keyed *taken; /* _Atomic size_t */
};

struct places *places_create(size_t width, size_t of_one, struct gate *outer)
{
    struct places *p = NEW(struct places);

    assert(of_one > 0 && of_one <= width);
    gate_init(&p->all, width, outer);
    p->of_one = of_one;
    p->taken = keyed_create(sizeof(_Atomic size_t));
    return p;
}

void places_destroy(struct places *p)
{
    if (!p)
        return;
    gate_finish(&p->all);
    keyed_destroy(p->taken);
    free(p);
}

bool places_enter(struct places *p, int64_t key)
{
    _Atomic size_t *taken = keyed_at(p->taken, key);

    if (atomic_fetch_add(taken, 1) < p->of_one && gate_enter(&p->all))
        return true;
    atomic_fetch_sub(taken, 1);
    return false;
}

void places_leave(struct places *p, int64_t key)
{
    _Atomic size_t *taken = keyed_at(p->taken, key);

    gate_leave(&p->all);
    atomic_fetch_sub(taken, 1);
}
