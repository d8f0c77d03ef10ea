/* What a claim takes, and what a conclusion writes. */
#include "queue/claim_kit.h"

#include "base/fault.h"

static void put_back(struct bench *b, int64_t id)
{
    struct err e = {0};

    assert_ok(db_exec(b->first->db, Q_INBOX_REPROCESS,
                      BINDS(bind_int("project", b->t->project), bind_int("id", id),
                            bind_time("now", b->now)),
                      NULL, &e),
              &e);
}

static void f021_a_lane_has_one_worker_at_a_time(void **state)
{
    (void)state;
    TEST_BENCHES(b)
    {
        b->q.o.policy.batch = 3;
        append_lanes(b, "aabab");
        const struct claim c = take(b, b->first, FRESH);
        expect_ids(b, c, "1 2 3");
        append_lanes(b, "c");
        expect_ids(b, take(b, b->second, FRESH), "6"); // 4 and 5 wait for their lanes
        assert_true(conclude(b, b->first, c, done));
        expect_ids(b, take(b, b->second, FRESH), "4 5");
        expect_ids(b, take(b, b->first, FRESH), "");
    }
}

/* Gives the rows from this id on to another project. */
static void give_to(struct bench *b, int64_t project, int64_t from)
{
    test_inbox_sql(b->t,
                   str_fmt(b->t->a, "UPDATE webhook_inbox SET project_id = %lld WHERE id >= %lld",
                           (long long)project, (long long)from)
                       .p);
}

static void many_rows_of_one_project_keep_no_other_waiting(void **state)
{
    (void)state;
    TEST_BENCHES(b)
    {
        b->q.o.policy.batch = 4;
        append_lanes(b, "abcdefgh");
        append_lanes(b, "ij");
        give_to(b, b->t->project + 7, 9);
        append_lanes(b, "k");
        give_to(b, b->t->project + 9, 11);

        const struct claim first = take(b, b->first, FRESH); // two of each
        expect_ids(b, first, "1 2 9 10 11");
        assert_true(first.more);
        expect_ids(b, take(b, b->second, FRESH), "3 4 5 6"); // nobody else has any
        append_lanes(b, "l");
        give_to(b, b->t->project + 7, 12);
        expect_ids(b, take(b, b->second, FRESH), "7 8 12");
        const struct claim last = take(b, b->second, FRESH);
        assert_true(last.n == 0 && !last.more);
    }
}

static void a_batch_is_short_while_rows_come_in(void **state)
{
    (void)state;
    TEST_BENCHES(b)
    {
        b->q.o.policy.batch = 5;
        b->q.o.policy.short_batch = 2;
        append_lanes(b, "abcdefghijklmn");
        expect_ids(b, take(b, b->first, FRESH), "1 2 3 4 5"); // and nobody has come yet
        atomic_store(&b->q.woken_at, b->up);
        expect_ids(b, take(b, b->first, FRESH), "6 7");
        b->up += SECONDS(1);
        expect_ids(b, take(b, b->first, FRESH), "8 9 10 11 12");
        b->q.o.policy.short_batch = 0;
        atomic_store(&b->q.woken_at, b->up);
        expect_ids(b, take(b, b->first, FRESH), "13 14");
    }
}

static void more_projects_than_a_batch_has_room_for_take_turns(void **state)
{
    (void)state;
    TEST_BENCHES(b)
    {
        b->q.o.policy.batch = 2;
        append_lanes(b, "aabbccddee");
        for (int64_t i = 1; i < 5; i++)
            give_to(b, b->t->project + i, 2 * i + 1);
        static const char *const turns[] = {"1 3", "5 7", "9 10", "2 4", "6 8"};
        FOR_EACH_ROW (turn, turns) {
            const struct claim c = take(b, b->first, FRESH);
            expect_ids(b, c, *turn);
            assert_true(c.n == 0 || conclude(b, b->first, c, done));
        }
        expect_ids(b, take(b, b->first, FRESH), "");
    }
}

