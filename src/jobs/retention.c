/*
 * What is kept no longer: received webhooks that were processed, and events of the feed, each for
 * as many days as the project may and wants to keep them. Calls, contacts and the log of calls are
 * kept: a snapshot is the fold of its log. A reader of the feed who comes too late is told so
 * (resync).
 */
#include "base/arena.h"

#include "base/json.h"
#include "jobs/job.h"
#include "jobs/world.h"
#include "store/store.h"

enum { WINDOW = 1000 };

struct window {
    int64_t last, n, young;
    int64_t upto; /* what is old ends here; INT_NONE: nothing is */
};

static const struct column window_columns[] = {
    {"last", COLUMN_INT, offsetof(struct window, last)},
    {"upto", COLUMN_INT, offsetof(struct window, upto)},
    {"n", COLUMN_INT, offsetof(struct window, n)},
    {"young", COLUMN_INT, offsetof(struct window, young)},
};

struct place {
    int64_t after; /* in the inbox, then in the feed */
    bool inbox_is_done;
};

static bool read_place(struct job_step *s, struct place *ret, struct err *e)
{
    struct json_object *cursor;

    if (!json_parse(s->cursor, s->a, &cursor, e))
        return err_trace(e);
    *ret = (struct place){0};
    (void)json_get_int(cursor, "after", &ret->after);                  // absent: from the beginning
    (void)json_get_bool(cursor, "inbox_is_done", &ret->inbox_is_done); // absent: it is not
    return true;
}

/* Whether what comes behind it is young, or nothing does. */
static bool is_last(const struct window *w)
{
    return w->n < WINDOW || w->young > 0;
}

static usec_t limit_of(const struct job_step *s, const struct quotas *q, enum quota days)
{
    return s->now - q->of[days] * HOURS(24);
}

/* Those that a log line refers to may be gone from here on: said before they go. */
static bool delete_inbox(struct job_step *s, const struct place *p, const struct window *w,
                         usec_t before, struct err *e)
{
    int64_t n;

    if (!db_begin(s->db, e))
        return err_trace(e);
    if (!db_exec(s->db, Q_INBOX_FLOOR,
                 BINDS(bind_int("project", s->project), bind_int("from", w->upto + 1)), NULL, e) ||
        !db_exec(s->db, Q_INBOX_EXPIRE,
                 BINDS(bind_int("project", s->project), bind_int("after", p->after),
                       bind_int("upto", w->upto), bind_time("before", before)),
                 &n, e) ||
        !db_commit(s->db, e)) {
        db_rollback(s->db);
        return err_trace(e);
    }
    job_step_count(s, STR("deleted"), n);
    job_step_count(s, STR("deleted_webhooks"), n);
    s->n_done += n;
    return true;
}

static bool trim_inbox(struct job_step *s, struct place *p, usec_t before, struct err *e)
{
    struct window w;
    bool found;

    if (!db_query_one(s->db, Q_INBOX_WINDOW,
                      BINDS(bind_int("project", s->project), bind_int("after", p->after),
                            bind_time("before", before), bind_time("now", s->now),
                            bind_int("limit", WINDOW)),
                      window_columns, LEN(window_columns), s->a, &w, &found, e))
        return err_trace(e);
    if (w.upto != INT_NONE && !delete_inbox(s, p, &w, before, e))
        return err_trace(e);
    p->inbox_is_done = is_last(&w);
    p->after = p->inbox_is_done ? 0 : w.last;
    return true;
}

static bool trim_feed(struct job_step *s, struct place *p, usec_t before, struct err *e)
{
    struct window w;
    int64_t n = 0;
    bool found;

    if (!db_query_one(s->db, Q_FEED_WINDOW,
                      BINDS(bind_int("project", s->project), bind_int("after", p->after),
                            bind_time("before", before), bind_time("now", s->now),
                            bind_int("limit", WINDOW)),
                      window_columns, LEN(window_columns), s->a, &w, &found, e))
        return err_trace(e);
    if (w.upto != INT_NONE &&
        !db_exec(s->db, Q_FEED_EXPIRE,
                 BINDS(bind_int("project", s->project), bind_int("upto", w.upto)), &n, e))
        return err_trace(e);
    job_step_count(s, STR("deleted"), n);
    job_step_count(s, STR("deleted_events"), n);
    s->n_done += n;
    s->done = is_last(&w);
    p->after = s->done ? p->after : w.last;
    return true;
}

static bool trim(struct job_step *s, struct err *e)
{
    const struct job_world *world = s->arg;
    struct quota_wishes wishes;
    struct place p;

    if (!read_place(s, &p, e) || !quota_wishes(s->db, s->project, s->a, &wishes, e))
        return err_trace(e);
    const struct quotas q = quotas_in_force(&world->quotas, &wishes);
    if (!(p.inbox_is_done ? trim_feed(s, &p, limit_of(s, &q, QUOTA_FEED_DAYS), e)
                          : trim_inbox(s, &p, limit_of(s, &q, QUOTA_INBOX_DAYS), e)))
        return err_trace(e);
    s->next_cursor = str_fmt(s->a, "{\"after\": %lld, \"inbox_is_done\": %s}", (long long)p.after,
                             p.inbox_is_done ? "true" : "false");
    return true;
}

const struct job job_retention = {
    .name = "retention",
    .schedule = JOB_DAILY(3, 0, HOURS(1)),
    .is_offered = true,
    .step = trim,
};
