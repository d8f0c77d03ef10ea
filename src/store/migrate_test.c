#include "store/store_kit.h"

#include <pthread.h>

#include "base/fault.h"

static int n_migrations(void)
{
    return (int)catalog_migration_count;
}

static void up(struct store *s, int want)
{
    struct err e = {.code = ERR_NONE};
    int n = -1;

    assert_ok(store_migrate_up(s, &n, &e), &e);
    assert_int_equal(n, want);
}

static void down_all(struct store *s)
{
    struct err e = {.code = ERR_NONE};
    int n = -1;

    assert_ok(store_migrate_down(s, n_migrations() + 1, &n, &e), &e);
    assert_int_equal(n, n_migrations());
}

static void up_down_up(void **state)
{
    (void)state;
    TEST_EMPTY_STORES(store, a)
    {
        struct err e = {.code = ERR_NONE};
        struct store_migration *list;
        size_t n;
        assert_refused(store_schema_check(store, &e), &e, ERR_UNAVAILABLE);
        err_clear(&e);
        up(store, n_migrations());
        assert_ok(store_schema_check(store, &e), &e);
        up(store, 0);
        down_all(store);
        assert_refused(store_schema_check(store, &e), &e, ERR_UNAVAILABLE);
        err_clear(&e);
        assert_ok(store_migrate_status(store, a, &list, &n, &e), &e);
        assert_int_equal(n, n_migrations());
        assert_false(list[0].applied);
        up(store, n_migrations());
        assert_ok(store_migrate_status(store, a, &list, &n, &e), &e);
        assert_true(list[n - 1].applied);
        assert_str(list[0].name, "create_viewer");
    }
}

static void *migrate(void *arg)
{
    struct err e = {.code = ERR_NONE};
    int n = -1;

    assert_ok(store_migrate_up(arg, &n, &e), &e);
    return (void *)(intptr_t)n;
}

static void nodes_that_start_together_migrate_once(void **state)
{
    (void)state;
    TEST_EMPTY_STORES(store, a)
    {
        pthread_t threads[3];
        intptr_t applied = 0;
        for (size_t i = 0; i < LEN(threads); i++)
            assert_int_equal(pthread_create(&threads[i], NULL, migrate, store), 0);
        for (size_t i = 0; i < LEN(threads); i++) {
            void *n;
            assert_int_equal(pthread_join(threads[i], &n), 0);
            applied += (intptr_t)n;
        }
        assert_int_equal(applied, n_migrations());
        assert_int_equal(arena_used(a) > 0, true);
    }
}

// --- what is not ours ----------------------------------------------------------------------------

static void record(struct store *s, int64_t number, const char *name)
{
    struct db *db = store_connect(s, STORE_TOOL);
    struct err e = {.code = ERR_NONE};

    assert_ok(db_exec(db, Q_SCHEMA_RECORD,
                      BINDS(bind_int("number", number), bind_str("name", str_from(name)),
                            bind_time("applied_at", 0), bind_str("checksum", STR("other"))),
                      NULL, &e),
              &e);
    db_close(db);
}

static void f205_a_newer_schema_is_refused(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct err e = {.code = ERR_NONE};
        int n;
        record(store, n_migrations() + 1, "from_the_future");
        assert_refused(store_schema_check(store, &e), &e, ERR_UNAVAILABLE);
        assert_true(str_contains(str_from(e.text), STR("from_the_future")));
        assert_true(e.n_fix > 0);
        err_clear(&e);
        assert_refused(store_migrate_up(store, &n, &e), &e, ERR_UNAVAILABLE);
        err_clear(&e);
        assert_refused(store_migrate_down(store, 1, &n, &e), &e, ERR_UNAVAILABLE);
        assert_non_null(a);
    }
}

