/* Runs against a provider that says what it is told to, on both stores. */
#include "reconcile/reconcile.h"

#include <pthread.h>

#include "base/fault.h"
#include "calls/verify.h"
#include "test/calls.h"

enum { THEIRS_MAX = 3000 };

// --- the provider --------------------------------------------------------------------------------

struct theirs {
    struct str sid;
    const char *status;
    usec_t start, end;
    int64_t duration, price;
    bool recorded;
    bool is_unkept; /* a zero byte stands in what is said, which no store takes */
    enum reconcile_answer answer;
};

struct company {
    struct theirs calls[THEIRS_MAX];
    size_t n;
    int64_t lists, gets; /* requests */
    size_t page_size;    /* at most; 0: as asked for */
    int fail;            /* so many requests still fail */
    size_t at_once;      /* as in a source */
    struct str first;    /* that was asked for singly */
    bool is_elsewhere;   /* the first page is empty: that of another account */
};

static struct call_change change_of(const struct theirs *t, bool recording)
{
    struct call_change c = call_change_none;

    c.call_sid = t->sid;
    c.observed_at = test_calls_now + HOURS(3);
    if (recording) {
        c.kind = CALL_CHANGE_RECORDING;
        c.recording.sid = t->sid;
        c.recording.status = STR("completed");
        c.recording.url = STR("https://example.com/RE1");
        return c;
    }
    c.status = str_from(t->status);
    c.from = STR("+15085140320");
    c.to = STR("+16175006181");
    c.provider_direction = STR("inbound");
    c.start_time = t->start;
    c.end_time = t->end;
    c.event_time = t->end != TIME_NONE ? t->end : t->start;
    c.duration = t->duration;
    c.price = t->price;
    c.price_unit = STR("USD");
    return c;
}

static struct reconcile_found found_of(const struct theirs *t, bool recording)
{
    static const struct str with_zero = {"{\"a\":\"\0\"}", 9};

    return (struct reconcile_found){t->answer, change_of(t, recording),
                                    t->is_unkept ? with_zero : STR("{}")};
}

static bool refuses(struct company *c, struct reconcile_source *s, struct err *e)
{
    s->requests++;
    if (c->fail == 0)
        return false;
    c->fail--;
    s->retry_after = SECONDS(7);
    err_set(e, ERR_UNAVAILABLE, "the provider asks for patience");
    return true;
}

static bool get(struct reconcile_source *s, const struct str *sids, size_t n, struct arena *a,
                struct reconcile_found *ret, struct err *e)
{
    struct company *c = s->arg;

    (void)a;
    if (refuses(c, s, e))
        return false;
    assert_true(s->at_once == 0 || n <= s->at_once);
    if (c->gets == 0)
        c->first = sids[0];
    c->gets += (int64_t)n;
    s->requests += (int64_t)n - 1;
    for (size_t i = 0; i < n; i++) {
        ret[i] = (struct reconcile_found){.answer = RECONCILE_ABSENT};
        for (size_t k = 0; k < c->n; k++)
            if (str_eq(c->calls[k].sid, sids[i]))
                ret[i] = found_of(&c->calls[k], false);
    }
    return true;
}

static bool matches(const struct theirs *t, const struct reconcile_query *q)
{
    if (q->recordings && !t->recorded)
        return false;
    if (q->has_status && !str_eq(call_status_name(q->status), str_from(t->status)))
        return false;
    if (!str_is_none(q->call_sid) && !str_eq(q->call_sid, t->sid))
        return false;
    return (q->from == TIME_NONE || t->start >= q->from) &&
           (q->to == TIME_NONE || t->start < q->to);
}

static bool list(struct reconcile_source *s, const struct reconcile_query *q, struct arena *a,
                 struct reconcile_page *ret, struct err *e)
{
    struct company *c = s->arg;
    const size_t size = c->page_size ? c->page_size : q->page_size;
    struct reconcile_found *found = arena_new(a, struct reconcile_found, size);
    uint64_t at = 0;
    size_t n = 0;

    if (refuses(c, s, e))
        return false;
    c->lists++;
    if (c->is_elsewhere && str_is_none(q->cursor)) {
        *ret = (struct reconcile_page){.next = STR("0")};
        return true;
    }
    assert_true(str_is_none(q->cursor) || str_to_u64(q->cursor, &at));
    for (; at < c->n && n < size; at++)
        if (matches(&c->calls[at], q))
            found[n++] = found_of(&c->calls[at], q->recordings);
    *ret = (struct reconcile_page){
        found, n, at < c->n ? str_fmt(a, "%llu", (unsigned long long)at) : STR_NONE};
    return true;
}

