/*
 * A client stands at a place: `sent`, the last event that it was given. Everything else follows
 * from comparing that with the ring of its channel:
 *
 *   sent == last            up to date: the next frames go out as they come
 *   floor <= sent < last    the frames wait in the ring and go out as the socket takes them
 *   sent < floor            the hub's thread reads a page of the store, until the ring is met
 *   sent > last             it has seen what we have not: the store is asked who is right
 *
 * So there is no queue per client: what waits for it waits in the ring, and at most
 * LIMIT_SSE_BACKLOG bytes (or one frame, when that is larger) are with its socket. A burst makes a
 * client fall behind for a moment and cuts nobody off. A client that was up to date once and then
 * falls LIMIT_SSE_LAG bytes behind, or out of the ring, is too slow: it is cut off, and resumes at
 * its own pace. One that resumes may take all the time it wants; a dead one ends by the write
 * timeout of its connection.
 *
 * Topics choose among the frames, which are the same for all. `sent` moves over what is not wanted,
 * and the client would not know: so it is told its place when `told` falls far behind, and instead
 * of a keepalive.
 */
#include "feed/client.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/log.h"
#include "feed/request.h"
#include "http/language.h"
#include "sse/sse.h"
#include "ws/ws.h"

#define ALL SIZE_MAX

enum {
    POSITION_EVERY = 256, /* events that it did not want, until it is told how far it is */
    STRIKES = 3,          /* messages without sense, until it is closed */
};

