/* Batches on both stores: what is written, how it is counted, and that the log folds to it. */
#include "test/calls.h"

#include <pthread.h>

#include "base/fault.h"
#include "base/json.h"
#include "calls/verify.h"

#define T0 SECONDS(1800000000)

static struct call_change status_of(const char *sid, const char *status, int at)
{
    struct call_change c = call_change_none;

    c.call_sid = str_from(sid);
    c.status = str_from(status);
    c.event_time = T0 + SECONDS(at);
    c.observed_at = T0 + SECONDS(at + 1);
    c.from = STR("+15085140320");
    c.to = STR("+16175006181");
    c.provider_direction = STR("inbound");
    return c;
}

static struct call_change child_of(struct call_change c, const char *parent)
{
    c.parent_sid = str_from(parent);
    c.to = STR("sip:dispatcher@example.com");
    c.provider_direction = STR("outbound-dial");
    return c;
}

static struct call_change recording_of(const char *sid)
{
    struct call_change c = call_change_none;

    c.kind = CALL_CHANGE_RECORDING;
    c.call_sid = str_from(sid);
    c.observed_at = T0;
    c.recording.sid = STR("RE1");
    c.recording.status = STR("completed");
    c.recording.url = STR("https://example.com/RE1");
    return c;
}

static struct str one(struct db *db, const char *sid, const char *column, struct arena *a)
{
    struct err e = {0};
    struct rows *rows;
    struct str value;

    assert_ok(db_query(db, Q_CALL_BY_KEY,
                       BINDS(bind_int("project", 1), bind_str("provider", STR("twilio")),
                             bind_str("sid", str_from(sid))),
                       a, &rows, &e),
              &e);
    assert_true(rows_next(rows));
    value = rows_str(rows, column);
    while (rows_next(rows)) {
    }
    return value;
}

/* id, total_calls of the conversation with that number. */
static int64_t total_calls(struct db *db, struct arena *a)
{
    struct json_object *metadata;
    struct err e = {0};
    struct rows *rows;
    int64_t total;

    assert_ok(db_query(db, Q_CONVERSATION_LIST,
                       BINDS(bind_int("project", 1), bind_time("from_time", 0),
                             bind_time("before_time", T0 + HOURS(24)), bind_int("before_id", 0),
                             bind_int("offset", 0), bind_int("limit", 10)),
                       a, &rows, &e),
              &e);
    if (!rows_next(rows))
        return 0;
    assert_str(rows_str(rows, "external_id"), "+15085140320");
    assert_str(rows_str(rows, "subject"), "Calls with +1 (508) 514-0320");
    assert_ok(json_parse(rows_str(rows, "metadata"), a, &metadata, &e), &e);
    assert_true(json_get_int(metadata, "total_calls", &total));
    assert_false(rows_next(rows));
    return total;
}

static struct call_verification verified(struct db *db, struct arena *a)
{
    const struct call_reader r = {.db = db, .project = 1};
    struct call_verification v;
    struct err e = {0};

    assert_ok(call_verify(&r, 0, 100, a, &v, &e), &e);
    return v;
}

/* What the conversations show is what their calls are. */
static void assert_shown(struct db *db, struct arena *a)
{
    struct err e = {0};
    struct rows *rows;

    assert_ok(db_query(db, Q_VERIFY_CONVERSATIONS,
                       BINDS(bind_int("project", 1), bind_int("after", 0), bind_int("limit", 100)),
                       a, &rows, &e),
              &e);
    while (rows_next(rows))
        if (!rows_is_null(rows, "wrong"))
            fail_msg("conversation %lld: " STR_FMT " is wrong", (long long)rows_int(rows, "id"),
                     STR_ARG(rows_str(rows, "wrong")));
    assert_ok(rows_end(rows, &e), &e);
}

/* How many conversations the list is told to have, which is how many it has. */
static int64_t listed(struct db *db, struct arena *a)
{
    struct conversation_count is;
    struct err e = {0};

    assert_ok(conversation_count_held(db, 1, a, &is, &e), &e);
    assert_int_equal(is.told, is.counted);
    return is.told;
}

