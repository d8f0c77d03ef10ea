#include "tenancy/audit.h"

#include <stdio.h>

#include "tenancy/tenancy_kit.h"

struct found {
    int n;
    char first[200];
};

static void on_break(struct str what, void *arg)
{
    struct found *f = arg;

    if (f->n++ == 0)
        (void)snprintf(f->first, sizeof f->first, STR_FMT, STR_ARG(what));
}

static int64_t verify(struct db *db, struct found *ret)
{
    struct err e = {0};
    int64_t n;

    *ret = (struct found){0};
    assert_ok(audit_verify(db, on_break, ret, &n, &e), &e);
    return n;
}

static void note(struct kit *k, int64_t org, const char *action, int64_t project)
{
    static const struct actor who = {.kind = ACTOR_USER, .id = 7, .name = {"ann@example.com", 15}};
    const struct audit_entry entry = {
        .who = &who,
        .address = STR("192.0.2.1"),
        .trace_id = STR_NONE,
        .project = project,
        .action = action,
        .entity = "user",
        .entity_id = STR("12"),
        .details = STR("{ \"before\": null,\"after\":\"viewer\"}"),
    };
    struct err e = {0};

    assert_ok(db_begin(k->db, &e), &e);
    assert_ok(audit_append(k->db, org, &entry, KIT_NOW, k->a, &e), &e);
    assert_ok(db_commit(k->db, &e), &e);
}

static void entries_are_chained_and_listed(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct kit k = kit_start(db, a);
        int64_t other_org;
        (void)kit_other_project(&k, &other_org);
        struct audit_filter f = {.org = k.org,
                                 .project = INT_NONE,
                                 .since = TIME_NONE,
                                 .until = TIME_NONE,
                                 .page = {INT_NONE, 10}};
        struct audit_row *rows;
        struct found found;
        struct err e = {0};
        size_t n;

        note(&k, k.org, "role.granted", 0);
        note(&k, k.org, "key.created", k.project);
        note(&k, other_org, "role.granted", 0);
        assert_int_equal(verify(db, &found), 3);
        assert_int_equal(found.n, 0);

        assert_ok(audit_list(db, &f, a, &rows, &n, &e), &e);
        assert_int_equal(n, 2);
        assert_str(rows[0].action, "key.created");
        assert_true(rows[0].seq == 2 && rows[0].project == k.project &&
                    rows[1].project == INT_NONE);
        assert_str(rows[1].details, "{ \"before\": null,\"after\":\"viewer\"}");
        f.page.from = 2;
        assert_ok(audit_list(db, &f, a, &rows, &n, &e), &e);
        assert_true(n == 1 && rows[0].seq == 1);
        f.page.from = INT_NONE;
        f.project = k.project;
        assert_ok(audit_list(db, &f, a, &rows, &n, &e), &e);
        assert_true(n == 1 && rows[0].seq == 2);
        f.action = STR("role.granted");
        assert_ok(audit_list(db, &f, a, &rows, &n, &e), &e);
        assert_int_equal(n, 0);
        f.project = INT_NONE;
        assert_ok(audit_list(db, &f, a, &rows, &n, &e), &e);
        assert_true(n == 1 && rows[0].seq == 1);
        f.actor = str_dup(rows[0].actor_name, a);
        f.action = STR_NONE;
        assert_ok(audit_list(db, &f, a, &rows, &n, &e), &e);
        assert_true(n == 2 && rows[0].seq == 2);
        f.page.from = 2;
        assert_ok(audit_list(db, &f, a, &rows, &n, &e), &e);
        assert_true(n == 1 && rows[0].seq == 1);
        f.actor = STR("nobody");
        assert_ok(audit_list(db, &f, a, &rows, &n, &e), &e);
        assert_int_equal(n, 0);
    }
}

/* trigger: one of its table, as "audit_logs_kept". */
static void spoil(struct str url, enum store_engine engine, const char *trigger, const char *sql)
{
    char drop[128];

    (void)snprintf(drop, sizeof drop, "DROP TRIGGER IF EXISTS %s%s%.*s", trigger,
                   engine == STORE_SQLITE ? " --" : " ON ", (int)(strrchr(trigger, '_') - trigger),
                   trigger);
    assert_true(test_sql(url, drop) && test_sql(url, sql));
}

