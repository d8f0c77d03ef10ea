#ifndef JOBS_JOB_H
#define JOBS_JOB_H
/*
 * What a job is: something that is done again and again for each project, in small steps.
 *
 * The engine (jobs/engine.h) sees to it that in a cluster one thread at a time runs a job for a
 * project, when it is due. It calls step() until the step says `done`, and keeps the cursor, the
 * progress and the counts after each step: whoever takes over from a killed process goes on behind
 * the last step that ended. The step that was cut short is run again, so a step must bear
 * repetition: its effects go through transactions of its own, and a second time they change
 * nothing.
 */
#include "base/clock.h"
#include "base/err.h"

#include <stdatomic.h>

struct arena;
struct db;

enum job_scope {
    JOB_PROJECT,     /* for each project */
    JOB_INSTALLATION /* once; kept as a job of the first project */
};

/* Drawn anew for each run, so that the projects do not all start together. */
struct job_schedule {
    usec_t least, most; /* from the start of one run to the next; both 0: see below */
    int64_t daily_at;   /* minutes after midnight in the project's time zone; with least == 0 and
                           0 < most: each day, within `most` after that */
};
#define JOB_EVERY(least_, most_) ((struct job_schedule){.least = (least_), .most = (most_)})
#define JOB_DAILY(hour, minute, within)                                                            \
    ((struct job_schedule){.most = (within), .daily_at = 60 * (hour) + (minute)})
/* Only when somebody asks. */
#define JOB_ON_REQUEST ((struct job_schedule){0})

enum { JOB_COUNTS_MAX = 32 };

/* Of a run, added up over its steps: "checked", "synced", "drift.wrong_status" … Names are literals
 * (a-z, '_', '.'). Those that begin with "drift." are shown by day. */
struct job_count {
    struct str name;
    int64_t n;
};

/* One step under way. */
struct job_step {
    /* in */
    struct db *db; /* STORE_WORK, in no transaction; given back so */
    int64_t project, run;
    struct str token;    /* of the worker, as the row of the job carries it */
    struct str cursor;   /* JSON object: what the last step left; "{}" when a run begins */
    usec_t now;          /* wall, when the step began */
    usec_t last_success; /* when the last run began that ended well; TIME_NONE: there was none */
    const struct clock *clock;
    struct rng *rng;
    struct arena *a;             /* reset after the step */
    const _Atomic bool *stopped; /* the process ends: give up at once, with ERR_UNAVAILABLE */
    void *arg;                   /* the engine's; here a struct job_world (jobs/world.h) */
    /* out */
    struct str next_cursor; /* in `a`; STR_NONE: as it was */
    bool done;              /* nothing is left: the run has ended well, the cursor is "{}" again */
    usec_t began; /* of a run that is done: how old its success is, when it went on from the cursor
                     of a failed one; TIME_NONE: as old as the beginning of the run */
    struct err flaw; /* of a run that is done: what it had to leave out. It counts as failed, but
                        is not repeated before its time; code ERR_NONE: nothing */
    int64_t n_done;  /* progress, of the run as a whole: of n_total, when that is known (> 0) */
    int64_t n_total;
    usec_t not_before; /* of a failure: when it may be tried again at the earliest (Retry-After) */
    struct job_count counts[JOB_COUNTS_MAX]; /* of the run so far; see job_step_count() */
    size_t n_counts;
};

struct job {
    const char *name; /* in sync_state, in the API: a-z and '_' */
    enum job_scope scope;
    struct job_schedule schedule;
    bool is_reconcile; /* asks providers of itself: held while reconcile jobs are switched off */
    bool is_offered;   /* somebody may ask for a run through the API */
    bool minds_clock;  /* what is old goes for good: not by a clock that the store's contradicts */
    /* A few seconds of work at most. False: the run has failed with e; it is tried again later and
     * later, after ERR_UNAVAILABLE or ERR_INTEGRATION_TIMEOUT from the same cursor (a few times),
     * after all else from "{}".
     * ERR_INTEGRATION_AUTH is the project's to mend: it is tried at its usual time, or within an
     * hour when that is later, and is no trouble of the installation's. */
    bool (*step)(struct job_step *s, struct err *e);
};

/* Adds to a count of the run. */
void job_step_count(struct job_step *s, struct str name, int64_t n);
/* What was counted so far; 0 for what never was. */
int64_t job_step_counted(const struct job_step *s, struct str name);
/* Within a transaction of the step: keeps its counts as they are. For what a step that is cut short
 * and run again does not find once more. Fails with ERR_UNAVAILABLE when the job is another
 * worker's by now. */
bool job_step_keep_counts(const struct job_step *s, struct err *e) CHECK_RESULT;

/* All that there are (jobs/list.h). */
const struct job *const *job_list(size_t *ret_n);
/* The job of this name in a list, or NULL. */
const struct job *job_find(const struct job *const *list, size_t n, struct str name);

#endif
