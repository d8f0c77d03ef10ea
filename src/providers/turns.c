/*
 * What is asked of providers is bounded for the project or the account, whoever asks:
 *
 * - *How often.* Each project has an instant before which nobody asks for it. A request moves it on
 *   by a fraction of a second; it may be ahead of its time by BURST. Whoever comes too early
 *   waits, and is sent away when the wait would be long. One word, moved by compare and swap. The
 *   fraction is that of the project's quota, times the nodes that may ask: no node knows what the
 *   others use, so each has an equal share.
 * - *After a refusal* (429) an instant of the account is moved on by what Retry-After says, or
 *   twice as far as the last time, and by something random, so that nodes which were refused
 *   together do not come back together. The first answer forgets how often it was refused.
 *
 * No project and no account has its word in common with another: one that asks much, or is refused,
 * holds up itself alone.
 */
#include "providers/turns.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "base/keyed.h"

enum { STRIKES_MAX = 6 };

#define BURST SECONDS(1) /* so much of its time may be ahead */
#define FIRST_PAUSE SECONDS(1)

struct turn {
    _Atomic usec_t next;     /* monotonic: who asks now has waited until then, or is ahead of it */
    _Atomic int64_t strikes; /* refusals in a row */
};

struct turns {
    const struct clock *clock;
    _Atomic int64_t n_nodes;
    struct keyed *projects; /* struct turn */
    struct keyed *accounts; /* likewise, by a digest of the account that nobody can aim at */
};

struct turns *turns_create(const struct clock *clock)
{
    struct turns *t = NEW(struct turns);

    t->clock = clock;
    atomic_init(&t->n_nodes, 1);
    t->projects = keyed_create(sizeof(struct turn));
    t->accounts = keyed_create(sizeof(struct turn));
    return t;
}

void turns_destroy(struct turns *t)
{
    if (!t)
        return;
    keyed_destroy(t->projects);
    keyed_destroy(t->accounts);
    free(t);
}

void turns_share(struct turns *t, int64_t n_nodes)
{
    assert(n_nodes > 0);
    atomic_store_explicit(&t->n_nodes, n_nodes, memory_order_relaxed);
}

usec_t turns_interval(const struct turns *t, int64_t most)
{
    const usec_t interval =
        SECONDS(1) * atomic_load_explicit(&t->n_nodes, memory_order_relaxed) / most;

    return interval > 0 ? interval : 1;
}

static struct turn *turn_of(struct turns *t, struct str account)
{
    return keyed_at(t->accounts, (int64_t)hash_keyed(account));
}

/* How long until what takes so much time may be sent; it is taken as sent when that is not longer
 * than the patience. */
static usec_t take(const struct turns *t, struct turn *turn, usec_t time, usec_t patience)
{
    const usec_t now = clock_monotonic(t->clock);
    usec_t next = atomic_load(&turn->next), wait, after;

    do {
        wait = next - now - BURST;
        if (wait > patience)
            return wait;
        after = (next > now ? next : now) + time;
    } while (!atomic_compare_exchange_weak(&turn->next, &next, after));
    return wait > 0 ? wait : 0;
}

usec_t turns_take(struct turns *t, const struct wish *wish)
{
    const usec_t of_account = take(t, turn_of(t, wish->account), 0, wish->patience);

    if (of_account > wish->patience)
        return of_account;
    const usec_t of_project =
        take(t, keyed_at(t->projects, wish->project), wish->time, wish->patience);
    return of_project > of_account ? of_project : of_account;
}

usec_t turns_step_back(struct turns *t, struct str account, usec_t told)
{
    struct turn *turn = turn_of(t, account);
    struct rng rng = rng_system();
    const int64_t strikes = atomic_fetch_add(&turn->strikes, 1);
    const usec_t pause =
        told > 0 ? told : FIRST_PAUSE << (strikes < STRIKES_MAX ? strikes : STRIKES_MAX);
    const usec_t wait = pause + (usec_t)rng_below(&rng, (uint64_t)pause / 2 + 1);
    const usec_t until = clock_monotonic(t->clock) + BURST + wait;
    usec_t next = atomic_load(&turn->next);

    while (next < until && !atomic_compare_exchange_weak(&turn->next, &next, until)) {
    }
    return wait;
}

void turns_answered(struct turns *t, struct str account)
{
    atomic_store(&turn_of(t, account)->strikes, 0);
}
