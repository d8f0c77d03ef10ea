/* The worker's work from end to end: webhooks in, calls, log and feed out, and an auditor's eye. */
#include "test/inbox.h"

#include <stdatomic.h>

#include "base/buf.h"
#include "calls/read.h"
#include "feed/feed.h"
#include "jobs/inbox_apply.h"
#include "loop/bell.h"
#include "ops/verify.h"
#include "providers/provider.h"

enum { STEPS = 5, ORDERS = 120 };

#define DEADLINE SECONDS(60)

static const struct str owned[] = {{"+16175006181", 12}};
static const struct call_rules rules = {.owned = owned, .n_owned = 1, .region = {"US", 2}};

static call_normalise_fn *normaliser_of(struct str provider)
{
    const struct provider *p = provider_find(provider);

    return p ? p->normalise : NULL;
}

struct told {
    struct bell *bell;
    int64_t project;
    _Atomic int64_t last_seq;
};

static void on_committed(int64_t project, int64_t last_seq, void *arg)
{
    struct told *told = arg;

    if (project == told->project && last_seq > atomic_load(&told->last_seq))
        atomic_store(&told->last_seq, last_seq);
    bell_ring(told->bell);
}

static uint64_t finished(struct queue *q)
{
    struct queue_stats s;

    queue_stats(q, &s);
    return s.done + s.buried;
}

/* Runs the real queue until `n` more rows are done or buried. The highest seq that was told. */
static int64_t drain(struct test_inbox *t, uint64_t n)
{
    struct told told = {.bell = bell_create(), .project = t->project};
    struct inbox_apply *apply = inbox_apply_create(&(struct inbox_apply_options){
        .rules = call_rules_same(&rules),
        .clock = &clock_system,
        .normaliser_of = normaliser_of,
        .on_committed = on_committed,
        .arg = &told,
    });
    const usec_t deadline = clock_monotonic(&clock_system) + DEADLINE;
    struct queue *q;
    struct err e = {0};

    assert_ok(queue_start(&(struct queue_options){.name = "inbox",
                                                  .store = t->store,
                                                  .clock = &clock_system,
                                                  .queries = inbox_queue_queries,
                                                  .handler = inbox_apply_handler(apply),
                                                  .policy = queue_policy_default,
                                                  .workers = 2},
                          &q, &e),
              &e);
    while (finished(q) < n && clock_monotonic(&clock_system) < deadline)
        (void)bell_wait(told.bell, MILLISECONDS(20)); // a batch in which all is buried tells nobody
    const uint64_t got = finished(q);
    queue_stop(q);
    inbox_apply_destroy(apply);
    bell_destroy(told.bell);
    assert_int_equal(got, n);
    return atomic_load(&told.last_seq);
}

// --- webhooks ------------------------------------------------------------------------------------

static struct test_webhook status(struct test_inbox *t, const char *sid, const char *status,
                                  int sequence)
{
    return (struct test_webhook){
        .event_type = STR("call-status"),
        .call_sid = str_from(sid),
        .payload = str_fmt(t->a,
                           "{\"AccountSid\":\"AC1\",\"CallSid\":\"%s\",\"CallStatus\":\"%s\","
                           "\"From\":\"+15085140320\",\"To\":\"+16175006181\","
                           "\"Direction\":\"inbound\",\"SequenceNumber\":\"%d\","
                           "\"Timestamp\":\"Fri, 15 Jan 2027 08:00:%02d +0000\"}",
                           sid, status, sequence, sequence),
    };
}

static struct test_webhook child(struct test_inbox *t, const char *sid, const char *parent,
                                 const char *status, int sequence)
{
    return (struct test_webhook){
        .event_type = STR("call-status"),
        .call_sid = str_from(sid),
        .lane = str_from(parent),
        .payload = str_fmt(t->a,
                           "{\"AccountSid\":\"AC1\",\"CallSid\":\"%s\",\"ParentCallSid\":\"%s\","
                           "\"CallStatus\":\"%s\",\"From\":\"+15085140320\","
                           "\"To\":\"sip:desk@example.com\",\"Direction\":\"outbound-dial\","
                           "\"SequenceNumber\":\"%d\","
                           "\"Timestamp\":\"Fri, 15 Jan 2027 08:00:%02d +0000\"}",
                           sid, parent, status, sequence, sequence),
    };
}

