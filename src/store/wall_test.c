/* Two walls: a statement is not run without its project, and PostgreSQL shows it nothing else. */
#include "store/store_kit.h"

enum wall_query {
    W_COUNT = QUERY_COUNT, /* contacts that a query without a filter sees */
    W_COUNT_MANY,
    W_COUNT_ALL,
    W_COUNT_ORG, /* projects */
    W_ORG,       /* organisations that a project sees */
    W_VIEW,
    W_AUDIT,     /* entries of the audit log that a project sees */
    W_AUDIT_ORG, /* that an organisation sees */
    W_ADD,       /* a contact of project 1 */
    W_MOVE,      /* every contact to project 1 */
    W_CLEAR,     /* every contact away */
    W_TOLD,      /* what the session was told */
    W_BROKEN,    /* fails in the server */
    W_PID,       /* of the server's process */
    W_INVOKED,   /* views that show more than who asks may see */
    W_END
};

static const struct query_param project[] = {{"project", PARAM_INT, false}};
static const struct query_param projects[] = {{"project", PARAM_INT, true}};
static const struct query_param org[] = {{"org", PARAM_INT, false}};

#define OF_PROJECT .scope = SCOPE_PROJECT, .params = project, .n_params = 1
#define ON_BOTH(text_) .sql = {text_ " WHERE ?1 IS NOT NULL", text_ " WHERE $1 IS NOT NULL"}

static const struct query_text wall_queries[] = {
    [W_COUNT - QUERY_COUNT] = {.name = "wall_count",
                               OF_PROJECT,
                               ON_BOTH("SELECT count(*) AS n FROM contacts")},
    [W_COUNT_MANY - QUERY_COUNT] = {.name = "wall_count_many",
                                    .scope = SCOPE_PROJECT,
                                    .params = projects,
                                    .n_params = 1,
                                    .is_batch = true,
                                    ON_BOTH("SELECT count(*) AS n FROM contacts")},
    [W_COUNT_ALL -
        QUERY_COUNT] = {.name = "wall_count_all", BOTH("SELECT count(*) AS n FROM contacts")},
    [W_COUNT_ORG - QUERY_COUNT] = {.name = "wall_count_org",
                                   .scope = SCOPE_ORG,
                                   .params = org,
                                   .n_params = 1,
                                   ON_BOTH("SELECT count(*) AS n FROM projects")},
    [W_ORG -
        QUERY_COUNT] = {.name = "wall_org", OF_PROJECT, ON_BOTH("SELECT sum(id) AS n FROM orgs")},
    [W_VIEW - QUERY_COUNT] = {.name = "wall_view",
                              OF_PROJECT,
                              ON_BOTH("SELECT count(*) AS n FROM call_messages")},
    [W_AUDIT - QUERY_COUNT] = {.name = "wall_audit",
                               OF_PROJECT,
                               ON_BOTH("SELECT count(*) AS n FROM audit_logs")},
    [W_AUDIT_ORG - QUERY_COUNT] = {.name = "wall_audit_org",
                                   .scope = SCOPE_ORG,
                                   .params = org,
                                   .n_params = 1,
                                   ON_BOTH("SELECT count(*) AS n FROM audit_logs")},
    [W_ADD - QUERY_COUNT] = {.name = "wall_add",
                             OF_PROJECT,
                             ON_BOTH("INSERT INTO contacts (project_id, phone_number)"
                                     " SELECT 1, '+19'")},
    [W_MOVE - QUERY_COUNT] = {.name = "wall_move",
                              OF_PROJECT,
                              ON_BOTH("UPDATE contacts SET project_id = 1")},
    [W_CLEAR - QUERY_COUNT] = {.name = "wall_clear", OF_PROJECT, ON_BOTH("DELETE FROM contacts")},
    [W_TOLD - QUERY_COUNT] = {.name = "wall_told",
                              OF_PROJECT,
                              .sql = {"SELECT 0 AS n WHERE ?1 IS NOT NULL",
                                      "SELECT (current_setting('hookswitch.scope') ="
                                      " '{[' || $1 || ',' || $1 || ']}')::int::bigint AS n"}},
    [W_BROKEN -
        QUERY_COUNT] = {.name = "wall_broken", OF_PROJECT, ON_BOTH("SELECT 1 / (SELECT 0) AS n")},
    [W_PID - QUERY_COUNT] = {.name = "wall_pid",
                             OF_PROJECT,
                             .sql = {"SELECT 0 AS n WHERE ?1 IS NOT NULL",
                                     "SELECT pg_backend_pid() AS n WHERE $1 IS NOT NULL"}},
    [W_INVOKED - QUERY_COUNT] = {.name = "wall_invoked",
                                 .sql = {"SELECT 0 AS n",
                                         "SELECT count(*) AS n FROM pg_class WHERE relkind = 'v'"
                                         " AND relnamespace = current_schema()::regnamespace AND"
                                         " NOT 'security_invoker=true' = ANY (coalesce(reloptions,"
                                         " '{}'))"}},
};
static_assert(LEN(wall_queries) == W_END - QUERY_COUNT, "every query has its text");
static_assert(LEN(wall_queries) <= QUERIES_EXTRA, "the store has room for them");

