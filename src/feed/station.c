/*
 * The clients of one loop.
 *
 * Each client stands at a place: `sent`, the last event that it was given. Everything else follows
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
 */
#include "feed/internal.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/log.h"
#include "sse/sse.h"

#define DRAIN_EVERY MILLISECONDS(20)
#define ALL SIZE_MAX

enum { KEEPALIVE_BEATS = 8 };

enum standing {
    RESUMING, /* has not been up to date yet */
    LIVE,
    CLOSING
};

struct client {
    struct client *next, **link; /* in `abreast` or `behind` of the channel */
    struct channel *channel;
    struct http_stream *stream;
    struct page *page; /* under way; or NULL */
    int64_t sent;
    enum standing standing;
    bool is_behind;
    unsigned char beat; /* at which of the beats it gets its keepalive */
};

struct channel {
    struct channel *next; /* in its bucket */
    struct station *station;
    int64_t project;
    bool open;                    /* the hub has answered */
    bool unused;                  /* nobody was here at the last sweep */
    struct subscription *waiting; /* for the hub's answer, newest first */
    struct client *abreast, *behind;
    size_t n_clients;
    struct ring ring;
    int64_t first_seq; /* oldest that the store has, as of opening */
    char epoch[FEED_EPOCH_MAX + 1];
};

static void count_one(_Atomic uint64_t *counter, uint64_t n)
{
    atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

// --- channels ------------------------------------------------------------------------------------

static struct channel *channel_find(struct station *s, int64_t project)
{
    struct channel *ch = s->channels[feed_bucket(project)];

    while (ch && ch->project != project)
        ch = ch->next;
    return ch;
}

static struct channel *channel_create(struct station *s, int64_t project)
{
    struct channel **bucket = &s->channels[feed_bucket(project)];
    struct channel *ch = NEW(struct channel);

    ch->station = s;
    ch->project = project;
    ch->next = *bucket;
    *bucket = ch;
    return ch;
}

/* Unlinks and frees the first channel of a bucket, or of what is left of one. */
static void channel_pop(struct channel **at)
{
    struct channel *ch = *at;

    assert(ch->n_clients == 0 && !ch->waiting);
    *at = ch->next;
    ring_finish(&ch->ring);
    free(ch);
}

static void channel_destroy(const struct channel *ch)
{
    struct channel **at = &ch->station->channels[feed_bucket(ch->project)];

    while (*at != ch)
        at = &(*at)->next;
    channel_pop(at);
}

/* Answers those who wait for a channel that will not open. */
static void refuse_waiting(struct channel *ch, const struct err *why)
{
    while (ch->waiting) {
        struct subscription *sub = ch->waiting;
        ch->waiting = sub->next;
        http_answer_error(sub->x, why, STR_NONE);
    }
}

// --- clients -------------------------------------------------------------------------------------

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
}

static void on_closed(void *arg)
{
    struct client *c = arg;
    struct station *s = c->channel->station;

    page_forget(c);
    list_remove(c);
    c->channel->n_clients--;
    free(c);
    if (atomic_fetch_sub(&s->n_clients, 1) == 1 && s->ending)
        bell_ring(s->emptied);
}

static void client_close(struct client *c)
{
    if (c->standing == CLOSING)
        return;
    c->standing = CLOSING;
    page_forget(c);
    client_list(c, false);
    http_stream_close(c->stream);
}

static void cut_off(struct client *c)
{
    count_one(&c->channel->station->slow_closed, 1);
    log_info(NULL, "feed.slow_client", "project=%lld sent=%lld last=%lld backlog=%zu",
             (long long)c->channel->project, (long long)c->sent, (long long)c->channel->ring.last,
             http_stream_backlog(c->stream));
    client_close(c);
}

/* What is small, or was measured against the backlog before: it is taken whatever waits already. A
 * stream whose socket has failed takes it too; on_closed is on its way then. */