static struct company *company(struct arena *a)
{
    return arena_new(a, struct company, 1);
}

/* A call that is over: it took a minute, an hour after the test's beginning at the latest. */
static struct theirs *says(struct company *c, struct str sid, const char *status)
{
    enum call_status s;
    struct theirs *t = &c->calls[c->n++];

    assert_true(call_status_parse(str_from(status), &s));
    *t = (struct theirs){.sid = sid,
                         .status = status,
                         .start = test_calls_now - MINUTES(2),
                         .end = TIME_NONE,
                         .duration = INT_NONE,
                         .price = INT_NONE,
                         .answer = RECONCILE_FOUND};
    if (call_status_is_final(s)) {
        t->end = t->start + MINUTES(1);
        t->duration = 60;
    }
    return t;
}

// --- ours ----------------------------------------------------------------------------------------

static void webhook(struct db *db, struct str sid, const char *status, struct arena *a)
{
    struct call_change c = call_change_none;
    enum call_status s;
    struct err e = {0};

    assert_true(call_status_parse(str_from(status), &s));
    c.call_sid = sid;
    c.status = str_from(status);
    c.event_time = test_calls_now - MINUTES(2) + (call_status_is_final(s) ? MINUTES(1) : 0);
    c.observed_at = test_calls_now;
    c.from = STR("+15085140320");
    c.to = STR("+16175006181");
    c.provider_direction = STR("inbound");
    if (call_status_is_final(s))
        c.duration = 60;
    assert_ok(test_calls_save(db, &c, 1, a, &e), &e);
}

static struct str column(struct db *db, struct str sid, const char *name, struct arena *a)
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
static struct str log_of(struct db *db, struct str sid, struct arena *a)
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

static void assert_folds(struct db *db, struct arena *a)
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

static void on_committed(int64_t project, int64_t last_seq, void *arg)
{
    struct outcome *o = arg;

    assert_int_equal(project, 1);
    o->told = last_seq;
}

/* With a source of its own. */
static bool step(struct engine *g, struct arena *a, struct err *e)
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

static struct engine engine(reconcile_fn *fn, struct db *db, struct company *c)
{
    return (struct engine){
        .fn = fn, .db = db, .c = c, .now = test_calls_now + MINUTES(2), .cursor = STR("{}")};
}

static struct outcome run_at(reconcile_fn *fn, struct db *db, struct company *c, usec_t now,
                             struct arena *a)
{
    struct engine g = engine(fn, db, c);
    const int64_t before = c->lists + c->gets;
    struct err e = {0};

    g.now = now;
    while (!g.done)
        assert_ok(step(&g, a, &e), &e);
    assert_int_equal(g.o.counts[RECONCILE_REQUESTS], c->lists + c->gets - before);
    return g.o;
}

static struct outcome run(reconcile_fn *fn, struct db *db, struct company *c, struct arena *a)
{
    return run_at(fn, db, c, test_calls_now + MINUTES(2), a);
}

static struct str sid_of(size_t i, struct arena *a)
{
    return str_fmt(a, "CA%zu", i);
}

// --- hot -----------------------------------------------------------------------------------------

/* F085. */
static void a_call_whose_end_was_never_told_ends(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct db *db = test_calls_connect(store, a);
        struct company *c = company(a);

        webhook(db, STR("CA1"), "in-progress", a);
        (void)says(c, STR("CA1"), "completed");
        const struct outcome o = run(reconcile_hot, db, c, a);
        assert_str(column(db, STR("CA1"), "status", a), "completed");
        assert_str(column(db, STR("CA1"), "duration", a), "60");
        assert_str(log_of(db, STR("CA1"), a), "webhook reconcile_hot");
        assert_int_equal(o.counts[RECONCILE_SYNCED], 1);
        assert_int_equal(o.counts[RECONCILE_DRIFT_STATUS], 1);
        assert_int_equal(o.counts[RECONCILE_DRIFT_DURATION], 1);
        assert_int_equal(o.counts[RECONCILE_DRIFT_CALL], 0);
        assert_int_equal(o.told, 2); // the hub hears of the second event of the feed
        assert_int_equal(c->gets, 1);
        assert_int_equal(run(reconcile_hot, db, c, a).steps, 1);
        assert_int_equal(c->gets + c->lists, 1); // what is final is asked for no more
        assert_folds(db, a);
    }
}

