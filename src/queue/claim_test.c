/* Claims and conclusions, one statement at a time: two workers by hand, and a held clock. */
#include "test/inbox.h"

#include "base/fault.h"
#include "jobs/inbox_apply.h"
#include "queue/internal.h"

enum { FRESH = true, TRIED = false };

struct bench {
    struct test_inbox *t;
    usec_t now, up; /* on the clock's two faces */
    struct clock clock;
    struct queue q;
    struct worker *first, *second;
};

static usec_t wall(const struct clock *c)
{
    return ((const struct bench *)c->arg)->now;
}

static usec_t monotonic(const struct clock *c)
{
    return ((const struct bench *)c->arg)->up;
}

static void bench_init(struct bench *b, struct test_inbox *t)
{
    *b = (struct bench){.t = t, .now = SECONDS(1900000000), .up = SECONDS(1)};
    b->clock = (struct clock){wall, monotonic, b};
    b->q.o = (struct queue_options){.name = "inbox",
                                    .store = t->store,
                                    .clock = &b->clock,
                                    .queries = inbox_queue_queries,
                                    .policy = queue_policy_default};
    b->first = worker_create(&b->q);
    b->second = worker_create(&b->q);
    worker_take_name(b->first);
    worker_take_name(b->second);
}

static void bench_finish(struct bench *b)
{
    worker_destroy(b->first);
    worker_destroy(b->second);
}

/* Rows 1, 2, 3 … with these lanes: "aab". */
static void append_lanes(struct bench *b, const char *lanes)
{
    for (const char *lane = lanes; *lane; lane++) {
        const struct test_webhook w = {.event_type = STR("call-status"),
                                       .call_sid = str_dup((struct str){lane, 1}, b->t->a),
                                       .payload = STR("{}")};
        test_inbox_append(b->t, &w, 1);
    }
}

static struct claim take(struct bench *b, struct worker *w, bool fresh)
{
    struct err e = {0};
    struct claim c;

    assert_ok(db_begin(w->db, &e), &e);
    assert_ok(claim_take(w, fresh, b->t->a, &c, &e), &e);
    assert_ok(db_commit(w->db, &e), &e);
    return c;
}

/* "1 2 5": the ids of a claim. */
static void expect_ids(struct bench *b, struct claim c, const char *want)
{
    struct str got = STR("");

    for (size_t i = 0; i < c.n; i++)
        got =
            str_fmt(b->t->a, STR_FMT "%s%lld", STR_ARG(got), i ? " " : "", (long long)c.rows[i].id);
    assert_str(got, want);
}

/* Gives each row of a claim its verdict; whether they were still the worker's. */
static bool conclude_each(struct bench *b, struct worker *w, struct claim c,
                          struct queue_verdict *verdicts)
{
    const struct queue_batch batch = {
        .db = w->db, .rows = c.rows, .n = c.n, .a = b->t->a, .verdicts = verdicts};
    struct err e = {0};
    bool held;

    assert_ok(db_begin(w->db, &e), &e);
    assert_ok(claim_conclude(w, &batch, &held, &e), &e);
    if (held)
        assert_ok(db_commit(w->db, &e), &e);
    else
        db_rollback(w->db);
    return held;
}

static bool conclude(struct bench *b, struct worker *w, struct claim c, struct queue_verdict v)
{
    struct queue_verdict *verdicts = arena_new(b->t->a, struct queue_verdict, c.n);

    for (size_t i = 0; i < c.n; i++)
        verdicts[i] = v;
    return conclude_each(b, w, c, verdicts);
}

static const struct queue_verdict done = {.outcome = QUEUE_DONE};

static void reap(struct worker *w)
{
    struct err e = {0};

    assert_ok(claim_reap(w, &e), &e);
}

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

static void put_back(struct bench *b, int64_t id)
{
    struct err e = {0};

    assert_ok(db_exec(b->first->db, Q_INBOX_REPROCESS,
                      BINDS(bind_int("project", b->t->project), bind_int("id", id),
                            bind_time("now", b->now)),
                      NULL, &e),
              &e);
}

// --- tests ---------------------------------------------------------------------------------------

