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

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/pace.h"
#include "loop/loop.h"

#define IDLE_WAIT MILLISECONDS(500) /* a hint of another node may be lost; retries fall due */
#define FIRST_WAIT MILLISECONDS(1)  /* of a store that is lost or in conflict */
#define LAST_WAIT MILLISECONDS(250) /* twice as long each time, up to that */
#define REAP_EVERY SECONDS(1)
#define GATHER_MIN MILLISECONDS(5)
#define GATHER_MAX MILLISECONDS(20)
#define TRIED_EVERY MILLISECONDS(100) /* while there are none: to ask costs as much as to claim */
#define ROUND SECONDS(1) /* of fresh rows, until those that were tried before have their turn */

enum { TRIED_PER_ROUND = 32 };

enum outcome { CONCLUDED, FENCED, FAILED, INTERRUPTED };

static bool is_stopping(const struct worker *w)
{
    return atomic_load_explicit(&w->q->stopping, memory_order_relaxed);
}

/* Of each project the oldest row counts: the last that is noted, as the oldest stand first. */
static void note_lags(const struct worker *w, const struct queue_batch *b, usec_t now)
{
    for (size_t i = b->n; i-- > 0;) {
        const struct queue_row *row = &b->rows[i];
        if (i > 0 && row->project == row[-1].project)
            continue;
        struct project_lag *of = keyed_at(w->q->lags, row->project);
        atomic_store(&of->lag, now > row->received_at ? now - row->received_at : 0);
        atomic_store(&of->measured_at, now);
    }
}

static void note_spans(const struct worker *w, const struct queue_batch *b)
{
    static const struct str verdicts[] = {
        [QUEUE_DONE] = {"done", 4}, [QUEUE_RETRY] = {"retried", 7}, [QUEUE_BURY] = {"buried", 6}};
    const usec_t took = clock_monotonic(w->q->o.clock) - w->began;

    for (size_t i = 0; i < b->n; i++) {
        const enum queue_outcome outcome = verdict_outcome(w, &b->rows[i], &b->verdicts[i]);
        tracer_note(w->q->o.tracer,
                    &(struct span){
                        .trace = b->rows[i].trace_id,
                        .name = "worker.apply",
                        .kind = SPAN_CONSUMER,
                        .failed = outcome != QUEUE_DONE,
                        .took = took,
                        .facts = {{"hookswitch.verdict", verdicts[outcome], 0},
                                  {"hookswitch.attempt", STR_NONE, b->rows[i].attempts},
                                  {"hookswitch.batch", STR_NONE, (int64_t)b->n}},
                    });
    }
}

static void count(const struct worker *w, const struct queue_batch *b)
{
    struct queue_counters *n = &w->q->counters;
    const usec_t now = clock_wall(w->q->o.clock);

    for (size_t i = 0; i < b->n; i++)
        switch (verdict_outcome(w, &b->rows[i], &b->verdicts[i])) {
        case QUEUE_DONE:
            atomic_fetch_add(&n->done, 1);
            histogram_note_time(&n->lag, now - b->rows[i].received_at);
            break;
        case QUEUE_RETRY:
            atomic_fetch_add(&n->retried, 1);
            break;
        case QUEUE_BURY:
            atomic_fetch_add(&n->buried, 1);
            break;
        }
    atomic_fetch_add(&n->batches, 1);
    histogram_note(&n->batch_size, histogram_sizes, b->n);
    note_lags(w, b, now);
    if (w->q->o.tracer)
        note_spans(w, b);
}

/* The claim has been committed, and its lease with it. */
static void keep(struct worker *w, const struct claim *c)
{
    if (c->leased_at != 0)
        w->leased_at = c->leased_at;
}

/* One transaction: effects, verdicts, and when `next` is given the claim of the next batch. */
static bool transact(struct worker *w, struct queue_batch *b, struct claim *next, bool *ret_held,
                     struct err *e)
{
    if (!db_begin(w->db, e))
        return err_trace(e);
    if (!w->q->o.handler.run(b, e) || !claim_conclude(w, b, ret_held, e) ||
        (*ret_held && next && !claim_take(w, true, w->claimed_next, next, e))) {
        db_rollback(w->db);
        return err_trace(e);
    }
    if (!*ret_held) {
        db_rollback(w->db);
        return true;
    }
    if (!db_commit(w->db, e))
        return err_trace(e);
    if (next)
        keep(w, next);
    return true;
}

static void succeed(const struct worker *w, struct queue_batch *b)
{
    count(w, b);
    if (w->q->o.handler.after_commit)
        w->q->o.handler.after_commit(b);
}

