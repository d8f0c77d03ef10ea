#include "jobs/run.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"

enum { STATES_MAX = 64, RUNS_MAX = 100, COUNTS_MAX = 4096 };

#define KNOWN_EVERYWHERE SECONDS(5) /* nodes look once a second */

static const struct column id_columns[] = {{"id", COLUMN_INT, 0}};

static bool under_way(struct db *db, int64_t project, struct str job, struct arena *a,
                      int64_t *ret_run, struct err *e)
{
    static const struct column columns[] = {{"run_id", COLUMN_INT, 0}};
    bool found;

    *ret_run = INT_NONE;
    return db_query_one(db, Q_JOB_UNDER_WAY,
                        BINDS(bind_int("project", project), bind_str("job", job)), columns,
                        LEN(columns), a, ret_run, &found, e) ||
           err_trace(e);
}

static bool refuse_second(const struct job *job, int64_t run, struct err *e)
{
    err_set(e, ERR_CONFLICT, "%s is under way already: run %lld", job->name, (long long)run);
    return err_fix(e, "wait for its end, then ask again");
}

bool job_ask(struct db *db, int64_t project, const struct job *job, const struct job_asker *asker,
             int64_t *ret_run, struct err *e)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const struct str name = str_from(job->name);
    int64_t run;
    bool made;

    if (!db_exec(db, Q_JOB_KNOW,
                 BINDS(bind_int("project", project), bind_str("job", name),
                       bind_time("now", asker->now)),
                 NULL, e) ||
        !under_way(db, project, name, a, &run, e))
        return err_trace(e);
    if (run != INT_NONE)
        return refuse_second(job, run, e);
    if (!db_query_one(db, Q_JOB_RUN_ADD,
                      BINDS(bind_int("project", project), bind_str("job", name),
                            bind_str("state", STR("waiting")), bind_str("through", asker->through),
                            bind_str("by", asker->by), bind_time("now", asker->now),
                            bind_time("started_at", TIME_NONE)),
                      id_columns, LEN(id_columns), a, &run, &made, e) ||
        !db_exec(db, Q_JOB_ASK,
                 BINDS(bind_int("project", project), bind_str("job", name), bind_int("run", run),
                       bind_time("now", asker->now)),
                 NULL, e))
        return err_trace(e);
    *ret_run = run;
    return true;
}

struct str job_counts_json(const struct job_count *counts, size_t n, struct arena *a)
{
    struct json_writer w;
    struct buf b;

    buf_init(&b, COUNTS_MAX);
    json_init(&w, &b);
    json_open_object(&w);
    for (size_t i = 0; i < n; i++)
        json_member_int(&w, counts[i].name, counts[i].n);
    json_close_object(&w);
    const struct str json = buf_ok(&b) ? str_dup(buf_view(&b), a) : STR("{}");
    buf_finish(&b);
    return json;
}

bool job_run_note(struct db *db, int64_t project, const struct job_asker *asker,
                  const struct job_done *what, struct err *e)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    int64_t run;
    bool made;

    return (db_query_one(db, Q_JOB_RUN_ADD,
                         BINDS(bind_int("project", project),
                               bind_str("job", str_from(what->job->name)),
                               bind_str("state", STR("running")),
                               bind_str("through", asker->through), bind_str("by", asker->by),
                               bind_time("now", asker->now), bind_time("started_at", what->began)),
                         id_columns, LEN(id_columns), a, &run, &made, e) &&
            db_exec(db, Q_JOB_RUN_KEEP,
                    BINDS(bind_int("project", project), bind_int("id", run),
                          bind_int("done", what->done), bind_int("total", what->done),
                          bind_str("counts", job_counts_json(what->counts, what->n_counts, a))),
                    NULL, e) &&
            db_exec(db, Q_JOB_RUN_END,
                    BINDS(bind_int("project", project), bind_int("id", run),
                          bind_str("error", STR_NONE), bind_time("now", asker->now)),
                    NULL, e)) ||
           err_trace(e);
}

#define RUN_COLUMNS(type, run)                                                                     \
    {"id", COLUMN_INT, offsetof(type, run id)}, {"job_name", COLUMN_STR, offsetof(type, run job)}, \
        {"state", COLUMN_STR, offsetof(type, run state)},                                          \
        {"asked_through", COLUMN_STR, offsetof(type, run through)},                                \
        {"asked_by", COLUMN_STR, offsetof(type, run by)},                                          \
        {"asked_at", COLUMN_TIME, offsetof(type, run asked_at)},                                   \
        {"started_at", COLUMN_TIME, offsetof(type, run started_at)},                               \
        {"ended_at", COLUMN_TIME, offsetof(type, run ended_at)},                                   \
        {"done", COLUMN_INT, offsetof(type, run done)},                                            \
        {"total", COLUMN_INT, offsetof(type, run total)},                                          \
        {"counts", COLUMN_STR, offsetof(type, run counts)},                                        \
    {                                                                                              \
        "error", COLUMN_STR, offsetof(type, run error)                                             \
    }

