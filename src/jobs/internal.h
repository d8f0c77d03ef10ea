#ifndef JOBS_INTERNAL_H
#define JOBS_INTERNAL_H
/* What the files of the engine share. */
#include "base/arena.h"
#include "base/log.h"
#include "jobs/engine.h"
#include "loop/bell.h"
#include "loop/loop.h"

#define JOB_LEASE SECONDS(5) /* where the options name no other */

enum { JOB_ATTEMPTS_MAX = 5 };

/* One thread of the engine. */
struct runner {
    struct jobs *jobs;
    struct thread *thread;
    struct db *db;
    struct arena *claimed; /* what is known of the run in hand */
    struct arena *work;    /* of one step */
    struct arena *names;   /* every token that it ever had */
    struct rng rng;
    char owner[96];
    _Atomic(const char *) token; /* written by the runner, read by the heartbeat */
    _Atomic bool holding;        /* the heartbeat renews the lease */
    bool doubtful;               /* what carries its token is not known: it takes another name */
};

struct jobs {
    struct jobs_options o;
    struct str names; /* ",hot,warm," */
    struct arena *a;
    struct bell *bell, *heartbeat_end;
    _Atomic bool stopping;
    _Atomic usec_t plan_at; /* monotonic: when new projects are looked for */
    struct runner **runners;
    size_t n_runners;
    struct thread *heartbeat;
};

/* A run in hand. */
struct job_claim {
    const struct job *job; /* NULL: it is switched off, and was passed over */
    bool is_off;           /* a run of it waited or was under way: it ends */
    int64_t project, attempts, failures, run;
    usec_t started_at;   /* this run */
    usec_t began;        /* what becomes last_success when it ends well */
    usec_t last_success; /* when the last good one began */
    struct str zone, cursor;
    int64_t done, total;
    struct job_count counts[JOB_COUNTS_MAX];
    size_t n_counts;
};

/* The engine with runners, and without threads. Ends with jobs_stop(). */
struct jobs *jobs_create(const struct jobs_options *o);
/* A runner without a thread, named. */
struct runner *runner_create(struct jobs *j);
void runner_destroy(struct runner *r);
void runner_take_name(struct runner *r);

/* Takes what has been due longest; *ret_found false: nothing is. Memory in r->claimed. */
bool claim_job(struct runner *r, struct job_claim *ret, bool *ret_found,
               struct err *e) CHECK_RESULT;
/* *ret false: the job minds the clock, and ours is more than an hour from the store's. */
bool clock_serves(struct runner *r, const struct job *job, bool *ret, struct err *e) CHECK_RESULT;
/* The end of a step: cursor, progress and counts. *ret_held false: somebody else has the job. */
bool keep_step(struct runner *r, const struct job_claim *c, bool *ret_held,
               struct err *e) CHECK_RESULT;
/* The run goes on when its turn comes again, from `next` on. */
bool give_way(struct runner *r, const struct job_claim *c, usec_t next, struct err *e) CHECK_RESULT;
/* The end of the run. why NULL: it succeeded. next: when the job is due again. *ret_held as for
 * a step. */
bool end_run(struct runner *r, const struct job_claim *c, const struct err *why, usec_t next,
             bool *ret_held, struct err *e) CHECK_RESULT;
bool drop_lease(struct runner *r, struct err *e) CHECK_RESULT;

/* Whether anything is due. */
bool is_due(struct runner *r, bool *ret, struct err *e) CHECK_RESULT;
/* Gives every project that has come since a first time for each job. */
bool plan_jobs(struct runner *r, struct err *e) CHECK_RESULT;

/* Takes one job and runs it until it ends or has to give way. False: nothing was due, or the store
 * failed. */
bool runner_round(struct runner *r);

#endif
