/* The engine with its threads. */
#include "jobs/engine_kit.h"
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

TEST_MAIN(cmocka_unit_test(f024_a_step_may_outlast_its_lease),
          cmocka_unit_test(f026_many_that_fail_at_once_come_back_apart))