static void a_claimed_row_tells_what_it_is(void **state)
{
    (void)state;
    TEST_BENCHES(b)
    {
        append_lanes(b, "a");
        const struct claim c = take(b, b->first, FRESH);
        assert_int_equal(c.n, 1);
        assert_int_equal(c.rows[0].project, b->t->project);
        assert_int_equal(c.rows[0].attempts, 1);
        assert_int_equal(c.rows[0].received_at, SECONDS(1800000000));
        assert_str(c.rows[0].lane, "a");
        assert_str(c.rows[0].provider, "twilio");
        assert_str(c.rows[0].event_type, "call-status");
        assert_str(c.rows[0].call_sid, "a");
        assert_str(c.rows[0].payload, "{}");
        assert_true(str_is_none(c.rows[0].trace_id));
    }
}

static void a_failed_row_waits_for_its_time(void **state)
{
    (void)state;
    TEST_BENCHES(b)
    {
        const struct queue_verdict again = {QUEUE_RETRY, STR("the line was busy")};
        append_lanes(b, "a");
        assert_true(conclude(b, b->first, take(b, b->first, FRESH), again));
        assert_true(str_contains(test_inbox_row(b->t, 1), STR("\"error\":\"the line was busy\"")));
        expect_ids(b, take(b, b->first, FRESH), "");
        b->now += b->q.o.policy.first_wait / 2 - 1;
        expect_ids(b, take(b, b->first, TRIED), "");
        b->now += b->q.o.policy.first_wait / 2 + 1;
        const struct claim c = take(b, b->first, TRIED);
        expect_ids(b, c, "1");
        assert_int_equal(c.rows[0].attempts, 2);
        assert_true(conclude(b, b->first, c, done));
        assert_true(str_contains(test_inbox_row(b->t, 1), STR("\"error\":null")));
    }
}

static void a_clock_that_goes_back_keeps_no_new_row_waiting(void **state)
{
    (void)state;
    TEST_BENCHES(b)
    {
        append_lanes(b, "ab");
        b->now = SECONDS(1000000000);
        expect_ids(b, take(b, b->first, FRESH), "1 2");
    }
}

/* F056: what is long done is not walked over at each claim; what was put back there is found all
 * the same. */
static void a_claim_starts_behind_what_is_done(void **state)
{
    (void)state;
    TEST_BENCHES(b)
    {
        append_lanes(b, "a");
        const struct claim first = take(b, b->first, FRESH);
        assert_true(conclude(b, b->first, first, (struct queue_verdict){QUEUE_BURY, STR("no")}));
        b->q.gaze.look_back_at = HOURS(1);
        for (const char *lane = "bc"; *lane; lane++) {
            b->up += SECONDS(1);
            append_lanes(b, (const char[]){*lane, 0});
            assert_true(conclude(b, b->first, take(b, b->first, FRESH), done));
        }
        assert_int_equal(b->q.gaze.from, 1);
        put_back(b, 1);
        expect_ids(b, take(b, b->first, FRESH), "");
        b->up = HOURS(1);
        expect_ids(b, take(b, b->first, FRESH), "1");
    }
}

static void spent_attempts_bury(void **state)
{
    (void)state;
    TEST_BENCHES(b)
    {
        const struct queue_verdict again = {QUEUE_RETRY, STR("still busy")};
        append_lanes(b, "a");
        assert_true(conclude(b, b->first, take(b, b->first, FRESH), again));
        for (int64_t i = 2; i <= b->q.o.policy.max_attempts; i++) {
            b->now += b->q.o.policy.last_wait;
            const struct claim c = take(b, b->first, TRIED);
            assert_int_equal(c.rows[0].attempts, i);
            assert_true(conclude(b, b->first, c, again));
        }
        b->now += b->q.o.policy.last_wait;
        expect_ids(b, take(b, b->first, TRIED), "");
        assert_int_equal(test_inbox_count(b->t, "dead_letter"), 1);
        assert_true(str_contains(test_inbox_row(b->t, 1), STR("\"error\":\"still busy\"")));
    }
}

static void f026_waits_double_up_to_the_last_and_half_of_them_is_chance(void **state)
{
    const struct queue_policy *p = &queue_policy_default;
    struct rng rng = rng_seeded(3), same = rng_seeded(3);
    bool all_equal = true;

    (void)state;
    for (int64_t attempts = 1; attempts <= 40; attempts++) {
        const usec_t whole = attempts < 13 ? p->first_wait << (attempts - 1) : p->last_wait;
        for (int i = 0; i < 50; i++) {
            const usec_t wait = retry_wait(p, attempts, &rng);
            assert_true(wait >= whole / 2 && wait <= whole);
            assert_int_equal(wait, retry_wait(p, attempts, &same));
            all_equal = all_equal && wait == whole / 2;
        }
    }
    assert_false(all_equal);
}

