/*
 * The hub's thread: the only one of the node that reads the feed for those who watch it.
 *
 * It keeps a watch per sight that is open at some station: how far the project has been published
 * in that view, and the ring of its recent frames, so that a station that opens it later starts
 * with what the others have. New rows are read once for all views of a project, rendered once in
 * each view that is watched, and sent as references.
 *
 * What is announced goes before what resumes: between two pages for clients that are far behind,
 * everything that is new is published. A project is read when it was announced, and once per `poll`
 * its head is asked for, because other nodes announce to their own hubs only. If the store fails,
 * nothing is lost: what is due stays due, and is tried again at the next poll.
 *
 * The project's history can change under us: another epoch (the database was restored), a head that
 * went back, events that were deleted before we have read them. Then the stations are told to reset
 * and their clients load anew; the stream never continues as if nothing had happened.
 */
#include "feed/hub.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/log.h"
#include "feed/watch.h"
#include "trace/trace.h"

enum {
    RING_DEFAULT = 4096,
    PREFILL = 512 /* frames that a new watch starts with: a restart costs one read, not one each */
};

// --- reading -------------------------------------------------------------------------------------

bool hub_read(struct hub *h, int64_t project, int64_t after, size_t limit, struct feed_page *ret,
              struct err *e)
{
    atomic_fetch_add_explicit(&h->store_reads, 1, memory_order_relaxed);
    return feed_read(h->db, project, after, limit, h->a, ret, e) || err_trace(e);
}

static void set_epoch(struct watch *w, struct str epoch)
{
    const struct str fits = str_sub(epoch, 0, FEED_EPOCH_MAX);

    memset(w->epoch, 0, sizeof w->epoch);
    memcpy(w->epoch, fits.p, fits.n);
}

/* History is not what it was: go on from its head. */
static void reset(struct hub *h, struct watch *w, enum feed_resync reason,
                  const struct feed_head *head)
{
    set_epoch(w, head->epoch);
    w->first_seq = head->first_seq;
    w->announced = head->last_seq;
    ring_restart(&w->ring, head->last_seq);
    watch_send_reset(h, w, reason);
}

/* Whether what was read continues what we have; resets when it does not. */
static bool continues(struct hub *h, struct watch *w, const struct feed_page *page)
{
    if (!str_eq(page->head.epoch, str_from(w->epoch)))
        reset(h, w, FEED_EPOCH_CHANGED, &page->head);
    else if (page->head.last_seq < w->ring.last)
        reset(h, w, FEED_AHEAD, &page->head);
    else if (page->head.first_seq > w->ring.last + 1)
        reset(h, w, FEED_TOO_OLD, &page->head);
    else
        return true;
    return false;
}

/* Renders the items into the ring, until so many bytes are reached. How far it came. */
static void render(struct watch *w, const struct feed_page *page, size_t bytes)
{
    struct buf out;
    size_t used = 0;

    buf_init(&out, FEED_FRAME_MAX);
    for (size_t i = 0; i < page->n && used < bytes; i++) {
        const struct feed_item *item = &page->items[i];
        buf_reset(&out);
        if (feed_view_event(w->of.view, &out, item, page->head.epoch) && buf_ok(&out)) {
            struct http_chunk *chunk = http_chunk_create(buf_view(&out));
            ring_push(&w->ring, item->seq, feed_type_of(item->type), chunk);
            http_chunk_unref(chunk);
            used += out.n;
        } else {
            ring_reach(&w->ring, item->seq);
        }
    }
    buf_finish(&out);
}

/* From the commit until the loops had them. */
static void note_spans(const struct hub *h, const struct watch *w, const struct feed_page *page)
{
    const usec_t took = clock_monotonic(h->o.clock) - w->announced_at;

    for (size_t i = 0; i < page->n && page->items[i].seq <= w->ring.last; i++)
        tracer_note(h->o.tracer, &(struct span){
                                     .trace = page->items[i].trace_id,
                                     .name = "feed.publish",
                                     .kind = SPAN_PRODUCER,
                                     .took = took,
                                     .facts = {{"hookswitch.seq", STR_NONE, page->items[i].seq}},
                                 });
}

/* Renders and sends what was read behind the last frame. Nothing is due any more when that was all:
 * what was announced beyond it is announced again, or polled. */