static void an_answer_without_news_leaves_no_trace(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct db *db = test_calls_connect(store, a);
        struct company *c = company(a);

        webhook(db, STR("CA1"), "in-progress", a);
        says(c, STR("CA1"), "in-progress")->start += SECONDS(2); // clocks differ
        const struct outcome o = run(reconcile_hot, db, c, a);
        assert_int_equal(o.counts[RECONCILE_CHECKED], 1);
        assert_int_equal(o.counts[RECONCILE_SYNCED], 0);
        assert_int_equal(o.told, 0);
        assert_str(log_of(db, STR("CA1"), a), "webhook");
    }
}

/* F087: it is eventually consistent, and may say "in-progress" after it has told us the end. */
static void a_provider_that_is_behind_takes_nothing_back(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct db *db = test_calls_connect(store, a);
        struct company *c = company(a);

        webhook(db, STR("CA1"), "in-progress", a);
        webhook(db, STR("CA1"), "completed", a);
        (void)says(c, STR("CA1"), "in-progress");
        const struct outcome o = run(reconcile_recent, db, c, a);
        assert_int_equal(o.counts[RECONCILE_CHECKED], 1);
        assert_int_equal(o.counts[RECONCILE_SYNCED], 0);
        assert_str(column(db, STR("CA1"), "status", a), "completed");
        assert_str(log_of(db, STR("CA1"), a), "webhook webhook");
    }
}

/* F083: of two ends the provider's own word counts. */
static void the_provider_says_how_it_ended(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct db *db = test_calls_connect(store, a);
        struct company *c = company(a);

        webhook(db, STR("CA1"), "completed", a);
        (void)says(c, STR("CA1"), "busy");
        assert_int_equal(run(reconcile_recent, db, c, a).counts[RECONCILE_DRIFT_STATUS], 1);
        assert_str(column(db, STR("CA1"), "status", a), "busy");
        webhook(db, STR("CA1"), "completed", a); // comes once more
        assert_str(column(db, STR("CA1"), "status", a), "busy");
        assert_folds(db, a);
    }
}

static void many_calls_are_listed_and_what_no_list_shows_is_asked_for(void **state)
{
    enum { CALLS = 100, ENDED = 1 };

    (void)state;
    TEST_STORES(store, a)
    {
        struct db *db = test_calls_connect(store, a);
        struct company *c = company(a);

        for (size_t i = 0; i < CALLS; i++) {
            webhook(db, sid_of(i, a), "in-progress", a);
            (void)says(c, sid_of(i, a), i < ENDED ? "completed" : "in-progress");
        }
        (void)says(c, STR("CA-unheard-of"), "ringing");
        c->page_size = 60;
        const struct outcome o = run(reconcile_hot, db, c, a);
        assert_int_equal(c->gets, ENDED);
        assert_int_equal(c->lists, 1 + 1 + 2); // queued, ringing, in-progress
        assert_true(5 * o.counts[RECONCILE_REQUESTS] <= CALLS);
        assert_int_equal(o.counts[RECONCILE_DRIFT_STATUS], ENDED);
        assert_int_equal(o.counts[RECONCILE_DRIFT_CALL], 1);
        assert_int_equal(o.counts[RECONCILE_SYNCED], ENDED + 1);
        assert_int_equal(o.counts[RECONCILE_CHECKED], o.expected);
        assert_str(column(db, STR("CA-unheard-of"), "status", a), "ringing");
        assert_str(column(db, sid_of(ENDED - 1, a), "status", a), "completed");
        assert_str(column(db, sid_of(ENDED, a), "status", a), "in-progress");
        assert_folds(db, a);
    }
}

/* However many have ended meanwhile: they are listed by when they began, all but those that began
 * otherwise than we think. */