static void wait_longer(const struct worker *w, usec_t *wait)
{
    *wait = pace_longer(*wait, FIRST_WAIT, LAST_WAIT);
    (void)bell_wait(w->q->heartbeat_end, *wait);
}

/* Again and again while it is the store's fault; the rows stay ours as long as nobody reaps them.
 * A commit whose answer was lost may have happened: then the second attempt is fenced, for the rows
 * are concluded, and what it may have claimed is left to others by a new name.
 */
static enum outcome run_rows(struct worker *w, struct queue_batch *b, struct claim *next,
                             struct err *e)
{
    usec_t wait = 0;
    bool held = true;

    for (;;) {
        arena_reset(w->work);
        memset(b->verdicts, 0, b->n * sizeof *b->verdicts);
        err_clear(e);
        w->began = clock_monotonic(w->q->o.clock);
        if (transact(w, b, next, &held, e)) {
            histogram_note_time(&w->q->counters.batch_time,
                                clock_monotonic(w->q->o.clock) - w->began);
            if (held)
                succeed(w, b);
            else
                atomic_fetch_add(&w->q->counters.fenced, 1);
            w->doubtful = w->doubtful || !held;
            return held ? CONCLUDED : FENCED;
        }
        if (next)
            next->n = 0; // its claim was rolled back, or is in doubt
        if (!db_lost(w->db) && !db_conflicted(w->db))
            return FAILED;
        w->doubtful = w->doubtful || db_lost(w->db);
        if (is_stopping(w))
            return INTERRUPTED;
        atomic_fetch_add(&w->q->counters.conflicts, 1);
        wait_longer(w, &wait);
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

static void report(const struct worker *w, const struct queue_batch *b, size_t i)
{
    const struct log lg = {b->rows[i].trace_id};
    const bool buried = verdict_outcome(w, &b->rows[i], &b->verdicts[i]) == QUEUE_BURY;

    log_warn(&lg, buried ? "queue.buried" : "queue.retry",
             "id=%lld attempt=%lld reason=\"" STR_FMT "\"", (long long)b->rows[i].id,
             (long long)b->rows[i].attempts, STR_ARG(b->verdicts[i].reason));
}

static void report_unusual(const struct worker *w, const struct queue_batch *b)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->verdicts[i].outcome != QUEUE_DONE)
            report(w, b, i);
}

static bool write_verdict(struct worker *w, struct queue_batch *one, bool *ret_held, struct err *e)
{
    arena_reset(w->work);
    return (db_begin(w->db, e) && db_end(w->db, claim_conclude(w, one, ret_held, e), e)) ||
           err_trace(e);
}

/* Writes the verdict of a batch of one without running it. */
static void judge(struct worker *w, struct queue_batch *one, struct queue_verdict verdict)
{
    usec_t wait = 0;
    struct err e = {0};
    bool held;

    *one->verdicts = verdict;
    report(w, one, 0);
    while (!write_verdict(w, one, &held, &e)) {
        w->doubtful = true;
        if (is_stopping(w) || (!db_lost(w->db) && !db_conflicted(w->db)))
            return; // the lease runs out, the row is taken again
        wait_longer(w, &wait);
        err_clear(&e);
    }
    if (held)
        count(w, one);
    else
        atomic_fetch_add(&w->q->counters.fenced, 1);
}

static struct queue_batch batch_of(struct worker *w, const struct queue_row *rows, size_t n)
{
    return (struct queue_batch){
        .db = w->db,
        .rows = rows,
        .n = n,
        .verdicts = arena_new(w->claimed, struct queue_verdict, n),
        .a = w->work,
        .arg = w->q->o.handler.arg,
    };
}

static void run_one(struct worker *w, const struct queue_row *row)
{
    struct queue_batch one = batch_of(w, row, 1);
    struct err e = {0};

    w->began = clock_monotonic(w->q->o.clock);
    if (row->attempts > w->q->o.policy.max_attempts) {
        judge(w, &one,
              (struct queue_verdict){
                  QUEUE_BURY,
                  STR("every attempt was cut short: the process ended while handling it")});
        return;
    }
    const enum outcome o = run_rows(w, &one, NULL, &e);
    if (o == FAILED)
        judge(w, &one, verdict_of(&e, w->claimed));
    if (o == CONCLUDED)
        report_unusual(w, &one);
}

static void run_each(struct worker *w, const struct claim *c)
{
    for (size_t i = 0; i < c->n && !is_stopping(w); i++)
        run_one(w, &c->rows[i]);
}

// --- what a gate keeps ---------------------------------------------------------------------------

/* What is to be worked on moves to the front; the rest is returned. */
static struct kept_rows part(struct worker *w, struct claim *c)
{
    const struct queue_options *o = &w->q->o;
    struct kept_rows kept = {arena_new(w->claimed, int64_t, c->n),
                             arena_new(w->claimed, int64_t, c->n), 0};
    size_t n = 0;

