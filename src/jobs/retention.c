/*
 * What is kept no longer: received webhooks that were processed, events of the feed, and calls that
 * are over, each for as many days as the project may and wants to keep them. A call goes whole, as
 * a snapshot is the fold of its log; nobody who sets no limit loses one. A reader of the feed who
 * comes too late is told so (resync).
 */
#include "base/arena.h"

#include "base/json.h"
#include "calls/expire.h"
#include "feed/feed.h"
#include "inbox/read.h"
#include "jobs/job.h"
#include "jobs/world.h"
#include "store/store.h"

enum { WINDOW = 1000, CALLS = 200, COUNTED_MAX = 100000 };

#define BEHIND HOURS(1)

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

/* Where it stands: in which stage, and in that one. */
struct place {
    int64_t stage, after;
    usec_t time; /* of calls, which go in the order in which they began */
    bool stage_is_done;
};

static bool read_place(struct job_step *s, struct place *ret, struct err *e)
{
    struct json_object *cursor;

    if (!json_parse(s->cursor, s->a, &cursor, e))
        return err_trace(e);
    *ret = (struct place){0};
    (void)json_get_int(cursor, "stage", &ret->stage); // absent, all of them: from the beginning
    (void)json_get_int(cursor, "after", &ret->after);
    (void)json_get_int(cursor, "time", &ret->time);
    return true;
}

static int64_t fewer(int64_t x, int64_t y)
{
    return x < y ? x : y;
}

/* Who does not say how long keeps them. */
static int64_t call_days(const struct quotas *q)
{
    const int64_t days = q->of[QUOTA_CALL_DAYS];

    if (days <= 0)
        return QUOTA_DAYS_FOREVER;
    return fewer(days > QUOTA_CALL_DAYS_LEAST ? days : QUOTA_CALL_DAYS_LEAST, QUOTA_DAYS_FOREVER);
}

/* Nothing of a call is kept longer than calls are. */
static int64_t days_of(const struct quotas *q, enum quota what)
{
    return what == QUOTA_CALL_DAYS ? call_days(q) : fewer(q->of[what], call_days(q));
}

static usec_t limit_of(const struct job_step *s, const struct quotas *q, enum quota what)
{
    return s->now - days_of(q, what) * HOURS(24);
}

static void count(struct job_step *s, struct str what, int64_t n)
{
    job_step_count(s, STR("deleted"), n);
    job_step_count(s, what, n);
}

/* Whether what comes behind it is young, or nothing does. */
static bool is_last(const struct window *w)
{
    return w->n < WINDOW || w->young > 0;
}

/* Those that a log line refers to may be gone from here on: said before they go. */
static bool delete_within(struct job_step *s, const struct place *p, const struct window *w,
                          usec_t before, int64_t *ret_n, struct err *e)
{
    const struct bind project = bind_int("project", s->project);

    return (db_exec(s->db, Q_INBOX_FLOOR, BINDS(project, bind_int("from", w->upto + 1)), NULL, e) &&
            db_exec(s->db, Q_INBOX_EXPIRE,
                    BINDS(project, bind_int("after", p->after), bind_int("upto", w->upto),
                          bind_time("before", before)),
                    ret_n, e)) ||
           err_trace(e);
}

static bool delete_inbox(struct job_step *s, const struct place *p, const struct window *w,
                         usec_t before, struct err *e)
{
    int64_t n;

    if (!db_begin(s->db, e) || !db_end(s->db, delete_within(s, p, w, before, &n, e), e))
        return err_trace(e);
    count(s, STR("deleted_webhooks"), n);
    s->n_done += n;
    return true;
}

static bool trim_inbox(struct job_step *s, struct place *p, const struct quotas *q, struct err *e)
{
    const usec_t before = limit_of(s, q, QUOTA_INBOX_DAYS);
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
    p->stage_is_done = is_last(&w);
    p->after = w.last;
    return true;
}