static void what_ended_in_an_outage_is_listed(void **state)
{
    enum { CALLS = 100, ENDED = 90 };

    (void)state;
    TEST_STORES(store, a)
    {
        struct db *db = test_calls_connect(store, a);
        struct company *c = company(a);

        for (size_t i = 0; i < CALLS; i++) {
            webhook(db, sid_of(i, a), "in-progress", a);
            (void)says(c, sid_of(i, a), i < ENDED ? "completed" : "in-progress");
        }
        c->calls[0].start -= HOURS(1);
        c->page_size = 60;
        const struct outcome o = run(reconcile_hot, db, c, a);
        assert_int_equal(c->lists, 1 + 1 + 1 + 2); // queued, ringing, in-progress, what began then
        assert_int_equal(c->gets, 1);
        assert_int_equal(o.counts[RECONCILE_DRIFT_STATUS], ENDED);
        for (size_t i = 0; i < ENDED; i++)
            assert_str(column(db, sid_of(i, a), "status", a), "completed");
        assert_folds(db, a);
    }
}

/* Of thousands that go on and speak, the lists are as many pages as ever. */
static void few_silent_ones_among_many_are_asked_for_singly(void **state)
{
    enum { CALLS = 2100, PAGES = 3 + CALLS / 1000 };

    (void)state;
    TEST_STORES(store, a)
    {
        struct db *db = test_calls_connect(store, a);
        struct company *c = company(a);
        const usec_t later = test_calls_now + SECONDS(150);

        for (size_t i = 0; i < CALLS; i++)
            (void)says(c, sid_of(i, a), "in-progress");
        (void)run(reconcile_recent, db, c, a); // they speak
        for (size_t i = CALLS; i <= CALLS + PAGES; i++)
            (void)says(c, sid_of(i, a), "in-progress");
        for (size_t i = 0; i < PAGES; i++)
            webhook(db, sid_of(CALLS + i, a), "in-progress", a);
        c->lists = c->gets = 0;
        (void)run_at(reconcile_hot, db, c, later, a);
        assert_int_equal(c->lists, 0);
        assert_int_equal(c->gets, PAGES);

        webhook(db, sid_of(CALLS + PAGES, a), "in-progress", a);
        c->lists = c->gets = 0;
        (void)run_at(reconcile_hot, db, c, later, a);
        assert_int_equal(c->lists, PAGES);
    }
}

static void no_more_are_asked_for_at_once_than_the_source_says(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct db *db = test_calls_connect(store, a);
        struct company *c = company(a);

        for (size_t i = 0; i < 7; i++) {
            webhook(db, sid_of(i, a), "in-progress", a);
            says(c, sid_of(i, a), "completed")->start -= HOURS(1); // which no list shows
        }
        c->at_once = 3;
        assert_int_equal(run(reconcile_hot, db, c, a).counts[RECONCILE_DRIFT_STATUS], 7);
        assert_int_equal(c->gets, 7);
    }
}

/* However they are called: the rest may have to wait for the next run. */
static void the_most_silent_is_asked_for_first(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct db *db = test_calls_connect(store, a);
        struct company *c = company(a);

        for (size_t i = 0; i < 5; i++)
            webhook(db, sid_of(i, a), i < 4 ? "ringing" : "in-progress", a);
        for (size_t i = 0; i < 4; i++) // are heard of later than the last
            (void)says(c, sid_of(i, a), "in-progress");
        (void)run(reconcile_hot, db, c, a);
        c->n = 0; // no list shows any of them
        c->gets = 0;
        (void)run_at(reconcile_hot, db, c, test_calls_now + MINUTES(9), a);
        assert_int_equal(c->gets, 5);
        assert_str(c->first, "CA4");
    }
}

static void a_call_that_spoke_a_moment_ago_is_left_alone(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct db *db = test_calls_connect(store, a);
        struct company *c = company(a);

        webhook(db, STR("CA1"), "in-progress", a);
        (void)run_at(reconcile_hot, db, c, test_calls_now + SECONDS(59), a);
        assert_int_equal(c->gets + c->lists, 0);
    }
}

static void what_the_provider_does_not_know_is_counted_and_given_up(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct db *db = test_calls_connect(store, a);
        struct company *c = company(a);

        webhook(db, STR("CA1"), "in-progress", a);
        webhook(db, STR("CA2"), "in-progress", a);
        says(c, STR("CA2"), "in-progress")->answer = RECONCILE_LATER;
        const struct outcome o = run(reconcile_hot, db, c, a);
        assert_int_equal(o.counts[RECONCILE_UNKNOWN], 1);
        assert_int_equal(o.counts[RECONCILE_UNANSWERED], 1);
        assert_str(column(db, STR("CA1"), "status", a), "in-progress");
        (void)run_at(reconcile_hot, db, c, test_calls_now + HOURS(49), a);
        assert_int_equal(c->gets, 2);
    }
}

