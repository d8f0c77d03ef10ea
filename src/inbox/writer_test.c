/* The writer on both engines: what is answered, and what is kept. */
#include "inbox/writer_kit.h"

static void an_event_is_stored_once(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(rig_downp) struct rig *r = rig_up(store, a);
        assert_int_equal(result_of(r, item(1, STR("k1"))), INBOX_STORED);
        assert_int_equal(result_of(r, item(1, STR("k1"))), INBOX_DUPLICATE);
        assert_int_equal(result_of(r, item(2, STR("k1"))), INBOX_STORED);
        assert_str(keys_of(r, 1), "k1");
        assert_str(keys_of(r, 2), "k1");
        assert_int_equal(stats_of(r).stored, 2);
        assert_int_equal(stats_of(r).duplicates, 1);
        assert_int_equal(stats_of(r).waiting, 0);
    }
}

static void every_field_is_kept(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(rig_downp) struct rig *r = rig_up(store, a);
        struct inbox_item full = item(1, STR("k1"));
        full.recording_sid = STR("RE1");
        full.raw_body = (struct str){"a=\0\xff", 4};
        assert_int_equal(result_of(r, full), INBOX_STORED);

        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_READ);
        struct rows *rows;
        struct err e;
        assert_ok(db_query(db, Q_INBOX_BY_ID, BINDS(bind_int("project", 1), bind_int("id", 1)), a,
                           &rows, &e),
                  &e);
        assert_true(rows_next(rows));
        assert_str(rows_str(rows, "source"), "twilio_voice");
        assert_str(rows_str(rows, "event_type"), "call-status");
        assert_str(rows_str(rows, "call_sid"), "CA1");
        assert_str(rows_str(rows, "recording_sid"), "RE1");
        assert_str(rows_str(rows, "dedupe_key"), "k1");
        assert_str(rows_str(rows, "processing_status"), "pending");
        assert_true(str_contains(rows_str(rows, "payload"), STR("CallSid")));
        assert_true(rows_time(rows, "received_at") == SECONDS(1700000000));
        assert_false(rows_next(rows));
    }
}

static void what_waits_goes_as_one_group(void **state)
{
    enum { N = LIMIT_GROUP };
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(rig_downp) struct rig *r = rig_up(store, a);
        struct gate g;
        struct sent *sent[N];
        gate_shut(&g, r, STR("first"));
        for (size_t i = 0; i < N; i++)
            sent[i] = send(r, item(1, str_fmt(a, "k%zu", i / 2))); // each key twice
        gate_open(&g);
        wait_done(r, N);
        for (size_t i = 0; i < N; i++)
            assert_int_equal(sent[i]->result, i % 2 ? INBOX_DUPLICATE : INBOX_STORED);
        assert_int_equal(stats_of(r).groups, 2);
        assert_int_equal(stats_of(r).stored, 1 + N / 2);
        gate_finish(&g);
    }
}

static void a_crowd_is_answered_completely(void **state)
{
    enum { N = 5 * LIMIT_GROUP + 7 };
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(rig_downp) struct rig *r = rig_up(store, a);
        for (size_t i = 0; i < N; i++)
            (void)send(r, item((int64_t)(1 + i % 3), str_fmt(a, "k%zu", i)));
        wait_done(r, N);
        assert_int_equal(stats_of(r).stored, N);
        assert_int_equal(stats_of(r).waiting, 0);
    }
}

static void stopping_completes_what_was_submitted(void **state)
{
    enum { N = 3000 };
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(rig_downp) struct rig *r = rig_up(store, a);
        for (size_t i = 0; i < N; i++)
            (void)send(r, item(1, str_fmt(a, "k%zu", i)));
        inbox_stop(r->inbox);
        wait_done(r, N);
        start(r);
        assert_int_equal(result_of(r, item(1, STR("k2999"))), INBOX_DUPLICATE);
    }
}

// --- one bad row ---------------------------------------------------------------------------------

enum { GROUP = 64 };

static struct inbox_item nth_item(struct rig *r, size_t i)
{
    return item(1, str_fmt(r->a, "k%zu", i));
}

