/*
 * Queries are understood by both engines, and use the index that was made for them.
 *
 * Parameters are filled in by their types. SQLite plans by the statistics that its migration
 * brings; PostgreSQL gets some rows and ANALYZE, and a session reads no whole tables, which on
 * tables as small as these it would prefer. Which index it takes is its own choice.
 */
#include "store/store_kit.h"

struct intent {
    enum query query;
    const char *index;          /* expected in the plan of both engines */
    const char *postgres_index; /* where its name differs (keys of tables) */
    bool bare;                  /* texts and times are absent: optional filters that are not used */
    const char *only;           /* the one text that is given: the filter that the index is for */
};

/* A query that must stay fast however many rows there are has a line here. */
static const struct intent intents[] = {
    {.query = Q_SCHEMA_FORGET,
     .index = "INTEGER PRIMARY KEY",
     .postgres_index = "schema_migrations_pkey"},

    {.query = Q_INBOX_WAITING, .index = "idx_webhook_inbox_due"},
    {.query = Q_INBOX_WAITING_BY_PROJECT, .index = "idx_webhook_inbox_due"},
    {.query = Q_INBOX_CLAIM, .index = "idx_webhook_inbox_due"},
    {.query = Q_INBOX_CLAIM, .index = "idx_webhook_inbox_claimed"},
    {.query = Q_INBOX_CLAIM_TRIED, .index = "idx_webhook_inbox_retry"},
    {.query = Q_INBOX_CLAIM_TRIED, .index = "idx_webhook_inbox_claimed"},
    {.query = Q_INBOX_HELD_PROJECTS, .index = "idx_webhook_inbox_due"},
    {.query = Q_INBOX_RELEASE, .index = "idx_webhook_inbox_due"},
    {.query = Q_INBOX_RELEASE_FAILED, .index = "idx_webhook_inbox_retry"},
    {.query = Q_FLAGS_LOAD, .index = "idx_projects_flags"},
    {.query = Q_INBOX_REAP, .index = "idx_webhook_inbox_claimed"},
    {.query = Q_INBOX_HASTEN, .index = "idx_webhook_inbox_retry"},
    {.query = Q_INBOX_COMPLETE,
     .index = "INTEGER PRIMARY KEY",
     .postgres_index = "webhook_inbox_pkey"},
    {.query = Q_INBOX_LIST, .index = "idx_webhook_inbox_recent", .bare = true},
    {.query = Q_INBOX_LIST_DEAD, .index = "idx_webhook_inbox_dead"},
    {.query = Q_INBOX_COUNT_DEAD, .index = "idx_webhook_inbox_dead"},
    {.query = Q_INBOX_LIST_PENDING, .index = "idx_webhook_inbox_due"},
    {.query = Q_INBOX_COUNT_PENDING, .index = "idx_webhook_inbox_due"},
    {.query = Q_INBOX_LIST_FAILED, .index = "idx_webhook_inbox_retry"},
    {.query = Q_INBOX_COUNT_FAILED, .index = "idx_webhook_inbox_retry"},
    {.query = Q_INBOX_REASONS, .index = "idx_webhook_inbox_dead"},
    {.query = Q_INBOX_REASON_COUNT, .index = "idx_webhook_inbox_dead"},
    {.query = Q_INBOX_REPROCESS_DEAD, .index = "idx_webhook_inbox_dead"},
    {.query = Q_INBOX_AMONG,
     .index = "INTEGER PRIMARY KEY",
     .postgres_index = "idx_webhook_inbox_recent"},
    {.query = Q_INBOX_BY_ID,
     .index = "INTEGER PRIMARY KEY",
     .postgres_index = "idx_webhook_inbox_recent"},
    {.query = Q_INBOX_BACKLOG, .index = "idx_webhook_inbox_due"},
    {.query = Q_INBOX_BACKLOG, .index = "idx_webhook_inbox_retry"},
    {.query = Q_INBOX_BACKLOG, .index = "idx_webhook_inbox_claimed"},
    {.query = Q_INBOX_BACKLOG, .index = "idx_webhook_inbox_dead"},

    {.query = Q_JOB_STATES, .index = "INTEGER PRIMARY KEY", .postgres_index = "job_runs_pkey"},
    {.query = Q_JOB_LATEST, .index = "INTEGER PRIMARY KEY", .postgres_index = "job_runs_pkey"},
    {.query = Q_JOB_LATEST, .index = "idx_job_runs_recent"},
    // Who asks: with every request.
    {.query = Q_ACTOR_BY_API_KEY,
     .index = "sqlite_autoindex_api_keys_1",
     .postgres_index = "api_keys_key_hash_key"},
    {.query = Q_ACTOR_BY_API_KEY,
     .index = "INTEGER PRIMARY KEY",
     .postgres_index = "projects_pkey"},
    {.query = Q_ACTOR_BY_API_KEY_ID,
     .index = "INTEGER PRIMARY KEY",
     .postgres_index = "api_keys_pkey"},
    {.query = Q_ACTOR_PLACES, .index = "idx_user_roles_place"},
    {.query = Q_ACTOR_BY_SESSION,
     .index = "s USING PRIMARY KEY",
     .postgres_index = "user_sessions_pkey"},
    {.query = Q_ACTOR_BY_SESSION,
     .index = "p USING INTEGER PRIMARY KEY",
     .postgres_index = "projects_pkey"},
    {.query = Q_ACTOR_BY_SESSION, .index = "idx_user_roles_place"},
    {.query = Q_USER_SESSION_FIND,
     .index = "s USING PRIMARY KEY",
     .postgres_index = "user_sessions_pkey"},
    {.query = Q_REFRESH_TOKEN_USE,
     .index = "refresh_tokens USING PRIMARY KEY",
     .postgres_index = "refresh_tokens_pkey"},
    {.query = Q_WATCHERS_RIGHTS,
     .index = "s USING PRIMARY KEY",
     .postgres_index = "user_sessions_pkey"},
    {.query = Q_USER_BY_EMAIL,
     .index = "sqlite_autoindex_users_1",
     .postgres_index = "users_email_key"},
    {.query = Q_AUDIT_LIST, .index = "INTEGER PRIMARY KEY", .postgres_index = "users_pkey"},
    {.query = Q_AUDIT_LIST_OF_PROJECT, .index = "idx_audit_logs_project", .only = "none"},
    {.query = Q_AUDIT_LIST_BY_ACTOR, .index = "idx_audit_logs_actor", .only = "actor"},
    {.query = Q_AUDIT_LIST_BY_ACTION, .index = "idx_audit_logs_action", .only = "action"},
    {.query = Q_VERIFY_INBOX,
     .index = "sqlite_autoindex_provider_accounts_1",
     .postgres_index = "provider_accounts_pkey"},

    {.query = Q_FLOW_RATES, .index = "idx_webhook_inbox_recent"},
    {.query = Q_FLOW_RATES,
     .index = "sqlite_autoindex_call_events_1",
     .postgres_index = "call_events_project_id_seq_key"},
    {.query = Q_FLOW_RATES,
     .index = "feed_events USING PRIMARY KEY",
     .postgres_index = "feed_events_pkey"},

    {.query = Q_JOB_DUE, .index = "idx_sync_state_due"},
    {.query = Q_JOB_CLAIM, .index = "idx_sync_state_due"},
    {.query = Q_JOB_RUN_LIST, .index = "idx_job_runs_recent"},
    {.query = Q_CALL_COUNT_UNFROZEN, .index = "idx_calls_unfrozen"},
    {.query = Q_CALL_FREEZE, .index = "idx_calls_unfrozen"},
    {.query = Q_CALL_EXPIRE_PAGE, .index = "idx_calls_recent"},
    {.query = Q_CALL_EXPIRE_PAGE, .index = "idx_webhook_inbox_due"},
    {.query = Q_CALL_EXPIRE_PAGE, .index = "idx_webhook_inbox_retry"},
    {.query = Q_CALL_EXPIRE_PAGE, .index = "idx_webhook_inbox_claimed"},
    {.query = Q_CALL_EXPIRE_PAGE, .index = "idx_webhook_inbox_dead"},
    {.query = Q_CALL_EXPIRE_COUNT, .index = "idx_calls_recent"},
    {.query = Q_INBOX_EXPIRE_LAST, .index = "idx_webhook_inbox_recent"},
    {.query = Q_INBOX_EXPIRE_PLACE, .index = "idx_webhook_inbox_recent"},
    {.query = Q_INBOX_EXPIRE_COUNT,
     .index = "COVERING INDEX idx_webhook_inbox_recent",
     .postgres_index = "Index Only Scan using idx_webhook_inbox_recent"},
    {.query = Q_INBOX_EXPIRE_COUNT, .index = "idx_webhook_inbox_dead"},
    {.query = Q_FEED_EXPIRE_PLACE,
     .index = "feed_events USING PRIMARY KEY",
     .postgres_index = "feed_events_pkey"},
    {.query = Q_CALL_EXPIRE_JUDGE, .index = "idx_calls_parent_call_sid"},
    {.query = Q_CALL_EXPIRE_JUDGE, .index = "idx_call_events_call"},
    {.query = Q_CALL_EXPIRE_LOG, .index = "idx_call_events_call"},
    {.query = Q_CONVERSATION_EXPIRE, .index = "idx_calls_conversation"},

    {.query = Q_CALL_LOAD,
     .index = "sqlite_autoindex_calls_1",
     .postgres_index = "calls_project_id_provider_twilio_sid_key"},
    {.query = Q_CALL_PEEK,
     .index = "sqlite_autoindex_calls_1",
     .postgres_index = "calls_project_id_provider_twilio_sid_key"},
    {.query = Q_CALL_ACTIVE, .index = "idx_calls_active_status"},
    {.query = Q_RECONCILE_SILENT, .index = "idx_calls_active_status"},
    {.query = Q_RECONCILE_LACKING, .index = "idx_calls_unfrozen"},
    {.query = Q_RECONCILE_STARTED, .index = "idx_calls_recent"},
    {.query = Q_CALL_LIST, .index = "idx_calls_recent", .bare = true},
    {.query = Q_CALL_LEGS, .index = "idx_calls_parent_call_sid"},
    {.query = Q_CALL_BY_SID,
     .index = "sqlite_autoindex_calls_1",
     .postgres_index = "calls_project_id_provider_twilio_sid_key"},
    {.query = Q_CALL_EVENT_LIST, .index = "idx_call_events_call"},
    {.query = Q_CALL_EVENT_OF_INBOX, .index = "idx_call_events_call"},
    {.query = Q_CONTACT_LOAD,
     .index = "sqlite_autoindex_contacts_1",
     .postgres_index = "contacts_project_id_phone_number_key"},
    {.query = Q_CONVERSATION_LOCK,
     .index = "sqlite_autoindex_conversations_1",
     .postgres_index = "conversations_project_id_external_id_key"},
    {.query = Q_CONVERSATION_REFRESH, .index = "idx_calls_conversation"},
    {.query = Q_CONVERSATION_SHOW,
     .index = "INTEGER PRIMARY KEY",
     .postgres_index = "conversations_pkey"},
    {.query = Q_CONVERSATION_LIST,
     .index = "COVERING INDEX idx_conversations_recent",
     .postgres_index = "Index Only Scan using idx_conversations_recent"},
    {.query = Q_CONVERSATION_COUNT_ALL,
     .index = "feed_heads USING PRIMARY KEY",
     .postgres_index = "feed_heads_pkey"},
    {.query = Q_CONVERSATION_TOTAL,
     .index = "COVERING INDEX sqlite_autoindex_conversations_1",
     .postgres_index = "Index Only Scan using"},
    {.query = Q_CONVERSATION_COUNT,
     .index = "COVERING INDEX idx_conversations_recent",
     .postgres_index = "Index Only Scan using idx_conversations_recent"},
    {.query = Q_CONVERSATION_LIST_NAMED,
     .index = "COVERING INDEX idx_conversations_recent",
     .postgres_index = "Index Only Scan using idx_conversations_recent",
     .only = "name"},
    {.query = Q_CONVERSATION_COUNT_NAMED,
     .index = "COVERING INDEX idx_conversations_recent",
     .postgres_index = "Index Only Scan using idx_conversations_recent",
     .only = "name"},
    {.query = Q_CONVERSATION_LIST_MISSED, .index = "idx_conversations_missed", .only = "none"},
    {.query = Q_CONVERSATION_COUNT_MISSED, .index = "idx_conversations_missed", .only = "none"},
    {.query = Q_CONVERSATION_LIST_BY_STATUS, .index = "idx_conversations_status", .only = "status"},
    {.query = Q_CONVERSATION_COUNT_BY_STATUS,
     .index = "idx_conversations_status",
     .only = "status"},
    {.query = Q_CONVERSATION_LIST_RECORDED, .index = "idx_conversations_recorded", .only = "none"},
    {.query = Q_CONVERSATION_COUNT_RECORDED, .index = "idx_conversations_recorded", .only = "none"},
    {.query = Q_CONVERSATION_LIST_BY_DIRECTION,
     .index = "idx_conversations_direction",
     .only = "direction"},
    {.query = Q_CONVERSATION_COUNT_BY_DIRECTION,
     .index = "idx_conversations_direction",
     .only = "direction"},
    {.query = Q_CONVERSATION_CALLS, .index = "idx_calls_conversation"},
    {.query = Q_CONVERSATION_LAST_CALL,
     .index = "INTEGER PRIMARY KEY",
     .postgres_index = "calls_pkey"},

    {.query = Q_FEED_AFTER,
     .index = "feed_events USING PRIMARY KEY",
     .postgres_index = "feed_events_pkey"},
    {.query = Q_FEED_HEAD,
     .index = "feed_events USING PRIMARY KEY",
     .postgres_index = "feed_events_pkey"},
    {.query = Q_FEED_HEADS,
     .index = "feed_heads USING PRIMARY KEY",
     .postgres_index = "feed_heads_pkey"},
    {.query = Q_FEED_RESERVE,
     .index = "feed_heads USING PRIMARY KEY",
     .postgres_index = "feed_heads_pkey"},

    {.query = Q_VERIFY_FEED,
     .index = "feed_events USING PRIMARY KEY",
     .postgres_index = "feed_events_pkey"},
    {.query = Q_VERIFY_LOG,
     .index = "sqlite_autoindex_call_events_1",
     .postgres_index = "call_events_project_id_seq_key"},
    {.query = Q_VERIFY_LOG, .index = "idx_call_events_call"},
    {.query = Q_VERIFY_INBOX, .index = "idx_webhook_inbox_recent"},
    {.query = Q_VERIFY_INBOX, .index = "idx_call_events_call"},
    {.query = Q_VERIFY_CONVERSATIONS, .index = "idx_calls_conversation"},
};

