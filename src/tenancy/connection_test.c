#include "tenancy/connection.h"

#include "tenancy/tenancy_kit.h"

static struct vault *open_vault(void)
{
    struct vault *v;
    struct err e = {0};

    assert_ok(vault_open(STR("the-master-key-of-these-very-tests!"), STR_NONE, &v, &e), &e);
    return v;
}

static enum err_code put(struct kit *k, const struct vault *v, int64_t project, const char *account,
                         const char *secret)
{
    const struct connection c = {
        .provider = STR("twilio"), .account = str_from(account), .secret = str_from(secret)};
    struct err e = {0};

    return connection_put(OFFICE(k->db, &k->rng, KIT_NOW), v, project, &c, k->a, &e) ? ERR_NONE
                                                                                     : e.code;
}

static void open_all(struct db *db, const struct vault *v, int64_t project, struct arena *a,
                     struct opened_connections *ret)
{
    struct sealed_connections sealed;
    struct err e = {0};

    assert_ok(connection_load(db, project, a, &sealed, &e), &e);
    connection_open_all(v, project, &sealed, a, ret);
}

static struct str version(struct kit *k)
{
    struct err e = {0};
    struct str v;

    assert_ok(connection_version(k->db, k->a, &v, &e), &e);
    return v;
}

static void a_secret_is_sealed_and_opened_for_its_project_alone(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        _cleanup_(vault_closep) struct vault *v = open_vault();
        struct kit k = kit_start(db, a);
        int64_t other_org;
        const int64_t other = kit_other_project(&k, &other_org);
        struct opened_connections opened;
        struct connection *list;
        struct err e = {0};
        size_t n;
        bool found;

        const struct str before = version(&k);
        assert_int_equal(put(&k, v, other, "AC2", "token-two"), ERR_NONE);
        assert_false(str_eq(version(&k), before));
        assert_ok(connection_list(db, other, a, &list, &n, &e), &e);
        assert_true(n == 1 && str_is_none(list[0].secret) && !list[0].has_secondary);
        assert_ok(connection_list(db, k.project, a, &list, &n, &e), &e);
        assert_int_equal(n, 0); // that of the configuration has no secret in the store
        open_all(db, v, other, a, &opened);
        assert_true(opened.n == 1 && opened.n_unreadable == 0);
        assert_str(secret_reveal(opened.p[0].secret), "token-two");
        assert_null(opened.p[0].secondary);
        secret_destroy(opened.p[0].secret);

        // Another project's account stays there, whatever it is given.
        assert_int_equal(put(&k, v, k.project, "AC2", "stolen"), ERR_CONFLICT);
        assert_int_equal(put(&k, v, other, "AC1", "stolen"), ERR_CONFLICT);
        assert_int_equal(put(&k, v, other, "AC2", "token-three"), ERR_NONE);
        open_all(db, v, other, a, &opened);
        assert_str(secret_reveal(opened.p[0].secret), "token-three");
        secret_destroy(opened.p[0].secret);

        assert_ok(connection_remove(OFFICE(db, &k.rng, KIT_NOW), k.project, STR("twilio"),
                                    STR("AC2"), &found, &e),
                  &e);
        assert_false(found);
        assert_ok(connection_remove(OFFICE(db, &k.rng, KIT_NOW), other, STR("twilio"), STR("AC2"),
                                    &found, &e),
                  &e);
        assert_true(found);
    }
}

static void what_was_sealed_for_one_project_opens_in_no_other(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        _cleanup_(vault_closep) struct vault *v = open_vault();
        struct kit k = kit_start(db, a);
        struct sealed_connections sealed;
        struct opened_connections opened;
        struct err e = {0};

        assert_int_equal(put(&k, v, k.project, "AC9", "token-nine"), ERR_NONE);
        assert_ok(connection_load(db, k.project, a, &sealed, &e), &e);
        connection_open_all(v, k.project + 1, &sealed, a, &opened);
        assert_true(opened.n == 0 && opened.n_unreadable == 1);
        sealed.p[0].account = STR("AC8");
        connection_open_all(v, k.project, &sealed, a, &opened);
        assert_true(opened.n == 0 && opened.n_unreadable == 1);
    }
}

