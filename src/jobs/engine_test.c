/* The engine by hand: two runners on one store, a clock that stands still, jobs that take notes. */
#include "jobs/internal.h"

#include <sched.h>

#include "base/fault.h"
#include "base/json.h"
#include "jobs/run.h"
#include "tenancy/project.h"
#include "test/store.h"

enum { STEPS = 4 };

struct bench {
    struct store *store;
    struct arena *a;
    struct db *db;
    usec_t now;
    struct clock clock;
    struct jobs *jobs;
    struct runner *first, *second;
    int64_t project;
    /* of the counting job */
    int steps;
    enum err_code fails; /* at the second step; ERR_NONE: it does not */
    bool off, store_fails, ends_at_once, fails_when_robbed, is_flawed;
    int n_ended[2]; /* runs that failed, and that did not */
    usec_t not_before, began;
    struct runner *stolen_by; /* runs the job within the first one's step */
};

static bool lose_store(struct job_step *s, struct err *e)
{
    fault_arm("store.begin", 1, false);
    const bool ok = db_begin(s->db, e);
    fault_disarm();
    assert_true(!ok && db_lost(s->db));
    return false;
}

/* Counts from 0 to STEPS, one per step. */
static bool count_up(struct job_step *s, struct err *e)
{
    struct bench *b = s->arg;
    struct json_object *cursor;
    int64_t at = 0;

    assert_ok(json_parse(s->cursor, s->a, &cursor, e), e);
    (void)json_get_int(cursor, "at", &at);
    b->steps++;
    if (b->stolen_by) {
        struct runner *thief = b->stolen_by;
        b->stolen_by = NULL;
        assert_ok(drop_lease(b->first, e), e); // it has run out
        assert_true(runner_round(thief));
        if (b->fails_when_robbed)
            return err_set(e, ERR_UPSTREAM, "the provider has failed");
    }
    if (b->store_fails)
        return lose_store(s, e) || err_trace(e);
    if (b->fails && at > 0) {
        s->not_before = b->not_before;
        return err_set(e, b->fails, "the provider has failed");
    }
    at++;
    job_step_count(s, STR("counted"), 1);
    s->n_done = at;
    s->n_total = STEPS;
    s->done = at == STEPS || b->ends_at_once;
    s->began = b->began;
    if (s->done && b->is_flawed)
        err_set(&s->flaw, ERR_UPSTREAM, "something was left out");
    s->next_cursor = str_fmt(s->a, "{\"at\": %lld}", (long long)at);
    return true;
}

static bool is_on(const struct job *j, int64_t project, void *arg)
{
    (void)j;
    (void)project;
    return !((const struct bench *)arg)->off;
}

static void on_ended(const struct job *j, bool ok, const struct job_count *counts, size_t n,
                     void *arg)
{
    (void)j;
    (void)counts;
    (void)n;
    ((struct bench *)arg)->n_ended[ok]++;
}

static struct job counting, asked, once;
static const struct job *const list[] = {&counting, &asked, &once};

static void add_project(struct bench *b, const char *name, int64_t *ret)
{
    struct rng rng = rng_seeded(1);
    struct err e = {0};

    assert_ok(project_create(OFFICE(b->db, &rng, b->now), 1, str_from(name), b->a, ret, &e), &e);
}

static void bench_init(struct bench *b, struct store *store, struct arena *a)
{
    struct rng rng = rng_seeded(1);
    struct err e = {0};

    *b = (struct bench){.store = store, .a = a, .now = SECONDS(1900000000), .began = TIME_NONE};
    b->clock = clock_fixed(&b->now);
    b->db = store_connect(store, STORE_WORK);
    assert_ok(project_bootstrap(b->db,
                                &(struct project_bootstrap){.rng = &rng,
                                                            .now = b->now,
                                                            .provider = STR("twilio"),
                                                            .account_sid = STR("AC1")},
                                &b->project, &e),
              &e);
    counting = (struct job){
        .name = "counting", .schedule = JOB_EVERY(SECONDS(60), SECONDS(120)), .step = count_up};
    asked = (struct job){.name = "asked", .schedule = JOB_ON_REQUEST, .step = count_up};
    once = (struct job){.name = "once",
                        .scope = JOB_INSTALLATION,
                        .schedule = JOB_DAILY(3, 0, HOURS(1)),
                        .step = count_up};
    b->jobs = jobs_create(&(struct jobs_options){.store = store,
                                                 .clock = &b->clock,
                                                 .jobs = list,
                                                 .n_jobs = LEN(list),
                                                 .threads = 2,
                                                 .is_on = is_on,
                                                 .on_ended = on_ended,
                                                 .arg = b});
    b->first = b->jobs->runners[0];
    b->second = b->jobs->runners[1];
}

