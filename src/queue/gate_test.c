/* What a gate keeps back, before the engine with its threads. */
#include "queue/crew_kit.h"

#include "base/fault.h"
#include "inbox/held.h"
#include "inbox/read.h"

static _Atomic int64_t let_through; /* the share */

static int64_t gate(const struct queue_row *row, void *arg)
{
    const int64_t turn = inbox_turn(row->lane);

    (void)arg;
    return turn <= let_through ? 0 : turn;
}

static void start_behind_gate(struct crew *c, struct test_inbox *t, int64_t share)
{
    let_through = share;
    start_with(c, t, (struct queue_options){.policy = queue_policy_default, .held = gate});
}

static void await_held(struct crew *c, uint64_t n)
{
    const usec_t deadline = clock_monotonic(&clock_system) + DEADLINE;
    struct queue_stats s;

    for (queue_stats(c->q, &s); s.held < n; queue_stats(c->q, &s)) {
        if (clock_monotonic(&clock_system) > deadline)
            fail_msg("%llu rows are held after a long wait", (unsigned long long)s.held);
        (void)bell_wait(c->bell, MILLISECONDS(2));
    }
    assert_int_equal(s.held, n);
}

/* Lets go up to a share; how many. */
static int64_t open_gate(struct crew *c, int64_t share)
{
    struct held_project *held;
    struct err e = {0};
    int64_t n = 0;
    size_t n_projects;

    let_through = share;
    assert_ok(inbox_held_projects(c->t->db, c->t->a, &held, &n_projects, &e), &e);
    for (size_t i = 0; i < n_projects; i++) {
        assert_int_equal(held[i].project, c->t->project);
        assert_ok(inbox_let_go(c->t->db, held[i].project, share, &n, &e), &e);
    }
    queue_wake(c->q);
    return n;
}

static void what_a_gate_keeps_waits_untried_until_it_opens(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct inbox_backlog b;
        struct crew c;
        struct err e = {0};
        append(t, FINE, 700);
        start_behind_gate(&c, t, 0);
        await_held(&c, 700);
        assert_int_equal(test_inbox_count(t, "pending"), 700);
        assert_true(str_contains(test_inbox_row(t, 1), STR("\"retry_count\":0")));
        assert_ok(inbox_backlog(t->db, t->project, &b, &e), &e);
        assert_true(b.held == 700 && b.pending == 700 && b.oldest == TIME_NONE);
        assert_int_equal(open_gate(&c, 100), 700);
        await(&c, "completed", 700);
        assert_true(str_contains(test_inbox_row(t, 1), STR("\"retry_count\":1")));
        finish(&c);
        expect_each_effect_once(t);
    }
}

static void a_gate_lets_a_share_of_the_lanes_through_whole(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct crew c;
        int64_t soon = 0, later = 0;
        for (int i = 0; i < 4; i++)
            append(t, FINE, LANES); // each lane has four
        for (int i = 0; i < LANES; i++) {
            const int64_t turn = inbox_turn(str_fmt(t->a, "lane %d", i));
            soon += turn <= 10;
            later += turn > 10 && turn <= 60;
        }
        assert_true(soon > 0 && later > 0);
        start_behind_gate(&c, t, 10);
        await(&c, "completed", 4 * soon);
        await_held(&c, (uint64_t)(4 * (LANES - soon)));
        assert_int_equal(open_gate(&c, 60), 4 * later);
        await(&c, "completed", 4 * (soon + later));
        assert_int_equal(open_gate(&c, 60), 0);
        open_gate(&c, 100);
        await(&c, "completed", 4 * LANES);
        finish(&c);
        expect_each_effect_once(t);
    }
}

static void what_was_tried_stays_so_behind_a_gate(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct crew c;
        append(t, RELUCTANT, 3);
        start_behind_gate(&c, t, 100);
        await(&c, "failed", 3);
        let_through = 0;
        test_inbox_sql(t, "UPDATE webhook_inbox SET next_attempt_at = received_at");
        await_held(&c, 3);
        assert_int_equal(test_inbox_count(t, "failed"), 3);
        assert_true(str_contains(test_inbox_row(t, 1), STR("\"retry_count\":1")));
        assert_int_equal(open_gate(&c, 100), 3);
        (void)counted(&c, 6);
        finish(&c);
        assert_true(str_contains(test_inbox_row(t, 1), STR("\"retry_count\":2")));
    }
}

/* Whether or not the hold was written, nothing is lost and nothing is done twice. */
static void no_fault_loses_what_a_gate_keeps(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct crew c;
        append(t, FINE, 50);
        fault_arm("queue.hold", 1, false);
        start_behind_gate(&c, t, 0);
        await_held(&c, 50);
        fault_disarm();
        open_gate(&c, 100);
        await(&c, "completed", 50);
        finish(&c);
        expect_each_effect_once(t);
    }
}

TEST_MAIN(cmocka_unit_test(what_a_gate_keeps_waits_untried_until_it_opens),
          cmocka_unit_test(a_gate_lets_a_share_of_the_lanes_through_whole),
          cmocka_unit_test(what_was_tried_stays_so_behind_a_gate),
          cmocka_unit_test(no_fault_loses_what_a_gate_keeps))
