#include "base/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/compiler.h"

/* Without randomness no secret is one: no way to go on. */
NO_RETURN static void refuse_to_guess(void)
{
    static const char last_word[] = "hookswitch: the kernel gives no random numbers (getrandom)\n";

    const ssize_t n = write(STDERR_FILENO, last_word, sizeof(last_word) - 1);
    (void)n; // nothing could be done about it
    abort();
}

static void system_fill(struct rng *r, void *dst, size_t n)
{
    (void)r;
    unsigned char *at = dst;
    while (n) {
        ssize_t got = getrandom(at, n, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            refuse_to_guess();
        at += got;
        n -= (size_t)got;
    }
}

struct rng rng_system(void)
{
    return (struct rng){.fill = system_fill};
}

static uint64_t rotate(uint64_t v, unsigned by)
{
    return v << by | v >> (64 - by);
}

/* xoshiro256** 1.0, Blackman and Vigna. */
static uint64_t seeded_next(uint64_t s[4])
{
    uint64_t next = rotate(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return next;
}

static void seeded_fill(struct rng *r, void *dst, size_t n)
{
    unsigned char *at = dst;
    while (n) {
        uint64_t v = seeded_next(r->state);
        for (size_t i = 0; i < sizeof(v) && n; i++, n--) {
            *at++ = (unsigned char)v; // byte by byte: the same on every machine
            v >>= 8;
        }
    }
}

/* splitmix64 spreads the seed over the state, which must not be all zero. */
struct rng rng_seeded(uint64_t seed)
{
    struct rng r = {.fill = seeded_fill};
    for (size_t i = 0; i < LEN(r.state); i++) {
        seed += 0x9E3779B97F4A7C15u;
        uint64_t z = seed;
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
        z = (z ^ z >> 27) * 0x94D049BB133111EBu;
        r.state[i] = z ^ z >> 31;
    }
    return r;
}

void rng_fill(struct rng *r, void *dst, size_t n)
{
    r->fill(r, dst, n);
}

uint64_t rng_u64(struct rng *r)
{
    unsigned char bytes[8];
    uint64_t v = 0;
    r->fill(r, bytes, sizeof(bytes));
    for (size_t i = sizeof(bytes); i-- > 0;)
        v = v << 8 | bytes[i];
    return v;
}

uint64_t rng_below(struct rng *r, uint64_t n)
{
    assert(n > 0);
    // 2^64 mod n values at the low end are drawn again: the rest divides evenly.
    uint64_t uneven = (0 - n) % n;
    uint64_t v;
    do {
        v = rng_u64(r);
    } while (v < uneven);
    return v % n;
}
