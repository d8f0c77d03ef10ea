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

static void a_password_that_was_proved_is_held_while_it_stays(void **state)
{
    static const struct {
        struct str proved, now;
        bool is_disabled, still;
    } cases[] = {
        {STR("a"), STR("a"), false, true},  {STR("a"), STR("b"), false, false},
        {STR("a"), STR_NONE, false, false}, {STR_NONE, STR_NONE, false, true},
        {STR_NONE, STR("a"), false, false}, {STR("a"), STR("a"), true, false},
    };

    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct kit k = kit_start(db, a);
        const struct reach all = kit_owner_reach(&k);
        const int64_t ann = kit_person(&k, STR("ann@example.com"), INT_NONE, USER_ROLE_VIEWER);

        FOR_EACH_ROW (row, cases) {
            const struct person proved = {.id = ann, .password_hash = row->proved};
            bool still;
            struct err e = {0};

            assert_ok(person_set_password(db, ann, row->now, KIT_NOW, &e), &e);
            assert_ok(member_disable(db, &all, ann, row->is_disabled, KIT_NOW, a, &e), &e);
            assert_ok(person_hold(db, &proved, a, &still, &e), &e);
            assert_int_equal(still, row->still);
        }
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
        assert_refused(
            role_take(OFFICE(db, NULL, KIT_NOW), &all, k.owner, m.roles[0].id, a, &taken, &e), &e,
            ERR_CONFLICT);
        err_clear(&e);
        assert_refused(role_grant(OFFICE(db, NULL, KIT_NOW), &all,
                                  ROLE_WISH(k.owner, INT_NONE, USER_ROLE_ADMIN), a, &before, &e),
                       &e, ERR_CONFLICT);
        err_clear(&e);
        assert_refused(member_disable(db, &all, k.owner, true, KIT_NOW, a, &e), &e, ERR_CONFLICT);
        err_clear(&e);

        const int64_t ann = kit_person(&k, STR("ann@example.com"), INT_NONE, USER_ROLE_OWNER);
        assert_ok(role_take(OFFICE(db, NULL, KIT_NOW), &all, k.owner, m.roles[0].id, a, &taken, &e),
                  &e);
        assert_true(taken.role == USER_ROLE_OWNER);
        assert_ok(member_find(db, &all, ann, a, &m, &e), &e);
        assert_refused(
            role_take(OFFICE(db, NULL, KIT_NOW), &all, ann, m.roles[0].id, a, &taken, &e), &e,
            ERR_CONFLICT);
    }
}

/* The ways in which an owner ceases to be one. */
enum way { TAKEN, LOWERED, SHUT_OUT };

struct ousting {
    struct store *store;
    struct reach all;
    int64_t owner;
    enum way way;
    enum err_code refused;
};

static bool oust(struct db *db, const struct ousting *o, struct arena *a, struct err *e)
{
    enum user_role before;
    struct member_role taken;
    struct member m;

    switch (o->way) {
    case TAKEN:
        return member_find(db, &o->all, o->owner, a, &m, e) &&
               role_take(OFFICE(db, NULL, KIT_NOW), &o->all, o->owner, m.roles[0].id, a, &taken, e);
    case LOWERED:
        return role_grant(OFFICE(db, NULL, KIT_NOW), &o->all,
                          ROLE_WISH(o->owner, INT_NONE, USER_ROLE_ADMIN), a, &before, e);
    case SHUT_OUT:
        return member_disable(db, &o->all, o->owner, true, KIT_NOW, a, e);
    }
    return false;
}

static void *oust_too(void *arg)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct ousting *o = arg;
    _cleanup_(db_closep) struct db *db = store_connect(o->store, STORE_WORK);
    struct err e = {0};

    assert_ok(db_begin(db, &e), &e);
    if (oust(db, o, a, &e) && db_commit(db, &e))
        return NULL;
    o->refused = e.code;
    db_rollback(db);
    return NULL;
}

static void reinstate(struct db *db, const struct reach *all, int64_t owner, struct arena *a)
{
    enum user_role before;
    struct err e = {0};

    assert_ok(role_grant(OFFICE(db, NULL, KIT_NOW), all,
                         ROLE_WISH(owner, INT_NONE, USER_ROLE_OWNER), a, &before, &e),
              &e);
    assert_ok(member_disable(db, all, owner, false, KIT_NOW, a, &e), &e);
}

