#include "test/inbox.h"

#include "base/buf.h"
#include "base/json.h"
#include "inbox/read.h"
#include "tenancy/project.h"

bool test_inbox_init(struct test_inbox *t, enum store_engine engine, const struct clock *clock)
{
    struct rng rng = rng_seeded(1);
    struct err e = {0};
    int n;

    *t = (struct test_inbox){.a = arena_create(0), .engine = engine};
    t->store = test_store_empty(engine, clock, t->a, &t->url);
    if (!t->store) {
        arena_destroy(t->a);
        return false;
    }
    assert_ok(store_migrate_up(t->store, &n, &e), &e);
    t->db = store_connect(t->store, STORE_WORK);
    assert_ok(project_bootstrap(t->db,
                                &(struct project_bootstrap){.rng = &rng,
                                                            .now = clock_wall(clock),
                                                            .provider = STR("twilio")},
                                &t->project, &e),
              &e);
    return true;
}

void test_inbox_finish(struct test_inbox *t)
{
    db_close(t->db);
    arena_destroy(t->a);
}

void test_inbox_append(struct test_inbox *t, const struct test_webhook *webhooks, size_t n)
{
    struct arena *a = t->a;
    int64_t *projects = arena_new(a, int64_t, n);
    usec_t *at = arena_new(a, usec_t, n);
    struct str *providers = arena_new(a, struct str, n), *sources = arena_new(a, struct str, n);
    struct str *types = arena_new(a, struct str, n), *sids = arena_new(a, struct str, n);
    struct str *lanes = arena_new(a, struct str, n), *keys = arena_new(a, struct str, n);
    struct str *payloads = arena_new(a, struct str, n), *none = arena_new(a, struct str, n);
    struct rows *rows;
    struct err e = {0};

    for (size_t i = 0; i < n; i++) {
        projects[i] = t->project;
        at[i] = SECONDS(1800000000) + t->n_appended;
        providers[i] = STR("twilio");
        sources[i] = STR("voice-status");
        types[i] = webhooks[i].event_type;
        sids[i] = webhooks[i].call_sid;
        lanes[i] = str_is_none(webhooks[i].lane) ? webhooks[i].call_sid : webhooks[i].lane;
        payloads[i] = webhooks[i].payload;
        keys[i] = str_fmt(a, "test:%lld", (long long)t->n_appended++);
    }
    assert_ok(db_query(t->db, Q_INBOX_APPEND,
                       BINDS(bind_ints("project", projects, n), bind_strs("provider", providers, n),
                             bind_strs("source", sources, n), bind_strs("event_type", types, n),
                             bind_strs("call_sid", sids, n), bind_strs("recording_sid", none, n),
                             bind_strs("lane", lanes, n), bind_strs("dedupe_key", keys, n),
                             bind_strs("payload", payloads, n), bind_strs("raw_body", none, n),
                             bind_strs("trace_id", none, n), bind_times("received_at", at, n)),
                       a, &rows, &e),
              &e);
    while (rows_next(rows))
        ;
    assert_ok(rows_end(rows, &e), &e);
}

int64_t test_inbox_count(struct test_inbox *t, const char *status)
{
    static const struct column columns[] = {{"total", COLUMN_INT, 0}};
    struct err e = {0};
    int64_t total;
    bool found;

    assert_ok(
        db_query_one(t->db, Q_INBOX_COUNT,
                     BINDS(bind_int("project", t->project), bind_str("source", STR_NONE),
                           bind_str("event_type", STR_NONE),
                           bind_str("processing_status", str_from(status)),
                           bind_str("call_sid", STR_NONE), bind_str("error", STR_NONE),
                           bind_time("from_time", TIME_NONE), bind_time("to_time", TIME_NONE)),
                     columns, LEN(columns), t->a, &total, &found, &e),
        &e);
    return total;
}

struct str test_inbox_row(struct test_inbox *t, int64_t id)
{
    struct json_writer w;
    struct err e = {0};
    struct buf out;
    bool found;

    buf_init(&out, 1024 * 1024);
    json_init(&w, &out);
    json_open_object(&w);
    assert_ok(inbox_event_json(t->db, t->project, id, t->a, &w, &found, &e), &e);
    json_close_object(&w);
    assert_true(found);
    const struct str row = str_dup(buf_view(&out), t->a);
    buf_finish(&out);
    return row;
}

void test_inbox_sql(struct test_inbox *t, const char *sql)
{
    if (!test_sql(t->url, str_z(str_fmt(t->a, "BEGIN; %s; COMMIT", sql), t->a)))
        fail_msg("%s", sql);
}