    for (size_t i = 0; i < c->n; i++) {
        const int64_t held = o->held(&c->rows[i], o->held_arg);
        if (held == 0) {
            c->rows[n++] = c->rows[i];
            continue;
        }
        kept.ids[kept.n] = c->rows[i].id;
        kept.held[kept.n++] = held;
    }
    c->n = n;
    return kept;
}

static bool write_kept(struct worker *w, const struct kept_rows *kept, bool *ret_held,
                       struct err *e)
{
    *ret_held = false;
    if (!db_begin(w->db, e))
        return err_trace(e);
    if (!claim_put_aside(w, kept, ret_held, e) || !*ret_held || !db_commit(w->db, e)) {
        db_rollback(w->db);
        return *ret_held ? err_trace(e) : true;
    }
    return true;
}

/* Takes out of the claim what is not to be worked on now. When that cannot be written, or the lease
 * was lost, the whole claim is left: by its new name the worker has no part in it. */
static void set_aside(struct worker *w, struct claim *c)
{
    struct err e = {0};
    bool held;

    if (!w->q->o.held)
        return;
    const struct kept_rows kept = part(w, c);
    if (kept.n == 0)
        return;
    if (write_kept(w, &kept, &held, &e) && held) {
        atomic_fetch_add(&w->q->counters.held, kept.n);
        return;
    }
    log_failure(NULL, LOG_DEBUG, "queue.hold", &e);
    w->doubtful = true;
    c->n = 0;
}

// --- batches -------------------------------------------------------------------------------------

static void swap_claimed(struct worker *w)
{
    struct arena *spent = w->claimed;

    w->claimed = w->claimed_next;
    w->claimed_next = spent;
    arena_reset(w->claimed_next);
}

/* Batches, each claimed with the completion of the one before, until the queue is dry or the round
 * is over. Returns whether the last one was all that could be taken. */
static bool run_batches(struct worker *w, struct claim c)
{
    const usec_t until = clock_monotonic(w->q->o.clock) + ROUND;
    bool all = false;

    while (c.n > 0) {
        all = false;
        set_aside(w, &c);
        if (c.n == 0)
            break;
        struct queue_batch b = batch_of(w, c.rows, c.n);
        const bool more = c.more && !is_stopping(w) && clock_monotonic(w->q->o.clock) < until;
        struct claim next = {0};
        struct err e = {0};

        atomic_store(&w->q->counters.running, c.n);
        const enum outcome o = run_rows(w, &b, more ? &next : NULL, &e);
        if (o == CONCLUDED)
            report_unusual(w, &b);
        if (o == FAILED)
            run_each(w, &c);
        all = o == CONCLUDED && !c.more;
        c = next;
        swap_claimed(w);
    }
    atomic_store(&w->q->counters.running, 0);
    return all;
}

static bool claim_alone(struct worker *w, bool fresh, struct claim *ret, struct err *e)
{
    ret->n = 0;
    if (!db_begin_light(w->db, e)) // a claim that a power cut takes back was never acted upon
        return err_trace(e);
    if (!claim_take(w, fresh, w->claimed, ret, e)) {
        db_rollback(w->db);
        return err_trace(e);
    }
    if (!db_commit(w->db, e)) {
        w->doubtful = true; // it may have happened
        return err_trace(e);
    }
    keep(w, ret);
    return true;
}

/* Takes what there is of one sort. False: nothing was there, or the store failed. */
static bool work_off(struct worker *w, bool fresh)
{
    struct err e = {0};
    struct claim c;

    arena_reset(w->claimed);
    if (!claim_alone(w, fresh, &c, &e)) {
        log_failure(NULL, LOG_DEBUG, "queue.claim", &e);
        return false;
    }
    if (c.n == 0)
        return false;
    atomic_store(&w->holding, true);
    if (fresh) {
        if (c.more)
            bell_ring(w->q->bell); // there is work for another
        w->took_all = run_batches(w, c);
    } else {
        set_aside(w, &c);
        run_each(w, &c);
    }
    atomic_store(&w->holding, false);
    return true;
}

/* Some of the rows that were tried before, one at a time. */
static bool work_off_tried(struct worker *w)
{
    bool any = false;

    for (int i = 0; i < TRIED_PER_ROUND && !is_stopping(w) && work_off(w, false); i++)
        any = true;
    w->tried_at = clock_monotonic(w->q->o.clock) + (any ? 0 : TRIED_EVERY);
    return any;
}