static void an_edited_migration_is_refused(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct err e = {.code = ERR_NONE};
        struct db *db = store_connect(store, STORE_TOOL);
        const int64_t last = n_migrations();
        assert_ok(db_exec(db, Q_SCHEMA_FORGET, BINDS(bind_int("number", last)), NULL, &e), &e);
        record(store, last, catalog_migrations[last - 1].name);
        assert_refused(store_schema_check(store, &e), &e, ERR_UNAVAILABLE);
        assert_non_null(a);
        db_close(db);
    }
}

// --- faults --------------------------------------------------------------------------------------

/* The newest ones stand for all: a fault strikes between our statements, whatever a script says. */
static void migrate_attempt(void *arg)
{
    struct store *s = arg;
    struct err e = {.code = ERR_NONE};
    int n;

    while (!store_migrate_down(s, 2, &n, &e)) {
        assert_true(fault_struck());
        err_clear(&e);
    }
    while (!store_migrate_up(s, &n, &e)) {
        assert_true(fault_struck());
        err_clear(&e);
    }
    while (!store_schema_check(s, &e)) {
        assert_true(fault_struck());
        err_clear(&e);
    }
}

static void a_migration_is_whole_or_absent(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        assert_true(test_every_fault(NULL, migrate_attempt, store) > 10);
        assert_non_null(a);
    }
}

// --- the schema ----------------------------------------------------------------------------------

static void both_engines_have_the_same_columns(void **state)
{
    _cleanup_(arena_destroyp) struct arena *kept = arena_create(0);
    const char *columns = NULL, *indexes = NULL;

    (void)state;
    TEST_STORES(store, a)
    {
        struct db *db = store_connect(store, STORE_READ);
        store->extra = kit_queries;
        store->n_extra = LEN(kit_queries);
        const char *these = kit_lines(db, K_COLUMNS, a), *those = kit_lines(db, K_INDEXES, a);
        if (columns) {
            assert_string_equal(these, columns);
            assert_string_equal(those, indexes);
        }
        columns = str_z(str_from(these), kept);
        indexes = str_z(str_from(those), kept);
        db_close(db);
    }
}

static void the_old_names_have_their_columns(void **state)
{
    static const struct {
        const char *view, *columns; /* sorted */
    } views[] = {
        {"call_messages",
         "conversation_id created_at direction duration end_time finalized_at from_number id "
         "is_final last_event_time metadata parent_call_sid price price_unit recording_url "
         "start_time status sync_state to_number twilio_sid updated_at"},
        {"twilio_webhook_inbox", "call_sid dedupe_key error event_type id payload processed_at "
                                 "processing_status received_at recording_sid retry_count source"},
        {"webhook_events", "agent_id conversation_id event_timestamp event_type has_audio "
                           "has_response_audio has_user_audio id payload processed processed_at "
                           "processor_note received_at status"},
    };

    (void)state;
    TEST_STORES(store, a)
    {
        struct db *db = store_connect(store, STORE_READ);
        store->extra = kit_queries;
        store->n_extra = LEN(kit_queries);
        const struct str lines = str_from(kit_lines(db, K_COLUMNS, a));
        FOR_EACH_ROW (row, views) {
            struct str got = STR(""), rest = lines, line;
            const struct str prefix = str_fmt(a, "%s.", row->view);
            while (cut_until(&rest, '\n', &line))
                if (str_starts(line, prefix))
                    got = str_fmt(a, STR_FMT "%s" STR_FMT, STR_ARG(got), got.n ? " " : "",
                                  STR_ARG(str_sub(line, prefix.n, line.n)));
            assert_str(got, row->columns);
        }
        db_close(db);
    }
}

enum { T_FILL = QUERY_COUNT, T_PROJECT, T_CONTACT, T_EVENT, T_TOUCH, T_SET, T_UPDATED_AT, T_EDIT };

