/* When a job runs, who has it, and who may ask for it. */
#include "jobs/engine_kit.h"

static void a_job_runs_when_it_is_due_and_not_before(void **unused)
{
    (void)unused;
    BENCH(b)
    {
        assert_false(runner_round(b->first)); // nothing is planned
        plan(b);
        b->now += SECONDS(121);
        while (runner_round(b->first)) {
        }
        assert_int_equal(b->steps, STEPS);
        const struct job_state s = state(b, b->project, "counting");
        assert_str(s.latest.state, "succeeded");
        assert_str(s.latest.through, "schedule");
        assert_str(s.latest.by, NULL);
        assert_int_equal(s.latest.done, STEPS);
        assert_int_equal(s.latest.total, STEPS);
        assert_true(str_contains(s.latest.counts, STR("\"counted\"")));
        assert_true(s.last_success_at == b->now && s.run == INT_NONE && s.failures == 0);
        assert_in_range(s.next_run_at, b->now + SECONDS(60), b->now + SECONDS(120));
        assert_false(runner_round(b->first));
        b->now = s.next_run_at;
        assert_true(runner_round(b->second));
        assert_int_equal(b->steps, 2 * STEPS);
    }
}

static void every_project_is_planned_once_and_the_installation_too(void **unused)
{
    (void)unused;
    BENCH(b)
    {
        int64_t other;
        add_project(b, "Second", &other);
        plan(b);
        const usec_t next = state(b, other, "counting").next_run_at;
        plan(b);
        assert_true(state(b, other, "counting").next_run_at == next);
        assert_true(state(b, b->project, "counting").next_run_at != TIME_NONE);
        assert_true(state(b, b->project, "once").next_run_at != TIME_NONE);
        assert_str(state(b, other, "once").name, NULL);
        assert_str(state(b, other, "asked").name, NULL);
    }
}

/* F028, F068: two schedulers. */
static void two_runners_never_have_one_job(void **unused)
{
    (void)unused;
    BENCH(b)
    {
        struct job_claim mine, theirs;
        struct err e = {0};
        bool found;
        (void)ask(b, &asked);
        assert_ok(claim_job(b->first, &mine, &found, &e), &e);
        assert_true(found);
        assert_ok(claim_job(b->second, &theirs, &found, &e), &e);
        assert_false(found);
        bury(b, b->first);
        assert_ok(claim_job(b->second, &theirs, &found, &e), &e);
        assert_true(found && theirs.run == mine.run && theirs.attempts == 2);
    }
}

static void who_takes_over_goes_on_from_the_cursor(void **unused)
{
    (void)unused;
    BENCH(b)
    {
        struct job_claim c;
        struct err e = {0};
        bool found, held;
        const int64_t run = ask(b, &asked);
        assert_ok(claim_job(b->first, &c, &found, &e), &e);
        c.cursor = STR("{\"at\": 3}");
        c.done = 3;
        c.counts[c.n_counts++] = (struct job_count){STR("counted"), 3};
        assert_ok(keep_step(b->first, &c, &held, &e), &e);
        assert_true(held);
        bury(b, b->first);
        assert_true(runner_round(b->second));
        assert_int_equal(b->steps, 1);
        const struct job_run r = state(b, b->project, "asked").latest;
        assert_true(r.id == run && r.done == STEPS);
        assert_str(r.state, "succeeded");
        assert_str(r.by, "ann@example.com");
        assert_true(str_contains(r.counts, STR("4")));
        assert_ok(keep_step(b->first, &c, &held, &e), &e);
        assert_false(held); // who comes back is fenced
    }
}

static void a_paused_runner_ends_nothing_that_another_has_taken(void **unused)
{
    (void)unused;
    BENCH(b)
    {
        (void)ask(b, &asked);
        b->stolen_by = b->second;
        (void)runner_round(b->first);
        assert_int_equal(b->steps, STEPS + 1);
        const struct job_state s = state(b, b->project, "asked");
        assert_str(s.latest.state, "succeeded");
        assert_int_equal(s.latest.done, STEPS);
        assert_true(s.run == INT_NONE);
    }
}

/* The thief runs it to its end; the first one comes back and ends it too, well or not. */
static void the_end_of_a_run_is_told_once(void **unused)
{
    static const struct {
        const char *label;
        bool fails;
    } rows[] = {{"its last step was good", false}, {"its step failed", true}};

    (void)unused;
    BENCH(b)
    {
        FOR_EACH_ROW (row, rows) {
            memset(b->n_ended, 0, sizeof b->n_ended);
            (void)ask(b, &asked);
            b->ends_at_once = true;
            b->fails_when_robbed = row->fails;
            b->stolen_by = b->second;
            (void)runner_round(b->first);
            assert_row(b->n_ended[true] == 1 && b->n_ended[false] == 0, row->label);
        }
    }
}

