#include "tenancy/session.h"

#include "tenancy/actor.h"
#include "tenancy/tenancy_kit.h"

static bool is_live(struct kit *k, struct str id, usec_t now)
{
    const struct actor_asks asks = {0, now};
    struct actor who;
    struct err e = {0};
    bool known;

    assert_ok(actor_by_session(k->db, id, &asks, k->a, &who, &known, &e), &e);
    return known;
}

static enum refresh use(struct kit *k, struct str token, usec_t now, struct session *ret)
{
    struct err e = {0};
    enum refresh how;

    assert_ok(session_refresh(OFFICE(k->db, &k->rng, now), token, k->a, ret, &how, &e), &e);
    return how;
}

static void each_refresh_gives_the_next_token(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct kit k = kit_start(db, a);
        const struct session first = kit_session(&k, k.owner, KIT_NOW);
        struct session second, third;

        assert_true(use(&k, first.refresh_token, KIT_NOW + MINUTES(9), &second) == REFRESH_GOOD);
        assert_true(str_eq(second.id, first.id) && second.user == k.owner);
        assert_false(str_eq(second.refresh_token, first.refresh_token));
        assert_int_equal(second.expires_at, KIT_NOW + MINUTES(9) + SESSION_IDLE);
        assert_true(use(&k, second.refresh_token, KIT_NOW + MINUTES(19), &third) == REFRESH_GOOD);
        assert_true(use(&k, STR("none"), KIT_NOW, &third) == REFRESH_UNKNOWN);
        assert_true(is_live(&k, first.id, KIT_NOW + MINUTES(20)));
    }
}

static void a_token_that_is_used_twice_ends_the_session(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct kit k = kit_start(db, a);
        const struct session first = kit_session(&k, k.owner, KIT_NOW);
        struct session second, again;

        assert_true(use(&k, first.refresh_token, KIT_NOW, &second) == REFRESH_GOOD);
        // Another tab at the same time: let through, but without a token that lasts.
        assert_true(use(&k, first.refresh_token, KIT_NOW + REFRESH_GRACE, &again) == REFRESH_AGAIN);
        assert_true(str_is_none(again.refresh_token) && str_eq(again.id, first.id));
        assert_true(is_live(&k, first.id, KIT_NOW + SECONDS(11)));
        assert_true(use(&k, first.refresh_token, KIT_NOW + SECONDS(11), &again) == REFRESH_STOLEN);
        assert_false(is_live(&k, first.id, KIT_NOW + SECONDS(12)));
        assert_true(use(&k, second.refresh_token, KIT_NOW + SECONDS(12), &again) ==
                    REFRESH_UNKNOWN);
        assert_true(use(&k, first.refresh_token, KIT_NOW + SECONDS(13), &again) == REFRESH_UNKNOWN);
    }
}

static void a_session_ends_when_nobody_uses_it_and_in_any_case(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct kit k = kit_start(db, a);
        const struct session idle = kit_session(&k, k.owner, KIT_NOW);
        struct session s = kit_session(&k, k.owner, KIT_NOW);
        usec_t now = KIT_NOW;

        while (now + SESSION_IDLE / 2 < KIT_NOW + SESSION_LIFE) {
            now += SESSION_IDLE / 2;
            assert_true(use(&k, s.refresh_token, now, &s) == REFRESH_GOOD);
        }
        assert_int_equal(s.expires_at, KIT_NOW + SESSION_LIFE);
        assert_true(use(&k, s.refresh_token, KIT_NOW + SESSION_LIFE, &s) == REFRESH_UNKNOWN);
        assert_false(is_live(&k, idle.id, KIT_NOW + SESSION_IDLE));
        assert_true(use(&k, idle.refresh_token, KIT_NOW + SESSION_IDLE, &s) == REFRESH_UNKNOWN);
    }
}