static const struct query_text trigger_queries[] = {
    {.name = "fill", BOTH("INSERT INTO orgs (id, name) VALUES (1, 'o')")},
    {.name = "project", BOTH("INSERT INTO projects (id, org_id, name) VALUES (1, 1, 'p')")},
    {.name = "contact",
     .sql = {"INSERT INTO contacts (project_id, phone_number, updated_at) VALUES (1, '+1', 1000)",
             "INSERT INTO contacts (project_id, phone_number, updated_at)"
             " VALUES (1, '+1', '1970-01-01 00:00:00.001Z')"}},
    {.name = "event",
     .sql =
         {"INSERT INTO call_events (project_id, seq, provider, call_sid, event_type, event_time,"
          " source, applied, change, payload) VALUES (1, 1, 'p', 's', 't', 1, 'w', 1, '{}', '{}')",
          "INSERT INTO call_events (project_id, seq, provider, call_sid, event_type, event_time,"
          " source, applied, change, payload)"
          " VALUES (1, 1, 'p', 's', 't', now(), 'w', true, '{}', '{}')"}},
    {.name = "touch", BOTH("UPDATE contacts SET display_name = 'x'")},
    {.name = "set",
     .sql = {"UPDATE contacts SET updated_at = 2000",
             "UPDATE contacts SET updated_at = '1970-01-01 00:00:00.002Z'"}},
    {.name = "updated_at", BOTH("SELECT updated_at FROM contacts")},
    {.name = "edit", BOTH("UPDATE call_events SET source = 'x'")},
};

static usec_t updated_at(struct db *db, struct arena *a)
{
    struct err e = {.code = ERR_NONE};
    struct rows *rows;

    assert_ok(db_query(db, (enum query)T_UPDATED_AT, NO_BINDS, a, &rows, &e), &e);
    assert_true(rows_next(rows));
    return rows_time(rows, "updated_at");
}

static void triggers_date_changes_and_guard_the_log(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct err e = {.code = ERR_NONE};
        struct db *db = store_connect(store, STORE_WORK);
        store->extra = trigger_queries;
        store->n_extra = LEN(trigger_queries);
        for (int q = T_FILL; q <= T_EVENT; q++)
            kit_exec(db, q, NO_BINDS);
        assert_int_equal(updated_at(db, a), 1000);
        kit_exec(db, T_TOUCH, NO_BINDS);
        assert_true(updated_at(db, a) > clock_wall(&clock_system) - HOURS(1));
        assert_true(updated_at(db, a) < clock_wall(&clock_system) + HOURS(1));
        kit_exec(db, T_SET, NO_BINDS); // whoever says the time is believed
        assert_int_equal(updated_at(db, a), 2000);
        assert_refused(db_exec(db, (enum query)T_EDIT, NO_BINDS, NULL, &e), &e, ERR_CONFLICT);
        db_close(db);
    }
}

// --- 0002 on data -------------------------------------------------------------------------------

static const char *const talks[STORE_ENGINE_COUNT] = {
    [STORE_SQLITE] =
        "INSERT INTO conversations (project_id, contact_id, external_id,"
        " last_message_at, updated_at) VALUES (1, 1, '+1', 3000, 7), (1, 1, '+2', NULL, 7);"
        "INSERT INTO calls (project_id, provider, conversation_id, twilio_sid,"
        " parent_call_sid, direction, status, display_status, from_number, to_number,"
        " start_time, recording_url) VALUES"
        " (1, 'p', 1, 'A', NULL, 'inbound', 'completed', 'completed', '', '', 1000, 'u'),"
        " (1, 'p', 1, 'B', NULL, 'inbound', 'completed', 'busy', '', '', 2000, NULL),"
        " (1, 'p', 1, 'C', 'B', 'outbound', 'busy', 'busy', '', '', 3000, 'u')",
    [STORE_POSTGRES] =
        "INSERT INTO conversations (project_id, contact_id, external_id, last_message_at, "
        "updated_at)"
        " VALUES (1, 1, '+1', to_timestamp(3000), to_timestamp(7)), (1, 1, '+2', NULL, "
        "to_timestamp(7));"
        "INSERT INTO calls (project_id, provider, conversation_id, twilio_sid, parent_call_sid,"
        " direction, status, display_status, from_number, to_number, start_time, recording_url) "
        "VALUES"
        " (1, 'p', 1, 'A', NULL, 'inbound', 'completed', 'completed', '', '', to_timestamp(1000), "
        "'u'),"
        " (1, 'p', 1, 'B', NULL, 'inbound', 'completed', 'busy', '', '', to_timestamp(2000), NULL),"
        " (1, 'p', 1, 'C', 'B', 'outbound', 'busy', 'busy', '', '', to_timestamp(3000), 'u')",
};

