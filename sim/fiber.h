#ifndef SIM_FIBER_H
#define SIM_FIBER_H
/*
 * The world's one thread: fibers, the processes that they belong to, and the time that they see.
 *
 * A fiber stands for a thread of a process (or for something of the world outside). One runs at a
 * time, until it waits or comes to a step: a place where a real thread could be interrupted. There
 * the dice of the seed decide who goes on. When nobody can, time jumps to the next moment at which
 * somebody can. So a run is a function of its seed, and hours pass in a second.
 */
#include "base/clock.h"

#include <stdbool.h>

struct fiber;

#define NEVER INT64_MAX

/* What a process ends with, besides its own wish. */
enum death { DEATH_NONE, DEATH_KILL, DEATH_POWER };

struct process {
    struct process *next;
    int number;
    char name[16];
    bool dead;
    usec_t skew;         /* of its wall clock */
    usec_t frozen_until; /* SIGSTOP */
    /* Set to die at the n-th step from now. */
    uint64_t dies_in;
    enum death dies_of;
    bool dies_at_work; /* soon after one of its workers has got rows */
    void *owner;
};

struct sim_world {
    usec_t now; /* since the beginning; the monotonic clock of all */
    uint64_t n_steps, n_turns;
    uint64_t steps_max;
    unsigned preempt; /* of so many steps, one gives others their turn */
    struct rng dice;  /* who goes on */
    struct rng luck;  /* what the system's own randomness is made of */
    bool over;
    bool still; /* somebody from outside looks: no step, nobody else goes on */
    /* A process dies at this step; does not return when it is the running fiber's. */
    void (*on_death)(struct process *p, enum death how);
};

extern struct sim_world world;

/* Forgets everything; processes and fibers of before are gone. */
void world_begin(uint64_t seed);
/* Runs until world.over, or until nobody can ever go on (false), or the steps are spent (false). */
bool world_run(void);

struct process *process_create(const char *name, void *owner);
/* Its fibers never run again; what they hold is left as it is. */
void process_end(struct process *p);
/* Of the running fiber; NULL outside of fibers. */
struct process *process_self(void);

struct fiber *fiber_start(struct process *p, const char *name, void (*fn)(void *arg), void *arg);
struct fiber *fiber_self(void);
const char *fiber_name(const struct fiber *f);
struct process *fiber_process(const struct fiber *f);
bool fiber_is_done(const struct fiber *f);
/* Any fiber of the process, by chance; NULL: none. */
struct fiber *fiber_any(const struct process *p, struct rng *dice);
void fiber_freeze(struct fiber *f, usec_t until);

/* Here a thread may be interrupted, and its process may die. */
void fiber_step(void);
/* Until somebody wakes the key or the moment has come. True: woken. */
bool fiber_wait(const void *key, usec_t until);
void fiber_sleep(usec_t t);
void fiber_wake_one(const void *key);
void fiber_wake_all(const void *key);
/* Until it is done. */
void fiber_join(struct fiber *f);

/* One of n, and true once in n times. */
static inline uint64_t dice_below(struct rng *r, uint64_t n)
{
    return rng_below(r, n);
}
static inline bool dice_once_in(struct rng *r, uint64_t n)
{
    return rng_below(r, n) == 0;
}
/* From least to most. */
static inline usec_t dice_between(struct rng *r, usec_t least, usec_t most)
{
    return least + (usec_t)rng_below(r, (uint64_t)(most - least) + 1);
}

#endif