static void take_page(struct hub *h, struct watch *w, const struct feed_page *page)
{
    const int64_t before = w->ring.last;

    if (!continues(h, w, page))
        return;
    w->first_seq = page->head.first_seq;
    render(w, page, LIMIT_SSE_LAG / 2);
    for (size_t i = 0; i < h->o.n_loops && w->ring.last > before; i++)
        if (w->open[i])
            watch_send_frames(w, &h->stations[i], NEWS_FRAMES, before, w->announced_at);
    hub_raise(&h->last_seq, w->ring.last);
    if (h->o.tracer && w->announced_at != TIME_NONE)
        note_spans(h, w, page);
    if (page->n > 0 && w->ring.last < page->head.last_seq) {
        if (w->announced < page->head.last_seq)
            watch_due(h, w, page->head.last_seq, w->announced_at); // the rest is due
        return;
    }
    w->announced = w->ring.last;
    w->announced_at = TIME_NONE;
}

/* Reads and sends what is new. False: the store failed, and the rest stays due. */
static bool publish(struct hub *h, struct watch *w, struct err *e)
{
    // Less than a ring at once, so that a station can send before the next comes.
    const size_t rows = h->o.ring / 2 < HUB_ROWS ? h->o.ring / 2 : HUB_ROWS;
    struct feed_page page;

    do {
        const int64_t before = w->ring.last;
        arena_reset(h->a);
        if (!hub_read(h, w->of.project, before, rows, &page, e))
            return err_trace(e);
        // What was read is for all views of the project that stand where this one does.
        for (struct watch *v = NULL; (v = watch_next(h, w->of.project, v));)
            if (v->ring.last == before)
                take_page(h, v, &page);
    } while (w->announced > w->ring.last);
    return true;
}

/* Told to whoever asks how far behind we are. */
static void note_due(struct hub *h)
{
    usec_t oldest = TIME_NONE;

    for (size_t i = 0; i < FEED_BUCKETS; i++)
        for (const struct watch *w = h->watches[i]; w; w = w->next)
            if (w->announced > w->ring.last && (oldest == TIME_NONE || w->due_since < oldest))
                oldest = w->due_since;
    atomic_store(&h->due_since, oldest);
}

static void publish_due(struct hub *h)
{
    note_due(h);
    for (size_t i = 0; i < FEED_BUCKETS; i++)
        for (struct watch *w = h->watches[i]; w; w = w->next) {
            struct err e = {0};
            if (w->announced > w->ring.last && !publish(h, w, &e))
                log_failure(NULL, LOG_WARN, "feed.publish", &e);
        }
    note_due(h);
}

// --- opening and closing -------------------------------------------------------------------------

static bool watch_open(struct hub *h, struct sight of, struct watch **ret, struct err *e)
{
    const int64_t prefill = (int64_t)(h->o.ring < PREFILL ? h->o.ring : PREFILL);
    struct feed_head head;
    struct feed_page page;

    arena_reset(h->a);
    if (!feed_head(h->db, of.project, h->a, &head, e))
        return err_trace(e);
    int64_t floor = head.last_seq > prefill ? head.last_seq - prefill : 0;
    if (floor + 1 < head.first_seq)
        floor = head.first_seq - 1;
    if (!hub_read(h, of.project, floor, (size_t)prefill, &page, e))
        return err_trace(e);

    struct watch *w = mem_alloc(sizeof *w + h->o.n_loops * sizeof w->open[0]);
    w->of = of;
    w->first_seq = page.head.first_seq;
    w->announced_at = TIME_NONE;
    buf_init(&w->progress, FEED_FRAME_MAX);
    set_epoch(w, page.head.epoch);
    ring_init(&w->ring, h->o.ring, floor);
    render(w, &page, SIZE_MAX);
    w->announced = page.head.last_seq;
    w->next = h->watches[feed_bucket(of.project)];
    h->watches[feed_bucket(of.project)] = w;
    hub_raise(&h->last_seq, w->ring.last);
    *ret = w;
    return true;
}

struct ask {
    struct task task;
    struct hub *hub;
    struct station *station;
    struct sight of; /* of an announcement: the project, in all views */
    int64_t last_seq;
    usec_t at;
    bool wanted;
};

static void on_open(struct task *t)
{
    struct ask *ask = container_of(t, struct ask, task);
    struct hub *h = ask->hub;
    struct watch *w = watch_find(h, ask->of);
    struct err e = {0};

    if (!w && !watch_open(h, ask->of, &w, &e)) {
        watch_send_refusal(ask->station, ask->of, &e);
    } else {
        assert(!w->open[ask->station->index]);
        w->open[ask->station->index] = true;
        w->n_open++;
        watch_send_frames(w, ask->station, NEWS_OPENED, w->ring.floor, TIME_NONE);
    }
    free(ask);
}

static void on_close(struct task *t)
{
    struct ask *ask = container_of(t, struct ask, task);
    struct watch *w = watch_find(ask->hub, ask->of);

    w->open[ask->station->index] = false;
    if (--w->n_open == 0)
        watch_destroy(ask->hub, w);
    free(ask);
}

