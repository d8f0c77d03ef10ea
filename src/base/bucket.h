#ifndef BASE_BUCKET_H
#define BASE_BUCKET_H
/*
 * A token bucket that is kept as one time, when it will be full again (the "generic cell rate
 * algorithm"): each token that is taken moves that time one interval further, and none is left when
 * it lies more than the whole burst ahead. Zero is a full bucket.
 */
#include <stdatomic.h>

#include "base/time.h"

struct bucket_rate {
    usec_t interval; /* one token */
    usec_t burst;    /* all of them */
};

/* So many in the long run, and ten seconds' worth of them (one at least) at once. */
static inline struct bucket_rate bucket_per_minute(int64_t n)
{
    const usec_t interval = n < MINUTES(1) ? MINUTES(1) / n : 1;

    return (struct bucket_rate){interval, interval > SECONDS(10) ? interval : SECONDS(10)};
}

/* How long until a token is there; 0: now. */
static inline usec_t bucket_wait(usec_t full_at, struct bucket_rate r, usec_t now)
{
    const usec_t wait = full_at - now - (r.burst - r.interval);

    return wait > 0 ? wait : 0;
}

/* The bucket, with one token less. */
static inline usec_t bucket_less(usec_t full_at, struct bucket_rate r, usec_t now)
{
    return (full_at > now ? full_at : now) + r.interval;
}

/* Takes a token, from any thread; otherwise tells how long until one is there, at least 1. */
static inline usec_t bucket_take(_Atomic usec_t *full_at, struct bucket_rate r, usec_t now)
{
    usec_t at = atomic_load_explicit(full_at, memory_order_relaxed);

    for (;;) {
        const usec_t wait = bucket_wait(at, r, now);
        if (wait > 0)
            return wait;
        if (atomic_compare_exchange_weak_explicit(full_at, &at, bucket_less(at, r, now),
                                                  memory_order_relaxed, memory_order_relaxed))
            return 0;
    }
}

#endif
