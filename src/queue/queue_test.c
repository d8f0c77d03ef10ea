/* The promises of the engine with its threads: nothing is applied twice, nothing is lost. */
#include "queue/crew_kit.h"

#include "base/fault.h"
#include "base/log.h"
#include "inbox/read.h"

enum { MANY = 2000, SWEEP = 6 };

static const struct queue_policy hasty = {
    .max_attempts = 3,
    .first_wait = MILLISECONDS(2),
    .last_wait = MILLISECONDS(4),
    .lease = SECONDS(2),
    .batch = 512,
};

static void f021_two_workers_do_everything_once(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct crew c;
        append(t, FINE, MANY);
        start(&c, t, queue_policy_default, 2);
        append(t, FINE, MANY); // while they work
        await(&c, "completed", 2 * MANY);
        const struct queue_stats stats = counted(&c, 2 * MANY);
        const struct queue_lag own = queue_lag_of(c.q, 1), another = queue_lag_of(c.q, 999);
        finish(&c);
        assert_true(own.measured_at != TIME_NONE);
        assert_true(another.measured_at == TIME_NONE);
        assert_int_equal(stats.done, 2 * MANY);
        assert_int_equal(stats.fenced + stats.buried + stats.retried, 0);
        assert_true(stats.batches < 2 * MANY / 10);
        expect_each_effect_once(t);
    }
}

static size_t lane_of(const struct queue_row *row)
{
    return str_hash(row->lane) % LANE_NAMES;
}

/* Counts the rows of a lane that are in somebody's hands, while they are. */
static bool run_watching(struct queue_batch *b, struct err *e)
{
    struct crew *c = b->arg;

    for (size_t i = 0; i < b->n; i++) {
        const size_t lane = lane_of(&b->rows[i]);
        const bool first = i == 0 || lane_of(&b->rows[i - 1]) != lane;
        if (first && atomic_fetch_add(&c->in_lane[lane], 1) > 0)
            atomic_fetch_add(&c->crowded, 1);
        if (atomic_exchange(&c->last_of_lane[lane], b->rows[i].id) > b->rows[i].id)
            atomic_fetch_add(&c->out_of_order, 1);
    }
    const bool ok = leave_effects(b, e);
    for (size_t i = 0; i < b->n; i++)
        if (i == 0 || lane_of(&b->rows[i - 1]) != lane_of(&b->rows[i]))
            atomic_fetch_sub(&c->in_lane[lane_of(&b->rows[i])], 1);
    return ok || err_trace(e);
}

static void a_lane_is_handled_in_order_by_one_worker(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        const struct queue_policy small = {.max_attempts = 8, .lease = SECONDS(2), .batch = 1};
        struct crew c;
        // Three lanes for four workers, each row a batch.
        for (int i = 0; i < 100; i++)
            append(t, FINE, 3);
        start_with(&c, t,
                   (struct queue_options){.handler = {run_watching, after_commit, NULL},
                                          .policy = small,
                                          .workers = 4});
        await(&c, "completed", 300);
        finish(&c);
        assert_int_equal(c.crowded, 0);
        assert_int_equal(c.out_of_order, 0);
        expect_each_effect_once(t);
    }
}

static void f022_poison_is_buried_alone(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct crew c;
        append(t, FINE, 300);
        append(t, POISON, 1);
        append(t, FINE, 211);
        start(&c, t, queue_policy_default, 1);
        await(&c, "completed", 511);
        await(&c, "dead_letter", 1);
        finish(&c);
        const struct str row = test_inbox_row(t, 301);
        assert_true(str_contains(row, STR("\"processing_status\":\"dead_letter\"")));
        assert_true(str_contains(row, STR("\"error\":\"this cannot be\"")));
        assert_true(str_contains(row, STR("\"retry_count\":1")));
        expect_each_effect_once(t);
    }
}

static void bad_luck_is_tried_again(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct crew c;
        append(t, FINE, 5);
        append(t, UNLUCKY, 1);
        start(&c, t, hasty, 1);
        await(&c, "completed", 6);
        finish(&c);
        assert_true(str_contains(test_inbox_row(t, 6), STR("\"error\":null")));
        expect_each_effect_once(t);
    }
}

