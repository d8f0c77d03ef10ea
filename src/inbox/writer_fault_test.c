/* The writer on both engines while the store is away, or anything else fails: every promise is
 * kept. */
#include "inbox/writer.h"

#include "inbox/writer_kit.h"

// --- the store is away ---------------------------------------------------------------------------

static void a_failing_group_among_many_loses_nothing(void **state)
{
    enum { N = 3 * LIMIT_GROUP };
    static const char *const points[] = {"inbox.send", "inbox.receive", "store.send",
                                         "store.receive"};
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(rig_downp) struct rig *r = rig_up(store, a);
        for (size_t p = 0; p < LEN(points); p++) {
            for (uint64_t nth = 1; nth <= 3; nth++) {
                struct gate g;
                const int64_t project = (int64_t)(100 + 10 * p + nth);
                gate_shut(&g, r, str_fmt(a, "gate %lld", (long long)project));
                fault_arm(points[p], nth, false);
                for (size_t i = 0; i < N; i++)
                    (void)send(r, item(project, str_fmt(a, "k%05zu", i)));
                gate_open(&g);
                wait_done(r, N);
                fault_disarm();
                gate_finish(&g);
                pass_time(r, SECONDS(100));
                while (result_of(r, item(1, str_fmt(a, "%zu.%d", p, (int)nth))) == INBOX_SPOOLED)
                    pass_time(r, SECONDS(100));
                assert_int_equal(keys_of(r, project).n, N * 7 - 1);
            }
        }
        assert_int_equal(stats_of(r).refused, 0);
    }
}

static void a_lost_store_sends_events_to_the_spool_and_back(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(rig_downp) struct rig *r = rig_up(store, a);
        assert_int_equal(result_of(r, item(1, STR("before"))), INBOX_STORED);
        forget(r->stored);

        fault_arm("store.send", 1, true);
        assert_int_equal(result_of(r, item(1, STR("k1"))), INBOX_SPOOLED);
        assert_true(stats_of(r).store_down);
        assert_true(stats_of(r).spool_bytes > 0);
        assert_int_equal(result_of(r, item(1, STR("before"))), INBOX_SPOOLED);
        assert_int_equal(result_of(r, item(1, STR("k2"))), INBOX_SPOOLED);
        assert_int_equal(fault_passed(), 1); // the store is left alone for a while
        fault_disarm();

        pass_time(r, SECONDS(10));
        assert_int_equal(result_of(r, item(1, STR("k3"))), INBOX_STORED);
        assert_str(keys_of(r, 1), "before k1 k2 k3");
        assert_int_equal(stats_of(r).replayed, 3);
        assert_int_equal(stats_of(r).spool_bytes, 0);
        assert_false(stats_of(r).store_down);
    }
}

static void a_store_is_asked_again_soon_and_then_ever_later(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(rig_downp) struct rig *r = rig_up(store, a);
        fault_arm("store.send", 1, false);
        assert_int_equal(result_of(r, item(1, STR("k"))), INBOX_SPOOLED);
        fault_arm("store.query", 1, true);
        usec_t wait = FIRST_RETRY_WAIT;
        for (uint64_t asked = 1; asked <= 8; asked++) {
            pass_time(r, wait - 1);
            assert_int_equal(result_of(r, item(1, str_fmt(a, "%d early", (int)asked))),
                             INBOX_SPOOLED);
            assert_int_equal(fault_passed(), asked - 1);
            pass_time(r, 1);
            assert_int_equal(result_of(r, item(1, str_fmt(a, "%d", (int)asked))), INBOX_SPOOLED);
            assert_int_equal(fault_passed(), asked);
            wait = 2 * wait < RETRY_WAIT ? 2 * wait : RETRY_WAIT;
        }
        fault_disarm();
        pass_time(r, RETRY_WAIT);
        assert_int_equal(result_of(r, item(1, STR("after"))), INBOX_STORED);
    }
}

