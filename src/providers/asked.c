#include "providers/asked.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/metric.h"
#include "providers/provider.h"

enum outcome {
    OUTCOME_OK,
    OUTCOME_ABSENT,
    OUTCOME_REFUSED,
    OUTCOME_TOO_OFTEN,
    OUTCOME_FAILED,
    OUTCOME_TIMEOUT,
    OUTCOME_COUNT
};

enum { LABELS_MAX = 96 };

static const char *const names[] = {
    [OUTCOME_OK] = "ok",           [OUTCOME_ABSENT] = "absent",
    [OUTCOME_REFUSED] = "refused", [OUTCOME_TOO_OFTEN] = "too_often",
    [OUTCOME_FAILED] = "failed",   [OUTCOME_TIMEOUT] = "timeout",
};
static_assert(LEN(names) == OUTCOME_COUNT, "every outcome has a name");

struct asked_of {
    const char *provider;
    _Atomic uint64_t n[OUTCOME_COUNT];
    struct histogram took;
};

struct asked {
    struct asked_of *of;
    size_t n;
};

struct asked *asked_create(const struct provider *const *list, size_t n)
{
    struct asked *all = NEW(struct asked);

    all->of = mem_alloc(n * sizeof(struct asked_of));
    all->n = n;
    for (size_t i = 0; i < n; i++)
        all->of[i].provider = list[i]->name;
    return all;
}

void asked_destroy(struct asked *all)
{
    if (!all)
        return;
    free(all->of);
    free(all);
}

struct asked_of *asked_of(struct asked *all, struct str provider)
{
    for (size_t i = 0; all && i < all->n; i++)
        if (str_eq(provider, str_from(all->of[i].provider)))
            return &all->of[i];
    return NULL;
}

// --- counting ------------------------------------------------------------------------------------

/* Any other status is a failure. */
static const struct {
    int from, to;
    enum outcome is;
} verdicts[] = {
    {200, 299, OUTCOME_OK},     {401, 401, OUTCOME_REFUSED}, {403, 403, OUTCOME_REFUSED},
    {404, 404, OUTCOME_ABSENT}, {410, 410, OUTCOME_ABSENT},  {429, 429, OUTCOME_TOO_OFTEN},
};

static enum outcome outcome_of(const struct http_outcome *o)
{
    for (size_t i = 0; i < LEN(verdicts); i++)
        if (o->status >= verdicts[i].from && o->status <= verdicts[i].to)
            return verdicts[i].is;
    return o->late ? OUTCOME_TIMEOUT : OUTCOME_FAILED;
}

void asked_note(const struct http_outcome *o, void *arg)
{
    struct asked_of *of = arg;

    if (!of)
        return;
    atomic_fetch_add_explicit(&of->n[outcome_of(o)], 1, memory_order_relaxed);
    if (o->status > 0)
        histogram_note_time(&of->took, o->took);
}

// --- telling -------------------------------------------------------------------------------------

static void write_outcomes(const struct asked *all, struct buf *out)
{
    char labels[LABELS_MAX];

    metric_head(out, "provider_requests_total", METRIC_COUNTER,
                "Requests to providers, by what became of them.");
    for (size_t p = 0; p < all->n; p++)
        for (size_t i = 0; i < OUTCOME_COUNT; i++) {
            (void)snprintf(labels, sizeof labels, "provider=\"%s\",outcome=\"%s\"",
                           all->of[p].provider, names[i]);
            metric_value(out, "provider_requests_total", labels, (double)all->of[p].n[i]);
        }
}

static void write_times(const struct asked *all, struct buf *out)
{
    char labels[LABELS_MAX];

    metric_head(out, "provider_answer_latency_seconds", METRIC_HISTOGRAM,
                "From a request to a provider to the end of its answer, whatever that was.");
    for (size_t p = 0; p < all->n; p++) {
        struct histogram_view v = {0};
        histogram_add(&v, &all->of[p].took);
        (void)snprintf(labels, sizeof labels, "provider=\"%s\"", all->of[p].provider);
        metric_histogram_values(out, "provider_answer_latency_seconds", labels, &metric_seconds,
                                &v);
    }
}

void asked_write(const struct asked *all, struct buf *out)
{
    write_outcomes(all, out);
    write_times(all, out);
}
