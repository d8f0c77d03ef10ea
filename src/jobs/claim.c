/*
 * The statements behind the engine: claim, keep, give way, end.
 *
 * Claims take turns (the queue's lock), so that no two of them look at one row before either has
 * written. The runner's token on the row is the fence: whatever ends a step or a run changes only a
 * row that still carries it.
 */
#include <json-c/json.h>

#include "base/buf.h"
#include "base/json.h"
#include "jobs/internal.h"
#include "jobs/run.h"
#include "jobs/schedule.h"

enum { PLANNED_AT_ONCE = 500 };

#define QUEUE STR("jobs")
#define APART HOURS(1) /* clocks may be */

static struct bind bind_token(const struct runner *r)
{
    return bind_str("token", str_from(atomic_load(&r->token)));
}

static usec_t now_of(const struct runner *r)
{
    return clock_wall(r->jobs->o.clock);
}

bool clock_serves(struct runner *r, const struct job *job, bool *ret, struct err *e)
{
    static const struct column columns[] = {{"ahead_us", COLUMN_INT, 0}};
    int64_t ahead = 0;
    bool found;

    arena_reset(r->work);
    if (job->minds_clock && !db_query_one(r->db, Q_CLOCK_AHEAD, BINDS(bind_time("now", now_of(r))),
                                          columns, LEN(columns), r->work, &ahead, &found, e))
        return err_trace(e);
    *ret = ahead <= APART && ahead >= -APART;
    return true;
}

// --- claiming ------------------------------------------------------------------------------------

bool is_due(struct runner *r, bool *ret, struct err *e)
{
    static const struct column columns[] = {{"due", COLUMN_BOOL, 0}};
    bool found;

    arena_reset(r->work);
    return db_query_one(r->db, Q_JOB_DUE, BINDS(bind_time("now", now_of(r))), columns, LEN(columns),
                        r->work, ret, &found, e) ||
           err_trace(e);
}

struct claimed_row {
    struct job_claim claim;
    struct str job_name;
};

#define AT(member) offsetof(struct claimed_row, member)

static const struct column claim_columns[] = {
    {"project_id", COLUMN_INT, AT(claim.project)},
    {"job_name", COLUMN_STR, AT(job_name)},
    {"cursor", COLUMN_STR, AT(claim.cursor)},
    {"attempts", COLUMN_INT, AT(claim.attempts)},
    {"failures", COLUMN_INT, AT(claim.failures)},
    {"last_success_at", COLUMN_TIME, AT(claim.last_success)},
    {"run_id", COLUMN_INT, AT(claim.run)},
    {"started_at", COLUMN_TIME, AT(claim.started_at)},
    {"time_zone", COLUMN_STR, AT(claim.zone)},
    {"done", COLUMN_INT, AT(claim.done)},
    {"total", COLUMN_INT, AT(claim.total)},
};

static bool read_counts(struct str json, struct job_claim *c, struct arena *a, struct err *e)
{
    struct json_object *counts = NULL;

    if (!json_parse(json, a, &counts, e))
        return err_trace(e);
    json_object_object_foreach(counts, name, value)
    {
        if (c->n_counts < JOB_COUNTS_MAX)
            c->counts[c->n_counts++] =
                (struct job_count){str_dup(str_from(name), a), json_object_get_int64(value)};
    }
    return true;
}

/* The run of a job that was due by its plan. */
static bool add_run(struct runner *r, struct job_claim *c, usec_t now, struct err *e)
{
    static const struct column columns[] = {{"id", COLUMN_INT, 0}};
    bool made;

    c->done = c->total = 0;
    return (db_query_one(r->db, Q_JOB_RUN_ADD,
                         BINDS(bind_int("project", c->project),
                               bind_str("job", str_from(c->job->name)),
                               bind_str("state", STR("running")),
                               bind_str("through", STR("schedule")), bind_str("by", STR_NONE),
                               bind_time("now", now), bind_time("started_at", now)),
                         columns, LEN(columns), r->claimed, &c->run, &made, e) &&
            db_exec(r->db, Q_JOB_HOLD_RUN,
                    BINDS(bind_int("project", c->project), bind_str("job", str_from(c->job->name)),
                          bind_int("run", c->run)),
                    NULL, e)) ||
           err_trace(e);
}

/* One that was asked for, or that another worker left: its last counts are read when the row of the
 * job is held, as they may stand in a transaction that held it until now. */
static bool take_up_run(struct runner *r, struct job_claim *c, usec_t now, struct err *e)
{
    static const struct column columns[] = {{"counts", COLUMN_STR, 0}};
    struct str counts = STR_NONE;
    bool found;

    return (db_query_one(r->db, Q_JOB_RUN_BEGIN,
                         BINDS(bind_int("project", c->project), bind_int("id", c->run),
                               bind_time("now", now)),
                         columns, LEN(columns), r->claimed, &counts, &found, e) &&
            (!found || read_counts(counts, c, r->claimed, e))) ||
           err_trace(e);
}

