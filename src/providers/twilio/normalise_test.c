/* The vendor's requests, as captured or documented (fixtures/), become changes. */
#include "test/test.h"

#include "base/form.h"
#include "base/json.h"
#include "providers/twilio/normalise.h"

#define RECEIVED SECONDS(1804868940)

/* A form body as the inbox keeps it: a map of its fields. */
static struct str payload_of(const char *fixture, struct arena *a)
{
    const struct str path = str_fmt(a, "src/providers/twilio/fixtures/%s.txt", fixture);
    struct json_writer w;
    struct err e = {0};
    struct form form;
    struct str text;
    struct buf b;

    assert_ok(form_parse(test_file(path.p, a), 512, a, &form, &e), &e);
    buf_init(&b, 64 * 1024);
    json_init(&w, &b);
    json_open_object(&w);
    for (size_t i = 0; i < form.n; i++)
        json_member_str(&w, form.fields[i].name, form.fields[i].value);
    json_close_object(&w);
    text = str_dup(buf_view(&b), a);
    buf_finish(&b);
    return text;
}

static struct call_change change_of(const char *event_type, const char *fixture, struct arena *a)
{
    struct call_change c;
    struct err e = {0};

    assert_ok(twilio_normalise(str_from(event_type), payload_of(fixture, a), RECEIVED, a, &c, &e),
              &e);
    return c;
}

static struct str detail(const struct call_change *c, struct str name)
{
    for (size_t i = 0; i < c->n_details; i++)
        if (str_eq(c->details[i].name, name))
            return c->details[i].value;
    return STR_NONE;
}

static void every_fixture_becomes_a_change(void **state)
{
    static const struct {
        const char *event_type, *fixture, *status;
        enum call_change_kind kind;
        int64_t sequence, duration;
    } rows[] = {
        {"call-inbound", "voice_inbound", "ringing", CALL_CHANGE_STATUS, -1, -1},
        {"call-inbound", "voice_inbound_anonymous", "ringing", CALL_CHANGE_STATUS, -1, -1},
        {"call-inbound", "voice_inbound_callerid_lookup", "ringing", CALL_CHANGE_STATUS, -1, -1},
        {"call-inbound", "voice_inbound_forwarded", "ringing", CALL_CHANGE_STATUS, -1, -1},
        {"call-inbound", "voice_inbound_sip", "ringing", CALL_CHANGE_STATUS, -1, -1},
        {"call-inbound", "voice_fallback_request", "ringing", CALL_CHANGE_STATUS, -1, -1},
        {"call-inbound", "voice_gather_dtmf", "in-progress", CALL_CHANGE_STATUS, -1, -1},
        {"call-inbound", "voice_gather_speech", "in-progress", CALL_CHANGE_STATUS, -1, -1},
        {"call-status", "status_inbound_completed", "completed", CALL_CHANGE_STATUS, 0, 10},
        {"call-status", "status_inbound_completed_recorded", "completed", CALL_CHANGE_STATUS, 0,
         61},
        {"call-status", "status_outbound_0_initiated", "initiated", CALL_CHANGE_STATUS, 0, -1},
        {"call-status", "status_outbound_1_ringing", "ringing", CALL_CHANGE_STATUS, 1, -1},
        {"call-status", "status_outbound_2_answered", "in-progress", CALL_CHANGE_STATUS, 2, -1},
        {"call-status", "status_outbound_3_completed", "completed", CALL_CHANGE_STATUS, 3, 61},
        {"call-status", "status_outbound_busy", "busy", CALL_CHANGE_STATUS, 2, 0},
        {"call-status", "status_outbound_canceled", "canceled", CALL_CHANGE_STATUS, 2, 0},
        {"call-status", "status_outbound_completed_amd", "completed", CALL_CHANGE_STATUS, 3, 9},
        {"call-status", "status_outbound_failed", "failed", CALL_CHANGE_STATUS, 1, 0},
        {"call-status", "status_outbound_no_answer", "no-answer", CALL_CHANGE_STATUS, 2, 0},
        {"call-status", "status_child_leg_completed", "completed", CALL_CHANGE_STATUS, 3, 42},
        {"dial-action", "dial_action_busy", "in-progress", CALL_CHANGE_DIAL, -1, -1},
        {"dial-action", "dial_action_completed", "in-progress", CALL_CHANGE_DIAL, -1, -1},
        {"dial-action", "dial_action_completed_recorded", "in-progress", CALL_CHANGE_DIAL, -1, -1},
        {"dial-action", "dial_action_failed", "in-progress", CALL_CHANGE_DIAL, -1, -1},
        {"dial-action", "dial_action_no_answer", "in-progress", CALL_CHANGE_DIAL, -1, -1},
        {"dial-action", "dial_action_screened_out", "in-progress", CALL_CHANGE_DIAL, -1, -1},
        {"dial-action", "dial_action_sip", "in-progress", CALL_CHANGE_DIAL, -1, -1},
        {"recording-complete", "recording_status_completed", NULL, CALL_CHANGE_RECORDING, -1, -1},
        {"recording-complete", "recording_status_absent", NULL, CALL_CHANGE_RECORDING, -1, -1},
        {"recording-complete", "recording_status_in_progress", NULL, CALL_CHANGE_RECORDING, -1, -1},
    };
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const struct call_rules rules = {.region = STR("US")};

    (void)state;
    FOR_EACH_ROW (row, rows) {
        struct call_change c = change_of(row->event_type, row->fixture, a);
        struct err e = {0};

        assert_row(c.kind == row->kind && c.source == CALL_SOURCE_WEBHOOK, row->fixture);
        assert_row(str_eq(c.status, str_from(row->status)), row->fixture);
        assert_row(c.sequence == (row->sequence < 0 ? INT64_MIN : row->sequence), row->fixture);
        assert_row(c.duration == (row->duration < 0 ? INT64_MIN : row->duration), row->fixture);
        assert_row(call_change_settle(&c, &rules, a, &e), row->fixture);
    }
}

