/* One call beside what its provider says of it now: compared, or taken over. */
#include "api/deed.h"

#include "api/outages.h"
#include "jobs/run.h"
#include "providers/call_sources.h"
#include "reconcile/reconcile.h"

enum { SID_MAX = 100 };

// --- asking the provider -------------------------------------------------------------------------

/* The answer is written by what is run. */
typedef bool with_source_fn(struct req *rq, struct reconcile_step *s, struct str sid,
                            struct err *e);

/* Of a call that we do not know nothing is said, not even that nobody could be asked. */
static bool refuse_without_account(struct req *rq, struct str sid, struct err *e)
{
    static const struct column columns[] = {{"id", COLUMN_INT, 0}};
    int64_t id;
    bool known;

    if (!db_query_one(rq->db, Q_CALL_BY_SID,
                      BINDS(bind_int("project", rq->actor.project), bind_str("sid", sid)), columns,
                      LEN(columns), rq->a, &id, &known, e))
        return err_trace(e);
    if (!known)
        return req_not_found(e);
    err_set(e, ERR_CONFLICT, "this project has no account whose provider can be asked");
    return err_fix(e, "connect one in the settings of the project");
}

static bool ask(struct req *rq, with_source_fn *fn, struct err *e)
{
    const struct str sid = req_param(rq, STR("sid"));
    struct reconcile_source source;
    struct reconcile_step s = {.db = rq->db,
                               .project = rq->actor.project,
                               .source = &source,
                               .rules = account_shelf_rules(rq->app->accounts),
                               .clock = rq->app->clock,
                               .last_success = TIME_NONE,
                               .a = rq->a,
                               .on_committed = rq->app->on_committed,
                               .arg = rq->app->arg};

    if (!call_sources_of(rq->app->sources, rq->actor.project, NULL, rq->a, &source))
        return refuse_without_account(rq, sid, e);
    source.trace = rq->trace_id;
    return fn(rq, &s, sid, e) || err_trace(e);
}

/* A provider may take its time, and other requests wait for this thread. */
static bool ask_in_turn(struct req *rq, with_source_fn *fn, struct err *e)
{
    if (req_param(rq, STR("sid")).n > SID_MAX)
        return req_not_found(e);
    if (!call_sources_enter(rq->app->sources, rq->actor.project, e))
        return err_trace(e);
    const bool ok = ask(rq, fn, e);
    call_sources_leave(rq->app->sources, rq->actor.project);
    return ok || err_trace(e);
}

/* "drift": ["status", "price"] */
static void write_drift(struct json_writer *w, unsigned drift)
{
    json_key(w, STR("drift"));
    json_open_array(w);
    for (unsigned c = 0; c < RECONCILE_COUNT_COUNT; c++) {
        struct str name = reconcile_count_name((enum reconcile_count)c);
        if (((drift >> c) & 1) && cut_lit(&name, STR("drift.")))
            json_str(w, name);
    }
    json_close_array(w);
}

// --- comparing -----------------------------------------------------------------------------------

static void write_fields(struct json_writer *w, const struct reconcile_comparison *c)
{
    json_key(w, STR("fields"));
    json_open_array(w);
    for (size_t i = 0; c->known_there && i < RECONCILE_FIELDS; i++) {
        const struct reconcile_field *f = &c->fields[i];
        json_open_object(w);
        json_member_str(w, STR("name"), f->name);
        json_member_str(w, STR("ours"), f->ours);
        json_member_str(w, STR("theirs"), f->theirs);
        json_member_bool(w, STR("differs"), f->differs);
        json_member_bool(w, STR("mends"), f->mends);
        json_close_object(w);
    }
    json_close_array(w);
}

