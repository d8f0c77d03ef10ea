/* Retention in windows: what goes, what stays, and that a step that is run again does no harm. */
#include "test/inbox.h"

#include "base/json.h"
#include "jobs/job.h"
#include "jobs/world.h"
#include "test/audit.h"
#include "test/calls.h"

enum { ROWS = 2500, OLD = 2300, POISON_EVERY = 500 };

extern const struct job job_retention;

static const struct job_world world = {
    .quotas = {{[QUOTA_INBOX_DAYS] = 30, [QUOTA_FEED_DAYS] = 30}},
};

/* So many days from now, as SQL. */
static const char *days_on(struct test_inbox *t, int days)
{
    if (t->engine == STORE_POSTGRES)
        return str_z(str_fmt(t->a, "now() + interval '%d days'", days), t->a);
    const usec_t then = clock_wall(&clock_system) + days * HOURS(24);
    return str_z(str_fmt(t->a, "%lld", (long long)then), t->a);
}

/* Of rows and events, first to last. */
static void set_times(struct test_inbox *t, int first, int last, const char *time)
{
    test_inbox_sql(
        t, str_z(str_fmt(t->a,
                         "UPDATE webhook_inbox SET received_at = %s WHERE id BETWEEN %d AND %d;"
                         "UPDATE feed_events SET created_at = %s WHERE seq BETWEEN %d AND %d",
                         time, first, last, time, first, last),
                 t->a));
}

/* Rows 1 … OLD are too old; of them every 500th has failed for good. */
static void fill(struct test_inbox *t)
{
    const char *old = days_on(t, -31);

    struct test_webhook *all = arena_new(t->a, struct test_webhook, ROWS);

    for (int i = 0; i < ROWS; i++)
        all[i] = (struct test_webhook){
            .event_type = STR("call-status"), .call_sid = STR("CA1"), .payload = STR("{}")};
    test_inbox_append(t, all, ROWS);
    test_inbox_sql(t,
                   str_z(str_fmt(t->a,
                                 "UPDATE webhook_inbox SET processing_status ="
                                 " CASE WHEN id %% %d = 0 THEN 'dead_letter' ELSE 'completed' END;"
                                 "UPDATE webhook_inbox SET received_at = %s WHERE id <= %d",
                                 POISON_EVERY, old, OLD),
                         t->a));
    test_inbox_sql(
        t,
        str_z(str_fmt(t->a,
                      "INSERT INTO feed_events (project_id, seq, type, ts, entity_type,"
                      " entity_id, payload, created_at)"
                      " SELECT project_id, id, 'x', received_at, 'call', 'CA1', '{}', received_at"
                      " FROM webhook_inbox; UPDATE feed_heads SET last_seq = %d",
                      ROWS),
              t->a));
}

/* Steps until it is done; *ret_step is as the last one left it. */
static void run_at(struct test_inbox *t, const struct job_world *how, usec_t now, bool twice,
                   struct job_step *ret)
{
    struct err e = {0};
    struct str cursor = STR("{}");
    int steps = 0;

    *ret = (struct job_step){.n_counts = 0};
    while (!ret->done) {
        ret->db = t->db;
        ret->project = t->project;
        ret->cursor = cursor;
        ret->now = now;
        ret->a = t->a;
        ret->arg = (void *)(uintptr_t)how;
        ret->next_cursor = STR_NONE;
        assert_ok(job_retention.step(ret, &e), &e);
        if (twice) { // as if the first had been cut short before its cursor was kept
            struct job_step again = *ret;
            again.cursor = cursor;
            assert_ok(job_retention.step(&again, &e), &e);
        }
        cursor = str_is_none(ret->next_cursor) ? cursor : ret->next_cursor;
        assert_true(ret->n_done <= ret->n_total);
        assert_true(++steps < 100);
    }
    assert_int_equal(ret->n_done, ret->n_total);
}

static void run(struct test_inbox *t, bool twice, struct job_step *ret)
{
    run_at(t, &world, clock_wall(&clock_system), twice, ret);
}

static int64_t number_of(struct test_inbox *t, enum query q, const char *name)
{
    const struct column columns[] = {{name, COLUMN_INT, 0}};
    struct err e = {0};
    int64_t n;
    bool found;

    assert_ok(db_query_one(t->db, q, BINDS(bind_int("project", t->project)), columns, LEN(columns),
                           t->a, &n, &found, &e),
              &e);
    return n;
}

static int64_t feed_first(struct test_inbox *t)
{
    return number_of(t, Q_FEED_HEAD, "first_seq");
}

static void what_is_old_goes_in_windows_and_nothing_else(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct job_step s;
        fill(t);
        test_inbox_sql(t, "UPDATE feed_events SET entity_type = 'integration' WHERE seq < 3 OR "
                          "seq > (SELECT max(seq) - 1 FROM feed_events)");
        run(t, false, &s);
        assert_int_equal(number_of(t, Q_VERIFY_FLOORS, "others_gone"), 2);
        assert_int_equal(job_step_counted(&s, STR("deleted_webhooks")), OLD - OLD / POISON_EVERY);
        assert_int_equal(job_step_counted(&s, STR("deleted_events")), OLD);
        assert_int_equal(test_inbox_count(t, "dead_letter"), ROWS / POISON_EVERY);
        assert_int_equal(test_inbox_count(t, "completed"), ROWS - OLD - 1);
        assert_int_equal(feed_first(t), OLD + 1);
        run(t, false, &s);
        assert_int_equal(job_step_counted(&s, STR("deleted")), 0);
    }
}