static void sessions_are_seen_and_ended_by_their_owner_alone(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct kit k = kit_start(db, a);
        const int64_t ann = kit_person(&k, STR("ann@example.com"), INT_NONE, USER_ROLE_VIEWER);
        const struct session one = kit_session(&k, k.owner, KIT_NOW),
                             two = kit_session(&k, k.owner, KIT_NOW + 1),
                             three = kit_session(&k, k.owner, KIT_NOW + 2);
        struct session_row *list;
        struct err e = {0};
        size_t n;
        bool found;

        assert_ok(session_list(db, k.owner, KIT_NOW + 3, a, &list, &n, &e), &e);
        assert_int_equal(n, 3);
        assert_true(str_eq(list[0].id, three.id));
        assert_str(list[0].agent, "Firefox");
        assert_ok(session_revoke(db, ann, one.id, KIT_NOW + 3, &found, &e), &e);
        assert_false(found);
        assert_ok(session_revoke(db, k.owner, one.id, KIT_NOW + 3, &found, &e), &e);
        assert_true(found && !is_live(&k, one.id, KIT_NOW + 4));
        assert_ok(sessions_revoke(db, k.owner, three.id, KIT_NOW + 4, &e), &e);
        assert_true(is_live(&k, three.id, KIT_NOW + 5) && !is_live(&k, two.id, KIT_NOW + 5));
    }
}

static void a_link_works_once_in_time_and_for_its_purpose(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct kit k = kit_start(db, a);
        struct str token, late, taken_back;
        struct link link;
        struct err e = {0};
        bool found;

        assert_ok(link_create(OFFICE(db, &k.rng, KIT_NOW), k.owner, LINK_INVITATION, a, &token, &e),
                  &e);
        assert_ok(link_find(db, token, KIT_NOW + 1, a, &link, &found, &e), &e);
        assert_true(found && link.user == k.owner && link.purpose == LINK_INVITATION);
        assert_ok(link_use(db, token, KIT_NOW + 2, a, &link, &found, &e), &e);
        assert_true(found);
        assert_ok(link_use(db, token, KIT_NOW + 3, a, &link, &found, &e), &e);
        assert_false(found);
        assert_ok(link_create(OFFICE(db, &k.rng, KIT_NOW), k.owner, LINK_RESET, a, &late, &e), &e);
        assert_ok(link_use(db, late, KIT_NOW + HOURS(1), a, &link, &found, &e), &e);
        assert_false(found);
        assert_ok(link_create(OFFICE(db, &k.rng, KIT_NOW), k.owner, LINK_RESET, a, &taken_back, &e),
                  &e);
        assert_ok(links_revoke(db, k.owner, KIT_NOW, &e), &e);
        assert_ok(link_use(db, taken_back, KIT_NOW + 1, a, &link, &found, &e), &e);
        assert_false(found);
    }
}

static void a_sweep_leaves_the_last_one_which_says_when_somebody_was_here(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct kit k = kit_start(db, a);
        const struct reach reach = kit_owner_reach(&k);
        const usec_t later = KIT_NOW + HOURS(1);
        struct member m;
        struct err e = {0};
        int64_t n;

        (void)kit_session(&k, k.owner, KIT_NOW);
        const struct session last = kit_session(&k, k.owner, later);
        assert_ok(session_choose(db, last.id, k.project, &e), &e);
        assert_ok(
            db_exec(db, Q_USER_SESSION_SWEEP,
                    BINDS(bind_time("before", KIT_NOW + HOURS(24 * 90)), bind_int("limit", 100)),
                    &n, &e),
            &e);
        assert_int_equal(n, 1);
        assert_ok(member_find(db, &reach, k.owner, a, &m, &e), &e);
        assert_false(m.has_password);
        assert_int_equal(m.seen_at, later);
    }
}

TEST_MAIN(cmocka_unit_test(each_refresh_gives_the_next_token),
          cmocka_unit_test(a_token_that_is_used_twice_ends_the_session),
          cmocka_unit_test(a_session_ends_when_nobody_uses_it_and_in_any_case),
          cmocka_unit_test(sessions_are_seen_and_ended_by_their_owner_alone),
          cmocka_unit_test(a_sweep_leaves_the_last_one_which_says_when_somebody_was_here),
          cmocka_unit_test(a_link_works_once_in_time_and_for_its_purpose))
