/* What /metrics says of jobs, look by look. */
#include "test/inbox.h"

#include "jobs/run.h"
#include "ops/gauges.h"

static struct job asked = {.name = "asked", .schedule = JOB_ON_REQUEST};

static void ask(struct test_inbox *t, usec_t now)
{
    const struct job_asker by = {STR("cli"), STR_NONE, now};
    struct err e = {0};
    int64_t run;

    assert_ok(db_begin(t->db, &e), &e);
    assert_ok(job_ask(t->db, t->project, &asked, &by, &run, &e), &e);
    assert_ok(db_commit(t->db, &e), &e);
}

/* A look and what is told after it. */
static struct str told(struct test_inbox *t, struct gauges *g)
{
    _cleanup_(buf_finish) struct buf out;
    struct err e = {0};

    buf_init(&out, 64 * 1024);
    assert_ok(gauges_look(g, t->db, t->a, &e), &e);
    gauges_write(g, &out);
    return str_dup(buf_view(&out), t->a);
}

static void a_job_that_nobody_asks_for_any_more_is_not_late(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        usec_t now = SECONDS(1900000000);
        const struct clock clock = clock_fixed(&now);
        struct gauges *g = gauges_create(t->store, &clock);

        ask(t, now);
        now += SECONDS(77);
        assert_true(str_contains(told(t, g), STR("job_late_seconds{job_name=\"asked\"} 77\n")));
        test_inbox_sql(t, "UPDATE sync_state SET next_run_at = NULL, run_id = NULL");
        assert_true(str_contains(told(t, g), STR("job_late_seconds{job_name=\"asked\"} 0\n")));
        gauges_destroy(g);
    }
}

/* As the engine ends a run. */
static void end_of(struct test_inbox *t, struct str error, bool refused, usec_t began, usec_t now)
{
    struct err e = {0};

    test_inbox_sql(t, "UPDATE sync_state SET claim_token = 'ours'");
    assert_ok(db_exec(t->db, Q_JOB_END,
                      BINDS(bind_int("project", t->project), bind_str("job", STR("asked")),
                            bind_str("token", STR("ours")), bind_str("cursor", STR("{}")),
                            bind_time("next", now + SECONDS(60)), bind_str("error", error),
                            bind_bool("refused", refused), bind_time("began", began),
                            bind_time("now", now)),
                      NULL, &e),
              &e);
}

static void end(struct test_inbox *t, struct str error, usec_t began, usec_t now)
{
    end_of(t, error, false, began, now);
}

static void assert_told(struct test_inbox *t, struct gauges *g, const char *late,
                        const char *behind, const char *failures)
{
    const struct str page = told(t, g);

    assert_true(str_contains(
        page, str_fmt(t->a,
                      "job_late_seconds{job_name=\"asked\"} %s\n"
                      "# HELP job_behind_seconds How old the last good run is where a job fails or "
                      "is not done yet.\n# TYPE job_behind_seconds gauge\n"
                      "job_behind_seconds{job_name=\"asked\"} %s\n",
                      late, behind)));
    assert_true(
        str_contains(page, str_fmt(t->a, "\njob_failures{job_name=\"asked\"} %s\n", failures)));
}

static void a_job_that_fails_is_not_late_and_is_behind(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        usec_t now = SECONDS(1900000000);
        const struct clock clock = clock_fixed(&now);
        struct gauges *g = gauges_create(t->store, &clock);

        ask(t, now);
        assert_told(t, g, "0", "0", "0"); // its first run waits: there is nothing to be behind of
        end(t, STR_NONE, now, now);
        for (int i = 0; i < 3; i++) {
            now += SECONDS(50);
            end(t, STR("401"), TIME_NONE, now);
        }
        assert_told(t, g, "0", "150", "3");
        now += SECONDS(50);
        end(t, STR_NONE, now, now);
        now += SECONDS(30);
        assert_told(t, g, "0", "0", "0"); // and it rests
        now += SECONDS(10);
        ask(t, now);
        now += SECONDS(600);
        assert_told(t, g, "600", "640", "0"); // a run that does not come to its end
        gauges_destroy(g);
    }
}

