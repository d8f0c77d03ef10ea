/*
 * Queries are understood by both engines, and use the index that was made for them.
 *
 * Parameters are filled in by their types. PostgreSQL is asked not to read whole tables, which on
 * the empty tables of a test it would always prefer; which index it takes is still its own choice.
 */
#include "store/store_kit.h"

struct intent {
    enum query query;
    const char *index;          /* expected in the plan of both engines */
    const char *postgres_index; /* where its name differs (keys of tables) */
};

/* On empty tables PostgreSQL finds all indexes equally cheap, and takes any of them. */
#define TIE "Index Scan"

/* A query that must stay fast however many rows there are has a line here. */
static const struct intent intents[] = {
    {Q_SCHEMA_FORGET, "INTEGER PRIMARY KEY", "schema_migrations_pkey"},
    {Q_CALL_LOAD, "sqlite_autoindex_calls_1", TIE},
    {Q_CALL_LIST, "idx_calls_recent", NULL},
    {Q_CALL_ACTIVE, "idx_calls_active_status", NULL},
    {Q_CALL_LEGS, "idx_calls_parent_call_sid", TIE},
    {Q_CALL_EVENT_LIST, "idx_call_events_call", TIE},
    {Q_CALL_EVENT_OF_INBOX, "idx_call_events_call", TIE},
    {Q_CONTACT_LOAD, "sqlite_autoindex_contacts_1", "contacts_project_id_phone_number_key"},
    {Q_CONVERSATION_LOCK, "sqlite_autoindex_conversations_1",
     "conversations_project_id_external_id_key"},
    {Q_CONVERSATION_LIST, "idx_conversations_recent", TIE},
    {Q_CONVERSATION_CALLS, "idx_calls_conversation", NULL},
    {Q_CONVERSATION_LAST_CALL, "idx_calls_conversation", TIE},
    {Q_CONVERSATION_REFRESH, "idx_calls_conversation", NULL},
};

static const int64_t an_int[] = {1};
static const usec_t a_time[] = {1770531090000000};
static const struct str a_text[] = {{"x", 1}}, a_json[] = {{"{}", 2}}, a_decimal[] = {{"1", 1}};

static struct bind any_bind(const struct query_param *p)
{
    const struct str *text = p->type == PARAM_JSON      ? a_json
                             : p->type == PARAM_DECIMAL ? a_decimal
                                                        : a_text;

    if (param_is_text(p->type))
        return p->is_array ? bind_strs(p->name, text, 1) : bind_str(p->name, *text);
    const int64_t *number = p->type == PARAM_TIME ? a_time : an_int;
    return p->is_array ? bind_ints(p->name, number, 1) : bind_int(p->name, *number);
}

static struct str plan_of(struct db *db, enum query q, struct arena *a)
{
    const struct query_text *query = &catalog_queries[q];
    struct bind binds[QUERY_PARAMS_MAX];
    struct err e = {.code = ERR_NONE};
    struct str plan = STR("");

    for (size_t i = 0; i < query->n_params; i++)
        binds[i] = any_bind(&query->params[i]);
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
                plan_of(db, (enum query)q, a);
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
        FOR_EACH_ROW (row, intents) {
            const struct str plan = plan_of(db, row->query, a);
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
