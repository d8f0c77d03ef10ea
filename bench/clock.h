#ifndef BENCH_CLOCK_H
#define BENCH_CLOCK_H
/* Monotonic time in nanoseconds, the only time the generator knows. */
#include <stdint.h>
#include <time.h>

#define SECOND_NS INT64_C(1000000000)

static inline int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * SECOND_NS + t.tv_nsec;
}

#endif