static void what_another_key_sealed_is_left_out_and_counted(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        _cleanup_(vault_closep) struct vault *v = open_vault(), *w = NULL;
        struct kit k = kit_start(db, a);
        struct opened_connections opened;
        struct err e = {0};

        assert_ok(vault_open(STR("some-other-master-key-of-the-tests!"), STR_NONE, &w, &e), &e);
        assert_int_equal(put(&k, v, k.project, "AC7", "mine"), ERR_NONE);
        assert_int_equal(put(&k, w, k.project, "AC8", "not mine"), ERR_NONE);
        open_all(db, v, k.project, a, &opened);
        assert_true(opened.n == 1 && opened.n_unreadable == 1);
        assert_str(opened.p[0].account, "AC7");
        secret_destroy(opened.p[0].secret);
    }
}

static void settings_are_kept_by_project(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct kit k = kit_start(db, a);
        const struct project_settings in = {.name = STR("Berlin"),
                                            .owned_numbers = STR("+16175006181"),
                                            .region = STR("GB"),
                                            .time_zone = STR("Europe/London")};
        struct project_settings s;
        struct connected_project *list;
        struct err e = {0};
        size_t n;

        assert_ok(connection_settings(db, k.project, a, &s, &e), &e);
        assert_true(str_is_none(s.owned_numbers));
        assert_ok(connection_set_settings(db, &k.rng, k.project, &in, KIT_NOW, &e), &e);
        assert_ok(connection_settings(db, k.project, a, &s, &e), &e);
        assert_str(s.name, "Berlin");
        assert_str(s.region, "GB");
        assert_true(str_is_none(s.sip_user));
        assert_ok(connection_projects(db, 0, 10, a, &list, &n, &e), &e);
        assert_true(n == 1 && list[0].project == k.project);
        assert_str(list[0].settings.owned_numbers, "+16175006181");
        assert_refused(connection_settings(db, 999, a, &s, &e), &e, ERR_NOT_FOUND);
    }
}

static size_t n_down(struct kit *k)
{
    struct outages all;
    struct err e = {0};

    assert_ok(connection_outages(k->db, k->project, k->a, &all, &e), &e);
    return all.n;
}

/* Nobody knows yet what the provider says to the new secret. */
static void what_is_down_stays_so_until_it_is_removed(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        _cleanup_(vault_closep) struct vault *v = open_vault();
        struct kit k = kit_start(db, a);
        const struct outage down = {STR("twilio"), STR("AC5"), KIT_NOW, ERR_INTEGRATION_AUTH};
        struct err e = {0};
        bool first, found;

        assert_int_equal(put(&k, v, k.project, "AC5", "token"), ERR_NONE);
        assert_int_equal(n_down(&k), 0);
        assert_ok(connection_goes_down(db, k.project, &down, KIT_NOW - 1, &first, &e), &e);
        assert_false(first); // it was asked with another secret
        assert_ok(connection_goes_down(db, k.project, &down, KIT_NOW, &first, &e), &e);
        assert_true(first);
        assert_ok(connection_goes_down(db, k.project, &down, KIT_NOW, &first, &e), &e);
        assert_false(first);
        assert_int_equal(put(&k, v, k.project, "AC5", "another"), ERR_NONE);
        assert_int_equal(n_down(&k), 1);
        assert_ok(connection_remove(OFFICE(db, &k.rng, KIT_NOW), k.project, STR("twilio"),
                                    STR("AC5"), &found, &e),
                  &e);
        assert_int_equal(put(&k, v, k.project, "AC5", "token"), ERR_NONE);
        assert_int_equal(n_down(&k), 0);
    }
}

TEST_MAIN(cmocka_unit_test(a_secret_is_sealed_and_opened_for_its_project_alone),
          cmocka_unit_test(what_was_sealed_for_one_project_opens_in_no_other),
          cmocka_unit_test(what_another_key_sealed_is_left_out_and_counted),
          cmocka_unit_test(settings_are_kept_by_project),
          cmocka_unit_test(what_is_down_stays_so_until_it_is_removed))
