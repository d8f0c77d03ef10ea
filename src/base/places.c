#include "base/places.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/arena.h"

struct places {
    size_t width, of_one;
    pthread_mutex_t lock; /* of those below */
    size_t n;
    int64_t within[]; /* the key of each that is */
};

struct places *places_create(size_t width, size_t of_one)
{
    struct places *p = mem_alloc(sizeof *p + width * sizeof *p->within);

    assert(of_one > 0 && of_one <= width);
    pthread_mutex_init(&p->lock, NULL);
    p->width = width;
    p->of_one = of_one;
    p->n = 0;
    return p;
}

void places_destroy(struct places *p)
{
    if (!p)
        return;
    assert(p->n == 0);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

static size_t count(const struct places *p, int64_t key)
{
    size_t n = 0;

    for (size_t i = 0; i < p->n; i++)
        n += p->within[i] == key;
    return n;
}

bool places_enter(struct places *p, int64_t key)
{
    pthread_mutex_lock(&p->lock);
    const bool may = p->n < p->width && count(p, key) < p->of_one;
    if (may)
        p->within[p->n++] = key;
    pthread_mutex_unlock(&p->lock);
    return may;
}

void places_leave(struct places *p, int64_t key)
{
    size_t i = 0;

    pthread_mutex_lock(&p->lock);
    while (i < p->n && p->within[i] != key)
        i++;
    assert(i < p->n);
    p->within[i] = p->within[--p->n];
    pthread_mutex_unlock(&p->lock);
}