static void a_status_callback_is_read_whole(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const struct call_change c = change_of("call-status", "status_child_leg_completed", a);

    (void)state;
    assert_str(c.call_sid, "CAf0e1d2c3b4a5968778695a4b3c2d1e0f");
    assert_str(c.parent_sid, "CA0a1b2c3d4e5f60718293a4b5c6d7e8f9");
    assert_str(c.from, "+12025550199");
    assert_str(c.to, "+12025550143");
    assert_str(c.provider_direction, "outbound-dial");
    assert_int_equal(c.event_time, SECONDS(1804868930)); // Fri, 12 Mar 2027 16:28:50 +0000
    assert_int_equal(c.observed_at, RECEIVED);
    assert_str(detail(&c, STR("sip_response_code")), "200");
    assert_str(detail(&c, STR("from_city")), "WASHINGTON");
    assert_true(str_is_none(c.recording.sid) && !c.dial.given);
}

static void the_answering_machine_and_the_caller_are_named(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const struct call_change machine = change_of("call-status", "status_outbound_completed_amd", a),
                             named = change_of("call-inbound", "voice_inbound_callerid_lookup", a),
                             withheld = change_of("call-inbound", "voice_inbound_anonymous", a);

    (void)state;
    assert_str(detail(&machine, STR("answered_by")), "machine_start");
    assert_str(detail(&named, STR("caller_name")), "ADA LOVELACE");
    assert_str(withheld.from, "Anonymous");
    assert_str(detail(&withheld, STR("from_city")), NULL); // was empty
    assert_int_equal(named.event_time, TIME_NONE);         // has no Timestamp
}