/* Two companies of one project each: the first has two contacts and a call, the other a contact. */
static const char two_companies[] =
    "INSERT INTO orgs (id, name) VALUES (1, 'one'), (2, 'two');"
    "INSERT INTO projects (id, org_id, name) VALUES (1, 1, 'one'), (2, 2, 'two');"
    "INSERT INTO contacts (project_id, phone_number) VALUES (1, '+11'), (1, '+12'), (2, '+21');"
    "INSERT INTO calls (project_id, provider, twilio_sid, direction, status, display_status,"
    " from_number, to_number) VALUES (1, 'p', 'CA1', 'inbound', 'completed', 'completed', '', '')";

static void run_script(struct store *s, const char *sql)
{
    struct db *db = store_connect(s, STORE_TOOL);
    struct err e = {.code = ERR_NONE};

    assert_ok(db_begin(db, &e), &e);
    assert_ok(s->engine->script(db, sql, &e), &e);
    assert_ok(db_commit(db, &e), &e);
    db_close(db);
}

static void prepare(struct store *s)
{
    run_script(s, two_companies);
    s->extra = wall_queries;
    s->n_extra = LEN(wall_queries);
}

static struct store *walled_or_skip(struct arena *a, struct str *ret_url)
{
    struct err e = {.code = ERR_NONE};
    struct store *s = test_store_empty(STORE_POSTGRES, &clock_system, a, ret_url);
    int n;

    if (!s) {
        arena_destroy(a);
        skip();
    }
    assert_ok(store_migrate_up(s, &n, &e), &e);
    prepare(s);
    return s;
}

static int64_t number_of(struct db *db, int query, struct bind bind, struct arena *a)
{
    struct err e = {.code = ERR_NONE};
    struct rows *rows;

    assert_ok(db_query(db, (enum query)query, BINDS(bind), a, &rows, &e), &e);
    assert_true(rows_next(rows));
    return rows_int(rows, "n");
}

static int64_t seen(struct db *db, int64_t id, struct arena *a)
{
    return number_of(db, W_COUNT, bind_int("project", id), a);
}

// --- the first wall ------------------------------------------------------------------------------

