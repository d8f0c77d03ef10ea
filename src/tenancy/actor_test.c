#include "tenancy/actor.h"

#include "tenancy/project.h"
#include "tenancy/token.h"
#include "test/store.h"

static const struct str key = {"a-bootstrap-key-of-ours", 23};

static int64_t bootstrap(struct db *db, struct rng *rng, struct str api_key)
{
    const struct project_bootstrap in = {
        .rng = rng,
        .now = SECONDS(1000),
        .provider = STR("twilio"),
        .account_sid = STR("AC1"),
        .api_key = api_key,
    };
    struct err e = {0};
    int64_t project;

    assert_ok(project_bootstrap(db, &in, &project, &e), &e);
    return project;
}

static void a_second_start_keeps_what_is_there(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct rng rng = rng_seeded(1);
        struct err e = {0};
        int64_t owner;
        bool found;

        const int64_t first = bootstrap(db, &rng, key);
        assert_int_equal(bootstrap(db, &rng, key), first);
        assert_ok(project_of_account(db, STR("twilio"), STR("AC1"), &owner, &found, &e), &e);
        assert_true(found && owner == first);
        assert_ok(project_of_account(db, STR("twilio"), STR("AC2"), &owner, &found, &e), &e);
        assert_false(found);
    }
}

static void an_api_key_is_known_by_its_digest(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct rng rng = rng_seeded(1);
        struct err e = {0};
        struct actor who;
        bool known;

        const int64_t project = bootstrap(db, &rng, key);
        assert_ok(actor_by_api_key(db, key, a, &who, &known, &e), &e);
        assert_true(known && who.kind == ACTOR_API_KEY && who.project == project);
        assert_true(actor_may(&who, RIGHT_EVENTS_REPLAY));
        assert_ok(actor_by_api_key(db, STR("another"), a, &who, &known, &e), &e);
        assert_false(known);
        assert_ok(actor_by_api_key(db, token_hash(key, a), a, &who, &known, &e), &e);
        assert_false(known);
    }
}

static void a_login_link_works_once_and_in_time(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct rng rng = rng_seeded(1);
        struct err e = {0};
        struct str link, late, session;
        const usec_t now = SECONDS(1000);

        const int64_t project = bootstrap(db, &rng, STR_NONE);
        assert_ok(login_link_create(db, &rng, project, now, a, &link, &e), &e);
        assert_int_equal(link.n, TOKEN_TEXT_LEN);
        assert_ok(login_link_use(db, &rng, link, now + 1, a, &session, &e), &e);
        assert_false(str_is_none(session));
        assert_ok(login_link_use(db, &rng, link, now + 2, a, &session, &e), &e);
        assert_true(str_is_none(session));

        assert_ok(login_link_create(db, &rng, project, now, a, &late, &e), &e);
        assert_ok(login_link_use(db, &rng, late, now + LOGIN_LINK_TTL + 1, a, &session, &e), &e);
        assert_true(str_is_none(session));
    }
}

static void a_session_ends(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct rng rng = rng_seeded(1);
        struct err e = {0};
        struct str link, session;
        struct actor who;
        bool known;
        const usec_t now = SECONDS(1000);

        const int64_t project = bootstrap(db, &rng, STR_NONE);
        assert_ok(login_link_create(db, &rng, project, now, a, &link, &e), &e);
        assert_ok(login_link_use(db, &rng, link, now, a, &session, &e), &e);
        assert_ok(actor_by_session(db, session, now + 1, a, &who, &known, &e), &e);
        assert_true(known && who.kind == ACTOR_SESSION && who.project == project);
        assert_ok(actor_by_session(db, session, now + SESSION_TTL, a, &who, &known, &e), &e);
        assert_false(known);
        assert_ok(session_end(db, session, now + 2, &e), &e);
        assert_ok(actor_by_session(db, session, now + 3, a, &who, &known, &e), &e);
        assert_false(known);
    }
}

TEST_MAIN(cmocka_unit_test(a_second_start_keeps_what_is_there),
          cmocka_unit_test(an_api_key_is_known_by_its_digest),
          cmocka_unit_test(a_login_link_works_once_and_in_time), cmocka_unit_test(a_session_ends))