static void assert_sound(struct db *db, struct arena *a)
{
    const struct call_verification v = verified(db, a);

    assert_shown(db, a);
    (void)listed(db, a);
    for (size_t i = 0; i < v.n_differences; i++)
        print_error(STR_FMT " " STR_FMT ": stored " STR_FMT ", folded " STR_FMT "\n",
                    STR_ARG(v.differences[i].call_sid), STR_ARG(v.differences[i].column),
                    STR_ARG(v.differences[i].stored), STR_ARG(v.differences[i].folded));
    assert_int_equal(v.n_differences, 0);
}

static void a_call_is_written_and_folds_to_itself(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct db *db = test_calls_connect(store, a);
        struct err e = {0};
        struct call_change first[] = {status_of("CA1", "ringing", 0)},
                           rest[] = {status_of("CA1", "in-progress", 4),
                                     status_of("CA1", "completed", 30),
                                     status_of("CA1", "busy", 31), recording_of("CA1")};

        rest[1].duration = 29;
        rest[1].price = -170;
        rest[1].price_unit = STR("USD");
        assert_ok(test_calls_save(db, first, LEN(first), a, &e), &e);
        assert_str(one(db, "CA1", "status", a), "ringing");
        assert_ok(test_calls_save(db, rest, LEN(rest), a, &e), &e);
        assert_str(one(db, "CA1", "status", a), "completed");
        assert_str(one(db, "CA1", "direction", a), "inbound");
        assert_str(one(db, "CA1", "duration", a), "29");
        assert_str(one(db, "CA1", "recording_url", a), "https://example.com/RE1");
        assert_int_equal(total_calls(db, a), 1);
        assert_sound(db, a);
    }
}

static void a_parent_and_its_leg_count_as_one(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct db *db = test_calls_connect(store, a);
        struct err e = {0};
        struct call_change leg[] = {child_of(status_of("CA2", "in-progress", 5), "CA1")},
                           parent[] = {status_of("CA1", "ringing", 0),
                                       status_of("CA1", "completed", 30),
                                       child_of(status_of("CA2", "completed", 30), "CA1"),
                                       status_of("CA3", "no-answer", 40)};

        parent[1].duration = 30;
        parent[2].duration = 25;
        assert_ok(test_calls_save(db, leg, LEN(leg), a, &e), &e);
        assert_str(one(db, "CA1", "visibility", a), "pending");
        assert_int_equal(total_calls(db, a), 1); // the leg, as long as it stands alone
        assert_ok(test_calls_save(db, parent, LEN(parent), a, &e), &e);
        assert_str(one(db, "CA1", "visibility", a), "visible");
        assert_str(one(db, "CA1", "talk_time", a), "25");
        assert_str(one(db, "CA1", "wait_time", a), "5");
        assert_int_equal(total_calls(db, a), 2); // CA1 with its leg, and CA3
        assert_sound(db, a);
    }
}

static void a_recording_waits_for_its_call(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct db *db = test_calls_connect(store, a);
        struct err e = {0};
        struct call_change recording = recording_of("CA1"), ring = status_of("CA1", "ringing", 0);

        assert_ok(test_calls_save(db, &recording, 1, a, &e), &e);
        assert_str(one(db, "CA1", "visibility", a), "pending");
        assert_int_equal(total_calls(db, a), 0);
        assert_ok(test_calls_save(db, &ring, 1, a, &e), &e);
        assert_str(one(db, "CA1", "recording_url", a), "https://example.com/RE1");
        assert_int_equal(total_calls(db, a), 1);
        assert_sound(db, a);
    }
}

struct shown {
    const char *call, *direction, *status;
    bool missed, recorded;
};

