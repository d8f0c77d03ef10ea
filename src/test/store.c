#include "test/store.h"

#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void test_postgres_admin(const char *sql)
{
    PGconn *conn = PQconnectdb(test_postgres_url());

    if (PQstatus(conn) != CONNECTION_OK)
        fail_msg("TEST_POSTGRES_URL: %s", PQerrorMessage(conn));
    PQclear(PQexec(conn, "SET client_min_messages = error"));
    PGresult *result = PQexec(conn, sql);
    const ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        fail_msg("%s: %s", sql, PQresultErrorMessage(result));
    PQclear(result);
    PQfinish(conn);
}

static bool sqlite_sql(const char *path, const char *sql)
{
    char *why = NULL;
    sqlite3 *db;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 10000);
    const bool ok = sqlite3_exec(db, sql, NULL, NULL, &why) == SQLITE_OK;
    if (!ok)
        print_message("%s: %s\n", sql, why);
    sqlite3_free(why);
    sqlite3_close(db);
    return ok;
}

static bool postgres_sql(const char *url, const char *sql)
{
    PGconn *conn = PQconnectdb(url);

    if (PQstatus(conn) != CONNECTION_OK)
        fail_msg("%s", PQerrorMessage(conn));
    PQclear(PQexec(conn, "SET hookswitch.scope = '{(,)}'"));
    PGresult *result = PQexec(conn, sql);
    const bool ok = PQresultStatus(result) == PGRES_COMMAND_OK;
    if (!ok)
        print_message("%s: %s\n", sql, PQresultErrorMessage(result));
    PQclear(result);
    PQfinish(conn);
    return ok;
}

bool test_sql(struct str url, const char *sql)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);

    if (cut_lit(&url, STR("sqlite:")))
        return sqlite_sql(str_z(url, a), sql);
    return postgres_sql(str_z(url, a), sql);
}

static void drop_schema(void *name)
{
    char sql[96];

    snprintf(sql, sizeof sql, "DROP SCHEMA %s CASCADE", (const char *)name);
    test_postgres_admin(sql);
}

static void close_store(void *store)
{
    store_close(store);
}

/* A schema of its own is as good as a database, and twenty times as fast to make. */
static struct str postgres_url(struct arena *a)
{
    struct rng rng = rng_system();
    char schema[32], sql[64];
    const struct str url = str_from(test_postgres_url());

    snprintf(schema, sizeof schema, "test_%016llx", (unsigned long long)rng_u64(&rng));
    snprintf(sql, sizeof sql, "CREATE SCHEMA %s", schema);
    test_postgres_admin(sql);
    arena_defer(a, drop_schema, (void *)(uintptr_t)str_z(str_from(schema), a));
    return str_fmt(a, STR_FMT "%coptions=-csearch_path%%3D%s", STR_ARG(url),
                   str_find(url, '?') < url.n ? '&' : '?', schema);
}

static struct str sqlite_url(struct arena *a)
{
    return str_fmt(a, "sqlite:%s", test_path(test_tmpdir(a), "store.db", a));
}

struct store *test_store_empty(enum store_engine engine, const struct clock *clock, struct arena *a,
                               struct str *ret_url)
{
    struct err e = {.code = ERR_NONE};
    struct store *s = NULL;

    if (engine == STORE_POSTGRES && !test_postgres_url()) {
        fprintf(stderr, "NOT TESTED ON POSTGRESQL: TEST_POSTGRES_URL is not set\n");
        return NULL;
    }
    const struct str url = engine == STORE_SQLITE ? sqlite_url(a) : postgres_url(a);
    assert_ok(
        store_open(&(struct store_options){.url = url, .clock = clock, .exclusive = true}, &s, &e),
        &e);
    arena_defer(a, close_store, s);
    if (ret_url)
        *ret_url = url;
    return s;
}

struct store *test_store(enum store_engine engine, const struct clock *clock, struct arena *a)
{
    struct err e = {.code = ERR_NONE};
    struct store *s = test_store_empty(engine, clock, a, NULL);
    int n;

    if (s)
        assert_ok(store_migrate_up(s, &n, &e), &e);
    return s;
}

static struct store *empty_store(enum store_engine engine, const struct clock *clock,
                                 struct arena *a)
{
    return test_store_empty(engine, clock, a, NULL);
}

bool test_stores_next(struct test_stores *t)
{
    arena_destroy(t->arena);
    t->arena = NULL;
    while (++t->engine <= STORE_POSTGRES) {
        t->arena = arena_create(0);
        t->store = (t->empty ? empty_store : test_store)((enum store_engine)t->engine,
                                                         &clock_system, t->arena);
        if (t->store)
            return true;
        arena_destroy(t->arena);
        t->arena = NULL;
    }
    return false;
}
