/* Whose rows are whose: a lease that is renewed, is lost, or was written by a clock that is wrong.
 */
#include "queue/claim_kit.h"

/* As if the worker's lease had run out. On PostgreSQL the time is the database's. */
static void lose_lease(struct bench *b, struct worker *w)
{
    struct err e = {0};

    if (b->t->engine == STORE_SQLITE)
        b->now += b->q.o.policy.lease + 1;
    else
        assert_ok(db_exec(w->db, Q_QUEUE_LEASE_DROP,
                          BINDS(bind_str("token", str_from(atomic_load(&w->token)))), NULL, &e),
                  &e);
}

static void renew(struct bench *b, struct worker *w)
{
    struct err e = {0};

    assert_ok(db_exec(w->db, Q_QUEUE_LEASE_RENEW,
                      BINDS(bind_str("token", str_from(atomic_load(&w->token))),
                            bind_time("now", b->now), bind_int("lease_us", b->q.o.policy.lease)),
                      NULL, &e),
              &e);
}

static void f024_who_lost_the_lease_changes_nothing(void **state)
{
    (void)state;
    TEST_BENCHES(b)
    {
        append_lanes(b, "abc");
        const struct claim lost = take(b, b->first, FRESH);
        reap(b->second); // the lease is good: nothing happens
        expect_ids(b, take(b, b->second, FRESH), "");
        expect_ids(b, take(b, b->second, TRIED), "");

        lose_lease(b, b->first);
        reap(b->second);
        assert_true(str_contains(test_inbox_row(b->t, 1), STR("\"processing_status\":\"failed\"")));
        const struct claim stolen = take(b, b->second, TRIED);
        expect_ids(b, stolen, "1");
        assert_int_equal(stolen.rows[0].attempts, 2); // the one that was cut short is counted
        assert_false(conclude(b, b->first, lost, done));
        assert_false(conclude(b, b->first, lost, (struct queue_verdict){QUEUE_RETRY, STR("x")}));
        assert_false(conclude(b, b->first, lost, (struct queue_verdict){QUEUE_BURY, STR("x")}));
        assert_true(conclude(b, b->second, stolen, done));
        assert_int_equal(test_inbox_count(b->t, "completed"), 1);
        assert_int_equal(test_inbox_count(b->t, "failed"), 2);
    }
}

static void one_row_that_is_not_ours_fences_the_batch(void **state)
{
    (void)state;
    TEST_BENCHES(b)
    {
        append_lanes(b, "abc");
        const struct claim c = take(b, b->first, FRESH);
        test_inbox_sql(b->t, "UPDATE webhook_inbox SET claim_token = 'thief' WHERE id = 2");
        assert_false(conclude(b, b->first, c, done));
        assert_int_equal(test_inbox_count(b->t, "processing"), 3);
    }
}

/* This row of the worker's, and no other. */
static void steal(struct bench *b, const struct worker *from, int64_t id)
{
    const struct str sql = str_fmt(
        b->t->a,
        "UPDATE webhook_inbox SET claim_token = CASE WHEN id = %lld THEN 'thief' ELSE '%s' END",
        (long long)id, atomic_load(&from->token));

    test_inbox_sql(b->t, sql.p);
}

/* Row by row, so that each of the three statements finds the theft. */
static void one_row_that_is_not_ours_fences_all_verdicts(void **state)
{
    (void)state;
    TEST_BENCHES(b)
    {
        struct queue_verdict each[] = {
            done, {QUEUE_RETRY, STR("the line was busy")}, {QUEUE_BURY, STR("no such call")}};
        append_lanes(b, "abc");
        const struct claim c = take(b, b->first, FRESH);
        for (int64_t id = 1; id <= 3; id++) {
            steal(b, b->first, id);
            assert_false(conclude_each(b, b->first, c, each));
        }
        steal(b, b->first, 0);
        assert_true(conclude_each(b, b->first, c, each));
    }
}

static void f024_a_renewed_lease_holds(void **state)
{
    (void)state;
    TEST_BENCHES(b)
    {
        append_lanes(b, "a");
        const struct claim c = take(b, b->first, FRESH);
        for (int i = 0; i < 5; i++) {
            b->now += b->q.o.policy.lease / 2;
            renew(b, b->first);
            reap(b->second);
        }
        assert_true(conclude(b, b->first, c, done));
    }
}

static void a_claim_renews_the_lease_now_and_then(void **state)
{
    (void)state;
    TEST_BENCHES(b)
    {
        append_lanes(b, "a");
        b->first->leased_at = take(b, b->first, FRESH).leased_at;
        assert_int_equal(b->first->leased_at, b->up);
        append_lanes(b, "b");
        assert_int_equal(take(b, b->first, FRESH).leased_at, 0);
        b->up += b->q.o.policy.lease / 3;
        append_lanes(b, "c");
        assert_int_equal(take(b, b->first, FRESH).leased_at, b->up);
        worker_take_name(b->first); // which has none
        append_lanes(b, "d");
        assert_int_equal(take(b, b->first, FRESH).leased_at, b->up);
    }
}

static void what_a_nameless_worker_left_is_anybodys(void **state)
{
    (void)state;
    TEST_BENCHES(b)
    {
        struct err e = {0};
        append_lanes(b, "a");
        take(b, b->first, FRESH);
        assert_ok(db_exec(b->first->db, Q_QUEUE_LEASE_DROP,
                          BINDS(bind_str("token", str_from(atomic_load(&b->first->token)))), NULL,
                          &e),
                  &e);
        worker_take_name(b->first);
        reap(b->first);
        expect_ids(b, take(b, b->first, TRIED), "1");
    }
}

/* F090: whatever stands in the store with a time was written by a clock that may since have been
 * set back; it must not wait for that time to come again. */
static void a_clock_that_is_set_back_holds_nothing_up(void **state)
{
    (void)state;
    TEST_BENCHES(b)
    {
        append_lanes(b, "ab");
        const struct claim c = take(b, b->first, FRESH);
        assert_true(conclude(b, b->first, c, (struct queue_verdict){QUEUE_RETRY, STR("busy")}));
        b->now -= HOURS(1);
        expect_ids(b, take(b, b->second, TRIED), "");
        reap(b->second);
        expect_ids(b, take(b, b->second, TRIED), "1");
        if (b->t->engine == STORE_SQLITE) { // PostgreSQL's leases live by its own clock
            b->now -= HOURS(1);
            reap(b->first);
            expect_ids(b, take(b, b->first, TRIED), "1"); // the lease was cut short
        }
    }
}

/* F091: a small step is no reason to take work away. */
static void a_clock_that_steps_back_leaves_leases_alone(void **state)
{
    (void)state;
    TEST_BENCHES(b)
    {
        append_lanes(b, "a");
        const struct claim c = take(b, b->first, FRESH);
        b->now -= SECONDS(2);
        reap(b->second);
        assert_true(conclude(b, b->first, c, done));
    }
}

TEST_MAIN(cmocka_unit_test(f024_who_lost_the_lease_changes_nothing),
          cmocka_unit_test(one_row_that_is_not_ours_fences_the_batch),
          cmocka_unit_test(one_row_that_is_not_ours_fences_all_verdicts),
          cmocka_unit_test(f024_a_renewed_lease_holds),
          cmocka_unit_test(a_claim_renews_the_lease_now_and_then),
          cmocka_unit_test(what_a_nameless_worker_left_is_anybodys),
          cmocka_unit_test(a_clock_that_is_set_back_holds_nothing_up),
          cmocka_unit_test(a_clock_that_steps_back_leaves_leases_alone))