static void verdicts_are_of_single_rows(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        const uint64_t retries = 3 * (uint64_t)(hasty.max_attempts - 1);
        struct crew c;
        append(t, FINE, 4);
        append(t, REFUSED, 2);
        append(t, RELUCTANT, 3);
        start(&c, t, hasty, 2);
        await(&c, "dead_letter", 5);
        await(&c, "completed", 4);
        const struct queue_stats stats = counted(&c, 4 + 5 + retries);
        finish(&c);
        assert_int_equal(stats.done, 4);
        assert_int_equal(stats.buried, 5);
        assert_int_equal(stats.retried, retries);
        assert_true(str_contains(test_inbox_row(t, 5), STR("\"error\":\"no\"")));
        assert_true(str_contains(test_inbox_row(t, 9), STR("\"error\":\"not yet\"")));
        assert_true(str_contains(test_inbox_row(t, 9), STR("\"retry_count\":3")));
        expect_each_effect_once(t);
    }
}

static void f016_what_a_dead_worker_had_is_taken_over(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct crew c;
        append(t, FINE, 10);
        // Three were in the hands of a process that is gone; its lease has run out, or was never
        // written.
        test_inbox_sql(t, "UPDATE webhook_inbox SET processing_status = 'processing', "
                          "claim_token = 'dead', retry_count = 1 WHERE id <= 3");
        start(&c, t, hasty, 1);
        await(&c, "completed", 10);
        finish(&c);
        assert_true(str_contains(test_inbox_row(t, 1), STR("\"retry_count\":2")));
        expect_each_effect_once(t);
    }
}

static void what_kills_every_process_is_buried_in_the_end(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct crew c;
        append(t, FINE, 2);
        test_inbox_sql(t, "UPDATE webhook_inbox SET processing_status = 'processing', "
                          "claim_token = 'dead', retry_count = 3 WHERE id = 1");
        start(&c, t, hasty, 1);
        await(&c, "dead_letter", 1);
        await(&c, "completed", 1);
        finish(&c);
        assert_true(str_contains(test_inbox_row(t, 1), STR("cut short")));
        expect_each_effect_once(t);
    }
}

static void dead_letters_can_be_replayed(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct err e = {0};
        struct inbox_replay r;
        struct crew c;
        struct inbox_revived revived;
        append(t, POISON, 3);
        append(t, FINE, 1);
        start(&c, t, hasty, 1);
        await(&c, "dead_letter", 3);
        await(&c, "completed", 1);
        test_inbox_sql(t, "UPDATE webhook_inbox SET call_sid = 'fine'"); // the bug is mended
        const usec_t now = clock_wall(&clock_system);
        assert_ok(inbox_reprocess(t->db, t->project, 2, now, t->a, &r, &e), &e);
        assert_true(r.queued); // and perhaps taken already
        assert_false(str_eq(r.status, STR("dead_letter")));
        queue_wake(c.q);
        await(&c, "completed", 2);
        assert_ok(inbox_reprocess(t->db, t->project, 2, now, t->a, &r, &e), &e);
        assert_false(r.queued);
        assert_str(r.status, "completed"); // and stays so
        assert_ok(inbox_reprocess_dead(t->db, t->project, &(struct inbox_dead){.source = STR_NONE},
                                       now, t->a, &revived, &e),
                  &e);
        assert_int_equal(revived.n, 2);
        queue_wake(c.q);
        await(&c, "completed", 4);
        finish(&c);
        expect_each_effect_once(t);
        // Those that die again meanwhile are not brought back by the same call.
        test_inbox_sql(t, "UPDATE webhook_inbox SET processing_status = 'dead_letter'");
        assert_ok(inbox_reprocess_dead(t->db, t->project, &(struct inbox_dead){.source = STR_NONE},
                                       now, t->a, &revived, &e),
                  &e);
        assert_int_equal(revived.n, 1);
    }
}

