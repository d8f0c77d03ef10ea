#include "tenancy/people.h"

#include "tenancy/tenancy_kit.h"

static void addresses_are_compared_in_lower_case(void **state)
{
    static const struct {
        const char *given, *want;
    } cases[] = {
        {"Ann@Example.COM", "ann@example.com"},
        {"  a@b ", "a@b"},
        {"jürgen@example.de", "jürgen@example.de"},
        {"", NULL},
        {"ann", NULL},
        {"@example.com", NULL},
        {"ann@", NULL},
        {"a@b@c", NULL},
        {"a b@c", NULL},
        {"a\n@c", NULL},
        {"<a@b>", NULL},
        {"a\xff@c", NULL},
    };

    (void)state;
    for (size_t i = 0; i < LEN(cases); i++) {
        _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
        struct err e = {0};
        struct str got;
        const bool ok = email_normalise(str_from(cases[i].given), a, &got, &e);
        assert_int_equal(ok, cases[i].want != NULL);
        if (ok)
            assert_str(got, cases[i].want);
    }
}

static void nobody_gives_more_than_they_have(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct kit k = kit_start(db, a);
        int64_t other_org, second;
        const int64_t other = kit_other_project(&k, &other_org);
        const int64_t ann = kit_person(&k, STR("ann@example.com"), INT_NONE, USER_ROLE_VIEWER);
        enum user_role before;
        struct err e = {0};

        assert_ok(project_create(OFFICE(db, &k.rng, KIT_NOW), k.org, STR("Second"), a, &second, &e),
                  &e);
        const struct reach admin = {k.org, INT_NONE, user_role_rights(USER_ROLE_ADMIN)},
                           here = {k.org, k.project, user_role_rights(USER_ROLE_ADMIN)};
        const struct {
            const struct reach *r;
            int64_t project;
            enum user_role role;
            enum err_code refused;
        } cases[] = {
            {&admin, INT_NONE, USER_ROLE_OWNER, ERR_FORBIDDEN},
            {&admin, INT_NONE, USER_ROLE_ADMIN, ERR_NONE},
            {&admin, second, USER_ROLE_OPERATOR, ERR_NONE},
            {&admin, other, USER_ROLE_VIEWER, ERR_NOT_FOUND},
            {&admin, 999999, USER_ROLE_VIEWER, ERR_NOT_FOUND},
            {&here, k.project, USER_ROLE_SUPERVISOR, ERR_NONE},
            {&here, second, USER_ROLE_VIEWER, ERR_NOT_FOUND},
            {&here, INT_NONE, USER_ROLE_VIEWER, ERR_FORBIDDEN},
        };
        for (size_t i = 0; i < LEN(cases); i++) {
            const bool ok =
                role_grant(OFFICE(db, NULL, KIT_NOW), cases[i].r,
                           ROLE_WISH(ann, cases[i].project, cases[i].role), a, &before, &e);
            assert_int_equal(ok ? ERR_NONE : e.code, cases[i].refused);
            err_clear(&e);
        }
        // An admin does not turn an owner into something else either.
        assert_refused(role_grant(OFFICE(db, NULL, KIT_NOW), &admin,
                                  ROLE_WISH(k.owner, INT_NONE, USER_ROLE_VIEWER), a, &before, &e),
                       &e, ERR_FORBIDDEN);
    }
}

static void an_organisation_keeps_an_owner(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct kit k = kit_start(db, a);
        const struct reach all = kit_owner_reach(&k);
        struct member m;
        struct member_role taken;
        enum user_role before;
        struct err e = {0};

        assert_ok(member_find(db, &all, k.owner, a, &m, &e), &e);
        assert_int_equal(m.n_roles, 1);
        assert_refused(role_take(db, &all, k.owner, m.roles[0].id, a, &taken, &e), &e,
                       ERR_CONFLICT);
        err_clear(&e);
        assert_refused(role_grant(OFFICE(db, NULL, KIT_NOW), &all,
                                  ROLE_WISH(k.owner, INT_NONE, USER_ROLE_ADMIN), a, &before, &e),
                       &e, ERR_CONFLICT);
        err_clear(&e);
        assert_refused(member_disable(db, &all, k.owner, true, KIT_NOW, a, &e), &e, ERR_CONFLICT);
        err_clear(&e);

        const int64_t ann = kit_person(&k, STR("ann@example.com"), INT_NONE, USER_ROLE_OWNER);
        assert_ok(role_take(db, &all, k.owner, m.roles[0].id, a, &taken, &e), &e);
        assert_true(taken.role == USER_ROLE_OWNER);
        assert_ok(member_find(db, &all, ann, a, &m, &e), &e);
        assert_refused(role_take(db, &all, ann, m.roles[0].id, a, &taken, &e), &e, ERR_CONFLICT);
    }
}

static void members_are_listed_within_reach(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct kit k = kit_start(db, a);
        int64_t other_org, second;
        (void)kit_other_project(&k, &other_org);
        struct member *list, m;
        struct err e = {0};
        size_t n;

        assert_ok(project_create(OFFICE(db, &k.rng, KIT_NOW), k.org, STR("Second"), a, &second, &e),
                  &e);
        const int64_t ann = kit_person(&k, STR("ann@example.com"), second, USER_ROLE_VIEWER);
        const struct reach all = kit_owner_reach(&k), here = {k.org, k.project, RIGHTS_ALL},
                           elsewhere = {other_org, INT_NONE, RIGHTS_ALL};

        assert_ok(member_list(db, &all, (struct list_page){0, 10}, a, &list, &n, &e), &e);
        assert_int_equal(n, 2);
        assert_str(list[1].email, "ann@example.com");
        assert_str(list[1].roles[0].project_name, "Second");
        assert_ok(member_list(db, &all, (struct list_page){list[0].id, 1}, a, &list, &n, &e), &e);
        assert_true(n == 1 && list[0].id == ann);
        assert_ok(member_list(db, &here, (struct list_page){0, 10}, a, &list, &n, &e), &e);
        assert_true(n == 1 && list[0].id == k.owner); // the owner is one everywhere
        assert_refused(member_find(db, &here, ann, a, &m, &e), &e, ERR_NOT_FOUND);
        err_clear(&e);
        assert_refused(member_find(db, &elsewhere, ann, a, &m, &e), &e, ERR_NOT_FOUND);
        err_clear(&e);
        assert_refused(member_reaches(db, &here, k.owner, a, &m, &e), &e, ERR_FORBIDDEN);
        err_clear(&e);
        const struct reach admin = {k.org, INT_NONE, user_role_rights(USER_ROLE_ADMIN)};
        assert_refused(member_reaches(db, &admin, k.owner, a, &m, &e), &e, ERR_FORBIDDEN);
        err_clear(&e);
        assert_ok(member_reaches(db, &admin, ann, a, &m, &e), &e);
    }
}

TEST_MAIN(cmocka_unit_test(addresses_are_compared_in_lower_case),
          cmocka_unit_test(nobody_gives_more_than_they_have),
          cmocka_unit_test(an_organisation_keeps_an_owner),
          cmocka_unit_test(members_are_listed_within_reach))
