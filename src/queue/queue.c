#include "queue/queue.h"

#include <stdlib.h>

#include "base/arena.h"
#include "loop/loop.h"
#include "queue/internal.h"

const struct queue_policy queue_policy_default = {
    .max_attempts = 8,
    .first_wait = SECONDS(1),
    .last_wait = HOURS(1),
    .lease = SECONDS(2),
    .batch = 512,
    .short_batch = 64,
};

static void renew(struct queue *q, struct db *db, const struct worker *w)
{
    struct err e = {0};

    if (atomic_load(&w->holding) &&
        !db_exec(db, Q_QUEUE_LEASE_RENEW,
                 BINDS(bind_str("token", str_from(atomic_load(&w->token))),
                       bind_time("now", clock_wall(q->o.clock)),
                       bind_int("lease_us", q->o.policy.lease)),
                 NULL, &e))
        log_failure(NULL, LOG_WARN, "queue.lease_renew", &e);
}

/* Not by the workers: they may be waiting for these locks. */
static void end_stalled(struct queue *q, struct db *db, struct arena *a)
{
    struct rows *rows;
    struct err e = {0};

    arena_reset(a);
    if (!db_query(db, Q_QUEUE_STALLED_END, BINDS(bind_int("lease_us", q->o.policy.lease)), a, &rows,
                  &e))
        log_failure(NULL, LOG_WARN, "queue.stalled_end", &e);
}

/* Three times within a lease: those of workers that are at work are renewed. */
static void beat(void *arg)
{
    struct queue *q = arg;
    _cleanup_(db_closep) struct db *db = store_connect(q->o.store, STORE_WORK);
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);

    while (!bell_wait(q->heartbeat_end, q->o.policy.lease / 3)) {
        end_stalled(q, db, a);
        for (size_t i = 0; i < q->n_workers; i++)
            renew(q, db, q->workers[i]);
    }
}

void queue_open(struct queue *q, const struct queue_options *o)
{
    q->o = *o;
    q->bell = bell_create();
    q->heartbeat_end = bell_create();
    q->lags = keyed_create(sizeof(struct project_lag));
}

void queue_close(struct queue *q)
{
    bell_destroy(q->bell);
    bell_destroy(q->heartbeat_end);
    keyed_destroy(q->lags);
}

void queue_stop(struct queue *q)
{
    if (!q)
        return;
    atomic_store(&q->stopping, true);
    bell_ring_for_ever(q->bell);
    bell_ring_for_ever(q->heartbeat_end);
    for (size_t i = 0; i < q->n_workers; i++)
        if (q->workers[i]->thread)
            thread_join(q->workers[i]->thread);
    if (q->heartbeat)
        thread_join(q->heartbeat);
    for (size_t i = 0; i < q->n_workers; i++)
        worker_destroy(q->workers[i]);
    queue_close(q);
    free(q->workers);
    free(q);
}

DEFINE_CLEANUP(struct queue, queue_stop)

bool queue_start(const struct queue_options *o, struct queue **ret, struct err *e)
{
    _cleanup_(queue_stopp) struct queue *q = NEW(struct queue);

    queue_open(q, o);
    atomic_store(&q->sweep_at, clock_monotonic(o->clock));
    q->workers = mem_alloc(o->workers * sizeof(struct worker *));
    while (q->n_workers < o->workers)
        q->workers[q->n_workers++] = worker_create(q);
    for (size_t i = 0; i < q->n_workers; i++)
        if (!thread_start("queue-worker", worker_run, q->workers[i], &q->workers[i]->thread, e))
            return err_trace(e);
    if (!thread_start("queue-beat", beat, q, &q->heartbeat, e))
        return err_trace(e);
    *ret = TAKE(q);
    return true;
}

void queue_wake(struct queue *q)
{
    atomic_store_explicit(&q->woken_at, clock_monotonic(q->o.clock), memory_order_relaxed);
    bell_ring(q->bell);
}

void queue_stats(const struct queue *q, struct queue_stats *ret)
{
    const struct queue_counters *n = &q->counters;

    *ret = (struct queue_stats){
        .done = atomic_load(&n->done),
        .retried = atomic_load(&n->retried),
        .buried = atomic_load(&n->buried),
        .fenced = atomic_load(&n->fenced),
        .batches = atomic_load(&n->batches),
        .conflicts = atomic_load(&n->conflicts),
        .held = atomic_load(&n->held),
        .running = atomic_load(&n->running),
    };
    histogram_add(&ret->lag, &n->lag);
    histogram_add(&ret->batch_time, &n->batch_time);
    histogram_add(&ret->batch_size, &n->batch_size);
}

struct queue_lag queue_lag_of(const struct queue *q, int64_t project)
{
    const struct project_lag *of = keyed_find(q->lags, project);
    const usec_t at = of ? atomic_load(&of->measured_at) : 0;

    return at == 0 ? (struct queue_lag){.measured_at = TIME_NONE}
                   : (struct queue_lag){atomic_load(&of->lag), at};
}
