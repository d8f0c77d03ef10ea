#include "tenancy/actor.h"

#include "tenancy/api_key.h"
#include "tenancy/tenancy_kit.h"
#include "tenancy/token.h"

static void a_second_start_keeps_what_is_there(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct err e = {0};
        int64_t owner;
        bool found;

        const struct kit first = kit_start(db, a), second = kit_start(db, a);
        assert_int_equal(first.project, second.project);
        assert_int_equal(first.owner, second.owner);
        assert_ok(project_of_account(db, STR("twilio"), STR("AC1"), &owner, &found, &e), &e);
        assert_true(found && owner == first.project);
        assert_ok(project_of_account(db, STR("twilio"), STR("AC2"), &owner, &found, &e), &e);
        assert_false(found);
    }
}

static bool known_by_key(struct kit *k, struct str key, int64_t project, usec_t now,
                         struct actor *ret)
{
    const struct actor_asks asks = {project, now};
    struct err e = {0};
    bool known;

    assert_ok(actor_by_api_key(k->db, key, &asks, k->a, ret, &known, &e), &e);
    return known;
}

static void an_api_key_is_known_by_its_digest(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct kit k = kit_start(db, a);
        struct actor who;

        assert_true(known_by_key(&k, KIT_KEY, 0, KIT_NOW, &who));
        assert_true(who.kind == ACTOR_API_KEY && who.project == k.project && who.org == k.org);
        assert_true(actor_may(&who, RIGHT_EVENTS_REPLAY));
        assert_false(actor_may(&who, RIGHT_USERS_MANAGE));
        assert_true(known_by_key(&k, KIT_KEY, k.project, KIT_NOW, &who));
        assert_int_equal(who.project, k.project);
        assert_true(known_by_key(&k, KIT_KEY, k.project + 1, KIT_NOW, &who));
        assert_true(who.project == 0 && who.rights == 0); // not its own: as if there were none
        assert_false(known_by_key(&k, STR("another"), 0, KIT_NOW, &who));
        assert_false(known_by_key(&k, token_hash(KIT_KEY, a), 0, KIT_NOW, &who));
    }
}

static void a_key_has_its_rights_its_time_and_its_end(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct kit k = kit_start(db, a);
        const struct api_key_wish wish = {
            .project = k.project,
            .user = k.owner,
            .name = STR("reports"),
            .rights = 1u << RIGHT_CALLS_READ | 1u << RIGHT_USERS_MANAGE,
            .expires_at = KIT_NOW + HOURS(5),
        };
        struct api_key_made made;
        struct api_key *list;
        struct actor who;
        struct err e = {0};
        struct str name;
        size_t n;

        assert_ok(api_key_create(db, &k.rng, &wish, KIT_NOW, a, &made, &e), &e);
        assert_true(known_by_key(&k, made.secret, 0, KIT_NOW + 1, &who));
        assert_int_equal(who.rights, 1u << RIGHT_CALLS_READ); // people are not for keys
        assert_ok(api_key_list(db, k.project, (struct list_page){INT_NONE, 10}, a, &list, &n, &e),
                  &e);
        assert_int_equal(n, 2);
        assert_int_equal(list[0].used_at, KIT_NOW + 1);
        assert_str(list[0].created_by, "owner@example.com");
        assert_true(known_by_key(&k, made.secret, 0, KIT_NOW + HOURS(2), &who)); // notes it again
        assert_false(known_by_key(&k, made.secret, 0, KIT_NOW + HOURS(5), &who));
        assert_ok(api_key_revoke(db, k.project + 1, made.id, KIT_NOW, a, &name, &e), &e);
        assert_true(str_is_none(name));
        assert_ok(api_key_revoke(db, k.project, made.id, KIT_NOW, a, &name, &e), &e);
        assert_str(name, "reports");
        assert_false(known_by_key(&k, made.secret, 0, KIT_NOW + 3, &who));
        assert_ok(api_key_revoke(db, k.project, made.id, KIT_NOW, a, &name, &e), &e);
        assert_true(str_is_none(name));
    }
}

static bool known_by_session(struct kit *k, struct str id, int64_t project, usec_t now,
                             struct actor *ret)
{
    const struct actor_asks asks = {project, now};
    struct err e = {0};
    bool known;

    assert_ok(actor_by_session(k->db, id, &asks, k->a, ret, &known, &e), &e);
    return known;
}

static void a_person_has_the_rights_of_their_roles_where_they_have_them(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct kit k = kit_start(db, a);
        int64_t other_org, second;
        const int64_t other = kit_other_project(&k, &other_org);
        struct actor who;
        struct err e = {0};

        assert_ok(project_create(OFFICE(db, &k.rng, KIT_NOW), k.org, STR("Second"), a, &second, &e),
                  &e);
        const int64_t id = kit_person(&k, STR("ann@example.com"), second, USER_ROLE_OPERATOR);
        const struct session s = kit_session(&k, id, KIT_NOW);

        assert_true(known_by_session(&k, s.id, 0, KIT_NOW + 1, &who)); // the first of hers
        assert_true(who.project == second && who.org == k.org);
        assert_true(actor_may(&who, RIGHT_CALLS_READ) && !actor_may(&who, RIGHT_EVENTS_READ));
        assert_int_equal(who.org_rights, 0);
        assert_str(who.name, "ann@example.com");
        assert_true(known_by_session(&k, s.id, k.project, KIT_NOW + 1, &who));
        assert_true(who.project == 0 && who.rights == 0);
        assert_true(known_by_session(&k, s.id, other, KIT_NOW + 1, &who));
        assert_int_equal(who.project, 0);
        assert_true(known_by_session(&k, s.id, 999999, KIT_NOW + 1, &who));
        assert_int_equal(who.project, 0);

        (void)kit_person(&k, STR("ann@example.com"), INT_NONE, USER_ROLE_VIEWER);
        assert_true(known_by_session(&k, s.id, k.project, KIT_NOW + 1, &who));
        assert_int_equal(who.project, k.project);
        assert_int_equal(who.rights, user_role_rights(USER_ROLE_VIEWER));
        assert_true(known_by_session(&k, s.id, second, KIT_NOW + 1, &who)); // both roles
        assert_true(actor_may(&who, RIGHT_RECORDINGS_READ));
        assert_int_equal(who.org_rights, user_role_rights(USER_ROLE_VIEWER));

        assert_ok(session_choose(db, s.id, second, &e), &e);
        assert_true(known_by_session(&k, s.id, 0, KIT_NOW + 1, &who));
        assert_int_equal(who.project, second);
    }
}

TEST_MAIN(cmocka_unit_test(a_second_start_keeps_what_is_there),
          cmocka_unit_test(an_api_key_is_known_by_its_digest),
          cmocka_unit_test(a_key_has_its_rights_its_time_and_its_end),
          cmocka_unit_test(a_person_has_the_rights_of_their_roles_where_they_have_them))
