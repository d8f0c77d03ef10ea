/*
 * Claiming and concluding: the statements behind the engine.
 *
 * A claim counts the attempt before the work, in a transaction of its own or in that of the batch
 * before; whoever dies at work leaves rows that say so. The worker's token on a row is the fence:
 * conclude changes only rows that still carry it, and in the transaction of the effects.
 */
#include "queue/internal.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/pace.h"

#define AT(member) offsetof(struct queue_row, member)

static const struct column row_columns[] = {
    {"id", COLUMN_INT, AT(id)},
    {"project_id", COLUMN_INT, AT(project)},
    {"lane", COLUMN_STR, AT(lane)},
    {"attempts", COLUMN_INT, AT(attempts)},
    {"received_at", COLUMN_TIME, AT(received_at)},
    {"provider", COLUMN_STR, AT(provider)},
    {"source", COLUMN_STR, AT(source)},
    {"event_type", COLUMN_STR, AT(event_type)},
    {"call_sid", COLUMN_STR, AT(call_sid)},
    {"payload", COLUMN_STR, AT(payload)},
    {"trace_id", COLUMN_STR, AT(trace_id)},
};

#define QUICK MILLISECONDS(5) /* to find out who has something to do */
#define SETTLE SECONDS(1)     /* until then, a lane is free again, and a late commit is there */
#define BUSY SECONDS(1)       /* rows come in, when the last one did so lately */

static int by_id(const void *a, const void *b)
{
    const struct queue_row *x = a, *y = b;

    return (x->id > y->id) - (x->id < y->id);
}

static bool read_rows(struct rows *rows, size_t limit, struct arena *a, struct claim *ret,
                      struct err *e)
{
    ret->rows = arena_new(a, struct queue_row, limit);
    ret->n = 0;
    while (ret->n < limit && rows_next(rows))
        rows_read(rows, row_columns, LEN(row_columns), &ret->rows[ret->n++]);
    if (!rows_end(rows, e))
        return err_trace(e);
    qsort(ret->rows, ret->n, sizeof *ret->rows, by_id);
    return true;
}

static bool hold_lease(struct worker *w, usec_t now, struct err *e)
{
    const struct queue_options *o = &w->q->o;

    if (FAULT("queue.lease"))
        return err_set(e, ERR_UNAVAILABLE, "queue: lease failed (injected)");
    if (!db_exec(w->db, Q_QUEUE_LEASE_HOLD,
                 BINDS(bind_str("token", str_from(atomic_load(&w->token))),
                       bind_str("queue", str_from(o->name)), bind_str("owner", str_from(w->owner)),
                       bind_time("now", now), bind_int("lease_us", o->policy.lease)),
                 NULL, e))
        return err_trace(e);
    return true;
}

/* Not at each claim: where somebody holds an old snapshot, each renewal makes the next dearer. */
static bool renew_lease(struct worker *w, usec_t now, struct claim *ret, struct err *e)
{
    const usec_t up = clock_monotonic(w->q->o.clock);

    if (w->leased_at != 0 && up - w->leased_at < w->q->o.policy.lease / 3)
        return true;
    if (!hold_lease(w, now, e))
        return err_trace(e);
    ret->leased_at = up;
    return true;
}

/* A while after these were the first ones that waited, whatever is below them is done. */
static void move_on(struct gaze *g, const struct claim *c, usec_t now)
{
    if (c->n == 0 || now < atomic_load(&g->next_at))
        return;
    if (atomic_load(&g->next) > atomic_load(&g->from))
        atomic_store(&g->from, atomic_load(&g->next));
    atomic_store(&g->next, c->rows[0].id - 1);
    atomic_store(&g->next_at, now + SETTLE);
}

static bool read_crowd(struct worker *w, int64_t from, struct arena *a, struct err *e)
{
    struct crowd *c = &w->crowd;
    const size_t most = w->q->o.policy.batch;
    const int64_t after = c->after;
    struct rows *rows;

    if (!db_query(w->db, w->q->o.queries.waiting,
                  BINDS(bind_int("after", after), bind_int("from", from),
                        bind_int("limit", (int64_t)most)),
                  a, &rows, e))
        return err_trace(e);
    for (c->n = 0; c->n < most && rows_next(rows); c->n++)
        c->projects[c->n] = rows_int(rows, "project_id");
    if (!rows_end(rows, e))
        return err_trace(e);
    c->is_all = after == 0 && c->n < most;
    c->after = c->n == most ? c->projects[c->n - 1] : 0;
    return true;
}

/* Who has something to do: asked for, unless that takes long and was done a while ago. */
static bool look_around(struct worker *w, int64_t from, struct arena *a, struct err *e)
{
    const struct clock *clock = w->q->o.clock;
    const usec_t began = clock_monotonic(clock);

    w->crowd.is_all = false;
    if (began < w->crowd.look_at)
        return true;
    if (!read_crowd(w, from, a, e))
        return err_trace(e);
    if (w->crowd.n == 0 && !w->crowd.is_all) // behind the last of too many: begin anew
        return read_crowd(w, from, a, e) || err_trace(e);
    const usec_t ended = clock_monotonic(clock);
    w->crowd.look_at = ended - began > QUICK ? pace_next(began, ended) : 0;
    return true;
}

