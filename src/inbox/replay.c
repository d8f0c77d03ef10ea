/*
 * From the spool back into the store, in the order of arrival.
 *
 * A long spool is replayed batch by batch, and what arrives meanwhile is spooled in between: nobody
 * waits for the whole of it. Senders get twice the time that the batch before took, while they use
 * it; unless the spool grows beyond all measure by that.
 */
#include "inbox/writer.h"

#include "base/fault.h"
#include "base/log.h"

enum {
    SHORT_SPOOL = 256 * 1024,       /* bytes that are replayed without looking up */
    LONG_SPOOL = 512 * 1024 * 1024, /* half of all: then senders get as little time as can be */
};

#define NEXT_REQUEST MILLISECONDS(1) /* comes in that time from a sender that was answered */

/* The store refuses one of them: it was promised, so its file is kept for a person to look at. */
static bool replay_one_by_one(struct inbox *in, const struct inbox_item *const *items, size_t n,
                              bool *ret_keep, struct err *e)
{
    for (size_t i = 0; i < n; i++) {
        const struct log lg = {.id = items[i]->trace_id};
        bool is_new;
        if (writer_append_one(in, items[i], &is_new, e))
            continue;
        if (writer_is_away(in))
            return err_trace(e);
        log_failure(&lg, LOG_ERROR, "inbox.replay_refused", e);
        *ret_keep = true;
    }
    return true;
}

static bool store_replayed(struct inbox *in, size_t n, bool *ret_keep, struct err *e)
{
    const struct inbox_item *items[LIMIT_GROUP];
    bool is_new[LIMIT_GROUP];
    bool owned = true;

    for (size_t i = 0; i < n; i++) {
        items[i] = &in->replayed[i];
        owned = owned && items[i]->project != PROJECT_UNKNOWN;
    }
    if (!FAULT("inbox.replay") && owned && writer_append_group(in, items, n, is_new, e))
        return true;
    if (owned && writer_is_away(in))
        return err_trace(e);
    return replay_one_by_one(in, items, n, ret_keep, e);
}

static bool find_projects(struct inbox *in, size_t n, struct err *e)
{
    for (size_t i = 0; i < n; i++)
        if (!writer_find_project(in, &in->replayed[i], e))
            return err_trace(e);
    return true;
}

/* One batch from the spool into the store. False: the store is away, or the spool is unreadable. */
static bool replay_batch(struct inbox *in, struct err *e)
{
    size_t n;
    bool keep = false;
    in->tried_at = clock_monotonic(in->o.clock);
    if (!spool_read(in->spool, LIMIT_GROUP, in->replayed, &n, e))
        return err_trace(e);
    if (n == 0)
        return true;

    if (!find_projects(in, n, e) || !store_replayed(in, n, &keep, e)) {
        spool_rewind(in->spool);
        return err_trace(e);
    }
    writer_set_down(in, false, NULL);
    writer_add(&in->n_replayed, n);
    writer_tell_stored(
        in, n); // those that were there may have come with a commit that we never heard of
    return spool_done(in->spool, keep, e) || err_trace(e);
}

/* Spools what comes, for a time; or until nothing comes. */
static void serve_between(struct inbox *in, usec_t share)
{
    const usec_t end = clock_monotonic(in->o.clock) + share;

    writer_take_mail(in, 0);
    while (!line_is_empty(&in->line)) {
        writer_spool_line(in);
        if (clock_monotonic(in->o.clock) >= end || spool_bytes(in->spool) > LONG_SPOOL)
            return;
        writer_take_mail(in, NEXT_REQUEST);
    }
}

/* As long as it goes well and no one is kept waiting. */
void replay_spool(struct inbox *in)
{
    struct err e;
    while (writer_is_spooling(in)) {
        const bool ok = replay_batch(in, &e);
        writer_note_spool(in);
        if (!ok && writer_is_away(in)) {
            writer_lose_store(in, &e);
            return;
        }
        if (!ok) {
            log_failure(NULL, LOG_WARN, "inbox.replay_failed", &e);
            in->next_try = clock_monotonic(in->o.clock) + RETRY_WAIT;
            return;
        }
        if (spool_bytes(in->spool) > SHORT_SPOOL)
            serve_between(in, 2 * (clock_monotonic(in->o.clock) - in->tried_at));
    }
}