static void failures_are_reported_and_leave_nothing_behind(void **state)
{
    (void)state;
    TEST_BENCHES(b)
    {
        struct queue_verdict v = done;
        struct err e = {0};
        struct claim c;
        bool held;
        append_lanes(b, "a");
        fault_arm("queue.claim", 1, false);
        assert_ok(db_begin(b->first->db, &e), &e);
        assert_refused(claim_take(b->first, FRESH, b->t->a, &c, &e), &e, ERR_UNAVAILABLE);
        db_rollback(b->first->db);
        c = take(b, b->first, FRESH);
        struct queue_batch batch = {
            .db = b->first->db, .rows = c.rows, .n = c.n, .a = b->t->a, .verdicts = &v};
        fault_arm("queue.conclude", 1, false);
        assert_ok(db_begin(b->first->db, &e), &e);
        assert_refused(claim_conclude(b->first, &batch, &held, &e), &e, ERR_UNAVAILABLE);
        db_rollback(b->first->db);
        fault_disarm();
        assert_true(conclude(b, b->first, c, done));
    }
}

/* Three statements, one for each verdict: none is passed over. */
static void a_verdict_that_is_not_written_fails_the_batch(void **state)
{
    (void)state;
    TEST_BENCHES(b)
    {
        struct queue_verdict each[] = {
            done, {QUEUE_RETRY, STR("the line was busy")}, {QUEUE_BURY, STR("no such call")}};
        struct err e = {0};
        bool held;
        append_lanes(b, "abc");
        const struct claim c = take(b, b->first, FRESH);
        const struct queue_batch batch = {
            .db = b->first->db, .rows = c.rows, .n = c.n, .a = b->t->a, .verdicts = each};
        for (uint64_t nth = 1; nth <= LEN(each); nth++) {
            fault_arm("store.exec", nth, false);
            assert_ok(db_begin(b->first->db, &e), &e);
            assert_refused(claim_conclude(b->first, &batch, &held, &e), &e, ERR_UNAVAILABLE);
            db_rollback(b->first->db);
            err_clear(&e);
        }
        fault_disarm();
        assert_true(conclude_each(b, b->first, c, each));
    }
}

/* Nobody is left behind the last of those that were taken: the look from the start may fail. */
static void a_second_look_around_that_fails_is_told(void **state)
{
    enum { LOCK = 1, LOOK, LOOK_AGAIN };

    (void)state;
    TEST_BENCHES(b)
    {
        struct err e = {0};
        struct claim c;
        b->q.o.policy.batch = 1;
        append_lanes(b, "ab");
        expect_ids(b, take(b, b->first, FRESH), "1");
        fault_arm("store.query", LOOK_AGAIN, false);
        assert_ok(db_begin(b->first->db, &e), &e);
        assert_refused(claim_take(b->first, FRESH, b->t->a, &c, &e), &e, ERR_UNAVAILABLE);
        db_rollback(b->first->db);
        fault_disarm();
        expect_ids(b, take(b, b->first, FRESH), "2");
    }
}

TEST_MAIN(cmocka_unit_test(f021_a_lane_has_one_worker_at_a_time),
          cmocka_unit_test(many_rows_of_one_project_keep_no_other_waiting),
          cmocka_unit_test(a_batch_is_short_while_rows_come_in),
          cmocka_unit_test(more_projects_than_a_batch_has_room_for_take_turns),
          cmocka_unit_test(a_claimed_row_tells_what_it_is),
          cmocka_unit_test(a_failed_row_waits_for_its_time),
          cmocka_unit_test(a_clock_that_goes_back_keeps_no_new_row_waiting),
          cmocka_unit_test(a_claim_starts_behind_what_is_done),
          cmocka_unit_test(spent_attempts_bury),
          cmocka_unit_test(f026_waits_double_up_to_the_last_and_half_of_them_is_chance),
          cmocka_unit_test(failures_are_reported_and_leave_nothing_behind),
          cmocka_unit_test(a_verdict_that_is_not_written_fails_the_batch),
          cmocka_unit_test(a_second_look_around_that_fails_is_told))
