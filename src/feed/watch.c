#include "feed/watch.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/log.h"

// --- watches -------------------------------------------------------------------------------------

struct watch *watch_next(struct hub *h, int64_t project, const struct watch *after)
{
    struct watch *w = after ? after->next : h->watches[feed_bucket(project)];

    while (w && w->of.project != project)
        w = w->next;
    return w;
}

struct watch *watch_find(struct hub *h, struct sight of)
{
    struct watch *w = NULL;

    while ((w = watch_next(h, of.project, w)) && w->of.view != of.view)
        ;
    return w;
}

/* Unlinks and frees the first watch of a bucket, or of what is left of one. */
static void watch_pop(struct watch **at)
{
    struct watch *w = *at;

    *at = w->next;
    ring_finish(&w->ring);
    buf_finish(&w->progress);
    free(w);
}

void watch_destroy(struct hub *h, const struct watch *w)
{
    struct watch **at = &h->watches[feed_bucket(w->of.project)];

    while (*at != w)
        at = &(*at)->next;
    watch_pop(at);
}

void watch_destroy_all(struct hub *h)
{
    for (size_t i = 0; i < FEED_BUCKETS; i++)
        while (h->watches[i])
            watch_pop(&h->watches[i]);
}

void hub_raise(_Atomic int64_t *highest, int64_t seq)
{
    int64_t seen = atomic_load(highest);

    while (seq > seen && !atomic_compare_exchange_weak(highest, &seen, seq))
        ;
}

void watch_due(struct hub *h, struct watch *w, int64_t seq, usec_t at)
{
    if (w->announced <= w->ring.last) { // the oldest that is not published yet
        w->announced_at = at;
        w->due_since = at == TIME_NONE ? clock_monotonic(h->o.clock) : at;
    }
    w->announced = seq;
}

void watch_announced(struct hub *h, struct watch *w, int64_t seq, usec_t at)
{
    hub_raise(&h->last_seq, seq);
    if (seq <= w->announced)
        return;
    watch_due(h, w, seq, at);
}

// --- news ----------------------------------------------------------------------------------------

static struct news *news_create(const struct watch *w, struct station *s, enum news_kind kind,
                                size_t n)
{
    struct news *news = mem_alloc(sizeof *news + n * sizeof news->frames[0]);

    *news = (struct news){
        .task.run = station_on_news,
        .station = s,
        .of = w->of,
        .kind = kind,
        .last = w->ring.last,
        .first_seq = w->first_seq,
        .announced_at = TIME_NONE,
        .n = n,
    };
    memcpy(news->epoch, w->epoch, sizeof news->epoch);
    return news;
}

static void news_fill(struct news *news, const struct ring *r, int64_t after)
{
    const struct ring_part part = ring_after(r, after, UINT64_MAX / 2, 0);

    assert(part.n == news->n);
    for (size_t i = 0; i < part.n; i++) {
        const size_t at = (size_t)(part.chunks - r->chunks) + i;
        news->frames[i] = (struct news_frame){r->marks[at].seq, r->marks[at].type,
                                              http_chunk_ref(part.chunks[i])};
    }
}

void watch_send_frames(const struct watch *w, struct station *s, enum news_kind kind, int64_t after,
                       usec_t announced_at)
{
    const size_t n = ring_after(&w->ring, after, UINT64_MAX / 2, 0).n;
    struct news *news = news_create(w, s, kind, n);

    news_fill(news, &w->ring, after);
    news->floor = after;
    news->announced_at = announced_at;
    loop_post(s->loop, &news->task);
}

void watch_send_reset(struct hub *h, const struct watch *w, enum feed_resync reason)
{
    log_warn(NULL, "feed.reset", "project=%lld reason=%d last_seq=%lld", (long long)w->of.project,
             (int)reason, (long long)w->ring.last);
    for (size_t i = 0; i < h->o.n_loops; i++) {
        if (!w->open[i])
            continue;
        struct news *news = news_create(w, &h->stations[i], NEWS_RESET, 0);
        news->reason = reason;
        loop_post(h->stations[i].loop, &news->task);
    }
}

void watch_send_progress(struct hub *h, const struct watch *w, struct http_chunk *chunk)
{
    for (size_t i = 0; i < h->o.n_loops; i++) {
        if (!w->open[i])
            continue;
        struct news *news = news_create(w, &h->stations[i], NEWS_PROGRESS, 1);
        news->frames[0] = (struct news_frame){.chunk = http_chunk_ref(chunk)};
        loop_post(h->stations[i].loop, &news->task);
    }
}

void watch_send_refusal(struct station *s, struct sight of, const struct err *why)
{
    struct news *news = NEW(struct news);

    *news = (struct news){
        .task.run = station_on_news,
        .station = s,
        .of = of,
        .kind = NEWS_REFUSED,
        .error = NEW(struct err),
    };
    *news->error = *why;
    loop_post(s->loop, &news->task);
}
