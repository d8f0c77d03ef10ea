#include "ops/traffic.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/metric.h"
#include "http/http.h"

enum { STATUS_CLASSES = 5, LABELS_MAX = 64, CACHE_LINE = 64 };

/* The first that a path begins with is its class. A webhook that is no POST is a look at the door
 * (deploy/caddy/Caddyfile). */
static const struct {
    const char *class, *path;
    bool is_post;
} rows[] = {
    {"webhook", "/webhooks/", true}, {"feed", "/events/", false},
    {"feed", "/realtime/", false},   {"api", "/api/", false},
    {"auth", "/auth/", false},       {"auth", "/login", false},
    {"app", "/app", false},          {"health", "/health", false},
    {"metrics", "/metrics", false},  {"other", "", false},
};

/* Of a row; rows of one class are told as one. */
struct tally {
    _Atomic uint64_t answers[STATUS_CLASSES];
    struct histogram took;
};

/* On lines of its own: no loop waits for what another counts. */
struct place {
    alignas(CACHE_LINE) struct tally tallies[LEN(rows)];
};

struct traffic {
    struct loop *const *loops;
    size_t n_loops;
    struct place *places; /* one for each loop */
};

struct traffic *traffic_create(struct loop *const *loops, size_t n_loops)
{
    struct traffic *t = NEW(struct traffic);

    t->loops = loops;
    t->n_loops = n_loops;
    t->places = aligned_alloc(CACHE_LINE, n_loops * sizeof(struct place));
    if (!t->places)
        mem_exhausted();
    memset(t->places, 0, n_loops * sizeof(struct place));
    return t;
}

void traffic_destroy(struct traffic *t)
{
    if (!t)
        return;
    free(t->places);
    free(t);
}

// --- counting ------------------------------------------------------------------------------------

static bool is_of_row(const struct http_request *rq, size_t i)
{
    return str_starts(rq->path, str_from(rows[i].path)) &&
           (!rows[i].is_post || rq->method == HTTP_POST);
}

static size_t row_of(const struct http_request *rq)
{
    size_t i = 0;

    while (!is_of_row(rq, i)) // the last is every request's
        i++;
    return i;
}

static struct place *place_of(const struct traffic *t, const struct loop *loop)
{
    size_t i = 0;

    while (t->loops[i] != loop)
        i++;
    return &t->places[i];
}

static void count(struct tally *y, int status)
{
    atomic_fetch_add_explicit(&y->answers[status / 100 - 1], 1, memory_order_relaxed);
}

void traffic_answered(struct traffic *t, const struct http_exchange *x, int status)
{
    struct tally *y = &place_of(t, http_loop(x))->tallies[row_of(http_request_of(x))];

    count(y, status);
    histogram_note_time(&y->took, clock_monotonic(&clock_system) - http_received_at(x));
}

void traffic_refused(struct traffic *t, const struct loop *loop, int status)
{
    count(&place_of(t, loop)->tallies[LEN(rows) - 1], status);
}

// --- telling -------------------------------------------------------------------------------------

struct sum {
    uint64_t answers[STATUS_CLASSES];
    struct histogram_view took;
};

static void add(struct sum *s, const struct tally *y)
{
    for (size_t i = 0; i < STATUS_CLASSES; i++)
        s->answers[i] += atomic_load_explicit(&y->answers[i], memory_order_relaxed);
    histogram_add(&s->took, &y->took);
}

static bool is_first_of_class(size_t row)
{
    return row == 0 || strcmp(rows[row].class, rows[row - 1].class) != 0;
}

/* Of the class that begins with the row. */
static void sum_up(const struct traffic *t, size_t row, struct sum *ret)
{
    *ret = (struct sum){0};
    for (size_t at = row; at < LEN(rows) && (at == row || !is_first_of_class(at)); at++)
        for (size_t i = 0; i < t->n_loops; i++)
            add(ret, &t->places[i].tallies[at]);
}

static void write_answers(const struct traffic *t, struct buf *out)
{
    char labels[LABELS_MAX];
    struct sum s;

    metric_head(out, "http_requests_total", METRIC_COUNTER,
                "Requests that were answered, by class of path and of status.");
    for (size_t row = 0; row < LEN(rows); row++) {
        if (!is_first_of_class(row))
            continue;
        sum_up(t, row, &s);
        for (int i = 0; i < STATUS_CLASSES; i++) {
            (void)snprintf(labels, sizeof labels, "class=\"%s\",status=\"%dxx\"", rows[row].class,
                           i + 1);
            metric_value(out, "http_requests_total", labels, (double)s.answers[i]);
        }
    }
}

static void write_times(const struct traffic *t, struct buf *out)
{
    char labels[LABELS_MAX];
    struct sum s;

    metric_head(out, "http_answer_latency_seconds", METRIC_HISTOGRAM,
                "From a complete request to its answer, or to the beginning of its stream.");
    for (size_t row = 0; row < LEN(rows); row++) {
        if (!is_first_of_class(row))
            continue;
        sum_up(t, row, &s);
        (void)snprintf(labels, sizeof labels, "class=\"%s\"", rows[row].class);
        metric_histogram_values(out, "http_answer_latency_seconds", labels, &metric_seconds,
                                &s.took);
    }
}

void traffic_write(const struct traffic *t, struct buf *out)
{
    write_answers(t, out);
    write_times(t, out);
}
