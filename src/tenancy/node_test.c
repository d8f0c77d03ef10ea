#include "tenancy/node.h"

#include "tenancy/tenancy_kit.h"

static struct node *list(struct kit *k, size_t *ret_n)
{
    struct err e = {0};
    struct node *all;

    assert_ok(node_list(k->db, k->a, &all, ret_n, &e), &e);
    return all;
}

static void a_node_says_that_it_is_there(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct kit k = kit_start(db, a);
        struct node n = {
            .host = STR("one"),
            .port = 3000,
            .roles = STR("door api"),
            .version = STR("v1"),
            .started_at = KIT_NOW,
            .canary_at = TIME_NONE,
            .canary_us = INT_NONE,
        };
        struct err e = {0};
        size_t found;

        list(&k, &found);
        assert_int_equal(found, 0);
        assert_ok(node_beat(db, &n, KIT_NOW + 1, &e), &e);
        const struct node *all = list(&k, &found);
        assert_int_equal(found, 1);
        assert_str(all->host, "one");
        assert_str(all->roles, "door api");
        assert_int_equal(all->seen_at, KIT_NOW + 1);
        assert_int_equal(all->canary_at, TIME_NONE);

        // A newer process in the same place, and one beside it.
        n.version = STR("v2");
        n.started_at = n.canary_at = KIT_NOW + 5;
        n.canary_us = 1200;
        assert_ok(node_beat(db, &n, KIT_NOW + 6, &e), &e);
        n.port = 3001;
        n.canary_us = INT_NONE; // its canary did not come through
        assert_ok(node_beat(db, &n, KIT_NOW + 7, &e), &e);
        all = list(&k, &found);
        assert_int_equal(found, 2);
        assert_str(all[0].version, "v2");
        assert_int_equal(all[0].started_at, KIT_NOW + 5);
        assert_int_equal(all[0].canary_us, 1200);
        assert_int_equal(all[1].port, 3001);
        assert_int_equal(all[1].canary_at, KIT_NOW + 5);
        assert_int_equal(all[1].canary_us, INT_NONE);
    }
}

static void who_was_not_heard_of_for_long_is_forgotten(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct kit k = kit_start(db, a);
        struct node n = {.host = STR("old"), .roles = STR("api"), .version = STR("v1")};
        struct err e = {0};
        int64_t gone;
        size_t found;

        assert_ok(node_beat(db, &n, KIT_NOW, &e), &e);
        n.host = STR("young");
        assert_ok(node_beat(db, &n, KIT_NOW + 2, &e), &e);
        assert_ok(db_exec(db, Q_NODE_SWEEP,
                          BINDS(bind_time("before", KIT_NOW + 1), bind_int("limit", 10)), &gone,
                          &e),
                  &e);
        assert_int_equal(gone, 1);
        assert_str(list(&k, &found)->host, "young");
        assert_int_equal(found, 1);
    }
}

TEST_MAIN(cmocka_unit_test(a_node_says_that_it_is_there),
          cmocka_unit_test(who_was_not_heard_of_for_long_is_forgotten))
