/* Calls that go: whole, with what they leave empty, and none that anything still speaks of. */
#include "calls/expire.h"

#include "calls/verify.h"
#include "test/audit.h"
#include "test/calls.h"
#include "test/inbox.h"

#define T0 SECONDS(1800000000)
#define LATER (test_calls_now + 1)

static struct call_change status_of(const char *sid, const char *status, const char *from, int at)
{
    struct call_change c = call_change_none;

    c.call_sid = str_from(sid);
    c.status = str_from(status);
    c.event_time = T0 + SECONDS(at);
    c.observed_at = T0 + SECONDS(at + 1);
    c.start_time = T0 + SECONDS(at);
    c.from = str_from(from);
    c.to = STR("+16175006181");
    c.provider_direction = STR("inbound");
    return c;
}

static struct call_change leg_of(const char *sid, const char *parent, int at)
{
    struct call_change c = status_of(sid, "completed", "+15085140320", at);

    c.parent_sid = str_from(parent);
    c.to = STR("sip:dispatcher@example.com");
    c.provider_direction = STR("outbound-dial");
    return c;
}

static void save(struct test_inbox *t, struct call_change c)
{
    struct err e = {0};

    assert_ok(test_calls_save(t->db, &c, 1, t->a, &e), &e);
}

/* CA1 and its leg CA2 of one number, CA3 of another: all over, and frozen; the feed has gone. */
static void fill(struct test_inbox *t)
{
    save(t, status_of("CA1", "ringing", "+15085140320", 1));
    save(t, status_of("CA1", "completed", "+15085140320", 2));
    save(t, leg_of("CA2", "CA1", 2));
    save(t, status_of("CA3", "completed", "+15085140321", 3));
    save(t, status_of("CA4", "ringing", "+15085140321", 4));
    test_inbox_sql(t, "UPDATE calls SET sync_state = 'frozen' WHERE is_final;"
                      "DELETE FROM feed_events WHERE seq < (SELECT last_seq FROM feed_heads)");
}

static struct call_expired expire(struct test_inbox *t, struct call_expiry x)
{
    struct call_expired gone;
    struct err e = {0};

    x.project = t->project;
    x.now = LATER;
    x.before = x.before ? x.before : LATER;
    x.limit = x.limit ? x.limit : 100;
    assert_ok(call_expire(t->db, &x, t->a, &gone, &e), &e);
    return gone;
}

/* Of a call with more than one line the kit's inbox is not: all of them say that they come from one
 * row of it. CA1 is such a one. */
static void assert_sound_store(struct test_inbox *t)
{
    assert_sound(audit_store(t->store, NULL, t->a));
}

static bool is_there(struct test_inbox *t, const char *sid)
{
    struct err e = {0};
    struct rows *rows;

    assert_ok(db_query(t->db, Q_CALL_BY_SID,
                       BINDS(bind_int("project", t->project), bind_str("sid", str_from(sid))), t->a,
                       &rows, &e),
              &e);
    return rows_next(rows);
}

static int64_t listed(struct test_inbox *t)
{
    struct conversation_count is;
    struct err e = {0};

    assert_ok(conversation_count_held(t->db, t->project, t->a, &is, &e), &e);
    return is.told;
}

static bool is_known(struct test_inbox *t, const char *number)
{
    const struct str numbers[] = {str_from(number)};
    struct err e = {0};
    struct rows *rows;

    assert_ok(db_query(t->db, Q_CONTACT_LOAD,
                       BINDS(bind_ints("project", &t->project, 1), bind_strs("number", numbers, 1)),
                       t->a, &rows, &e),
              &e);
    return rows_next(rows);
}

// --- what goes -----------------------------------------------------------------------------------

static void what_is_over_goes_whole(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        fill(t);
        assert_int_equal(listed(t), 2);
        const struct call_expired gone = expire(t, (struct call_expiry){0});
        assert_int_equal(gone.n_seen, 3);
        assert_int_equal(gone.calls, 3);
        assert_int_equal(gone.lines, 5); // one of them told the parent of its leg
        assert_int_equal(gone.conversations, 1);
        assert_false(is_there(t, "CA1") || is_there(t, "CA2") || is_there(t, "CA3"));
        assert_true(is_there(t, "CA4"));
        assert_int_equal(listed(t), 1);
        assert_false(is_known(t, "+15085140320"));
        assert_true(is_known(t, "+15085140321"));
        assert_int_equal(expire(t, (struct call_expiry){0}).calls, 0);
        assert_sound_store(t);
    }
}

static void pages_come_to_all_of_them(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        struct call_expiry x = {.limit = 1};
        struct call_expired gone;
        int64_t calls = 0;
        fill(t);
        do {
            gone = expire(t, x);
            calls += gone.calls;
            x.after_time = gone.last_time;
            x.after_id = gone.last_id;
        } while (gone.n_seen == 1);
        assert_int_equal(calls, 3);
        assert_sound_store(t);
    }
}

static void who_was_given_a_name_stays(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        fill(t);
        test_inbox_sql(t, "UPDATE contacts SET display_name = 'Ann'");
        assert_int_equal(expire(t, (struct call_expiry){0}).conversations, 1);
        assert_true(is_known(t, "+15085140320"));
        save(t, status_of("CA9", "completed", "+15085140320", 9));
        assert_int_equal(listed(t), 2);
        assert_sound_store(t);
    }
}

