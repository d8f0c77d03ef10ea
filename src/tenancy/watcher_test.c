#include "tenancy/watcher.h"

#include "tenancy/api_key.h"
#include "tenancy/stream_token.h"
#include "tenancy/tenancy_kit.h"

/* The actor of a key or session for a project, as a request would have it. */
static struct hub_watcher by_key(struct kit *k, struct str secret, int64_t project)
{
    const struct actor_asks asks = {project, KIT_NOW};
    struct hub_watcher w;
    struct actor who;
    struct err e = {0};
    bool known;

    assert_ok(actor_by_api_key(k->db, secret, &asks, k->a, &who, &known, &e), &e);
    assert_true(known);
    watcher_of(&who, k->a, &w);
    return w;
}

static struct hub_watcher by_session(struct kit *k, struct str id, int64_t project)
{
    const struct actor_asks asks = {project, KIT_NOW};
    struct hub_watcher w;
    struct actor who;
    struct err e = {0};
    bool known;

    assert_ok(actor_by_session(k->db, id, &asks, k->a, &who, &known, &e), &e);
    assert_true(known && who.project == project);
    watcher_of(&who, k->a, &w);
    return w;
}

static struct api_key_made key_of(struct kit *k, enum right right, usec_t expires_at)
{
    const struct api_key_wish wish = {.project = k->project,
                                      .user = k->owner,
                                      .name = STR("key"),
                                      .rights = 1u << right,
                                      .expires_at = expires_at};
    struct api_key_made made;
    struct err e = {0};

    assert_ok(api_key_create(k->db, &k->rng, &wish, KIT_NOW, k->a, &made, &e), &e);
    return made;
}

static void assert_may(struct kit *k, const struct hub_watcher *who, const char *want, usec_t now)
{
    const size_t n = strlen(want);
    bool may[16];
    struct err e = {0};

    assert_true(n <= LEN(may));
    assert_ok(watchers_may(k->db, who, n, now, k->a, may, &e), &e);
    for (size_t i = 0; i < n; i++)
        if (may[i] != (want[i] == 'y'))
            fail_msg("number %zu: %d", i, may[i]);
}

static void keys_and_sessions_may_watch_as_long_as_they_count(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct kit k = kit_start(db, a);
        const struct api_key_made reads = key_of(&k, RIGHT_CALLS_READ, TIME_NONE),
                                  looks = key_of(&k, RIGHT_HEALTH_READ, TIME_NONE),
                                  short_lived = key_of(&k, RIGHT_CALLS_READ, KIT_NOW + HOURS(1));
        const int64_t ann = kit_person(&k, STR("ann@example.com"), k.project, USER_ROLE_OPERATOR);
        const struct session here = kit_session(&k, ann, KIT_NOW),
                             there = kit_session(&k, ann, KIT_NOW);
        const struct hub_watcher who[] = {
            by_key(&k, KIT_KEY, k.project),      by_key(&k, reads.secret, k.project),
            by_key(&k, looks.secret, k.project), by_key(&k, short_lived.secret, k.project),
            by_session(&k, here.id, k.project),  by_session(&k, there.id, k.project),
        };
        struct err e = {0};
        struct str name;
        bool found;

        assert_may(&k, who, "yynyyy", KIT_NOW);
        assert_may(&k, who, "yynnyy", KIT_NOW + HOURS(1));
        assert_ok(api_key_revoke(db, k.project, reads.id, KIT_NOW, a, &name, &e), &e);
        assert_ok(session_revoke(db, ann, there.id, KIT_NOW, &found, &e), &e);
        assert_may(&k, who, "ynnyyn", KIT_NOW);
        assert_may(&k, who, "ynnnnn", KIT_NOW + SESSION_LIFE);
        const struct reach reach = kit_owner_reach(&k);
        assert_ok(member_disable(db, &reach, ann, true, KIT_NOW, a, &e), &e);
        assert_may(&k, who, "ynnynn", KIT_NOW);
    }
}