/* Stops the queue in the middle of everything, starts it again, and so on. */
static void stopping_loses_nothing(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct crew c;
        append(t, FINE, MANY);
        for (int i = 0; i < 10; i++) {
            start(&c, t,
                  (struct queue_policy){.max_attempts = 50,
                                        .first_wait = 1,
                                        .last_wait = 1,
                                        .lease = SECONDS(2),
                                        .batch = 50},
                  2);
            (void)bell_wait(c.bell, SECONDS(5));
            finish(&c);
        }
        start(&c, t, queue_policy_default, 2);
        await(&c, "completed", MANY);
        finish(&c);
        expect_each_effect_once(t);
    }
}

/* One round: a passage of a fault point fails while the six rows that wait are worked off. Who is
 * fenced before, as a busy machine lets a lease run out, works them off once more: a passage that
 * was not reached for that would end the sweep. It ends with the rows of the next one. */
static void survive(void *arg)
{
    struct test_inbox *t = arg;
    const struct queue_policy policy = {.max_attempts = 8,
                                        .first_wait = MILLISECONDS(2),
                                        .last_wait = MILLISECONDS(4),
                                        .lease = MILLISECONDS(50),
                                        .batch = 4};
    struct queue_stats stats = {0};
    struct crew c;

    start(&c, t, policy, 1);
    // Nothing is asked of the store here: it would be what fails.
    const usec_t deadline = clock_monotonic(&clock_system) + DEADLINE;
    while (stats.done + (fault_struck() ? 4 * stats.fenced : 0) < 6 &&
           clock_monotonic(&clock_system) < deadline) {
        queue_wake(c.q);
        (void)bell_wait(c.bell, MILLISECONDS(5));
        queue_stats(c.q, &stats);
    }
    fault_disarm();
    await(&c, "completed", t->n_appended);
    finish(&c);
    append(t, FINE, 6);
}

/* SQLite keeps the descriptor of a connection that was closed for the next one, while others are
 * open. As many as will ever be at once are opened here, so that none is taken for a leak. */
static void open_as_many_as_there_will_be(struct test_inbox *t)
{
    struct db *all[4];
    struct err e = {0};

    FOR_EACH_ROW (one, all) {
        struct db *db = store_connect(t->store, STORE_WORK);
        assert_ok(db_begin_light(db, &e) && db_commit(db, &e), &e);
        all[one - all] = db;
    }
    FOR_EACH_ROW (one, all)
        db_close(*one);
}

static void f019_no_fault_applies_anything_twice(void **state)
{
    static const char *const points[] = {
        "queue.claim",   "queue.conclude", "queue.lease",     "queue.reap",    "store.command",
        "store.begin",   "store.commit",   "store.committed", "store.prepare", "store.step",
        "store.connect", "store.send",     "store.receive",
    };

    (void)state;
    log_configure(LOG_ERROR, LOG_LOGFMT);
    TEST_INBOXES(t)
    {
        open_as_many_as_there_will_be(t);
        append(t, FINE, 6);
        uint64_t n_struck = 0;
        FOR_EACH_ROW (point, points)
            n_struck += test_every_fault(*point, survive, t);
        assert_true(n_struck > 50);
        expect_each_effect_once(t);
    }
    log_configure(LOG_INFO, LOG_LOGFMT);
}

/* One round with rows of every sort (a second or more, where a lease has to run out first), while
 * the store fails once, or from then on until the queue has been stopped in the middle of it and
 * started again. */
static bool judge_through(struct test_inbox *t, const char *point, uint64_t nth, bool lasting)
{
    const struct queue_policy policy = {.max_attempts = 8,
                                        .first_wait = MILLISECONDS(1),
                                        .last_wait = MILLISECONDS(2),
                                        .lease = MILLISECONDS(50),
                                        .batch = 8};
    const usec_t deadline = clock_monotonic(&clock_system) + DEADLINE;
    const int64_t done = test_inbox_count(t, "completed"),
                  dead = test_inbox_count(t, "dead_letter");
    struct queue_stats stats = {0};
    struct crew c;

    append(t, POISON, 1);
    append(t, FINE, 2);
    append(t, REFUSED, 1);
    append(t, RELUCTANT, 1);
    fault_arm(point, nth, lasting);
    start(&c, t, policy, 1);
    while (!fault_struck() && stats.done + stats.buried < 5 &&
           clock_monotonic(&clock_system) < deadline) {
        queue_wake(c.q);
        (void)bell_wait(c.bell, MILLISECONDS(2));
        queue_stats(c.q, &stats);
    }
    const bool struck = fault_struck();
    if (lasting) {
        finish(&c); // while nothing works
        fault_disarm();
        start(&c, t, policy, 1);
    }
    fault_disarm();
    await(&c, "dead_letter", dead + 3);
    await(&c, "completed", done + 2);
    finish(&c);
    return struck;
}

