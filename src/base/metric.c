#include "base/metric.h"

#define MS 1000u
#define S 1000000u

histogram_bounds histogram_times = {
    MS / 10,  MS / 4,   MS / 2,   1 * MS, 5 * MS / 2, 5 * MS, 10 * MS, 25 * MS, 50 * MS,
    100 * MS, 250 * MS, 500 * MS, 1 * S,  2 * S,      5 * S,  10 * S,  30 * S,  60 * S,
};
histogram_bounds histogram_sizes = {
    1, 2, 3, 5, 10, 20, 50, 100, 200, 300, 512, 1000, 2000, 5000, 10000, 20000, 50000, 100000,
};

const struct metric_scale metric_milliseconds = {histogram_times, MS};
const struct metric_scale metric_seconds = {histogram_times, S};
const struct metric_scale metric_sizes = {histogram_sizes, 1};

void histogram_note(struct histogram *h, histogram_bounds bounds, uint64_t value)
{
    size_t i = 0;

    while (i < HISTOGRAM_STEPS && value > bounds[i])
        i++;
    atomic_fetch_add_explicit(&h->counts[i], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&h->sum, value, memory_order_relaxed);
}

void histogram_add(struct histogram_view *v, const struct histogram *h)
{
    for (size_t i = 0; i <= HISTOGRAM_STEPS; i++)
        v->counts[i] += atomic_load_explicit(&h->counts[i], memory_order_relaxed);
    v->sum += atomic_load_explicit(&h->sum, memory_order_relaxed);
}

void metric_head(struct buf *out, const char *name, enum metric_kind kind, const char *help)
{
    static const char *const kinds[] = {"counter", "gauge", "histogram"};

    buf_fmt(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kinds[kind]);
}

void metric_value(struct buf *out, const char *name, const char *labels, double value)
{
    if (labels)
        buf_fmt(out, "%s{%s} %.15g\n", name, labels, value);
    else
        buf_fmt(out, "%s %.15g\n", name, value);
}

void metric_plain(struct buf *out, const char *name, enum metric_kind kind, const char *help,
                  double value)
{
    metric_head(out, name, kind, help);
    metric_value(out, name, NULL, value);
}

static void write_part(struct buf *out, const char *name, const char *part, const char *labels,
                       double value)
{
    buf_fmt(out, "%s_%s", name, part);
    metric_value(out, "", labels, value);
}

void metric_histogram_values(struct buf *out, const char *name, const char *labels,
                             const struct metric_scale *scale, const struct histogram_view *v)
{
    const char *first = labels ? labels : "", *comma = labels ? "," : "";
    uint64_t n = 0;

    for (size_t i = 0; i < HISTOGRAM_STEPS; i++) {
        n += v->counts[i];
        buf_fmt(out, "%s_bucket{%s%sle=\"%g\"} %llu\n", name, first, comma,
                (double)scale->bounds[i] / scale->unit, (unsigned long long)n);
    }
    n += v->counts[HISTOGRAM_STEPS];
    buf_fmt(out, "%s_bucket{%s%sle=\"+Inf\"} %llu\n", name, first, comma, (unsigned long long)n);
    write_part(out, name, "sum", labels, (double)v->sum / scale->unit);
    write_part(out, name, "count", labels, (double)n);
}

void metric_histogram(struct buf *out, const char *name, const struct metric_scale *scale,
                      const char *help, const struct histogram_view *v)
{
    metric_head(out, name, METRIC_HISTOGRAM, help);
    metric_histogram_values(out, name, NULL, scale, v);
}
