#ifndef RECONCILE_KIT_H
#define RECONCILE_KIT_H
/* What we hear, and runs against a provider that says what it is told to. */
#include "calls/verify.h"
#include "reconcile/company_kit.h"

// --- ours ----------------------------------------------------------------------------------------

static inline struct call_change webhook_change(struct str sid, const char *status, usec_t at)
{
    struct call_change c = call_change_none;
    enum call_status s;

    assert_true(call_status_parse(str_from(status), &s));
    c.call_sid = sid;
    c.status = str_from(status);
    c.event_time = at + (call_status_is_final(s) ? MINUTES(1) : 0);
    c.observed_at = test_calls_now;
    c.from = STR("+15085140320");
    c.to = STR("+16175006181");
    c.provider_direction = STR("inbound");
    if (call_status_is_final(s))
        c.duration = 60;
    return c;
}

static inline void webhook_at(struct db *db, struct str sid, const char *status, usec_t at,
                              struct arena *a)
{
    const struct call_change c = webhook_change(sid, status, at);
    struct err e = {0};

    assert_ok(test_calls_save(db, &c, 1, a, &e), &e);
}

static inline void webhook(struct db *db, struct str sid, const char *status, struct arena *a)
{
    webhook_at(db, sid, status, test_calls_now - MINUTES(2), a);
}

static inline struct str sid_of(size_t i, struct arena *a)
{
    return str_fmt(a, "CA%zu", i);
}

/* CA0, CA1 …: so many of them. */
static inline void webhooks(struct db *db, size_t n, const char *status, struct arena *a)
{
    struct call_change *all = arena_new(a, struct call_change, n);
    struct err e = {0};

    for (size_t i = 0; i < n; i++)
        all[i] = webhook_change(sid_of(i, a), status, test_calls_now - MINUTES(2));
    assert_ok(test_calls_save(db, all, n, a, &e), &e);
}

static inline struct str column(struct db *db, struct str sid, const char *name, struct arena *a)
{
    struct str value = STR("(no such call)");
    struct err e = {0};
    struct rows *rows;

    assert_ok(db_query(db, Q_CALL_BY_KEY,
                       BINDS(bind_int("project", 1), bind_str("provider", STR("twilio")),
                             bind_str("sid", sid)),
                       a, &rows, &e),
              &e);
    while (rows_next(rows))
        value = rows_str(rows, name);
    assert_ok(rows_end(rows, &e), &e);
    return value;
}

/* The sources of a call's log, in order: "webhook reconcile_hot". */
static inline struct str log_of(struct db *db, struct str sid, struct arena *a)
{
    struct str log = STR("");
    struct err e = {0};
    struct rows *rows;

    assert_ok(db_query(db, Q_CALL_EVENT_LIST,
                       BINDS(bind_int("project", 1), bind_str("provider", STR("twilio")),
                             bind_str("sid", sid), bind_int("up_to", INT_NONE)),
                       a, &rows, &e),
              &e);
    while (rows_next(rows))
        log = str_fmt(a, STR_FMT "%s" STR_FMT, STR_ARG(log), log.n ? " " : "",
                      STR_ARG(rows_str(rows, "source")));
    assert_ok(rows_end(rows, &e), &e);
    return log;
}

static inline void assert_folds(struct db *db, struct arena *a)
{
    const struct call_reader r = {.db = db, .project = 1};
    struct call_verification v;
    struct err e = {0};

    assert_ok(call_verify(&r, 0, 5000, a, &v, &e), &e);
    assert_int_equal(v.n_differences, 0);
}

// --- runs ----------------------------------------------------------------------------------------

static const struct str owned[] = {STR("+16175006181")};
static const struct call_rules rules = {.owned = owned, .n_owned = 1, .region = STR("US")};

struct outcome {
    int64_t counts[RECONCILE_COUNT_COUNT];
    int64_t steps, told, expected;
    usec_t retry_after;
};

/* What an engine keeps of a run. */
struct engine {
    reconcile_fn *fn;
    struct db *db;
    struct company *c;
    usec_t now;
    struct str cursor;
    usec_t began;
    bool done;
    struct outcome o;
};

static inline void on_committed(int64_t project, int64_t last_seq, void *arg)
{
    struct outcome *o = arg;

    assert_int_equal(project, 1);
    o->told = last_seq;
}

/* With a source of its own. */
static inline bool step(struct engine *g, struct arena *a, struct err *e)
{
    const struct clock clock = clock_fixed(&g->now);
    struct reconcile_source source = {
        .provider = STR("twilio"), .at_once = g->c->at_once, .get = get, .list = list, .arg = g->c};
    struct reconcile_step s = {.db = g->db,
                               .project = 1,
                               .source = &source,
                               .rules = call_rules_same(&rules),
                               .clock = &clock,
                               .last_success = TIME_NONE,
                               .cursor = g->cursor,
                               .a = a,
                               .on_committed = on_committed,
                               .arg = &g->o};
    const bool ok = g->fn(&s, e);

    g->o.steps++;
    g->o.retry_after = source.retry_after;
    for (size_t i = 0; i < RECONCILE_COUNT_COUNT; i++)
        g->o.counts[i] += s.counts[i];
    g->o.expected += ok ? s.n_expected : 0;
    if (ok)
        g->cursor = s.next_cursor;
    g->began = s.began;
    g->done = ok && s.done;
    return ok;
}

static inline struct engine engine(reconcile_fn *fn, struct db *db, struct company *c)
{
    return (struct engine){
        .fn = fn, .db = db, .c = c, .now = test_calls_now + MINUTES(2), .cursor = STR("{}")};
}

static inline struct outcome run_at(reconcile_fn *fn, struct db *db, struct company *c, usec_t now,
                                    struct arena *a)
{
    struct engine g = engine(fn, db, c);
    const int64_t before = c->lists + c->gets;
    struct err e = {0};

    g.now = now;
    while (!g.done) {
        assert_ok(step(&g, a, &e), &e);
        assert_true(g.o.steps < 1000);
    }
    assert_int_equal(g.o.counts[RECONCILE_REQUESTS], c->lists + c->gets - before);
    return g.o;
}

static inline struct outcome run(reconcile_fn *fn, struct db *db, struct company *c,
                                 struct arena *a)
{
    return run_at(fn, db, c, test_calls_now + MINUTES(2), a);
}

#endif
