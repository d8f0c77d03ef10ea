/* What becomes of a run that fails, and of its next one. */
#include "jobs/engine_kit.h"

static void a_run_that_had_to_leave_something_out_has_failed_and_waits_its_time(void **unused)
{
    (void)unused;
    BENCH(b)
    {
        plan(b);
        b->now += SECONDS(121);
        const usec_t before = state(b, b->project, "counting").last_success_at;
        b->is_flawed = true;
        while (runner_round(b->first)) {
        }
        const struct job_state s = state(b, b->project, "counting");
        assert_str(s.latest.state, "failed");
        assert_str(s.latest.error, "something was left out");
        assert_true(str_contains(s.latest.counts, STR("\"counted\"")));
        assert_int_equal(s.latest.done, STEPS);
        assert_true(s.failures == 1 && s.last_success_at == before);
        assert_in_range(s.next_run_at, b->now + SECONDS(60), b->now + SECONDS(120));
        assert_true(b->n_ended[false] == 1 && b->n_ended[true] == 0);
    }
}

/* It is the project's to mend: no sooner than usual, and no failure like others. */
static void what_the_provider_refuses_comes_again_at_its_usual_time(void **unused)
{
    (void)unused;
    BENCH(b)
    {
        plan(b);
        b->fails = ERR_INTEGRATION_AUTH;
        struct job_state s = state(b, b->project, "counting");
        for (int i = 1; i <= 4; i++) {
            b->now += SECONDS(121);
            while (runner_round(b->first)) {
            }
            s = state(b, b->project, "counting");
            assert_true(job_state_is_refused(&s) && s.failures == i);
            assert_in_range(s.next_run_at, b->now + SECONDS(60), b->now + SECONDS(120));
        }
        b->fails = ERR_UPSTREAM; // another thing: it is the first of its kind
        b->now += SECONDS(121);
        while (runner_round(b->first)) {
        }
        s = state(b, b->project, "counting");
        assert_true(!job_state_is_refused(&s) && s.failures == 1);
        b->fails = ERR_NONE;
        b->now += HOURS(1);
        while (runner_round(b->first)) {
        }
        s = state(b, b->project, "counting");
        assert_true(!job_state_is_refused(&s) && s.failures == 0);
    }
}

static void mend(struct bench *b, int64_t project)
{
    struct err e = {0};

    assert_ok(job_mended(b->db, project, b->now, &e), &e);
}

/* Told of no more, and run again when every node knows the new credentials. */
static void what_was_refused_comes_soon_when_it_was_mended(void **unused)
{
    (void)unused;
    BENCH(b)
    {
        int64_t other;
        add_project(b, "Second", &other);
        plan(b);
        b->fails = ERR_INTEGRATION_AUTH;
        b->now += SECONDS(121);
        while (runner_round(b->first)) {
        }
        const struct job_state before = state(b, b->project, "counting");
        mend(b, other);
        struct job_state s = state(b, b->project, "counting");
        assert_true(job_state_is_refused(&s) && s.next_run_at == before.next_run_at);
        mend(b, b->project);
        s = state(b, b->project, "counting");
        assert_true(!job_state_is_refused(&s) && s.failures == 0);
        assert_true(s.next_run_at == b->now + SECONDS(5));
        b->now = s.next_run_at;
        while (runner_round(b->first)) {
        }
        s = state(b, b->project, "counting");
        assert_true(job_state_is_refused(&s) && s.failures == 1); // it was not, and that is told
    }
}

static void what_fails_otherwise_is_not_mended_by_credentials(void **unused)
{
    (void)unused;
    BENCH(b)
    {
        plan(b);
        b->fails = ERR_UPSTREAM;
        b->now += SECONDS(121);
        while (runner_round(b->first)) {
        }
        const struct job_state before = state(b, b->project, "counting");
        mend(b, b->project);
        const struct job_state s = state(b, b->project, "counting");
        assert_true(s.failures == 1 && s.next_run_at == before.next_run_at);
    }
}

static void a_failure_is_told_and_tried_again_later(void **unused)
{
    (void)unused;
    BENCH(b)
    {
        plan(b);
        b->now += SECONDS(121);
        b->fails = ERR_UNAVAILABLE;
        assert_true(runner_round(b->first));
        struct job_state s = state(b, b->project, "counting");
        assert_str(s.latest.state, "failed");
        assert_str(s.latest.error, "the provider has failed");
        assert_str(s.last_error, "the provider has failed");
        assert_true(s.failures == 1 && s.last_success_at == TIME_NONE && s.last_error_at == b->now);
        assert_in_range(s.next_run_at, b->now + SECONDS(15), b->now + SECONDS(30));
        b->not_before = s.next_run_at + MINUTES(10);
        b->now = s.next_run_at;
        assert_true(runner_round(b->first));
        s = state(b, b->project, "counting");
        assert_true(s.failures == 2 && s.next_run_at == b->not_before);
        b->fails = ERR_NONE;
        b->now = s.next_run_at;
        assert_true(runner_round(b->first));
        s = state(b, b->project, "counting");
        assert_true(s.failures == 0 && s.last_success_at == b->now);
        assert_str(s.latest.state, "succeeded");
    }
}