enum { S_SHOWN = QUERY_COUNT, S_FILL, S_PROJECT, S_CONTACT, S_HEAD, S_COUNTED };

static const struct query_text shown_queries[] = {
    {.name = "shown",
     .sql = {"SELECT COALESCE(contact_name, '-') || ' ' || COALESCE(last_call_id, 0) || ' ' ||"
             " COALESCE(last_direction, '-') || ' ' || COALESCE(last_status, '-') || ' ' ||"
             " COALESCE(last_missed, 9) || ' ' || COALESCE(last_recorded, 9) || ' ' ||"
             " (updated_at = 7) AS line FROM conversations ORDER BY id",
             "SELECT COALESCE(contact_name, '-') || ' ' || COALESCE(last_call_id, 0) || ' ' ||"
             " COALESCE(last_direction, '-') || ' ' || COALESCE(last_status, '-') || ' ' ||"
             " COALESCE(last_missed::int, 9) || ' ' || COALESCE(last_recorded::int, 9) || ' ' ||"
             " (updated_at = to_timestamp(7))::int AS line FROM conversations ORDER BY id"}},
    {.name = "fill", BOTH("INSERT INTO orgs (id, name) VALUES (1, 'o')")},
    {.name = "project", BOTH("INSERT INTO projects (id, org_id, name) VALUES (1, 1, 'p')")},
    {.name = "contact",
     BOTH("INSERT INTO contacts (project_id, phone_number, display_name) VALUES (1, '+1', 'Ann')")},
    {.name = "head", BOTH("INSERT INTO feed_heads (project_id, epoch) VALUES (1, 'E')")},
    {.name = "counted", BOTH("SELECT CAST(conversations AS text) AS line FROM feed_heads")},
};

/* A conversation with calls, and one without. */
static struct db *with_talks(struct store *store)
{
    struct db *db = store_connect(store, STORE_TOOL);
    struct err e = {.code = ERR_NONE};

    store->extra = shown_queries;
    store->n_extra = LEN(shown_queries);
    for (int q = S_FILL; q <= S_CONTACT; q++)
        kit_exec(db, q, NO_BINDS);
    assert_ok(db_begin(db, &e), &e);
    assert_ok(store->engine->script(db, talks[store_engine(store)], &e), &e);
    assert_ok(db_commit(db, &e), &e);
    return db;
}

static void conversations_of_before_are_counted(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct db *db = with_talks(store);
        struct err e = {.code = ERR_NONE};
        int n;
        kit_exec(db, S_HEAD, NO_BINDS);
        assert_string_equal(kit_lines(db, S_COUNTED, a), "0\n");
        assert_ok(store_migrate_down(store, n_migrations() - 15, &n, &e), &e);
        up(store, n_migrations() - 15);
        assert_string_equal(kit_lines(db, S_COUNTED, a), "1\n"); // the other has no call
        db_close(db);
    }
}

static void conversations_of_before_show_their_latest_call(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct db *db = with_talks(store);
        struct err e = {.code = ERR_NONE};
        int n;
        assert_ok(store_migrate_down(store, n_migrations() - 1, &n, &e), &e);
        up(store, n_migrations() - 1);
        assert_string_equal(kit_lines(db, S_SHOWN, a),
                            "Ann 2 inbound busy 1 0 1\nAnn 0 - - 9 9 1\n");
        db_close(db);
    }
}