static void a_store_that_hangs_is_asked_soon_but_its_hanging_makes_it_later(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(rig_downp) struct rig *r = rig_up(store, a);
        fault_arm("store.receive", 1, false);
        atomic_store(&r->hands.fault_takes, SECONDS(5));
        assert_int_equal(result_of(r, item(1, STR("lost"))), INBOX_SPOOLED);

        fault_arm("store.query", 1, true);
        pass_time(r, RETRY_WAIT);
        atomic_store(&r->hands.fault_takes, SECONDS(3));
        assert_int_equal(result_of(r, item(1, STR("asked"))), INBOX_SPOOLED);
        assert_int_equal(fault_passed(), 1);
        pass_time(r, SECONDS(6) - 1);
        assert_int_equal(result_of(r, item(1, STR("early"))), INBOX_SPOOLED);
        assert_int_equal(fault_passed(), 1);
        pass_time(r, 1);
        assert_int_equal(result_of(r, item(1, STR("again"))), INBOX_SPOOLED);
        assert_int_equal(fault_passed(), 2);

        fault_disarm();
        pass_time(r, RETRY_WAIT);
        assert_int_equal(result_of(r, item(1, STR("after"))), INBOX_STORED);
        assert_str(keys_of(r, 1), "lost asked early again after");
    }
}

static void a_spool_is_brought_back_though_nothing_new_comes(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(rig_downp) struct rig *r = rig_up(store, a);
        fault_arm("store.receive", 1, false);
        assert_int_equal(result_of(r, item(1, STR("k1"))), INBOX_SPOOLED);
        pass_time(r, SECONDS(10));
        wait_stored(r);
        fault_disarm();
        assert_str(keys_of(r, 1), "k1");
    }
}

static void a_spool_left_by_an_earlier_run_comes_first(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(rig_downp) struct rig *r = rig_up(store, a);
        fault_arm("store.send", 1, true);
        assert_int_equal(result_of(r, item(1, STR("k1"))), INBOX_SPOOLED);
        assert_int_equal(result_of(r, item(1, STR("k2"))), INBOX_SPOOLED);
        inbox_stop(r->inbox);
        fault_disarm();

        start(r);
        assert_int_equal(result_of(r, item(1, STR("k3"))), INBOX_STORED);
        assert_str(keys_of(r, 1), "k1 k2 k3");
    }
}

static void a_store_that_goes_again_while_the_spool_comes_back_is_given_it_anew(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(rig_downp) struct rig *r = rig_up(store, a);
        fault_arm("store.send", 1, true);
        assert_int_equal(result_of(r, item(1, STR("k1"))), INBOX_SPOOLED);
        assert_int_equal(result_of(r, item(1, STR("k2"))), INBOX_SPOOLED);
        fault_arm("store.step", 1, false);
        pass_time(r, SECONDS(10));
        assert_int_equal(result_of(r, item(1, STR("k3"))), INBOX_SPOOLED);
        assert_true(fault_struck());
        fault_disarm();
        assert_int_equal(stats_of(r).replayed, 0);

        pass_time(r, SECONDS(100));
        assert_int_equal(result_of(r, item(1, STR("k4"))), INBOX_STORED);
        assert_str(keys_of(r, 1), "k1 k2 k3 k4");
        assert_int_equal(stats_of(r).spool_bytes, 0);
    }
}

static struct inbox_item nameless(struct str account, struct str key)
{
    struct inbox_item it = item(PROJECT_UNKNOWN, key);
    it.account = account;
    return it;
}

static void before_the_store_is_there_events_are_kept_under_their_account(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(rig_downp) struct rig *r = rig_up(store, a);
        inbox_stop(r->inbox);
        r->held = true;
        start(r);
        assert_int_equal(result_of(r, nameless(STR("AC7"), STR("k1"))), INBOX_SPOOLED);
        inbox_stop(r->inbox); // and it never was: an earlier run's
        start(r);
        assert_int_equal(result_of(r, item(7, STR("k2"))), INBOX_SPOOLED);
        assert_str(keys_of(r, 7), "");
        inbox_release(r->inbox);
        wait_stored(r);
        assert_int_equal(result_of(r, nameless(STR("AC7"), STR("k3"))), INBOX_STORED);
        assert_str(keys_of(r, 7), "k1 k2 k3");
        assert_str(keys_of(r, PROJECT_UNKNOWN), "");
    }
}

