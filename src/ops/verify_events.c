/*
 * The numbered tables: the feed, the inbox, and the log that stands between them. What is older
 * than the first event that is kept cannot be held against the feed, and is not.
 */
#include "ops/internal.h"

#include "base/arena.h"

// --- numbers are dense ---------------------------------------------------------------------------

/* The next number of a walk; 0 stands before the first. Numbers before `from` may be absent. */
static void go_to(struct verify_page *p, const char *where, int64_t seq, int64_t from)
{
    const int64_t wanted = p->after + 1 > from ? p->after + 1 : from;

    if (seq == wanted + 1)
        verify_report(p, "project %lld: event %lld is missing in the %s",
                      (long long)p->audit->project, (long long)wanted, where);
    else if (seq > wanted)
        verify_report(p, "project %lld: events %lld to %lld are missing in the %s",
                      (long long)p->audit->project, (long long)wanted, (long long)seq - 1, where);
    p->after = seq;
}

static void next_seq(struct verify_page *p, const char *where, int64_t seq, int64_t from)
{
    go_to(p, where, seq, from);
    p->n++;
}

/* After the last page: whether the walk came as far as the counter says. */
static void last_seq(struct verify_page *p, const char *where)
{
    if (p->n < VERIFY_PAGE && p->after != p->head.last_seq)
        verify_report(
            p, "project %lld: the last event of the %s is %lld, the counter stands at %lld",
            (long long)p->audit->project, where, (long long)p->after, (long long)p->head.last_seq);
}

bool verify_feed(struct verify_page *p, struct err *e)
{
    struct rows *rows;

    if (!verify_query(p, Q_VERIFY_FEED, &rows, e))
        return err_trace(e);
    while (rows_next(rows)) {
        const int64_t seq = rows_int(rows, "seq");
        next_seq(p, "feed", seq, p->after > 0 ? 0 : seq); // how much of it is kept is not written
    }
    if (!rows_end(rows, e))
        return err_trace(e);
    last_seq(p, "feed");
    p->audit->result.feed_events += p->n;
    return true;
}

// --- the inbox -----------------------------------------------------------------------------------

struct received {
    int64_t id, account_project;
    struct str call_sid, processing_status, error;
    bool unlogged;
};

/* What failed is either a dead letter or waits for its next attempt, and says why. */
static void check_failure(struct verify_page *p, const struct received *r)
{
    const bool dead = str_eq(r->processing_status, STR("dead_letter"));
    const bool waits = str_eq(r->processing_status, STR("failed"));

    if ((dead || waits) && str_is_empty(str_trim(r->error)))
        verify_report(p, "inbox row %lld %s without a reason", (long long)r->id,
                      dead ? "is a dead letter" : "has failed");
}

static void check_received(struct verify_page *p, const struct received *r)
{
    const struct str sid = verify_shown(r->call_sid);

    check_failure(p, r);
    if (r->unlogged)
        verify_report(p,
                      "inbox row %lld (call " STR_FMT ") is completed and left no line in the log",
                      (long long)r->id, STR_ARG(sid));
    verify_owner(p, str_fmt(p->a, "inbox row %lld", (long long)r->id), "an account",
                 r->account_project);
}

bool verify_inbox(struct verify_page *p, struct err *e)
{
    static const struct column columns[] = {
        {"id", COLUMN_INT, offsetof(struct received, id)},
        {"account_project", COLUMN_INT, offsetof(struct received, account_project)},
        {"call_sid", COLUMN_STR, offsetof(struct received, call_sid)},
        {"processing_status", COLUMN_STR, offsetof(struct received, processing_status)},
        {"error", COLUMN_STR, offsetof(struct received, error)},
        {"unlogged", COLUMN_BOOL, offsetof(struct received, unlogged)},
    };
    struct rows *rows;

    if (!verify_query(p, Q_VERIFY_INBOX, &rows, e))
        return err_trace(e);
    while (rows_next(rows)) {
        struct received r;
        rows_read(rows, columns, LEN(columns), &r);
        p->after = r.id;
        p->n++;
        if (p->audit->inbox_first == INT_NONE)
            p->audit->inbox_first = r.id;
        check_received(p, &r);
    }
    p->audit->result.inbox_rows += p->n;
    return rows_end(rows, e) || err_trace(e);
}

// --- the log and its neighbours ------------------------------------------------------------------

struct line {
    int64_t seq, inbox_id, inbox_project, call_id;
    struct str call_sid, event_type, event_status, inbox_status, feed_type, feed_sid;
    bool reverts, repeats;
};

static void check_feed_of(struct verify_page *p, const struct line *l)
{
    if (l->seq < p->head.first_seq || str_is_none(l->feed_type))
        return; // not kept any more, or missing in the feed: said there
    if (!str_eq(l->feed_type, l->event_type) || !str_eq(l->feed_sid, l->call_sid))
        verify_report(p,
                      "event %lld: the log says " STR_FMT " of call " STR_FMT ", the feed " STR_FMT
                      " of " STR_FMT,
                      (long long)l->seq, STR_ARG(l->event_type), STR_ARG(l->call_sid),
                      STR_ARG(l->feed_type), STR_ARG(l->feed_sid));
}