static bool keep(struct job_step *s, struct err *e)
{
    assert_ok(db_begin(s->db, e), e);
    if (job_step_keep_counts(s, e))
        return db_commit(s->db, e) || err_trace(e);
    db_rollback(s->db);
    return err_trace(e);
}

/* Keeps what it has mended, loses its job within the step, and may keep nothing more. */
static bool mend_and_lose(struct job_step *s, struct err *e)
{
    struct bench *b = s->arg;
    struct job_step so_far = *s;
    struct err refusal = {0};

    if (!b->stolen_by)
        return count_up(s, e);
    job_step_count(&so_far, STR("mended"), 2);
    assert_ok(keep(&so_far, e), e);
    const bool ok = count_up(s, e);
    assert_refused(keep(&so_far, &refusal), &refusal, ERR_UNAVAILABLE);
    return ok;
}

static void what_was_mended_by_a_step_that_was_cut_short_is_counted(void **unused)
{
    (void)unused;
    BENCH(b)
    {
        asked.step = mend_and_lose;
        (void)ask(b, &asked);
        b->stolen_by = b->second;
        (void)runner_round(b->first);
        const struct job_run run = state(b, b->project, "asked").latest;
        assert_str(run.state, "succeeded");
        assert_true(str_contains(run.counts, STR("\"mended\"")));
        assert_true(str_contains(run.counts, STR("2")) && str_contains(run.counts, STR("4")));
    }
}

static void a_second_run_is_refused_while_one_waits_or_runs(void **unused)
{
    (void)unused;
    BENCH(b)
    {
        const struct job_asker by = {STR("cli"), STR_NONE, b->now};
        struct err e = {0};
        int64_t run = ask(b, &asked);
        assert_ok(db_begin(b->db, &e), &e);
        assert_refused(job_ask(b->db, b->project, &asked, &by, &run, &e), &e, ERR_CONFLICT);
        db_rollback(b->db);
        assert_true(runner_round(b->first));
        assert_true(ask(b, &asked) > run);
    }
}

static void what_is_switched_off_is_passed_over(void **unused)
{
    (void)unused;
    BENCH(b)
    {
        plan(b);
        b->now += SECONDS(121);
        b->off = true;
        while (runner_round(b->first)) {
        }
        assert_int_equal(b->steps, 0);
        struct job_state s = state(b, b->project, "counting");
        assert_true(s.latest.id == INT_NONE && s.next_run_at > b->now);
        b->off = false;
        b->now = s.next_run_at;
        assert_true(runner_round(b->first));
        assert_int_equal(b->steps, STEPS);
    }
}

/* Nobody is told of trouble with what is off. */
static void what_is_switched_off_fails_no_more(void **unused)
{
    (void)unused;
    BENCH(b)
    {
        plan(b);
        b->now += SECONDS(121);
        b->fails = ERR_UNAVAILABLE;
        while (runner_round(b->first)) {
        }
        struct job_state s = state(b, b->project, "counting");
        assert_int_equal(s.failures, 1);
        b->now = s.next_run_at;
        b->off = true;
        while (runner_round(b->first)) {
        }
        assert_int_equal(state(b, b->project, "counting").failures, 0);
    }
}

/* Nobody plans a job that runs on request: what waited would wait for ever. */
static void a_run_that_was_asked_for_fails_when_its_job_is_switched_off(void **unused)
{
    (void)unused;
    BENCH(b)
    {
        const int64_t run = ask(b, &asked);
        b->off = true;
        assert_true(runner_round(b->first));
        struct job_state s = state(b, b->project, "asked");
        assert_true(s.latest.id == run && s.run == INT_NONE && s.next_run_at == TIME_NONE);
        assert_str(s.latest.state, "failed");
        assert_str(s.latest.error, "the job is switched off");
        b->off = false;
        (void)ask(b, &asked);
        assert_true(runner_round(b->first));
        assert_str(state(b, b->project, "asked").latest.state, "succeeded");
        assert_int_equal(b->steps, STEPS);
    }
}

static void a_clock_that_was_wrong_puts_nothing_off_for_ever(void **unused)
{
    (void)unused;
    BENCH(b)
    {
        const usec_t right = b->now;
        b->now += HOURS(24 * 365);
        plan(b);
        b->now = right;
        assert_false(runner_round(b->first));
        plan(b);
        assert_true(state(b, b->project, "counting").next_run_at == right);
        assert_true(runner_round(b->first));
    }
}

