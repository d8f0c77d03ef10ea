/*
 * The clients of one loop, by what they watch: a channel for each sight. A channel opens when the
 * hub's thread has answered; until then its clients wait as exchanges. One that nobody has watched
 * for a whole round of beats is given back.
 */
#include "feed/internal.h"

#include <stdlib.h>

#include "base/arena.h"
#include "feed/client.h"

#define DRAIN_EVERY MILLISECONDS(20)

enum { KEEPALIVE_BEATS = 8 };

// --- channels ------------------------------------------------------------------------------------

static struct channel *channel_find(struct station *s, struct sight of)
{
    struct channel *ch = s->channels[feed_bucket(of.project)];

    while (ch && !sight_eq(&ch->of, &of))
        ch = ch->next;
    return ch;
}

void channel_forget_progress(struct channel *ch)
{
    if (ch->progress)
        http_chunk_unref(ch->progress);
    ch->progress = NULL;
}

static struct channel *channel_create(struct station *s, struct sight of)
{
    struct channel **bucket = &s->channels[feed_bucket(of.project)];
    struct channel *ch = NEW(struct channel);

    ch->station = s;
    ch->of = of;
    ch->delivery = keyed_at(s->deliveries, of.project);
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
    channel_forget_progress(ch);
    free(ch);
}

static void channel_destroy(const struct channel *ch)
{
    struct channel **at = &ch->station->channels[feed_bucket(ch->of.project)];

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
    ch->n_waiting = 0;
}

// --- coming in -----------------------------------------------------------------------------------

static void let_in(struct channel *ch, struct subscription *sub)
{
    client_open(ch, sub, (unsigned char)(ch->station->next_beat++ % KEEPALIVE_BEATS));
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
    ch->n_waiting = 0;
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
    const struct sight of = {sub->who.who.project, sub->who.view};
    struct channel *ch = s->ending ? NULL : channel_find(s, of);

    if (!ch && (s->ending || !hub_ask_open(s->hub, s, of))) {
        refuse_ending(sub->x);
        return;
    }
    if (!ch)
        ch = channel_create(s, of);
    if (ch->open) {
        let_in(ch, sub);
        return;
    }
    sub->next = ch->waiting;
    ch->waiting = sub;
    ch->n_waiting++;
}

// --- news ----------------------------------------------------------------------------------------

static void take_frames(struct channel *ch, const struct news *n)
{
    for (size_t i = 0; i < n->n; i++)
        ring_push(&ch->ring, n->frames[i].seq, n->frames[i].type, n->frames[i].chunk);
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
    client_advance_all(behind); // before the others, some of whom join them
    client_advance_all(ch->abreast);
    if (n->announced_at == TIME_NONE)
        return;
    const usec_t took = clock_monotonic(h->o.clock) - n->announced_at;
    atomic_store(&h->publish_lag, took);
    histogram_note_time(&ch->station->publish_time, took);
}

static void progressed(struct channel *ch, const struct news *n)
{
    struct client *behind = ch->behind;

    if (ch->n_wanting == 0)
        return; // it was under way when the last who wanted it left
    channel_forget_progress(ch);
    ch->progress = http_chunk_ref(n->frames[0].chunk);
    ch->progress_no++;
    client_advance_all(behind);
    client_advance_all(ch->abreast);
}

static void reset_some(struct client *first, const struct news *n)
{
    for (struct client *c = first, *next; c; c = next) {
        next = c->next;
        client_reset(c, n->reason, n->first_seq);
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
    [NEWS_OPENED] = {false, opened},      [NEWS_REFUSED] = {false, refused},
    [NEWS_FRAMES] = {true, published},    [NEWS_RESET] = {true, reset},
    [NEWS_PROGRESS] = {true, progressed},
};

void station_on_news(struct task *t)
{
    struct news *n = container_of(t, struct news, task);
    struct channel *ch = channel_find(n->station, n->of);

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
            client_advance_all(ch->behind);
    if (s->n_behind == 0)
        timer_stop(&s->drain);
}

void station_start_draining(struct station *s)
{
    if (s->n_behind == 1) // the others have started it
        timer_start(&s->drain, DRAIN_EVERY, DRAIN_EVERY);
}

static void keep_alive(struct station *s, struct client *first, struct http_chunk *chunk)
{
    for (struct client *c = first, *next; c; c = next) {
        next = c->next;
        if (c->beat == s->beat_now)
            client_keep_alive(c, chunk);
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
    hub_tell_closed(ch->station->hub, ch->station, ch->of);
    channel_destroy(ch);
}

static void render_keepalives(const struct station *s, struct http_chunk *ret[FEED_VIEW_COUNT])
{
    const usec_t now = clock_wall(s->hub->o.clock);
    struct buf out;

    buf_init(&out, FEED_FRAME_MAX);
    for (size_t v = 0; v < FEED_VIEW_COUNT; v++) {
        buf_reset(&out);
        feed_view_keepalive((enum feed_view)v, &out, now);
        ret[v] = http_chunk_create(buf_view(&out));
    }
    buf_finish(&out);
}

static void on_beat(void *arg)
{
    struct station *s = arg;
    struct http_chunk *chunks[FEED_VIEW_COUNT];

    render_keepalives(s, chunks);
    s->beat_now = (s->beat_now + 1) % KEEPALIVE_BEATS;
    for (size_t i = 0; i < FEED_BUCKETS; i++)
        for (struct channel *ch = s->channels[i], *next; ch; ch = next) {
            next = ch->next;
            keep_alive(s, ch->abreast, chunks[ch->of.view]);
            keep_alive(s, ch->behind, chunks[ch->of.view]);
            if (s->beat_now == 0)
                sweep(ch);
        }
    for (size_t v = 0; v < FEED_VIEW_COUNT; v++)
        http_chunk_unref(chunks[v]);
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
    s->rng = rng_system();
    s->deliveries = keyed_create(sizeof(struct delivery));
    loop_call_wait(l, open_on_loop, s);
}

static void close_all(struct client *first)
{
    for (struct client *c = first, *next; c; c = next) {
        next = c->next;
        client_drop(c, STR("the server is shutting down"));
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
    size_t n = 0;

    for (const struct channel *ch = s->channels[feed_bucket(project)]; ch; ch = ch->next)
        n += ch->of.project == project ? ch->n_clients + ch->n_waiting : 0;
    return n;
}