/* Who has just brought a row waits for the batch before it, and for the processor. */
static size_t batch_size(const struct queue *q)
{
    const usec_t woken_at = atomic_load_explicit(&q->woken_at, memory_order_relaxed);
    const bool comes_in = woken_at > 0 && clock_monotonic(q->o.clock) - woken_at < BUSY;

    return comes_in && q->o.policy.short_batch > 0 ? q->o.policy.short_batch : q->o.policy.batch;
}

/* Of each project an equal share of the batch, rounded up. */
static bool take_shares(struct worker *w, int64_t from, struct arena *a, struct claim *ret,
                        struct err *e)
{
    const struct crowd *c = &w->crowd;
    struct rows *rows;

    if (c->n == 0)
        return true;
    const size_t share = (batch_size(w->q) + c->n - 1) / c->n;
    if (!db_query(w->db, w->q->o.queries.claim,
                  BINDS(bind_ints("project", c->projects, c->n),
                        bind_str("token", str_from(atomic_load(&w->token))), bind_int("from", from),
                        bind_int("limit", (int64_t)share)),
                  a, &rows, e) ||
        !read_rows(rows, share * c->n, a, ret, e))
        return err_trace(e);
    ret->more = ret->n >= share || !c->is_all;
    return true;
}

static bool take_fresh(struct worker *w, struct arena *a, struct claim *ret, struct err *e)
{
    const usec_t began = clock_monotonic(w->q->o.clock);
    struct gaze *g = &w->q->gaze;
    const bool looks_back = began >= atomic_load(&g->look_back_at);
    const int64_t from = looks_back ? 0 : atomic_load(&g->from);

    if (!look_around(w, from, a, e) || !take_shares(w, from, a, ret, e))
        return err_trace(e);
    const usec_t now = clock_monotonic(w->q->o.clock);
    if (looks_back)
        atomic_store(&g->look_back_at, pace_next(began, now));
    if (w->crowd.is_all)
        move_on(g, ret, now);
    return true;
}

static bool take_tried(struct worker *w, usec_t now, struct arena *a, struct claim *ret,
                       struct err *e)
{
    struct rows *rows;

    if (!db_query(w->db, w->q->o.queries.claim_tried,
                  BINDS(bind_str("token", str_from(atomic_load(&w->token))), bind_time("now", now),
                        bind_int("limit", 1)),
                  a, &rows, e) ||
        !read_rows(rows, 1, a, ret, e))
        return err_trace(e);
    return true;
}

bool claim_take(struct worker *w, bool fresh, struct arena *a, struct claim *ret, struct err *e)
{
    const struct queue_options *o = &w->q->o;
    const usec_t now = clock_wall(o->clock);
    struct rows *rows;

    if (FAULT("queue.claim"))
        return err_set(e, ERR_UNAVAILABLE, "queue: claim failed (injected)");
    *ret = (struct claim){0};
    if (!db_query(w->db, Q_QUEUE_CLAIM_LOCK, BINDS(bind_str("queue", str_from(o->name))), a, &rows,
                  e) ||
        !(fresh ? take_fresh(w, a, ret, e) : take_tried(w, now, a, ret, e)))
        return err_trace(e);
    if (ret->n > 0 && !renew_lease(w, now, ret, e))
        return err_trace(e);
    return true;
}

usec_t retry_wait(const struct queue_policy *p, int64_t attempts, struct rng *rng)
{
    usec_t wait = p->first_wait;

    for (int64_t i = 1; i < attempts && wait < p->last_wait; i++)
        wait *= 2;
    if (wait > p->last_wait)
        wait = p->last_wait;
    return wait / 2 + (usec_t)rng_below(rng, (uint64_t)wait / 2 + 1);
}

enum queue_outcome verdict_outcome(const struct worker *w, const struct queue_row *row,
                                   const struct queue_verdict *v)
{
    const bool spent = row->attempts >= w->q->o.policy.max_attempts;

    return v->outcome == QUEUE_RETRY && spent ? QUEUE_BURY : v->outcome;
}

/* The rows of one outcome as columns. */
struct outcome_rows {
    size_t n;
    int64_t *ids;
    struct str *reasons;
    usec_t *next;
};

static struct outcome_rows select_rows(struct worker *w, const struct queue_batch *b,
                                       enum queue_outcome outcome)
{
    const struct queue_policy *p = &w->q->o.policy;
    const usec_t now = clock_wall(w->q->o.clock);
    struct outcome_rows r = {
        .ids = arena_new(b->a, int64_t, b->n),
        .reasons = arena_new(b->a, struct str, b->n),
        .next = arena_new(b->a, usec_t, b->n),
    };