static void a_statement_of_a_project_is_not_run_without_it(void **state)
{
    const int64_t with_none[] = {1, INT_NONE};
    const struct {
        enum query query;
        struct bind bind;
        const char *why;
    } refused[] = {
        {(enum query)W_COUNT, bind_int("project", INT_NONE), "of a project without its project"},
        {(enum query)W_COUNT_MANY, bind_ints("project", with_none, 2), "without its project"},
        {(enum query)W_COUNT_MANY, bind_ints("project", with_none, 0), "without its project"},
        {(enum query)W_COUNT_ORG, bind_int("org", INT_NONE), "of a org without its org"},
        {Q_FEED_HEAD, bind_int("project", INT_NONE), "feed_head"},
        {Q_FEED_HEADS, bind_ints("project", with_none, 0), "feed_heads"},
    };

    (void)state;
    TEST_STORES(store, a)
    {
        struct db *db = store_connect(store, STORE_WORK);
        struct rows *rows;
        prepare(store);
        FOR_EACH_ROW (row, refused) {
            struct err e = {.code = ERR_NONE};
            const struct binds binds = {&row->bind, 1};
            assert_refused(db_query(db, row->query, binds, a, &rows, &e), &e, ERR_INTERNAL);
            assert_true(str_contains(str_from(e.text), str_from(row->why)));
            err_clear(&e);
            assert_refused(db_exec(db, row->query, binds, NULL, &e), &e, ERR_INTERNAL);
            err_clear(&e);
            assert_refused(db_send(db, row->query, binds, &e), &e, ERR_INTERNAL);
            assert_int_equal(db_pending(db), 0);
        }
        assert_true(seen(db, 1, a) > 0);
        db_close(db);
    }
}

// --- the second ----------------------------------------------------------------------------------

static void a_query_without_a_filter_sees_its_own_project(void **state)
{
    struct arena *a = arena_create(0);
    struct store *s = walled_or_skip(a, NULL);
    struct db *db = store_connect(s, STORE_READ);
    const int64_t both[] = {2, 1, 2};

    (void)state;
    assert_int_equal(seen(db, 1, a), 2);
    assert_int_equal(seen(db, 2, a), 1);
    assert_int_equal(seen(db, 3, a), 0);
    assert_int_equal(number_of(db, W_COUNT_MANY, bind_ints("project", both, 3), a), 3);
    assert_int_equal(number_of(db, W_COUNT_MANY, bind_ints("project", both, 1), a), 1);
    assert_int_equal(number_of(db, W_VIEW, bind_int("project", 1), a), 1);
    assert_int_equal(number_of(db, W_VIEW, bind_int("project", 2), a), 0);
    assert_int_equal(number_of(db, W_COUNT_ORG, bind_int("org", 2), a), 1);
    assert_int_equal(number_of(db, W_COUNT_ORG, bind_int("org", 3), a), 0);
    assert_int_equal(number_of(db, W_ORG, bind_int("project", 2), a), 2);
    assert_int_equal(kit_number(db, W_COUNT_ALL, "n", a), 3);
    assert_int_equal(kit_number(db, W_INVOKED, "n", a), 0);
    db_close(db);
    arena_destroy(a);
}

static void a_project_sees_of_its_organisations_log_what_is_its_own(void **state)
{
    struct arena *a = arena_create(0);
    struct store *s = walled_or_skip(a, NULL);
    struct db *db = store_connect(s, STORE_READ);

    (void)state;
    run_script(s, "INSERT INTO audit_logs (org_id, seq, project_id, ts, actor_kind, actor_name,"
                  " action, entity_type, entity_id, details, hash)"
                  " SELECT 1, g, nullif(g, 3), now(), 'user', 'n', 'login', 'user', '1', '{}', 'h'"
                  " FROM generate_series(1, 4) g");
    assert_int_equal(number_of(db, W_AUDIT, bind_int("project", 1), a), 1);
    assert_int_equal(number_of(db, W_AUDIT, bind_int("project", 4), a), 1);
    assert_int_equal(number_of(db, W_AUDIT, bind_int("project", 3), a), 0);
    assert_int_equal(number_of(db, W_AUDIT_ORG, bind_int("org", 1), a), 4);
    assert_int_equal(number_of(db, W_AUDIT_ORG, bind_int("org", 2), a), 0);
    db_close(db);
    arena_destroy(a);
}

