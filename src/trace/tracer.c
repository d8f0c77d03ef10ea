/*
 * Spans wait in a mailbox for one thread, QUEUE_MAX of them at most, those that it is sending
 * included. Every second, or when a batch is full, it sends what there is, a batch at a time, over
 * a connection that stays open. A batch that the collector cannot take now (no answer, 429, 5xx) is
 * sent again later, and longer each time; one that it refuses is dropped.
 */
#include "trace/trace.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/pace.h"
#include "http/fetch.h"
#include "loop/bell.h"
#include "loop/loop.h"
#include "trace/otlp.h"

enum { QUEUE_MAX = 8192, BATCH = 512, BODY_MAX = 1024 * 1024, ANSWER_MAX = 64 * 1024 };

#define SEND_EVERY SECONDS(1)
#define PATIENCE SECONDS(10)
#define PAUSE_MAX SECONDS(30)
#define LAST_WORDS SECONDS(1) /* at the end */

struct waiting {
    struct task task;
    struct otlp_span span;
};

struct tracer {
    struct tracer_options o;
    struct arena *a; /* of the texts below */
    uint64_t share;
    struct str url;
    struct http_header *headers; /* one more than the collector's own: what the body is */
    size_t n_headers;
    struct http_line *line;
    struct mailbox *mail;
    struct bell *bell;
    struct thread *thread;
    _Atomic uint64_t ids;
    _Atomic size_t n_waiting;
    _Atomic uint64_t exported, dropped;
    _Atomic bool ending;
    usec_t ends_at; /* set before `ending` */

    /* Of the thread. */
    struct task *first; /* taken out of the mailbox, oldest first */
    struct task **last;
    struct buf body; /* of a batch; its memory serves the next */
    bool is_away;
    usec_t pause;
};

// --- taking --------------------------------------------------------------------------------------

/* Numbers that nobody has twice, scattered by splitmix64's last steps. */
static uint64_t next_id(struct tracer *t)
{
    uint64_t z =
        atomic_fetch_add_explicit(&t->ids, UINT64_C(0x9e3779b97f4a7c15), memory_order_relaxed);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static void drop(struct tracer *t, size_t n)
{
    atomic_fetch_add_explicit(&t->dropped, n, memory_order_relaxed);
}

static void settle(struct tracer *t, const unsigned char trace[ID_BYTES], const struct span *s,
                   struct otlp_span *ret)
{
    const uint64_t first = otlp_first_id(trace);

    memcpy(ret->trace, trace, ID_BYTES);
    ret->id = s->is_first ? first : next_id(t);
    ret->parent = s->is_first ? 0 : first;
    ret->end = clock_wall(t->o.clock);
    ret->span = *s;
}

void tracer_take(struct tracer *t, const struct span *s)
{
    unsigned char trace[ID_BYTES];

    if (!id_bytes(s->trace, trace) || !otlp_is_sampled(trace, t->share))
        return;
    const size_t before = atomic_fetch_add_explicit(&t->n_waiting, 1, memory_order_relaxed);
    if (before >= QUEUE_MAX) {
        atomic_fetch_sub_explicit(&t->n_waiting, 1, memory_order_relaxed);
        drop(t, 1);
        return;
    }
    struct waiting *w = NEW(struct waiting);
    settle(t, trace, s, &w->span);
    (void)mailbox_push(t->mail, &w->task); // it is never closed
    if (before == BATCH)
        bell_ring(t->bell);
}

void tracer_stats(const struct tracer *t, struct tracer_stats *ret)
{
    *ret = (struct tracer_stats){0};
    if (!t)
        return;
    ret->exported = atomic_load_explicit(&t->exported, memory_order_relaxed);
    ret->dropped = atomic_load_explicit(&t->dropped, memory_order_relaxed);
}

// --- sending -------------------------------------------------------------------------------------

static void take_mail(struct tracer *t)
{
    *t->last = mailbox_take(t->mail, 0);
    while (*t->last)
        t->last = &(*t->last)->next;
}

/* The oldest, at most a batch of them; they stay where they are. */
static size_t look_at_batch(const struct tracer *t, const struct otlp_span *ret[BATCH])
{
    size_t n = 0;

    for (struct task *at = t->first; at && n < BATCH; at = at->next)
        ret[n++] = &container_of(at, struct waiting, task)->span;
    return n;
}

static void forget_batch(struct tracer *t, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct task *oldest = t->first;
        t->first = oldest->next;
        free(container_of(oldest, struct waiting, task));
    }
    if (!t->first)
        t->last = &t->first;
    atomic_fetch_sub_explicit(&t->n_waiting, n, memory_order_relaxed);
}

static usec_t left_to_say(const struct tracer *t)
{
    const usec_t left = t->ends_at - clock_monotonic(t->o.clock);

    return left > MILLISECONDS(1) ? left : MILLISECONDS(1);
}

static bool post(struct tracer *t, struct str body, struct arena *a, int *ret_status, struct err *e)
{
    const bool ending = atomic_load(&t->ending);
    const usec_t patience = ending ? left_to_say(t) : PATIENCE;
    struct http_errand x = {
        .fetch = {.peer = "the collector of traces",
                  .url = t->url,
                  .post = true,
                  .form = body,
                  .stays = true, // what the headers tell is for the collector alone
                  .headers = t->headers,
                  .n_headers = t->n_headers,
                  .connect_timeout = patience,
                  .total_timeout = patience,
                  .ended = ending ? NULL : &t->ending},
        .body = {.max = ANSWER_MAX},
    };

    http_line_fetch(t->line, &x, 1, a);
    buf_finish(&x.body);
    *ret_status = x.answer.status;
    *e = x.e;
    return x.ok;
}