/* A hundred projects, a few of everything; most calls in the one that is asked about. */
static const char rows_for_postgres[] =
    "INSERT INTO orgs (id, name) VALUES (1, 'o');"
    "INSERT INTO projects (id, org_id, name) SELECT g, 1, 'p' FROM generate_series(1, 100) g;"
    "INSERT INTO users (id, email, name) SELECT g, g || '@x', 'n' FROM generate_series(1, 500) g;"
    "INSERT INTO user_roles (user_id, org_id, role) SELECT g, 1, 'viewer'"
    " FROM generate_series(1, 500) g;"
    "INSERT INTO user_sessions (id, user_id, agent, address, expires_at)"
    " SELECT 's' || g, 1 + g % 500, 'a', 'a', now() FROM generate_series(1, 2000) g;"
    "INSERT INTO refresh_tokens (token_hash, session_id)"
    " SELECT 'h' || g, 's' || 1 + g % 2000 FROM generate_series(1, 4000) g;"
    "INSERT INTO api_keys (id, project_id, name, key_hash)"
    " SELECT g, 1 + g % 100, 'n', 'h' || g FROM generate_series(1, 2000) g;"
    "INSERT INTO contacts (id, project_id, phone_number)"
    " SELECT g, 1 + g % 100, '+' || g FROM generate_series(1, 2000) g;"
    "INSERT INTO conversations (id, project_id, contact_id, external_id, last_message_at,"
    " last_call_id, last_direction, last_status, last_missed, last_recorded)"
    " SELECT g, CASE WHEN g % 4 > 0 THEN 1 ELSE 1 + g % 100 END, g, '+' || g, now() - g * interval "
    "'1 minute', g, 'd' || g % 50, 's' || g % 50, g % 50 = 1, g % 50 = 3"
    " FROM generate_series(1, 2000) g;"
    "INSERT INTO calls (project_id, provider, conversation_id, twilio_sid, parent_call_sid,"
    " direction, status, display_status, from_number, to_number, start_time)"
    " SELECT CASE WHEN g % 4 > 0 THEN 1 ELSE 1 + g % 100 END, 'x', 1 + g % 2000, 'CA' || g,"
    " CASE WHEN g % 3 = 0 THEN 'CA' || g - 1 END, 'inbound',"
    " CASE WHEN g % 1000 < 10 THEN 'ringing' ELSE 'completed' END, 'x', '+1', '+2',"
    " now() - g * interval '1 minute' FROM generate_series(1, 20000) g;"
    "INSERT INTO call_events (project_id, seq, provider, call_sid, event_type, event_time, source,"
    " applied, change, payload, inbox_id)"
    " SELECT 1 + g % 100, g, 'x', 'CA' || g / 60 * 10 + g % 10, 'call.ended',"
    " now() - g * interval '1 minute', 'webhook', true, '{}', '{}', g"
    " FROM generate_series(1, 40000) g;"
    "INSERT INTO audit_logs (org_id, seq, project_id, ts, actor_kind, actor_name, action,"
    " entity_type, entity_id, details, hash) SELECT 1, g, 1 + g % 20, now(), 'user',"
    " CASE WHEN g % 1000 = 0 THEN 'x' ELSE 'a' || g % 50 END,"
    " CASE WHEN g % 1000 = 1 THEN 'x' ELSE 'login' END, 'user', g % 500, '{}', 'h'"
    " FROM generate_series(1, 20000) g;"
    "INSERT INTO feed_events (project_id, seq, type, ts, entity_type, entity_id, payload)"
    " SELECT 1 + g % 100, g, 'call.ended', now(), 'call', 'CA' || g, '{}'"
    " FROM generate_series(1, 20000) g;"
    "INSERT INTO webhook_inbox (project_id, provider, source, event_type, call_sid, lane,"
    " dedupe_key, payload, processing_status, next_attempt_at)"
    " SELECT 1 + g % 100, 'x', 'twilio_voice', 'call-status', 'CA' || g, 'CA' || g, g, '{}',"
    " CASE WHEN g % 1000 < 10 THEN 'pending' WHEN g % 1000 < 20 THEN 'processing'"
    " WHEN g % 1000 < 30 THEN 'dead_letter' ELSE 'completed' END, now() - interval '1 hour'"
    " FROM generate_series(1, 40000) g;"
    // Of this schema alone: those of other tests are being made and dropped meanwhile.
    "DO $$ DECLARE t text; BEGIN FOR t IN SELECT quote_ident(relname) FROM pg_class"
    " WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'"
    " LOOP EXECUTE 'ANALYZE ' || t; END LOOP; END $$";

