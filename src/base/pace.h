#ifndef BASE_PACE_H
#define BASE_PACE_H
/* How often something is done: whose cost nobody can foretell, such as a walk over a whole
 * index, or what has failed. */
#include "base/time.h"

#define PACE_LONGEST SECONDS(30)

enum { PACE_SHARE = 20 };

/* When that which took from `began` to `ended` may be done again: it takes a twentieth of the time,
 * and waits half a minute at most. */
static inline usec_t pace_next(usec_t began, usec_t ended)
{
    const usec_t pause = (ended - began) * PACE_SHARE;

    return ended + (pause < PACE_LONGEST ? pause : PACE_LONGEST);
}

/* The wait behind this one before what failed is tried again: `first` after none (0), then twice as
 * long each time, `last` at most. */
static inline usec_t pace_longer(usec_t wait, usec_t first, usec_t last)
{
    const usec_t longer = wait ? 2 * wait : first;

    return longer < last ? longer : last;
}

#endif
