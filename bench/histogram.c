#include "histogram.h"

#include <math.h>
#include <stdio.h>

#define PART_BITS 7
_Static_assert(1 << PART_BITS == HISTOGRAM_PARTS, "parts are a power of two");

/* Values below HISTOGRAM_PARTS have a bucket each; above, the leading bit picks the group. */
static unsigned bucket_of(uint64_t v)
{
    unsigned shift;
    unsigned bucket;

    if (v < HISTOGRAM_PARTS)
        return (unsigned)v;
    shift = 63u - (unsigned)__builtin_clzll(v) - PART_BITS;
    bucket = (shift + 1) * HISTOGRAM_PARTS + (unsigned)(v >> shift) - HISTOGRAM_PARTS;
    return bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1;
}

/* The largest value that falls into a bucket. */
static int64_t bucket_top(unsigned bucket)
{
    const unsigned group = bucket / HISTOGRAM_PARTS;
    const uint64_t part = bucket % HISTOGRAM_PARTS;

    if (group == 0)
        return (int64_t)part;
    return (int64_t)(((part + HISTOGRAM_PARTS + 1) << (group - 1)) - 1);
}

void histogram_add(struct histogram *h, int64_t ns)
{
    const int64_t v = ns > 0 ? ns : 0;

    h->n++;
    h->sum += (double)v;
    h->max = v > h->max ? v : h->max;
    h->bucket[bucket_of((uint64_t)v)]++;
}

int64_t histogram_percentile(const struct histogram *h, double share)
{
    const uint64_t wanted = (uint64_t)ceil(share * (double)h->n);
    uint64_t seen = 0;

    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += h->bucket[i];
        if (seen >= wanted && seen > 0)
            return bucket_top(i) < h->max ? bucket_top(i) : h->max;
    }
    return h->max;
}

void histogram_print(const struct histogram *h)
{
    static const struct {
        const char *name;
        double share;
    } shown[] = {
        {"p50_us", .5}, {"p90_us", .9}, {"p95_us", .95}, {"p99_us", .99}, {"p999_us", .999}};

    printf("{\"n\":%llu,\"mean_us\":%.1f", (unsigned long long)h->n,
           h->n ? h->sum / (double)h->n / 1e3 : 0.0);
    for (unsigned i = 0; i < sizeof shown / sizeof shown[0]; i++)
        printf(",\"%s\":%.1f", shown[i].name,
               (double)histogram_percentile(h, shown[i].share) / 1e3);
    printf(",\"max_us\":%.1f}", (double)h->max / 1e3);
}
