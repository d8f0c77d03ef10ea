#include "tenancy/node.h"

#include "tenancy/tenancy_kit.h"

static struct node *list(struct kit *k, size_t *ret_n)
{
    struct err e = {0};
    struct node *all;

    assert_ok(node_list(k->db, KIT_NOW + 10, k->a, &all, ret_n, &e), &e);
    return all;
}

/* Times that a node told are shown in the store's clock, right to the second. */
static void assert_ago(usec_t seen, usec_t then, usec_t ago)
{
    const usec_t off = seen - then - ago; // may be negative

    assert_true(off > -SECONDS(2) && off < SECONDS(2));
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
        assert_ok(node_beat(db, &n, KIT_NOW, &e), &e);
        const struct node *all = list(&k, &found);
        assert_int_equal(found, 1);
        assert_str(all->host, "one");
        assert_str(all->roles, "door api");
        assert_in_range(all->silent, 0, NODE_SILENT);
        assert_int_equal(all->canary_at, TIME_NONE);

        // A newer process in the same place, and one beside it.
        n.version = STR("v2");
        n.started_at = n.canary_at = KIT_NOW + SECONDS(5);
        n.canary_us = 1200;
        assert_ok(node_beat(db, &n, KIT_NOW + SECONDS(8), &e), &e);
        n.port = 3001;
        n.canary_us = INT_NONE; // its canary did not come through
        assert_ok(node_beat(db, &n, KIT_NOW + SECONDS(9), &e), &e);
        all = list(&k, &found);
        assert_int_equal(found, 2);
        assert_str(all[0].version, "v2");
        assert_ago(all[0].seen_at, all[0].started_at, SECONDS(3));
        assert_ago(all[0].seen_at, all[0].canary_at, SECONDS(3));
        assert_int_equal(all[0].canary_us, 1200);
        assert_int_equal(all[1].port, 3001);
        assert_ago(all[1].seen_at, all[1].canary_at, SECONDS(4));
        assert_int_equal(all[1].canary_us, INT_NONE);
    }
}

/* Neither that of the node nor that of whoever asks: with PostgreSQL, a clock of its own counts. */
static void a_clock_that_is_wrong_makes_no_node_silent_and_none_alive(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        if (store_engine(store) == STORE_SQLITE)
            continue; // one process, one clock
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        const usec_t now = clock_wall(&clock_system), wrong[] = {-HOURS(1), 0, HOURS(1)};
        struct err e = {0};
        struct node *all;
        size_t n;

        for (size_t i = 0; i < LEN(wrong); i++) {
            const struct node self = {.host = STR("one"),
                                      .port = (int64_t)i,
                                      .roles = STR("api"),
                                      .version = STR("v1"),
                                      .started_at = now + wrong[i] - SECONDS(60),
                                      .canary_at = TIME_NONE,
                                      .canary_us = INT_NONE};
            assert_ok(node_beat(db, &self, now + wrong[i], &e), &e);
        }
        assert_ok(node_list(db, now + HOURS(9), a, &all, &n, &e), &e);
        assert_int_equal(n, LEN(wrong));
        for (size_t i = 0; i < n; i++) {
            assert_in_range(all[i].silent, 0, NODE_SILENT);
            assert_ago(wrong[i], SECONDS(all[i].ahead_s), 0);
            assert_ago(all[i].seen_at, all[i].started_at, SECONDS(60));
        }
    }
}

static void nodes_that_ask_providers_are_counted(void **state)
{
    static const char *const roles[] = {"door worker api hub scheduler", "door", "scheduler",
                                        "worker"};

    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        const bool is_sqlite = store_engine(store) == STORE_SQLITE; // one process has the file
        struct err e = {0};
        int64_t n;

        (void)a;
        for (size_t i = 0; i < LEN(roles); i++) {
            const struct node self = {.host = STR("one"),
                                      .port = (int64_t)i,
                                      .roles = str_from(roles[i]),
                                      .version = STR("v1"),
                                      .started_at = KIT_NOW,
                                      .canary_at = TIME_NONE,
                                      .canary_us = INT_NONE};
            assert_ok(node_beat(db, &self, KIT_NOW, &e), &e);
        }
        assert_ok(node_askers(db, &n, &e), &e);
        assert_int_equal(n, is_sqlite ? 1 : 2);
    }
}

static int64_t swept(struct db *db, usec_t before)
{
    struct err e = {0};
    int64_t n;

    assert_ok(db_exec(db, Q_NODE_SWEEP, BINDS(bind_time("before", before), bind_int("limit", 10)),
                      &n, &e),
              &e);
    return n;
}

/* It was heard of at a time of the store's clock. */
static void who_was_not_heard_of_for_long_is_forgotten(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        const bool is_sqlite = store_engine(store) == STORE_SQLITE;
        const usec_t now = is_sqlite ? KIT_NOW : clock_wall(&clock_system);
        const struct node n = {.host = STR("old"), .roles = STR("api"), .version = STR("v1")};
        struct err e = {0};

        (void)a;
        assert_ok(node_beat(db, &n, KIT_NOW, &e), &e);
        assert_int_equal(swept(db, now - HOURS(1)), 0);
        assert_int_equal(swept(db, now + HOURS(1)), 1);
    }
}

TEST_MAIN(cmocka_unit_test(a_node_says_that_it_is_there),
          cmocka_unit_test(a_clock_that_is_wrong_makes_no_node_silent_and_none_alive),
          cmocka_unit_test(nodes_that_ask_providers_are_counted),
          cmocka_unit_test(who_was_not_heard_of_for_long_is_forgotten))