static void of_two_owners_who_oust_each_other_at_once_one_stays(void **state)
{
    static const enum way ways[][2] = {
        {TAKEN, TAKEN},    {LOWERED, LOWERED}, {SHUT_OUT, SHUT_OUT},
        {SHUT_OUT, TAKEN}, {TAKEN, SHUT_OUT},
    };

    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct kit k = kit_start(db, a);
        const struct reach all = kit_owner_reach(&k);
        const int64_t ann = kit_person(&k, STR("ann@example.com"), INT_NONE, USER_ROLE_OWNER);

        FOR_EACH_ROW (row, ways) {
            const struct ousting by_owner = {store, all, ann, (*row)[0], ERR_NONE};
            struct ousting by_ann = {store, all, k.owner, (*row)[1], ERR_NONE};
            int64_t left;
            bool found;
            struct err e = {0};

            assert_ok(db_begin(db, &e), &e);
            assert_ok(oust(db, &by_owner, a, &e), &e);
            kit_let_on(db, kit_beside(store, "FROM orgs", oust_too, &by_ann, a));
            assert_int_equal(by_ann.refused, ERR_CONFLICT);
            assert_ok(person_owner(db, a, &left, &found, &e), &e);
            assert_true(found && left == k.owner);
            reinstate(db, &all, k.owner, a);
            reinstate(db, &all, ann, a);
        }
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

static void nobody_is_opened_who_has_more_roles_than_are_shown(void **state)
{
    enum { MANY = 70 };

    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct kit k = kit_start(db, a);
        const struct reach admin = {k.org, INT_NONE, user_role_rights(USER_ROLE_ADMIN)};
        struct member m;
        int64_t ann = 0, project;
        struct err e = {0};

        for (int i = 0; i < MANY; i++) {
            assert_ok(project_create(OFFICE(db, &k.rng, KIT_NOW), k.org, STR("One of many"), a,
                                     &project, &e),
                      &e);
            ann = kit_person(&k, STR("ann@example.com"), project, USER_ROLE_VIEWER);
        }
        assert_ok(member_reaches(db, &admin, ann, a, &m, &e), &e);
        (void)kit_person(&k, STR("ann@example.com"), INT_NONE, USER_ROLE_OWNER);
        assert_refused(member_reaches(db, &admin, ann, a, &m, &e), &e, ERR_FORBIDDEN);
        err_clear(&e);
        // The last owner is kept all the same.
        assert_ok(member_disable(db, &(struct reach){k.org, INT_NONE, RIGHTS_ALL}, k.owner, true,
                                 KIT_NOW, a, &e),
                  &e);
        assert_refused(member_disable(db, &(struct reach){k.org, INT_NONE, RIGHTS_ALL}, ann, true,
                                      KIT_NOW, a, &e),
                       &e, ERR_CONFLICT);
    }
}

/* The link of who was invited here, and never came, after a role in this organisation or that. */
static bool outlives(struct kit *k, enum link_purpose purpose, int64_t org, enum user_role role)
{
    const struct office o = *OFFICE(k->db, &k->rng, KIT_NOW);
    const struct reach all = {org, INT_NONE, RIGHTS_ALL};
    const int64_t ann = kit_person(k, STR("ann@example.com"), INT_NONE, USER_ROLE_VIEWER);
    enum user_role before;
    struct str token;
    struct link link;
    bool found;
    struct err e = {0};

    assert_ok(link_create(&o, ann, purpose, k->a, &token, &e), &e);
    assert_ok(role_grant(&o, &all, ROLE_WISH(ann, INT_NONE, role), k->a, &before, &e), &e);
    assert_ok(link_find(k->db, token, KIT_NOW, k->a, &link, &found, &e), &e);
    return found;
}

static void a_link_does_not_open_what_was_given_since(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct kit k = kit_start(db, a);
        int64_t other;

        (void)kit_other_project(&k, &other);
        assert_true(outlives(&k, LINK_INVITATION, k.org, USER_ROLE_VIEWER)); // nothing was given
        assert_false(outlives(&k, LINK_INVITATION, k.org, USER_ROLE_ADMIN));
        assert_false(outlives(&k, LINK_INVITATION, other, USER_ROLE_VIEWER));
        assert_false(outlives(&k, LINK_RESET, other, USER_ROLE_OWNER));
        assert_true(outlives(&k, LINK_RESET, other, USER_ROLE_OWNER)); // nor is it again
    }
}

struct promotion {
    struct store *store;
    struct reach all;
    int64_t user;
};

static void *promote(void *arg)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const struct promotion *p = arg;
    _cleanup_(db_closep) struct db *db = store_connect(p->store, STORE_WORK);
    enum user_role before;
    struct err e = {0};

    assert_ok(db_begin(db, &e), &e);
    assert_ok(role_grant(OFFICE(db, NULL, KIT_NOW), &p->all,
                         ROLE_WISH(p->user, INT_NONE, USER_ROLE_OWNER), a, &before, &e),
              &e);
    assert_ok(db_commit(db, &e), &e);
    return NULL;
}

static void a_link_that_is_made_meanwhile_does_not_open_who_becomes_an_owner(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct kit k = kit_start(db, a);
        const struct reach admin = {k.org, INT_NONE, user_role_rights(USER_ROLE_ADMIN)};
        const int64_t ann = kit_person(&k, STR("ann@example.com"), INT_NONE, USER_ROLE_VIEWER);
        struct promotion p = {store, kit_owner_reach(&k), ann};
        struct member m;
        struct str token;
        struct link link;
        bool found;
        struct err e = {0};

        assert_ok(db_begin(db, &e), &e);
        assert_ok(member_reaches(db, &admin, ann, a, &m, &e), &e);
        const pthread_t beside = kit_beside(store, "FROM orgs", promote, &p, a);
        assert_ok(link_create(OFFICE(db, &k.rng, KIT_NOW), ann, LINK_RESET, a, &token, &e), &e);
        kit_let_on(db, beside);
        assert_ok(link_find(db, token, KIT_NOW, a, &link, &found, &e), &e);
        assert_false(found);
    }
}

TEST_MAIN(cmocka_unit_test(addresses_are_compared_in_lower_case),
          cmocka_unit_test(a_password_that_was_proved_is_held_while_it_stays),
          cmocka_unit_test(nobody_gives_more_than_they_have),
          cmocka_unit_test(an_organisation_keeps_an_owner),
          cmocka_unit_test(of_two_owners_who_oust_each_other_at_once_one_stays),
          cmocka_unit_test(members_are_listed_within_reach),
          cmocka_unit_test(nobody_is_opened_who_has_more_roles_than_are_shown),
          cmocka_unit_test(a_link_does_not_open_what_was_given_since),
          cmocka_unit_test(a_link_that_is_made_meanwhile_does_not_open_who_becomes_an_owner))