/* The n-th order of 0 … STEPS-1. */
static void order_of(int n, int order[STEPS])
{
    int left[STEPS];

    for (int i = 0; i < STEPS; i++)
        left[i] = i;
    for (int i = 0, m = STEPS; i < STEPS; i++, m--) {
        const int at = n % m;
        n /= m;
        order[i] = left[at];
        memmove(left + at, left + at + 1, (size_t)(m - at - 1) * sizeof left[0]);
    }
}

// --- the auditor ---------------------------------------------------------------------------------

static void collect(struct str what, void *arg)
{
    struct buf *out = arg;

    buf_str(out, what);
    buf_char(out, '\n');
}

static struct verify_result verify(struct test_inbox *t, struct str *ret_findings)
{
    _cleanup_(db_closep) struct db *db = store_connect(t->store, STORE_READ);
    struct verify_result result;
    struct err e = {0};
    struct buf out;

    buf_init(&out, 1024 * 1024);
    assert_ok(verify_all(db, collect, &out, &result, &e), &e);
    *ret_findings = str_dup(buf_view(&out), t->a);
    buf_finish(&out);
    return result;
}

static struct verify_result expect_sound(struct test_inbox *t)
{
    struct str findings;
    const struct verify_result r = verify(t, &findings);

    if (r.findings > 0)
        fail_msg("the auditor found:\n" STR_FMT, STR_ARG(findings));
    return r;
}

static struct str call_detail(struct test_inbox *t, const char *sid)
{
    const struct call_reader r = {.db = t->db, .project = t->project};
    struct err e = {0};
    struct buf out;
    bool found;

    buf_init(&out, 1024 * 1024);
    assert_ok(call_detail_json(&r, str_from(sid), INT_NONE, t->a, &out, &found, &e), &e);
    assert_true(found);
    const struct str detail = str_dup(buf_view(&out), t->a);
    buf_finish(&out);
    return detail;
}

static void expect_call(struct test_inbox *t, const char *sid, const char *part)
{
    const struct str detail = call_detail(t, sid);

    if (!str_contains(detail, str_from(part)))
        fail_msg("%s: %s is not in " STR_FMT, sid, part, STR_ARG(detail));
}

// --- tests ---------------------------------------------------------------------------------------

static void every_order_with_duplicates_ends_in_the_same_call(void **state)
{
    static const char *const steps[STEPS] = {"queued", "initiated", "ringing", "in-progress",
                                             "completed"};
    (void)state;
    TEST_INBOXES(t)
    {
        struct test_webhook *w = arena_new(t->a, struct test_webhook, ORDERS * (STEPS + 2));
        size_t n = 0;
        for (int i = 0; i < ORDERS; i++) {
            const char *sid = str_z(str_fmt(t->a, "CA%d", i), t->a);
            int order[STEPS];
            order_of(i, order);
            for (int j = 0; j < STEPS; j++)
                w[n++] = status(t, sid, steps[order[j]], order[j]);
            w[n++] = status(t, sid, steps[order[1]], order[1]);
            w[n++] = status(t, sid, steps[order[4]], order[4]);
        }
        test_inbox_append(t, w, n);
        const int64_t last_seq = drain(t, n);
        const struct verify_result r = expect_sound(t);
        assert_int_equal(r.calls, ORDERS);
        assert_int_equal(r.log_lines, n);
        assert_int_equal(r.feed_events, n);
        assert_int_equal(r.inbox_rows, n);
        assert_int_equal(last_seq, n);
        for (int i = 0; i < ORDERS; i++) {
            const char *sid = str_z(str_fmt(t->a, "CA%d", i), t->a);
            expect_call(t, sid,
                        "\"status\":\"completed\",\"display_status\":\"completed\","
                        "\"visibility\":\"visible\",\"from_number\":\"+15085140320\"");
            expect_call(t, sid, "\"answered_at\":\"2027-01-15T08:00:03Z\"");
            expect_call(t, sid, "\"end_time\":\"2027-01-15T08:00:04Z\"");
        }
    }
}