    for (size_t i = 0; i < b->n; i++) {
        if (verdict_outcome(w, &b->rows[i], &b->verdicts[i]) != outcome)
            continue;
        r.ids[r.n] = b->rows[i].id;
        r.reasons[r.n] = b->verdicts[i].reason;
        r.next[r.n] = now + retry_wait(p, b->rows[i].attempts, &w->rng);
        r.n++;
    }
    return r;
}

/* Whether all of the rows were still ours. */
static bool conclude_some(struct worker *w, enum query q, struct outcome_rows r,
                          enum queue_outcome outcome, bool *held, struct err *e)
{
    const struct bind token = bind_str("token", str_from(atomic_load(&w->token)));
    const struct bind ids = bind_ints("id", r.ids, r.n);
    const struct bind reasons = bind_strs("error", r.reasons, r.n);
    int64_t changed = 0;
    bool ok = true;

    if (r.n == 0)
        return true;
    if (outcome == QUEUE_DONE)
        ok = db_exec(w->db, q, BINDS(ids, token, bind_time("now", clock_wall(w->q->o.clock))),
                     &changed, e);
    else if (outcome == QUEUE_RETRY)
        ok = db_exec(w->db, q,
                     BINDS(ids, reasons, bind_times("next_attempt_at", r.next, r.n), token),
                     &changed, e);
    else
        ok = db_exec(w->db, q, BINDS(ids, reasons, token), &changed, e);
    if (!ok)
        return err_trace(e);
    *held = *held && (size_t)changed == r.n;
    return true;
}

bool claim_conclude(struct worker *w, const struct queue_batch *b, bool *ret_held, struct err *e)
{
    const struct queue_queries *q = &w->q->o.queries;
    const struct outcome_rows done = select_rows(w, b, QUEUE_DONE);
    const struct outcome_rows retry = select_rows(w, b, QUEUE_RETRY);
    const struct outcome_rows bury = select_rows(w, b, QUEUE_BURY);

    *ret_held = true;
    if (FAULT("queue.conclude"))
        return err_set(e, ERR_UNAVAILABLE, "queue: conclude failed (injected)");
    if (!conclude_some(w, q->complete, done, QUEUE_DONE, ret_held, e) ||
        !conclude_some(w, q->retry, retry, QUEUE_RETRY, ret_held, e) ||
        !conclude_some(w, q->bury, bury, QUEUE_BURY, ret_held, e))
        return err_trace(e);
    return true;
}

bool claim_put_aside(struct worker *w, const struct kept_rows *kept, bool *ret_held, struct err *e)
{
    int64_t changed = 0;

    if (FAULT("queue.hold"))
        return err_set(e, ERR_UNAVAILABLE, "queue: holding failed (injected)");
    if (!db_exec(w->db, w->q->o.queries.hold,
                 BINDS(bind_ints("id", kept->ids, kept->n), bind_ints("held", kept->held, kept->n),
                       bind_str("token", str_from(atomic_load(&w->token)))),
                 &changed, e))
        return err_trace(e);
    *ret_held = (size_t)changed == kept->n;
    return true;
}

static bool expire_leases(struct worker *w, int64_t *ret_n, struct err *e)
{
    const struct queue_options *o = &w->q->o;
    struct rows *rows;

    if (!db_query(w->db, Q_QUEUE_CLAIM_LOCK, BINDS(bind_str("queue", str_from(o->name))), w->work,
                  &rows, e) ||
        !db_exec(w->db, Q_QUEUE_LEASES_EXPIRE,
                 BINDS(bind_str("queue", str_from(o->name)), bind_time("now", clock_wall(o->clock)),
                       bind_int("lease_us", o->policy.lease)),
                 ret_n, e))
        return err_trace(e);
    return true;
}

static bool sweep(struct worker *w, struct err *e)
{
    const struct queue_options *o = &w->q->o;
    const struct bind now = bind_time("now", clock_wall(o->clock));
    const usec_t began = clock_monotonic(o->clock);

    if (!db_exec(w->db, o->queries.reap, BINDS(now), NULL, e) ||
        !db_exec(w->db, o->queries.hasten,
                 BINDS(now, bind_int("first_wait_us", o->policy.first_wait),
                       bind_int("last_wait_us", o->policy.last_wait)),
                 NULL, e))
        return err_trace(e);
    atomic_store(&w->q->sweep_at, pace_next(began, clock_monotonic(o->clock)));
    return true;
}

/* Leases that have run out are looked for each time, rows only after one was found, or now and
 * then. */
static bool reap(struct worker *w, struct err *e)
{
    int64_t expired;

    if (!expire_leases(w, &expired, e))
        return err_trace(e);
    const bool due = expired > 0 || clock_monotonic(w->q->o.clock) >= atomic_load(&w->q->sweep_at);
    return !due || sweep(w, e) || err_trace(e);
}

bool claim_reap(struct worker *w, struct err *e)
{
    arena_reset(w->work);
    if (FAULT("queue.reap"))
        return err_set(e, ERR_UNAVAILABLE, "queue: reaping failed (injected)");
    return (db_begin(w->db, e) && db_end(w->db, reap(w, e), e)) || err_trace(e);
}