static void client_send(const struct client *c, struct http_chunk *const *chunks, size_t n)
{
    const bool sent = http_stream_send(c->stream, chunks, n, ALL);
    assert(sent);
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
        .project = c->channel->project,
        .after = c->sent,
    };
    if (hub_ask_page(s->hub, p))
        c->page = p;
    else
        free(p); // the hub is ending, and so are we
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
        if (part.n > 0)
            client_send(c, part.chunks, part.n);
        count_one(&c->channel->station->events_sent, part.n);
        c->sent = part.last;
    }
}

static bool is_too_slow(const struct client *c)
{
    const struct ring *r = &c->channel->ring;

    return c->standing == LIVE && c->sent < r->last &&
           (!ring_covers(r, c->sent) || ring_bytes_after(r, c->sent) > LIMIT_SSE_LAG);
}

static void start_draining(struct station *s);

/* Brings a client as far as its socket allows, and puts it into the list where it belongs. */
static void advance(struct client *c)
{
    const struct ring *r = &c->channel->ring;

    if (c->standing == CLOSING || c->page)
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
    client_list(c, c->sent < r->last || c->standing == RESUMING);
    if (c->is_behind)
        start_draining(c->channel->station);
}

/* Tells the client that it has to load anew, and goes on with what comes. */
static void resync(struct client *c, enum feed_resync reason, int64_t first_seq)
{
    struct channel *ch = c->channel;
    struct buf out;

    buf_init(&out, FEED_FRAME_MAX);
    feed_frame_resync(&out, &(struct feed_resync_point){
                                .reason = reason,
                                .epoch = str_from(ch->epoch),
                                .first_seq = first_seq,
                                .last_seq = ch->ring.last,
                            });
    struct http_chunk *chunk = http_chunk_create(buf_view(&out));
    buf_finish(&out);
    count_one(&ch->station->resyncs, 1);
    c->sent = ch->ring.last;
    client_send(c, &chunk, 1);
    advance(c);
    http_chunk_unref(chunk);
}

