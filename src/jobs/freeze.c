/*
 * Calls that ended a while ago are frozen: no reconcile looks at them any more, but for the nightly
 * one and who asks for one call. What still comes of them is applied, and they stay frozen.
 */
#include "jobs/job.h"

#include "store/store.h"

enum { AT_ONCE = 500 };

#define COOLDOWN HOURS(24)

/* Once for a run that has anything to do; one that goes on behind a failure counts what is left. */
static bool count_all(struct job_step *s, usec_t before, struct err *e)
{
    int64_t left;

    if (!db_count(s->db, Q_CALL_COUNT_UNFROZEN,
                  BINDS(bind_int("project", s->project), bind_time("before", before)), s->a, &left,
                  e))
        return err_trace(e);
    s->n_total = s->n_done + left;
    return true;
}

static bool freeze(struct job_step *s, struct err *e)
{
    const usec_t before = s->now - COOLDOWN;
    int64_t n;

    if (s->n_total == 0 && !count_all(s, before, e))
        return err_trace(e);
    if (!db_exec(s->db, Q_CALL_FREEZE,
                 BINDS(bind_int("project", s->project), bind_time("before", before),
                       bind_int("limit", AT_ONCE)),
                 &n, e))
        return err_trace(e);
    job_step_count(s, STR("frozen"), n);
    s->n_done += n;
    if (s->n_done > s->n_total) // a day has passed for others meanwhile
        s->n_total = s->n_done;
    s->done = n < AT_ONCE;
    return true;
}

const struct job job_freeze = {
    .name = "freeze",
    .schedule = JOB_EVERY(MINUTES(10), MINUTES(20)),
    .is_offered = true,
    .minds_clock = true,
    .step = freeze,
};
