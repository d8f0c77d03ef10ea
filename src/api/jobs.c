/* Jobs of the project: when each is due, what became of its runs, and a run for who asks. */
#include "api/deed.h"

#include "api/keyset.h"
#include "api/run_wait.h"
#include "jobs/engine.h"
#include "jobs/run.h"
#include "tenancy/flags.h"

enum { RUNS_USUAL = 20, DRIFT_DAYS = 14, DRIFT_ROWS_MAX = 1000 };

// --- shown ---------------------------------------------------------------------------------------

static bool is_on(const struct req *rq, const struct job *j)
{
    return !j->is_reconcile ||
           flag_board_value(rq->app->flags, rq->actor.project, FLAG_RECONCILE) != 0;
}

static struct str schedule_name(const struct job_schedule *s)
{
    return s->most == 0 ? STR("request") : s->least == 0 ? STR("daily") : STR("interval");
}

static const struct job_state *state_of(const struct job *j, const struct job_state *states,
                                        size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(states[i].name, str_from(j->name)))
            return &states[i];
    return NULL;
}

static void write_job(struct req *rq, const struct job *j, const struct job_state *s)
{
    static const struct job_state unplanned = {.next_run_at = TIME_NONE,
                                               .last_success_at = TIME_NONE,
                                               .last_error_at = TIME_NONE,
                                               .latest = {.id = INT_NONE}};
    struct json_writer *w = &rq->json;

    s = s ? s : &unplanned;
    json_open_object(w);
    json_member_str(w, STR("name"), str_from(j->name));
    json_member_str(w, STR("schedule"), schedule_name(&j->schedule));
    json_member_bool(w, STR("enabled"), is_on(rq, j));
    json_member_bool(w, STR("offered"), j->is_offered);
    json_member_time(w, STR("next_run_at"), s->next_run_at);
    json_member_time(w, STR("last_success_at"), s->last_success_at);
    json_member_time(w, STR("last_error_at"), s->last_error_at);
    json_member_str(w, STR("last_error"), s->last_error);
    json_member_int(w, STR("failures"), s->failures);
    json_key(w, STR("latest"));
    if (s->latest.id == INT_NONE)
        json_null(w);
    else
        job_run_write(&rq->json, &s->latest);
    json_close_object(w);
}

/* Those of the whole installation are shown where they are kept. */
static bool list(struct req *rq, struct err *e)
{
    struct job_state *states;
    size_t n_states, n_jobs;
    const struct job *const *jobs = job_list(&n_jobs);

    if (!job_states(rq->db, rq->actor.project, rq->a, &states, &n_states, e))
        return err_trace(e);
    json_open_object(&rq->json);
    json_key(&rq->json, STR("jobs"));
    json_open_array(&rq->json);
    for (size_t i = 0; i < n_jobs; i++) {
        const struct job_state *s = state_of(jobs[i], states, n_states);
        if (s || jobs[i]->scope == JOB_PROJECT)
            write_job(rq, jobs[i], s);
    }
    json_close_array(&rq->json);
    json_close_object(&rq->json);
    return reply(rq, 200, e);
}

static bool find_job(const struct req *rq, const struct job **ret, struct err *e)
{
    size_t n;
    const struct job *const *jobs = job_list(&n);

    *ret = job_find(jobs, n, req_param(rq, STR("name")));
    return *ret || req_not_found(e);
}

static bool runs(struct req *rq, struct err *e)
{
    const struct job *job;
    struct list_page page;
    struct job_run *list;
    size_t n;

    if (!find_job(rq, &job, e) || !req_before(rq, RUNS_USUAL, &page, e))
        return err_trace(e);
    const struct job_runs_wanted want = {str_from(job->name), page.from, page.limit};
    if (!job_runs(rq->db, rq->actor.project, &want, rq->a, &list, &n, e))
        return err_trace(e);
    json_open_object(&rq->json);
    json_key(&rq->json, STR("runs"));
    json_open_array(&rq->json);
    for (size_t i = 0; i < n; i++)
        job_run_write(&rq->json, &list[i]);
    json_close_array(&rq->json);
    json_member_next(rq, STR("next_before"), &page, n, n ? list[n - 1].id : INT_NONE);
    json_close_object(&rq->json);
    return reply(rq, 200, e);
}