// --- 0018 on data -------------------------------------------------------------------------------

static const char guests[] =
    "INSERT INTO users (id, email, invited_email, name, password_hash, disabled_at) VALUES"
    " (1, 'ann@x', NULL, '', 'a', NULL), (2, 'key2', 'ann@x', '', 'b', NULL),"
    " (3, 'key3', 'bob@x', '', 'c', NULL), (4, 'key4', 'bob@x', '', 'd', NULL),"
    " (5, 'key5', 'cid@x', '', NULL, NULL);"
    "INSERT INTO user_roles (user_id, org_id, role) VALUES"
    " (1, 1, 'owner'), (2, 1, 'viewer'), (3, 1, 'viewer'), (4, 1, 'viewer'), (5, 1, 'viewer');"
    "INSERT INTO user_sessions (id, user_id, agent, address, expires_at)"
    " SELECT 's', 2, '', '', created_at FROM users WHERE id = 1;"
    "INSERT INTO api_keys (project_id, name, key_hash, created_by) VALUES (1, 'k', 'h', 2)";
static const char shut_out[] = "UPDATE users SET disabled_at = created_at;"
                               "DELETE FROM user_roles WHERE user_id = 3";

enum { G_FILL = QUERY_COUNT, G_PROJECT, G_USERS, G_DISABLED, G_KEYS };

static const struct query_text guest_queries[] = {
    {.name = "fill", BOTH("INSERT INTO orgs (id, name) VALUES (1, 'o')")},
    {.name = "project", BOTH("INSERT INTO projects (id, org_id, name) VALUES (1, 1, 'p')")},
    {.name = "users", BOTH("SELECT email AS line FROM users ORDER BY id")},
    {.name = "disabled",
     BOTH("SELECT email AS line FROM users WHERE disabled_at IS NOT NULL ORDER BY id")},
    {.name = "keys", BOTH("SELECT coalesce(CAST(created_by AS text), '-') AS line FROM api_keys")},
};

static void run_script(struct store *store, struct db *db, const char *script)
{
    struct err e = {.code = ERR_NONE};

    assert_ok(db_begin(db, &e), &e);
    assert_ok(store->engine->script(db, script, &e), &e);
    assert_ok(db_commit(db, &e), &e);
}

static void a_guest_who_came_keeps_their_place_without_guests(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct db *db = store_connect(store, STORE_TOOL);
        struct err e = {.code = ERR_NONE};
        int n;
        store->extra = guest_queries;
        store->n_extra = LEN(guest_queries);
        kit_exec(db, G_FILL, NO_BINDS);
        kit_exec(db, G_PROJECT, NO_BINDS);
        run_script(store, db, guests);
        assert_ok(store_migrate_down(store, n_migrations() - 17, &n, &e), &e);
        assert_string_equal(kit_lines(db, G_USERS, a), "ann@x\nbob@x\n");
        assert_string_equal(kit_lines(db, G_KEYS, a), "-\n");

        run_script(store, db, shut_out);
        up(store, n_migrations() - 17);
        assert_string_equal(kit_lines(db, G_DISABLED, a), "ann@x\n"); // the other is nowhere
        db_close(db);
    }
}

TEST_MAIN(cmocka_unit_test(up_down_up), cmocka_unit_test(nodes_that_start_together_migrate_once),
          cmocka_unit_test(f205_a_newer_schema_is_refused),
          cmocka_unit_test(an_edited_migration_is_refused),
          cmocka_unit_test(a_migration_is_whole_or_absent),
          cmocka_unit_test(both_engines_have_the_same_columns),
          cmocka_unit_test(the_old_names_have_their_columns),
          cmocka_unit_test(conversations_of_before_show_their_latest_call),
          cmocka_unit_test(conversations_of_before_are_counted),
          cmocka_unit_test(a_guest_who_came_keeps_their_place_without_guests),
          cmocka_unit_test(triggers_date_changes_and_guard_the_log))
