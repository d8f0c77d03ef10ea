/* The inbox as other threads see it: what they hand in, what they may know, how it begins and ends.
 */
#include "inbox/inbox.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/limits.h"
#include "inbox/internal.h"
#include "inbox/writer.h"

// --- from other threads --------------------------------------------------------------------------

bool inbox_submit(struct inbox *in, struct inbox_append *ap)
{
    const usec_t now = clock_monotonic(in->o.clock);
    usec_t oldest = 0;
    if (FAULT("inbox.submit"))
        return false;
    ap->submitted_at = now;
    if (!atomic_compare_exchange_strong(&in->oldest, &oldest, now) && now - oldest > INBOX_PATIENCE)
        return false;
    if (atomic_fetch_add_explicit(&in->waiting, 1, memory_order_relaxed) < LIMIT_INBOX_WAITING &&
        mailbox_push(in->mail, &ap->task))
        return true;
    atomic_fetch_sub_explicit(&in->waiting, 1, memory_order_relaxed);
    return false;
}

void inbox_release(struct inbox *in)
{
    atomic_store_explicit(&in->held, false, memory_order_release);
}

static uint64_t value(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

void inbox_stats(const struct inbox *in, struct inbox_stats *ret)
{
    *ret = (struct inbox_stats){
        .stored = value(&in->n_stored),
        .duplicates = value(&in->n_duplicates),
        .spooled = value(&in->n_spooled),
        .refused = value(&in->n_refused),
        .groups = value(&in->n_groups),
        .replayed = value(&in->n_replayed),
        .torn_records = value(&in->n_torn),
        .corrupt_records = value(&in->n_corrupt),
        .waiting = atomic_load_explicit(&in->waiting, memory_order_relaxed),
        .spool_bytes = value(&in->n_spool_bytes),
        .store_down = atomic_load_explicit(&in->store_down, memory_order_relaxed),
    };
    histogram_add(&ret->group_size, &in->group_size);
    histogram_add(&ret->commit_time, &in->commit_time);
    histogram_add(&ret->append_time, &in->append_time);
    histogram_add(&ret->spool_time, &in->spool_time);
    histogram_add(&ret->sync_time, &in->sync_time);
}

usec_t inbox_owes_since(const struct inbox *in)
{
    return atomic_load_explicit(&in->oldest, memory_order_relaxed);
}

// --- life ----------------------------------------------------------------------------------------

void inbox_destroy(struct inbox *in)
{
    if (!in)
        return;
    db_close(in->db);
    spool_close(in->spool);
    mailbox_destroy(in->mail);
    batch_destroy(in->batch);
    arena_destroy(in->a);
    free(in);
}

bool inbox_create(const struct inbox_options *o, struct inbox **ret, struct err *e)
{
    _cleanup_(inbox_destroyp) struct inbox *in = NEW(struct inbox);
    in->o = *o;
    atomic_init(&in->held, o->held);
    in->a = arena_create(0);
    in->mail = mailbox_create();
    in->batch = batch_create();
    in->may_hope = store_engine(o->store) == STORE_POSTGRES;
    in->depth = in->may_hope ? DEPTH_MAX : 1;
    in->db = store_connect(o->store, STORE_INGEST);
    if (!spool_open(&(struct spool_options){.path = o->spool_path,
                                            .files = o->files,
                                            .sync_time = &in->sync_time,
                                            .clock = o->clock},
                    &in->spool, e))
        return err_trace(e);
    writer_note_spool(in);
    *ret = TAKE(in);
    return true;
}

bool inbox_start(const struct inbox_options *o, struct inbox **ret, struct err *e)
{
    _cleanup_(inbox_destroyp) struct inbox *in = NULL;
    if (!inbox_create(o, &in, e) || !thread_start("inbox", writer_run, in, &in->thread, e))
        return err_trace(e);
    *ret = TAKE(in);
    return true;
}

void inbox_stop(struct inbox *in)
{
    mailbox_close(in->mail);
    thread_join(in->thread);
    inbox_destroy(in);
}
