#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H
/* Time, randomness and identifiers are handed in. The system's ones, and ones that stand still. */
#include "base/time.h"

struct clock {
    usec_t (*wall)(const struct clock *c);      /* UTC; may jump */
    usec_t (*monotonic)(const struct clock *c); /* never goes back; for waits, leases, rates */
    void *arg;
};

struct rng {
    void (*fill)(struct rng *r, void *dst, size_t n);
    uint64_t state[4];
};

extern const struct clock clock_system;

static inline usec_t clock_wall(const struct clock *c)
{
    return c->wall(c);
}

static inline usec_t clock_monotonic(const struct clock *c)
{
    return c->monotonic(c);
}

/* A clock that shows *at on both faces. */
struct clock clock_fixed(usec_t *at);

/* From the kernel (getrandom); blocks until the pool is ready, never fails. */
struct rng rng_system(void);
/* Reproducible: xoshiro256** from a seed. Never for secrets. */
struct rng rng_seeded(uint64_t seed);
void rng_fill(struct rng *r, void *dst, size_t n);
uint64_t rng_u64(struct rng *r);
/* Uniform in 0 … n-1; n > 0. */
uint64_t rng_below(struct rng *r, uint64_t n);

/* A ULID: 26 characters of Crockford base 32, sorts by time. dst gets a zero byte too. */
enum { ID_LEN = 26, ID_BYTES = 16 };
void id_make(usec_t now, struct rng *r, char dst[ID_LEN + 1]);
struct str id_new(const struct clock *c, struct rng *r, struct arena *a);
/* What it is written for. False: no ULID. */
bool id_bytes(struct str id, unsigned char ret[ID_BYTES]) CHECK_RESULT;

#endif