static bool begin_run(struct runner *r, struct job_claim *c, usec_t now, struct err *e)
{
    if (c->started_at == TIME_NONE)
        c->started_at = now;
    c->began = c->started_at;
    if (c->run == INT_NONE)
        return add_run(r, c, now, e) || err_trace(e);
    return take_up_run(r, c, now, e) || err_trace(e);
}

static bool pass_over(struct runner *r, struct job_claim *c, usec_t now, struct err *e)
{
    const usec_t next = schedule_next(&c->job->schedule, c->zone, now, &r->rng, false);

    if (!db_exec(r->db, Q_JOB_PASS_OVER,
                 BINDS(bind_int("project", c->project), bind_str("job", str_from(c->job->name)),
                       bind_time("next", next)),
                 NULL, e))
        return err_trace(e);
    c->job = NULL;
    return true;
}

static bool take(struct runner *r, struct claimed_row *row, bool *ret_found, struct err *e)
{
    const struct jobs_options *o = &r->jobs->o;
    const usec_t now = now_of(r);
    struct rows *rows;

    if (!db_query(r->db, Q_QUEUE_CLAIM_LOCK, BINDS(bind_str("queue", QUEUE)), r->claimed, &rows,
                  e) ||
        !db_exec(r->db, Q_QUEUE_LEASES_EXPIRE,
                 BINDS(bind_str("queue", QUEUE), bind_time("now", now),
                       bind_int("lease_us", r->jobs->o.lease)),
                 NULL, e) ||
        !db_query_one(
            r->db, Q_JOB_CLAIM,
            BINDS(bind_token(r), bind_str("names", r->jobs->names), bind_time("now", now)),
            claim_columns, LEN(claim_columns), r->claimed, row, ret_found, e))
        return err_trace(e);
    if (!*ret_found)
        return true;
    row->claim.job = job_find(o->jobs, o->n_jobs, row->job_name);
    row->claim.is_off = o->is_on && !o->is_on(row->claim.job, row->claim.project, o->arg);
    if (row->claim.is_off && row->claim.run == INT_NONE)
        return pass_over(r, &row->claim, now, e) || err_trace(e);
    return (begin_run(r, &row->claim, now, e) &&
            db_exec(r->db, Q_QUEUE_LEASE_HOLD,
                    BINDS(bind_token(r), bind_str("queue", QUEUE),
                          bind_str("owner", str_from(r->owner)), bind_time("now", now),
                          bind_int("lease_us", r->jobs->o.lease)),
                    NULL, e)) ||
           err_trace(e);
}

bool claim_job(struct runner *r, struct job_claim *ret, bool *ret_found, struct err *e)
{
    struct claimed_row row = {.claim = {.run = INT_NONE}};

    arena_reset(r->claimed);
    if (!db_begin_light(r->db, e))
        return err_trace(e);
    if (!db_end(r->db, take(r, &row, ret_found, e), e)) {
        r->doubtful = true; // a commit whose answer was lost may have happened
        return err_trace(e);
    }
    *ret = row.claim;
    return true;
}

// --- steps and ends ------------------------------------------------------------------------------

/* Of the job and of its run, in one transaction. */
static bool write_both(struct runner *r, const struct job_claim *c, enum query job_query,
                       struct binds job, bool *ret_held, struct err *e)
{
    int64_t n;

    if (!db_exec(r->db, job_query, job, &n, e))
        return err_trace(e);
    *ret_held = n == 1;
    return !*ret_held ||
           db_exec(r->db, Q_JOB_RUN_KEEP,
                   BINDS(bind_int("project", c->project), bind_int("id", c->run),
                         bind_int("done", c->done), bind_int("total", c->total),
                         bind_str("counts", job_counts_json(c->counts, c->n_counts, r->work))),
                   NULL, e) ||
           err_trace(e);
}

static bool commit(struct runner *r, bool written, struct err *e)
{
    if (db_end(r->db, written, e))
        return true;
    r->doubtful = true;
    return err_trace(e);
}

bool job_step_keep_counts(const struct job_step *s, struct err *e)
{
    int64_t n;

    if (!db_exec(s->db, Q_JOB_RUN_COUNT,
                 BINDS(bind_int("project", s->project), bind_int("id", s->run),
                       bind_str("token", s->token),
                       bind_str("counts", job_counts_json(s->counts, s->n_counts, s->a))),
                 &n, e))
        return err_trace(e);
    return n == 1 || err_set(e, ERR_UNAVAILABLE, "the job is another worker's by now");
}

