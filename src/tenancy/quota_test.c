#include "tenancy/quota.h"

#include "tenancy/connection.h"
#include "tenancy/tenancy_kit.h"

static const struct quotas preset = {{600, 700, 800, 900}};

static struct quota_wishes nothing(void)
{
    struct quota_wishes w;

    for (size_t q = 0; q < QUOTA_COUNT; q++)
        w.granted[q] = w.chosen[q] = INT_NONE;
    return w;
}

static void what_is_granted_counts_and_less_may_be_chosen(void **state)
{
    static const struct {
        int64_t granted, chosen, most, value;
    } cases[] = {
        {INT_NONE, INT_NONE, 600, 600}, {INT_NONE, 50, 600, 50},
        {INT_NONE, 5000, 600, 600}, // chosen before less was granted
        {1000, INT_NONE, 1000, 1000},   {1000, 900, 1000, 900},
        {10, INT_NONE, 10, 10},         {10, 900, 10, 10},
    };

    (void)state;
    FOR_EACH_ROW (row, cases) {
        struct quota_wishes w = nothing();
        w.granted[QUOTA_API_REQUESTS] = row->granted;
        w.chosen[QUOTA_API_REQUESTS] = row->chosen;
        assert_int_equal(quota_ceiling(&preset, &w, QUOTA_API_REQUESTS), row->most);
        const struct quotas all = quotas_in_force(&preset, &w);
        assert_int_equal(all.of[QUOTA_API_REQUESTS], row->value);
        assert_int_equal(all.of[QUOTA_WEBHOOKS], 700);
    }
}

static void names_are_found_again(void **state)
{
    enum quota found;

    (void)state;
    for (size_t q = 0; q < QUOTA_COUNT; q++) {
        assert_true(quota_parse(str_from(quota_name((enum quota)q)), &found));
        assert_int_equal(found, q);
    }
    assert_false(quota_parse(STR("calls"), &found));
}

static void wishes_are_kept_by_project_and_make_a_new_version(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct kit k = kit_start(db, a);
        int64_t org;
        const int64_t other = kit_other_project(&k, &org);
        struct quota_wishes w;
        struct str before, after;
        struct err e = {0};

        assert_ok(connection_version(db, a, &before, &e), &e);
        assert_ok(quota_grant(OFFICE(db, &k.rng, KIT_NOW),
                              &(struct quota_wish){k.project, QUOTA_WEBHOOKS, 5000}, &e),
                  &e);
        assert_ok(quota_choose(OFFICE(db, &k.rng, KIT_NOW),
                               &(struct quota_wish){k.project, QUOTA_WEBHOOKS, 40}, &e),
                  &e);
        assert_ok(connection_version(db, a, &after, &e), &e);
        assert_false(str_eq(before, after));
        assert_ok(quota_wishes(db, k.project, a, &w, &e), &e);
        assert_int_equal(w.granted[QUOTA_WEBHOOKS], 5000);
        assert_int_equal(w.chosen[QUOTA_WEBHOOKS], 40);
        assert_int_equal(w.chosen[QUOTA_API_REQUESTS], INT_NONE);
        assert_ok(quota_wishes(db, other, a, &w, &e), &e);
        assert_int_equal(w.granted[QUOTA_WEBHOOKS], INT_NONE);
        assert_ok(quota_choose(OFFICE(db, &k.rng, KIT_NOW),
                               &(struct quota_wish){k.project, QUOTA_WEBHOOKS, INT_NONE}, &e),
                  &e);
        assert_ok(quota_wishes(db, k.project, a, &w, &e), &e);
        assert_int_equal(w.granted[QUOTA_WEBHOOKS], 5000);
        assert_int_equal(w.chosen[QUOTA_WEBHOOKS], INT_NONE);
    }
}

TEST_MAIN(cmocka_unit_test(what_is_granted_counts_and_less_may_be_chosen),
          cmocka_unit_test(names_are_found_again),
          cmocka_unit_test(wishes_are_kept_by_project_and_make_a_new_version))