static void check_inbox_of(struct verify_page *p, const struct line *l)
{
    if (l->inbox_id == INT_NONE || str_eq(l->inbox_status, STR("completed")))
        return;
    if (!str_is_none(l->inbox_status))
        verify_report(p,
                      "call " STR_FMT ": event %lld comes from inbox row %lld, which is " STR_FMT
                      ", not completed",
                      STR_ARG(l->call_sid), (long long)l->seq, (long long)l->inbox_id,
                      STR_ARG(l->inbox_status));
    else if (p->audit->inbox_first != INT_NONE && l->inbox_id >= p->audit->inbox_first &&
             l->inbox_id >= p->floors.inbox_from)
        verify_report(
            p, "call " STR_FMT ": event %lld comes from inbox row %lld, which does not exist",
            STR_ARG(l->call_sid), (long long)l->seq, (long long)l->inbox_id);
}

/* Where the feed is not kept any more, a number that is missing may have been of no call. */
static void pass_gone(struct verify_page *p, int64_t before)
{
    const int64_t end = before < p->head.first_seq ? before : p->head.first_seq;
    const int64_t from = p->after + 1 > p->floors.log_from ? p->after + 1 : p->floors.log_from;

    if (from >= end)
        return;
    p->absent += end - from;
    p->after = end - 1;
}

/* Over the events before this number that are of no call. */
static bool pass_others(struct verify_page *p, int64_t before, struct err *e)
{
    pass_gone(p, before);
    if (before <= p->floors.log_from)
        return true;
    for (size_t n = VERIFY_PAGE; n == VERIFY_PAGE && p->after + 1 < before;) {
        struct rows *rows;
        if (!db_query(p->audit->db, Q_VERIFY_OTHERS,
                      BINDS(bind_int("project", p->audit->project), bind_int("after", p->after),
                            bind_int("before", before), bind_int("limit", VERIFY_PAGE)),
                      p->a, &rows, e))
            return err_trace(e);
        for (n = 0; rows_next(rows); n++)
            go_to(p, "log", rows_int(rows, "seq"), p->floors.log_from);
        if (!rows_end(rows, e))
            return err_trace(e);
    }
    return true;
}

/* Behind the last line. */
static bool pass_rest(struct verify_page *p, struct err *e)
{
    if (!pass_others(p, p->head.last_seq + 1, e))
        return err_trace(e);
    if (p->absent > p->floors.others_gone)
        verify_report(p,
                      "project %lld: %lld events before event %lld are missing in the log, and %lld"
                      " of them were of no call",
                      (long long)p->audit->project, (long long)p->absent,
                      (long long)p->head.first_seq, (long long)p->floors.others_gone);
    return true;
}

static void check_line(struct verify_page *p, const struct line *l)
{
    check_feed_of(p, l);
    check_inbox_of(p, l);
    verify_owner(p, str_fmt(p->a, "event %lld", (long long)l->seq), "an inbox row",
                 l->inbox_project);
    if (l->repeats)
        verify_report(p, "call " STR_FMT ": event %lld applies inbox row %lld a second time",
                      STR_ARG(l->call_sid), (long long)l->seq, (long long)l->inbox_id);
    if (l->call_id == INT_NONE)
        verify_report(p, "call " STR_FMT ": event %lld is in the log, the call has no snapshot",
                      STR_ARG(l->call_sid), (long long)l->seq);
    if (l->reverts)
        verify_report(p,
                      "call " STR_FMT ": event %lld applied " STR_FMT " after the call had ended",
                      STR_ARG(l->call_sid), (long long)l->seq, STR_ARG(l->event_status));
}

bool verify_log(struct verify_page *p, struct err *e)
{
    static const struct column columns[] = {
        {"seq", COLUMN_INT, offsetof(struct line, seq)},
        {"inbox_id", COLUMN_INT, offsetof(struct line, inbox_id)},
        {"inbox_project", COLUMN_INT, offsetof(struct line, inbox_project)},
        {"call_id", COLUMN_INT, offsetof(struct line, call_id)},
        {"call_sid", COLUMN_STR, offsetof(struct line, call_sid)},
        {"event_type", COLUMN_STR, offsetof(struct line, event_type)},
        {"event_status", COLUMN_STR, offsetof(struct line, event_status)},
        {"inbox_status", COLUMN_STR, offsetof(struct line, inbox_status)},
        {"feed_type", COLUMN_STR, offsetof(struct line, feed_type)},
        {"feed_sid", COLUMN_STR, offsetof(struct line, feed_sid)},
        {"reverts", COLUMN_BOOL, offsetof(struct line, reverts)},
        {"repeats", COLUMN_BOOL, offsetof(struct line, repeats)},
    };
    static const struct row_shape shape = ROW_SHAPE(struct line, columns);
    struct rows *rows;
    size_t n;

    if (!verify_query(p, Q_VERIFY_LOG, &rows, e))
        return err_trace(e);
    const struct line *lines = rows_list(rows, &shape, VERIFY_PAGE, p->a, &n, e);
    if (!lines)
        return err_trace(e);
    for (size_t i = 0; i < n; i++) {
        if (!pass_others(p, lines[i].seq, e))
            return err_trace(e);
        next_seq(p, "log", lines[i].seq, p->floors.log_from);
        check_line(p, &lines[i]);
    }
    if (p->n < VERIFY_PAGE && !pass_rest(p, e))
        return err_trace(e);
    last_seq(p, "log");
    p->audit->result.log_lines += p->n;
    return true;
}
