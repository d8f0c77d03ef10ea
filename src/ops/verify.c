/*
 * An audit is a list of walks. Each walks one table of a project in the order of its key, a page at
 * a time; a page is one transaction, so that on a reading connection it is one view of the store
 * and may run beside a server that writes. Memory is a page, however large the history.
 *
 * What is older than the first event that is kept cannot be held against the feed, and is not.
 */
#include "ops/verify.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/arena.h"
#include "calls/verify.h"
#include "feed/feed.h"

enum { PAGE = 500, TEXT_SHOWN = 80 };

struct audit {
    struct db *db;
    void (*on_finding)(struct str what, void *arg);
    void *arg;
    int64_t project;
    int64_t inbox_first; /* oldest row that is kept; INT_NONE: none seen */
    struct verify_result result;
};

/* A page of a walk. */
struct page {
    struct audit *audit;
    struct arena *a;
    int64_t after; /* the last key of the page before; becomes that of this one */
    int64_t n;     /* rows that were read */
    struct feed_head head;
};

typedef bool walk_fn(struct page *p, struct err *e);

PRINTF_LIKE(2, 3) static void report(struct page *p, const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    const int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    p->audit->result.findings++;
    p->audit->on_finding(str_sub((struct str){text, sizeof text - 1}, 0, (size_t)n), p->audit->arg);
}

/* As it is said in a finding: nothing, or not too much of it. */
static struct str shown(struct str s)
{
    return str_is_none(s) ? STR("nothing") : str_sub(s, 0, TEXT_SHOWN);
}

static bool query(struct page *p, enum query q, struct rows **ret, struct err *e)
{
    return db_query(p->audit->db, q,
                    BINDS(bind_int("project", p->audit->project), bind_int("after", p->after),
                          bind_int("limit", PAGE)),
                    p->a, ret, e) ||
           err_trace(e);
}

// --- snapshots are the fold of the log -----------------------------------------------------------

static bool walk_calls(struct page *p, struct err *e)
{
    const struct call_reader reader = {p->audit->db, p->audit->project};
    struct call_verification v;

    if (!call_verify(&reader, p->after, PAGE, p->a, &v, e))
        return err_trace(e);
    for (size_t i = 0; i < v.n_differences; i++) {
        const struct call_difference *d = &v.differences[i];
        const struct str stored = shown(d->stored), folded = shown(d->folded);
        if (str_eq(d->column, STR("log")))
            report(p, "call " STR_FMT ": its log cannot be folded: " STR_FMT, STR_ARG(d->call_sid),
                   STR_ARG(folded));
        else
            report(p, "call " STR_FMT ": " STR_FMT " is " STR_FMT ", its log says " STR_FMT,
                   STR_ARG(d->call_sid), STR_ARG(d->column), STR_ARG(stored), STR_ARG(folded));
    }
    p->after = v.last_id;
    p->n = v.n_checked;
    p->audit->result.calls += v.n_checked;
    return true;
}

// --- numbers are dense ---------------------------------------------------------------------------

/* The next number of a walk; 0 stands before the first, which may be any. */
static void next_seq(struct page *p, const char *where, int64_t seq)
{
    if (p->after > 0 && seq == p->after + 2)
        report(p, "project %lld: event %lld is missing in the %s", (long long)p->audit->project,
               (long long)p->after + 1, where);
    else if (p->after > 0 && seq > p->after + 1)
        report(p, "project %lld: events %lld to %lld are missing in the %s",
               (long long)p->audit->project, (long long)p->after + 1, (long long)seq - 1, where);
    p->after = seq;
    p->n++;
}

/* After the last page: whether the walk came as far as the counter says. */
static void last_seq(struct page *p, const char *where)
{
    if (p->n < PAGE && p->after != p->head.last_seq)
        report(p, "project %lld: the last event of the %s is %lld, the counter stands at %lld",
               (long long)p->audit->project, where, (long long)p->after,
               (long long)p->head.last_seq);
}

static bool walk_feed(struct page *p, struct err *e)
{
    struct rows *rows;

    if (!query(p, Q_VERIFY_FEED, &rows, e))
        return err_trace(e);
    while (rows_next(rows))
        next_seq(p, "feed", rows_int(rows, "seq"));
    if (!rows_end(rows, e))
        return err_trace(e);
    last_seq(p, "feed");
    p->audit->result.feed_events += p->n;
    return true;
}

// --- the log and its neighbours ------------------------------------------------------------------

struct line {
    int64_t seq, inbox_id, call_id;
    struct str call_sid, event_type, event_status, inbox_status, feed_type, feed_sid;
    bool reverts;
};

static void check_feed_of(struct page *p, const struct line *l)
{
    if (l->seq < p->head.first_seq || str_is_none(l->feed_type))
        return; // not kept any more, or missing in the feed: said there
    if (!str_eq(l->feed_type, l->event_type) || !str_eq(l->feed_sid, l->call_sid))
        report(p,
               "event %lld: the log says " STR_FMT " of call " STR_FMT ", the feed " STR_FMT
               " of " STR_FMT,
               (long long)l->seq, STR_ARG(l->event_type), STR_ARG(l->call_sid),
               STR_ARG(l->feed_type), STR_ARG(l->feed_sid));
}

static void check_inbox_of(struct page *p, const struct line *l)
{
    if (l->inbox_id == INT_NONE || str_eq(l->inbox_status, STR("completed")))
        return;
    if (!str_is_none(l->inbox_status))
        report(p,
               "call " STR_FMT ": event %lld comes from inbox row %lld, which is " STR_FMT
               ", not completed",
               STR_ARG(l->call_sid), (long long)l->seq, (long long)l->inbox_id,
               STR_ARG(l->inbox_status));
    else if (p->audit->inbox_first != INT_NONE && l->inbox_id >= p->audit->inbox_first)
        report(p, "call " STR_FMT ": event %lld comes from inbox row %lld, which does not exist",
               STR_ARG(l->call_sid), (long long)l->seq, (long long)l->inbox_id);
}