static void f021_a_lane_has_one_worker_at_a_time(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct bench b;
        bench_init(&b, t);
        b.q.o.policy.batch = 3;
        append_lanes(&b, "aabab");
        const struct claim c = take(&b, b.first, FRESH);
        expect_ids(&b, c, "1 2 3");
        append_lanes(&b, "c");
        expect_ids(&b, take(&b, b.second, FRESH), "6"); // 4 and 5 wait for their lanes
        assert_true(conclude(&b, b.first, c, done));
        expect_ids(&b, take(&b, b.second, FRESH), "4 5");
        expect_ids(&b, take(&b, b.first, FRESH), "");
        bench_finish(&b);
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
    TEST_INBOXES(t)
    {
        struct bench b;
        bench_init(&b, t);
        b.q.o.policy.batch = 4;
        append_lanes(&b, "abcdefgh");
        append_lanes(&b, "ij");
        give_to(&b, t->project + 7, 9);
        append_lanes(&b, "k");
        give_to(&b, t->project + 9, 11);

        const struct claim first = take(&b, b.first, FRESH); // two of each
        expect_ids(&b, first, "1 2 9 10 11");
        assert_true(first.more);
        expect_ids(&b, take(&b, b.second, FRESH), "3 4 5 6"); // nobody else has any
        append_lanes(&b, "l");
        give_to(&b, t->project + 7, 12);
        expect_ids(&b, take(&b, b.second, FRESH), "7 8 12");
        const struct claim last = take(&b, b.second, FRESH);
        assert_true(last.n == 0 && !last.more);
        bench_finish(&b);
    }
}

static void more_projects_than_a_batch_has_room_for_take_turns(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct bench b;
        bench_init(&b, t);
        b.q.o.policy.batch = 2;
        append_lanes(&b, "aabbccddee");
        for (int64_t i = 1; i < 5; i++)
            give_to(&b, t->project + i, 2 * i + 1);
        static const char *const turns[] = {"1 3", "5 7", "9 10", "2 4", "6 8"};
        FOR_EACH_ROW (turn, turns) {
            const struct claim c = take(&b, b.first, FRESH);
            expect_ids(&b, c, *turn);
            assert_true(c.n == 0 || conclude(&b, b.first, c, done));
        }
        expect_ids(&b, take(&b, b.first, FRESH), "");
        bench_finish(&b);
    }
}

static void a_claimed_row_tells_what_it_is(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct bench b;
        bench_init(&b, t);
        append_lanes(&b, "a");
        const struct claim c = take(&b, b.first, FRESH);
        assert_int_equal(c.n, 1);
        assert_int_equal(c.rows[0].project, t->project);
        assert_int_equal(c.rows[0].attempts, 1);
        assert_int_equal(c.rows[0].received_at, SECONDS(1800000000));
        assert_str(c.rows[0].lane, "a");
        assert_str(c.rows[0].provider, "twilio");
        assert_str(c.rows[0].event_type, "call-status");
        assert_str(c.rows[0].call_sid, "a");
        assert_str(c.rows[0].payload, "{}");
        assert_true(str_is_none(c.rows[0].trace_id));
        bench_finish(&b);
    }
}

static void f024_who_lost_the_lease_changes_nothing(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct bench b;
        bench_init(&b, t);
        append_lanes(&b, "abc");
        const struct claim lost = take(&b, b.first, FRESH);
        reap(b.second); // the lease is good: nothing happens
        expect_ids(&b, take(&b, b.second, FRESH), "");
        expect_ids(&b, take(&b, b.second, TRIED), "");

        lose_lease(&b, b.first);
        reap(b.second);
        assert_true(str_contains(test_inbox_row(t, 1), STR("\"processing_status\":\"failed\"")));
        const struct claim stolen = take(&b, b.second, TRIED);
        expect_ids(&b, stolen, "1");
        assert_int_equal(stolen.rows[0].attempts, 2); // the one that was cut short is counted
        assert_false(conclude(&b, b.first, lost, done));
        assert_false(conclude(&b, b.first, lost, (struct queue_verdict){QUEUE_RETRY, STR("x")}));
        assert_false(conclude(&b, b.first, lost, (struct queue_verdict){QUEUE_BURY, STR("x")}));
        assert_true(conclude(&b, b.second, stolen, done));
        assert_int_equal(test_inbox_count(t, "completed"), 1);
        assert_int_equal(test_inbox_count(t, "failed"), 2);
        bench_finish(&b);
    }
}