static void assert_shows(struct db *db, const struct shown *want, struct arena *a)
{
    struct err e = {0};
    struct rows *rows;

    assert_ok(db_query(db, Q_CONVERSATION_LAST_CALL,
                       BINDS(bind_ints("project", (const int64_t[]){1}, 1),
                             bind_ints("id", (const int64_t[]){1}, 1)),
                       a, &rows, &e),
              &e);
    assert_true(rows_next(rows));
    assert_str(rows_str(rows, "twilio_sid"), want->call);
    assert_str(rows_str(rows, "direction"), want->direction);
    assert_str(rows_str(rows, "display_status"), want->status);
    assert_int_equal(rows_bool(rows, "missed"), want->missed);
    assert_int_equal(!rows_is_null(rows, "recording_url"), want->recorded);
    assert_false(rows_next(rows));
    assert_sound(db, a);
}

static void a_conversation_follows_its_latest_call(void **state)
{
    struct call_change own = status_of("CA5", "initiated", 50);
    own.from = STR("+16175006181");
    own.to = STR("+15085140320");
    own.provider_direction = STR("outbound-api");
    const struct {
        struct call_change change;
        struct shown shows;
    } steps[] = {
        {status_of("CA1", "ringing", 0), {"CA1", "inbound", "ringing", false, false}},
        {status_of("CA1", "in-progress", 4), {"CA1", "inbound", "in-progress", false, false}},
        {status_of("CA2", "ringing", 20), {"CA2", "inbound", "ringing", false, false}},
        {status_of("CA1", "completed", 30), {"CA2", "inbound", "ringing", false, false}},
        {recording_of("CA1"), {"CA2", "inbound", "ringing", false, false}},
        {status_of("CA2", "no-answer", 40), {"CA2", "inbound", "no-answer", true, false}},
        {recording_of("CA2"), {"CA2", "inbound", "no-answer", true, true}},
        {own, {"CA5", "outbound", "initiated", false, false}},
        {child_of(status_of("CA6", "ringing", 52), "CA5"),
         {"CA5", "outbound", "initiated", false, false}},
        {child_of(status_of("CA7", "ringing", 60), "CA8"), // its parent is not known yet
         {"CA7", "inbound", "ringing", false, false}},
        {child_of(status_of("CA7", "busy", 62), "CA8"), {"CA7", "inbound", "busy", true, false}},
        {status_of("CA8", "ringing", 58), {"CA8", "inbound", "ringing", false, false}},
        {status_of("CA8", "completed", 70), {"CA8", "inbound", "busy", true, false}},
    };

    (void)state;
    TEST_STORES(store, a)
    {
        struct db *db = test_calls_connect(store, a);
        struct err e = {0};

        FOR_EACH_ROW (step, steps) {
            assert_ok(test_calls_save(db, &step->change, 1, a, &e), &e);
            assert_shows(db, &step->shows, a);
        }
    }
}

static void one_batch_and_single_events_give_the_same(void **state)
{
    enum { CALLS = 40, EVENTS = 4 };
    static const char *const statuses[EVENTS] = {"initiated", "ringing", "in-progress",
                                                 "completed"};

    (void)state;
    TEST_STORES(store, a)
    {
        struct db *db = test_calls_connect(store, a);
        struct call_change changes[CALLS * EVENTS];
        struct err e = {0};

        for (int i = 0; i < CALLS * EVENTS; i++) {
            changes[i] = status_of(str_z(str_fmt(a, "CA%d", i % CALLS), a), statuses[i / CALLS], i);
            changes[i].from = str_fmt(a, "+1508514%04d", i % 7);
        }
        for (int i = 0; i < CALLS; i++) { // the first events one by one, the rest at once
            assert_ok(test_calls_save(db, &changes[i], 1, a, &e), &e);
            assert_shown(db, a);
        }
        assert_ok(test_calls_save(db, changes, LEN(changes), a, &e), &e);
        assert_int_equal(verified(db, a).n_checked, CALLS);
        assert_sound(db, a);
    }
}