static void a_query_without_a_filter_writes_into_its_own_project(void **state)
{
    struct arena *a = arena_create(0);
    struct store *s = walled_or_skip(a, NULL);
    struct db *db = store_connect(s, STORE_WORK);
    static const int writes[] = {W_ADD, W_MOVE};
    const struct binds as_second = BINDS(bind_int("project", 2));
    int64_t n;

    (void)state;
    FOR_EACH_ROW (row, writes) {
        struct err e = {.code = ERR_NONE};
        assert_refused(db_exec(db, (enum query) * row, as_second, NULL, &e), &e, ERR_INTERNAL);
        assert_true(str_contains(str_from(e.text), STR("row-level security")));
    }
    struct err e = {.code = ERR_NONE};
    assert_ok(db_exec(db, (enum query)W_CLEAR, as_second, &n, &e), &e);
    assert_int_equal(n, 1);
    assert_int_equal(seen(db, 1, a), 2);
    db_close(db);
    arena_destroy(a);
}

/* Otherwise the two tests above would show nothing. */
static void a_superuser_stands_above_the_wall_and_is_told(void **state)
{
    struct arena *a = arena_create(0);
    struct err e = {.code = ERR_NONE};
    struct str url;
    struct store *s = walled_or_skip(a, &url), *above;
    const struct store_options o = {.url = str_fmt(a, STR_FMT "&user=postgres", STR_ARG(url)),
                                    .clock = &clock_system};

    (void)state;
    assert_ok(store_wall_check(s, &e), &e);
    assert_ok(store_open(&o, &above, &e), &e);
    above->extra = wall_queries;
    above->n_extra = LEN(wall_queries);
    struct db *db = store_connect(above, STORE_READ);
    assert_int_equal(seen(db, 2, a), 3);
    assert_refused(store_wall_check(above, &e), &e, ERR_UNAVAILABLE);
    assert_true(str_contains(str_from(e.text), STR("superuser")));
    db_close(db);
    store_close(above);
    arena_destroy(a);
}

static void what_is_open_in_the_wall_is_found(void **state)
{
    static const struct {
        const char *sql, *told;
    } openings[] = {
        {"ALTER TABLE calls NO FORCE ROW LEVEL SECURITY", "off on the table calls"},
        {"ALTER TABLE calls DISABLE ROW LEVEL SECURITY", "off on the table calls"},
        {"ALTER TABLE orgs DISABLE ROW LEVEL SECURITY", "off on the table orgs"},
        {"CREATE POLICY everybody ON calls USING (true)", "policy everybody on the table calls"},
        {"CREATE POLICY anew ON calls FOR INSERT WITH CHECK (true)", "policy anew on the table"},
        {"CREATE POLICY also_by_project ON calls FOR SELECT USING (true)", "also_by_project on"},
        {"ALTER POLICY also_by_project ON audit_logs USING (true)", "also_by_project on the table"},
        {"CREATE POLICY by_org ON calls USING (true)", "policy by_org on the table calls"},
        {"CREATE POLICY \"Any one\" ON orgs USING (true)", "policy \"Any one\" on the table orgs"},
    };

    (void)state;
    FOR_EACH_ROW (opening, openings) {
        struct arena *a = arena_create(0);
        struct err e = {.code = ERR_NONE};
        struct store *s = walled_or_skip(a, NULL);
        run_script(s, opening->sql);
        assert_refused(store_wall_check(s, &e), &e, ERR_UNAVAILABLE);
        assert_row(str_contains(str_from(e.text), str_from(opening->told)), e.text);
        run_script(s, e.fix[0]);
        err_clear(&e);
        assert_ok(store_wall_check(s, &e), &e);
        arena_destroy(a);
    }
}

/* It narrows what the others show. */
static void a_policy_that_only_takes_away_is_no_gap(void **state)
{
    struct arena *a = arena_create(0);
    struct err e = {.code = ERR_NONE};
    struct store *s = walled_or_skip(a, NULL);

    (void)state;
    run_script(s, "CREATE POLICY fewer ON calls AS RESTRICTIVE USING (id > 0)");
    assert_ok(store_wall_check(s, &e), &e);
    arena_destroy(a);
}

// --- what a session remembers --------------------------------------------------------------------

