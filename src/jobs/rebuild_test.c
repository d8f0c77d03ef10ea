/* The counts of conversations held against their calls, in steps: what each says of the whole. */
#include "test/inbox.h"

#include "jobs/job.h"
#include "test/calls.h"

enum { CONVERSATIONS = 450, PAGE = 200 };

extern const struct job job_rebuild;

/* As the engine does: what the run has done so far comes back with the next step. */
static void step(struct test_inbox *t, struct job_step *s)
{
    struct err e = {0};

    s->db = t->db;
    s->project = t->project;
    s->cursor = str_is_none(s->next_cursor) ? STR("{}") : s->next_cursor;
    s->now = test_calls_now;
    s->a = t->a;
    assert_ok(job_rebuild.step(s, &e), &e);
}

static void each_step_tells_how_many_there_are(void **state)
{
    static const int64_t done[] = {PAGE, 2 * PAGE, CONVERSATIONS};

    (void)state;
    TEST_INBOXES(t)
    {
        struct job_step s = {.next_cursor = STR_NONE};

        test_calls_end(t->db, CONVERSATIONS, t->a);
        for (size_t i = 0; i < LEN(done); i++) {
            step(t, &s);
            assert_int_equal(s.n_done, done[i]);
            assert_int_equal(s.n_total, CONVERSATIONS);
            assert_int_equal(s.done, done[i] == CONVERSATIONS);
        }
    }
}

static void a_run_that_goes_on_behind_a_failure_counts_what_is_left(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct job_step s = {.next_cursor = STR_NONE};

        test_calls_end(t->db, CONVERSATIONS, t->a);
        step(t, &s);
        s = (struct job_step){.next_cursor = s.next_cursor}; // of another run
        step(t, &s);
        assert_int_equal(s.n_done, PAGE);
        assert_int_equal(s.n_total, CONVERSATIONS - PAGE);
        step(t, &s);
        assert_true(s.done);
        assert_int_equal(s.n_done, s.n_total);
    }
}

TEST_MAIN(cmocka_unit_test(each_step_tells_how_many_there_are),
          cmocka_unit_test(a_run_that_goes_on_behind_a_failure_counts_what_is_left))
