/* A slot whose bucket is full again is as good as empty. */
#include "inbox/budget.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/bucket.h"
#include "base/crypto.h"
#include "http/cidr.h"

enum { SETS = 4096, WAYS = 4, NETWORK_BYTES = 8 };

struct slot {
    uint64_t who;
    usec_t full_at;
};

struct budget {
    struct bucket_rate rate;
    struct slot slots[SETS][WAYS];
};

struct budget *budget_create(size_t burst, size_t per_minute)
{
    assert(burst > 0 && per_minute > 0);
    struct budget *b = NEW(struct budget);
    b->rate.interval = MINUTES(1) / (usec_t)per_minute;
    b->rate.burst = b->rate.interval * (usec_t)burst;
    return b;
}

void budget_destroy(struct budget *b)
{
    free(b);
}

uint64_t budget_client(struct str peer)
{
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    struct ip ip;
    if (!ip_parse(peer, &ip))
        return hash_keyed(peer);

    const bool v4 = memcmp(ip.bytes, mapped, sizeof(mapped)) == 0;
    return hash_keyed((struct str){(const char *)ip.bytes, v4 ? sizeof(ip.bytes) : NETWORK_BYTES});
}

static const struct slot *find(const struct budget *b, uint64_t who)
{
    const struct slot *set = b->slots[who % SETS];
    for (size_t i = 0; i < WAYS; i++)
        if (set[i].who == who)
            return &set[i];
    return NULL;
}

/* The client's slot, or the one that is missed least. */
static struct slot *take(struct budget *b, uint64_t who)
{
    struct slot *set = b->slots[who % SETS], *best = &set[0];
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].who == who)
            return &set[i];
        if (set[i].full_at < best->full_at)
            best = &set[i];
    }
    *best = (struct slot){.who = who};
    return best;
}

bool budget_is_spent(const struct budget *b, struct str peer, usec_t now)
{
    const struct slot *s = find(b, budget_client(peer));
    return s && bucket_wait(s->full_at, b->rate, now) > 0;
}

void budget_spend(struct budget *b, struct str peer, usec_t now)
{
    struct slot *s = take(b, budget_client(peer));
    if (bucket_wait(s->full_at, b->rate, now) == 0)
        s->full_at = bucket_less(s->full_at, b->rate, now);
}
