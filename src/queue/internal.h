#ifndef QUEUE_INTERNAL_H
#define QUEUE_INTERNAL_H
/* What the files of this room share. */
#include "base/log.h"

#include <stdatomic.h>

#include "base/keyed.h"
#include "loop/bell.h"
#include "queue/queue.h"

struct queue_counters {
    _Atomic uint64_t done, retried, buried, fenced, batches, conflicts, held;
    _Atomic size_t running;
    struct histogram lag, batch_time, batch_size;
};

/* What was last measured of a project; all zero: nothing yet. */
struct project_lag {
    _Atomic usec_t lag, measured_at;
};

/*
 * Where fresh rows are looked for. Where somebody holds an old snapshot, PostgreSQL walks over
 * every entry that its index of waiting rows ever had; a claim therefore starts behind what is long
 * done, and looks back to the first row, for those that were put back or committed late, for a
 * small share of the time. Claims take turns: only one of them changes this.
 */
struct gaze {
    _Atomic int64_t from;   /* nothing below was waiting, a while ago */
    _Atomic int64_t next;   /* what `from` is to become */
    _Atomic usec_t next_at; /* when it may; monotonic, like the next */
    _Atomic usec_t look_back_at;
};

/*
 * Which projects have fresh rows. Each claim looks, as long as that is quick: where the index is
 * full of dead entries it is done for a small share of the time, and who comes anew waits that
 * long.
 */
struct crowd {
    int64_t *projects; /* at most a batch of them */
    size_t n;
    int64_t after;  /* there were too many for one batch: the next look begins behind this one */
    bool is_all;    /* these are all that had any a moment ago */
    usec_t look_at; /* monotonic; before, what is known must do */
};

struct queue {
    struct queue_options o;
    struct bell *bell;
    _Atomic usec_t woken_at;     /* monotonic: when somebody last brought rows; 0: never yet */
    _Atomic usec_t gather_until; /* monotonic: what rings before is left to gather */
    _Atomic bool gathering;      /* somebody waits for that, and takes all that has come by then */
    _Atomic bool stopping;
    struct queue_counters counters;
    struct keyed *lags; /* struct project_lag, by project */
    struct gaze gaze;
    _Atomic usec_t
        sweep_at; /* when the claimed rows are looked at, whether a lease has run out or not */
    struct worker **workers;
    size_t n_workers;
    struct thread *heartbeat;
    struct bell *heartbeat_end;
};

/* What workers share, of a queue that is all zero otherwise; without workers and threads. */
void queue_open(struct queue *q, const struct queue_options *o);
void queue_close(struct queue *q);

/* The claim of one batch: rows of which nobody else works on the lanes. */
struct claim {
    struct queue_row *rows;
    size_t n;
    bool more;        /* one of the projects may have more rows than its share */
    usec_t leased_at; /* when it renewed the lease, monotonic; 0: it did not */
};

struct worker {
    struct queue *q;
    struct thread *thread;
    struct db *db;
    struct arena *claimed;      /* the rows of the batch under way, and their verdicts */
    struct arena *claimed_next; /* those of the batch that is claimed with its completion */
    struct arena *work;         /* what the handler makes of them; reset before each attempt */
    struct crowd crowd;
    struct arena *names; /* every token that it ever had */
    struct rng rng;
    /* Of the lease. Written by the worker, read by the heartbeat. A worker that does not know which
     * rows carry its token takes another one; then those are soon anybody's. */
    _Atomic(const char *) token;
    bool doubtful;
    bool took_all; /* the last round did, and all of it went well */
    char owner[96];
    usec_t began;         /* to work on the rows at hand; monotonic */
    _Atomic bool holding; /* rows are under way: the heartbeat renews the lease */
    usec_t leased_at;     /* when a claim last did; monotonic; 0: the lease is not there */
    usec_t reap_at;       /* when the leases of others are looked at again; monotonic */
    usec_t tried_at;      /* when rows that were tried before are; monotonic */
};

/* A worker without a thread, not yet named. */
struct worker *worker_create(struct queue *q);
void worker_destroy(struct worker *w);
/* A token that no row carries yet. */
void worker_take_name(struct worker *w);

/* Inside a transaction. fresh: rows that were never tried, at most a batch; otherwise one that was
 * tried before. */
bool claim_take(struct worker *w, bool fresh, struct arena *a, struct claim *ret,
                struct err *e) CHECK_RESULT;
/* Inside a transaction: writes the verdicts. *ret_held false: the lease was lost, roll back. */
bool claim_conclude(struct worker *w, const struct queue_batch *b, bool *ret_held,
                    struct err *e) CHECK_RESULT;
/* Rows that a gate keeps: each with what the gate says of it. */
struct kept_rows {
    int64_t *ids, *held;
    size_t n;
};
/* Inside a transaction: puts claimed rows aside. *ret_held false: the lease was lost, roll back. */
bool claim_put_aside(struct worker *w, const struct kept_rows *kept, bool *ret_held,
                     struct err *e) CHECK_RESULT;
/* What becomes of a row: RETRY is BURY when its attempts are spent. */
enum queue_outcome verdict_outcome(const struct worker *w, const struct queue_row *row,
                                   const struct queue_verdict *v);
/* Own transaction: rows of dead workers wait again. */
bool claim_reap(struct worker *w, struct err *e) CHECK_RESULT;
/* When a row that failed for the `attempts`-th time is tried again: doubling, half of it jitter. */
usec_t retry_wait(const struct queue_policy *p, int64_t attempts, struct rng *rng);

/* Works off what there is, once around. False: nothing was there, or the store failed. */
bool worker_round(struct worker *w);
/* The thread: takes a name, goes round until the queue stops, gives its lease back. */
void worker_run(void *arg);

#endif
