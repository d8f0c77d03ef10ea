/* Cold and warm runs, single calls, and what happens beside them. On both stores. */
#include <pthread.h>

#include "base/fault.h"
#include "reconcile/internal.h"
#include "reconcile/reconcile_kit.h"

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

static void says_leg(struct company *c, struct str sid, struct str parent)
{
    says(c, sid, "completed")->parent = parent;
}

/* Of two parents one stands before its legs and one behind them; of the third nothing is new but
 * what its legs tell. Nobody who watches is told of any call twice. */
static void each_call_of_a_page_is_told_once(void **state)
{
    static const struct {
        const char *sid, *log;
    } rows[] = {
        {"CA-before", "webhook reconcile_cold"},
        {"CA-behind", "webhook reconcile_cold"},
        {"CA-told", "webhook reconcile_cold inferred"},
        {"CA0", "reconcile_cold"},
        {"CA1", "reconcile_cold"},
        {"CA2", "reconcile_cold"},
        {"CA3", "reconcile_cold"},
        {"CA4", "reconcile_cold"},
        {"CA5", "reconcile_cold"},
    };

    (void)state;
    TEST_STORES(store, a)
    {
        struct db *db = test_calls_connect(store, a);
        struct company *c = company(a);

        webhook(db, STR("CA-told"), "in-progress", a);
        (void)says(c, STR("CA-told"), "completed");
        int64_t told = run(reconcile_cold, db, c, a).told;
        webhook(db, STR("CA-before"), "in-progress", a);
        webhook(db, STR("CA-behind"), "in-progress", a);
        told += 2;
        (void)says(c, STR("CA-before"), "completed");
        for (size_t i = 0; i < 6; i++)
            says_leg(c, sid_of(i, a),
                     i < 2   ? STR("CA-before")
                     : i < 4 ? STR("CA-behind")
                             : STR("CA-told"));
        (void)says(c, STR("CA-behind"), "completed");
        const struct outcome o = run(reconcile_cold, db, c, a);
        assert_int_equal(o.told - told, LEN(rows));
        assert_int_equal(o.counts[RECONCILE_SYNCED], 2 + 6);
        FOR_EACH_ROW (row, rows)
            assert_row(str_eq(log_of(db, str_from(row->sid), a), str_from(row->log)), row->sid);
        assert_int_equal(run(reconcile_cold, db, c, a).counts[RECONCILE_SYNCED], 0);
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
        {"a list below zero", "{" BEGAN ",\"phase\":0,\"list\":-1}"},
        {"a list that may have pages below zero",
         "{" BEGAN ",\"phase\":0,\"list\":1,\"pages\":-1}"},
        {"what no list has shown is no list",
         "{" BEGAN ",\"phase\":0,\"list\":1,\"unseen\":\"CA1\"}"},
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

/* Calls with the longest names that there are, more than a cursor takes. */
static void a_cursor_takes_so_many_calls_and_no_more(void **state)
{
    enum { CALLS = 25000 };
    struct arena *a = arena_create(0);
    struct str *sids = arena_new(a, struct str, CALLS), text;
    struct reconcile_cursor c = {
        .began = test_calls_now, .from = TIME_NONE, .to = TIME_NONE, .next = STR_NONE, .list = 1};
    struct err e = {0};

    (void)state;
    for (size_t i = 0; i < CALLS; i++)
        sids[i] = str_fmt(a, "CA%032zu", i);
    assert_int_equal(reconcile_cursor_room(sids, CALLS), CALLS);
    for (size_t i = 0; i < CALLS; i++)
        sids[i] = str_fmt(a, "%064zu", i);
    c.ask = sids;
    c.n_ask = reconcile_cursor_room(sids, CALLS);
    assert_true(c.n_ask < CALLS && c.n_ask > CALLS / 2);
    assert_ok(reconcile_cursor_text(&c, a, &text, &e), &e);
    c.n_ask = CALLS;
    assert_refused(reconcile_cursor_text(&c, a, &text, &e), &e, ERR_LIMIT);
    arena_destroy(a);
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

/* What one call is asked about with. */
struct desk {
    struct db *db;
    struct company *c;
    usec_t now;
    struct clock clock;
    struct reconcile_source source;
    struct reconcile_step s;
};

static void desk_init(struct desk *d, struct store *store, struct arena *a)
{
    d->db = test_calls_connect(store, a);
    d->c = company(a);
    d->now = test_calls_now;
    d->clock = clock_fixed(&d->now);
    d->source =
        (struct reconcile_source){.provider = STR("twilio"), .get = get, .list = list, .arg = d->c};
    d->s = (struct reconcile_step){.db = d->db,
                                   .project = 1,
                                   .source = &d->source,
                                   .rules = call_rules_same(&rules),
                                   .clock = &d->clock,
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
        struct desk d;
        struct reconcile_comparison compared;
        struct err e = {0};
        bool found;

        desk_init(&d, store, a);
        webhook(d.db, STR("CA1"), "in-progress", a);
        struct theirs *t = says(d.c, STR("CA1"), "completed");
        t->price = -85;
        t->recorded = true;
        assert_ok(reconcile_compare(&d.s, STR("CA1"), &compared, &e), &e);
        assert_true(compared.known_here && compared.known_there);
        assert_str(field_of(&compared, "status")->ours, "in-progress");
        assert_str(field_of(&compared, "status")->theirs, "completed");
        assert_true(field_of(&compared, "status")->mends);
        assert_str(field_of(&compared, "price")->theirs, "-0.0085 USD");
        assert_str(field_of(&compared, "recordings")->ours, "0");
        assert_str(field_of(&compared, "recordings")->theirs, "1");
        assert_false(field_of(&compared, "start_time")->differs);
        assert_str(log_of(d.db, STR("CA1"), a), "webhook"); // comparing has changed nothing

        assert_ok(reconcile_call(&d.s, STR("CA1"), &found, &e), &e);
        assert_true(found);
        assert_str(column(d.db, STR("CA1"), "status", a), "completed");
        assert_str(column(d.db, STR("CA1"), "recording_url", a), "https://example.com/RE1");
        assert_ok(reconcile_compare(&d.s, STR("CA1"), &compared, &e), &e);
        assert_int_equal(compared.drift, 0);

        t->status = "in-progress"; // and now it is behind us
        assert_ok(reconcile_compare(&d.s, STR("CA1"), &compared, &e), &e);
        assert_true(field_of(&compared, "status")->differs);
        assert_false(field_of(&compared, "status")->mends);

        assert_ok(reconcile_compare(&d.s, STR("CA2"), &compared, &e), &e);
        assert_false(compared.known_there);
        assert_ok(reconcile_call(&d.s, STR("CA2"), &found, &e), &e);
        assert_false(found);
    }
}

/* Notes what it is told, or cannot. */
struct book {
    int n;
    bool is_full;
    int64_t counts[RECONCILE_COUNT_COUNT];
};

static bool write_down(const int64_t *counts, void *arg, struct err *e)
{
    struct book *book = arg;

    book->n++;
    memcpy(book->counts, counts, sizeof book->counts);
    return !book->is_full || err_set(e, ERR_UNAVAILABLE, "the book is full");
}

static void nothing_is_mended_that_is_not_written_down(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct desk d;
        struct book book = {.is_full = true};
        struct err e = {0};
        bool found;

        desk_init(&d, store, a);
        d.s.on_mending = write_down;
        d.s.mending_arg = &book;
        webhook(d.db, STR("CA1"), "in-progress", a);
        (void)says(d.c, STR("CA1"), "completed");
        assert_refused(reconcile_call(&d.s, STR("CA1"), &found, &e), &e, ERR_UNAVAILABLE);
        assert_str(column(d.db, STR("CA1"), "status", a), "in-progress");
        assert_int_equal(d.s.counts[RECONCILE_SYNCED], 0);

        book.is_full = false;
        for (int i = 0; i < 2; i++) { // the second time there is no news
            assert_ok(reconcile_call(&d.s, STR("CA1"), &found, &e), &e);
            assert_int_equal(book.n, 2);
        }
        assert_str(column(d.db, STR("CA1"), "status", a), "completed");
        assert_int_equal(book.counts[RECONCILE_SYNCED], 1);
        assert_int_equal(book.counts[RECONCILE_DRIFT_STATUS], 1);
        assert_int_equal(d.s.counts[RECONCILE_SYNCED], 1);
    }
}

/* With several accounts, one page after the other is of one of them. */
static void recordings_are_looked_for_in_every_account(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct desk d;
        struct err e = {0};
        bool found;

        desk_init(&d, store, a);
        says(d.c, STR("CA1"), "completed")->recorded = true;
        d.c->is_elsewhere = true;
        assert_ok(reconcile_call(&d.s, STR("CA1"), &found, &e), &e);
        assert_str(column(d.db, STR("CA1"), "recording_url", a), "https://example.com/RE1");
        assert_int_equal(d.s.counts[RECONCILE_REQUESTS], 1 + 2);
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

TEST_MAIN(cmocka_unit_test(a_day_is_walked_in_pages_and_every_step_bears_repetition),
          cmocka_unit_test(each_call_of_a_page_is_told_once),
          cmocka_unit_test(a_refused_page_is_asked_for_again),
          cmocka_unit_test(a_run_that_goes_on_later_is_as_old_as_its_window),
          cmocka_unit_test(a_cursor_that_is_none_is_refused),
          cmocka_unit_test(a_cursor_takes_so_many_calls_and_no_more),
          cmocka_unit_test(a_recording_that_was_not_finished_is_looked_for_again),
          cmocka_unit_test(what_lacks_its_price_gets_it),
          cmocka_unit_test(few_that_lack_something_are_asked_for_and_many_are_listed),
          cmocka_unit_test(a_call_is_compared_and_then_mended),
          cmocka_unit_test(nothing_is_mended_that_is_not_written_down),
          cmocka_unit_test(recordings_are_looked_for_in_every_account),
          cmocka_unit_test(a_webhook_and_reconcile_race_on_each_call),
          cmocka_unit_test(one_that_cannot_be_kept_holds_up_nobody),
          cmocka_unit_test(a_step_that_fails_anywhere_is_taken_again))