static bool delete_feed(struct job_step *s, int64_t upto, int64_t *ret_n, struct err *e)
{
    const struct binds gone = BINDS(bind_int("project", s->project), bind_int("upto", upto));

    return (db_exec(s->db, Q_FEED_EXPIRE_OTHERS, gone, NULL, e) &&
            db_exec(s->db, Q_FEED_EXPIRE, gone, ret_n, e)) ||
           err_trace(e);
}

static bool trim_feed(struct job_step *s, struct place *p, const struct quotas *q, struct err *e)
{
    const usec_t before = limit_of(s, q, QUOTA_FEED_DAYS);
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
        (!db_begin(s->db, e) || !db_end(s->db, delete_feed(s, w.upto, &n, e), e)))
        return err_trace(e);
    count(s, STR("deleted_events"), n);
    s->n_done += n;
    p->stage_is_done = is_last(&w);
    p->after = w.last;
    return true;
}

/* What waits, or is kept back by a flag, may be of any call. */
static bool is_behind(struct job_step *s, bool *ret, struct err *e)
{
    struct inbox_backlog b;

    if (!inbox_backlog(s->db, s->project, &b, e))
        return err_trace(e);
    *ret = b.held > 0 || (b.oldest != TIME_NONE && b.oldest < s->now - BEHIND);
    return true;
}

static bool trim_calls(struct job_step *s, struct place *p, const struct quotas *q, struct err *e)
{
    const struct call_expiry x = {
        .project = s->project,
        .now = s->now,
        .before = limit_of(s, q, QUOTA_CALL_DAYS),
        .after_time = p->time,
        .after_id = p->after,
        .limit = CALLS,
    };
    struct call_expired gone;
    bool behind;

    p->stage_is_done = call_days(q) == QUOTA_DAYS_FOREVER;
    if (p->stage_is_done)
        return true;
    if (!is_behind(s, &behind, e))
        return err_trace(e);
    p->stage_is_done = behind;
    if (behind)
        return true;
    if (!call_expire(s->db, &x, s->a, &gone, e))
        return err_trace(e);
    count(s, STR("deleted_calls"), gone.calls);
    count(s, STR("deleted_lines"), gone.lines);
    count(s, STR("deleted_conversations"), gone.conversations);
    s->n_done += gone.calls; // their lines are not counted before
    p->stage_is_done = gone.n_seen < CALLS;
    p->time = gone.last_time;
    p->after = gone.last_id;
    return true;
}

/* Calls go last: not before what is kept of them elsewhere. */
static bool (*const stages[])(struct job_step *s, struct place *p, const struct quotas *q,
                              struct err *e) = {trim_inbox, trim_feed, trim_calls};

// --- how much there is ---------------------------------------------------------------------------

struct numbered {
    int64_t n;
    usec_t at;
};

/* The last of the numbers from `after` to `last` that is old, by a search that halves them: rows
 * have come in the order of their numbers, or nearly so. */
static bool last_old(struct job_step *s, enum query q, struct numbered from, int64_t last,
                     int64_t *ret, struct err *e)
{
    static const struct column columns[] = {
        {"n", COLUMN_INT, offsetof(struct numbered, n)},
        {"at", COLUMN_TIME, offsetof(struct numbered, at)},
    };
    int64_t old = from.n;

    while (old < last) {
        const int64_t middle = old + (last - old) / 2;
        struct numbered row;
        bool found;

        if (!db_query_one(s->db, q,
                          BINDS(bind_int("project", s->project), bind_int("after", middle)),
                          columns, LEN(columns), s->a, &row, &found, e))
            return err_trace(e);
        if (found && row.n <= last && row.at < from.at)
            old = row.n;
        else
            last = middle;
    }
    *ret = old;
    return true;
}

static bool count_inbox(struct job_step *s, const struct place *p, const struct quotas *q,
                        int64_t *ret, struct err *e)
{
    const struct numbered from = {p->after, limit_of(s, q, QUOTA_INBOX_DAYS)};
    int64_t last, upto;

    if (!db_count(s->db, Q_INBOX_EXPIRE_LAST, BINDS(bind_int("project", s->project)), s->a, &last,
                  e) ||
        !last_old(s, Q_INBOX_EXPIRE_PLACE, from, last, &upto, e))
        return err_trace(e);
    return db_count(s->db, Q_INBOX_EXPIRE_COUNT,
                    BINDS(bind_int("project", s->project), bind_int("after", from.n),
                          bind_int("upto", upto), bind_int("limit", COUNTED_MAX)),
                    s->a, ret, e) ||
           err_trace(e);
}