static void the_end_of_a_dial_is_read(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const struct call_change done = change_of("dial-action", "dial_action_completed_recorded", a),
                             screened = change_of("dial-action", "dial_action_screened_out", a);

    (void)state;
    assert_true(done.dial.given && screened.dial.given);
    assert_str(done.dial.sid, "CAf0e1d2c3b4a5968778695a4b3c2d1e0f");
    assert_str(done.dial.status, "completed");
    assert_int_equal(done.dial.bridged, CALL_BRIDGED_YES);
    assert_int_equal(done.dial.duration, 42);
    assert_str(done.recording.sid, "RE1234567890abcdef1234567890abcdef"); // from its URL
    assert_str(done.recording.status, "completed");
    assert_str(screened.dial.status, "completed");
    assert_int_equal(screened.dial.bridged, CALL_BRIDGED_NO);
}

static void a_recording_is_read(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const struct call_change c = change_of("recording-complete", "recording_status_completed", a);

    (void)state;
    assert_str(c.call_sid, "CA0a1b2c3d4e5f60718293a4b5c6d7e8f9");
    assert_str(c.recording.sid, "RE1234567890abcdef1234567890abcdef");
    assert_str(c.recording.status, "completed");
    assert_int_equal(c.recording.duration, 58);
    assert_int_equal(c.recording.channels, 2);
    assert_int_equal(c.recording.start_time, SECONDS(1804868938));
    assert_str(c.recording.source, "DialVerb");
    assert_true(str_is_none(c.from));
}

static void odd_payloads_are_taken_as_they_are(void **state)
{
    static const struct {
        const char *label, *payload, *status;
    } rows[] = {
        {"repeated names", "{\"CallSid\":[\"CA1\",\"CA2\"],\"CallStatus\":[\"ringing\"]}",
         "ringing"},
        {"unknown status", "{\"CallSid\":\"CA1\",\"CallStatus\":\"held\"}", "held"},
        {"the event's name", "{\"CallSid\":\"CA1\",\"CallStatus\":\"answered\"}", "in-progress"},
        {"nothing but a sid", "{\"CallSid\":\"CA1\"}", NULL},
        {"numbers that are none",
         "{\"CallSid\":\"CA1\",\"CallDuration\":\"x\",\"SequenceNumber\":\"\",\"Timestamp\":\"?\"}",
         NULL},
        {"other kinds", "{\"CallSid\":\"CA1\",\"CallStatus\":7,\"From\":null,\"To\":[],\"X\":{}}",
         NULL},
    };
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);

    (void)state;
    FOR_EACH_ROW (row, rows) {
        struct call_change c;
        struct err e = {0};

        assert_row(
            twilio_normalise(STR("call-status"), str_from(row->payload), RECEIVED, a, &c, &e),
            row->label);
        assert_row(str_eq(c.call_sid, STR("CA1")), row->label);
        assert_row(str_eq(c.status, str_from(row->status)), row->label);
        assert_row(c.event_time == TIME_NONE && c.duration == INT64_MIN, row->label);
    }
}

static void only_what_can_never_be_understood_is_refused(void **state)
{
    static const struct {
        const char *event_type, *payload;
    } rows[] = {
        {"call-status", "{}"},
        {"call-status", "{\"CallSid\":\"\"}"},
        {"call-status", "[]"},
        {"call-status", "null"},
        {"call-status", "{\"CallSid\":\"CA1\""},
        {"call-surprise", "{\"CallSid\":\"CA1\"}"},
        {"", "{\"CallSid\":\"CA1\"}"},
    };
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);

    (void)state;
    FOR_EACH_ROW (row, rows) {
        struct call_change c;
        struct err e = {0};

        assert_refused(twilio_normalise(str_from(row->event_type), str_from(row->payload), RECEIVED,
                                        a, &c, &e),
                       &e, ERR_INVALID);
    }
}

TEST_MAIN(cmocka_unit_test(every_fixture_becomes_a_change),
          cmocka_unit_test(a_status_callback_is_read_whole),
          cmocka_unit_test(the_answering_machine_and_the_caller_are_named),
          cmocka_unit_test(the_end_of_a_dial_is_read), cmocka_unit_test(a_recording_is_read),
          cmocka_unit_test(odd_payloads_are_taken_as_they_are),
          cmocka_unit_test(only_what_can_never_be_understood_is_refused))