static bool compare_with(struct req *rq, struct reconcile_step *s, struct str sid, struct err *e)
{
    struct json_writer *w = &rq->json;
    struct reconcile_comparison c;

    if (!reconcile_compare(s, sid, &c, e))
        return err_trace(e);
    if (!c.known_here && !c.known_there)
        return req_not_found(e);
    json_open_object(w);
    json_member_str(w, STR("call_sid"), sid);
    json_member_str(w, STR("provider"), s->source->provider);
    json_member_time(w, STR("asked_at"), c.asked_at);
    json_member_bool(w, STR("known_here"), c.known_here);
    json_member_bool(w, STR("known_there"), c.known_there);
    write_drift(w, c.drift);
    write_fields(w, &c);
    json_close_object(w);
    return reply(rq, 200, e) || err_trace(e);
}

static bool compare(struct req *rq, struct err *e)
{
    return ask_in_turn(rq, compare_with, e) || err_trace(e);
}

// --- taking over ---------------------------------------------------------------------------------

/* The engine does not know it: the request itself is the run. */
static const struct job sync_call = {.name = "sync_call", .schedule = JOB_ON_REQUEST};

/* What was mended, as the run that it is. */
struct mending {
    struct req *rq;
    struct str sid;
    struct job_count counts[RECONCILE_COUNT_COUNT];
    struct job_done done;
};

static void count(struct mending *m, const int64_t *counts)
{
    m->done =
        (struct job_done){.job = &sync_call, .counts = m->counts, .done = 1, .began = m->rq->now};
    for (int c = 0; c < RECONCILE_COUNT_COUNT; c++)
        if (counts[c] > 0)
            m->counts[m->done.n_counts++] =
                (struct job_count){reconcile_count_name((enum reconcile_count)c), counts[c]};
}

/* It is seen where drift is counted, and who did it in the audit log. */
static bool note(const int64_t *counts, void *arg, struct err *e)
{
    struct mending *m = arg;
    struct req *rq = m->rq;
    const struct job_asker by = {STR("api"), rq->actor.name, clock_wall(rq->app->clock)};
    const struct deed d = {
        .action = "call.reconciled", .entity = "call", .id = m->sid, .project = rq->actor.project};

    count(m, counts);
    return (job_run_note(rq->db, rq->actor.project, &by, &m->done, e) && req_audit(rq, &d, e)) ||
           err_trace(e);
}

static void tell(const struct api_options *app, const struct job_done *done)
{
    if (app->on_job_ended)
        app->on_job_ended(done->job, true, done->counts, done->n_counts, app->arg);
}

static bool reconcile_with(struct req *rq, struct reconcile_step *s, struct str sid, struct err *e)
{
    struct mending m = {.rq = rq, .sid = sid};
    struct json_writer *w = &rq->json;
    unsigned drift = 0;
    bool found;

    s->on_mending = note;
    s->mending_arg = &m;
    const bool ok = reconcile_call(s, sid, &found, e);
    req_tell_outages(rq, call_sources_heard(s->source)); // a refusal above all
    if (!ok)
        return err_trace(e);
    if (!found)
        return req_not_found(e);
    for (unsigned c = RECONCILE_DRIFT_CALL; c < RECONCILE_COUNT_COUNT; c++)
        drift |= (unsigned)(s->counts[c] > 0) << c;
    if (drift)
        tell(rq->app, &m.done);
    json_open_object(w);
    json_member_str(w, STR("call_sid"), sid);
    json_member_bool(w, STR("synced"), drift != 0);
    write_drift(w, drift);
    json_close_object(w);
    return reply(rq, 200, e) || err_trace(e);
}

static bool reconcile(struct req *rq, struct err *e)
{
    return ask_in_turn(rq, reconcile_with, e) || err_trace(e);
}

static const struct route routes[] = {
    {HTTP_GET, "/api/sync/call/:sid", compare, NEEDS(EVENTS_READ)},
    {HTTP_POST, "/api/sync/call/:sid", reconcile, NEEDS(JOBS_RUN)},
};

const struct resource api_sync_call = {"sync_call", routes, LEN(routes)};
