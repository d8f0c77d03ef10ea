#ifndef SIM_RUN_H
#define SIM_RUN_H
/* One run: a seed's world from its first boot to the audit of what is left. */
#include "sim/fate.h"

#include "sim/trace.h"

struct outcome {
    uint64_t seed, hash, n_turns, n_steps, n_sent, n_acknowledged;
    usec_t lasted; /* virtual */
    uint64_t strikes[FATE_COUNT];
    char wrong[1024]; /* empty: nothing */
};

/* Once per process, before the first run: what all of them begin with. */
void run_prepare(void);
/* Once per process: SQLite's own randomness, and the memory of the dead, are the process's. */
void run_seed(uint64_t seed, enum trace how, struct outcome *ret);

#endif