bool keep_step(struct runner *r, const struct job_claim *c, bool *ret_held, struct err *e)
{
    const struct binds job =
        BINDS(bind_int("project", c->project), bind_str("job", str_from(c->job->name)),
              bind_token(r), bind_str("cursor", c->cursor), bind_time("now", now_of(r)));

    if (!db_begin_light(r->db, e))
        return err_trace(e);
    return commit(r, write_both(r, c, Q_JOB_KEEP, job, ret_held, e), e) || err_trace(e);
}

bool give_way(struct runner *r, const struct job_claim *c, usec_t next, struct err *e)
{
    return db_exec(r->db, Q_JOB_GIVE_WAY,
                   BINDS(bind_int("project", c->project), bind_str("job", str_from(c->job->name)),
                         bind_token(r), bind_int("attempts", c->attempts), bind_time("next", next),
                         bind_time("now", now_of(r))),
                   NULL, e) ||
           err_trace(e);
}

bool end_run(struct runner *r, const struct job_claim *c, const struct err *why, usec_t next,
             bool *ret_held, struct err *e)
{
    const struct str error = why ? str_from(why->text) : STR_NONE;
    const bool refused = why && why->code == ERR_INTEGRATION_AUTH;
    const usec_t now = now_of(r);
    const struct binds job = BINDS(
        bind_int("project", c->project), bind_str("job", str_from(c->job->name)), bind_token(r),
        bind_str("cursor", c->cursor), bind_time("next", next), bind_str("error", error),
        bind_bool("refused", refused), bind_time("began", c->began), bind_time("now", now));

    if (!db_begin_light(r->db, e))
        return err_trace(e);
    const bool written =
        write_both(r, c, Q_JOB_END, job, ret_held, e) &&
        (!*ret_held || db_exec(r->db, Q_JOB_RUN_END,
                               BINDS(bind_int("project", c->project), bind_int("id", c->run),
                                     bind_str("error", error), bind_time("now", now)),
                               NULL, e));
    return commit(r, written, e) || err_trace(e);
}

bool drop_lease(struct runner *r, struct err *e)
{
    return db_exec(r->db, Q_QUEUE_LEASE_DROP, BINDS(bind_token(r)), NULL, e) || err_trace(e);
}

// --- plans ---------------------------------------------------------------------------------------

struct newcomer {
    int64_t project;
    struct str zone;
};

static bool write_plan(struct runner *r, const struct job *job, const struct newcomer *list,
                       size_t n, struct err *e)
{
    const usec_t now = now_of(r);
    int64_t *projects = arena_new(r->work, int64_t, n);
    struct str *names = arena_new(r->work, struct str, n);
    usec_t *next = arena_new(r->work, usec_t, n);

    for (size_t i = 0; i < n; i++) {
        projects[i] = list[i].project;
        names[i] = str_from(job->name);
        next[i] = schedule_next(&job->schedule, list[i].zone, now, &r->rng, true);
    }
    return n == 0 ||
           db_exec(r->db, Q_JOB_PLAN,
                   BINDS(bind_ints("project", projects, n), bind_strs("job", names, n),
                         bind_times("next", next, n), bind_time("now", now)),
                   NULL, e) ||
           err_trace(e);
}

static bool plan_job(struct runner *r, const struct job *job, struct err *e)
{
    static const struct column columns[] = {
        {"project_id", COLUMN_INT, offsetof(struct newcomer, project)},
        {"time_zone", COLUMN_STR, offsetof(struct newcomer, zone)},
    };
    static const struct row_shape shape = ROW_SHAPE(struct newcomer, columns);
    const usec_t now = now_of(r);
    struct rows *rows;
    size_t n;

    arena_reset(r->work);
    if (!db_exec(r->db, Q_JOB_HASTEN,
                 BINDS(bind_str("job", str_from(job->name)),
                       bind_time("horizon", schedule_horizon(&job->schedule, now)),
                       bind_time("now", now)),
                 NULL, e) ||
        !db_query(r->db, Q_JOB_MISSING,
                  BINDS(bind_str("job", str_from(job->name)),
                        bind_bool("first_only", job->scope == JOB_INSTALLATION),
                        bind_int("limit", PLANNED_AT_ONCE)),
                  r->work, &rows, e))
        return err_trace(e);
    const struct newcomer *list = rows_list(rows, &shape, PLANNED_AT_ONCE, r->work, &n, e);
    return (list && write_plan(r, job, list, n, e)) || err_trace(e);
}

bool plan_jobs(struct runner *r, struct err *e)
{
    for (size_t i = 0; i < r->jobs->o.n_jobs; i++)
        if (!schedule_is_on_request(&r->jobs->o.jobs[i]->schedule) &&
            !plan_job(r, r->jobs->o.jobs[i], e))
            return err_trace(e);
    return true;
}