static const struct column state_columns[] = {
    {"job_name", COLUMN_STR, offsetof(struct job_state, name)},
    {"next_run_at", COLUMN_TIME, offsetof(struct job_state, next_run_at)},
    {"updated_at", COLUMN_TIME, offsetof(struct job_state, touched_at)},
    {"last_success_at", COLUMN_TIME, offsetof(struct job_state, last_success_at)},
    {"last_error_at", COLUMN_TIME, offsetof(struct job_state, last_error_at)},
    {"last_error", COLUMN_STR, offsetof(struct job_state, last_error)},
    {"refused_at", COLUMN_TIME, offsetof(struct job_state, refused_at)},
    {"failures", COLUMN_INT, offsetof(struct job_state, failures)},
    {"run_id", COLUMN_INT, offsetof(struct job_state, run)},
    RUN_COLUMNS(struct job_state, latest.),
};
static const struct row_shape state_shape = ROW_SHAPE(struct job_state, state_columns);

static const struct column latest_columns[] = {
    {"project_id", COLUMN_INT, offsetof(struct job_latest, project)},
    RUN_COLUMNS(struct job_latest, run.),
};
static const struct row_shape latest_shape = ROW_SHAPE(struct job_latest, latest_columns);

static const struct column run_columns[] = {RUN_COLUMNS(struct job_run, )};
static const struct row_shape run_shape = ROW_SHAPE(struct job_run, run_columns);

bool job_states(struct db *db, int64_t project, struct arena *a, struct job_state **ret,
                size_t *ret_n, struct err *e)
{
    struct rows *rows;

    if (!db_query(db, Q_JOB_STATES, BINDS(bind_int("project", project)), a, &rows, e))
        return err_trace(e);
    *ret = rows_list(rows, &state_shape, STATES_MAX, a, ret_n, e);
    return *ret || err_trace(e);
}

bool job_latest_runs(struct db *db, const int64_t *projects, size_t n, struct arena *a,
                     struct job_latest **ret, size_t *ret_n, struct err *e)
{
    struct rows *rows;

    if (!db_query(db, Q_JOB_LATEST, BINDS(bind_ints("project", projects, n)), a, &rows, e))
        return err_trace(e);
    *ret = rows_list(rows, &latest_shape, n * STATES_MAX, a, ret_n, e);
    return *ret || err_trace(e);
}

bool job_runs(struct db *db, int64_t project, const struct job_runs_wanted *want, struct arena *a,
              struct job_run **ret, size_t *ret_n, struct err *e)
{
    struct rows *rows;

    if (!db_query(db, Q_JOB_RUN_LIST,
                  BINDS(bind_int("project", project), bind_str("job", want->job),
                        bind_int("before", want->before), bind_int("limit", want->limit)),
                  a, &rows, e))
        return err_trace(e);
    *ret = rows_list(rows, &run_shape, RUNS_MAX, a, ret_n, e);
    return *ret || err_trace(e);
}

bool job_run_find(struct db *db, int64_t project, int64_t id, struct arena *a, struct job_run *ret,
                  bool *ret_found, struct err *e)
{
    return db_query_one(db, Q_JOB_RUN_SHOW, BINDS(bind_int("project", project), bind_int("id", id)),
                        run_columns, LEN(run_columns), a, ret, ret_found, e) ||
           err_trace(e);
}

usec_t job_state_late(const struct job_state *s, usec_t now)
{
    const usec_t since = s->touched_at > s->next_run_at ? s->touched_at : s->next_run_at;

    return s->next_run_at == TIME_NONE || since >= now ? 0 : now - since;
}

bool job_state_is_refused(const struct job_state *s)
{
    return s->failures > 0 && s->refused_at != TIME_NONE && s->refused_at == s->last_error_at &&
           s->next_run_at != TIME_NONE;
}

bool job_mended(struct db *db, int64_t project, usec_t now, struct err *e)
{
    return db_exec(db, Q_JOB_MENDED,
                   BINDS(bind_int("project", project), bind_time("next", now + KNOWN_EVERYWHERE)),
                   NULL, e) ||
           err_trace(e);
}
