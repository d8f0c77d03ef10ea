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
        assert_true(str_contains(told(t, g), STR("job_late_seconds{job=\"asked\"} 77\n")));
        test_inbox_sql(t, "UPDATE sync_state SET next_run_at = NULL, run_id = NULL");
        assert_true(str_contains(told(t, g), STR("job_late_seconds{job=\"asked\"} 0\n")));
        gauges_destroy(g);
    }
}

TEST_MAIN(cmocka_unit_test(a_job_that_nobody_asks_for_any_more_is_not_late))
