/* Freezing in steps: what each says of the whole, also where calls join them on the way. */
#include "test/inbox.h"

#include "jobs/job.h"
#include "test/calls.h"

enum { CALLS = 1200, AT_ONCE = 500, LATE = 100 };

extern const struct job job_freeze;

/* As the engine does: what the run has done so far comes back with the next step. */
static void step(struct test_inbox *t, struct job_step *s, usec_t now)
{
    struct err e = {0};

    s->db = t->db;
    s->project = t->project;
    s->cursor = STR("{}");
    s->now = now;
    s->a = t->a;
    assert_ok(job_freeze.step(s, &e), &e);
}

static void each_step_tells_how_much_there_is(void **state)
{
    static const int64_t done[] = {AT_ONCE, 2 * AT_ONCE, CALLS};
    const usec_t now = test_calls_now + HOURS(48);

    (void)state;
    TEST_INBOXES(t)
    {
        struct job_step s = {.n_counts = 0};

        test_calls_end(t->db, CALLS, t->a);
        for (size_t i = 0; i < LEN(done); i++) {
            step(t, &s, now);
            assert_int_equal(s.n_done, done[i]);
            assert_int_equal(s.n_total, CALLS);
            assert_int_equal(s.done, done[i] == CALLS);
        }
        s = (struct job_step){.n_counts = 0};
        step(t, &s, now);
        assert_true(s.done && s.n_done == 0 && s.n_total == 0);
    }
}

static void calls_that_join_on_the_way_are_told_of(void **state)
{
    const usec_t now = test_calls_now + HOURS(48);

    (void)state;
    TEST_INBOXES(t)
    {
        struct job_step s = {.n_counts = 0};

        test_calls_end(t->db, CALLS, t->a);
        test_inbox_sql(t, "UPDATE calls SET sync_state = 'frozen' WHERE id <= 100");
        step(t, &s, now);
        assert_int_equal(s.n_total, CALLS - LATE);
        test_inbox_sql(t, "UPDATE calls SET sync_state = 'active' WHERE id <= 100");
        while (!s.done)
            step(t, &s, now);
        assert_int_equal(s.n_done, CALLS);
        assert_int_equal(s.n_total, CALLS);
    }
}

static void a_run_behind_a_failure_counts_what_is_left(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct job_step s = {.n_done = 7};

        test_calls_end(t->db, CALLS, t->a);
        step(t, &s, test_calls_now + HOURS(48));
        assert_int_equal(s.n_total, 7 + CALLS);
    }
}

TEST_MAIN(cmocka_unit_test(each_step_tells_how_much_there_is),
          cmocka_unit_test(calls_that_join_on_the_way_are_told_of),
          cmocka_unit_test(a_run_behind_a_failure_counts_what_is_left))