/* Its numbers are dense; the last event stays. */
static bool count_feed(struct job_step *s, const struct place *p, const struct quotas *q,
                       int64_t *ret, struct err *e)
{
    struct numbered from = {p->after, limit_of(s, q, QUOTA_FEED_DAYS)};
    struct feed_head head;
    int64_t upto;

    if (!feed_head(s->db, s->project, s->a, &head, e))
        return err_trace(e);
    if (from.n < head.first_seq - 1)
        from.n = head.first_seq - 1;
    if (!last_old(s, Q_FEED_EXPIRE_PLACE, from, head.last_seq - 1, &upto, e))
        return err_trace(e);
    *ret = upto - from.n;
    return true;
}

static bool count_calls(struct job_step *s, const struct place *p, const struct quotas *q,
                        int64_t *ret, struct err *e)
{
    bool behind;

    *ret = 0;
    if (call_days(q) == QUOTA_DAYS_FOREVER)
        return true;
    if (!is_behind(s, &behind, e))
        return err_trace(e);
    if (behind)
        return true;
    return db_count(s->db, Q_CALL_EXPIRE_COUNT,
                    BINDS(bind_int("project", s->project), bind_time("after_time", p->time),
                          bind_int("after_id", p->after),
                          bind_time("before", limit_of(s, q, QUOTA_CALL_DAYS)),
                          bind_int("limit", COUNTED_MAX)),
                    s->a, ret, e) ||
           err_trace(e);
}

static bool (*const counts[])(struct job_step *s, const struct place *p, const struct quotas *q,
                              int64_t *ret, struct err *e) = {count_inbox, count_feed, count_calls};
static_assert(LEN(counts) == LEN(stages), "every stage is counted");

/* Once for a run, from where it stands: one that goes on behind a failure has the rest before it.
 */
static bool count_all(struct job_step *s, const struct place *p, const struct quotas *q,
                      struct err *e)
{
    s->n_total = s->n_done;
    for (size_t i = (size_t)p->stage; i < LEN(counts); i++) {
        const struct place begin = {.stage = (int64_t)i};
        int64_t n;

        if (!counts[i](s, i == (size_t)p->stage ? p : &begin, q, &n, e))
            return err_trace(e);
        s->n_total += n;
    }
    return true;
}

/* What was kept back after all, or came due meanwhile, is seen only then. */
static void note_progress(struct job_step *s)
{
    if (s->done || s->n_done > s->n_total)
        s->n_total = s->n_done;
}

// --- a step --------------------------------------------------------------------------------------

static bool trim(struct job_step *s, struct err *e)
{
    const struct job_world *world = s->arg;
    struct quota_wishes wishes;
    struct place p;

    if (!read_place(s, &p, e) || !quota_wishes(s->db, s->project, s->a, &wishes, e))
        return err_trace(e);
    if (p.stage < 0 || p.stage >= (int64_t)LEN(stages))
        return err_set(e, ERR_INTERNAL, "there is no stage %lld", (long long)p.stage);
    const struct quotas q = quotas_in_force(&world->quotas, &wishes);
    if ((s->n_total == 0 && !count_all(s, &p, &q, e)) || !stages[p.stage](s, &p, &q, e))
        return err_trace(e);
    if (p.stage_is_done)
        p = (struct place){.stage = p.stage + 1};
    s->done = p.stage == (int64_t)LEN(stages);
    note_progress(s);
    s->next_cursor = str_fmt(s->a, "{\"stage\": %lld, \"after\": %lld, \"time\": %lld}",
                             (long long)p.stage, (long long)p.after, (long long)p.time);
    return true;
}

const struct job job_retention = {
    .name = "retention",
    .schedule = JOB_DAILY(3, 0, HOURS(1)),
    .is_offered = true,
    .minds_clock = true,
    .step = trim,
};