static void one_row_that_is_not_ours_fences_the_batch(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct bench b;
        bench_init(&b, t);
        append_lanes(&b, "abc");
        const struct claim c = take(&b, b.first, FRESH);
        test_inbox_sql(t, "UPDATE webhook_inbox SET claim_token = 'thief' WHERE id = 2");
        assert_false(conclude(&b, b.first, c, done));
        assert_int_equal(test_inbox_count(t, "processing"), 3);
        bench_finish(&b);
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
    TEST_INBOXES(t)
    {
        struct queue_verdict each[] = {
            done, {QUEUE_RETRY, STR("the line was busy")}, {QUEUE_BURY, STR("no such call")}};
        struct bench b;
        bench_init(&b, t);
        append_lanes(&b, "abc");
        const struct claim c = take(&b, b.first, FRESH);
        for (int64_t id = 1; id <= 3; id++) {
            steal(&b, b.first, id);
            assert_false(conclude_each(&b, b.first, c, each));
        }
        steal(&b, b.first, 0);
        assert_true(conclude_each(&b, b.first, c, each));
        bench_finish(&b);
    }
}

static void f024_a_renewed_lease_holds(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct bench b;
        bench_init(&b, t);
        append_lanes(&b, "a");
        const struct claim c = take(&b, b.first, FRESH);
        for (int i = 0; i < 5; i++) {
            b.now += b.q.o.policy.lease / 2;
            renew(&b, b.first);
            reap(b.second);
        }
        assert_true(conclude(&b, b.first, c, done));
        bench_finish(&b);
    }
}

static void a_claim_renews_the_lease_now_and_then(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct bench b;
        bench_init(&b, t);
        append_lanes(&b, "a");
        b.first->leased_at = take(&b, b.first, FRESH).leased_at;
        assert_int_equal(b.first->leased_at, b.up);
        append_lanes(&b, "b");
        assert_int_equal(take(&b, b.first, FRESH).leased_at, 0);
        b.up += b.q.o.policy.lease / 3;
        append_lanes(&b, "c");
        assert_int_equal(take(&b, b.first, FRESH).leased_at, b.up);
        worker_take_name(b.first); // which has none
        append_lanes(&b, "d");
        assert_int_equal(take(&b, b.first, FRESH).leased_at, b.up);
        bench_finish(&b);
    }
}

static void what_a_nameless_worker_left_is_anybodys(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct bench b;
        struct err e = {0};
        bench_init(&b, t);
        append_lanes(&b, "a");
        take(&b, b.first, FRESH);
        assert_ok(db_exec(b.first->db, Q_QUEUE_LEASE_DROP,
                          BINDS(bind_str("token", str_from(atomic_load(&b.first->token)))), NULL,
                          &e),
                  &e);
        worker_take_name(b.first);
        reap(b.first);
        expect_ids(&b, take(&b, b.first, TRIED), "1");
        bench_finish(&b);
    }
}

static void a_failed_row_waits_for_its_time(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        const struct queue_verdict again = {QUEUE_RETRY, STR("the line was busy")};
        struct bench b;
        bench_init(&b, t);
        append_lanes(&b, "a");
        assert_true(conclude(&b, b.first, take(&b, b.first, FRESH), again));
        assert_true(str_contains(test_inbox_row(t, 1), STR("\"error\":\"the line was busy\"")));
        expect_ids(&b, take(&b, b.first, FRESH), "");
        b.now += b.q.o.policy.first_wait / 2 - 1;
        expect_ids(&b, take(&b, b.first, TRIED), "");
        b.now += b.q.o.policy.first_wait / 2 + 1;
        const struct claim c = take(&b, b.first, TRIED);
        expect_ids(&b, c, "1");
        assert_int_equal(c.rows[0].attempts, 2);
        assert_true(conclude(&b, b.first, c, done));
        assert_true(str_contains(test_inbox_row(t, 1), STR("\"error\":null")));
        bench_finish(&b);
    }
}

