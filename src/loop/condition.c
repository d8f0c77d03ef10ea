#include "loop/condition.h"

#include <time.h>

#include "base/clock.h"

void condition_init(pthread_cond_t *c)
{
    pthread_condattr_t monotonic;

    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(c, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

struct timespec condition_deadline(usec_t wait)
{
    usec_t at = clock_monotonic(&clock_system);

    at = wait > INT64_MAX - at ? INT64_MAX : at + wait;
    return (struct timespec){.tv_sec = at / SECONDS(1), .tv_nsec = at % SECONDS(1) * 1000};
}