static bool run(struct req *rq, struct err *e)
{
    const struct job *job;
    struct job_run r;
    int64_t id;
    bool found;

    if (!find_job(rq, &job, e) || !req_id(rq, STR("id"), &id, e) ||
        !job_run_find(rq->db, rq->actor.project, id, rq->a, &r, &found, e))
        return err_trace(e);
    if (!found || !str_eq(r.job, str_from(job->name)))
        return req_not_found(e);
    job_run_write(&rq->json, &r);
    return reply(rq, 200, e);
}

struct drift_found {
    struct str day, kind;
    int64_t found;
};

/* What was found in the last days that the provider had not told us, or that we had wrong. */
static bool drift(struct req *rq, struct err *e)
{
    static const struct column columns[] = {
        {"day", COLUMN_STR, offsetof(struct drift_found, day)},
        {"kind", COLUMN_STR, offsetof(struct drift_found, kind)},
        {"found", COLUMN_INT, offsetof(struct drift_found, found)},
    };
    static const struct row_shape shape = ROW_SHAPE(struct drift_found, columns);
    const usec_t since = rq->now - DRIFT_DAYS * HOURS(24);
    struct drift_found *found;
    struct rows *rows;
    size_t n;

    if (!db_query(rq->db, Q_JOB_DRIFT,
                  BINDS(bind_int("project", rq->actor.project), bind_time("since", since),
                        bind_int("limit", DRIFT_ROWS_MAX)),
                  rq->a, &rows, e))
        return err_trace(e);
    found = rows_list(rows, &shape, DRIFT_ROWS_MAX, rq->a, &n, e);
    if (!found)
        return err_trace(e);
    json_open_object(&rq->json);
    json_member_int(&rq->json, STR("days"), DRIFT_DAYS);
    json_key(&rq->json, STR("drift"));
    json_open_array(&rq->json);
    for (size_t i = 0; i < n; i++) {
        json_open_object(&rq->json);
        json_member_str(&rq->json, STR("day"), found[i].day);
        json_member_str(&rq->json, STR("kind"), found[i].kind);
        json_member_int(&rq->json, STR("found"), found[i].found);
        json_close_object(&rq->json);
    }
    json_close_array(&rq->json);
    json_close_object(&rq->json);
    return reply(rq, 200, e);
}

// --- asked for -----------------------------------------------------------------------------------

struct wish {
    const struct job *job;
    struct job_run run;
};

static bool ask_within(struct req *rq, void *arg, struct err *e)
{
    struct wish *in = arg;
    const struct job_asker asker = {STR("api"), rq->actor.name, rq->now};
    int64_t id;
    bool found;

    if (!job_ask(rq->db, rq->actor.project, in->job, &asker, &id, e) ||
        !job_run_find(rq->db, rq->actor.project, id, rq->a, &in->run, &found, e))
        return err_trace(e);
    const struct deed d = {
        .action = "job.asked",
        .entity = "job",
        .id = str_from(in->job->name),
        .project = rq->actor.project,
        .details = str_fmt(rq->a, "{\"run\":\"%lld\"}", (long long)id),
    };
    return req_audit(rq, &d, e) || err_trace(e);
}

/* A run of a job for the asker's project, that waits for a node with the role scheduler. */
static bool ask_for(struct req *rq, const struct job *job, struct job_run *ret, struct err *e)
{
    struct wish in = {.job = job};

    if (!job || !job->is_offered)
        return req_not_found(e);
    if (!is_on(rq, job)) {
        err_set(e, ERR_UNAVAILABLE, "reconcile jobs are switched off");
        return err_fix(e, "switch the flag reconcile_jobs_enabled on");
    }
    if (!req_transaction(rq, ask_within, &in, e))
        return err_trace(e);
    if (rq->app->jobs)
        jobs_wake(rq->app->jobs);
    *ret = in.run;
    return true;
}

static bool ask_by_name(struct req *rq, struct str name, struct err *e)
{
    size_t n;
    const struct job *const *jobs = job_list(&n);
    struct job_run r = {0};

    if (!ask_for(rq, job_find(jobs, n, name), &r, e))
        return err_trace(e);
    job_run_write(&rq->json, &r);
    return reply(rq, 202, e);
}

