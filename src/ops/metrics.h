#ifndef OPS_METRICS_H
#define OPS_METRICS_H
/*
 * /metrics, for Prometheus (docs/metrics.md): what the rooms of this process have counted, and what
 * a thread counts in the store now and then. No label has a value that somebody outside chooses,
 * so that the number of series is bounded.
 */
#include "inbox/door.h"
#include "jobs/job.h"
#include "store/store.h"

struct metrics;
struct hub;
struct inbox;
struct queue;
struct wakeups;
struct tracer;
struct traffic;
struct asked;
struct hasher;

/* The rooms whose figures are told; NULL: this process has none, or not yet. */
struct metrics_rooms {
    const struct doors *doors, *steering; /* the second were there first */
    const struct inbox *inbox;
    const struct queue *queue;
    const struct hub *hub;
    const struct wakeups *wakeups;
    const struct tracer *tracer;
    const struct traffic *traffic;
    const struct asked *asked;
    const struct hasher *hasher;
};

struct metrics_options {
    struct store *store;
    const struct clock *clock;
    struct str token, allowed; /* of the configuration; both empty: nobody may read them */
    struct str spool_dir;      /* the free space beside it is told */
    struct str database_url;   /* of SQLite: the same, and the size of its log */
};

bool metrics_create(const struct metrics_options *o, struct metrics **ret,
                    struct err *e) CHECK_RESULT;
/* Accepts NULL. */
void metrics_destroy(struct metrics *m);
/* From now on the store is asked. */
bool metrics_start(struct metrics *m, struct err *e) CHECK_RESULT;
/* Before the store is closed; accepts NULL. */
void metrics_stop(struct metrics *m);

/* For jobs_options.on_ended: the run of a job has ended. From any thread. */
void metrics_job_ended(struct metrics *m, const struct job *j, bool ok,
                       const struct job_count *counts, size_t n);
/* How long the canary took; TIME_NONE: it failed. */
void metrics_canary(struct metrics *m, usec_t took);
/* Whether there is an account that it can sign for. */
void metrics_canary_state(struct metrics *m, bool flies);

/* Answers GET /metrics, on the loop. False: it is another path, or nobody may read them. */
bool metrics_handle(struct metrics *m, const struct metrics_rooms *rooms,
                    struct http_exchange *x) CHECK_RESULT;

#endif
