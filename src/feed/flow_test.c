/* Rates of what is stored: of a minute, or of less where so much came that counting stops. */
#include "feed/flow.h"

#include "base/fault.h"
#include "feed/feed.h"
#include "test/inbox.h"

#define NOW SECONDS(1800000000)

enum { MANY = 1000 };

static void publish(struct test_inbox *t, size_t n, usec_t at)
{
    struct feed_item *items = arena_alloc(t->a, n * sizeof *items);
    struct err e = {0};

    for (size_t i = 0; i < n; i++)
        items[i] = (struct feed_item){.project = t->project,
                                      .type = STR("test.event"),
                                      .ts = at,
                                      .entity_type = STR("thing"),
                                      .entity_id = STR("a"),
                                      .payload = STR("{}")};
    assert_ok(db_begin(t->db, &e), &e);
    assert_ok(feed_append(t->db, items, n, at, t->a, &e), &e);
    assert_ok(db_commit(t->db, &e), &e);
}

static int64_t published(struct test_inbox *t, int64_t project, usec_t now)
{
    struct flow f;
    struct err e = {0};

    assert_ok(flow_of(t->db, project, now, t->a, &f, &e), &e);
    assert_int_equal(f.per_minute[FLOW_RECEIVED], 0);
    assert_int_equal(f.per_minute[FLOW_PROCESSED], 0);
    return f.per_minute[FLOW_PUBLISHED];
}

static void what_is_older_than_a_minute_is_no_rate(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        assert_int_equal(published(t, t->project, NOW), 0);
        publish(t, 5, NOW - SECONDS(90));
        publish(t, 3, NOW - SECONDS(30));
        assert_int_equal(published(t, t->project, NOW), 3);
        assert_int_equal(published(t, t->project + 1, NOW), 0); // another's
    }
}

static void what_comes_fast_is_counted_by_its_newest(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        publish(t, MANY, NOW - SECONDS(50)); // not reached any more
        publish(t, MANY, NOW - SECONDS(2));
        // 400 of them in two seconds: as if it had gone on so for a minute.
        assert_int_equal(published(t, t->project, NOW), 400 * 30);
    }
}

/* The node that counts and the one that wrote may have clocks that differ. */
static void what_came_just_now_is_a_rate_all_the_same(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        publish(t, MANY, NOW);
        assert_int_equal(published(t, t->project, NOW - SECONDS(1)), 400);
        assert_int_equal(published(t, t->project, NOW), 400);
        assert_int_equal(published(t, t->project, NOW + 10), 400 * MINUTES(1) / MILLISECONDS(1));
    }
}

static void a_store_that_fails_tells_no_rate(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct flow f;
        struct err e = {0};
        fault_arm("store.query", 1, false);
        assert_false(flow_of(t->db, t->project, NOW, t->a, &f, &e));
        fault_disarm();
        assert_true(e.text[0]);
    }
}

TEST_MAIN(cmocka_unit_test(what_is_older_than_a_minute_is_no_rate),
          cmocka_unit_test(what_comes_fast_is_counted_by_its_newest),
          cmocka_unit_test(what_came_just_now_is_a_rate_all_the_same),
          cmocka_unit_test(a_store_that_fails_tells_no_rate))