// --- cold ----------------------------------------------------------------------------------------

static void a_day_is_walked_in_pages_and_every_step_bears_repetition(void **state)
{
    enum { CALLS = 25, PAGE = 10 };

    (void)state;
    TEST_STORES(store, a)
    {
        struct db *db = test_calls_connect(store, a);
        struct company *c = company(a);
        struct engine g = engine(reconcile_cold, db, c);
        struct err e = {0};

        for (size_t i = 0; i < CALLS; i++)
            says(c, sid_of(i, a), "completed")->recorded = i == 3;
        c->page_size = PAGE;
        while (!g.done) {
            const struct str before = g.cursor;
            assert_ok(step(&g, a, &e), &e);
            const struct str after = g.cursor;
            g.cursor = before;
            assert_ok(step(&g, a, &e), &e);
            assert_true(str_eq(g.cursor, after));
        }
        const struct outcome o = g.o;
        assert_int_equal(o.steps, 2 * (3 + 1)); // of calls, and of recordings
        assert_int_equal(o.counts[RECONCILE_DRIFT_CALL], CALLS);
        assert_int_equal(o.counts[RECONCILE_DRIFT_RECORDING], 1);
        assert_str(log_of(db, STR("CA0"), a), "reconcile_cold");
        assert_str(log_of(db, STR("CA3"), a), "reconcile_cold reconcile_cold");
        assert_str(column(db, STR("CA3"), "recording_url", a), "https://example.com/RE1");
        assert_folds(db, a);
    }
}

static void a_refused_page_is_asked_for_again(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct db *db = test_calls_connect(store, a);
        struct company *c = company(a);
        struct engine g = engine(reconcile_cold, db, c);
        struct err e = {0};

        (void)says(c, STR("CA1"), "completed");
        c->fail = 1;
        assert_refused(step(&g, a, &e), &e, ERR_UNAVAILABLE);
        assert_int_equal(g.o.retry_after, SECONDS(7));
        assert_int_equal(g.o.counts[RECONCILE_REQUESTS], 1);
        assert_str(g.cursor, "{}");
        err_clear(&e);
        assert_ok(step(&g, a, &e), &e);
        assert_int_equal(g.o.counts[RECONCILE_DRIFT_CALL], 1);
    }
}

/* Between the end of a page and the next there may be a day, and another run. */
static void a_run_that_goes_on_later_is_as_old_as_its_window(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct db *db = test_calls_connect(store, a);
        struct company *c = company(a);
        struct engine g = engine(reconcile_cold, db, c);
        const usec_t began = g.now;
        struct err e = {0};

        (void)says(c, STR("CA1"), "completed");
        assert_ok(step(&g, a, &e), &e);
        g.now += HOURS(51);
        while (!g.done)
            assert_ok(step(&g, a, &e), &e);
        assert_true(g.began == began);
    }
}

#define BEGAN "\"began\":\"2026-01-01T00:00:00Z\""

static void a_cursor_that_is_none_is_refused(void **state)
{
    static const struct {
        const char *label, *cursor;
    } rows[] = {
        {"no JSON", "{"},
        {"no object", "[]"},
        {"no phase", "{" BEGAN ",\"next\":\"x\"}"},
        {"a phase below zero", "{" BEGAN ",\"phase\":-1}"},
        {"no beginning", "{\"phase\":1}"},
        {"what is to be asked is no list", "{" BEGAN ",\"phase\":1,\"ask\":\"CA1\"}"},
        {"a call that is no text", "{" BEGAN ",\"phase\":1,\"ask\":[1]}"},
        {"a call with U+0000", "{" BEGAN ",\"phase\":1,\"ask\":[\"CA\\u0000\"]}"},
        {"a page with U+0000", "{" BEGAN ",\"phase\":1,\"next\":\"/\\u0000\"}"},
    };

    (void)state;
    TEST_STORES(store, a)
    {
        struct db *db = test_calls_connect(store, a);
        struct engine g = engine(reconcile_cold, db, company(a));

        FOR_EACH_ROW (row, rows) {
            struct err e = {0};
            g.cursor = str_from(row->cursor);
            assert_row(!step(&g, a, &e), row->label);
            assert_row(e.code == ERR_INVALID, row->label);
        }
    }
}