static void count_one(_Atomic uint64_t *counter, uint64_t n)
{
    atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

static void list_remove(struct client *c)
{
    *c->link = c->next;
    if (c->next)
        c->next->link = c->link;
    c->channel->station->n_behind -= c->is_behind;
}

static void list_add(struct client *c, bool behind)
{
    struct client **list = behind ? &c->channel->behind : &c->channel->abreast;

    c->is_behind = behind;
    c->channel->station->n_behind += behind;
    c->next = *list;
    c->link = list;
    if (c->next)
        c->next->link = &c->next;
    *list = c;
}

static void client_list(struct client *c, bool behind)
{
    if (c->is_behind == behind)
        return;
    list_remove(c);
    list_add(c, behind);
}

static void page_forget(struct client *c)
{
    if (c->page)
        c->page->client = NULL; // it comes back to nobody
    c->page = NULL;
    c->page_is_stale = false;
}

// --- progress ------------------------------------------------------------------------------------

/* The hub asks for it while somebody wants it; what is left of then would be old to who comes. */
static void want_progress(struct client *c, bool before, bool now)
{
    struct channel *ch = c->channel;
    const size_t had = ch->n_wanting;

    ch->n_wanting = had + now - before;
    c->progress_no = 0;
    if ((had > 0) == (ch->n_wanting > 0))
        return;
    hub_tell_wanted(ch->station->hub, ch->station, ch->of, ch->n_wanting > 0);
    channel_forget_progress(ch);
}

static void set_topics(struct client *c, feed_topics topics)
{
    const bool before = c->topics & FEED_TOPIC_PROGRESS, now = topics & FEED_TOPIC_PROGRESS;

    c->topics = topics;
    if (before || now)
        want_progress(c, before, now);
}

static void on_closed(void *arg)
{
    struct client *c = arg;
    struct station *s = c->channel->station;

    page_forget(c);
    set_topics(c, 0);
    list_remove(c);
    c->channel->n_clients--;
    free(c);
    if (atomic_fetch_sub(&s->n_clients, 1) == 1 && s->ending)
        bell_ring(s->emptied);
}

/* Nothing more is sent to it, but why. */
static void begin_closing(struct client *c)
{
    c->standing = CLOSING;
    page_forget(c);
    client_list(c, false);
}

static void cut_off(struct client *c)
{
    count_one(&c->channel->delivery->slow_closed, 1);
    log_info(NULL, "feed.slow_client", "project=%lld sent=%lld last=%lld backlog=%zu",
             (long long)c->channel->of.project, (long long)c->sent,
             (long long)c->channel->ring.last, http_stream_backlog(c->stream));
    begin_closing(c);
    http_stream_close(c->stream);
}

/* What is small, or was measured against the backlog before: it is taken whatever waits already. A
 * stream whose socket has failed takes it too; on_closed is on its way then. */
static void client_send(const struct client *c, struct http_chunk *const *chunks, size_t n)
{
    const bool sent = http_stream_send(c->stream, chunks, n, ALL);
    assert(sent);
}

/* Sends what was written, and finishes the buf. */
static void send_text(const struct client *c, struct buf *out)
{
    struct http_chunk *chunk = http_chunk_create(buf_view(out));

    buf_finish(out);
    client_send(c, &chunk, 1);
    http_chunk_unref(chunk);
}

static bool is_owed_progress(const struct client *c)
{
    const struct channel *ch = c->channel;

    return ch->progress && c->topics & FEED_TOPIC_PROGRESS && c->progress_no != ch->progress_no;
}

/* The last that came, when its socket has room: what it missed meanwhile is nothing. */
static void tell_progress(struct client *c)
{
    if (!is_owed_progress(c) || http_stream_backlog(c->stream) >= LIMIT_SSE_BACKLOG)
        return;
    client_send(c, &c->channel->progress, 1);
    c->progress_no = c->channel->progress_no;
}

/* Asks the hub's thread for what stands after c->sent, as soon as the socket has nothing to do. */
static void ask_page(struct client *c)
{
    struct station *s = c->channel->station;

    if (c->page || http_stream_backlog(c->stream) > 0)
        return;
    struct page *p = NEW(struct page);
    *p = (struct page){
        .task.run = NULL,
        .station = s,
        .client = c,
        .of = c->channel->of,
        .topics = c->topics,
        .after = c->sent,
    };
    if (hub_ask_page(s->hub, p))
        c->page = p;
    else
        free(p); // the hub is ending, and so are we
}

/* Nothing of what came last was wanted: where it would go on is said all the same. */
static void tell_position(struct client *c)
{
    struct buf out;

    if (c->channel->of.view == FEED_CALLS)
        return; // it has no message for that, and no topics
    buf_init(&out, FEED_FRAME_MAX);
    feed_view_position(c->channel->of.view, &out, str_from(c->channel->epoch), c->sent);
    send_text(c, &out);
    c->told = c->sent;
}

/* What it wants of a part of the ring; runs of frames go out as they lie there. */
static void send_part(struct client *c, const struct ring_part *part)
{
    size_t from = 0;

    for (size_t i = 0; i <= part->n; i++) {
        if (i < part->n && c->topics & FEED_TOPIC(part->marks[i].type))
            continue;
        if (i > from) {
            client_send(c, part->chunks + from, i - from);
            count_one(&c->channel->delivery->events_sent, i - from);
            c->told = part->marks[i - 1].seq;
        }
        from = i + 1;
    }
}

/* From the ring to the socket, as much as may be with it. */
static void pump(struct client *c)
{
    const struct ring *r = &c->channel->ring;

    while (c->sent < r->last && ring_covers(r, c->sent)) {
        const size_t backlog = http_stream_backlog(c->stream);
        if (backlog >= LIMIT_SSE_BACKLOG)
            return;
        const struct ring_part part =
            ring_after(r, c->sent, LIMIT_SSE_BACKLOG - backlog, LIMIT_SSE_BACKLOG);
        if (part.last == c->sent)
            return;
        send_part(c, &part);
        c->sent = part.last;
    }
    if (c->sent - c->told >= POSITION_EVERY)
        tell_position(c);
}

static bool is_too_slow(const struct client *c)
{
    const struct ring *r = &c->channel->ring;

    return c->standing == LIVE && c->sent < r->last &&
           (!ring_covers(r, c->sent) || ring_bytes_after(r, c->sent) > LIMIT_SSE_LAG);
}

void client_advance(struct client *c)
{
    const struct ring *r = &c->channel->ring;

    if (c->standing == CLOSING)
        return;
    tell_progress(c);
    if (c->page)
        return;
    pump(c);
    if (c->sent == r->last)
        c->standing = LIVE;
    if (is_too_slow(c)) {
        cut_off(c);
        return;
    }
    if (c->standing == RESUMING && (c->sent > r->last || !ring_covers(r, c->sent)))
        ask_page(c);
    client_list(c, c->sent < r->last || c->standing == RESUMING || is_owed_progress(c));
    if (c->is_behind)
        station_start_draining(c->channel->station);
}

/* Tells the client that it has to load anew, and goes on with what comes. */
static void resync(struct client *c, enum feed_resync reason, int64_t first_seq)
{
    struct channel *ch = c->channel;
    struct buf out;

    buf_init(&out, FEED_FRAME_MAX);
    feed_view_resync(ch->of.view, &out,
                     &(struct feed_resync_point){
                         .reason = reason,
                         .epoch = str_from(ch->epoch),
                         .first_seq = first_seq,
                         .last_seq = ch->ring.last,
                     });
    count_one(&ch->station->resyncs, 1);
    c->sent = c->told = ch->ring.last;
    send_text(c, &out);
    client_advance(c);
}

void station_on_page(struct task *t)
{
    struct page *p = container_of(t, struct page, task);
    struct client *c = p->client;

    if (c) {
        const bool stale = c->page_is_stale;
        c->page = NULL;
        c->page_is_stale = false;
        if (stale) {
            client_advance(c);
        } else if (p->outcome == PAGE_RESYNC) {
            resync(c, p->reason, p->first_seq);
        } else if (p->outcome == PAGE_READ) {
            if (p->frames)
                client_send(c, &p->frames, 1);
            c->sent = p->last;
            c->told = p->shown > 0 ? p->shown : c->told;
            if (c->sent >= c->channel->ring.last)
                c->standing = LIVE;
            client_advance(c);
        }
    }
    if (p->frames)
        http_chunk_unref(p->frames);
    free(p);
}

// --- coming in -----------------------------------------------------------------------------------

static void greet(const struct client *c)
{
    struct channel *ch = c->channel;
    struct buf out;

    buf_init(&out, FEED_FRAME_MAX);
    feed_view_connected(ch->of.view, &out, str_from(ch->epoch), ch->ring.last,
                        clock_wall(ch->station->hub->o.clock));
    send_text(c, &out);
}

static void begin(struct client *c, const struct hub_resume *from, bool same_epoch)
{
    const struct ring *r = &c->channel->ring;

    c->standing = RESUMING;
    c->told = from->given ? from->last_seq : r->last; // both sides know that place
    if (!from->given) {
        c->sent = r->last;
        client_advance(c);
        return;
    }
    if (!same_epoch) {
        resync(c, FEED_EPOCH_CHANGED, c->channel->first_seq);
        return;
    }
    c->sent = from->last_seq;
    if (ring_covers(r, c->sent) && c->sent <= r->last)
        count_one(&c->channel->station->ring_hits, 1);
    client_advance(c);
}

static bool same_history(const struct channel *ch, const struct hub_resume *from)
{
    return str_is_none(from->epoch) || str_eq(from->epoch, str_from(ch->epoch));
}

// --- what a client says --------------------------------------------------------------------------

static void refuse_message(struct client *c, const struct err *e)
{
    struct station *s = c->channel->station;
    char id[ID_LEN + 1];
    struct buf out;

    id_make(clock_wall(s->hub->o.clock), &s->rng, id);
    const struct log lg = {str_from(id)};
    log_failure(&lg, LOG_DEBUG, "feed.refused", e);
    buf_init(&out, FEED_FRAME_MAX);
    feed_view_error(&out, e, c->language, lg.id);
    send_text(c, &out);
    if (++c->strikes < STRIKES)
        return;
    begin_closing(c);
    ws_close(c->ws, WS_POLICY, STR("messages that make no sense"));
}

bool hub_may_have(const struct hub_watcher *who, feed_topics topics, struct err *e)
{
    if (!(topics & FEED_TOPIC_PROGRESS) || who->sees_progress)
        return true;
    return err_set(e, ERR_FORBIDDEN, "this needs the right %s", "health.read");
}

/* What it hears from here on belongs to the new subscription. A page under way is waited for:
 * however often it subscribes, the store is asked for one at a time. */
static void resubscribe(struct client *c, const struct feed_request *rq)
{
    struct channel *ch = c->channel;
    struct buf out;

    c->page_is_stale = c->page != NULL;
    set_topics(c, rq->topics);
    buf_init(&out, FEED_FRAME_MAX);
    feed_view_subscribed(&out, c->topics, str_from(ch->epoch),
                         rq->from.given ? rq->from.last_seq : c->sent);
    send_text(c, &out);
    if (rq->from.given)
        begin(c, &rq->from, same_history(ch, &rq->from));
    else
        client_advance(c);
}

static void on_text(struct str message, void *arg)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct client *c = arg;
    struct feed_request rq;
    struct err e = {0};

    if (feed_request_parse(message, a, &rq, &e) && hub_may_have(&c->who, rq.topics, &e))
        resubscribe(c, &rq);
    else
        refuse_message(c, &e);
}