static void a_role_that_is_taken_away_ends_the_watching_of_its_project(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct kit k = kit_start(db, a);
        struct err e = {0};
        struct member_role taken;
        struct member m;
        int64_t second;

        assert_ok(project_create(OFFICE(db, &k.rng, KIT_NOW), k.org, STR("Second"), a, &second, &e),
                  &e);
        const int64_t ann = kit_person(&k, STR("ann@example.com"), k.project, USER_ROLE_OPERATOR);
        (void)kit_person(&k, STR("ann@example.com"), second, USER_ROLE_VIEWER);
        const struct session s = kit_session(&k, ann, KIT_NOW);
        const struct hub_watcher who[] = {by_session(&k, s.id, k.project),
                                          by_session(&k, s.id, second)};
        const struct reach reach = kit_owner_reach(&k);

        assert_may(&k, who, "yy", KIT_NOW);
        assert_ok(member_find(db, &reach, ann, a, &m, &e), &e);
        const size_t i = m.roles[0].project == k.project ? 0 : 1;
        assert_ok(role_take(OFFICE(db, NULL, KIT_NOW), &reach, ann, m.roles[i].id, a, &taken, &e),
                  &e);
        assert_may(&k, who, "ny", KIT_NOW);
    }
}

/* A watcher of another project than its key's, or of none that there is, is nobody. */
static void nobody_watches_what_is_not_theirs(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct kit k = kit_start(db, a);
        int64_t other_org;
        const int64_t other = kit_other_project(&k, &other_org);
        const struct session s = kit_session(&k, k.owner, KIT_NOW);
        struct hub_watcher who[] = {
            by_key(&k, KIT_KEY, k.project),
            by_session(&k, s.id, k.project),
            {.project = k.project, .kind = ACTOR_API_KEY, .id = "nonsense"},
            {.project = k.project, .kind = ACTOR_USER, .id = "1"},
            {.project = k.project, .kind = ACTOR_NOBODY},
        };

        assert_may(&k, who, "yynnn", KIT_NOW);
        who[0].project = who[1].project = other;
        assert_may(&k, who, "nn", KIT_NOW);
    }
}

/* Who was let in to see the progress of jobs, and may not any more: it comes back as who it is. */
static void what_was_seen_beside_calls_is_asked_about_too(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct kit k = kit_start(db, a);
        const struct api_key_made reads = key_of(&k, RIGHT_CALLS_READ, TIME_NONE);
        struct hub_watcher who[] = {by_key(&k, KIT_KEY, k.project),
                                    by_key(&k, reads.secret, k.project)};

        assert_true(who[0].sees_progress && !who[1].sees_progress);
        assert_may(&k, who, "yy", KIT_NOW);
        who[1].sees_progress = true;
        assert_may(&k, who, "yn", KIT_NOW);
    }
}

static bool known_by_claims(struct kit *k, const struct stream_claims *c, usec_t now,
                            struct actor *ret)
{
    struct err e = {0};
    bool known;

    assert_ok(actor_by_claims(k->db, c, now, k->a, ret, &known, &e), &e);
    return known;
}

static void claims_name_an_actor_as_they_are_now(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct kit k = kit_start(db, a);
        const struct api_key_made made = key_of(&k, RIGHT_CALLS_READ, KIT_NOW + HOURS(1));
        const struct session s = kit_session(&k, k.owner, KIT_NOW);
        struct stream_claims key = {.kind = ACTOR_API_KEY,
                                    .id = str_fmt(a, "%lld", (long long)made.id),
                                    .project = k.project},
                             person = {.kind = ACTOR_USER, .id = s.id, .project = k.project};
        struct actor who;

        assert_true(known_by_claims(&k, &key, KIT_NOW, &who));
        assert_true(who.kind == ACTOR_API_KEY && who.project == k.project);
        assert_int_equal(who.rights, 1u << RIGHT_CALLS_READ);
        assert_false(known_by_claims(&k, &key, KIT_NOW + HOURS(1), &who));
        assert_true(known_by_claims(&k, &person, KIT_NOW, &who));
        assert_true(who.kind == ACTOR_USER && who.project == k.project);
        assert_false(known_by_claims(&k, &person, KIT_NOW + SESSION_LIFE, &who));

        key.project = person.project = k.project + 1;
        assert_false(known_by_claims(&k, &key, KIT_NOW, &who));
        assert_false(known_by_claims(&k, &person, KIT_NOW, &who));
        key.id = STR("x");
        assert_false(known_by_claims(&k, &key, KIT_NOW, &who));
    }
}

TEST_MAIN(cmocka_unit_test(keys_and_sessions_may_watch_as_long_as_they_count),
          cmocka_unit_test(a_role_that_is_taken_away_ends_the_watching_of_its_project),
          cmocka_unit_test(nobody_watches_what_is_not_theirs),
          cmocka_unit_test(what_was_seen_beside_calls_is_asked_about_too),
          cmocka_unit_test(claims_name_an_actor_as_they_are_now))
