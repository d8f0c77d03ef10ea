#ifndef LOOP_CONDITION_H
#define LOOP_CONDITION_H
/*
 * Conditions on the monotonic clock: a step of the wall clock neither shortens nor lengthens a
 * wait. For those who have locks: this room and the store.
 */
#include "base/time.h"

#include <pthread.h>

/* Ends with pthread_cond_destroy(). */
void condition_init(pthread_cond_t *c);
/* The deadline for pthread_cond_timedwait(): so long from now. */
struct timespec condition_deadline(usec_t wait);

#endif
