#ifndef QUEUE_QUEUE_H
#define QUEUE_QUEUE_H
/*
 * Durable work: claimed in lanes, in equal shares of the projects that have any, leased, counted
 * before it runs, retried, buried with a reason.
 *
 * One engine for the inbox now and for jobs later: a queue is a table of query names and a handler.
 * A worker owns a lease row (token, expires_at), renewed by a heartbeat thread; the rows that it
 * claims carry its token, so claiming costs one statement per batch and renewing costs one row.
 * Who lost the lease is fenced: completing checks the token in the same transaction as the effects.
 * Of one lane at most one row-holder works at a time; within a batch a lane is in order of id.
 */
#include "loop/loop.h"

#include "base/metric.h"
#include "store/store.h"
#include "trace/trace.h"

struct queue;

/* The columns that every queue table gives; the handler reads what else it needs itself. */
struct queue_row {
    int64_t id, project;
    struct str lane;
    int64_t attempts; /* this one included */
    usec_t received_at;
    struct str provider, source, event_type, call_sid, payload, trace_id;
};

/* What became of one row. */
enum queue_outcome { QUEUE_DONE, QUEUE_RETRY, QUEUE_BURY };

struct queue_verdict {
    enum queue_outcome outcome;
    struct str reason; /* of RETRY and BURY; no personal data */
};

/* One batch under way, as its handler sees it. Memory in `a` lives until after_commit is over. */
struct queue_batch {
    struct db *db; /* in an open transaction */
    const struct queue_row *rows;
    size_t n;
    struct queue_verdict *verdicts; /* one per row, QUEUE_DONE at first */
    struct arena *a;
    void *arg;    /* the handler's */
    void *result; /* what run() leaves for after_commit() */
};

/*
 * Handles a batch inside an open transaction: effects only through db. Completing the rows and the
 * commit are the engine's. False: the batch as a whole failed and is rolled back; the engine then
 * runs its rows one by one, and the row that fails alone gets that failure as its verdict
 * (ERR_INVALID buries it at once, anything else is retried). after_commit runs once it is durable.
 */
struct queue_handler {
    bool (*run)(struct queue_batch *b, struct err *e);
    void (*after_commit)(struct queue_batch *b); /* may be NULL */
    void *arg;
};

struct queue_queries {
    enum query waiting, claim, claim_tried, complete, retry, bury, reap, hasten, hold;
};

struct queue_policy {
    int64_t max_attempts;         /* 8 */
    usec_t first_wait, last_wait; /* 1 s … 1 h, doubling, half of it jitter */
    usec_t lease;                 /* 2 s */
    size_t batch;                 /* 512 */
    size_t short_batch;           /* 64: while rows come in; 0: as long as ever */
};

extern const struct queue_policy queue_policy_default;

struct queue_options {
    const char *name;
    struct store *store;
    const struct clock *clock;
    struct tracer *tracer; /* NULL: no traces */
    struct queue_queries queries;
    struct queue_handler handler;
    struct queue_policy policy;
    size_t workers; /* threads */
    /* Which rows are not to be worked on now: those with another answer than 0 are put aside with
     * it, untried, and claimed again once somebody has let them go. May be NULL. */
    int64_t (*held)(const struct queue_row *row, void *arg);
    void *held_arg;
};

struct queue_stats {
    uint64_t done, retried, buried, fenced, batches, conflicts, held;
    size_t running; /* rows under way */
    struct histogram_view lag, batch_time,
        batch_size; /* of rows, received to applied; of batches */
};

bool queue_start(const struct queue_options *o, struct queue **ret, struct err *e) CHECK_RESULT;
/* There may be work: wakes an idle worker. From any thread, cheap. */
void queue_wake(struct queue *q);
void queue_stats(const struct queue *q, struct queue_stats *ret);

/* From received to applied: of the oldest row of a project in the last batch that had any. */
struct queue_lag {
    usec_t lag;
    usec_t measured_at; /* wall; TIME_NONE: nothing of the project was applied here yet */
};

struct queue_lag queue_lag_of(const struct queue *q, int64_t project);
/* Finishes the batches under way, gives back the leases, joins. */
void queue_stop(struct queue *q);

#endif