// --- warm ----------------------------------------------------------------------------------------

/* The last run saw it while it was made, if at all, and calls that began then are listed no more.
 * Of a long call it is made hours after it began. */
static void a_recording_that_was_not_finished_is_looked_for_again(void **state)
{
    static const usec_t laters[] = {MINUTES(100), HOURS(5)};

    (void)state;
    TEST_STORES(store, a)
    {
        struct db *db = test_calls_connect(store, a);
        struct company *c = company(a);

        for (size_t i = 0; i < LEN(laters); i++) {
            struct theirs *t = says(c, sid_of(i, a), "completed");
            t->price = -85; // nothing else is lacking
            (void)run(reconcile_warm, db, c, a);
            t->recorded = true;
            const struct outcome o = run_at(reconcile_warm, db, c, test_calls_now + laters[i], a);
            assert_int_equal(o.counts[RECONCILE_CHECKED], 0);
            assert_int_equal(o.counts[RECONCILE_DRIFT_RECORDING], 1);
            assert_str(column(db, sid_of(i, a), "recording_url", a), "https://example.com/RE1");
        }
    }
}

static void what_lacks_its_price_gets_it(void **state)
{
    enum { CALLS = 30 };

    (void)state;
    TEST_STORES(store, a)
    {
        struct db *db = test_calls_connect(store, a);
        struct company *c = company(a);
        const usec_t later = test_calls_now + HOURS(3);

        for (size_t i = 0; i < CALLS; i++) {
            webhook(db, sid_of(i, a), "completed", a);
            struct theirs *t = says(c, sid_of(i, a), "completed");
            t->price = -85;
            t->recorded = i == 0;
        }
        const struct outcome early = run(reconcile_warm, db, c, a);
        assert_int_equal(early.counts[RECONCILE_DRIFT_PRICE], CALLS); // all of them are new
        assert_str(column(db, STR("CA1"), "price", a), "-0.0085");
        assert_str(log_of(db, STR("CA1"), a), "webhook reconcile_warm");
        assert_str(log_of(db, STR("CA0"), a), "webhook reconcile_warm reconcile_warm");

        c->lists = c->gets = 0;
        const struct outcome late = run_at(reconcile_warm, db, c, later, a);
        assert_int_equal(late.counts[RECONCILE_SYNCED], 0);
        assert_int_equal(c->lists, 2); // what is new; nothing is lacking
    }
}

static void few_that_lack_something_are_asked_for_and_many_are_listed(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct db *db = test_calls_connect(store, a);
        struct company *c = company(a);
        const usec_t later = test_calls_now + HOURS(3);

        webhook(db, STR("CA1"), "completed", a);
        says(c, STR("CA1"), "completed")->price = -85;
        assert_int_equal(run_at(reconcile_warm, db, c, later, a).expected, 1);
        assert_int_equal(c->lists, 2);
        assert_int_equal(c->gets, 1);
        assert_str(column(db, STR("CA1"), "price", a), "-0.0085");

        for (size_t i = 10; i < 15; i++) {
            webhook(db, sid_of(i, a), "completed", a);
            says(c, sid_of(i, a), "completed")->price = -85;
        }
        c->lists = c->gets = 0;
        assert_int_equal(run_at(reconcile_warm, db, c, later, a).expected, 1 + 5);
        assert_int_equal(c->lists, 4);
        assert_int_equal(c->gets, 0);
        assert_str(column(db, STR("CA12"), "price", a), "-0.0085");
        assert_folds(db, a);
    }
}

// --- one call ------------------------------------------------------------------------------------

static struct reconcile_step step_of(struct db *db, struct reconcile_source *source,
                                     const struct clock *clock, struct arena *a)
{
    return (struct reconcile_step){.db = db,
                                   .project = 1,
                                   .source = source,
                                   .rules = call_rules_same(&rules),
                                   .clock = clock,
                                   .last_success = TIME_NONE,
                                   .a = a};
}

static const struct reconcile_field *field_of(const struct reconcile_comparison *c,
                                              const char *name)
{
    for (size_t i = 0; i < RECONCILE_FIELDS; i++)
        if (str_eq(c->fields[i].name, str_from(name)))
            return &c->fields[i];
    fail_msg("no field %s", name);
    return NULL;
}

