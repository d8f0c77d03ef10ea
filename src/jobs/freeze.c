/*
 * Calls that ended a while ago are frozen: no reconcile looks at them any more, but for the nightly
 * one and who asks for one call. What still comes of them is applied, and they stay frozen.
 */
#include "jobs/job.h"

#include "store/store.h"

enum { AT_ONCE = 500 };

#define COOLDOWN HOURS(24)

static bool freeze(struct job_step *s, struct err *e)
{
    int64_t n;

    if (!db_exec(s->db, Q_CALL_FREEZE,
                 BINDS(bind_int("project", s->project), bind_time("before", s->now - COOLDOWN),
                       bind_int("limit", AT_ONCE)),
                 &n, e))
        return err_trace(e);
    job_step_count(s, STR("frozen"), n);
    s->n_done += n;
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
