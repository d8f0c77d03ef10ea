#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H
/*
 * Latencies, kept in buckets whose width grows with their value: each power of two is cut into 128
 * equal parts, so a percentile is at most 0.8 % above the true one, from a nanosecond to an hour,
 * in a fixed 40 KB. (The idea of HdrHistogram.)
 */
#include <stdint.h>

#define HISTOGRAM_PARTS 128
#define HISTOGRAM_BUCKETS (HISTOGRAM_PARTS * 40)

struct histogram {
    uint64_t n;
    double sum;
    int64_t max;
    uint64_t bucket[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *h, int64_t ns);
/* The value that `share` (0 … 1) of all entries do not exceed; 0 when empty. */
int64_t histogram_percentile(const struct histogram *h, double share);
/* Prints {"n":…,"mean_us":…,"p50_us":…,…} without a line end. */
void histogram_print(const struct histogram *h);

#endif