static void no_fault_loses_a_verdict(void **state)
{
    static const char *const points[] = {"queue.conclude",  "store.begin", "store.commit",
                                         "store.committed", "store.exec",  "store.query"};

    (void)state;
    log_configure(LOG_ERROR, LOG_LOGFMT);
    TEST_INBOXES(t)
    {
        uint64_t n_struck = 0;
        FOR_EACH_ROW (point, points)
            for (uint64_t nth = 1; nth <= SWEEP; nth++)
                n_struck += judge_through(t, *point, nth, nth % 3 == 0);
        assert_true(n_struck >= 3 * SWEEP);
        expect_each_effect_once(t);
    }
    log_configure(LOG_INFO, LOG_LOGFMT);
}

static usec_t hurried(const struct clock *c)
{
    return clock_monotonic(&clock_system) + SECONDS(2) * atomic_fetch_add((_Atomic int *)c->arg, 1);
}

/* Each look at the clock finds a round gone: those that were tried before have their turn between
 * any two batches of fresh ones. And nobody has to be told of a commit. */
static void rounds_may_be_short_and_nobody_told(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        _Atomic int looks = 0;
        const struct clock clock = {
            .wall = clock_system.wall, .monotonic = hurried, .arg = (void *)&looks};
        const struct queue_policy single = {
            .max_attempts = 4, .first_wait = 1, .last_wait = 1, .lease = SECONDS(2), .batch = 1};
        struct crew c;

        append(t, FINE, 20);
        append(t, UNLUCKY, 1);
        append(t, RELUCTANT, 40); // more than are tried in a round
        start_with(
            &c, t,
            (struct queue_options){
                .clock = &clock, .handler = {run, NULL, NULL}, .policy = single, .workers = 1});
        await(&c, "completed", 21);
        await(&c, "dead_letter", 40);
        finish(&c);
        expect_each_effect_once(t);
    }
}

static const struct queue_policy brief = {.max_attempts = 8, .lease = SECONDS(3), .batch = 8};

/* Lasts several leases, or until another worker has the row as well. */
static bool run_long(struct queue_batch *b, struct err *e)
{
    struct crew *c = b->arg;
    const usec_t until = clock_monotonic(&clock_system) + 4 * brief.lease;

    atomic_fetch_add(&c->runs, 1);
    while (atomic_load(&c->runs) == 1 && clock_monotonic(&clock_system) < until)
        (void)bell_wait(c->bell, MILLISECONDS(10));
    return leave_effects(b, e) || err_trace(e);
}

/* The heartbeat alone keeps the row. On SQLite whoever works has the one writer's place, and nobody
 * could take anything from it. */
static void f024_a_handler_may_outlast_its_lease(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct crew c;

        if (t->engine == STORE_SQLITE)
            continue;
        append(t, FINE, 1);
        start_with(
            &c, t,
            (struct queue_options){.handler = {run_long, after_commit, NULL}, .policy = brief});
        await(&c, "completed", 1);
        const struct queue_stats stats = counted(&c, 1);
        finish(&c);
        assert_int_equal(stats.fenced, 0);
        assert_int_equal(c.runs, 1);
        assert_true(str_contains(test_inbox_row(t, 1), STR("\"retry_count\":1")));
        expect_each_effect_once(t);
    }
}

static void a_queue_without_threads_does_not_start(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        for (uint64_t nth = 1; nth <= 3; nth++) { // two workers, and the one that renews leases
            struct crew c;
            struct err e = {0};
            fault_arm("thread.start", nth, false);
            assert_refused(start_as(&c, t, (struct queue_options){.policy = hasty}, &e), &e,
                           ERR_UNAVAILABLE);
            fault_disarm();
            assert_null(c.q);
            finish(&c); // it accepts NULL
        }
    }
}

