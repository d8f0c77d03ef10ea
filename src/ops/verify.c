/*
 * Each check is a question of which the answer should be "none": a page of counter-examples at most
 * is read and said in words. Memory does not grow with the store.
 */
#include "ops/verify.h"

#include "base/arena.h"
#include "calls/verify.h"

enum { PAGE = 500, SHOWN = 20 };

struct audit {
    struct db *db;
    struct arena *a; /* reset after each page */
    int64_t project;
    void (*on_finding)(struct str what, void *arg);
    void *arg;
    struct verify_result *result;
};

static void find(struct audit *au, struct str what)
{
    au->result->findings++;
    if (au->on_finding)
        au->on_finding(what, au->arg);
}

// --- snapshot = fold(log) ---------------------------------------------------------------------

static void tell_difference(struct audit *au, const struct call_difference *d)
{
    find(au, str_fmt(au->a,
                     "project %lld: call " STR_FMT ": " STR_FMT " is \"" STR_FMT
                     "\", its log says \"" STR_FMT "\"",
                     (long long)au->project, STR_ARG(d->call_sid), STR_ARG(d->column),
                     STR_ARG(d->stored), STR_ARG(d->folded)));
}

static bool check_calls(struct audit *au, struct err *e)
{
    const struct call_reader reader = {au->db, au->project};
    struct call_verification v = {0};

    do {
        arena_reset(au->a);
        if (!call_verify(&reader, v.last_id, PAGE, au->a, &v, e))
            return err_trace(e);
        for (size_t i = 0; i < v.n_differences; i++)
            tell_difference(au, &v.differences[i]);
        au->result->calls += v.n_checked;
    } while (v.n_checked > 0);
    return true;
}

// --- numbers ----------------------------------------------------------------------------------

struct counts {
    int64_t log_lines, log_first, log_last, feed_events, feed_first, feed_last, head, inbox_rows;
};

static void check_numbering(struct audit *au, const char *what, int64_t n, int64_t first,
                            int64_t last, int64_t head)
{
    if (n > 0 && last - first + 1 != n)
        find(au, str_fmt(au->a, "project %lld: the %s has %lld numbers from %lld to %lld",
                         (long long)au->project, what, (long long)n, (long long)first,
                         (long long)last));
    if (n > 0 && last != head)
        find(au, str_fmt(au->a, "project %lld: the %s ends at %lld, the counter says %lld",
                         (long long)au->project, what, (long long)last, (long long)head));
}

static bool check_numbers(struct audit *au, struct err *e)
{
    static const struct column columns[] = {
        {"log_lines", COLUMN_INT, offsetof(struct counts, log_lines)},
        {"log_first", COLUMN_INT, offsetof(struct counts, log_first)},
        {"log_last", COLUMN_INT, offsetof(struct counts, log_last)},
        {"feed_events", COLUMN_INT, offsetof(struct counts, feed_events)},
        {"feed_first", COLUMN_INT, offsetof(struct counts, feed_first)},
        {"feed_last", COLUMN_INT, offsetof(struct counts, feed_last)},
        {"head", COLUMN_INT, offsetof(struct counts, head)},
        {"inbox_rows", COLUMN_INT, offsetof(struct counts, inbox_rows)},
    };
    struct counts c;
    bool found;

    arena_reset(au->a);
    if (!db_query_one(au->db, Q_VERIFY_COUNTS, BINDS(bind_int("project", au->project)), columns,
                      LEN(columns), au->a, &c, &found, e))
        return err_trace(e);
    check_numbering(au, "log", c.log_lines, c.log_first, c.log_last, c.head);
    check_numbering(au, "feed", c.feed_events, c.feed_first, c.feed_last, c.head);
    au->result->log_lines += c.log_lines;
    au->result->feed_events += c.feed_events;
    au->result->inbox_rows += c.inbox_rows;
    return true;
}

// --- questions that should find nothing -------------------------------------------------------

static const struct {
    enum query query;
    const char *columns[3];
    const char *sentence; /* takes the columns, as text */
} questions[] = {
    {Q_VERIFY_SILENT_ROWS, {"id"}, "inbox row %s is completed and left no line in the log"},
    {Q_VERIFY_EARLY_LINES, {"seq", "id"}, "log line %s comes from inbox row %s, not completed"},
    {Q_VERIFY_TOTALS, {"id", "kept", "counted"}, "conversation %s says %s calls and has %s"},
};

static struct str fill(const char *sentence, const struct str *values, struct arena *a)
{
    struct str rest = str_from(sentence), piece, out = STR("");

    for (size_t i = 0; cut_until(&rest, '%', &piece); i++) {
        out = str_fmt(a, STR_FMT STR_FMT STR_FMT, STR_ARG(out), STR_ARG(piece), STR_ARG(values[i]));
        rest = str_sub(rest, 1, rest.n);
    }
    return str_fmt(a, STR_FMT STR_FMT, STR_ARG(out), STR_ARG(rest));
}

static bool ask(struct audit *au, size_t q, struct err *e)
{
    struct rows *rows;

    arena_reset(au->a);
    if (!db_query(au->db, questions[q].query,
                  BINDS(bind_int("project", au->project), bind_int("limit", SHOWN)), au->a, &rows,
                  e))
        return err_trace(e);
    while (rows_next(rows)) {
        struct str values[LEN(questions[q].columns)] = {{0}};
        for (size_t i = 0; i < LEN(values) && questions[q].columns[i]; i++)
            values[i] = str_fmt(au->a, "%lld", (long long)rows_int(rows, questions[q].columns[i]));
        const struct str what = fill(questions[q].sentence, values, au->a);
        find(au, str_fmt(au->a, "project %lld: " STR_FMT, (long long)au->project, STR_ARG(what)));
    }
    return rows_end(rows, e) || err_trace(e);
}

static bool check_project(struct audit *au, struct err *e)
{
    if (!check_calls(au, e) || !check_numbers(au, e))
        return err_trace(e);
    for (size_t q = 0; q < LEN(questions); q++)
        if (!ask(au, q, e))
            return err_trace(e);
    return true;
}

bool verify_all(struct db *db, void (*on_finding)(struct str what, void *arg), void *arg,
                struct verify_result *ret, struct err *e)
{
    _cleanup_(arena_destroyp) struct arena *projects = arena_create(0);
    _cleanup_(arena_destroyp) struct arena *page = arena_create(0);
    struct audit au = {.db = db, .a = page, .on_finding = on_finding, .arg = arg, .result = ret};
    struct rows *rows;

    *ret = (struct verify_result){0};
    if (!db_query(db, Q_VERIFY_PROJECTS, NO_BINDS, projects, &rows, e))
        return err_trace(e);
    while (rows_next(rows)) {
        au.project = rows_int(rows, "id");
        if (!check_project(&au, e))
            return err_trace(e);
    }
    return rows_end(rows, e) || err_trace(e);
}