/* Each change moves the call to another number: the conversation that it leaves has none left. */
static void a_conversation_that_a_call_has_left_is_not_listed(void **state)
{
    static const struct {
        const char *sid, *from;
        int at;
        int64_t listed;
    } steps[] = {
        {"CA1", "+15085140322", 0, 1}, {"CA1", "+15085140321", 1, 1}, {"CA2", "+15085140322", 2, 2},
        {"CA2", "+15085140321", 3, 1}, {"CA3", "+15085140323", 4, 2}, {"CA3", "+15085140323", 5, 2},
    };

    (void)state;
    TEST_STORES(store, a)
    {
        struct db *db = test_calls_connect(store, a);

        assert_int_equal(listed(db, a), 0);
        FOR_EACH_ROW (step, steps) {
            struct call_change c = status_of(step->sid, "ringing", step->at);
            struct err e = {0};
            c.from = str_from(step->from);
            assert_ok(test_calls_save(db, &c, 1, a, &e), &e);
            assert_int_equal(listed(db, a), step->listed);
        }
        assert_sound(db, a);
    }
}

// --- workers side by side ------------------------------------------------------------------------

enum { WORKERS = 4, ROUNDS = 12, TRIES = 100 };

struct worker {
    struct store *store;
    int number;
    bool failed;
    struct err e;
};

/* A worker's conflict with another one is no failure: the same is tried again. */
static bool save_at_last(struct db *db, const struct call_change *changes, size_t n,
                         struct arena *a, struct err *e)
{
    for (int i = 0; i < TRIES; i++) {
        err_clear(e);
        if (test_calls_save(db, changes, n, a, e))
            return true;
        const bool again = e->code == ERR_CONFLICT || db_conflicted(db);
        db_rollback(db);
        if (!again)
            return err_trace(e);
    }
    return err_trace(e);
}

/* Each round: a call of this worker's own, and an event of one that all workers hear of. All of
 * them are calls with one number. */
static void *work(void *arg)
{
    static const char *const shares[WORKERS] = {"initiated", "ringing", "in-progress", "busy"};
    struct worker *w = arg;
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    _cleanup_(db_closep) struct db *db = store_connect(w->store, STORE_WORK);

    for (int i = 0; i < ROUNDS && !w->failed; i++) {
        const char *own = str_z(str_fmt(a, "CA-%d-%d", w->number, i), a),
                   *shared = str_z(str_fmt(a, "CA-%d", i), a);
        const struct call_change changes[] = {status_of(own, "ringing", i),
                                              status_of(shared, shares[w->number], i + w->number)};

        w->failed = !save_at_last(db, changes, LEN(changes), a, &w->e);
    }
    return NULL;
}

static void workers_side_by_side_count_right(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct db *db = test_calls_connect(store, a);
        struct worker workers[WORKERS];
        pthread_t threads[WORKERS];

        for (int i = 0; i < WORKERS; i++) {
            workers[i] = (struct worker){.store = store, .number = i};
            assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
        }
        for (int i = 0; i < WORKERS; i++)
            assert_int_equal(pthread_join(threads[i], NULL), 0);
        for (int i = 0; i < WORKERS; i++)
            assert_ok(!workers[i].failed, &workers[i].e);
        assert_int_equal(total_calls(db, a), (WORKERS + 1) * ROUNDS);
        assert_sound(db, a);
    }
}

// --- a store that fails --------------------------------------------------------------------------

struct attempts {
    struct db *db;
    struct arena *a;
    int n;
};

/* A batch that touches everything: a new call, its parent as a stub, contact, conversation, log. */
static void save_in_spite_of_a_fault(void *arg)
{
    struct attempts *at = arg;
    const char *sid = str_z(str_fmt(at->a, "CA-%d", at->n), at->a),
               *leg = str_z(str_fmt(at->a, "CA-%d-leg", at->n), at->a);
    const struct call_change changes[] = {child_of(status_of(leg, "in-progress", at->n), sid),
                                          status_of(sid, "completed", at->n + 9)};
    struct err e = {0};

    at->n++;
    if (test_calls_save(at->db, changes, LEN(changes), at->a, &e))
        return;
    if (!fault_struck())
        fail_msg("%s", e.text);
    fault_disarm(); // it may have lasted
    do { // a commit whose answer was lost may come to its end meanwhile, as another worker's would
        db_rollback(at->db);
        err_clear(&e);
    } while (!test_calls_save(at->db, changes, LEN(changes), at->a, &e) && e.code == ERR_CONFLICT);
    assert_ok(e.code == ERR_NONE, &e);
}

