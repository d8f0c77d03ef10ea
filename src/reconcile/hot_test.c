/* Hot runs: calls whose end was never told. On both stores. */
#include "reconcile/reconcile_kit.h"

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
    enum { CALLS = 100, ENDED = 2 };

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

enum { LISTED = 100, FEW = 2, MANY = 90 };

static struct company *listed_company(struct db *db, size_t n_ended, struct arena *a)
{
    struct company *c = company(a);

    webhooks(db, LISTED, "in-progress", a);
    for (size_t i = 0; i < LISTED; i++)
        (void)says(c, sid_of(i, a), i < n_ended ? "completed" : "in-progress");
    c->page_size = 60;
    return c;
}

/* However many have ended meanwhile: they are listed by when they began, all but those that began
 * otherwise than we think. One that has been stuck for days makes no list of days. */
static void what_ended_in_an_outage_is_listed(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct db *db = test_calls_connect(store, a);
        struct company *c = listed_company(db, MANY, a);

        c->calls[0].start -= HOURS(1);
        webhook_at(db, STR("CA-stuck"), "in-progress", test_calls_now - HOURS(40), a);
        const struct outcome o = run(reconcile_hot, db, c, a);
        assert_int_equal(c->lists, 1 + 1 + 1 + 2); // queued, ringing, in-progress, what began then
        assert_true(c->from > test_calls_now - HOURS(1));
        assert_int_equal(c->gets, 2);
        assert_int_equal(o.counts[RECONCILE_DRIFT_STATUS], MANY);
        assert_int_equal(o.counts[RECONCILE_UNKNOWN], 1);
        assert_int_equal(o.expected, o.counts[RECONCILE_CHECKED] + 1);
        for (size_t i = 0; i < MANY; i++)
            assert_str(log_of(db, sid_of(i, a), a), "webhook reconcile_hot");
        assert_folds(db, a);
    }
}

/* Parents and their legs have all ended on one page, and each is one change. */
static void legs_that_ended_in_an_outage_are_told_once(void **state)
{
    enum { PAIRS = 20 };

    (void)state;
    TEST_STORES(store, a)
    {
        struct db *db = test_calls_connect(store, a);
        struct company *c = company(a);

        webhooks(db, 2 * PAIRS, "in-progress", a);
        for (size_t i = 0; i < PAIRS; i++) {
            (void)says(c, sid_of(i, a), "completed");
            says(c, sid_of(PAIRS + i, a), "completed")->parent = sid_of(i, a);
        }
        const struct outcome o = run(reconcile_hot, db, c, a);
        assert_int_equal(c->gets, 0);
        assert_int_equal(o.told, 2 * PAIRS + 2 * PAIRS); // with what the webhooks told
        for (size_t i = 0; i < 2 * PAIRS; i++)
            assert_str(log_of(db, sid_of(i, a), a), "webhook reconcile_hot");
        assert_folds(db, a);
    }
}

/* Each step is another process, and each page is refused before it comes. */
static void a_run_that_is_interrupted_after_each_page_asks_for_none_twice(void **state)
{
    static const struct {
        const char *label;
        int64_t ended, lists, gets;
    } rows[] = {
        {"few have ended", FEW, 1 + 1 + 2, FEW},
        {"many have ended", MANY, 1 + 1 + 1 + 2, 0},
    };

    (void)state;
    FOR_EACH_ROW (row, rows)
        TEST_STORES(store, a)
        {
            struct db *db = test_calls_connect(store, a);
            struct company *c = listed_company(db, (size_t)row->ended, a);
            struct engine g = engine(reconcile_hot, db, c);

            while (!g.done && c->lists <= row->lists) {
                const int64_t lists = c->lists;
                struct err e = {0};
                c->fail = 1;
                if (step(&g, a, &e))
                    continue; // it had nothing to ask for
                assert_row(e.code == ERR_UNAVAILABLE, row->label);
                err_clear(&e);
                assert_ok(step(&g, a, &e), &e);
                assert_row(c->lists == lists + 1 || (c->gets > 0 && c->lists == lists), row->label);
            }
            assert_row(c->lists == row->lists && c->gets == row->gets, row->label);
            assert_row(g.o.counts[RECONCILE_DRIFT_STATUS] == row->ended, row->label);
            assert_row(g.o.counts[RECONCILE_CHECKED] == g.o.expected, row->label);
            assert_int_equal(g.o.counts[RECONCILE_LEFT], 0);
            assert_folds(db, a);
        }
}

