#ifndef SANDBOX_TWILIO_SIM_H
#define SANDBOX_TWILIO_SIM_H
/* The simulator's parts, shared by its files. All of it belongs to the engine's thread. */
#include "sandbox/heap.h"

#include "sandbox/options.h"
#include "sandbox/twilio/leg.h"

struct post;

struct sim_options {
    struct str to, account, token, sip_user, ack_log;
    struct option_list numbers;
    int64_t port, calls, seed, burst, connections, rest_per_second;
    double rate, speed, price_after;
    double duplicates, reorder, lose, lose_ends, bad_signature, rate_limit;
    struct option_delay delay;
    bool demo, stay, quiet, help;
};

struct sim {
    const struct sim_options *o;
    const struct clock *clock;
    struct heap heap;
    struct world world;
    struct post *post;
    struct rng rng;      /* of arrivals, and of the API's refusals */
    uint64_t n_started;  /* scenes of our own */
    uint64_t n_placed;   /* scenes of the API */
    uint64_t n_playing;  /* of both */
    struct str rest_url; /* http://127.0.0.1:PORT */
};

/* So often, on average. */
static inline bool sim_happens(struct rng *r, double share)
{
    return (double)(rng_u64(r) >> 11) < share * 9007199254740992.0; // 2^53
}

/* In the time that passes here: waits shrink with --speed. */
static inline void sim_schedule(struct sim *sim, struct event *ev, usec_t wait)
{
    heap_put(&sim->heap, ev, clock_monotonic(sim->clock) + (usec_t)((double)wait / sim->o->speed));
}

#endif