void station_on_page(struct task *t)
{
    struct page *p = container_of(t, struct page, task);
    struct client *c = p->client;

    if (c) {
        c->page = NULL;
        if (p->outcome == PAGE_RESYNC) {
            resync(c, p->reason, p->first_seq);
        } else if (p->outcome == PAGE_READ) {
            if (p->frames)
                client_send(c, &p->frames, 1);
            c->sent = p->last;
            if (c->sent >= c->channel->ring.last)
                c->standing = LIVE;
            advance(c);
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
    feed_frame_connected(&out, str_from(ch->epoch), ch->ring.last,
                         clock_wall(ch->station->hub->o.clock));
    struct http_chunk *chunk = http_chunk_create(buf_view(&out));
    buf_finish(&out);
    client_send(c, &chunk, 1);
    http_chunk_unref(chunk);
}

static void begin(struct client *c, const struct hub_resume *from, bool same_epoch)
{
    const struct ring *r = &c->channel->ring;

    if (!from->given) {
        c->sent = r->last;
        advance(c);
        return;
    }
    if (!same_epoch) {
        resync(c, FEED_EPOCH_CHANGED, c->channel->first_seq);
        return;
    }
    c->sent = from->last_seq;
    if (ring_covers(r, c->sent) && c->sent <= r->last)
        count_one(&c->channel->station->ring_hits, 1);
    advance(c);
}

static void let_in(struct channel *ch, struct subscription *sub)
{
    const struct hub_resume from = sub->from;
    const bool same_epoch = str_is_none(from.epoch) || str_eq(from.epoch, str_from(ch->epoch));
    struct station *s = ch->station;
    struct client *c = NEW(struct client);

    c->channel = ch;
    c->sent = ch->ring.last;
    c->standing = RESUMING;
    c->beat = (unsigned char)(s->next_beat++ % KEEPALIVE_BEATS);
    ch->n_clients++;
    ch->unused = false;
    atomic_fetch_add(&s->n_clients, 1);
    list_add(c, false);
    c->stream = http_stream_start(sub->x, SSE_CONTENT_TYPE, on_closed, c);
    greet(c);
    begin(c, &from, same_epoch);
}

static void let_waiting_in(struct channel *ch)
{
    struct subscription *oldest = NULL;

    while (ch->waiting) {
        struct subscription *sub = ch->waiting;
        ch->waiting = sub->next;
        sub->next = oldest;
        oldest = sub;
    }
    while (oldest) {
        struct subscription *sub = oldest;
        oldest = sub->next; // the subscription ends with its exchange
        let_in(ch, sub);
    }
}

static void refuse_ending(struct http_exchange *x)
{
    struct err e = {0};

    (void)err_set(&e, ERR_UNAVAILABLE, "the server is shutting down");
    (void)err_fix(&e, "connect again in a moment");
    http_answer_error(x, &e, STR_NONE);
}

void station_subscribe(struct station *s, struct subscription *sub)
{
    struct channel *ch = s->ending ? NULL : channel_find(s, sub->project);

    if (!ch && (s->ending || !hub_ask_open(s->hub, s, sub->project))) {
        refuse_ending(sub->x);
        return;
    }
    if (!ch)
        ch = channel_create(s, sub->project);
    if (ch->open) {
        let_in(ch, sub);
        return;
    }
    sub->next = ch->waiting;
    ch->waiting = sub;
}

// --- news ----------------------------------------------------------------------------------------

static void advance_all(struct client *first)
{
    for (struct client *c = first, *next; c; c = next) {
        next = c->next; // it may change lists
        advance(c);
    }
}

static void take_frames(struct channel *ch, const struct news *n)
{
    for (size_t i = 0; i < n->n; i++)
        ring_push(&ch->ring, n->frames[i].seq, n->frames[i].chunk);
    ring_reach(&ch->ring, n->last);
}

static void opened(struct channel *ch, const struct news *n)
{
    memcpy(ch->epoch, n->epoch, sizeof ch->epoch);
    ch->first_seq = n->first_seq;
    ring_init(&ch->ring, ch->station->hub->o.ring, n->floor);
    take_frames(ch, n);
    ch->open = true;
    let_waiting_in(ch);
}

static void published(struct channel *ch, const struct news *n)
{
    struct hub *h = ch->station->hub;
    struct client *behind = ch->behind;

    take_frames(ch, n);
    advance_all(behind); // before the others, some of whom join them
    advance_all(ch->abreast);
    if (n->announced_at != TIME_NONE)
        atomic_store(&h->publish_lag, clock_monotonic(h->o.clock) - n->announced_at);
}

static void reset_some(struct client *first, const struct news *n)
{
    for (struct client *c = first, *next; c; c = next) {
        next = c->next;
        if (c->standing == CLOSING)
            continue;
        page_forget(c);
        resync(c, n->reason, n->first_seq);
    }
}

static void reset(struct channel *ch, const struct news *n)
{
    struct client *behind = ch->behind;

    memcpy(ch->epoch, n->epoch, sizeof ch->epoch);
    ch->first_seq = n->first_seq;
    ring_restart(&ch->ring, n->last);
    reset_some(ch->abreast, n);
    reset_some(behind, n);
}

static void refused(struct channel *ch, const struct news *n)
{
    refuse_waiting(ch, n->error);
    channel_destroy(ch);
}

static const struct {
    bool open; /* the channel is, when this is for it */
    void (*run)(struct channel *ch, const struct news *n);
} on_kind[] = {
    [NEWS_OPENED] = {false, opened},
    [NEWS_REFUSED] = {false, refused},
    [NEWS_FRAMES] = {true, published},
    [NEWS_RESET] = {true, reset},
};

void station_on_news(struct task *t)
{
    struct news *n = container_of(t, struct news, task);
    struct channel *ch = channel_find(n->station, n->project);

    // A channel that was closed here does not want what was still under way.
    if (ch && ch->open == on_kind[n->kind].open)
        on_kind[n->kind].run(ch, n);
    for (size_t i = 0; i < n->n; i++)
        http_chunk_unref(n->frames[i].chunk);
    free(n->error);
    free(n);
}

// --- timers --------------------------------------------------------------------------------------

/* Sockets do not say when they are empty again: while somebody is behind, one looks. */
static void on_drain(void *arg)
{
    struct station *s = arg;

    for (size_t i = 0; i < FEED_BUCKETS; i++)
        for (struct channel *ch = s->channels[i]; ch; ch = ch->next)
            advance_all(ch->behind);
    if (s->n_behind == 0)
        timer_stop(&s->drain);
}

static void start_draining(struct station *s)
{
    if (s->n_behind == 1) // the others have started it
        timer_start(&s->drain, DRAIN_EVERY, DRAIN_EVERY);
}

static void keep_alive(struct station *s, struct client *first, struct http_chunk *chunk)
{
    for (struct client *c = first, *next; c; c = next) {
        next = c->next;
        // Bytes that are still under way say the same.
        if (c->beat == s->beat_now && c->standing != CLOSING && !http_stream_backlog(c->stream))
            client_send(c, &chunk, 1);
    }
}

/* A channel that nobody has watched for a whole round is given back. */
static void sweep(struct channel *ch)
{
    if (ch->n_clients > 0 || !ch->open)
        return;
    if (!ch->unused) {
        ch->unused = true;
        return;
    }
    hub_tell_closed(ch->station->hub, ch->station, ch->project);
    channel_destroy(ch);
}

static void on_beat(void *arg)
{
    struct station *s = arg;
    struct buf out;

    buf_init(&out, FEED_FRAME_MAX);
    feed_frame_keepalive(&out, clock_wall(s->hub->o.clock));
    struct http_chunk *chunk = http_chunk_create(buf_view(&out));
    buf_finish(&out);
    s->beat_now = (s->beat_now + 1) % KEEPALIVE_BEATS;
    for (size_t i = 0; i < FEED_BUCKETS; i++)
        for (struct channel *ch = s->channels[i], *next; ch; ch = next) {
            next = ch->next;
            keep_alive(s, ch->abreast, chunk);
            keep_alive(s, ch->behind, chunk);
            if (s->beat_now == 0)
                sweep(ch);
        }
    http_chunk_unref(chunk);
}

// --- a life --------------------------------------------------------------------------------------

static void open_on_loop(void *station)
{
    struct station *s = station;
    const usec_t beat = s->hub->o.keepalive / KEEPALIVE_BEATS;

    timer_init(&s->beat, s->loop, on_beat, s);
    timer_init(&s->drain, s->loop, on_drain, s);
    timer_start(&s->beat, beat, beat);
}

void station_init(struct station *s, struct hub *h, struct loop *l, size_t index)
{
    s->hub = h;
    s->loop = l;
    s->index = index;
    s->emptied = h->emptied;
    loop_call_wait(l, open_on_loop, s);
}

static void close_all(struct client *first)
{
    for (struct client *c = first, *next; c; c = next) {
        next = c->next;
        client_close(c);
    }
}

void station_close(void *station)
{
    struct station *s = station;
    struct err e = {0};

    (void)err_set(&e, ERR_UNAVAILABLE, "the server is shutting down");
    s->ending = true;
    timer_finish(&s->beat);
    timer_finish(&s->drain);
    for (size_t i = 0; i < FEED_BUCKETS; i++)
        for (struct channel *ch = s->channels[i]; ch; ch = ch->next) {
            refuse_waiting(ch, &e);
            close_all(ch->behind);
            close_all(ch->abreast);
        }
}

void station_finish(void *station)
{
    struct station *s = station;

    for (size_t i = 0; i < FEED_BUCKETS; i++)
        while (s->channels[i])
            channel_pop(&s->channels[i]);
}

size_t station_clients_of(struct station *s, int64_t project)
{
    const struct channel *ch = channel_find(s, project);

    return ch ? ch->n_clients : 0;
}