/* Who has come knows nothing yet. */
static void on_wanted(struct task *t)
{
    struct ask *ask = container_of(t, struct ask, task);
    struct watch *w = watch_find(ask->hub, ask->of);

    w->n_wanting += ask->wanted ? 1 : -(size_t)1;
    buf_reset(&w->progress);
    free(ask);
}

static void on_announce(struct task *t)
{
    struct ask *ask = container_of(t, struct ask, task);

    for (struct watch *w = NULL; (w = watch_next(ask->hub, ask->of.project, w));)
        watch_announced(ask->hub, w, ask->last_seq, ask->at);
    free(ask);
}

static bool send_ask(struct hub *h, const struct ask *ask)
{
    struct ask *sent = NEW(struct ask);

    *sent = *ask;
    sent->hub = h;
    if (mailbox_push(h->mail, &sent->task))
        return true;
    free(sent);
    return false;
}

bool hub_ask_open(struct hub *h, struct station *s, struct sight of)
{
    return send_ask(h, &(struct ask){.task.run = on_open, .station = s, .of = of});
}

void hub_tell_closed(struct hub *h, struct station *s, struct sight of)
{
    (void)send_ask(h, &(struct ask){.task.run = on_close, .station = s, .of = of});
}

void hub_tell_wanted(struct hub *h, struct station *s, struct sight of, bool wanted)
{
    (void)send_ask(h,
                   &(struct ask){.task.run = on_wanted, .station = s, .of = of, .wanted = wanted});
}

void hub_announce(struct hub *h, int64_t project, int64_t last_seq)
{
    const usec_t now = clock_monotonic(h->o.clock);
    usec_t none = TIME_NONE;

    hub_raise(&h->last_seq, last_seq);
    (void)atomic_compare_exchange_strong(&h->told_at, &none, now); // an older one counts
    (void)send_ask(
        h, &(struct ask){
               .task.run = on_announce, .of.project = project, .last_seq = last_seq, .at = now});
}

static void on_ask_again(struct task *t)
{
    struct ask *ask = container_of(t, struct ask, task);

    ask->hub->rechecked_at = clock_monotonic(ask->hub->o.clock) - ask->hub->o.recheck;
    free(ask);
}

void hub_ask_again(struct hub *h)
{
    (void)send_ask(h, &(struct ask){.task.run = on_ask_again});
}

// --- the thread ----------------------------------------------------------------------------------

static size_t list_projects(struct hub *h, struct arena *a, int64_t **ret)
{
    size_t n = 0, at = 0;

    for (size_t i = 0; i < FEED_BUCKETS; i++)
        for (const struct watch *w = h->watches[i]; w; w = w->next)
            n += watch_next(h, w->of.project, NULL) == w;
    *ret = arena_new(a, int64_t, n);
    for (size_t i = 0; i < FEED_BUCKETS; i++)
        for (const struct watch *w = h->watches[i]; w; w = w->next)
            if (watch_next(h, w->of.project, NULL) == w)
                (*ret)[at++] = w->of.project;
    return n;
}

static void compare(struct hub *h, struct watch *w, const struct feed_reach *head)
{
    const bool same = str_eq(head->epoch, str_from(w->epoch));

    if (same && head->last_seq >= w->ring.last)
        watch_announced(h, w, head->last_seq, TIME_NONE);
    else
        watch_due(h, w, INT64_MAX, TIME_NONE); // publishing finds out what has happened
}

/* One question for all: how far has each got? Other nodes announce to their own hubs only. */
static bool look_for_news(struct hub *h, struct err *e)
{
    struct feed_reach *heads;
    int64_t *projects;
    size_t n_heads;

    arena_reset(h->a);
    const size_t n = list_projects(h, h->a, &projects);
    if (n > 0 && !feed_heads(h->db, projects, n, h->a, &heads, &n_heads, e))
        return err_trace(e);
    for (size_t i = 0; n > 0 && i < n_heads; i++) {
        for (struct watch *w = NULL; (w = watch_next(h, heads[i].project, w));)
            compare(h, w, &heads[i]);
    }
    return true;
}

static void poll(struct hub *h)
{
    struct err e = {0};

    if (!look_for_news(h, &e))
        log_failure(NULL, LOG_WARN, "feed.poll", &e);
    h->polled_at = clock_monotonic(h->o.clock);
}

static void recheck(struct hub *h)
{
    struct err e = {0};

    if (h->o.may_watch && !hub_recheck(h, &e))
        log_failure(NULL, LOG_WARN, "feed.recheck", &e);
    h->rechecked_at = clock_monotonic(h->o.clock);
}

static void look_for_progress(struct hub *h)
{
    struct err e = {0};

    if (!hub_look_for_progress(h, &e))
        log_failure(NULL, LOG_WARN, "feed.progress", &e);
    h->progress_at = clock_monotonic(h->o.clock);
}