/* What the version before knows is the phase and `ask`: at a list it finds nothing to ask for, and
 * begins anew. */
static void a_cursor_says_to_the_version_before_what_is_so(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct db *db = test_calls_connect(store, a);
        struct company *c = listed_company(db, FEW, a);
        struct engine g = engine(reconcile_hot, db, c);
        struct err e = {0};

        for (int i = 1; i < 1 + 1 + 2; i++) { // all pages but the last
            assert_ok(step(&g, a, &e), &e);
            assert_true(str_contains(g.cursor, STR("\"phase\":0")));
            assert_false(str_contains(g.cursor, STR("\"ask\"")));
        }
        assert_ok(step(&g, a, &e), &e);
        assert_true(str_contains(g.cursor, STR("\"phase\":1")));
        assert_true(str_contains(g.cursor, STR("\"ask\"")));
        assert_false(str_contains(g.cursor, STR("\"list\"")));
    }
}

static void a_cursor_of_the_version_before_goes_on(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct db *db = test_calls_connect(store, a);
        struct company *c = listed_company(db, FEW, a);
        struct engine g = engine(reconcile_hot, db, c);
        struct err e = {0};

        g.cursor = STR("{\"phase\":1,\"began\":\"2026-01-01T00:00:00Z\",\"ask\":[\"CA1\"]}");
        assert_ok(step(&g, a, &e), &e);
        assert_true(g.done);
        assert_int_equal(c->lists, 0);
        assert_int_equal(c->gets, 1);
        assert_str(column(db, STR("CA1"), "status", a), "completed");
        g.cursor = STR("{\"phase\":0,\"began\":\"2026-01-01T00:00:00Z\",\"list\":9,\"pages\":1}");
        assert_refused(step(&g, a, &e), &e, ERR_INTERNAL); // of a later one: the run begins anew
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

/* The provider knows none of them any more. */
static void what_is_too_much_for_one_run_is_counted_as_left(void **state)
{
    enum { MOST = 5000, CALLS = MOST + 10 };

    (void)state;
    TEST_STORES(store, a)
    {
        struct db *db = test_calls_connect(store, a);
        struct company *c = company(a);

        webhooks(db, CALLS, "in-progress", a);
        const struct outcome o = run(reconcile_hot, db, c, a);
        assert_int_equal(c->gets, MOST);
        assert_int_equal(o.counts[RECONCILE_UNKNOWN], MOST);
        assert_int_equal(o.counts[RECONCILE_LEFT], CALLS - MOST);
        assert_int_equal(o.expected, MOST);
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

TEST_MAIN(cmocka_unit_test(a_call_whose_end_was_never_told_ends),
          cmocka_unit_test(an_answer_without_news_leaves_no_trace),
          cmocka_unit_test(a_provider_that_is_behind_takes_nothing_back),
          cmocka_unit_test(the_provider_says_how_it_ended),
          cmocka_unit_test(many_calls_are_listed_and_what_no_list_shows_is_asked_for),
          cmocka_unit_test(what_ended_in_an_outage_is_listed),
          cmocka_unit_test(legs_that_ended_in_an_outage_are_told_once),
          cmocka_unit_test(a_run_that_is_interrupted_after_each_page_asks_for_none_twice),
          cmocka_unit_test(a_cursor_says_to_the_version_before_what_is_so),
          cmocka_unit_test(a_cursor_of_the_version_before_goes_on),
          cmocka_unit_test(few_silent_ones_among_many_are_asked_for_singly),
          cmocka_unit_test(no_more_are_asked_for_at_once_than_the_source_says),
          cmocka_unit_test(the_most_silent_is_asked_for_first),
          cmocka_unit_test(what_is_too_much_for_one_run_is_counted_as_left),
          cmocka_unit_test(a_call_that_spoke_a_moment_ago_is_left_alone),
          cmocka_unit_test(what_the_provider_does_not_know_is_counted_and_given_up))