// --- a life --------------------------------------------------------------------------------------

static void open_stream(struct client *c, struct http_exchange *x)
{
    if (c->channel->of.view != FEED_SOCKET) {
        c->stream = http_stream_start(x, SSE_CONTENT_TYPE, on_closed, c);
        return;
    }
    c->ws = ws_open(x, &(struct ws_options){
                           .clock = c->channel->station->hub->o.clock,
                           .max_message = LIMIT_WS_MESSAGE,
                           .on_text = on_text,
                           .on_closed = on_closed,
                           .arg = c,
                       });
    c->stream = ws_stream(c->ws);
}

void client_open(struct channel *ch, struct subscription *sub, unsigned char beat)
{
    const struct hub_resume from = sub->who.from;
    const bool same = same_history(ch, &from);
    struct client *c = NEW(struct client);

    c->channel = ch;
    c->sent = ch->ring.last;
    set_topics(c, sub->who.topics);
    c->who = sub->who.who;
    c->beat = beat;
    c->language = http_language_of(http_request_of(sub->x));
    ch->n_clients++;
    ch->unused = false;
    atomic_fetch_add(&ch->station->n_clients, 1);
    list_add(c, false);
    open_stream(c, sub->x); // the subscription has gone with it
    greet(c);
    begin(c, &from, same);
}

