#include "loop/bell.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/arena.h"
#include "loop/condition.h"

struct bell {
    pthread_mutex_t lock;
    pthread_cond_t rang;
    bool ringing, for_ever;
    _Atomic uint64_t rings;
};

struct bell *bell_create(void)
{
    struct bell *b = NEW(struct bell);

    condition_init(&b->rang);
    pthread_mutex_init(&b->lock, NULL);
    return b;
}

void bell_destroy(struct bell *b)
{
    if (!b)
        return;
    pthread_cond_destroy(&b->rang);
    pthread_mutex_destroy(&b->lock);
    free(b);
}

void bell_ring(struct bell *b)
{
    atomic_fetch_add(&b->rings, 1);
    pthread_mutex_lock(&b->lock);
    b->ringing = true;
    pthread_cond_signal(&b->rang);
    pthread_mutex_unlock(&b->lock);
}

uint64_t bell_rings(const struct bell *b)
{
    return atomic_load(&b->rings);
}

void bell_ring_for_ever(struct bell *b)
{
    pthread_mutex_lock(&b->lock);
    b->for_ever = true;
    pthread_cond_broadcast(&b->rang);
    pthread_mutex_unlock(&b->lock);
}

bool bell_wait(struct bell *b, usec_t wait)
{
    const struct timespec until = condition_deadline(wait);
    int rc = 0;

    pthread_mutex_lock(&b->lock);
    while (!b->ringing && !b->for_ever && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&b->rang, &b->lock, &until);
    const bool rang = b->ringing || b->for_ever;
    b->ringing = false;
    pthread_mutex_unlock(&b->lock);
    return rang;
}