static void f301_what_deletes_is_not_run_by_a_clock_that_is_wrong(void **unused)
{
    static const struct {
        const char *label;
        usec_t ahead;
        bool is_wrong;
    } rows[] = {
        {"a year ahead", HOURS(24 * 365), true},
        {"a day behind", -HOURS(24), true},
        {"nearly an hour ahead", MINUTES(55), false},
        {"nearly an hour behind", -MINUTES(55), false},
    };

    (void)unused;
    FOR_EACH_ROW (row, rows)
        BENCH(b)
        {
            // SQLite has no clock of its own that it could be held against.
            const bool is_seen = row->is_wrong && store_engine(b->store) == STORE_POSTGRES;
            asked.minds_clock = true;
            b->now = clock_wall(&clock_system) + row->ahead;
            (void)ask(b, &asked);
            assert_row(runner_round(b->first), row->label);
            assert_row(b->steps == (is_seen ? 0 : STEPS), row->label);
            const struct str why = state(b, b->project, "asked").latest.error;
            assert_row(str_is_none(why) != is_seen, row->label);
            assert_row(!is_seen || str_contains(why, STR("more than an hour apart")), row->label);
        }
}

static void whatever_deletes_minds_the_clock(void **unused)
{
    static const char *const names[] = {"freeze", "housekeeping", "retention"};
    size_t n;
    const struct job *const *all = job_list(&n);

    (void)unused;
    FOR_EACH_ROW (name, names)
        assert_row(job_find(all, n, str_from(*name))->minds_clock, *name);
}

static void a_stop_leaves_the_run_to_others(void **unused)
{
    (void)unused;
    BENCH(b)
    {
        struct job_claim c;
        struct err e = {0};
        bool found;
        const int64_t run = ask(b, &asked);
        assert_ok(claim_job(b->first, &c, &found, &e), &e);
        assert_ok(give_way(b->first, &c, b->now, &e), &e);
        assert_true(runner_round(b->second));
        assert_true(state(b, b->project, "asked").latest.id == run);
        assert_int_equal(b->steps, STEPS);
    }
}

static void runs_are_listed_page_by_page_and_by_their_own_project(void **unused)
{
    (void)unused;
    BENCH(b)
    {
        struct job_runs_wanted want = {STR("asked"), INT_NONE, 2};
        struct job_run *runs, one;
        struct err e = {0};
        int64_t other, ids[3];
        bool found;
        size_t n;
        add_project(b, "Second", &other);
        for (size_t i = 0; i < LEN(ids); i++) {
            ids[i] = ask(b, &asked);
            assert_true(runner_round(b->first));
        }
        assert_ok(job_runs(b->db, b->project, &want, b->a, &runs, &n, &e), &e);
        assert_true(n == 2 && runs[0].id == ids[2] && runs[1].id == ids[1]);
        want.before = runs[1].id;
        assert_ok(job_runs(b->db, b->project, &want, b->a, &runs, &n, &e), &e);
        assert_true(n == 1 && runs[0].id == ids[0]);
        assert_ok(job_run_find(b->db, b->project, ids[0], b->a, &one, &found, &e), &e);
        assert_true(found && one.ended_at == b->now);
        assert_ok(job_run_find(b->db, other, ids[0], b->a, &one, &found, &e), &e);
        assert_false(found);
    }
}

TEST_MAIN(cmocka_unit_test(a_job_runs_when_it_is_due_and_not_before),
          cmocka_unit_test(every_project_is_planned_once_and_the_installation_too),
          cmocka_unit_test(two_runners_never_have_one_job),
          cmocka_unit_test(who_takes_over_goes_on_from_the_cursor),
          cmocka_unit_test(a_paused_runner_ends_nothing_that_another_has_taken),
          cmocka_unit_test(the_end_of_a_run_is_told_once),
          cmocka_unit_test(what_was_mended_by_a_step_that_was_cut_short_is_counted),
          cmocka_unit_test(a_second_run_is_refused_while_one_waits_or_runs),
          cmocka_unit_test(what_is_switched_off_is_passed_over),
          cmocka_unit_test(what_is_switched_off_fails_no_more),
          cmocka_unit_test(a_run_that_was_asked_for_fails_when_its_job_is_switched_off),
          cmocka_unit_test(a_clock_that_was_wrong_puts_nothing_off_for_ever),
          cmocka_unit_test(f301_what_deletes_is_not_run_by_a_clock_that_is_wrong),
          cmocka_unit_test(whatever_deletes_minds_the_clock),
          cmocka_unit_test(a_stop_leaves_the_run_to_others),
          cmocka_unit_test(runs_are_listed_page_by_page_and_by_their_own_project))
