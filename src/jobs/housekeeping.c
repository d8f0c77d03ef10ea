/*
 * What has ended and nobody asks for is thrown away: sessions (but somebody's last) and links, a
 * month after they were over; runs of jobs after a month, and after a day those that were planned,
 * succeeded and found nothing; nodes that were not heard of for a day.
 */
#include "jobs/job.h"

#include "store/store.h"

enum { AT_ONCE = 500 };

#define DAY HOURS(24)

static const struct sweep {
    enum query query;
    struct str count;
    usec_t kept;
} sweeps[] = {
    {Q_USER_SESSION_SWEEP, {"sessions", 8}, 30 * DAY},
    {Q_REFRESH_TOKEN_SWEEP, {"refresh_tokens", 14}, 30 * DAY},
    {Q_USER_LINK_SWEEP, {"links", 5}, 30 * DAY},
    {Q_JOB_RUN_SWEEP, {"job_runs", 8}, 30 * DAY},
    {Q_JOB_RUN_SWEEP_QUIET, {"quiet_job_runs", 14}, DAY},
    {Q_NODE_SWEEP, {"nodes", 5}, DAY},
};

static bool sweep(struct job_step *s, const struct sweep *what, int64_t *ret_n, struct err *e)
{
    return db_exec(s->db, what->query,
                   BINDS(bind_time("before", s->now - what->kept), bind_int("limit", AT_ONCE)),
                   ret_n, e) ||
           err_trace(e);
}

/* Some of everything, until a step finds little of each. */
static bool sweep_all(struct job_step *s, struct err *e)
{
    s->done = true;
    for (size_t i = 0; i < LEN(sweeps); i++) {
        int64_t n;
        if (!sweep(s, &sweeps[i], &n, e))
            return err_trace(e);
        job_step_count(s, sweeps[i].count, n);
        s->n_done += n;
        s->done = s->done && n < AT_ONCE;
    }
    return true;
}

const struct job job_housekeeping = {
    .name = "housekeeping",
    .scope = JOB_INSTALLATION,
    .schedule = JOB_DAILY(4, 0, HOURS(1)),
    .minds_clock = true,
    .step = sweep_all,
};