static void a_parent_is_told_in_its_childs_transaction(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        const struct test_webhook w[] = {
            child(t, "CA2", "CA1", "completed", 9),   child(t, "CA2", "CA1", "ringing", 3),
            status(t, "CA1", "ringing", 1),           status(t, "CA1", "completed", 10),
            child(t, "CA2", "CA1", "in-progress", 5), status(t, "CA1", "in-progress", 2),
        };
        for (size_t i = 0; i < LEN(w); i++)
            test_inbox_append(t, &w[i], 1);
        drain(t, LEN(w));
        const struct verify_result r = expect_sound(t);
        assert_int_equal(r.calls, 2);
        assert_true(r.log_lines > (int64_t)LEN(w)); // and the lines of the parent that was told
        expect_call(t, "CA1", "\"status\":\"completed\",\"display_status\":\"completed\"");
    }
}

static void what_cannot_be_understood_is_buried_alone(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        const struct test_webhook w[] = {
            status(t, "CA1", "ringing", 1),
            {.event_type = STR("call-status"),
             .call_sid = STR("CA2"),
             .payload = STR("{\"CallStatus\":\"ringing\"}")},
            {.event_type = STR("no-such-event"), .call_sid = STR("CA3"), .payload = STR("{}")},
            {.event_type = STR("call-status"), .call_sid = STR("CA4"), .payload = STR("[1]")},
            status(t, "CA1", "completed", 2),
        };
        test_inbox_append(t, w, LEN(w));
        drain(t, LEN(w));
        assert_int_equal(test_inbox_count(t, "completed"), 2);
        assert_int_equal(test_inbox_count(t, "dead_letter"), 3);
        for (int64_t id = 2; id <= 4; id++) // each with its reason
            assert_false(str_contains(test_inbox_row(t, id), STR("\"error\":null")));
        assert_int_equal(expect_sound(t).calls, 1);
    }
}

static void an_unknown_provider_is_buried_with_its_name(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        const struct test_webhook w = status(t, "CA1", "ringing", 1);
        test_inbox_append(t, &w, 1);
        test_inbox_sql(t, "UPDATE webhook_inbox SET provider = 'acme'");
        drain(t, 1);
        assert_true(str_contains(test_inbox_row(t, 1), STR("\\\"acme\\\" is not known here")));
        expect_sound(t);
    }
}

static const char other_project[] =
    "INSERT INTO projects (org_id, name) SELECT id, 'other' FROM orgs; "
    "INSERT INTO feed_heads (project_id, last_seq, epoch) VALUES (2, 0, 'E')";

static void f088_the_same_call_in_two_projects_is_two_calls(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        const struct test_webhook rings = status(t, "CA1", "ringing", 1),
                                  ends = status(t, "CA1", "completed", 2);
        test_inbox_sql(t, other_project);
        for (t->project = 2; t->project >= 1; t->project--)
            test_inbox_append(t, &rings, 1);
        t->project = 2;
        test_inbox_append(t, &ends, 1);
        assert_int_equal(drain(t, 3), 2); // each project counts for itself
        const struct verify_result r = expect_sound(t);
        assert_int_equal(r.calls, 2);
        assert_int_equal(r.feed_events, 3);
        expect_call(t, "CA1", "\"status\":\"completed\"");
        t->project = 1;
        expect_call(t, "CA1", "\"status\":\"ringing\"");
    }
}

