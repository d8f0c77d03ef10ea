/* Numbers belong to the transaction of their events. */
#include "feed/feed.h"

#include "test/calls.h"

static bool append(struct db *db, size_t n, struct arena *a, int64_t *ret_last, struct err *e)
{
    struct feed_item items[4];

    for (size_t i = 0; i < n; i++)
        items[i] = (struct feed_item){.project = 1,
                                      .type = STR("call.started"),
                                      .ts = SECONDS(1700000000),
                                      .entity_type = STR("call"),
                                      .entity_id = STR("CA1"),
                                      .payload = STR("{}")};
    if (!feed_append(db, items, n, SECONDS(1700000000), a, e))
        return false;
    *ret_last = items[n - 1].seq;
    return true;
}

static void what_is_rolled_back_leaves_no_gap(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct db *db = test_calls_connect(store, a);
        struct feed_head head;
        struct err e = {0};
        int64_t last = 0;

        for (int64_t i = 1; i <= 3; i++) {
            assert_ok(db_begin(db, &e), &e);
            assert_ok(append(db, 3, a, &last, &e), &e);
            db_rollback(db);
            assert_ok(db_begin(db, &e), &e);
            assert_ok(append(db, 2, a, &last, &e), &e);
            assert_ok(db_commit(db, &e), &e);
            assert_int_equal(last, 2 * i);
        }
        assert_ok(feed_head(db, 1, a, &head, &e), &e);
        assert_int_equal(head.last_seq, 6);
        assert_int_equal(head.first_seq, 1);
    }
}

TEST_MAIN(cmocka_unit_test(what_is_rolled_back_leaves_no_gap))
