/*
 * What a conversation says of its calls is kept with each change of them, and so is how many the
 * list has. Here it is held against the calls and the list, and counted anew where it differs:
 * never, if nothing is wrong with us or with whoever writes to the database by other ways.
 */
#include "base/arena.h"

#include "base/json.h"
#include "calls/verify.h"
#include "jobs/job.h"
#include "store/store.h"

enum { PAGE = 200 };

struct held {
    int64_t id;
    bool wrong;
};

static bool count_anew(struct job_step *s, const struct held *page, size_t n, struct err *e)
{
    int64_t *projects = arena_new(s->a, int64_t, n), *ids = arena_new(s->a, int64_t, n);
    size_t n_wrong = 0;

    for (size_t i = 0; i < n; i++)
        if (page[i].wrong) {
            projects[n_wrong] = s->project;
            ids[n_wrong++] = page[i].id;
        }
    job_step_count(s, STR("recounted"), (int64_t)n_wrong);
    return n_wrong == 0 ||
           db_exec(s->db, Q_CONVERSATION_REFRESH,
                   BINDS(bind_ints("project", projects, n_wrong), bind_ints("id", ids, n_wrong),
                         bind_time("now", s->now)),
                   NULL, e) ||
           err_trace(e);
}

/* Whoever numbers events waits meanwhile. */
static bool count_list_anew(struct job_step *s, struct err *e)
{
    const struct binds project = BINDS(bind_int("project", s->project));
    struct rows *held;

    if (!db_begin(s->db, e) ||
        !db_end(s->db,
                db_query(s->db, Q_CONVERSATION_COUNT_HOLD, project, s->a, &held, e) &&
                    db_exec(s->db, Q_CONVERSATION_COUNT_ANEW, project, NULL, e),
                e))
        return err_trace(e);
    job_step_count(s, STR("recounted"), 1);
    return true;
}

/* Behind the last page: it is one count, however many pages there were. */
static bool hold_list(struct job_step *s, struct err *e)
{
    struct conversation_count is;

    if (!conversation_count_held(s->db, s->project, s->a, &is, e))
        return err_trace(e);
    return is.told == is.counted || count_list_anew(s, e) || err_trace(e);
}

/* Once for a run; one that goes on behind a failure leaves out what was seen before it. */
static bool count_all(struct job_step *s, int64_t seen, struct err *e)
{
    int64_t all;

    if (!db_count(s->db, Q_CONVERSATION_TOTAL, BINDS(bind_int("project", s->project)), s->a, &all,
                  e))
        return err_trace(e);
    s->n_total = s->n_done + all - seen;
    return true;
}

static bool rebuild(struct job_step *s, struct err *e)
{
    static const struct column columns[] = {
        {"id", COLUMN_INT, offsetof(struct held, id)},
        {"wrong", COLUMN_BOOL, offsetof(struct held, wrong)},
    };
    static const struct row_shape shape = ROW_SHAPE(struct held, columns);
    struct json_object *cursor;
    struct rows *rows;
    int64_t after = 0, seen = 0;
    size_t n;

    if (!json_parse(s->cursor, s->a, &cursor, e))
        return err_trace(e);
    (void)json_get_int(cursor, "after", &after); // absent, both of them: from the beginning
    (void)json_get_int(cursor, "seen", &seen);
    if (s->n_total == 0 && !count_all(s, seen, e))
        return err_trace(e);
    if (!db_query(s->db, Q_CONVERSATION_HELD,
                  BINDS(bind_int("project", s->project), bind_int("after", after),
                        bind_int("limit", PAGE)),
                  s->a, &rows, e))
        return err_trace(e);
    const struct held *page = rows_list(rows, &shape, PAGE, s->a, &n, e);
    if (!page || !count_anew(s, page, n, e))
        return err_trace(e);
    s->n_done += (int64_t)n;
    if (s->n_done > s->n_total) // conversations began meanwhile
        s->n_total = s->n_done;
    s->done = n < PAGE;
    if (s->done && !hold_list(s, e))
        return err_trace(e);
    if (n > 0)
        s->next_cursor = str_fmt(s->a, "{\"after\": %lld, \"seen\": %lld}",
                                 (long long)page[n - 1].id, (long long)seen + (long long)n);
    return true;
}

const struct job job_rebuild = {
    .name = "rebuild",
    .schedule = JOB_DAILY(5, 0, HOURS(1)),
    .is_offered = true,
    .step = rebuild,
};
