/* Retention in windows: what goes, what stays, and that a step that is run again does no harm. */
#include "test/inbox.h"

#include "base/json.h"
#include "jobs/job.h"
#include "jobs/world.h"

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

    for (int i = 0; i < ROWS; i++)
        test_inbox_append(t,
                          &(struct test_webhook){.event_type = STR("call-status"),
                                                 .call_sid = STR("CA1"),
                                                 .payload = STR("{}")},
                          1);
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
static int run(struct test_inbox *t, bool twice, struct job_step *ret)
{
    struct err e = {0};
    struct str cursor = STR("{}");
    int steps = 0;

    *ret = (struct job_step){.n_counts = 0};
    while (!ret->done) {
        ret->db = t->db;
        ret->project = t->project;
        ret->cursor = cursor;
        ret->now = clock_wall(&clock_system);
        ret->a = t->a;
        ret->arg = (void *)(uintptr_t)&world;
        ret->next_cursor = STR_NONE;
        assert_ok(job_retention.step(ret, &e), &e);
        if (twice) { // as if the first had been cut short before its cursor was kept
            struct job_step again = *ret;
            again.cursor = cursor;
            assert_ok(job_retention.step(&again, &e), &e);
        }
        cursor = str_is_none(ret->next_cursor) ? cursor : ret->next_cursor;
        assert_true(++steps < 100);
    }
    return steps;
}

static int64_t feed_first(struct test_inbox *t)
{
    static const struct column columns[] = {{"first_seq", COLUMN_INT, 0}};
    struct err e = {0};
    int64_t first;
    bool found;

    assert_ok(db_query_one(t->db, Q_FEED_HEAD, BINDS(bind_int("project", t->project)), columns,
                           LEN(columns), t->a, &first, &found, &e),
              &e);
    return first;
}

static void what_is_old_goes_in_windows_and_nothing_else(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct job_step s;
        fill(t);
        (void)run(t, false, &s);
        assert_int_equal(job_step_counted(&s, STR("deleted_webhooks")), OLD - OLD / POISON_EVERY);
        assert_int_equal(job_step_counted(&s, STR("deleted_events")), OLD);
        assert_int_equal(test_inbox_count(t, "dead_letter"), ROWS / POISON_EVERY);
        assert_int_equal(test_inbox_count(t, "completed"), ROWS - OLD - 1);
        assert_int_equal(feed_first(t), OLD + 1);
        (void)run(t, false, &s);
        assert_int_equal(job_step_counted(&s, STR("deleted")), 0);
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
            (void)run(t, false, &s);
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
        (void)run(t, false, &s);
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
        (void)run(t, false, &s);
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
        (void)run(t, true, &s);
        assert_int_equal(test_inbox_count(t, "completed"), ROWS - OLD - 1);
        assert_int_equal(test_inbox_count(t, "dead_letter"), ROWS / POISON_EVERY);
        assert_int_equal(feed_first(t), OLD + 1);
    }
}

TEST_MAIN(cmocka_unit_test(what_is_old_goes_in_windows_and_nothing_else),
          cmocka_unit_test(what_is_in_the_future_holds_nothing_up),
          cmocka_unit_test(what_is_young_stays_when_the_clock_is_behind),
          cmocka_unit_test(the_last_event_stays_however_old),
          cmocka_unit_test(a_step_that_is_run_again_does_no_harm))
