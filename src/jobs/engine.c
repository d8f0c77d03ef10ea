#include "jobs/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "jobs/internal.h"
#include "jobs/schedule.h"

#define IDLE_WAIT SECONDS(1)
#define STORE_WAIT MILLISECONDS(500) /* after a failure of the store's; doubled by each */
#define PLAN_EVERY SECONDS(10)
#define SLICE SECONDS(5)      /* then a run gives way to others */
#define LONGEST_HOLD HOURS(1) /* what a provider may ask us to wait */

enum { CURSOR_TRIES = 5 };

// --- one run -------------------------------------------------------------------------------------

static bool is_stopping(const struct runner *r)
{
    return atomic_load(&r->jobs->stopping);
}

static struct job_step step_of(struct runner *r, const struct job_claim *c)
{
    struct job_step s = {
        .db = r->db,
        .project = c->project,
        .run = c->run,
        .token = str_from(atomic_load(&r->token)),
        .cursor = c->cursor,
        .now = clock_wall(r->jobs->o.clock),
        .last_success = c->last_success,
        .clock = r->jobs->o.clock,
        .rng = &r->rng,
        .a = r->work,
        .stopped = &r->jobs->stopping,
        .arg = r->jobs->o.arg,
        .next_cursor = STR_NONE,
        .began = TIME_NONE,
        .n_done = c->done,
        .n_total = c->total,
        .not_before = TIME_NONE,
        .n_counts = c->n_counts,
    };

    memcpy(s.counts, c->counts, sizeof s.counts);
    return s;
}

/* What was counted is told of a run that failed as well. */
static void take_counts(const struct job_step *s, struct job_claim *c)
{
    c->done = s->n_done;
    c->total = s->n_total;
    c->n_counts = s->n_counts;
    memcpy(c->counts, s->counts, sizeof c->counts);
}

/* What the step leaves to the next one. */
static void take_over(struct runner *r, const struct job_step *s, struct job_claim *c)
{
    take_counts(s, c);
    if (!str_is_none(s->next_cursor))
        c->cursor = str_dup(s->next_cursor, r->claimed);
    if (s->began != TIME_NONE)
        c->began = s->began;
}

/* Once for each run: by whoever ended it, when that is written. */
static void report(const struct jobs_options *o, const struct job_claim *c, const struct err *why)
{
    char trace[256];

    if (o->on_ended)
        o->on_ended(c->job, !why, c->counts, c->n_counts, o->arg);
    if (!why) {
        log_debug(NULL, "job.ended", "job=%s project=%lld run=%lld", c->job->name,
                  (long long)c->project, (long long)c->run);
        return;
    }
    if (why->code == ERR_INTEGRATION_AUTH) { // theirs to mend, again and again until they do
        log_info(NULL, "job.refused", "job=%s project=%lld run=%lld", c->job->name,
                 (long long)c->project, (long long)c->run);
        return;
    }
    err_trace_format(why, trace, sizeof trace);
    log_warn(NULL, "job.failed", "job=%s project=%lld run=%lld reason=\"%s\" trace=\"%s\"",
             c->job->name, (long long)c->project, (long long)c->run, why->text, trace);
}

static usec_t usual_time(struct runner *r, const struct job_claim *c)
{
    return schedule_next(&c->job->schedule, c->zone, clock_wall(r->jobs->o.clock), &r->rng, false);
}

/* It came to its end, and as a rule well. */
static bool conclude(struct runner *r, struct job_claim *c, const struct err *flaw, struct err *e)
{
    const struct err *why = flaw->code == ERR_NONE ? NULL : flaw;
    bool held;

    c->cursor = STR("{}");
    if (!end_run(r, c, why, usual_time(r, c), &held, e))
        return err_trace(e);
    if (held)
        report(&r->jobs->o, c, why);
    return true;
}

/* Where going on would fail again (the page is not there any more, its account is gone), the run
 * begins anew; and now and then in any case. */
static bool is_worth_going_on(const struct job_claim *c, const struct err *why)
{
    return err_may_pass(why->code) && (c->failures + 1) % CURSOR_TRIES != 0 &&
           !schedule_is_on_request(&c->job->schedule); // whoever asks again wants all of it
}

/* What was refused does not come right by being asked sooner; but within an hour it may have been
 * mended. */
static usec_t next_try(struct runner *r, const struct job_claim *c, const struct err *why,
                       usec_t not_before)
{
    const usec_t now = clock_wall(r->jobs->o.clock), latest = now + LONGEST_HOLD;
    usec_t next = schedule_retry(&c->job->schedule, c->failures + 1, now, &r->rng);

    if (next == TIME_NONE)
        return next;
    if (why->code == ERR_INTEGRATION_AUTH)
        not_before = usual_time(r, c);
    if (not_before > next)
        next = not_before < latest ? not_before : latest;
    return next;
}

static bool fail(struct runner *r, struct job_claim *c, const struct err *why, usec_t not_before,
                 struct err *e)
{
    bool held;