static void a_clock_that_goes_back_keeps_no_new_row_waiting(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct bench b;
        bench_init(&b, t);
        append_lanes(&b, "ab");
        b.now = SECONDS(1000000000);
        expect_ids(&b, take(&b, b.first, FRESH), "1 2");
        bench_finish(&b);
    }
}

/* F090: whatever stands in the store with a time was written by a clock that may since have been
 * set back; it must not wait for that time to come again. */
static void a_clock_that_is_set_back_holds_nothing_up(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct bench b;
        bench_init(&b, t);
        append_lanes(&b, "ab");
        const struct claim c = take(&b, b.first, FRESH);
        assert_true(conclude(&b, b.first, c, (struct queue_verdict){QUEUE_RETRY, STR("busy")}));
        b.now -= HOURS(1);
        expect_ids(&b, take(&b, b.second, TRIED), "");
        reap(b.second);
        expect_ids(&b, take(&b, b.second, TRIED), "1");
        if (t->engine == STORE_SQLITE) { // PostgreSQL's leases live by its own clock
            b.now -= HOURS(1);
            reap(b.first);
            expect_ids(&b, take(&b, b.first, TRIED), "1"); // the lease was cut short
        }
        bench_finish(&b);
    }
}

/* F091: a small step is no reason to take work away. */
static void a_clock_that_steps_back_leaves_leases_alone(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct bench b;
        bench_init(&b, t);
        append_lanes(&b, "a");
        const struct claim c = take(&b, b.first, FRESH);
        b.now -= SECONDS(2);
        reap(b.second);
        assert_true(conclude(&b, b.first, c, done));
        bench_finish(&b);
    }
}

/* F056: what is long done is not walked over at each claim; what was put back there is found all
 * the same. */
static void a_claim_starts_behind_what_is_done(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct bench b;
        bench_init(&b, t);
        append_lanes(&b, "a");
        const struct claim first = take(&b, b.first, FRESH);
        assert_true(conclude(&b, b.first, first, (struct queue_verdict){QUEUE_BURY, STR("no")}));
        b.q.gaze.look_back_at = HOURS(1);
        for (const char *lane = "bc"; *lane; lane++) {
            b.up += SECONDS(1);
            append_lanes(&b, (const char[]){*lane, 0});
            assert_true(conclude(&b, b.first, take(&b, b.first, FRESH), done));
        }
        assert_int_equal(b.q.gaze.from, 1);
        put_back(&b, 1);
        expect_ids(&b, take(&b, b.first, FRESH), "");
        b.up = HOURS(1);
        expect_ids(&b, take(&b, b.first, FRESH), "1");
        bench_finish(&b);
    }
}

static void spent_attempts_bury(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        const struct queue_verdict again = {QUEUE_RETRY, STR("still busy")};
        struct bench b;
        bench_init(&b, t);
        append_lanes(&b, "a");
        assert_true(conclude(&b, b.first, take(&b, b.first, FRESH), again));
        for (int64_t i = 2; i <= b.q.o.policy.max_attempts; i++) {
            b.now += b.q.o.policy.last_wait;
            const struct claim c = take(&b, b.first, TRIED);
            assert_int_equal(c.rows[0].attempts, i);
            assert_true(conclude(&b, b.first, c, again));
        }
        b.now += b.q.o.policy.last_wait;
        expect_ids(&b, take(&b, b.first, TRIED), "");
        assert_int_equal(test_inbox_count(t, "dead_letter"), 1);
        assert_true(str_contains(test_inbox_row(t, 1), STR("\"error\":\"still busy\"")));
        bench_finish(&b);
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
    TEST_INBOXES(t)
    {
        struct queue_verdict v = done;
        struct bench b;
        struct err e = {0};
        struct claim c;
        bool held;
        bench_init(&b, t);
        append_lanes(&b, "a");
        fault_arm("queue.claim", 1, false);
        assert_ok(db_begin(b.first->db, &e), &e);
        assert_refused(claim_take(b.first, FRESH, t->a, &c, &e), &e, ERR_UNAVAILABLE);
        db_rollback(b.first->db);
        c = take(&b, b.first, FRESH);
        struct queue_batch batch = {
            .db = b.first->db, .rows = c.rows, .n = c.n, .a = t->a, .verdicts = &v};
        fault_arm("queue.conclude", 1, false);
        assert_ok(db_begin(b.first->db, &e), &e);
        assert_refused(claim_conclude(b.first, &batch, &held, &e), &e, ERR_UNAVAILABLE);
        db_rollback(b.first->db);
        fault_disarm();
        assert_true(conclude(&b, b.first, c, done));
        bench_finish(&b);
    }
}