static void fill(struct store *s)
{
    struct db *db = store_connect(s, STORE_TOOL);
    struct err e = {.code = ERR_NONE};

    assert_ok(db_begin(db, &e), &e);
    assert_ok(s->engine->script(db, rows_for_postgres, &e), &e);
    assert_ok(db_commit(db, &e), &e);
    db_close(db);
}

static const int64_t an_int[] = {1}, a_page[] = {100}, a_lot[] = {1000000};
static const usec_t a_time[] = {1770531090000000};
static const struct str a_text[] = {{"x", 1}}, a_json[] = {{"{}", 2}}, a_decimal[] = {{"1", 1}};

static struct bind any_bind(const struct query_param *p, const struct intent *in)
{
    const struct str *text = p->type == PARAM_JSON      ? a_json
                             : p->type == PARAM_DECIMAL ? a_decimal
                                                        : a_text;

    if (!p->is_array && param_is_text(p->type) &&
        (in->bare || (in->only && strcmp(p->name, in->only) != 0)))
        return bind_str(p->name, STR_NONE);
    if (p->type == PARAM_BOOL && !p->is_array)
        return bind_bool(p->name, false);
    if (in->bare && !p->is_array && p->type == PARAM_TIME)
        return bind_time(p->name, TIME_NONE);
    if (param_is_text(p->type))
        return p->is_array ? bind_strs(p->name, text, 1) : bind_str(p->name, *text);
    const int64_t *number = p->type == PARAM_TIME           ? a_time
                            : strcmp(p->name, "limit") == 0 ? a_page
                            : strcmp(p->name, "up_to") == 0 || strcmp(p->name, "before") == 0
                                ? a_lot
                                : an_int;
    return p->is_array ? bind_ints(p->name, number, 1) : bind_int(p->name, *number);
}

