#ifndef JOBS_ENGINE_H
#define JOBS_ENGINE_H
/*
 * Runs jobs (jobs/job.h) when they are due, in a cluster each by one thread at a time.
 *
 * A row of sync_state per project and job says when it is next due and who has it in hand. A thread
 * claims the one that has been due longest and holds a lease (as the workers of queue/ do, in the
 * database's time) that a heartbeat renews. Each step ends with a fenced write of the cursor. Who
 * dies leaves a claim whose lease runs out: then anybody goes on from the cursor. A long run gives
 * way after a while to what is due by then.
 */
#include "jobs/job.h"
#include "store/store.h"

struct jobs;

struct jobs_options {
    struct store *store;
    const struct clock *clock;
    const struct job *const *jobs;
    size_t n_jobs;
    size_t threads;
    usec_t lease; /* of a thread that is at work; 0: five seconds */
    /* Whether a job is switched on for a project; one that is not is passed over until its next
     * time, and its run that waits or is under way fails. NULL: all are. From any thread. */
    bool (*is_on)(const struct job *j, int64_t project, void *arg);
    /* A run has ended, well or not, with these counts. From any thread; may be NULL. */
    void (*on_ended)(const struct job *j, bool ok, const struct job_count *counts, size_t n,
                     void *arg);
    void *arg; /* given to steps too */
};

bool jobs_start(const struct jobs_options *o, struct jobs **ret, struct err *e) CHECK_RESULT;
/* A run was asked for: wakes a thread. From any thread, cheap. */
void jobs_wake(struct jobs *j);
/* The steps under way are told to end; their runs go on elsewhere, from their cursors. Joins. */
void jobs_stop(struct jobs *j);

#endif