static void check_line(struct page *p, const struct line *l)
{
    check_feed_of(p, l);
    check_inbox_of(p, l);
    if (l->call_id == INT_NONE)
        report(p, "call " STR_FMT ": event %lld is in the log, the call has no snapshot",
               STR_ARG(l->call_sid), (long long)l->seq);
    if (l->reverts)
        report(p, "call " STR_FMT ": event %lld applied " STR_FMT " after the call had ended",
               STR_ARG(l->call_sid), (long long)l->seq, STR_ARG(l->event_status));
}

static bool walk_log(struct page *p, struct err *e)
{
    static const struct column columns[] = {
        {"seq", COLUMN_INT, offsetof(struct line, seq)},
        {"inbox_id", COLUMN_INT, offsetof(struct line, inbox_id)},
        {"call_id", COLUMN_INT, offsetof(struct line, call_id)},
        {"call_sid", COLUMN_STR, offsetof(struct line, call_sid)},
        {"event_type", COLUMN_STR, offsetof(struct line, event_type)},
        {"event_status", COLUMN_STR, offsetof(struct line, event_status)},
        {"inbox_status", COLUMN_STR, offsetof(struct line, inbox_status)},
        {"feed_type", COLUMN_STR, offsetof(struct line, feed_type)},
        {"feed_sid", COLUMN_STR, offsetof(struct line, feed_sid)},
        {"reverts", COLUMN_BOOL, offsetof(struct line, reverts)},
    };
    struct rows *rows;

    if (!query(p, Q_VERIFY_LOG, &rows, e))
        return err_trace(e);
    while (rows_next(rows)) {
        struct line line;
        rows_read(rows, columns, LEN(columns), &line);
        next_seq(p, "log", line.seq);
        check_line(p, &line);
    }
    if (!rows_end(rows, e))
        return err_trace(e);
    last_seq(p, "log");
    p->audit->result.log_lines += p->n;
    return true;
}

// --- the inbox -----------------------------------------------------------------------------------

static bool walk_inbox(struct page *p, struct err *e)
{
    struct rows *rows;

    if (!query(p, Q_VERIFY_INBOX, &rows, e))
        return err_trace(e);
    while (rows_next(rows)) {
        p->after = rows_int(rows, "id");
        p->n++;
        if (p->audit->inbox_first == INT_NONE)
            p->audit->inbox_first = p->after;
        if (rows_bool(rows, "unlogged")) {
            const struct str sid = shown(rows_str(rows, "call_sid"));
            report(p, "inbox row %lld (call " STR_FMT ") is completed and left no line in the log",
                   (long long)p->after, STR_ARG(sid));
        }
    }
    p->audit->result.inbox_rows += p->n;
    return rows_end(rows, e) || err_trace(e);
}

// --- conversations -------------------------------------------------------------------------------

static bool walk_conversations(struct page *p, struct err *e)
{
    struct rows *rows;

    if (!query(p, Q_VERIFY_CONVERSATIONS, &rows, e))
        return err_trace(e);
    while (rows_next(rows)) {
        const int64_t counted = rows_int(rows, "counted");
        const int64_t stored = rows_is_null(rows, "stored") ? 0 : rows_int(rows, "stored");
        p->after = rows_int(rows, "id");
        p->n++;
        if (stored != counted)
            report(p, "conversation %lld: total_calls is %lld, its calls are %lld",
                   (long long)p->after, (long long)stored, (long long)counted);
    }
    return rows_end(rows, e) || err_trace(e);
}

// --- the audit -----------------------------------------------------------------------------------

/* The inbox goes before the log, which asks for its oldest row. */
static walk_fn *const walks[] = {
    walk_calls, walk_feed, walk_inbox, walk_log, walk_conversations,
};

static bool read_page(struct page *p, walk_fn *walk, struct err *e)
{
    struct db *db = p->audit->db;

    if (!db_begin(db, e))
        return err_trace(e);
    const bool ok =
        feed_head(db, p->audit->project, p->a, &p->head, e) && walk(p, e) && db_commit(db, e);
    if (!ok)
        db_rollback(db);
    return ok || err_trace(e);
}

static bool walk_all(struct audit *audit, walk_fn *walk, struct arena *a, struct err *e)
{
    struct page p = {.audit = audit, .a = a};

    do {
        arena_reset(a);
        p.n = 0;
        if (!read_page(&p, walk, e))
            return err_trace(e);
    } while (p.n == PAGE);
    return true;
}

static bool next_project(struct audit *audit, struct arena *a, bool *ret_found, struct err *e)
{
    static const struct column columns[] = {{"id", COLUMN_INT, 0}};

    arena_reset(a);
    audit->inbox_first = INT_NONE;
    return db_query_one(audit->db, Q_VERIFY_PROJECT_NEXT, BINDS(bind_int("after", audit->project)),
                        columns, LEN(columns), a, &audit->project, ret_found, e) ||
           err_trace(e);
}

bool verify_all(struct db *db, void (*on_finding)(struct str what, void *arg), void *arg,
                struct verify_result *ret, struct err *e)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(1024 * 1024);
    struct audit audit = {.db = db, .on_finding = on_finding, .arg = arg};
    bool found;

    for (;;) {
        if (!next_project(&audit, a, &found, e))
            return err_trace(e);
        if (!found)
            break;
        for (size_t i = 0; i < LEN(walks); i++)
            if (!walk_all(&audit, walks[i], a, e))
                return err_trace(e);
    }
    *ret = audit.result;
    return true;
}
