/*
 * One batch of received webhooks, inside the worker's transaction:
 *
 *     normalise   each row into a change; a row that says nothing usable is buried alone
 *     fold        snapshots loaded and locked, changes applied, parents told
 *     publish     snapshots, numbers, log (feed/publish.c)
 */
#include "jobs/inbox_apply.h"

#include <stdlib.h>

#include "base/arena.h"
#include "calls/batch.h"
#include "feed/publish.h"

struct inbox_apply {
    struct inbox_apply_options o;
};

const struct queue_queries inbox_queue_queries = {
    .waiting = Q_INBOX_WAITING,
    .claim = Q_INBOX_CLAIM,
    .claim_tried = Q_INBOX_CLAIM_TRIED,
    .complete = Q_INBOX_COMPLETE,
    .retry = Q_INBOX_RETRY,
    .bury = Q_INBOX_BURY,
    .reap = Q_INBOX_REAP,
    .hasten = Q_INBOX_HASTEN,
    .hold = Q_INBOX_HOLD,
};

static bool normalise(const struct inbox_apply *ia, const struct queue_row *row, struct arena *a,
                      struct call_change *ret, struct err *e)
{
    call_normalise_fn *normaliser = ia->o.normaliser_of(row->provider);

    if (!normaliser)
        return err_set(e, ERR_INVALID, "provider: \"" STR_FMT "\" is not known here",
                       STR_ARG(row->provider));
    if (!normaliser(row->event_type, row->payload, row->received_at, a, ret, e))
        return err_trace(e);
    return true;
}

/* Adds what a row says to the batch. What cannot be understood never will be: it is buried. */
static void add_row(const struct inbox_apply *ia, struct call_batch *b, const struct queue_row *row,
                    struct arena *a, struct queue_verdict *verdict)
{
    const struct call_origin origin = {
        .inbox_id = row->id, .payload = row->payload, .trace_id = row->trace_id};
    struct call_change change;
    struct err e = {0};

    if (!normalise(ia, row, a, &change, &e) ||
        !call_batch_add(b, row->project, row->provider, &change, &origin, &e))
        *verdict = (struct queue_verdict){QUEUE_BURY, str_dup(str_from(e.text), a)};
}

static bool run(struct queue_batch *qb, struct err *e)
{
    const struct inbox_apply *ia = qb->arg;
    const usec_t now = clock_wall(ia->o.clock);
    struct call_batch *b = call_batch_create(ia->o.rules, now, qb->a);

    for (size_t i = 0; i < qb->n; i++)
        add_row(ia, b, &qb->rows[i], qb->a, &qb->verdicts[i]);
    if (!call_batch_fold(b, qb->db, e) || !feed_publish(b, qb->db, now, qb->a, e))
        return err_trace(e);
    qb->result = b;
    return true;
}

static void after_commit(struct queue_batch *qb)
{
    const struct inbox_apply *ia = qb->arg;

    feed_published(qb->result, ia->o.on_committed, ia->o.arg);
}

struct inbox_apply *inbox_apply_create(const struct inbox_apply_options *o)
{
    struct inbox_apply *ia = NEW(struct inbox_apply);

    ia->o = *o;
    return ia;
}

void inbox_apply_destroy(struct inbox_apply *ia)
{
    free(ia);
}

struct queue_handler inbox_apply_handler(struct inbox_apply *ia)
{
    return (struct queue_handler){.run = run, .after_commit = after_commit, .arg = ia};
}
