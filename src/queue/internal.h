#ifndef QUEUE_INTERNAL_H
#define QUEUE_INTERNAL_H
/* What the files of this room share. */
#include "base/log.h"
#include "loop/bell.h"
#include "queue/queue.h"

#include <stdatomic.h>

struct queue_counters {
    _Atomic uint64_t done, retried, buried, fenced, batches, conflicts;
    _Atomic int64_t last_commit_at, last_lag;
    _Atomic size_t running;
};

struct queue {
    struct queue_options o;
    struct bell *bell;
    _Atomic bool stopping;
    struct queue_counters counters;
    struct worker **workers;
    size_t n_workers;
    struct thread *heartbeat;
    struct bell *heartbeat_end;
};

/* The claim of one batch: rows of which nobody else works on the lanes. */
struct claim {
    struct queue_row *rows;
    size_t n;
};

struct worker {
    struct queue *q;
    struct thread *thread;
    struct db *db;
    struct arena *a;      /* of the batch under way */
    struct arena *a_next; /* of the batch that was claimed with its completion */
    struct rng rng;
    char token[ID_LEN + 1]; /* of the lease; written by the worker, read by the heartbeat */
    char owner[96];
    _Atomic bool holding; /* rows are under way: the heartbeat renews the lease */
};

/* Inside a transaction. fresh: never tried rows, at most a batch; otherwise one tried before. */
bool claim_take(struct worker *w, bool fresh, struct arena *a, struct claim *ret,
                struct err *e) CHECK_RESULT;
/* Inside a transaction: writes the verdicts. *ret_held false: the lease was lost, roll back. */
bool claim_conclude(struct worker *w, const struct queue_batch *b, bool *ret_held,
                    struct err *e) CHECK_RESULT;
/* What becomes of a row: RETRY is BURY when its attempts are spent. */
enum queue_outcome verdict_outcome(const struct worker *w, const struct queue_row *row,
                                   const struct queue_verdict *v);
/* Own transaction: rows of dead workers wait again. */
bool claim_reap(struct worker *w, struct err *e) CHECK_RESULT;
/* When a row that failed for the `attempts`-th time is tried again: doubling, half of it jitter. */
usec_t retry_wait(const struct queue_policy *p, int64_t attempts, struct rng *rng);

void worker_run(void *arg);

#endif
