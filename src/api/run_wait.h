#ifndef API_RUN_WAIT_H
#define API_RUN_WAIT_H
/*
 * Waits for the end of a run of a job, for clients that want what came of it with the answer.
 *
 * A run may be under way on another node, so its row is looked at a few times a second, and nothing
 * is held between two looks. Who waits blocks a thread of the API: a few may at a time, the others
 * go on at once with the run as it is.
 */
#include "base/clock.h"
#include "jobs/run.h"

struct places;
struct run_wait;

/* at_once: so many may wait. places: of all that keep a thread waiting; borrowed. */
struct run_wait *run_wait_create(const struct clock *clock, size_t at_once, struct places *places);
/* Nobody waits any longer, from now on. From any thread. */
void run_wait_stop(struct run_wait *w);
/* Accepts NULL. */
void run_wait_destroy(struct run_wait *w);

/* Until `run` of the project has ended, ten seconds at most. It is given back as it was seen last;
 * memory in a. In no transaction. */
bool run_wait_end(struct run_wait *w, struct db *db, int64_t project, struct arena *a,
                  struct job_run *run, struct err *e) CHECK_RESULT;

#endif