static void bench_finish(struct bench *b)
{
    jobs_stop(b->jobs);
    db_close(b->db);
}

#define BENCH(b)                                                                                   \
    TEST_STORES(store_, a_)                                                                        \
    for (struct bench bench_, *b = (bench_init(&bench_, store_, a_), &bench_); b;                  \
         bench_finish(b), b = NULL)

static void plan(struct bench *b)
{
    struct err e = {0};

    assert_ok(plan_jobs(b->first, &e), &e);
}

static struct job_state state(struct bench *b, int64_t project, const char *name)
{
    struct job_state *states;
    struct err e = {0};
    size_t n;

    assert_ok(job_states(b->db, project, b->a, &states, &n, &e), &e);
    for (size_t i = 0; i < n; i++)
        if (str_eq(states[i].name, str_from(name)))
            return states[i];
    return (struct job_state){.name = STR_NONE};
}

static int64_t ask(struct bench *b, const struct job *job)
{
    const struct job_asker by = {STR("api"), STR("ann@example.com"), b->now};
    struct err e = {0};
    int64_t run;

    assert_ok(db_begin(b->db, &e), &e);
    assert_ok(job_ask(b->db, b->project, job, &by, &run, &e), &e);
    assert_ok(db_commit(b->db, &e), &e);
    return run;
}

/* As if the runner had died: nobody renews its lease. On PostgreSQL the time is the database's. */
static void bury(struct bench *b, struct runner *r)
{
    struct err e = {0};

    if (store_engine(b->store) == STORE_SQLITE)
        b->now += JOB_LEASE + 1;
    else
        assert_ok(drop_lease(r, &e), &e);
}

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

// --- with its threads ----------------------------------------------------------------------------

struct crew {
    struct bell *bell; /* a run has ended */
    _Atomic int steps, ended;
};

static const usec_t brief = SECONDS(3);
static const struct job *const asked_only[] = {&asked};

/* Lasts several leases, or until another runner has the job as well. */
static bool step_long(struct job_step *s, struct err *e)
{
    struct crew *c = s->arg;
    const usec_t until = clock_monotonic(s->clock) + 4 * brief;

    (void)e;
    atomic_fetch_add(&c->steps, 1);
    while (atomic_load(&c->steps) == 1 && clock_monotonic(s->clock) < until)
        (void)bell_wait(c->bell, MILLISECONDS(10));
    s->done = true;
    return true;
}

static void count_end(const struct job *j, bool ok, const struct job_count *counts, size_t n,
                      void *arg)
{
    struct crew *c = arg;

    (void)j;
    (void)ok;
    (void)counts;
    (void)n;
    atomic_fetch_add(&c->ended, 1);
    bell_ring(c->bell);
}

/* The heartbeat alone keeps the run. */
static void f024_a_step_may_outlast_its_lease(void **unused)
{
    (void)unused;
    BENCH(b)
    {
        struct crew c = {.bell = bell_create()};
        struct jobs *jobs;
        struct err e = {0};

        b->now = clock_wall(&clock_system);
        asked.step = step_long;
        (void)ask(b, &asked);
        assert_ok(jobs_start(&(struct jobs_options){.store = b->store,
                                                    .clock = &clock_system,
                                                    .jobs = asked_only,
                                                    .n_jobs = LEN(asked_only),
                                                    .threads = 2,
                                                    .lease = brief,
                                                    .on_ended = count_end,
                                                    .arg = &c},
                             &jobs, &e),
                  &e);
        while (atomic_load(&c.ended) == 0)
            (void)bell_wait(c.bell, MILLISECONDS(50));
        jobs_stop(jobs);
        bell_destroy(c.bell);
        assert_int_equal(c.steps, 1);
        assert_int_equal(c.ended, 1);
        assert_str(state(b, b->project, "asked").latest.state, "succeeded");
    }
}

enum { CROWD = 200, CROWD_THREADS = 4, PARTS = 5 };

struct crowd {
    struct bell *bell; /* all runs have ended */
    _Atomic int ended, succeeded;
};

/* Its provider answers 5xx to everybody. */
static bool step_fails(struct job_step *s, struct err *e)
{
    (void)s;
    return err_set(e, ERR_UNAVAILABLE, "the provider has troubles of its own");
}