    if (!is_worth_going_on(c, why))
        c->cursor = STR("{}");
    if (!end_run(r, c, why, next_try(r, c, why, not_before), &held, e))
        return err_trace(e);
    if (held)
        report(&r->jobs->o, c, why);
    return true;
}

/* The end of the process is not the job's failure, and the store's failures are not until no
 * attempt came through: a statement may take too long each time. */
static bool is_excused(const struct runner *r, const struct job_claim *c)
{
    return is_stopping(r) ||
           (c->attempts < JOB_ATTEMPTS_MAX && (db_lost(r->db) || db_conflicted(r->db)));
}

static bool try_again(struct runner *r, struct job_claim *c, const struct err *why, struct err *e)
{
    const usec_t now = clock_wall(r->jobs->o.clock);

    if (is_stopping(r)) {
        c->attempts = 0;
        return give_way(r, c, now, e) || err_trace(e);
    }
    log_failure(NULL, LOG_INFO, "job.step_failed", why);
    return give_way(r, c, now + (STORE_WAIT << c->attempts), e) || err_trace(e);
}

enum run_state { GOES_ON, HAS_ENDED, IS_ANOTHERS };

/* One step, and what it means for the run. False: the store failed. */
static bool run_step(struct runner *r, struct job_claim *c, enum run_state *ret, struct err *e)
{
    arena_reset(r->work);
    struct job_step s = step_of(r, c);
    struct err why = {0};
    bool held;

    *ret = HAS_ENDED;
    if (!c->job->step(&s, &why)) {
        const bool excused = is_excused(r, c);
        take_counts(&s, c);
        db_rollback(r->db);
        return (excused ? try_again(r, c, &why, e) : fail(r, c, &why, s.not_before, e)) ||
               err_trace(e);
    }
    take_over(r, &s, c);
    if (s.done)
        return conclude(r, c, &s.flaw, e) || err_trace(e);
    if (!keep_step(r, c, &held, e))
        return err_trace(e);
    c->attempts = 0;
    *ret = held ? GOES_ON : IS_ANOTHERS;
    return true;
}

static bool run_slice(struct runner *r, struct job_claim *c, struct err *e)
{
    const usec_t until = clock_monotonic(r->jobs->o.clock) + SLICE;
    enum run_state state = GOES_ON;

    while (state == GOES_ON && !is_stopping(r) && clock_monotonic(r->jobs->o.clock) < until)
        if (!run_step(r, c, &state, e))
            return err_trace(e);
    return state != GOES_ON || give_way(r, c, clock_wall(r->jobs->o.clock), e) || err_trace(e);
}

static void refuse_clock(struct err *e)
{
    err_set(e, ERR_UNAVAILABLE,
            "the clocks of the server and of the database are more than an hour apart");
    (void)err_fix(e, "set right the one that is wrong: nothing is deleted until then");
}

static bool run_claim(struct runner *r, struct job_claim *c, struct err *e)
{
    struct err why = {0};
    bool serves;

    if (!clock_serves(r, c->job, &serves, e))
        return err_trace(e);
    if (c->is_off)
        err_set(&why, ERR_UNAVAILABLE, "the job is switched off");
    else if (!serves)
        refuse_clock(&why);
    else if (c->attempts > JOB_ATTEMPTS_MAX)
        err_set(&why, ERR_INTERNAL,
                "every attempt was cut short: the process ended during the step");
    else
        return run_slice(r, c, e) || err_trace(e);
    return fail(r, c, &why, TIME_NONE, e) || err_trace(e);
}

// --- one thread ----------------------------------------------------------------------------------

void runner_take_name(struct runner *r)
{
    char *token = arena_alloc(r->names, ID_LEN + 1);
    char host[40] = "";

    (void)gethostname(host, sizeof host - 1); // only for people
    (void)snprintf(r->owner, sizeof r->owner, "%s/%d", host, (int)getpid());
    id_make(clock_wall(r->jobs->o.clock), &r->rng, token);
    atomic_store(&r->token, token);
    r->doubtful = false;
}

struct runner *runner_create(struct jobs *j)
{
    struct runner *r = NEW(struct runner);

    r->jobs = j;
    r->rng = rng_system();
    r->db = store_connect(j->o.store, STORE_WORK);
    r->claimed = arena_create(0);
    r->work = arena_create(64 * 1024);
    r->names = arena_create(0);
    runner_take_name(r);
    return r;
}

void runner_destroy(struct runner *r)
{
    db_close(r->db);
    arena_destroy(r->claimed);
    arena_destroy(r->work);
    arena_destroy(r->names);
    free(r);
}

/* Perhaps a job still carries the old one: its lease runs out, and it is anybody's. */
static void change_name(struct runner *r)
{
    struct err e = {0};

    if (!drop_lease(r, &e))
        log_failure(NULL, LOG_DEBUG, "jobs.lease_drop", &e);
    runner_take_name(r);
}