static void what_a_rollback_takes_back_is_told_again(void **state)
{
    struct arena *a = arena_create(0);
    struct store *s = walled_or_skip(a, NULL);
    struct db *db = store_connect(s, STORE_WORK);
    struct err e = {.code = ERR_NONE};

    (void)state;
    assert_int_equal(seen(db, 1, a), 2);
    for (int commits = 0; commits < 2; commits++) {
        assert_ok(db_begin(db, &e), &e);
        assert_int_equal(seen(db, 2, a), 1);
        assert_int_equal(kit_number(db, W_COUNT_ALL, "n", a), 3);
        assert_int_equal(seen(db, 2, a), 1);
        if (commits)
            assert_ok(db_commit(db, &e), &e);
        else
            db_rollback(db);
        assert_int_equal(seen(db, 2, a), 1);
        assert_int_equal(seen(db, 1, a), 2);
    }
    assert_refused(db_exec(db, (enum query)W_BROKEN, BINDS(bind_int("project", 2)), NULL, &e), &e,
                   ERR_INVALID);
    assert_int_equal(seen(db, 2, a), 1);
    assert_int_equal(number_of(db, W_TOLD, bind_int("project", 1), a), 1);
    db_close(db);
    arena_destroy(a);
}

static void a_new_connection_is_told_anew(void **state)
{
    struct arena *a = arena_create(0);
    struct store *s = walled_or_skip(a, NULL);
    struct db *db = store_connect(s, STORE_WORK);

    (void)state;
    assert_int_equal(seen(db, 2, a), 1);
    const int64_t pid = number_of(db, W_PID, bind_int("project", 2), a);
    test_postgres_admin(str_fmt(a, "SELECT pg_terminate_backend(%lld, 10000)", (long long)pid).p);
    assert_int_equal(seen(db, 2, a), 1);
    assert_true(number_of(db, W_PID, bind_int("project", 2), a) != pid);
    db_close(db);
    arena_destroy(a);
}

/* Projects in turn, one of them with a statement that fails: each is answered for itself. */
static void statements_under_way_are_each_for_their_own(void **state)
{
    static const struct {
        int query;
        int64_t project, n; /* n: INT_NONE when it fails */
    } sent[DB_PIPELINE] = {
        {W_COUNT, 1, 2}, {W_BROKEN, 2, INT_NONE}, {W_COUNT, 1, 2}, {W_TOLD, 1, 1}};
    struct arena *a = arena_create(0);
    struct store *s = walled_or_skip(a, NULL);
    struct db *db = store_connect(s, STORE_WORK);
    struct err e = {.code = ERR_NONE};

    (void)state;
    for (int round = 0; round < 3; round++) {
        FOR_EACH_ROW (row, sent)
            assert_ok(
                db_send(db, (enum query)row->query, BINDS(bind_int("project", row->project)), &e),
                &e);
        FOR_EACH_ROW (row, sent) {
            struct rows *rows;
            if (row->n == INT_NONE) {
                assert_refused(db_receive(db, a, &rows, &e), &e, ERR_INVALID);
                err_clear(&e);
                continue;
            }
            assert_ok(db_receive(db, a, &rows, &e), &e);
            assert_true(rows_next(rows));
            assert_int_equal(rows_int(rows, "n"), row->n);
        }
    }
    db_close(db);
    arena_destroy(a);
}

TEST_MAIN(cmocka_unit_test(a_statement_of_a_project_is_not_run_without_it),
          cmocka_unit_test(a_query_without_a_filter_sees_its_own_project),
          cmocka_unit_test(a_project_sees_of_its_organisations_log_what_is_its_own),
          cmocka_unit_test(a_query_without_a_filter_writes_into_its_own_project),
          cmocka_unit_test(a_superuser_stands_above_the_wall_and_is_told),
          cmocka_unit_test(what_is_open_in_the_wall_is_found),
          cmocka_unit_test(a_policy_that_only_takes_away_is_no_gap),
          cmocka_unit_test(what_a_rollback_takes_back_is_told_again),
          cmocka_unit_test(a_new_connection_is_told_anew),
          cmocka_unit_test(statements_under_way_are_each_for_their_own))
