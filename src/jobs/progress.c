/* What is told live of the jobs of several projects: the run of each that is under way, or its
 * last. */
#include "jobs/run.h"

#include "base/arena.h"
#include "base/buf.h"

void job_run_write(struct json_writer *w, const struct job_run *r)
{
    json_open_object(w);
    json_member_id(w, STR("id"), r->id);
    json_member_str(w, STR("job"), r->job);
    json_member_str(w, STR("state"), r->state);
    json_member_str(w, STR("asked_through"), r->through);
    json_member_str(w, STR("asked_by"), r->by);
    json_member_time(w, STR("asked_at"), r->asked_at);
    json_member_time(w, STR("started_at"), r->started_at);
    json_member_time(w, STR("ended_at"), r->ended_at);
    json_member_int(w, STR("done"), r->done);
    json_member_int(w, STR("total"), r->total);
    json_member_raw(w, STR("counts"), r->counts);
    json_member_str(w, STR("error"), r->error);
    json_close_object(w);
}

static struct str runs_of(const struct job_latest *rows, size_t n, int64_t project, struct arena *a)
{
    struct json_writer w;
    struct buf b;

    buf_init(&b, SIZE_MAX);
    json_init(&w, &b);
    json_open_array(&w);
    for (size_t i = 0; i < n; i++)
        if (rows[i].project == project)
            job_run_write(&w, &rows[i].run);
    json_close_array(&w);
    const struct str json = str_dup(buf_view(&b), a);
    buf_finish(&b);
    return json;
}

bool job_progress(struct db *db, const int64_t *projects, size_t n, struct arena *a,
                  struct str *ret_runs, struct err *e)
{
    struct job_latest *rows;
    size_t n_rows;

    if (!job_latest_runs(db, projects, n, a, &rows, &n_rows, e))
        return err_trace(e);
    for (size_t i = 0; i < n; i++)
        ret_runs[i] = runs_of(rows, n_rows, projects[i], a);
    return true;
}
