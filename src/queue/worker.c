/*
 * One worker: claim, run, conclude, commit; and what happens when one of these fails.
 *
 * Under load the next batch is claimed in the transaction that concludes the last one: one commit
 * per batch. Rows that were tried before are taken one at a time, so that an event that kills the
 * process takes no other event's attempts with it.
 *
 *   the store is lost or in conflict   the same batch again, until it goes through or is fenced
 *   the batch fails for another reason its rows one by one; who fails alone gets the failure
 *   the lease was lost (fenced)        roll back and forget: somebody else has the rows
 */
#include "queue/internal.h"

#include "base/arena.h"
#include "base/fault.h"
#include "loop/loop.h"

#include <stdio.h>
#include <unistd.h>

#define IDLE_WAIT MILLISECONDS(500) /* other nodes do not ring our bell; retries fall due */
#define LOST_WAIT MILLISECONDS(250)
#define REAP_EVERY SECONDS(1)

enum outcome { CONCLUDED, FENCED, FAILED, INTERRUPTED };

static bool is_stopping(const struct worker *w)
{
    return atomic_load_explicit(&w->q->stopping, memory_order_relaxed);
}

static void count(const struct worker *w, const struct claim *c,
                  const struct queue_verdict *verdicts)
{
    struct queue_counters *n = &w->q->counters;
    const usec_t now = clock_wall(w->q->o.clock);

    for (size_t i = 0; i < c->n; i++)
        atomic_fetch_add(verdicts[i].outcome == QUEUE_DONE ? &n->done
                         : verdicts[i].outcome == QUEUE_BURY ||
                                 c->rows[i].attempts >= w->q->o.policy.max_attempts
                             ? &n->buried
                             : &n->retried,
                         1);
    atomic_fetch_add(&n->batches, 1);
    atomic_store(&n->last_commit_at, now);
    atomic_store(&n->last_lag, now > c->rows[0].received_at ? now - c->rows[0].received_at : 0);
}

/* One transaction: effects, verdicts, and when `next` is given the claim of the next batch. */
static bool transact(struct worker *w, const struct claim *c, struct queue_verdict *verdicts,
                     struct claim *next, bool *ret_held, struct err *e)
{
    const struct queue_handler *h = &w->q->o.handler;

    if (!db_begin(w->db, e))
        return err_trace(e);
    if (!h->run(w->db, c->rows, c->n, w->a, verdicts, h->arg, e) ||
        !claim_conclude(w, c, verdicts, ret_held, e) ||
        (*ret_held && next && !claim_take(w, true, w->a_next, next, e))) {
        db_rollback(w->db);
        return err_trace(e);
    }
    if (!*ret_held) {
        db_rollback(w->db);
        return true;
    }
    return db_commit(w->db, e) || err_trace(e);
}

/* Again and again while it is the store's fault; the rows stay ours as long as nobody reaps them.
 */
static enum outcome run_rows(struct worker *w, const struct claim *c,
                             struct queue_verdict *verdicts, struct claim *next, struct err *e)
{
    const struct queue_handler *h = &w->q->o.handler;
    bool held = true;

    for (;;) {
        memset(verdicts, 0, c->n * sizeof *verdicts);
        err_clear(e);
        if (transact(w, c, verdicts, next, &held, e)) {
            if (!held) {
                atomic_fetch_add(&w->q->counters.fenced, 1);
                return FENCED;
            }
            count(w, c, verdicts);
            if (h->after_commit)
                h->after_commit(c->rows, c->n, h->arg);
            return CONCLUDED;
        }
        if (next)
            next->n = 0; // its claim was rolled back
        if (!db_lost(w->db) && !db_conflicted(w->db))
            return FAILED;
        if (is_stopping(w))
            return INTERRUPTED;
        atomic_fetch_add(&w->q->counters.conflicts, 1);
        if (db_lost(w->db))
            (void)bell_wait(w->q->heartbeat_end, LOST_WAIT);
    }
}

/* What a failure means for the one row that had it. */
static struct queue_verdict verdict_of(const struct err *e, struct arena *a)
{
    return (struct queue_verdict){
        .outcome = e->code == ERR_INVALID ? QUEUE_BURY : QUEUE_RETRY,
        .reason = str_dup(str_from(e->text), a),
    };
}

/* Writes a verdict without running the row. */
static void judge(struct worker *w, const struct claim *one, struct queue_verdict verdict)
{
    struct err e = {0};
    bool held;

    for (;;) {
        err_clear(&e);
        if (db_begin(w->db, &e) && claim_conclude(w, one, &verdict, &held, &e) &&
            db_commit(w->db, &e)) {
            count(w, one, &verdict);
            return;
        }
        db_rollback(w->db);
        if (is_stopping(w) || (!db_lost(w->db) && !db_conflicted(w->db)))
            return; // the lease runs out, the row is taken again
        (void)bell_wait(w->q->heartbeat_end, LOST_WAIT);
    }
}