static int64_t total_at(struct test_inbox *t, const struct job_world *how, usec_t now,
                        const char *cursor)
{
    struct job_step s = {.db = t->db,
                         .project = t->project,
                         .cursor = str_from(cursor),
                         .now = now,
                         .a = t->a,
                         .arg = (void *)(uintptr_t)how,
                         .next_cursor = STR_NONE};
    struct err e = {0};

    assert_ok(job_retention.step(&s, &e), &e);
    return s.n_total;
}

/* By its first step; of a run that goes on behind a failure, from where that was. */
static void how_much_goes_is_known_before(void **state)
{
    enum { GO = OLD - OLD / POISON_EVERY + OLD };

    (void)state;
    TEST_INBOXES(t)
    {
        const usec_t now = clock_wall(&clock_system);
        struct job_step s;
        fill(t);
        assert_int_equal(total_at(t, &world, now, "{}"), GO);
        assert_int_equal(total_at(t, &world, now, "{\"stage\": 0, \"after\": 1000}"),
                         GO - 1000 + 1000 / POISON_EVERY);
        test_inbox_sql(t, "DELETE FROM feed_events WHERE seq <= 2000");
        assert_int_equal(total_at(t, &world, now, "{\"stage\": 1, \"after\": 2000}"), OLD - 2000);
        assert_int_equal(total_at(t, &world, now, "{\"stage\": 2, \"after\": 0}"), 0);
        run(t, false, &s);
        assert_int_equal(total_at(t, &world, now, "{}"), 0);
    }
}

/* A clock that was wrong for a moment, or for more than a whole window. */
static void what_is_in_the_future_holds_nothing_up(void **state)
{
    static const struct {
        const char *label;
        int first, last, n_kept; /* two of the many had failed for good anyway */
    } rows[] = {{"one", 3, 3, 1}, {"many", 1, 1200, 1198}};

    (void)state;
    FOR_EACH_ROW (row, rows)
        TEST_INBOXES(t)
        {
            struct job_step s;
            fill(t);
            set_times(t, row->first, row->last, days_on(t, 31));
            run(t, false, &s);
            assert_row(test_inbox_count(t, "completed") == ROWS - OLD - 1 + row->n_kept,
                       row->label);
            assert_row(feed_first(t) == OLD + 1, row->label);
        }
}

static void what_is_young_stays_when_the_clock_is_behind(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct job_step s;
        fill(t);
        set_times(t, 1, ROWS, days_on(t, 1));
        run(t, false, &s);
        assert_int_equal(job_step_counted(&s, STR("deleted")), 0);
        assert_int_equal(feed_first(t), 1);
    }
}

static void the_last_event_stays_however_old(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct job_step s;
        fill(t);
        test_inbox_sql(
            t,
            str_z(str_fmt(t->a, "UPDATE feed_events SET created_at = %s", days_on(t, -31)), t->a));
        run(t, false, &s);
        assert_int_equal(feed_first(t), ROWS);
    }
}

static void a_step_that_is_run_again_does_no_harm(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct job_step s;
        fill(t);
        run(t, true, &s);
        assert_int_equal(test_inbox_count(t, "completed"), ROWS - OLD - 1);
        assert_int_equal(test_inbox_count(t, "dead_letter"), ROWS / POISON_EVERY);
        assert_int_equal(feed_first(t), OLD + 1);
    }
}

// --- calls ---------------------------------------------------------------------------------------

/* More than a step takes; the last of them has the feed's last event. */
enum { CALLS_OVER = 250 };

static struct call_change end_of(struct test_inbox *t, int n)
{
    struct call_change c = call_change_none;

    c.call_sid = str_fmt(t->a, "CA%d", n);
    c.status = STR("completed");
    c.event_time = c.start_time = c.observed_at = test_calls_now - SECONDS(n % 7);
    c.from = STR("+15085140320");
    c.to = STR("+16175006181");
    c.provider_direction = STR("inbound");
    return c;
}

static void fill_calls(struct test_inbox *t)
{
    struct call_change changes[CALLS_OVER];
    struct err e = {0};

    for (int i = 0; i < CALLS_OVER; i++)
        changes[i] = end_of(t, i);
    assert_ok(test_calls_save(t->db, changes, CALLS_OVER, t->a, &e), &e);
    test_inbox_sql(t, "UPDATE calls SET sync_state = 'frozen'");
}

static int64_t calls_gone(struct test_inbox *t, const struct quotas *kept, int days, bool twice)
{
    const struct job_world how = {.quotas = *kept};
    struct job_step s;

    run_at(t, &how, test_calls_now + days * HOURS(24), twice, &s);
    assert_sound(audit_store(t->store, NULL, t->a));
    return job_step_counted(&s, STR("deleted_calls"));
}