static void end_one(const struct job *j, bool ok, const struct job_count *counts, size_t n,
                    void *arg)
{
    struct crowd *c = arg;

    (void)j;
    (void)counts;
    (void)n;
    atomic_fetch_add(&c->succeeded, ok);
    if (atomic_fetch_add(&c->ended, 1) + 1 == CROWD)
        bell_ring_for_ever(c->bell);
}

static void run_crowd(struct bench *b, struct crowd *c)
{
    static const struct job *const counting_only[] = {&counting};
    struct jobs *jobs;
    struct err e = {0};

    assert_ok(jobs_start(&(struct jobs_options){.store = b->store,
                                                .clock = &b->clock,
                                                .jobs = counting_only,
                                                .n_jobs = LEN(counting_only),
                                                .threads = CROWD_THREADS,
                                                .on_ended = end_one,
                                                .arg = c},
                         &jobs, &e),
              &e);
    while (!bell_wait(c->bell, SECONDS(1))) {
    }
    jobs_stop(jobs);
}

/* All are due, all fail: nobody comes back together with all others. */
static void f026_many_that_fail_at_once_come_back_apart(void **unused)
{
    (void)unused;
    BENCH(b)
    {
        struct crowd c = {.bell = bell_create()};
        int64_t projects[CROWD] = {b->project};
        size_t back[PARTS] = {0};

        counting.step = step_fails;
        for (size_t i = 1; i < CROWD; i++)
            add_project(b, str_z(str_fmt(b->a, "p%zu", i), b->a), &projects[i]);
        plan(b);
        b->now += SECONDS(121);
        run_crowd(b, &c);
        for (size_t i = 0; i < CROWD; i++) {
            const struct job_state s = state(b, projects[i], "counting");
            const usec_t wait = s.next_run_at - b->now;
            assert_true(s.failures == 1);
            assert_in_range(wait, SECONDS(15), SECONDS(30));
            back[wait < SECONDS(30) ? (wait - SECONDS(15)) / SECONDS(3) : PARTS - 1]++;
        }
        for (size_t i = 0; i < PARTS; i++)
            assert_in_range(back[i], CROWD / PARTS / 4, CROWD / PARTS * 2);
        assert_int_equal(c.succeeded, 0);
        bell_destroy(c.bell);
    }
}

TEST_MAIN(cmocka_unit_test(a_job_runs_when_it_is_due_and_not_before),
          cmocka_unit_test(a_run_that_had_to_leave_something_out_has_failed_and_waits_its_time),
          cmocka_unit_test(what_the_provider_refuses_comes_again_at_its_usual_time),
          cmocka_unit_test(every_project_is_planned_once_and_the_installation_too),
          cmocka_unit_test(two_runners_never_have_one_job),
          cmocka_unit_test(who_takes_over_goes_on_from_the_cursor),
          cmocka_unit_test(a_paused_runner_ends_nothing_that_another_has_taken),
          cmocka_unit_test(the_end_of_a_run_is_told_once),
          cmocka_unit_test(a_failure_is_told_and_tried_again_later),
          cmocka_unit_test(a_cursor_is_kept_where_that_may_help_and_not_for_ever),
          cmocka_unit_test(a_success_is_as_old_as_the_window_that_was_walked),
          cmocka_unit_test(the_stores_failures_are_waited_for_and_not_for_ever),
          cmocka_unit_test(a_step_that_kills_the_process_is_given_up),
          cmocka_unit_test(what_was_refused_comes_soon_when_it_was_mended),
          cmocka_unit_test(what_fails_otherwise_is_not_mended_by_credentials),
          cmocka_unit_test(a_second_run_is_refused_while_one_waits_or_runs),
          cmocka_unit_test(what_is_switched_off_is_passed_over),
          cmocka_unit_test(what_is_switched_off_fails_no_more),
          cmocka_unit_test(a_run_that_was_asked_for_fails_when_its_job_is_switched_off),
          cmocka_unit_test(a_clock_that_was_wrong_puts_nothing_off_for_ever),
          cmocka_unit_test(f301_what_deletes_is_not_run_by_a_clock_that_is_wrong),
          cmocka_unit_test(whatever_deletes_minds_the_clock),
          cmocka_unit_test(a_stop_leaves_the_run_to_others),
          cmocka_unit_test(runs_are_listed_page_by_page_and_by_their_own_project),
          cmocka_unit_test(f024_a_step_may_outlast_its_lease),
          cmocka_unit_test(f026_many_that_fail_at_once_come_back_apart))