static void assert_projects(struct test_inbox *t, struct gauges *g, const char *n)
{
    assert_true(str_contains(told(t, g), str_fmt(t->a, "\nreconcile_refused_projects %s\n", n)));
}

/* One tenant's token is no trouble of the installation's. */
static void what_the_provider_refuses_is_counted_apart(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        usec_t now = SECONDS(1900000000);
        const struct clock clock = clock_fixed(&now);
        struct gauges *g = gauges_create(t->store, &clock);
        struct degraded_figures f = {0};

        ask(t, now);
        end(t, STR_NONE, now, now);
        for (int i = 0; i < 5; i++) {
            now += SECONDS(1000);
            end_of(t, STR("401"), true, TIME_NONE, now);
        }
        assert_told(t, g, "0", "0", "0");
        assert_projects(t, g, "1");
        gauges_degraded(g, &f);
        assert_int_equal(degraded_of(&f), 0);
        // It was mended, and something else goes wrong: that is not as old as the refusal.
        now += SECONDS(40);
        end(t, STR("503"), TIME_NONE, now);
        assert_told(t, g, "0", "40", "1");
        assert_projects(t, g, "0");
        end_of(t, STR("401"), true, TIME_NONE, now + 1);
        assert_projects(t, g, "1");
        end(t, STR_NONE, now, now + 2);
        assert_told(t, g, "0", "0", "0");
        assert_projects(t, g, "0");
        gauges_destroy(g);
    }
}

static void a_job_that_never_succeeded_is_behind_since_its_project_was_made(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        usec_t now = SECONDS(1900000000);
        const struct clock clock = clock_fixed(&now);
        struct gauges *g = gauges_create(t->store, &clock);

        ask(t, now);
        test_inbox_sql(t, t->engine == STORE_SQLITE
                              ? "UPDATE projects SET created_at = 1899999000000000"
                              : "UPDATE projects SET created_at = to_timestamp(1899999000)");
        end(t, STR("401"), TIME_NONE, now);
        assert_told(t, g, "0", "1000", "1");
        gauges_destroy(g);
    }
}

static void the_size_of_a_database_is_told_where_it_is_no_file_of_ours(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct gauges *g = gauges_create(t->store, &clock_system);
        const bool is_postgres = t->engine == STORE_POSTGRES;
        struct err e = {0};

        assert_false(str_contains(told(t, g), STR("store_file_bytes"))); // not measured yet
        assert_ok(gauges_measure(g, t->db, t->a, &e), &e);
        assert_int_equal(str_contains(told(t, g), STR("\nstore_file_bytes ")), is_postgres);
        assert_int_equal(str_contains(told(t, g), STR("\nstore_slot_wal_bytes ")), is_postgres);
        gauges_destroy(g);
    }
}

static void what_is_degraded_is_what_the_store_says(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        usec_t now = SECONDS(1900000000);
        const struct clock clock = clock_fixed(&now);
        struct gauges *g = gauges_create(t->store, &clock);
        struct degraded_figures f = {0};

        ask(t, now);
        (void)told(t, g);
        gauges_degraded(g, &f);
        assert_int_equal(degraded_of(&f), 0);
        for (int i = 0; i < 3; i++)
            end(t, STR("401"), TIME_NONE, now);
        (void)told(t, g);
        gauges_degraded(g, &f);
        assert_int_equal(degraded_of(&f), 1u << DEGRADED_JOB_FAILS);
        now += MINUTES(4);
        gauges_degraded(g, &f);
        assert_int_equal(degraded_of(&f), 1u << DEGRADED_JOB_FAILS | 1u << DEGRADED_JOB_LATE);
        gauges_destroy(g);
    }
}

TEST_MAIN(cmocka_unit_test(what_the_provider_refuses_is_counted_apart),
          cmocka_unit_test(the_size_of_a_database_is_told_where_it_is_no_file_of_ours),
          cmocka_unit_test(what_is_degraded_is_what_the_store_says),
          cmocka_unit_test(a_job_that_nobody_asks_for_any_more_is_not_late),
          cmocka_unit_test(a_job_that_fails_is_not_late_and_is_behind),
          cmocka_unit_test(a_job_that_never_succeeded_is_behind_since_its_project_was_made))