/* The runs that fail, one after another, and the steps of each. */
static void fail_and_count(struct bench *b, enum err_code with, const int *steps, size_t n)
{
    b->fails = with;
    for (size_t i = 0; i < n; i++) {
        b->now = state(b, b->project, "counting").next_run_at;
        b->steps = 0;
        assert_true(runner_round(b->first));
        assert_int_equal(b->steps, steps[i]);
    }
}

/* The first step of a run is good, the second fails: where one step is run, it was the second. */
static void a_cursor_is_kept_where_that_may_help_and_not_for_ever(void **unused)
{
    static const int anew[] = {2, 2, 2}, again[] = {2, 1, 1, 1, 1, 2, 1, 1, 1, 1, 2};

    (void)unused;
    BENCH(b)
    {
        plan(b);
        fail_and_count(b, ERR_UNAVAILABLE, again, LEN(again));
        fail_and_count(b, ERR_INTEGRATION_TIMEOUT, again + 1, 3);
        fail_and_count(b, ERR_UPSTREAM, again + 1, 1);
        fail_and_count(b, ERR_UPSTREAM, anew, LEN(anew));
        fail_and_count(b, ERR_INVALID, anew, LEN(anew));
    }
}

/* A window that a failed run had fixed ends where it ended, however late it was walked. */
static void a_success_is_as_old_as_the_window_that_was_walked(void **unused)
{
    (void)unused;
    BENCH(b)
    {
        plan(b);
        b->now += SECONDS(121);
        b->began = b->now - HOURS(51);
        assert_true(runner_round(b->first));
        const struct job_state s = state(b, b->project, "counting");
        assert_true(s.last_success_at == b->began && s.latest.started_at == b->now);
    }
}

static void the_stores_failures_are_waited_for_and_not_for_ever(void **unused)
{
    (void)unused;
    BENCH(b)
    {
        (void)ask(b, &asked);
        b->store_fails = true;
        for (int i = 1; i < JOB_ATTEMPTS_MAX; i++) {
            assert_true(runner_round(b->first));
            const struct job_state s = state(b, b->project, "asked");
            assert_str(s.latest.state, "running");
            assert_true(s.failures == 0 && s.next_run_at == b->now + (MILLISECONDS(500) << i));
            assert_false(runner_round(b->first));
            b->now = s.next_run_at;
        }
        assert_true(runner_round(b->first));
        const struct job_state s = state(b, b->project, "asked");
        assert_str(s.latest.state, "failed");
        assert_true(s.failures == 1 && s.run == INT_NONE);
    }
}

static void a_step_that_kills_the_process_is_given_up(void **unused)
{
    (void)unused;
    BENCH(b)
    {
        struct job_claim c;
        struct err e = {0};
        bool found;
        (void)ask(b, &asked);
        for (int i = 0; i < JOB_ATTEMPTS_MAX; i++) {
            assert_ok(claim_job(b->first, &c, &found, &e), &e);
            assert_true(found);
            bury(b, b->first);
        }
        assert_true(runner_round(b->second));
        assert_int_equal(b->steps, 0);
        const struct job_run r = state(b, b->project, "asked").latest;
        assert_str(r.state, "failed");
        assert_true(str_starts(r.error, STR("every attempt was cut short")));
    }
}

TEST_MAIN(cmocka_unit_test(a_run_that_had_to_leave_something_out_has_failed_and_waits_its_time),
          cmocka_unit_test(what_the_provider_refuses_comes_again_at_its_usual_time),
          cmocka_unit_test(a_failure_is_told_and_tried_again_later),
          cmocka_unit_test(a_cursor_is_kept_where_that_may_help_and_not_for_ever),
          cmocka_unit_test(a_success_is_as_old_as_the_window_that_was_walked),
          cmocka_unit_test(the_stores_failures_are_waited_for_and_not_for_ever),
          cmocka_unit_test(a_step_that_kills_the_process_is_given_up),
          cmocka_unit_test(what_was_refused_comes_soon_when_it_was_mended),
          cmocka_unit_test(what_fails_otherwise_is_not_mended_by_credentials))
