#include "test/calls.h"

#include "base/json.h"
#include "feed/feed.h"

const usec_t test_calls_now = SECONDS(1800000100);

static const struct str owned[] = {STR("+16175006181")};
static const struct call_rules rules = {.owned = owned, .n_owned = 1, .region = STR("US")};

static int64_t made(struct db *db, enum query q, struct binds binds, struct arena *a)
{
    static const struct column columns[] = {{"id", COLUMN_INT, 0}};
    struct err e = {0};
    int64_t id;
    bool found;

    assert_ok(db_query_one(db, q, binds, columns, LEN(columns), a, &id, &found, &e), &e);
    assert_true(found);
    return id;
}

struct db *test_calls_connect(struct store *store, struct arena *a)
{
    struct db *db = store_connect(store, STORE_WORK);
    struct err e = {0};

    arena_defer(a, (void (*)(void *))db_close, db);
    const int64_t org = made(db, Q_ORG_ADD, BINDS(bind_str("name", STR("org"))), a);
    const int64_t project =
        made(db, Q_PROJECT_ADD, BINDS(bind_int("org", org), bind_str("name", STR("project"))), a);
    assert_int_equal(project, 1);
    assert_ok(db_exec(db, Q_FEED_HEAD_ADD,
                      BINDS(bind_int("project", 1), bind_str("epoch", STR("E"))), NULL, &e),
              &e);
    return db;
}

bool test_calls_save(struct db *db, const struct call_change *changes, size_t n, struct arena *a,
                     struct err *e)
{
    const struct call_origin origin = {.inbox_id = 1, .payload = STR("{\"CallSid\":\"x\"}")};
    struct call_batch *b = call_batch_create(call_rules_same(&rules), test_calls_now, a);
    struct call_entry *entries;
    struct feed_item *items;
    size_t n_entries;

    for (size_t i = 0; i < n; i++)
        if (!call_batch_add(b, 1, STR("twilio"), &changes[i], &origin, e))
            return err_trace(e);
    if (!db_begin(db, e))
        return err_trace(e);
    if (!call_batch_fold(b, db, e) || !call_batch_save_snapshots(b, db, e))
        return err_trace(e);
    entries = call_batch_entries(b, &n_entries);
    items = arena_new(a, struct feed_item, n_entries);
    for (size_t i = 0; i < n_entries; i++) {
        struct buf payload;

        buf_init(&payload, 64 * 1024);
        call_feed_payload(&payload, &entries[i]);
        if (!json_check(buf_view(&payload), e))
            return err_trace(e);
        items[i] = (struct feed_item){.project = 1,
                                      .type = entries[i].event_type,
                                      .ts = entries[i].event_time,
                                      .entity_type = STR("call"),
                                      .entity_id = entries[i].call_sid,
                                      .listed = entries[i].listed,
                                      .payload = str_dup(buf_view(&payload), a)};
        buf_finish(&payload);
    }
    if (!feed_append(db, items, n_entries, test_calls_now, a, e))
        return err_trace(e);
    for (size_t i = 0; i < n_entries; i++)
        entries[i].seq = items[i].seq;
    if (!call_batch_save_log(b, db, e))
        return err_trace(e);
    return db_commit(db, e) || err_trace(e);
}

void test_calls_end(struct db *db, size_t n, struct arena *a)
{
    struct call_change *changes = arena_new(a, struct call_change, n);
    struct err e = {0};

    for (size_t i = 0; i < n; i++) {
        changes[i] = call_change_none;
        changes[i].call_sid = str_fmt(a, "CA%zu", i);
        changes[i].status = STR("completed");
        changes[i].event_time = changes[i].start_time = changes[i].observed_at = test_calls_now;
        changes[i].from = str_fmt(a, "+1508514%04zu", i);
        changes[i].to = owned[0];
        changes[i].provider_direction = STR("inbound");
    }
    assert_ok(test_calls_save(db, changes, n, a, &e), &e);
}
