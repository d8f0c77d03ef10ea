#ifndef SIM_FATE_H
#define SIM_FATE_H
/*
 * What befalls the world. A seed draws a plan (how many nodes, which troubles, how often); a fiber
 * lets them happen until the calm. Whatever struck is counted: a fault that a thousand runs have
 * never met is not tested.
 */
#include "sim/fiber.h"

#include <stddef.h>

/* name, whether it is drawn (or happens by itself), what it is */
#define FATES(X)                                                                                   \
    X(KILL, true, "kill -9 at any step")                                                           \
    X(POWER, true, "power cut: unsynced writes are lost, torn and reordered")                      \
    X(CRASH_LOOP, true, "F014: ten kills within twenty seconds, under load")                       \
    X(FREEZE, true, "a process stands still, longer than its leases")                              \
    X(FREEZE_THREAD, true, "one thread stands still, longer than its lease")                       \
    X(CLOCK_HOUR, true, "F090: the wall clock jumps an hour ahead or back")                        \
    X(CLOCK_STEP, true, "F091: the wall clock steps two seconds back in a burst")                  \
    X(SLOW_DISK, true, "a sync takes seconds")                                                     \
    X(FULL_DISK, true, "the disk is full for a while")                                             \
    X(WRITE_FAILS, true, "a write fails with EIO")                                                 \
    X(SYNC_FAILS, true, "a sync fails and has lost what it was about")                             \
    X(OUTAGE, true, "the store fails for a while; then perhaps the power goes")                    \
    X(LOCKED, true, "another program holds the file's lock for seconds")                           \
    X(POINTS, true, "calls fail at the fault points of the rooms")                                 \
    X(STORM, true, "F026: every row's work fails for a while")                                     \
    X(LONG_WORK, true, "F024: the work on a batch takes longer than the lease")                    \
    X(RESTART, true, "a node is stopped in good order and started again")                          \
    X(CHECKPOINT, true, "the log is copied back and begun anew")                                   \
    X(RETENTION, true, "F166: old events leave the feed; who resumes before them is told")         \
    X(DEATH_CLAIMED, false, "F016: died after the claim, before the effects")                      \
    X(DEATH_DONE, false, "F019: died after the effects, before the rows were concluded")           \
    X(TWO_WORKERS, false, "F021: two workers claim at the same time")                              \
    X(LATE_COMMIT, false, "F060: a reader looks while an earlier number is not yet committed")     \
    X(RETRY, false, "the provider repeats what was not acknowledged")                              \
    X(RESIGNED, false, "the same event comes again, differently signed")                           \
    X(POISON, false, "F022: an event that no attempt can handle")                                  \
    X(RESUME, false, "a viewer resumes by number")                                                 \
    X(STALL, false, "a viewer stops reading")                                                      \
    X(RESYNC, false, "a viewer is told to load anew")                                              \
    X(SPOOLED, false, "events go through the spool")                                               \
    X(DARK_SPOOL, false, "a power cut while the spool holds acknowledged events")                  \
    X(FOUND, false, "a call of which no webhook came is found by asking the provider")             \
    X(UNASKED, false, "the provider is asked and refuses, fails or talks nonsense")                \
    X(STALE, false, "F087: the provider answers with what it knew a while ago")                    \
    X(LATE, false, "the provider takes longer to answer than a lease lasts")                       \
    X(DEATH_ASKING, false, "died within a step of reconciling")

enum fate {
#define X(name, drawn, text) FATE_##name,
    FATES(X)
#undef X
        FATE_COUNT
};

/* What a seed has drawn. */
struct plan {
    uint64_t seed;
    size_t n_nodes, n_viewers;
    size_t ring, batch;
    uint64_t n_calls;
    double speed, calls_per_second;
    double duplicates, reorder, lose, delay, forged, poison, resigned;
    uint32_t retries;
    usec_t trouble_lasts, trouble_every;
    unsigned troubles; /* bits of the fates that may be drawn */
    bool ends_dark;    /* the power goes once more when all is quiet */
    bool asks;         /* reconcile runs; of its questions, so many are answered … */
    double stale, late, unasked;
    size_t rows; /* of a page of the provider's */
};

void fate_begin(uint64_t seed, struct process *outside);
const struct plan *fate_plan(void);
/* Lets it happen, in a fiber of its own, until fate_is_over(). */
void fate_start(void);
bool fate_is_over(void);
/* Of the machine's wall clock. */
usec_t fate_skew(void);
/* For the handler. */
bool fate_work_fails(void);
usec_t fate_work_takes(void);
void fate_struck(enum fate f);
uint64_t fate_strikes(enum fate f);
const char *fate_text(enum fate f);

#endif
