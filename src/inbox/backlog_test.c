/* The backlog is counted for a small share of the time, and never told younger than it is. */
#include "inbox/backlog.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/pace.h"
#include "test/inbox.h"

/* A clock of which each look takes `step`: so long does counting take. */
static usec_t now, step;

static usec_t look(const struct clock *c)
{
    (void)c;
    now += step;
    return now;
}

static const struct clock looked_at = {look, look, NULL};

struct figures {
    int64_t pending;
    usec_t age;
};

static struct figures ask(struct backlog_watch *w, struct test_inbox *t, int64_t project)
{
    struct inbox_backlog b;
    struct figures ret;
    struct err e = {0};

    assert_ok(backlog_watch_read(w, t->db, project, &b, &ret.age, &e), &e);
    ret.pending = b.pending;
    return ret;
}

static void append(struct test_inbox *t)
{
    static const struct test_webhook one = {STR("call-status"), STR("CA1"), STR_NONE, STR("{}")};

    test_inbox_append(t, &one, 1);
}

/* One waits and was counted, which took `counting`; then another one came. */
static struct backlog_watch *watch_one_of_two(struct test_inbox *t, usec_t counting)
{
    struct backlog_watch *w = backlog_watch_create(&looked_at);

    step = counting;
    append(t);
    assert_int_equal(ask(w, t, t->project).pending, 1);
    append(t);
    return w;
}

static void it_is_counted_for_each_who_asks_while_that_is_quick(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct backlog_watch *w = watch_one_of_two(t, 0);
        const struct figures f = ask(w, t, t->project);
        assert_int_equal(f.pending, 2);
        assert_int_equal(f.age, 0);
        backlog_watch_destroy(w);
    }
}

static void it_is_remembered_with_its_age_while_counting_is_slow(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct backlog_watch *w = watch_one_of_two(t, SECONDS(1));
        const struct figures f = ask(w, t, t->project);
        assert_int_equal(f.pending, 1);
        assert_true(f.age >= SECONDS(2));
        now += PACE_SHARE * SECONDS(1);
        assert_int_equal(ask(w, t, t->project).pending, 2);
        backlog_watch_destroy(w);
    }
}

static void it_is_counted_after_half_a_minute_however_slow_that_is(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct backlog_watch *w = watch_one_of_two(t, SECONDS(10));
        step = 0;
        assert_int_equal(ask(w, t, t->project).pending, 1);
        now += PACE_LONGEST;
        assert_int_equal(ask(w, t, t->project).pending, 2);
        backlog_watch_destroy(w);
    }
}

static void a_count_that_failed_is_not_remembered(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct backlog_watch *w = watch_one_of_two(t, SECONDS(1));
        struct inbox_backlog b;
        struct err e = {0};
        usec_t age;
        now += PACE_LONGEST;
        fault_arm("store.query", 1, false);
        assert_false(backlog_watch_read(w, t->db, t->project, &b, &age, &e));
        fault_disarm();
        assert_int_equal(ask(w, t, t->project).pending, 2);
        backlog_watch_destroy(w);
    }
}

static void no_project_is_told_the_figures_of_another(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct backlog_watch *w = watch_one_of_two(t, SECONDS(1));
        assert_int_equal(ask(w, t, t->project + 1).pending, 0);
        assert_int_equal(ask(w, t, t->project).pending, 1);
        backlog_watch_destroy(w);
    }
}

TEST_MAIN(cmocka_unit_test(it_is_counted_for_each_who_asks_while_that_is_quick),
          cmocka_unit_test(it_is_remembered_with_its_age_while_counting_is_slow),
          cmocka_unit_test(it_is_counted_after_half_a_minute_however_slow_that_is),
          cmocka_unit_test(a_count_that_failed_is_not_remembered),
          cmocka_unit_test(no_project_is_told_the_figures_of_another))