/* As if it had never been heard of: nothing else could be told apart from it. */
static void what_comes_for_a_call_that_went_begins_it_anew(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        fill(t);
        assert_int_equal(expire(t, (struct call_expiry){0}).calls, 3);
        save(t, status_of("CA1", "completed", "+15085140320", 5));
        assert_true(is_there(t, "CA1"));
        assert_int_equal(listed(t), 2);
        assert_sound_store(t);
    }
}

/* Only where whole calls went may lines be missing. */
static void the_auditor_misses_other_lines_still(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        fill(t);
        save(t, status_of("CA5", "ringing", "+15085140322", 6));
        save(t, status_of("CA6", "ringing", "+15085140323", 7));
        assert_int_equal(expire(t, (struct call_expiry){0}).calls, 3);
        assert_sound_store(t);
        test_inbox_sql(t, "DELETE FROM call_events WHERE call_sid = 'CA5';"
                          "DELETE FROM calls WHERE twilio_sid = 'CA5'");
        assert_true(str_contains(audit_store(t->store, NULL, t->a), STR("missing in the log")));
    }
}

// --- what stays ----------------------------------------------------------------------------------

#define WEBHOOK(status, sid, lane)                                                                 \
    "INSERT INTO webhook_inbox (id, project_id, provider, source, event_type, call_sid, lane,"     \
    " dedupe_key, payload, processing_status, error) VALUES (" status                              \
    ", 'twilio', 's', 'call-status', '" sid "', '" lane "', 'k', '{}', "

static const struct {
    const char *label, *sql;
    int n_going;
} reasons[] = {
    {"not frozen", "UPDATE calls SET sync_state = 'active' WHERE twilio_sid = 'CA3'", 2},
    {"its leg is not frozen", "UPDATE calls SET sync_state = 'active' WHERE twilio_sid = 'CA2'", 1},
    {"its parent is not over", "UPDATE calls SET is_final = false WHERE twilio_sid = 'CA1'", 1},
    {"in the feed",
     "INSERT INTO feed_events (project_id, seq, type, ts, entity_type, entity_id, payload)"
     " SELECT project_id, seq, event_type, event_time, 'call', call_sid, '{}' FROM call_events"
     " WHERE call_sid = 'CA3'",
     2},
    {"its webhook is kept", WEBHOOK("1, 1", "CA3", "CA3") "'completed', NULL)", 0},
    {"a dead letter", WEBHOOK("77, 1", "CA3", "CA3") "'dead_letter', 'why')", 2},
    {"it waits", WEBHOOK("77, 1", "CA3", "CA3") "'pending', NULL)", 2},
    {"it is being tried", WEBHOOK("77, 1", "CA3", "CA3") "'processing', NULL)", 2},
    {"it is tried again", WEBHOOK("77, 1", "CA3", "CA3") "'failed', 'why')", 2},
    {"it waits in another lane", WEBHOOK("77, 1", "CA3", "CA8") "'failed', 'why')", 2},
    {"another project's waits", WEBHOOK("77, 2", "CA3", "CA3") "'failed', 'why')", 3},
    {"a dead letter of the family", WEBHOOK("77, 1", "CA8", "CA1") "'dead_letter', 'why')", 2},
};

static void what_anything_speaks_of_stays(void **state)
{
    (void)state;
    FOR_EACH_ROW (row, reasons)
        TEST_INBOXES(t)
        {
            struct call_expired gone;
            struct err e = {0};
            fill(t);
            test_inbox_sql(t, row->sql);
            assert_ok(
                call_expire(t->db,
                            &(struct call_expiry){
                                .project = t->project, .now = LATER, .before = LATER, .limit = 100},
                            t->a, &gone, &e),
                &e);
            assert_row(gone.calls == row->n_going, row->label);
        }
}

static void what_was_told_of_since_stays(void **state)
{
    (void)state;
    TEST_INBOXES(t)
    {
        fill(t); // all of its lines were written at test_calls_now
        assert_int_equal(expire(t, (struct call_expiry){.before = test_calls_now}).calls, 0);
        assert_int_equal(expire(t, (struct call_expiry){.before = T0}).n_seen, 0);
    }
}

static void what_a_worker_has_in_hand_is_left_to_it(void **state)
{
    static const struct str twilio[] = {{"twilio", 6}}, sid[] = {{"CA3", 3}};
    (void)state;
    TEST_INBOXES(t)
    {
        if (t->engine == STORE_SQLITE)
            continue; // one writes at a time
        _cleanup_(db_closep) struct db *worker = store_connect(t->store, STORE_WORK);
        struct err e = {0};
        struct rows *rows;
        fill(t);
        assert_ok(db_begin(worker, &e), &e);
        assert_ok(db_query(worker, Q_CALL_LOAD,
                           BINDS(bind_ints("project", &t->project, 1),
                                 bind_strs("provider", twilio, 1), bind_strs("sid", sid, 1)),
                           t->a, &rows, &e),
                  &e);
        assert_int_equal(expire(t, (struct call_expiry){0}).calls, 2);
        db_rollback(worker);
        assert_int_equal(expire(t, (struct call_expiry){0}).calls, 1);
    }
}

TEST_MAIN(cmocka_unit_test(what_is_over_goes_whole), cmocka_unit_test(pages_come_to_all_of_them),
          cmocka_unit_test(who_was_given_a_name_stays),
          cmocka_unit_test(what_comes_for_a_call_that_went_begins_it_anew),
          cmocka_unit_test(the_auditor_misses_other_lines_still),
          cmocka_unit_test(what_anything_speaks_of_stays),
          cmocka_unit_test(what_was_told_of_since_stays),
          cmocka_unit_test(what_a_worker_has_in_hand_is_left_to_it))