static bool ask(struct req *rq, struct err *e)
{
    return ask_by_name(rq, req_param(rq, STR("name")), e) || err_trace(e);
}

static bool ask_hot(struct req *rq, struct err *e)
{
    return ask_by_name(rq, STR("reconcile_hot"), e) || err_trace(e);
}

static bool ask_warm(struct req *rq, struct err *e)
{
    return ask_by_name(rq, STR("reconcile_warm"), e) || err_trace(e);
}

static bool ask_cold(struct req *rq, struct err *e)
{
    return ask_by_name(rq, STR("reconcile_cold"), e) || err_trace(e);
}

// --- in the form of earlier systems --------------------------------------------------------------

static bool has_failed(const struct job_run *r)
{
    return str_eq(r->state, STR("failed"));
}

static struct str sync_message(struct req *rq, const struct job_run *r)
{
    if (has_failed(r))
        return str_fmt(rq->a, "The run failed: " STR_FMT, STR_ARG(r->error));
    if (r->ended_at == TIME_NONE)
        return str_fmt(rq->a, "Under way: GET /api/jobs/" STR_FMT "/runs/%lld tells how far it is.",
                       STR_ARG(r->job), (long long)r->id);
    return STR("The calls were held against the provider.");
}

static int64_t count_of(struct json_object *counts, const char *name)
{
    int64_t n;

    return json_get_int(counts, name, &n) ? n : 0;
}

static bool write_sync(struct req *rq, const struct job_run *r, struct err *e)
{
    struct json_writer *w = &rq->json;
    struct json_object *counts;

    if (!json_parse(r->counts, rq->a, &counts, e))
        return err_trace(e);
    json_open_object(w);
    json_member_bool(w, STR("success"), !has_failed(r));
    json_member_str(w, STR("message"), sync_message(rq, r));
    json_member_int(w, STR("synced"), count_of(counts, "synced"));
    json_member_int(w, STR("skipped"), count_of(counts, "skipped"));
    json_member_int(w, STR("total"), r->done);
    json_key(w, STR("run"));
    job_run_write(&rq->json, r);
    json_close_object(w);
    return true;
}

/* They answered when the work was done: so it is waited for, a while. */
static bool ask_sync(struct req *rq, struct str name, struct err *e)
{
    size_t n;
    const struct job *const *jobs = job_list(&n);
    struct job_run r = {0};

    if (!ask_for(rq, job_find(jobs, n, name), &r, e) ||
        !run_wait_end(rq->runs, rq->db, rq->actor.project, rq->a, &r, e) || !write_sync(rq, &r, e))
        return err_trace(e);
    return reply(rq, r.ended_at == TIME_NONE ? 202 : 200, e);
}

static bool ask_today(struct req *rq, struct err *e)
{
    return ask_sync(rq, STR("sync_today"), e) || err_trace(e);
}

static bool ask_recent(struct req *rq, struct err *e)
{
    return ask_sync(rq, STR("sync_recent"), e) || err_trace(e);
}

static const struct route routes[] = {
    {HTTP_GET, "/api/jobs", list, NEEDS(HEALTH_READ)},
    {HTTP_GET, "/api/jobs/:name/runs", runs, NEEDS(HEALTH_READ)},
    {HTTP_GET, "/api/jobs/:name/runs/:id", run, NEEDS(HEALTH_READ)},
    {HTTP_POST, "/api/jobs/:name/runs", ask, NEEDS(JOBS_RUN)},
    {HTTP_GET, "/api/sync/drift", drift, NEEDS(HEALTH_READ)},
    {HTTP_POST, "/api/sync/reconcile/hot", ask_hot, NEEDS(JOBS_RUN)},
    {HTTP_POST, "/api/sync/reconcile/warm", ask_warm, NEEDS(JOBS_RUN)},
    {HTTP_POST, "/api/sync/reconcile/cold", ask_cold, NEEDS(JOBS_RUN)},
    {HTTP_POST, "/api/sync/today", ask_today, NEEDS(JOBS_RUN)},
    {HTTP_POST, "/api/sync/recent", ask_recent, NEEDS(JOBS_RUN)},
};

const struct resource api_jobs = {"jobs", routes, LEN(routes)};