/* A group of sixty-four, in which one stands for another. */
static void expect_alone(struct rig *r, size_t bad, struct inbox_item other, enum inbox_result its)
{
    struct gate g;
    struct sent *sent[GROUP];
    struct str kept = STR("first");

    gate_shut(&g, r, STR("first"));
    for (size_t i = 0; i < GROUP; i++)
        sent[i] = send(r, i == bad ? other : nth_item(r, i));
    gate_open(&g);
    wait_done(r, GROUP);
    for (size_t i = 0; i < GROUP; i++) {
        assert_int_equal(sent[i]->result, i == bad ? its : INBOX_STORED);
        if (i != bad)
            kept = str_fmt(r->a, STR_FMT " k%zu", STR_ARG(kept), i);
    }
    assert_true(str_eq(keys_of(r, 1), kept));
    assert_false(stats_of(r).store_down);
    assert_int_equal(result_of(r, item(1, STR("after"))), INBOX_STORED);
    gate_finish(&g);
}

static const size_t first_middle_last[] = {0, GROUP / 2, GROUP - 1};

static void at_each_place(void (*expect)(struct rig *r, size_t bad))
{
    for (size_t i = 0; i < LEN(first_middle_last); i++)
        TEST_STORES(store, a)
        {
            _cleanup_(rig_downp) struct rig *r = rig_up(store, a);
            expect(r, first_middle_last[i]);
        }
}

/* A column that must not be empty is. */
static void expect_refused(struct rig *r, size_t bad)
{
    struct inbox_item it = nth_item(r, bad);

    it.source = STR_NONE;
    expect_alone(r, bad, it, INBOX_REFUSED);
}

static void f008_a_bad_row_is_refused_alone(void **state)
{
    (void)state;
    at_each_place(expect_refused);
}

/* A key that must be there once is there already. */
static void expect_duplicate(struct rig *r, size_t bad)
{
    expect_alone(r, bad, item(1, STR("first")), INBOX_DUPLICATE);
}

static void f008_a_row_that_is_there_already_is_a_duplicate_alone(void **state)
{
    (void)state;
    at_each_place(expect_duplicate);
}

// --- waiting is bounded --------------------------------------------------------------------------

static void too_many_that_wait_are_turned_away(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    _cleanup_(rig_downp) struct rig *r = rig_up(test_store(STORE_SQLITE, &clock_system, a), a);
    struct gate g;

    (void)state;
    gate_shut(&g, r, STR("first"));
    const size_t room = LIMIT_INBOX_WAITING - stats_of(r).waiting;
    for (size_t i = 0; i < room; i++)
        (void)send(r, item(1, STR("k")));
    struct sent one_more = {.done = r->done, .append = {.item = item(1, STR("x"))}};
    assert_false(inbox_submit(r->inbox, &one_more.append));
    gate_open(&g);
    wait_done(r, room);
    assert_int_equal(result_of(r, item(1, STR("x"))), INBOX_STORED);
    gate_finish(&g);
}

static void who_would_wait_too_long_is_turned_away(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    _cleanup_(rig_downp) struct rig *r = rig_up(test_store(STORE_SQLITE, &clock_system, a), a);
    struct gate g;

    (void)state;
    gate_shut(&g, r, STR("first"));
    pass_time(r, INBOX_PATIENCE);
    struct sent *patient = send(r, item(1, STR("k1")));
    pass_time(r, INBOX_PATIENCE);
    pass_time(r, SECONDS(1));
    struct sent late = {.done = r->done, .append = {.item = item(1, STR("k2"))}};
    assert_false(inbox_submit(r->inbox, &late.append));
    gate_open(&g);
    wait_done(r, 1);
    assert_int_equal(patient->result, INBOX_STORED);
    gate_finish(&g);
}

TEST_MAIN(cmocka_unit_test(an_event_is_stored_once), cmocka_unit_test(every_field_is_kept),
          cmocka_unit_test(what_waits_goes_as_one_group),
          cmocka_unit_test(a_crowd_is_answered_completely),
          cmocka_unit_test(stopping_completes_what_was_submitted),
          cmocka_unit_test(f008_a_bad_row_is_refused_alone),
          cmocka_unit_test(f008_a_row_that_is_there_already_is_a_duplicate_alone),
          cmocka_unit_test(too_many_that_wait_are_turned_away),
          cmocka_unit_test(who_would_wait_too_long_is_turned_away))