static void assert_finds(struct db *db, const char *what)
{
    struct found found;

    (void)verify(db, &found);
    assert_int_equal(found.n, 1);
    assert_non_null(strstr(found.first, what));
}

/* Of this engine, whose address is wanted too; NULL: there is none here. */
static struct store *migrated(enum store_engine engine, struct arena *a, struct str *ret_url)
{
    struct store *store = test_store_empty(engine, &clock_system, a, ret_url);
    struct err e = {0};
    int n;

    if (store)
        assert_ok(store_migrate_up(store, &n, &e), &e);
    return store;
}

static void keeps_its_entries(enum store_engine engine)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct str url;
    struct store *store = migrated(engine, a, &url);
    struct found found;

    if (!store)
        return;
    _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
    struct kit k = kit_start(db, a);
    note(&k, k.org, "role.granted", 0);
    note(&k, k.org, "key.created", 0);
    note(&k, k.org, "key.revoked", 0);
    assert_false(test_sql(url, "UPDATE audit_logs SET action = 'x' WHERE seq = 2"));
    assert_false(test_sql(url, "DELETE FROM audit_logs WHERE seq = 2"));
    assert_int_equal(verify(db, &found), 3);
    assert_int_equal(found.n, 0);

    // Whoever takes the triggers away is found out by the chain.
    spoil(url, engine, "audit_logs_immutable",
          "UPDATE audit_logs SET actor_name = 'bob' WHERE seq = 2");
    (void)verify(db, &found);
    assert_int_equal(found.n, 1);
    assert_non_null(strstr(found.first, "this entry, or one before it"));
    spoil(url, engine, "audit_logs_kept", "DELETE FROM audit_logs WHERE seq = 2");
    (void)verify(db, &found);
    assert_non_null(strstr(found.first, "entries are missing before 3"));
    spoil(url, engine, "audit_logs_kept", "DELETE FROM audit_logs WHERE seq > 1");
    (void)verify(db, &found);
    assert_non_null(strstr(found.first, "its end is not the one that was noted: 3"));
}

static void keeps_its_ends(enum store_engine engine)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct str url;
    struct store *store = migrated(engine, a, &url);
    struct found found;

    if (!store)
        return;
    _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
    struct kit k = kit_start(db, a);
    assert_int_equal(verify(db, &found), 0);
    assert_int_equal(found.n, 0); // nobody has come in yet
    note(&k, k.org, "role.granted", 0);
    note(&k, k.org, "login", 0);
    assert_false(test_sql(url, "DELETE FROM audit_heads"));
    if (engine == STORE_POSTGRES)
        assert_false(test_sql(url, "TRUNCATE audit_logs") || test_sql(url, "TRUNCATE audit_heads"));
    assert_int_equal(verify(db, &found), 2);
    assert_int_equal(found.n, 0);

    assert_true(test_sql(url, "UPDATE audit_heads SET last_seq = 1"));
    assert_finds(db, "beyond the end that was noted are entries, up to 2");
    spoil(url, engine, "audit_heads_kept", "DELETE FROM audit_heads");
    assert_finds(db, "its end is not noted; its last entry is 2");
    spoil(url, engine, "audit_logs_kept", "DELETE FROM audit_logs");
    assert_int_equal(verify(db, &found), 0);
    assert_int_equal(found.n, 0); // as if nobody ever had: that alone it cannot see
    (void)kit_session(&k, k.owner, KIT_NOW);
    assert_finds(db, "its end is not noted, although somebody has signed in");
}

static void nothing_can_be_changed_or_taken_out(void **state)
{
    (void)state;
    keeps_its_entries(STORE_SQLITE);
    keeps_its_entries(STORE_POSTGRES);
}

static void no_end_can_be_taken_away(void **state)
{
    (void)state;
    keeps_its_ends(STORE_SQLITE);
    keeps_its_ends(STORE_POSTGRES);
}

TEST_MAIN(cmocka_unit_test(entries_are_chained_and_listed),
          cmocka_unit_test(nothing_can_be_changed_or_taken_out),
          cmocka_unit_test(no_end_can_be_taken_away))