static bool is_for_later(int status)
{
    return status == 429 || (status >= 502 && status <= 504);
}

/* False: not now. */
static bool send_batch(struct tracer *t, const struct otlp_span *const *batch, size_t n,
                       struct err *e)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    int status = 0;

    buf_reset(&t->body);
    otlp_write(&t->body, t->o.service, batch, n);
    assert(buf_ok(&t->body)); // all of it is ours, and short
    if (!post(t, buf_view(&t->body), a, &status, e))
        return err_trace(e);
    if (is_for_later(status))
        return err_set(e, ERR_UNAVAILABLE, "the collector of traces answered %d", status);
    if (status / 100 == 2) {
        atomic_fetch_add_explicit(&t->exported, n, memory_order_relaxed);
        return true;
    }
    drop(t, n);
    err_set(e, ERR_UPSTREAM, "the collector of traces answered %d", status);
    log_failure(NULL, LOG_WARN, "traces.refused", e);
    return true;
}

/* Told once, and once more when it is over. */
static void note_away(struct tracer *t, bool is_away, const struct err *e)
{
    if (is_away && !t->is_away && !atomic_load(&t->ending))
        log_failure(NULL, LOG_WARN, "traces.collector_lost", e);
    if (!is_away && t->is_away)
        log_info(NULL, "traces.collector_back", "dropped=%llu",
                 (unsigned long long)atomic_load(&t->dropped));
    t->pause = is_away ? pace_longer(t->pause, SEND_EVERY, PAUSE_MAX) : SEND_EVERY;
    t->is_away = is_away;
}

/* All that waits, as long as the collector takes it. */
static bool send_all(struct tracer *t)
{
    const struct otlp_span *batch[BATCH];
    struct err e = {0};
    size_t n;

    for (take_mail(t); (n = look_at_batch(t, batch)) > 0; take_mail(t)) {
        const bool sent = send_batch(t, batch, n, &e);
        note_away(t, !sent, &e);
        if (!sent)
            return false;
        forget_batch(t, n);
        if (atomic_load(&t->ending) && clock_monotonic(t->o.clock) >= t->ends_at)
            return false;
    }
    return true;
}

static void drop_rest(struct tracer *t)
{
    const struct otlp_span *batch[BATCH];
    size_t n;

    for (take_mail(t); (n = look_at_batch(t, batch)) > 0; forget_batch(t, n))
        drop(t, n);
}

/* Away: the bell, which a full batch rings, does not count. */
static void rest(struct tracer *t)
{
    const usec_t until = clock_monotonic(t->o.clock) + t->pause;
    usec_t left = t->pause;

    while (left > 0 && !atomic_load(&t->ending)) {
        if (bell_wait(t->bell, left) && !t->is_away)
            return;
        left = until - clock_monotonic(t->o.clock);
    }
}

static void run(void *arg)
{
    struct tracer *t = arg;

    while (!atomic_load(&t->ending)) {
        rest(t);
        (void)send_all(t); // what is left is sent later
    }
    (void)send_all(t);
    drop_rest(t);
}

// --- life ----------------------------------------------------------------------------------------

void tracer_stop(struct tracer *t)
{
    if (!t)
        return;
    t->ends_at = clock_monotonic(t->o.clock) + LAST_WORDS;
    atomic_store(&t->ending, true);
    bell_ring(t->bell);
    if (t->thread)
        thread_join(t->thread);
    drop_rest(t);
    buf_finish(&t->body);
    http_line_close(t->line);
    mailbox_destroy(t->mail);
    bell_destroy(t->bell);
    arena_destroy(t->a);
    free(t);
}

DEFINE_CLEANUP(struct tracer, tracer_stop)

static bool read_options(struct tracer *t, const struct tracer_options *o, struct err *e)
{
    struct http_header *headers;
    struct str base = o->endpoint;

    while (str_ends(base, STR("/")))
        base.n--;
    t->url = str_fmt(t->a, STR_FMT "/v1/traces", STR_ARG(base));
    t->o.service = str_dup(o->service, t->a);
    if (!otlp_share_parse(o->sampler, o->share, &t->share))
        return err_set(e, ERR_INVALID, "traces: there is no such sampler, or no such share");
    if (!otlp_headers_parse(o->headers, t->a, &headers, &t->n_headers))
        return err_set(e, ERR_INVALID, "traces: header fields are written name=value,name=value");
    t->headers = arena_new(t->a, struct http_header, t->n_headers + 1);
    for (size_t i = 0; i < t->n_headers; i++)
        t->headers[i] = headers[i];
    t->headers[t->n_headers++] =
        (struct http_header){STR("Content-Type"), STR("application/x-protobuf")};
    return true;
}

bool tracer_start(const struct tracer_options *o, struct tracer **ret, struct err *e)
{
    _cleanup_(tracer_stopp) struct tracer *t = NEW(struct tracer);
    struct rng seed = rng_system();

    t->o = *o;
    t->a = arena_create(0);
    t->mail = mailbox_create();
    t->bell = bell_create();
    t->last = &t->first;
    buf_init(&t->body, BODY_MAX);
    t->pause = SEND_EVERY;
    atomic_store(&t->ids, rng_u64(&seed));
    if (!read_options(t, o, e) || !http_fetch_init(e) || !http_line_open(1, &t->line, e) ||
        !thread_start("traces", run, t, &t->thread, e))
        return err_trace(e);
    *ret = TAKE(t);
    return true;
}