static void report(const struct claim *one, struct queue_verdict v)
{
    const struct log lg = {one->rows[0].trace_id};

    log_warn(&lg, v.outcome == QUEUE_BURY ? "queue.buried" : "queue.retry",
             "id=%lld attempt=%lld reason=\"" STR_FMT "\"", (long long)one->rows[0].id,
             (long long)one->rows[0].attempts, STR_ARG(v.reason));
}

static void run_one(struct worker *w, struct queue_row *row)
{
    const struct claim one = {row, 1};
    struct queue_verdict verdict = {0};
    struct err e = {0};

    if (row->attempts > w->q->o.policy.max_attempts) {
        verdict = (struct queue_verdict){
            QUEUE_BURY, STR("every attempt was cut short: the process ended while handling it")};
        report(&one, verdict);
        judge(w, &one, verdict);
        return;
    }
    if (run_rows(w, &one, &verdict, NULL, &e) == FAILED) {
        verdict = verdict_of(&e, w->a);
        report(&one, verdict);
        judge(w, &one, verdict);
    } else if (verdict.outcome != QUEUE_DONE) {
        report(&one, verdict);
    }
}

static void run_each(struct worker *w, const struct claim *c)
{
    for (size_t i = 0; i < c->n && !is_stopping(w); i++)
        run_one(w, &c->rows[i]);
}

static void report_unusual(const struct claim *c, const struct queue_verdict *verdicts)
{
    for (size_t i = 0; i < c->n; i++)
        if (verdicts[i].outcome != QUEUE_DONE)
            report(&(struct claim){&c->rows[i], 1}, verdicts[i]);
}

/* Batches, each claimed with the completion of the one before, until the queue is dry. */
static void run_batches(struct worker *w, struct claim c)
{
    while (c.n > 0) {
        struct queue_verdict *verdicts = arena_new(w->a, struct queue_verdict, c.n);
        const bool full = c.n == w->q->o.policy.batch && !is_stopping(w);
        struct claim next = {0};
        struct err e = {0};

        atomic_store(&w->q->counters.running, c.n);
        const enum outcome o = run_rows(w, &c, verdicts, full ? &next : NULL, &e);
        if (o == CONCLUDED)
            report_unusual(&c, verdicts);
        if (o == FAILED)
            run_each(w, &c);
        c = next;
        struct arena *spent = w->a;
        w->a = w->a_next;
        w->a_next = spent;
        arena_reset(w->a_next);
    }
    atomic_store(&w->q->counters.running, 0);
}

static bool claim_alone(struct worker *w, bool fresh, struct claim *ret, struct err *e)
{
    ret->n = 0;
    if (!db_begin(w->db, e))
        return err_trace(e);
    if (!claim_take(w, fresh, w->a, ret, e) || !db_commit(w->db, e)) {
        db_rollback(w->db);
        return err_trace(e);
    }
    return true;
}

/* Takes what there is of one sort. False: nothing was there, or the store failed. */
static bool work_off(struct worker *w, bool fresh)
{
    struct err e = {0};
    struct claim c;

    arena_reset(w->a);
    if (!claim_alone(w, fresh, &c, &e)) {
        log_failure(NULL, LOG_DEBUG, "queue.claim", &e);
        return false;
    }
    if (c.n == 0)
        return false;
    atomic_store(&w->holding, true);
    if (fresh)
        run_batches(w, c);
    else
        run_each(w, &c);
    atomic_store(&w->holding, false);
    return true;
}

/* A lease of our own that ended before us is somebody else's business: take a new name. */
static void take_name(struct worker *w)
{
    char host[40] = "";

    (void)gethostname(host, sizeof host - 1); // only for people
    id_make(clock_wall(w->q->o.clock), &w->rng, w->token);
    (void)snprintf(w->owner, sizeof w->owner, "%s/%d", host, (int)getpid());
}

void worker_run(void *arg)
{
    struct worker *w = arg;
    const struct clock *clock = w->q->o.clock;
    usec_t reaped_at = clock_monotonic(clock) - REAP_EVERY;
    struct err e = {0};

    take_name(w);
    while (!is_stopping(w)) {
        if (clock_monotonic(clock) - reaped_at >= REAP_EVERY) {
            if (!claim_reap(w, &e))
                log_failure(NULL, LOG_DEBUG, "queue.reap", &e);
            reaped_at = clock_monotonic(clock);
        }
        const bool old = work_off(w, false);
        const bool fresh = work_off(w, true);
        if (!old && !fresh && !is_stopping(w))
            (void)bell_wait(w->q->bell, IDLE_WAIT);
    }
    if (!db_exec(w->db, Q_QUEUE_LEASE_DROP, BINDS(bind_str("token", str_from(w->token))), NULL, &e))
        log_failure(NULL, LOG_DEBUG, "queue.lease_drop", &e); // it runs out by itself
}
