#ifndef BASE_METRIC_H
#define BASE_METRIC_H
/*
 * Figures for Prometheus: histograms that any thread may add to while another reads, and the text
 * in which all of it is told (exposition format 0.0.4).
 *
 * A histogram costs its owner a short walk and two relaxed additions. Where several threads note
 * much, each has its own, and they are added up when they are read.
 */
#include "base/buf.h"
#include "base/time.h"

#include <stdatomic.h>

enum { HISTOGRAM_STEPS = 18 };

/* Of times (HISTOGRAM_TIMES, in microseconds) or of sizes; by the kind when it is told. */
struct histogram {
    _Atomic uint64_t counts[HISTOGRAM_STEPS + 1]; /* the last: above all bounds */
    _Atomic uint64_t sum;
};

/* Upper bounds, in ascending order. */
typedef const uint64_t histogram_bounds[HISTOGRAM_STEPS];
/* 0.1 ms … 60 s */
extern histogram_bounds histogram_times;
/* 1 … 100,000 */
extern histogram_bounds histogram_sizes;

void histogram_note(struct histogram *h, histogram_bounds bounds, uint64_t value);
static inline void histogram_note_time(struct histogram *h, usec_t took)
{
    histogram_note(h, histogram_times, took > 0 ? (uint64_t)took : 0);
}

/* As it was read: plain numbers. */
struct histogram_view {
    uint64_t counts[HISTOGRAM_STEPS + 1], sum;
};
void histogram_add(struct histogram_view *v, const struct histogram *h);

// --- the text ------------------------------------------------------------------------------------

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

/* The lines before the values of a metric. help: one sentence. */
void metric_head(struct buf *out, const char *name, enum metric_kind kind, const char *help);
/* labels: `reason="bad_signature"`, or NULL. */
void metric_value(struct buf *out, const char *name, const char *labels, double value);
/* Head and value of one without labels. */
void metric_plain(struct buf *out, const char *name, enum metric_kind kind, const char *help,
                  double value);

/* How a histogram is told: bounds and sum are divided by `unit` (1000: milliseconds). */
struct metric_scale {
    const uint64_t *bounds;
    double unit;
};
extern const struct metric_scale metric_milliseconds, metric_seconds, metric_sizes;
/* Head and values. */
void metric_histogram(struct buf *out, const char *name, const struct metric_scale *scale,
                      const char *help, const struct histogram_view *v);
/* The values alone, behind metric_head(): of one of several with other labels; they may be NULL. */
void metric_histogram_values(struct buf *out, const char *name, const char *labels,
                             const struct metric_scale *scale, const struct histogram_view *v);

#endif