static void a_failure_anywhere_leaves_nothing_half_done(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct attempts at = {.db = test_calls_connect(store, a), .a = a};

        assert_true(test_every_fault_twice(NULL, save_in_spite_of_a_fault, &at) > 5);
        assert_int_equal(total_calls(at.db, a), at.n);
        assert_sound(at.db, a);
    }
}

static void verify_finds_a_snapshot_that_was_tampered_with(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct db *db = test_calls_connect(store, a);
        struct call_change change = status_of("CA1", "ringing", 0);
        struct call_verification v;
        struct err e = {0};

        assert_ok(test_calls_save(db, &change, 1, a, &e), &e);
        assert_sound(db, a);
        assert_ok(
            db_exec(db, Q_CALL_UPDATE,
                    BINDS(bind_ints("project", (const int64_t[]){1}, 1),
                          bind_ints("id", (const int64_t[]){1}, 1),
                          bind_ints("conversation", (const int64_t[]){INT_NONE}, 1),
                          bind_strs("parent", (const struct str[]){STR_NONE}, 1),
                          bind_strs("direction", (const struct str[]){STR("inbound")}, 1),
                          bind_strs("status", (const struct str[]){STR("completed")}, 1),
                          bind_strs("display_status", (const struct str[]){STR("completed")}, 1),
                          bind_strs("visibility", (const struct str[]){STR("visible")}, 1),
                          bind_strs("from_number", (const struct str[]){STR("")}, 1),
                          bind_strs("to_number", (const struct str[]){STR("")}, 1),
                          bind_strs("from_e164", (const struct str[]){STR_NONE}, 1),
                          bind_strs("to_e164", (const struct str[]){STR_NONE}, 1),
                          bind_ints("duration", (const int64_t[]){INT_NONE}, 1),
                          bind_ints("total_duration", (const int64_t[]){INT_NONE}, 1),
                          bind_ints("talk_time", (const int64_t[]){INT_NONE}, 1),
                          bind_ints("wait_time", (const int64_t[]){INT_NONE}, 1),
                          bind_strs("price", (const struct str[]){STR_NONE}, 1),
                          bind_strs("price_unit", (const struct str[]){STR_NONE}, 1),
                          bind_times("start_time", (const usec_t[]){TIME_NONE}, 1),
                          bind_times("answered_at", (const usec_t[]){TIME_NONE}, 1),
                          bind_times("end_time", (const usec_t[]){TIME_NONE}, 1),
                          bind_strs("recording_url", (const struct str[]){STR_NONE}, 1),
                          bind_strs("metadata", (const struct str[]){STR("{}")}, 1),
                          bind_strs("attributes", (const struct str[]){STR("{}")}, 1),
                          bind_strs("fold_state", (const struct str[]){STR("{}")}, 1),
                          bind_times("last_event_time", (const usec_t[]){TIME_NONE}, 1),
                          bind_bools("is_final", (const bool[]){true}, 1),
                          bind_bools("missed", (const bool[]){false}, 1),
                          bind_times("finalized_at", (const usec_t[]){TIME_NONE}, 1),
                          bind_time("now", T0)),
                    NULL, &e),
            &e);
        v = verified(db, a);
        assert_int_equal(v.n_differences, 1);
        assert_str(v.differences[0].column, "status");
        assert_str(v.differences[0].stored, "completed");
        assert_str(v.differences[0].folded, "ringing");
    }
}

TEST_MAIN(cmocka_unit_test(a_call_is_written_and_folds_to_itself),
          cmocka_unit_test(a_parent_and_its_leg_count_as_one),
          cmocka_unit_test(a_recording_waits_for_its_call),
          cmocka_unit_test(a_conversation_follows_its_latest_call),
          cmocka_unit_test(one_batch_and_single_events_give_the_same),
          cmocka_unit_test(a_conversation_that_a_call_has_left_is_not_listed),
          cmocka_unit_test(workers_side_by_side_count_right),
          cmocka_unit_test(a_failure_anywhere_leaves_nothing_half_done),
          cmocka_unit_test(verify_finds_a_snapshot_that_was_tampered_with))
