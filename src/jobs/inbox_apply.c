/*
 * One batch of received webhooks, inside the worker's transaction:
 *
 *     normalise        each row into a change; a row that says nothing usable is buried alone
 *     fold             snapshots loaded and locked, changes applied, parents told
 *     save snapshots   contacts, conversations, calls, counts
 *     feed             takes the numbers: late, because the counter's row is locked from here on
 *     save log         the lines of call_events, with their numbers
 */
#include "jobs/inbox_apply.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "calls/batch.h"
#include "feed/feed.h"

struct inbox_apply {
    struct inbox_apply_options o;
};

const struct queue_queries inbox_queue_queries = {
    .claim = Q_INBOX_CLAIM,
    .claim_tried = Q_INBOX_CLAIM_TRIED,
    .complete = Q_INBOX_COMPLETE,
    .retry = Q_INBOX_RETRY,
    .bury = Q_INBOX_BURY,
    .reap = Q_INBOX_REAP,
    .hasten = Q_INBOX_HASTEN,
};

enum { PAYLOAD_MAX = 256 * 1024 };

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

static bool publish(struct call_batch *b, struct db *db, usec_t now, struct arena *a, struct err *e)
{
    size_t n;
    struct call_entry *entries = call_batch_entries(b, &n);
    struct feed_item *items = arena_new(a, struct feed_item, n);
    struct buf payload;
    bool fits = true;

    buf_init(&payload, PAYLOAD_MAX);
    for (size_t i = 0; i < n; i++) {
        buf_reset(&payload);
        call_feed_payload(&payload, &entries[i]);
        fits = fits && buf_ok(&payload);
        items[i] = (struct feed_item){
            .project = entries[i].project,
            .type = entries[i].event_type,
            .ts = entries[i].event_time,
            .entity_type = STR("call"),
            .entity_id = entries[i].call_sid,
            .payload = str_dup(buf_view(&payload), a),
            .trace_id = entries[i].trace_id,
        };
    }
    buf_finish(&payload);
    if (!fits)
        return err_set(e, ERR_LIMIT, "a snapshot is larger than %d bytes", PAYLOAD_MAX);
    if (!feed_append(db, items, n, now, a, e))
        return err_trace(e);
    for (size_t i = 0; i < n; i++)
        entries[i].seq = items[i].seq;
    return true;
}

static bool run(struct queue_batch *qb, struct err *e)
{
    const struct inbox_apply *ia = qb->arg;
    const usec_t now = clock_wall(ia->o.clock);
    struct call_batch *b = call_batch_create(ia->o.rules, now, qb->a);

    for (size_t i = 0; i < qb->n; i++)
        add_row(ia, b, &qb->rows[i], qb->a, &qb->verdicts[i]);
    if (!call_batch_fold(b, qb->db, e) || !call_batch_save_snapshots(b, qb->db, e) ||
        !publish(b, qb->db, now, qb->a, e) || !call_batch_save_log(b, qb->db, e))
        return err_trace(e);
    qb->result = b;
    return true;
}

/* Tells how far each project of the batch has come. */
static void after_commit(struct queue_batch *qb)
{
    const struct inbox_apply *ia = qb->arg;
    size_t n;
    const struct call_entry *entries = call_batch_entries(qb->result, &n);

    // The last entry of a project has its highest seq.
    for (size_t i = n; ia->o.on_committed && i > 0; i--) {
        bool told = false;
        for (size_t j = i; j < n && !told; j++)
            told = entries[j].project == entries[i - 1].project;
        if (!told)
            ia->o.on_committed(entries[i - 1].project, entries[i - 1].seq, ia->o.arg);
    }
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