void client_advance_all(struct client *first)
{
    for (struct client *c = first, *next; c; c = next) {
        next = c->next; // it may change lists
        client_advance(c);
    }
}

void client_reset(struct client *c, enum feed_resync reason, int64_t first_seq)
{
    if (c->standing == CLOSING)
        return;
    page_forget(c);
    resync(c, reason, first_seq);
}

void client_keep_alive(struct client *c, struct http_chunk *keepalive)
{
    // Bytes that are still under way say the same.
    if (c->standing == CLOSING || http_stream_backlog(c->stream) > 0)
        return;
    if (c->told < c->sent && c->channel->of.view != FEED_CALLS)
        tell_position(c);
    else
        client_send(c, &keepalive, 1);
}

static void say_why(const struct client *c, struct str reason)
{
    struct buf out;

    buf_init(&out, FEED_FRAME_MAX);
    feed_view_ended(c->channel->of.view, &out, reason);
    send_text(c, &out);
}

void client_end(struct client *c, struct str reason)
{
    if (c->standing == CLOSING)
        return;
    begin_closing(c);
    say_why(c, reason);
    if (c->ws)
        ws_close(c->ws, WS_POLICY, reason);
    else
        http_stream_end(c->stream);
}

void client_drop(struct client *c, struct str reason)
{
    if (c->standing != CLOSING)
        begin_closing(c);
    if (c->ws)
        ws_drop(c->ws, WS_GOING_AWAY, reason);
    else
        http_stream_close(c->stream);
}