static bool round_of(struct runner *r, bool *ret_any, struct err *e)
{
    struct job_claim c;
    bool ok;

    *ret_any = false;
    if (!is_due(r, ret_any, e))
        return err_trace(e);
    if (!*ret_any)
        return true;
    if (!claim_job(r, &c, ret_any, e))
        return err_trace(e);
    if (!*ret_any || !c.job)
        return true;
    atomic_store(&r->holding, true);
    ok = run_claim(r, &c, e);
    atomic_store(&r->holding, false);
    return ok || err_trace(e);
}

bool runner_round(struct runner *r)
{
    struct err e = {0};
    bool any;

    if (r->doubtful)
        change_name(r);
    if (round_of(r, &any, &e))
        return any;
    log_failure(NULL, db_lost(r->db) ? LOG_DEBUG : LOG_WARN, "jobs.round", &e);
    r->doubtful = true;
    return false;
}

/* One thread at a time, now and then. */
static void plan_now_and_then(struct runner *r)
{
    struct jobs *j = r->jobs;
    const usec_t now = clock_monotonic(j->o.clock);
    usec_t at = atomic_load(&j->plan_at);
    struct err e = {0};

    if (now < at || !atomic_compare_exchange_strong(&j->plan_at, &at, now + PLAN_EVERY))
        return;
    if (!plan_jobs(r, &e))
        log_failure(NULL, db_lost(r->db) ? LOG_DEBUG : LOG_WARN, "jobs.plan", &e);
}

static void run(void *arg)
{
    struct runner *r = arg;
    struct err e = {0};

    while (!is_stopping(r)) {
        plan_now_and_then(r);
        if (!runner_round(r) && !is_stopping(r))
            (void)bell_wait(r->jobs->bell, IDLE_WAIT);
    }
    if (!drop_lease(r, &e))
        log_failure(NULL, LOG_DEBUG, "jobs.lease_drop", &e); // it runs out by itself
}

/* Renews the leases of runners that are at work, three times within a lease. */
static void beat(void *arg)
{
    struct jobs *j = arg;
    _cleanup_(db_closep) struct db *db = store_connect(j->o.store, STORE_WORK);

    while (!bell_wait(j->heartbeat_end, j->o.lease / 3))
        for (size_t i = 0; i < j->n_runners; i++) {
            struct err e = {0};
            if (atomic_load(&j->runners[i]->holding) &&
                !db_exec(db, Q_QUEUE_LEASE_RENEW,
                         BINDS(bind_str("token", str_from(atomic_load(&j->runners[i]->token))),
                               bind_time("now", clock_wall(j->o.clock)),
                               bind_int("lease_us", j->o.lease)),
                         NULL, &e))
                log_failure(NULL, LOG_WARN, "jobs.lease_renew", &e);
        }
}

// --- start and stop ------------------------------------------------------------------------------

void jobs_wake(struct jobs *j)
{
    bell_ring(j->bell);
}

void jobs_stop(struct jobs *j)
{
    if (!j)
        return;
    atomic_store(&j->stopping, true);
    bell_ring_for_ever(j->bell);
    for (size_t i = 0; i < j->n_runners; i++)
        if (j->runners[i]->thread)
            thread_join(j->runners[i]->thread);
    bell_ring_for_ever(j->heartbeat_end);
    if (j->heartbeat)
        thread_join(j->heartbeat);
    for (size_t i = 0; i < j->n_runners; i++)
        runner_destroy(j->runners[i]);
    bell_destroy(j->bell);
    bell_destroy(j->heartbeat_end);
    arena_destroy(j->a);
    free(j->runners);
    free(j);
}

DEFINE_CLEANUP(struct jobs, jobs_stop)

struct jobs *jobs_create(const struct jobs_options *o)
{
    struct jobs *j = NEW(struct jobs);

    j->o = *o;
    j->o.lease = o->lease ? o->lease : JOB_LEASE;
    j->a = arena_create(0);
    j->bell = bell_create();
    j->heartbeat_end = bell_create();
    j->names = STR(",");
    for (size_t i = 0; i < o->n_jobs; i++)
        j->names = str_fmt(j->a, STR_FMT "%s,", STR_ARG(j->names), o->jobs[i]->name);
    j->runners = mem_alloc((o->threads ? o->threads : 1) * sizeof(struct runner *));
    while (j->n_runners < o->threads)
        j->runners[j->n_runners++] = runner_create(j);
    return j;
}

bool jobs_start(const struct jobs_options *o, struct jobs **ret, struct err *e)
{
    _cleanup_(jobs_stopp) struct jobs *j = jobs_create(o);

    for (size_t i = 0; i < j->n_runners; i++)
        if (!thread_start("job", run, j->runners[i], &j->runners[i]->thread, e))
            return err_trace(e);
    if (!thread_start("job-beat", beat, j, &j->heartbeat, e))
        return err_trace(e);
    *ret = TAKE(j);
    return true;
}
