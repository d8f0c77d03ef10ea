/* They are counted by the whole hash, not by a slot of a table as in inbox/budget.c: no one waits
 * for whoever happens to meet them there. */
#include "api/crowd.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/arena.h"

enum { WIDTH_MAX = 2048 };

struct crowd {
    pthread_mutex_t lock;
    size_t width, of_one, n;
    uint64_t who[WIDTH_MAX];
};

struct crowd *crowd_create(size_t width, size_t of_one)
{
    struct crowd *c = NEW(struct crowd);

    assert(of_one > 0 && of_one <= width && width <= WIDTH_MAX);
    pthread_mutex_init(&c->lock, NULL);
    c->width = width;
    c->of_one = of_one;
    return c;
}

void crowd_destroy(struct crowd *c)
{
    if (!c)
        return;
    pthread_mutex_destroy(&c->lock);
    free(c);
}

static size_t count(const struct crowd *c, uint64_t who)
{
    size_t n = 0;

    for (size_t i = 0; i < c->n; i++)
        n += c->who[i] == who;
    return n;
}

bool crowd_enter(struct crowd *c, uint64_t who)
{
    pthread_mutex_lock(&c->lock);
    const bool may = c->n < c->width && count(c, who) < c->of_one;
    if (may)
        c->who[c->n++] = who;
    pthread_mutex_unlock(&c->lock);
    return may;
}

void crowd_leave(struct crowd *c, uint64_t who)
{
    size_t i = 0;

    pthread_mutex_lock(&c->lock);
    while (i < c->n && c->who[i] != who)
        i++;
    assert(i < c->n);
    c->who[i] = c->who[--c->n];
    pthread_mutex_unlock(&c->lock);
}