/* Three statements, one for each verdict: none is passed over. */
static void a_verdict_that_is_not_written_fails_the_batch(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct queue_verdict each[] = {
            done, {QUEUE_RETRY, STR("the line was busy")}, {QUEUE_BURY, STR("no such call")}};
        struct bench b;
        struct err e = {0};
        bool held;
        bench_init(&b, t);
        append_lanes(&b, "abc");
        const struct claim c = take(&b, b.first, FRESH);
        const struct queue_batch batch = {
            .db = b.first->db, .rows = c.rows, .n = c.n, .a = t->a, .verdicts = each};
        for (uint64_t nth = 1; nth <= LEN(each); nth++) {
            fault_arm("store.exec", nth, false);
            assert_ok(db_begin(b.first->db, &e), &e);
            assert_refused(claim_conclude(b.first, &batch, &held, &e), &e, ERR_UNAVAILABLE);
            db_rollback(b.first->db);
            err_clear(&e);
        }
        fault_disarm();
        assert_true(conclude_each(&b, b.first, c, each));
        bench_finish(&b);
    }
}

/* Nobody is left behind the last of those that were taken: the look from the start may fail. */
static void a_second_look_around_that_fails_is_told(void **state)
{
    enum { LOCK = 1, LOOK, LOOK_AGAIN };

    (void)state;
    TEST_INBOXES(t)
    {
        struct bench b;
        struct err e = {0};
        struct claim c;
        bench_init(&b, t);
        b.q.o.policy.batch = 1;
        append_lanes(&b, "ab");
        expect_ids(&b, take(&b, b.first, FRESH), "1");
        fault_arm("store.query", LOOK_AGAIN, false);
        assert_ok(db_begin(b.first->db, &e), &e);
        assert_refused(claim_take(b.first, FRESH, t->a, &c, &e), &e, ERR_UNAVAILABLE);
        db_rollback(b.first->db);
        fault_disarm();
        expect_ids(&b, take(&b, b.first, FRESH), "2");
        bench_finish(&b);
    }
}

TEST_MAIN(cmocka_unit_test(f021_a_lane_has_one_worker_at_a_time),
          cmocka_unit_test(many_rows_of_one_project_keep_no_other_waiting),
          cmocka_unit_test(more_projects_than_a_batch_has_room_for_take_turns),
          cmocka_unit_test(a_claimed_row_tells_what_it_is),
          cmocka_unit_test(f024_who_lost_the_lease_changes_nothing),
          cmocka_unit_test(one_row_that_is_not_ours_fences_the_batch),
          cmocka_unit_test(one_row_that_is_not_ours_fences_all_verdicts),
          cmocka_unit_test(f024_a_renewed_lease_holds),
          cmocka_unit_test(a_claim_renews_the_lease_now_and_then),
          cmocka_unit_test(what_a_nameless_worker_left_is_anybodys),
          cmocka_unit_test(a_failed_row_waits_for_its_time),
          cmocka_unit_test(a_clock_that_goes_back_keeps_no_new_row_waiting),
          cmocka_unit_test(a_clock_that_is_set_back_holds_nothing_up),
          cmocka_unit_test(a_clock_that_steps_back_leaves_leases_alone),
          cmocka_unit_test(a_claim_starts_behind_what_is_done),
          cmocka_unit_test(spent_attempts_bury),
          cmocka_unit_test(f026_waits_double_up_to_the_last_and_half_of_them_is_chance),
          cmocka_unit_test(failures_are_reported_and_leave_nothing_behind),
          cmocka_unit_test(a_verdict_that_is_not_written_fails_the_batch),
          cmocka_unit_test(a_second_look_around_that_fails_is_told))