static void a_call_is_compared_and_then_mended(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct db *db = test_calls_connect(store, a);
        struct company *c = company(a);
        usec_t now = test_calls_now;
        const struct clock clock = clock_fixed(&now);
        struct reconcile_source source = {
            .provider = STR("twilio"), .get = get, .list = list, .arg = c};
        struct reconcile_step s = step_of(db, &source, &clock, a);
        struct reconcile_comparison compared;
        struct err e = {0};
        bool found;

        webhook(db, STR("CA1"), "in-progress", a);
        struct theirs *t = says(c, STR("CA1"), "completed");
        t->price = -85;
        t->recorded = true;
        assert_ok(reconcile_compare(&s, STR("CA1"), &compared, &e), &e);
        assert_true(compared.known_here && compared.known_there);
        assert_str(field_of(&compared, "status")->ours, "in-progress");
        assert_str(field_of(&compared, "status")->theirs, "completed");
        assert_true(field_of(&compared, "status")->mends);
        assert_str(field_of(&compared, "price")->theirs, "-0.0085 USD");
        assert_str(field_of(&compared, "recordings")->ours, "0");
        assert_str(field_of(&compared, "recordings")->theirs, "1");
        assert_false(field_of(&compared, "start_time")->differs);
        assert_str(log_of(db, STR("CA1"), a), "webhook"); // comparing has changed nothing

        assert_ok(reconcile_call(&s, STR("CA1"), &found, &e), &e);
        assert_true(found);
        assert_str(column(db, STR("CA1"), "status", a), "completed");
        assert_str(column(db, STR("CA1"), "recording_url", a), "https://example.com/RE1");
        assert_ok(reconcile_compare(&s, STR("CA1"), &compared, &e), &e);
        assert_int_equal(compared.drift, 0);

        t->status = "in-progress"; // and now it is behind us
        assert_ok(reconcile_compare(&s, STR("CA1"), &compared, &e), &e);
        assert_true(field_of(&compared, "status")->differs);
        assert_false(field_of(&compared, "status")->mends);

        assert_ok(reconcile_compare(&s, STR("CA2"), &compared, &e), &e);
        assert_false(compared.known_there);
        assert_ok(reconcile_call(&s, STR("CA2"), &found, &e), &e);
        assert_false(found);
    }
}

/* With several accounts, one page after the other is of one of them. */
static void recordings_are_looked_for_in_every_account(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct db *db = test_calls_connect(store, a);
        struct company *c = company(a);
        usec_t now = test_calls_now;
        const struct clock clock = clock_fixed(&now);
        struct reconcile_source source = {
            .provider = STR("twilio"), .get = get, .list = list, .arg = c};
        struct reconcile_step s = step_of(db, &source, &clock, a);
        struct err e = {0};
        bool found;

        says(c, STR("CA1"), "completed")->recorded = true;
        c->is_elsewhere = true;
        assert_ok(reconcile_call(&s, STR("CA1"), &found, &e), &e);
        assert_str(column(db, STR("CA1"), "recording_url", a), "https://example.com/RE1");
        assert_int_equal(s.counts[RECONCILE_REQUESTS], 1 + 2);
    }
}

// --- side by side --------------------------------------------------------------------------------

enum { RACED = 40 };

static void *tell_ends(void *arg)
{
    struct store *store = arg;
    struct arena *a = arena_create(0);
    struct db *db = store_connect(store, STORE_WORK);

    for (size_t i = 0; i < RACED; i++) {
        struct call_change c = change_of(&(struct theirs){.sid = sid_of(i, a),
                                                          .status = "completed",
                                                          .start = TIME_NONE,
                                                          .end = TIME_NONE,
                                                          .duration = 60,
                                                          .price = INT_NONE},
                                         false);
        struct err e = {0};
        c.event_time = test_calls_now - MINUTES(1);
        while (!test_calls_save(db, &c, 1, a, &e)) { // as a worker does
            assert_true(db_conflicted(db) || e.code == ERR_CONFLICT);
            db_rollback(db);
            err_clear(&e);
        }
    }
    db_close(db);
    arena_destroy(a);
    return NULL;
}