static void an_account_without_a_project_is_refused_alone_and_kept_aside(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(rig_downp) struct rig *r = rig_up(store, a);
        inbox_stop(r->inbox);
        r->held = true;
        start(r);
        assert_int_equal(result_of(r, nameless(STR("AC8"), STR("k1"))), INBOX_SPOOLED);
        assert_int_equal(result_of(r, nameless(STR("AC7"), STR("k2"))), INBOX_SPOOLED);
        inbox_release(r->inbox);
        wait_stored(r);
        assert_int_equal(result_of(r, nameless(STR("AC8"), STR("k3"))), INBOX_REFUSED);
        assert_str(keys_of(r, 7), "k2");
        assert_str(keys_of(r, PROJECT_UNKNOWN), "");
        assert_int_equal(access(test_path(r->spool, "00000000000000000001.spool.corrupt", a), F_OK),
                         0);
    }
}

static void a_long_spool_comes_back_in_order_while_more_arrives(void **state)
{
    enum { N = 4 * LIMIT_GROUP };
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(rig_downp) struct rig *r = rig_up(store, a);
        fault_arm("store.send", 1, true);
        for (size_t i = 0; i < N; i++)
            (void)send(r, item(1, str_fmt(a, "k%05zu", i)));
        wait_done(r, N);
        fault_disarm();
        pass_time(r, SECONDS(10));
        for (size_t i = N; i < N + LIMIT_GROUP; i++)
            (void)send(r, item(1, str_fmt(a, "k%05zu", i)));
        wait_done(r, LIMIT_GROUP);
        while (stats_of(r).stored + stats_of(r).replayed < N + LIMIT_GROUP)
            wait_stored(r);

        struct str keys = keys_of(r, 1), key;
        for (size_t i = 0; i < N + LIMIT_GROUP; i++) {
            assert_true(cut_field(&keys, ' ', &key));
            assert_true(str_eq(key, str_fmt(a, "k%05zu", i)));
        }
        assert_int_equal(keys.n, 0);
    }
}

static void when_the_spool_fails_too_nothing_is_acknowledged(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(rig_downp) struct rig *r = rig_up(store, a);
        assert_int_equal(unlink(test_path(r->spool, "lock", a)), 0);
        assert_int_equal(rmdir(r->spool), 0);
        fault_arm("store.send", 1, true);
        assert_int_equal(result_of(r, item(1, STR("k1"))), INBOX_REFUSED);
        assert_int_equal(result_of(r, item(1, STR("k2"))), INBOX_REFUSED);
        fault_disarm();
        assert_true(stats_of(r).store_down);
        pass_time(r, SECONDS(10));
        assert_int_equal(result_of(r, item(1, STR("k3"))), INBOX_STORED);
        assert_false(stats_of(r).store_down);
        assert_str(keys_of(r, 1), "k3");
    }
}

// --- whatever fails, a promise is kept -----------------------------------------------------------

struct sweep {
    struct rig *r;
    size_t round;
};

enum { SWEEP = 3 };

static void check_promises(struct rig *r, struct sent *const *sent)
{
    const struct str keys = keys_of(r, 1);
    for (size_t i = 0; i < SWEEP; i++)
        if (sent[i]->result != INBOX_REFUSED)
            assert_true(str_contains(keys, sent[i]->append.item.dedupe_key));
}

