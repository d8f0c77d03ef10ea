/*
 * One worker by hand, without threads: something befalls it between a claim and what it does with
 * the rows. The gate is asked just then, and so it is where a test gets in.
 */
#include "test/inbox.h"

#include <sched.h>

#include "base/fault.h"
#include "inbox/held.h"
#include "jobs/inbox_apply.h"
#include "queue/internal.h"
#include "test/origin.h"

enum { ROUNDS = 10 };

#define STOLEN "UPDATE webhook_inbox SET claim_token = 'thief'"

struct rig {
    struct test_inbox *t;
    struct queue q;
    struct worker *worker;
    int64_t held;               /* what the gate says of each row */
    const char *point, *sql;    /* what happens when the gate is asked for the first time */
    int64_t n_run, n_committed; /* rows; batches */
};

static int64_t gate(const struct queue_row *row, void *arg)
{
    struct rig *r = arg;

    (void)row;
    if (r->sql)
        test_inbox_sql(r->t, r->sql);
    if (r->point)
        fault_arm(r->point, 1, false);
    r->sql = r->point = NULL;
    return r->held;
}

static bool run(struct queue_batch *b, struct err *e)
{
    (void)e;
    ((struct rig *)b->arg)->n_run += (int64_t)b->n;
    return true;
}

static void after_commit(struct queue_batch *b)
{
    ((struct rig *)b->arg)->n_committed++;
}

static void begin(struct rig *r, struct test_inbox *t, struct tracer *tracer)
{
    *r = (struct rig){.t = t};
    queue_open(&r->q, &(struct queue_options){.name = "inbox",
                                              .store = t->store,
                                              .clock = &clock_system,
                                              .tracer = tracer,
                                              .queries = inbox_queue_queries,
                                              .handler = {run, after_commit, r},
                                              .policy = queue_policy_default,
                                              .held = gate,
                                              .held_arg = r});
    bell_ring_for_ever(r->q.heartbeat_end); // nobody waits in real time
    r->worker = worker_create(&r->q);
    worker_take_name(r->worker);
}

static void end(struct rig *r)
{
    fault_disarm();
    worker_destroy(r->worker);
    queue_close(&r->q);
}

static void append(struct test_inbox *t, size_t n)
{
    for (size_t i = 0; i < n; i++)
        test_inbox_append(t,
                          &(struct test_webhook){.event_type = STR("call-status"),
                                                 .call_sid = str_fmt(t->a, "CA%zu", i),
                                                 .payload = STR("{}")},
                          1);
}

static void work_until_completed(struct rig *r, int64_t n)
{
    for (int i = 0; i < ROUNDS && test_inbox_count(r->t, "completed") < n; i++)
        (void)worker_round(r->worker);
    assert_int_equal(test_inbox_count(r->t, "completed"), n);
}

// --- what a gate keeps ---------------------------------------------------------------------------

static const struct trouble {
    const char *label, *point, *sql;
} troubles[] = {
    {"the store is away", "store.begin", NULL},
    {"the hold is not written", "queue.hold", NULL},
    {"its statement fails", "store.exec", NULL},
    {"its commit fails", "store.commit", NULL},
    {"the answer to its commit is lost", "store.committed", NULL},
    {"somebody else has the rows", NULL, STOLEN},
};

/* All `n` are held; lets them go. */
static void expect_held(struct rig *r, int64_t n, const char *label)
{
    struct held_project *projects;
    struct err e = {0};
    size_t n_projects;
    int64_t n_let_go = 0;

    assert_ok(inbox_held_projects(r->t->db, r->t->a, &projects, &n_projects, &e), &e);
    assert_row(n_projects == 1, label);
    assert_ok(inbox_let_go(r->t->db, projects[0].project, 100, &n_let_go, &e), &e);
    assert_row(n_let_go == n, label);
}

