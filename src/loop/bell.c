#include "loop/bell.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/arena.h"

struct bell {
    pthread_mutex_t lock;
    pthread_cond_t rang;
    bool ringing, for_ever;
};

struct bell *bell_create(void)
{
    struct bell *b = NEW(struct bell);
    pthread_condattr_t attr;

    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&b->rang, &attr);
    pthread_condattr_destroy(&attr);
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
    pthread_mutex_lock(&b->lock);
    b->ringing = true;
    pthread_cond_signal(&b->rang);
    pthread_mutex_unlock(&b->lock);
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
    struct timespec until;
    int rc = 0;

    clock_gettime(CLOCK_MONOTONIC, &until);
    const int64_t ns = until.tv_nsec + wait % SECONDS(1) * 1000;
    until.tv_sec += wait / SECONDS(1) + ns / 1000000000;
    until.tv_nsec = ns % 1000000000;

    pthread_mutex_lock(&b->lock);
    while (!b->ringing && !b->for_ever && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&b->rang, &b->lock, &until);
    const bool rang = b->ringing || b->for_ever;
    b->ringing = false;
    pthread_mutex_unlock(&b->lock);
    return rang;
}