static void the_auditor_finds_what_was_tampered_with(void **state)
{
    static const struct {
        const char *sql, *finding;
    } rows[] = {
        {"UPDATE calls SET status = 'ringing' WHERE twilio_sid = 'CA1'",
         "call CA1: status is ringing, its log says completed\n"},
        {"UPDATE calls SET duration = 77 WHERE twilio_sid = 'CA2'",
         "call CA2: duration is 77, its log says "},
        {"UPDATE feed_events SET type = 'call.ended' WHERE seq = 2",
         "event 2: the log says call.state_changed of call CA1, the feed call.ended of CA1\n"},
        {"DELETE FROM feed_events WHERE seq = 4", "event 4 is missing in the feed\n"},
        {"DELETE FROM call_events WHERE seq IN (5, 6)", "events 5 to 6 are missing in the log\n"},
        {"UPDATE webhook_inbox SET processing_status = 'pending' WHERE id = 1",
         "call CA1: event 1 comes from inbox row 1, which is pending, not completed\n"},
        {"UPDATE conversations SET metadata = '{\"total_calls\":9}'",
         "conversation 1: total_calls is 9, its calls are 2\n"},
        {"UPDATE conversations SET last_message_at = NULL",
         "conversation 1: last_message_at is not what it is taken from\n"},
        {"UPDATE conversations SET last_recorded = NOT last_recorded",
         "conversation 1: last_recorded is not what it is taken from\n"},
        {"UPDATE conversations SET last_missed = NOT last_missed",
         "conversation 1: last_missed is not what it is taken from\n"},
        {"UPDATE conversations SET last_status = 'busy'",
         "conversation 1: last_status is not what it is taken from\n"},
        {"UPDATE conversations SET last_direction = 'external'",
         "conversation 1: last_direction is not what it is taken from\n"},
        {"UPDATE conversations SET last_call_id = NULL",
         "conversation 1: last_call_id is not what it is taken from\n"},
        {"UPDATE conversations SET contact_name = 'x'",
         "conversation 1: contact_name is not what it is taken from\n"},
        {"UPDATE calls SET missed = NOT missed WHERE twilio_sid = 'CA2'",
         "call CA2: missed is true, its log says false\n"},
        {"UPDATE feed_heads SET conversations = conversations + 2",
         "project 1: its list is said to have 3 conversations, it has 0\n"},
        {"UPDATE feed_heads SET last_seq = last_seq + 1",
         "the last event of the feed is 8, the counter stands at 9\n"},
        {"DELETE FROM calls WHERE twilio_sid = 'CA2'",
         "call CA2: event 7 is in the log, the call has no snapshot\n"},
        {"INSERT INTO call_events (project_id, seq, provider, call_sid, event_type, event_status, "
         "event_time, source, applied, change, payload, created_at) "
         "SELECT project_id, 9, provider, call_sid, event_type, event_status, event_time, source, "
         "applied, change, payload, created_at FROM call_events WHERE seq = 2",
         "call CA1: event 9 applied initiated after the call had ended\n"},
        {"INSERT INTO call_events (project_id, seq, provider, call_sid, event_type, event_status, "
         "event_time, source, applied, change, payload, inbox_id, created_at) "
         "SELECT project_id, 10, provider, call_sid, event_type, event_status, event_time, source, "
         "applied, change, payload, inbox_id, created_at FROM call_events WHERE seq = 3",
         "call CA1: event 10 applies inbox row 3 a second time\n"},
        {"UPDATE webhook_inbox SET processing_status = 'dead_letter', error = ' ' WHERE id = 2",
         "inbox row 2 is a dead letter without a reason\n"},
        {"UPDATE webhook_inbox SET processing_status = 'failed', error = NULL WHERE id = 4",
         "inbox row 4 has failed without a reason\n"},
        {"DELETE FROM call_events WHERE seq = 1", "event 1 is missing in the log\n"},
    };
    static const char *const steps[] = {"queued", "initiated", "ringing", "completed"};

    (void)state;
    TEST_INBOXES(t)
    {
        struct str findings;
        for (int call = 1; call <= 2; call++)
            for (int i = 0; i < (int)LEN(steps); i++) {
                const struct test_webhook w = status(t, call == 1 ? "CA1" : "CA2", steps[i], i);
                test_inbox_append(t, &w, 1);
            }
        drain(t, 8);
        expect_sound(t);
        FOR_EACH_ROW (row, rows) {
            test_inbox_sql(t, row->sql);
            assert_true(verify(t, &findings).findings > 0);
            if (!str_contains(findings, str_from(row->finding)))
                fail_msg("%s\n  is not in\n" STR_FMT, row->finding, STR_ARG(findings));
        }
        // A row that says it is done, of which the log knows nothing: its two lines were deleted.
        assert_true(str_contains(findings, STR("is completed and left no line in the log\n")));
    }
}

