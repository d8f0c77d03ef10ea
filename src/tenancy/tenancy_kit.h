#ifndef TENANCY_KIT_H
#define TENANCY_KIT_H
/* What the tests of this room begin with: an installation with an owner, and somebody with a role.
 */
#include <pthread.h>

#include "tenancy/people.h"
#include "tenancy/project.h"
#include "tenancy/session.h"
#include "test/store.h"

#define KIT_NOW SECONDS(1000)
#define KIT_KEY STR("a-bootstrap-key-of-ours")

struct kit {
    struct db *db;
    struct arena *a;
    struct rng rng;
    int64_t org, project, owner;
};

static inline struct kit kit_start(struct db *db, struct arena *a)
{
    struct kit k = {.db = db, .a = a, .rng = rng_seeded(1)};
    const struct project_bootstrap in = {
        .rng = &k.rng,
        .now = KIT_NOW,
        .provider = STR("twilio"),
        .account_sid = STR("AC1"),
        .api_key = KIT_KEY,
        .owner_email = STR("owner@example.com"),
    };
    struct project p;
    struct err e = {0};
    bool found;

    assert_ok(project_bootstrap(db, &in, &k.project, &e), &e);
    assert_ok(person_owner(db, a, &k.owner, &found, &e), &e);
    assert_true(found);
    assert_ok(project_find(db, k.project, a, &p, &found, &e), &e);
    k.org = p.org;
    return k;
}

/* A second organisation with a project of its own. */
static inline int64_t kit_other_project(struct kit *k, int64_t *ret_org)
{
    static const struct column columns[] = {{"id", COLUMN_INT, 0}};
    struct err e = {0};
    int64_t project;
    bool made;

    assert_ok(db_query_one(k->db, Q_ORG_ADD, BINDS(bind_str("name", STR("Other"))), columns, 1,
                           k->a, ret_org, &made, &e),
              &e);
    assert_ok(project_create(OFFICE(k->db, &k->rng, KIT_NOW), *ret_org, STR("Other project"), k->a,
                             &project, &e),
              &e);
    return project;
}

static inline struct reach kit_owner_reach(const struct kit *k)
{
    return (struct reach){.org = k->org, .project = INT_NONE, .rights = RIGHTS_ALL};
}

static inline int64_t kit_person(struct kit *k, struct str email, int64_t project,
                                 enum user_role role)
{
    const struct reach r = kit_owner_reach(k);
    enum user_role before;
    struct err e = {0};
    int64_t id;
    bool made;

    assert_ok(person_ensure(OFFICE(k->db, NULL, KIT_NOW), email, email, k->a, &id, &made, &e), &e);
    assert_ok(role_grant(OFFICE(k->db, NULL, KIT_NOW), &r, ROLE_WISH(id, project, role), k->a,
                         &before, &e),
              &e);
    return id;
}

/* Until a statement that these words fit (a regular expression) waits for a lock. SQLite has one
 * writer: there the other's transaction begins behind this one. */
static inline void kit_until_one_waits(const struct store *store, const char *words,
                                       struct arena *a)
{
    if (store_engine(store) != STORE_POSTGRES)
        return;
    test_postgres_admin(
        str_z(str_fmt(a,
                      "DO $$ BEGIN FOR i IN 1..6000 LOOP"
                      "   PERFORM pg_stat_clear_snapshot();"
                      "   IF EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                      "      AND query ~ '%s') THEN RETURN; END IF;"
                      "   PERFORM pg_sleep(0.005);"
                      " END LOOP; RAISE 'nobody waits'; END $$",
                      words),
              a));
}

/* Another thread that does the same at once: returns when it waits (`words` as above) for what the
 * transaction of this one holds. */
static inline pthread_t kit_beside(struct store *store, const char *words, void *(*other)(void *),
                                   void *arg, struct arena *a)
{
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, other, arg), 0);
    kit_until_one_waits(store, words, a);
    return thread;
}

/* Commits, and the other goes on to its end. */
static inline void kit_let_on(struct db *db, pthread_t other)
{
    struct err e = {0};

    assert_ok(db_commit(db, &e), &e);
    assert_int_equal(pthread_join(other, NULL), 0);
}

static inline struct session kit_session(struct kit *k, int64_t user, usec_t now)
{
    static const struct session_from from = {{"Firefox", 7}, {"192.0.2.1", 9}};
    struct session s;
    struct err e = {0};

    assert_ok(session_open(OFFICE(k->db, &k->rng, now), user, 0, &from, k->a, &s, &e), &e);
    return s;
}

#endif