enum { STORM = 10000, STORM_BATCH = 64, STORM_WORKERS = 2, PARTS = 10, SECONDS_APART = 1800 };

/* So long that nothing is due again before the test is over. */
static const struct queue_policy patient = {
    .max_attempts = 8,
    .first_wait = SECONDS(2 * SECONDS_APART),
    .last_wait = SECONDS(2 * SECONDS_APART),
    .lease = SECONDS(2),
    .batch = STORM_BATCH,
};

/* So that each wait is told by itself, however long the storm takes. */
static usec_t held(const struct clock *c)
{
    return *(const usec_t *)c->arg;
}

/* When each row is tried again, seconds after the shortest wait that there is. */
static void count_returns(struct test_inbox *t, usec_t failed, size_t back[SECONDS_APART + 1])
{
    struct rows *rows;
    struct err e;

    assert_ok(
        db_query(t->db, Q_INBOX_LIST,
                 BINDS(bind_int("project", t->project), bind_str("source", STR_NONE),
                       bind_str("event_type", STR_NONE), bind_str("processing_status", STR_NONE),
                       bind_str("call_sid", STR_NONE), bind_str("error", STR_NONE),
                       bind_time("from_time", TIME_NONE), bind_time("to_time", TIME_NONE),
                       bind_int("limit", STORM), bind_int("offset", 0)),
                 t->a, &rows, &e),
        &e);
    while (rows_next(rows)) {
        const usec_t wait = rows_time(rows, "next_attempt_at") - failed;
        assert_in_range(wait, SECONDS(SECONDS_APART), SECONDS(2 * SECONDS_APART));
        back[wait / SECONDS(1) - SECONDS_APART]++;
    }
    assert_ok(rows_end(rows, &e), &e);
}

/* Ten thousand at once: no second has many of them, no tenth of the time much more than its part.
 */
static void f026_what_fails_at_once_comes_back_apart(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        size_t back[SECONDS_APART + 1] = {0}, parts[PARTS + 1] = {0};
        struct crew c;

        append(t, RELUCTANT, STORM);
        usec_t now = clock_wall(&clock_system);
        const struct clock clock = {.wall = held, .monotonic = clock_system.monotonic, .arg = &now};
        start_with(
            &c, t,
            (struct queue_options){.policy = patient, .workers = STORM_WORKERS, .clock = &clock});
        const struct queue_stats stats = counted(&c, STORM);
        finish(&c);
        assert_int_equal(stats.retried, STORM);
        count_returns(t, now, back);
        for (size_t i = 0; i < LEN(back); i++) {
            assert_in_range(back[i], 0, STORM / SECONDS_APART * 6);
            parts[i * PARTS / SECONDS_APART] += back[i];
        }
        for (size_t i = 0; i < PARTS; i++)
            assert_in_range(parts[i], STORM / PARTS * 3 / 4, STORM / PARTS * 5 / 4);
    }
}

TEST_MAIN(cmocka_unit_test(f021_two_workers_do_everything_once),
          cmocka_unit_test(a_lane_is_handled_in_order_by_one_worker),
          cmocka_unit_test(f022_poison_is_buried_alone), cmocka_unit_test(bad_luck_is_tried_again),
          cmocka_unit_test(verdicts_are_of_single_rows),
          cmocka_unit_test(f016_what_a_dead_worker_had_is_taken_over),
          cmocka_unit_test(what_kills_every_process_is_buried_in_the_end),
          cmocka_unit_test(dead_letters_can_be_replayed), cmocka_unit_test(stopping_loses_nothing),
          cmocka_unit_test(f019_no_fault_applies_anything_twice),
          cmocka_unit_test(no_fault_loses_a_verdict),
          cmocka_unit_test(rounds_may_be_short_and_nobody_told),
          cmocka_unit_test(f024_a_handler_may_outlast_its_lease),
          cmocka_unit_test(a_queue_without_threads_does_not_start),
          cmocka_unit_test(f026_what_fails_at_once_comes_back_apart))