static void a_webhook_and_reconcile_race_on_each_call(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct db *db = test_calls_connect(store, a);
        struct company *c = company(a);
        pthread_t worker;

        for (size_t i = 0; i < RACED; i++) {
            if (i % 2) // of the others both hear for the first time
                webhook(db, sid_of(i, a), "in-progress", a);
            says(c, sid_of(i, a), "completed")->price = -85;
        }
        c->page_size = 4;
        assert_int_equal(pthread_create(&worker, NULL, tell_ends, store), 0);
        (void)run(reconcile_cold, db, c, a);
        assert_int_equal(pthread_join(worker, NULL), 0);
        for (size_t i = 0; i < RACED; i++) {
            assert_str(column(db, sid_of(i, a), "status", a), "completed");
            assert_str(column(db, sid_of(i, a), "price", a), "-0.0085");
        }
        assert_folds(db, a);
    }
}

static void one_that_cannot_be_kept_holds_up_nobody(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct db *db = test_calls_connect(store, a);
        struct company *c = company(a);

        for (size_t i = 0; i < 3; i++)
            says(c, sid_of(i, a), "completed")->is_unkept = i == 1;
        const struct outcome o = run(reconcile_recent, db, c, a);
        assert_int_equal(o.counts[RECONCILE_UNKEPT], 1);
        assert_int_equal(o.counts[RECONCILE_CHECKED], 3);
        assert_int_equal(o.counts[RECONCILE_SYNCED], 2);
        assert_str(column(db, sid_of(0, a), "status", a), "completed");
        assert_str(column(db, sid_of(1, a), "status", a), "(no such call)");
        assert_str(column(db, sid_of(2, a), "status", a), "completed");
    }
}

struct attempts {
    struct db *db;
    size_t n; /* calls that are known */
};

static void run_with_faults(void *arg)
{
    struct attempts *at = arg;
    struct arena *a = arena_create(0);
    struct company *c = company(a);
    struct engine g = engine(reconcile_cold, at->db, c);
    struct err e = {0};

    for (size_t i = 0; i < 3; i++) // which nobody has heard of
        (void)says(c, sid_of(at->n++, a), "completed");
    while (!g.done) {
        err_clear(&e);
        if (!step(&g, a, &e))
            assert_true(fault_struck());
    }
    arena_destroy(a);
}

static void a_step_that_fails_anywhere_is_taken_again(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct attempts at = {.db = test_calls_connect(store, a)};

        assert_true(test_every_fault(NULL, run_with_faults, &at) > 5);
        for (size_t i = 0; i < at.n; i++)
            assert_str(log_of(at.db, sid_of(i, a), a), "reconcile_cold");
        assert_folds(at.db, a);
    }
}

TEST_MAIN(cmocka_unit_test(a_call_whose_end_was_never_told_ends),
          cmocka_unit_test(an_answer_without_news_leaves_no_trace),
          cmocka_unit_test(a_provider_that_is_behind_takes_nothing_back),
          cmocka_unit_test(the_provider_says_how_it_ended),
          cmocka_unit_test(many_calls_are_listed_and_what_no_list_shows_is_asked_for),
          cmocka_unit_test(what_ended_in_an_outage_is_listed),
          cmocka_unit_test(few_silent_ones_among_many_are_asked_for_singly),
          cmocka_unit_test(no_more_are_asked_for_at_once_than_the_source_says),
          cmocka_unit_test(the_most_silent_is_asked_for_first),
          cmocka_unit_test(a_call_that_spoke_a_moment_ago_is_left_alone),
          cmocka_unit_test(what_the_provider_does_not_know_is_counted_and_given_up),
          cmocka_unit_test(a_day_is_walked_in_pages_and_every_step_bears_repetition),
          cmocka_unit_test(a_refused_page_is_asked_for_again),
          cmocka_unit_test(a_run_that_goes_on_later_is_as_old_as_its_window),
          cmocka_unit_test(a_cursor_that_is_none_is_refused),
          cmocka_unit_test(a_recording_that_was_not_finished_is_looked_for_again),
          cmocka_unit_test(what_lacks_its_price_gets_it),
          cmocka_unit_test(few_that_lack_something_are_asked_for_and_many_are_listed),
          cmocka_unit_test(a_call_is_compared_and_then_mended),
          cmocka_unit_test(recordings_are_looked_for_in_every_account),
          cmocka_unit_test(a_webhook_and_reconcile_race_on_each_call),
          cmocka_unit_test(one_that_cannot_be_kept_holds_up_nobody),
          cmocka_unit_test(a_step_that_fails_anywhere_is_taken_again))
