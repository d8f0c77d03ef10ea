/* The numbered events themselves, on both stores: dense, per project, and whole or absent. */
#include "feed/feed.h"

#include "base/fault.h"
#include "test/inbox.h"

enum { OTHER = 99 };

static struct feed_item item(int64_t project, const char *id)
{
    return (struct feed_item){.project = project,
                              .type = STR("test.event"),
                              .ts = SECONDS(1800000000),
                              .entity_type = STR("thing"),
                              .entity_id = str_from(id),
                              .payload = STR("{}")};
}

static bool append(struct test_inbox *t, struct feed_item *items, size_t n, struct err *e)
{
    if (!db_begin(t->db, e))
        return err_trace(e);
    if (!feed_append(t->db, items, n, SECONDS(1800000000), t->a, e)) {
        db_rollback(t->db);
        return err_trace(e);
    }
    return db_commit(t->db, e) || err_trace(e);
}

static void pages_are_dense_and_say_what_is_left(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct feed_item items[] = {item(t->project, "a"), item(t->project, "b"),
                                    item(t->project, "c")};
        struct feed_page page;
        struct err e = {0};

        assert_ok(append(t, items, LEN(items), &e), &e);
        assert_ok(append(t, items, 0, &e), &e);
        assert_ok(feed_read(t->db, t->project, 0, 2, t->a, &page, &e), &e);
        assert_int_equal(page.n, 2);
        assert_true(page.has_more && !page.resync);
        assert_int_equal(page.items[1].seq, 2);
        assert_ok(feed_read(t->db, t->project, 2, 2, t->a, &page, &e), &e);
        assert_int_equal(page.n, 1);
        assert_false(page.has_more);
        assert_str(page.items[0].entity_id, "c");
        assert_true(page.items[0].appended == SECONDS(1800000000));
        assert_ok(feed_read(t->db, t->project, 3, 2, t->a, &page, &e), &e);
        assert_int_equal(page.n, 0);
        assert_false(page.resync);
        assert_ok(feed_read(t->db, t->project, 4, 9, t->a, &page, &e), &e); // from elsewhere
        assert_true(page.resync);
        assert_int_equal(page.items[0].seq, 1);
    }
}

static void what_is_rolled_back_leaves_no_gap(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct feed_item items[] = {item(t->project, "a"), item(t->project, "b")};
        struct feed_head before, after;
        struct err e = {0};

        assert_ok(feed_head(t->db, t->project, t->a, &before, &e), &e);
        for (int64_t i = 1; i <= 3; i++) {
            assert_ok(db_begin(t->db, &e), &e);
            assert_ok(feed_append(t->db, items, 1, SECONDS(1800000000), t->a, &e), &e);
            db_rollback(t->db);
            assert_ok(append(t, items, LEN(items), &e), &e);
            assert_int_equal(items[1].seq, before.last_seq + 2 * i);
        }
        assert_ok(feed_head(t->db, t->project, t->a, &after, &e), &e);
        assert_int_equal(after.last_seq, before.last_seq + 6);
    }
}

static void a_project_without_a_feed_is_refused(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct feed_item one = item(OTHER, "a");
        struct feed_page page;
        struct err e = {0};

        assert_refused(append(t, &one, 1, &e), &e, ERR_INTERNAL);
        const int64_t projects[] = {OTHER, t->project};
        struct feed_reach *heads;
        size_t n;
        err_clear(&e);
        assert_ok(feed_heads(t->db, projects, LEN(projects), t->a, &heads, &n, &e), &e);
        assert_int_equal(n, 1);
        assert_int_equal(heads[0].project, t->project);
        assert_refused(feed_read(t->db, OTHER, 0, 2, t->a, &page, &e), &e, ERR_NOT_FOUND);
    }
}

/* Appends two events and reads them, with a fault somewhere. */
static void attempt(void *arg)
{
    struct test_inbox *t = arg;
    struct feed_item items[] = {item(t->project, "a"), item(t->project, "b")};
    struct feed_head before, after;
    struct feed_reach *heads;
    struct feed_page page;
    struct err e = {0};
    size_t n = 0;

    const bool known = feed_head(t->db, t->project, t->a, &before, &e);
    const bool appended = known && append(t, items, LEN(items), &e);
    const bool read = appended && feed_read(t->db, t->project, before.last_seq, 2, t->a, &page, &e);
    const bool reached = read && feed_heads(t->db, &t->project, 1, t->a, &heads, &n, &e);
    assert_true(reached || fault_struck());
    if (!reached)
        assert_true(e.text[0]);
    if (read)
        assert_int_equal(page.n, 2);
    if (reached)
        assert_int_equal(heads[0].last_seq, before.last_seq + 2);

    fault_disarm(); // and look at it in peace: whole, or absent
    err_clear(&e);
    assert_ok(db_ping(t->db, &e), &e); // as after any failure
    // Waits for the head: a commit whose answer was lost may be under way still.
    struct feed_item one = item(t->project, "c");
    assert_ok(append(t, &one, 1, &e), &e);
    if (!known)
        return;
    assert_ok(feed_head(t->db, t->project, t->a, &after, &e), &e);
    assert_true(after.last_seq == before.last_seq + 1 || after.last_seq == before.last_seq + 3);
    assert_ok(feed_read(t->db, t->project, before.last_seq, 9, t->a, &page, &e), &e);
    assert_int_equal(page.n, after.last_seq - before.last_seq);
}

static void whatever_fails_is_whole_or_absent(void **state)
{
    static const char *const points[] = {"store.query",  "store.exec",      "store.step",
                                         "store.commit", "store.committed", "feed.read",
                                         "feed.reserve"};

    (void)state;
    TEST_INBOXES(t)
    {
        uint64_t struck = 0;
        FOR_EACH_ROW (point, points)
            struck += test_every_fault_twice(*point, attempt, t);
        assert_true(struck > LEN(points));
        assert_true(test_every_fault_twice(NULL, attempt, t) > LEN(points));
    }
}

TEST_MAIN(cmocka_unit_test(pages_are_dense_and_say_what_is_left),
          cmocka_unit_test(what_is_rolled_back_leaves_no_gap),
          cmocka_unit_test(a_project_without_a_feed_is_refused),
          cmocka_unit_test(whatever_fails_is_whole_or_absent))