void worker_take_name(struct worker *w)
{
    char *token = arena_alloc(w->names, ID_LEN + 1);
    char host[40] = "";

    (void)gethostname(host, sizeof host - 1); // only for people
    (void)snprintf(w->owner, sizeof w->owner, "%s/%d", host, (int)getpid());
    id_make(clock_wall(w->q->o.clock), &w->rng, token);
    atomic_store(&w->token, token);
    w->leased_at = 0;
    w->doubtful = false;
}

/* Gives the lease back: whatever rows still carry its token are anybody's. */
static void drop_lease(struct worker *w)
{
    struct err e = {0};

    if (!db_exec(w->db, Q_QUEUE_LEASE_DROP,
                 BINDS(bind_str("token", str_from(atomic_load(&w->token)))), NULL, &e))
        log_failure(NULL, LOG_DEBUG, "queue.lease_drop", &e); // it runs out by itself
}

static void reap(struct worker *w)
{
    struct err e = {0};

    if (!claim_reap(w, &e))
        log_failure(NULL, LOG_DEBUG, "queue.reap", &e);
}

/* Perhaps some of them were ours: the leases are looked at again. */
static void change_name(struct worker *w)
{
    drop_lease(w);
    worker_take_name(w);
    w->reap_at = clock_monotonic(w->q->o.clock);
    atomic_store(&w->q->sweep_at, w->reap_at);
}

static bool run_round(struct worker *w, bool with_tried)
{
    const struct clock *clock = w->q->o.clock;

    w->took_all = false;
    if (w->doubtful)
        change_name(w);
    if (clock_monotonic(clock) >= w->reap_at) {
        reap(w);
        w->reap_at = clock_monotonic(clock) + REAP_EVERY;
    }
    const bool any = with_tried && work_off_tried(w);
    const bool fresh = work_off(w, true);
    w->took_all = w->took_all && !any; // of those there may be more
    return fresh || any;
}

bool worker_round(struct worker *w)
{
    return run_round(w, true);
}

/* Until when events are left to gather: for as long as the last round took, as a batch costs hardly
 * more than an event. */
static void set_gather_until(struct worker *w, usec_t began)
{
    const usec_t now = clock_monotonic(w->q->o.clock), took = now - began;
    const usec_t wait = took < GATHER_MIN ? GATHER_MIN : took > GATHER_MAX ? GATHER_MAX : took;

    atomic_store(&w->q->gather_until, now + wait);
}

/* False: somebody else gathers, and will find what is there. */
static bool gather(struct worker *w)
{
    struct queue *q = w->q;
    const usec_t now = clock_monotonic(q->o.clock), until = atomic_load(&q->gather_until);

    if (now >= until)
        return true;
    if (atomic_exchange(&q->gathering, true))
        return false;
    (void)bell_wait(q->heartbeat_end, until - now); // or the end of the queue
    atomic_store(&q->gathering, false);
    return true;
}

/* Until there may be something to do; `rings` when it was last looked. Who rang since may have
 * found lanes taken that are free now. */
static void await(struct worker *w, uint64_t rings, usec_t wait)
{
    bool rang = bell_rings(w->q->bell) != rings;

    for (;;) {
        if (is_stopping(w) || (rang && gather(w)))
            return;
        rang = bell_wait(w->q->bell, wait);
        if (!rang)
            return;
    }
}

void worker_run(void *arg)
{
    struct worker *w = arg;

    worker_take_name(w);
    while (!is_stopping(w)) {
        const uint64_t rings = bell_rings(w->q->bell);
        const usec_t began = clock_monotonic(w->q->o.clock);
        const bool with_tried = began >= w->tried_at;
        const bool any = run_round(w, with_tried);
        if (any && !w->took_all)
            continue; // there is more
        if (any)
            set_gather_until(w, began);
        await(w, rings, with_tried ? IDLE_WAIT : TRIED_EVERY);
    }
    drop_lease(w);
}

struct worker *worker_create(struct queue *q)
{
    struct worker *w = NEW(struct worker);

    w->q = q;
    w->reap_at = clock_monotonic(q->o.clock);
    w->rng = rng_system();
    w->claimed = arena_create(256 * 1024);
    w->claimed_next = arena_create(256 * 1024);
    w->work = arena_create(1024 * 1024);
    w->names = arena_create(0);
    w->db = store_connect(q->o.store, STORE_WORK);
    w->crowd.projects = mem_alloc(q->o.policy.batch * sizeof *w->crowd.projects);
    return w;
}

void worker_destroy(struct worker *w)
{
    db_close(w->db);
    free(w->crowd.projects);
    arena_destroy(w->claimed);
    arena_destroy(w->claimed_next);
    arena_destroy(w->work);
    arena_destroy(w->names);
    free(w);
}