static void run_mail(struct task *t)
{
    while (t) {
        struct task *next = t->next; // the message is gone, or queued elsewhere, once it has run
        t->run(t);
        t = next;
    }
}

static void end(struct hub *h)
{
    run_mail(mailbox_take(h->mail, 0));
    hub_drop_pages(h);
    watch_destroy_all(h);
}

static void run(void *arg)
{
    struct hub *h = arg;
    bool served = false;

    while (!mailbox_is_closed(h->mail)) {
        // What was told so far stands in the watches, or is taken now.
        atomic_store(&h->told_at, TIME_NONE);
        // A page that is served may be followed by another; one that failed waits for the poll.
        struct task *mail = mailbox_take(h->mail, served ? 0 : h->o.poll);
        const bool quiet = !mail && !served;
        run_mail(mail);
        if (quiet || clock_monotonic(h->o.clock) - h->polled_at >= h->o.poll)
            poll(h);
        if (clock_monotonic(h->o.clock) - h->rechecked_at >= h->o.recheck)
            recheck(h);
        publish_due(h);
        if (clock_monotonic(h->o.clock) - h->progress_at >= h->o.progress_every)
            look_for_progress(h);
        served = hub_serve_page(h);
    }
    end(h);
}

// --- from outside --------------------------------------------------------------------------------

static void on_subscribe(struct task *t)
{
    struct subscription *sub = http_user(http_exchange_of_task(t));
    struct hub *h = sub->hub;

    struct station *s = h->stations;
    while (s->loop != http_loop(sub->x)) {
        s++;
        assert(s < h->stations + h->o.n_loops); // the exchange is of one of the hub's loops
    }
    station_subscribe(s, sub);
}

void hub_subscribe(struct hub *h, struct http_exchange *x, const struct hub_subscriber *s)
{
    struct arena *a = http_arena(x);
    struct subscription *sub = arena_new(a, struct subscription, 1);

    *sub = (struct subscription){.x = x, .hub = h, .who = *s};
    sub->who.from.epoch = str_dup(s->from.epoch, a);
    http_set_user(x, sub);
    http_task(x)->run = on_subscribe;
    loop_post(http_loop(x), http_task(x));
}

static void hub_destroy(struct hub *h)
{
    for (size_t i = 0; i < h->o.n_loops; i++)
        keyed_destroy(h->stations[i].deliveries);
    db_close(h->db);
    arena_destroy(h->a);
    mailbox_destroy(h->mail);
    bell_destroy(h->emptied);
    free(h->stations);
    free(h);
}

static size_t count_all(const struct hub *h)
{
    struct hub_stats stats;

    hub_stats(h, &stats);
    return stats.clients;
}

void hub_stop(struct hub *h)
{
    if (!h)
        return;
    mailbox_close(h->mail);
    if (h->thread)
        thread_join(h->thread);
    for (size_t i = 0; i < h->o.n_loops; i++)
        loop_call_wait(h->stations[i].loop, station_close, &h->stations[i]);
    while (count_all(h) > 0)
        (void)bell_wait(h->emptied, SECONDS(1)); // on_closed follows for each of them
    for (size_t i = 0; i < h->o.n_loops; i++)
        loop_call_wait(h->stations[i].loop, station_finish, &h->stations[i]);
    hub_destroy(h);
}

DEFINE_CLEANUP(struct hub, hub_stop)

bool hub_start(const struct hub_options *o, struct hub **ret, struct err *e)
{
    _cleanup_(hub_stopp) struct hub *h = NEW(struct hub);

    h->o = *o;
    h->o.ring = o->ring > 1 ? o->ring : RING_DEFAULT;
    h->o.keepalive = o->keepalive ? o->keepalive : SECONDS(30);
    h->o.poll = o->poll ? o->poll : SECONDS(1);
    h->o.recheck = o->recheck ? o->recheck : SECONDS(10);
    h->o.progress_every = o->progress_every ? o->progress_every : SECONDS(1);
    h->mail = mailbox_create();
    h->emptied = bell_create();
    h->a = arena_create(256 * 1024);
    h->db = store_connect(o->store, STORE_READ);
    h->last_page = &h->pages;
    h->told_at = h->due_since = TIME_NONE;
    h->started_at = clock_wall(o->clock);
    h->polled_at = h->rechecked_at = h->progress_at = clock_monotonic(o->clock);
    h->stations = mem_alloc(o->n_loops * sizeof *h->stations);
    for (size_t i = 0; i < o->n_loops; i++)
        station_init(&h->stations[i], h, o->loops[i], i);
    if (!thread_start("hub", run, h, &h->thread, e))
        return err_trace(e);
    *ret = TAKE(h);
    return true;
}
