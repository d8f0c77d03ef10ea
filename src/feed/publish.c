/*
 *     save snapshots   contacts, conversations, calls, counts
 *     number           the feed's: late, because the counter's row is locked from here on
 *     save log         the lines of call_events, with their numbers
 */
#include "feed/publish.h"

#include "base/arena.h"
#include "base/buf.h"
#include "feed/feed.h"

enum { PAYLOAD_MAX = 256 * 1024 };

static bool number(struct call_batch *b, struct db *db, usec_t now, struct arena *a, struct err *e)
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
            .listed = entries[i].listed,
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

bool feed_publish(struct call_batch *b, struct db *db, usec_t now, struct arena *a, struct err *e)
{
    if (!call_batch_save_snapshots(b, db, e) || !number(b, db, now, a, e) ||
        !call_batch_save_log(b, db, e))
        return err_trace(e);
    return true;
}

void feed_published(struct call_batch *b, feed_committed_fn *on_committed, void *arg)
{
    size_t n;
    const struct call_entry *entries = call_batch_entries(b, &n);

    // The last entry of a project has its highest seq.
    for (size_t i = n; on_committed && i > 0; i--) {
        bool told = false;
        for (size_t j = i; j < n && !told; j++)
            told = entries[j].project == entries[i - 1].project;
        if (!told)
            on_committed(entries[i - 1].project, entries[i - 1].seq, arg);
    }
}
