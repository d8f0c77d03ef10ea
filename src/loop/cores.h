#ifndef LOOP_CORES_H
#define LOOP_CORES_H
#include <stddef.h>

/* How many processors the calling thread may run on, of those that there are (sched_setaffinity(2),
 * a container's cpuset); at least 1. */
size_t cores_allowed(void);

#endif