static void calls_go_when_a_project_says_so(void **state)
{
    static const struct {
        const char *label;
        struct quotas kept;
        int days, n;
    } rows[] = {
        {"nothing said", {{[QUOTA_INBOX_DAYS] = 90, [QUOTA_FEED_DAYS] = 30}}, 3000, 0},
        {"for ever",
         {{[QUOTA_INBOX_DAYS] = 90, [QUOTA_FEED_DAYS] = 30, [QUOTA_CALL_DAYS] = 36500}},
         3000,
         0},
        {"not yet",
         {{[QUOTA_INBOX_DAYS] = 90, [QUOTA_FEED_DAYS] = 30, [QUOTA_CALL_DAYS] = 10}},
         9,
         0},
        {"less than reconcile looks back",
         {{[QUOTA_INBOX_DAYS] = 90, [QUOTA_FEED_DAYS] = 30, [QUOTA_CALL_DAYS] = 1}},
         6,
         0},
        {"more than a calendar has",
         {{[QUOTA_INBOX_DAYS] = QUOTA_MOST, [QUOTA_FEED_DAYS] = QUOTA_MOST}},
         3000,
         0},
        {"with the feed that would be kept longer",
         {{[QUOTA_INBOX_DAYS] = 90, [QUOTA_FEED_DAYS] = 30, [QUOTA_CALL_DAYS] = 10}},
         11,
         CALLS_OVER - 1},
    };

    (void)state;
    TEST_INBOXES(t)
    {
        fill_calls(t);
        FOR_EACH_ROW (row, rows)
            assert_row(calls_gone(t, &row->kept, row->days, false) == row->n, row->label);
    }
}

static const struct quotas ten_days = {
    {[QUOTA_INBOX_DAYS] = 90, [QUOTA_FEED_DAYS] = 30, [QUOTA_CALL_DAYS] = 10}};

static void steps_of_calls_may_be_run_again(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        fill_calls(t);
        (void)calls_gone(t, &ten_days, 11, true);
        assert_int_equal(calls_gone(t, &ten_days, 11, false), 0);
    }
}

static void how_many_calls_go_is_known_before(void **state)
{
    static const struct job_world how = {
        .quotas = {{[QUOTA_INBOX_DAYS] = 90, [QUOTA_FEED_DAYS] = 30, [QUOTA_CALL_DAYS] = 10}}};
    static const struct job_world for_ever = {
        .quotas = {{[QUOTA_INBOX_DAYS] = 90, [QUOTA_FEED_DAYS] = 30}}};

    (void)state;
    TEST_INBOXES(t)
    {
        const usec_t later = test_calls_now + 11 * HOURS(24);
        fill_calls(t);
        test_inbox_sql(t, "DELETE FROM feed_events WHERE seq < 250");
        assert_int_equal(total_at(t, &for_ever, later, "{\"stage\": 2}"), 0);
        assert_int_equal(total_at(t, &how, later, "{}"), CALLS_OVER);
        test_inbox_append(t,
                          &(struct test_webhook){
                              .event_type = STR("x"), .call_sid = STR("CA1"), .payload = STR("{}")},
                          1);
        test_inbox_sql(t, "UPDATE webhook_inbox SET held = 1");
        assert_int_equal(total_at(t, &how, later, "{\"stage\": 2}"), 0);
    }
}

/* A webhook of any of them may wait. */
static void no_call_goes_while_the_inbox_is_behind(void **state)
{
    static const char *const rows[] = {
        "UPDATE webhook_inbox SET id = 77, processing_status = 'pending'",
        "UPDATE webhook_inbox SET id = 77, processing_status = 'pending', held = 1",
        "UPDATE webhook_inbox SET id = 77, processing_status = 'failed', error = 'x'",
    };

    (void)state;
    TEST_INBOXES(t)
    {
        fill_calls(t);
        test_inbox_append(t,
                          &(struct test_webhook){
                              .event_type = STR("x"), .call_sid = STR("CA1"), .payload = STR("{}")},
                          1);
        FOR_EACH_ROW (row, rows) {
            test_inbox_sql(t, *row);
            assert_row(calls_gone(t, &ten_days, 11, false) == 0, *row);
        }
    }
}

TEST_MAIN(cmocka_unit_test(what_is_old_goes_in_windows_and_nothing_else),
          cmocka_unit_test(how_much_goes_is_known_before),
          cmocka_unit_test(how_many_calls_go_is_known_before),
          cmocka_unit_test(calls_go_when_a_project_says_so),
          cmocka_unit_test(steps_of_calls_may_be_run_again),
          cmocka_unit_test(no_call_goes_while_the_inbox_is_behind),
          cmocka_unit_test(what_is_in_the_future_holds_nothing_up),
          cmocka_unit_test(what_is_young_stays_when_the_clock_is_behind),
          cmocka_unit_test(the_last_event_stays_however_old),
          cmocka_unit_test(a_step_that_is_run_again_does_no_harm))