static struct str plan_of(struct db *db, const struct intent *in, struct arena *a)
{
    const enum query q = in->query;
    const struct query_text *query = &catalog_queries[q];
    struct bind binds[QUERY_PARAMS_MAX];
    struct err e = {.code = ERR_NONE};
    struct str plan = STR("");

    for (size_t i = 0; i < query->n_params; i++)
        binds[i] = any_bind(&query->params[i], in);
    if (!db_explain(db, q, (struct binds){binds, query->n_params}, a, &plan, &e))
        fail_msg("%s: %s", query->name, e.text);
    return plan;
}

static void both_engines_understand_every_query(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct db *db = store_connect(store, STORE_WORK);
        for (int q = 0; q < QUERY_COUNT; q++)
            if (q != Q_SCHEMA_TABLE_CREATE) // has no plan
                plan_of(db, &(struct intent){.query = (enum query)q}, a);
        db_close(db);
    }
}

static void queries_use_their_indexes(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct db *db = store_connect(store, STORE_WORK);
        const bool postgres = store_engine(store) == STORE_POSTGRES;
        if (postgres)
            fill(store);
        FOR_EACH_ROW (row, intents) {
            const struct str plan = plan_of(db, row, a);
            const char *index = postgres && row->postgres_index ? row->postgres_index : row->index;
            if (!str_contains(plan, str_from(index)))
                fail_msg("%s does not use %s:\n" STR_FMT, catalog_queries[row->query].name, index,
                         STR_ARG(plan));
        }
        db_close(db);
    }
}

TEST_MAIN(cmocka_unit_test(both_engines_understand_every_query),
          cmocka_unit_test(queries_use_their_indexes))