static void the_auditor_finds_what_belongs_to_another_project(void **state)
{
    static const struct {
        const char *sql, *finding;
    } rows[] = {
        {"INSERT INTO provider_accounts (project_id, provider, account_sid) "
         "VALUES (2, 'twilio', 'AC1')",
         "inbox row 1 of project 1 refers to an account of project 2\n"},
        {"UPDATE webhook_inbox SET project_id = 2 WHERE id = 2",
         "event 2 of project 1 refers to an inbox row of project 2\n"},
        {"INSERT INTO contacts (project_id, phone_number) VALUES (2, '+15085140320'); "
         "UPDATE conversations SET contact_id = (SELECT id FROM contacts WHERE project_id = 2)",
         "conversation 1 of project 1 refers to a contact of project 2\n"},
        {"INSERT INTO conversations (project_id, contact_id, external_id) SELECT 2, id, 'x' FROM "
         "contacts WHERE project_id = 2; UPDATE calls SET conversation_id = "
         "(SELECT id FROM conversations WHERE project_id = 2)",
         "call CA1 of project 1 refers to a conversation of project 2\n"},
        {"UPDATE webhook_inbox SET project_id = 77 WHERE id = 4",
         "there are rows of project 77, which does not exist\n"},
    };

    (void)state;
    TEST_INBOXES(t)
    {
        struct str findings;
        for (int i = 1; i <= 4; i++) {
            const struct test_webhook w = status(t, "CA1", "ringing", i);
            test_inbox_append(t, &w, 1);
        }
        drain(t, 4);
        test_inbox_sql(t, other_project);
        expect_sound(t);
        FOR_EACH_ROW (row, rows) {
            test_inbox_sql(t, row->sql);
            assert_true(verify(t, &findings).findings > 0);
            if (!str_contains(findings, str_from(row->finding)))
                fail_msg("%s\n  is not in\n" STR_FMT, row->finding, STR_ARG(findings));
        }
    }
}

/* The feed has events of no call, and the log no line of them. */
static void the_auditor_passes_over_what_is_of_no_call(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct str findings;
        for (int i = 1; i <= 3; i++) {
            const struct test_webhook w = status(t, "CA1", "ringing", i);
            test_inbox_append(t, &w, 1);
            drain(t, 1);
            if (i == 3) // and one behind the last line
                break;
            test_inbox_sql(
                t, "UPDATE feed_heads SET last_seq = last_seq + 1; "
                   "INSERT INTO feed_events (project_id, seq, type, ts, entity_type, entity_id, "
                   "payload, created_at) SELECT f.project_id, h.last_seq, 'integration.down', "
                   "f.ts, 'integration', 'twilio/AC1', '{}', f.created_at FROM feed_heads h "
                   "JOIN feed_events f ON f.project_id = h.project_id AND f.seq = 1");
            expect_sound(t);
        }
        expect_sound(t);
        test_inbox_sql(t, "DELETE FROM feed_events WHERE seq < 3");
        assert_true(verify(t, &findings).findings > 0);
        assert_true(str_contains(findings, STR("1 events before event 3 are missing in the log, "
                                               "and 0 of them were of no call\n")));
        test_inbox_sql(t, "UPDATE feed_heads SET others_gone = 1");
        expect_sound(t);
        test_inbox_sql(t, "DELETE FROM call_events WHERE seq = 3");
        assert_true(verify(t, &findings).findings > 0);
        assert_true(str_contains(findings, STR("event 3 is missing in the log\n")));
    }
}

TEST_MAIN(cmocka_unit_test(every_order_with_duplicates_ends_in_the_same_call),
          cmocka_unit_test(a_parent_is_told_in_its_childs_transaction),
          cmocka_unit_test(what_cannot_be_understood_is_buried_alone),
          cmocka_unit_test(an_unknown_provider_is_buried_with_its_name),
          cmocka_unit_test(f088_the_same_call_in_two_projects_is_two_calls),
          cmocka_unit_test(the_auditor_finds_what_was_tampered_with),
          cmocka_unit_test(the_auditor_finds_what_belongs_to_another_project),
          cmocka_unit_test(the_auditor_passes_over_what_is_of_no_call))