static void attempt(void *arg)
{
    struct sweep *s = arg;
    struct rig *r = s->r;
    struct sent *sent[SWEEP];
    struct err e;

    s->round++;
    if (!inbox_start(&(struct inbox_options){.store = r->store,
                                             .clock = &r->hands.clock,
                                             .spool_path = str_from(r->spool)},
                     &r->inbox, &e)) {
        assert_true(fault_struck());
        fault_disarm(); // an outage would last
        start(r);
    }
    for (size_t i = 0; i < SWEEP; i++) {
        sent[i] = send(r, item(1, str_fmt(r->a, "<%zu.%zu>", s->round, i)));
        wait_done(r, 1);
    }
    inbox_stop(r->inbox);
    const bool struck = fault_struck();
    fault_disarm();

    start(r); // the next run finds what this one left
    assert_int_equal(result_of(r, item(1, str_fmt(r->a, "<%zu.end>", s->round))), INBOX_STORED);
    inbox_stop(r->inbox);
    check_promises(r, sent);
    if (struck) // so that the sweep sees it: disarming keeps the mark
        assert_true(fault_struck());
}

static void any_fault_leaves_the_promises_kept(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(rig_downp) struct rig *r = rig_up(store, a);
        inbox_stop(r->inbox);
        struct sweep s = {.r = r};
        assert_true(test_every_fault(NULL, attempt, &s) > 3);
        if (store_engine(store) == STORE_SQLITE) // the other one waits between tries, in real time
            assert_true(test_every_outage(NULL, 30, attempt, &s) > 3);
        start(r);
    }
}

static void a_fault_in_the_spool_leaves_the_promises_kept(void **state)
{
    static const char *const points[] = {"spool.write",    "spool.sync",   "spool.sync_dir",
                                         "spool.create",   "spool.read",   "spool.remove",
                                         "spool.truncate", "inbox.replay", "inbox.append_one"};
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    _cleanup_(rig_downp) struct rig *r = rig_up(test_store(STORE_SQLITE, &clock_system, a), a);

    (void)state;
    size_t round = 0;
    FOR_EACH_ROW (point, points) {
        bool struck = true;
        for (uint64_t nth = 1; struck; nth++, round++) {
            struct sent *sent[SWEEP];
            fault_arm("store.send", 1, false);
            assert_int_equal(result_of(r, item(1, str_fmt(a, "<%zu>", round))), INBOX_SPOOLED);
            fault_arm(*point, nth, true);
            for (size_t i = 0; i < SWEEP; i++) {
                sent[i] = send(r, item(1, str_fmt(a, "<%zu.%zu>", round, i)));
                wait_done(r, 1);
                pass_time(r, SECONDS(2));
            }
            struck = fault_struck();
            fault_disarm();
            pass_time(r, SECONDS(100));
            while (result_of(r, item(1, str_fmt(a, "<%zu.end>", round))) == INBOX_SPOOLED)
                pass_time(r, SECONDS(100));
            check_promises(r, sent);
            assert_true(str_contains(keys_of(r, 1), str_fmt(a, "<%zu>", round)));
        }
    }
}

TEST_MAIN(cmocka_unit_test(a_failing_group_among_many_loses_nothing),
          cmocka_unit_test(a_lost_store_sends_events_to_the_spool_and_back),
          cmocka_unit_test(a_store_is_asked_again_soon_and_then_ever_later),
          cmocka_unit_test(a_store_that_hangs_is_asked_soon_but_its_hanging_makes_it_later),
          cmocka_unit_test(a_spool_is_brought_back_though_nothing_new_comes),
          cmocka_unit_test(a_spool_left_by_an_earlier_run_comes_first),
          cmocka_unit_test(a_store_that_goes_again_while_the_spool_comes_back_is_given_it_anew),
          cmocka_unit_test(before_the_store_is_there_events_are_kept_under_their_account),
          cmocka_unit_test(an_account_without_a_project_is_refused_alone_and_kept_aside),
          cmocka_unit_test(a_long_spool_comes_back_in_order_while_more_arrives),
          cmocka_unit_test(when_the_spool_fails_too_nothing_is_acknowledged),
          cmocka_unit_test(any_fault_leaves_the_promises_kept),
          cmocka_unit_test(a_fault_in_the_spool_leaves_the_promises_kept))
