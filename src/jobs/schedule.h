#ifndef JOBS_SCHEDULE_H
#define JOBS_SCHEDULE_H
/* When a job is next due. */
#include "jobs/job.h"

/*
 * After a run that began at `now`, or for a project that is new (is_first: an interval may then
 * begin with a short one). Times of day are the zone's (a name of the IANA, "Europe/Berlin"; one
 * that is not known counts as UTC). A time of day that is left out when clocks go forward comes as
 * much later; one that comes twice counts once. TIME_NONE: when somebody asks.
 */
usec_t schedule_next(const struct job_schedule *s, struct str zone, usec_t now, struct rng *rng,
                     bool is_first);
/* After `failures` failed runs in a row: half a minute and longer and longer, half of it jitter; an
 * hour at most, and no later than the schedule has it. TIME_NONE: when somebody asks. */
usec_t schedule_retry(const struct job_schedule *s, int64_t failures, usec_t now, struct rng *rng);
/* No plan reaches further; what does was made by a clock that was wrong. */
usec_t schedule_horizon(const struct job_schedule *s, usec_t now);

static inline bool schedule_is_on_request(const struct job_schedule *s)
{
    return s->most == 0;
}

#endif