static void befall(struct test_inbox *t, const struct trouble *of)
{
    const int64_t before = test_inbox_count(t, "completed");
    struct rig r;

    begin(&r, t, NULL);
    append(t, 2);
    r.held = 7, r.point = of->point, r.sql = of->sql;
    assert_true(worker_round(r.worker));
    assert_row(r.q.counters.held == 0, of->label);
    for (int i = 0; i < ROUNDS && worker_round(r.worker); i++) // by its new name
        ;
    assert_row(r.n_run == 0, of->label);
    expect_held(&r, 2, of->label);
    r.held = 0;
    work_until_completed(&r, before + 2);
    assert_row(r.n_run == 2, of->label);
    end(&r);
}

static void what_a_gate_keeps_is_not_worked_on_whatever_befalls_its_hold(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    FOR_EACH_ROW (trouble, troubles)
        befall(t, trouble);
}

// --- leases and verdicts -------------------------------------------------------------------------

static void whose_rows_were_taken_meanwhile_does_nothing_and_takes_a_new_name(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct rig r;
        begin(&r, t, NULL);
        append(t, 2);
        r.sql = STOLEN;
        const char *name = atomic_load(&r.worker->token);
        assert_true(worker_round(r.worker));
        assert_int_equal(r.q.counters.fenced, 1);
        assert_int_equal(r.q.counters.done + (uint64_t)r.n_committed, 0);
        assert_int_equal(test_inbox_count(t, "processing"), 2);
        work_until_completed(&r, 2); // the thief has no lease
        assert_ptr_not_equal(atomic_load(&r.worker->token), name);
        assert_int_equal(r.q.counters.done, 2);
        end(&r);
    }
}

/* The row is not run, so nothing else would try again before its lease is over. */
static void a_verdict_waits_for_its_turn_to_be_written(void **state)
{
    static const char *const points[] = {"store.turn", "store.begin", "store.commit"};

    (void)state;
    TEST_INBOXES(t)
    FOR_EACH_ROW (point, points) {
        const int64_t before = test_inbox_count(t, "dead_letter");
        struct rig r;
        begin(&r, t, NULL);
        append(t, 1);
        test_inbox_sql(t, "UPDATE webhook_inbox SET processing_status = 'failed', "
                          "retry_count = 8, next_attempt_at = received_at "
                          "WHERE processing_status = 'pending'");
        r.point = *point;
        assert_true(worker_round(r.worker));
        assert_row(test_inbox_count(t, "dead_letter") == before + 1, *point);
        assert_int_equal(r.q.counters.buried, 1);
        assert_int_equal(r.n_run, 0);
        end(&r);
    }
}

// --- traces --------------------------------------------------------------------------------------

static uint64_t settled(const struct tracer *tracer, uint64_t n)
{
    const usec_t deadline = clock_monotonic(&clock_system) + SECONDS(20);
    struct tracer_stats s;

    for (tracer_stats(tracer, &s); s.exported + s.dropped < n; tracer_stats(tracer, &s)) {
        assert_true(clock_monotonic(&clock_system) < deadline);
        sched_yield();
    }
    return s.exported;
}

static void each_row_that_is_applied_leaves_a_span(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct tracer *tracer;
        struct err e = {0};
        struct rig r;
        struct origin *collector = origin_start(NULL, t->a);
        const struct tracer_options o = {.clock = &clock_system,
                                         .endpoint = origin_url(collector, "/status/200/", t->a),
                                         .sampler = STR("always_on"),
                                         .share = STR("1")};
        assert_ok(tracer_start(&o, &tracer, &e), &e);
        begin(&r, t, tracer);
        append(t, 3);
        test_inbox_sql(t, "UPDATE webhook_inbox SET trace_id = '01ARYZ6S41TSV4RRFFQ69G5FAV'");
        work_until_completed(&r, 3);
        assert_int_equal(settled(tracer, 3), 3);
        end(&r);
        tracer_stop(tracer);
    }
}

TEST_MAIN(cmocka_unit_test(what_a_gate_keeps_is_not_worked_on_whatever_befalls_its_hold),
          cmocka_unit_test(whose_rows_were_taken_meanwhile_does_nothing_and_takes_a_new_name),
          cmocka_unit_test(a_verdict_waits_for_its_turn_to_be_written),
          cmocka_unit_test(each_row_that_is_applied_leaves_a_span))
