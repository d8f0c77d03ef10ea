/* What only PostgreSQL can do: be away, come back, hang up in the middle. */
#include "store/store_kit.h"

#include <stdio.h>

static struct store *postgres_or_skip(struct arena *a, struct str *ret_url)
{
    struct store *s = test_store_empty(STORE_POSTGRES, &clock_system, a, ret_url);

    if (!s) {
        arena_destroy(a);
        skip();
    }
    kit_prepare(s);
    return s;
}

/* Ends the server's process behind a connection and waits until it is gone. */
static void hang_up(int64_t pid)
{
    char sql[80];

    snprintf(sql, sizeof sql, "SELECT pg_terminate_backend(%lld, 10000)", (long long)pid);
    test_postgres_admin(sql);
}

static void an_idle_connection_that_was_lost_is_not_noticed(void **state)
{
    struct arena *a = arena_create(0);
    struct store *s = postgres_or_skip(a, NULL);
    struct db *db = store_connect(s, STORE_WORK);

    (void)state;
    const int64_t pid = kit_number(db, K_PID, "pid", a);
    hang_up(pid);
    assert_int_equal(kit_count(db, a), 0);
    assert_true(kit_number(db, K_PID, "pid", a) != pid);
    db_close(db);
    arena_destroy(a);
}

static void a_transaction_whose_connection_is_lost_fails_as_lost(void **state)
{
    struct arena *a = arena_create(0);
    struct store *s = postgres_or_skip(a, NULL);
    struct db *db = store_connect(s, STORE_WORK);
    struct err e = {.code = ERR_NONE};

    (void)state;
    assert_ok(db_begin(db, &e), &e);
    assert_ok(kit_insert_ids(db, (int64_t[]){1}, 1, &e), &e);
    hang_up(kit_number(db, K_PID, "pid", a));
    assert_refused(kit_insert_ids(db, (int64_t[]){2}, 1, &e), &e, ERR_UNAVAILABLE);
    assert_true(db_lost(db));
    db_rollback(db);
    assert_true(db_lost(db));
    err_clear(&e);

    assert_ok(db_begin(db, &e), &e);
    assert_ok(kit_insert_ids(db, (int64_t[]){1}, 1, &e), &e);
    hang_up(kit_number(db, K_PID, "pid", a));
    assert_refused(db_commit(db, &e), &e, ERR_UNAVAILABLE);
    assert_true(db_lost(db));
    assert_int_equal(kit_count(db, a), 0);
    db_close(db);
    arena_destroy(a);
}

static void what_is_under_way_when_the_connection_is_lost_fails(void **state)
{
    struct arena *a = arena_create(0);
    struct store *s = postgres_or_skip(a, NULL);
    struct db *db = store_connect(s, STORE_WORK);
    struct err e = {.code = ERR_NONE};
    struct rows *rows;

    (void)state;
    const int64_t pid = kit_number(db, K_PID, "pid", a);
    for (int i = 0; i < 3; i++)
        assert_ok(db_send(db, (enum query)K_SLEEP, NO_BINDS, &e), &e);
    hang_up(pid);
    for (int i = 0; i < 3; i++) {
        assert_refused(db_receive(db, a, &rows, &e), &e, ERR_UNAVAILABLE);
        assert_true(db_lost(db));
        err_clear(&e);
        if (db_pending(db) > 0) // a new connection has to wait until the old one is settled
            assert_refused(db_send(db, (enum query)K_COUNT, NO_BINDS, &e), &e, ERR_UNAVAILABLE);
        err_clear(&e);
    }
    assert_int_equal(kit_count(db, a), 0);
    db_close(db);
    arena_destroy(a);
}

static void writers_that_wait_for_each_other_are_in_conflict(void **state)
{
    struct arena *a = arena_create(0);
    struct store *s = postgres_or_skip(a, NULL);
    struct db *first = store_connect(s, STORE_WORK), *second = store_connect(s, STORE_TOOL);
    struct err e = {.code = ERR_NONE};

    (void)state;
    assert_ok(kit_insert_ids(first, (int64_t[]){1}, 1, &e), &e);
    assert_ok(db_begin(first, &e), &e);
    kit_exec(first, K_CLEAR, NO_BINDS);
    assert_refused(db_exec(second, (enum query)K_CLEAR, NO_BINDS, NULL, &e), &e, ERR_UNAVAILABLE);
    assert_true(db_conflicted(second) && !db_lost(second)); // lock_timeout of a tool
    db_rollback(first);
    err_clear(&e);
    assert_ok(db_exec(second, (enum query)K_CLEAR, NO_BINDS, NULL, &e), &e);
    db_close(second);
    db_close(first);
    arena_destroy(a);
}

static void a_server_that_is_away_is_no_reason_not_to_start(void **state)
{
    static const struct str url = {"postgres://someone:topsecret@127.0.0.1:1/nothing", 48};
    struct err e = {.code = ERR_NONE};
    struct store *s;

    (void)state;
    assert_ok(store_open(&(struct store_options){.url = url, .clock = &clock_system}, &s, &e), &e);
    struct db *db = store_connect(s, STORE_INGEST);
    for (int i = 0; i < 5; i++) {
        assert_refused(db_begin(db, &e), &e, ERR_UNAVAILABLE);
        assert_true(db_lost(db));
        assert_false(str_contains(str_from(e.text), STR("topsecret")));
        err_clear(&e);
    }
    db_close(db);
    store_close(s);
}

static void a_malformed_address_is_refused_without_repeating_it(void **state)
{
    static const struct str urls[] = {
        {"postgres://u:topsecret%zz@h/d", 29},
        {"postgres://u:topsecret@[::1/d", 29},
        {"postgres://u:topsecret@h/d?nonsense=1", 37},
    };

    (void)state;
    FOR_EACH_ROW (url, urls) {
        struct err e = {.code = ERR_NONE};
        struct store *s;
        assert_refused(
            store_open(&(struct store_options){.url = *url, .clock = &clock_system}, &s, &e), &e,
            ERR_INVALID);
        assert_false(str_contains(str_from(e.text), STR("secret")));
        assert_false(str_contains(str_from(e.fix[0]), STR("secret")));
    }
}

TEST_MAIN(cmocka_unit_test(an_idle_connection_that_was_lost_is_not_noticed),
          cmocka_unit_test(a_transaction_whose_connection_is_lost_fails_as_lost),
          cmocka_unit_test(what_is_under_way_when_the_connection_is_lost_fails),
          cmocka_unit_test(writers_that_wait_for_each_other_are_in_conflict),
          cmocka_unit_test(a_server_that_is_away_is_no_reason_not_to_start),
          cmocka_unit_test(a_malformed_address_is_refused_without_repeating_it))
