#include "test/test.h"

#include "base/json.h"
#include "base/limits.h"
#include "providers/provider.h"
#include "providers/twilio/doors.h"
#include "providers/twilio/twiml.h"

#define FIXTURES "src/providers/twilio/fixtures/"
#define BODY_DIGEST_LEN 71 /* "sha256:" and 64 digits */

enum { INBOUND, STATUS, RECORDING, DIAL };

struct seen {
    struct http_request rq;
    struct http_header type;
    struct door_visit visit;
    struct inbox_item item;
};

static struct seen *arrive(const struct door *door, const char *type, struct str body,
                           struct arena *a)
{
    struct seen *s = arena_new(a, struct seen, 1);
    s->type = (struct http_header){STR("Content-Type"), str_from(type)};
    s->rq = (struct http_request){.method = HTTP_POST,
                                  .target = door->path,
                                  .path = door->path,
                                  .headers = &s->type,
                                  .n_headers = 1,
                                  .body = body};
    s->visit = (struct door_visit){
        .door = door, .rq = &s->rq, .base_url = STR("https://calls.example.com"), .a = a};
    return s;
}

static struct seen *described(size_t door, struct str body, struct arena *a)
{
    struct seen *s = arrive(&twilio_doors[door], "application/x-www-form-urlencoded", body, a);
    struct err e;
    assert_ok(s->visit.door->read(&s->visit, &e), &e);
    s->visit.door->describe(&s->visit, &s->item);
    return s;
}

static struct seen *from_fixture(size_t door, const char *path, struct arena *a)
{
    return described(door, test_file(path, a), a);
}

// --- identity ------------------------------------------------------------------------------------

static void keys_come_from_the_events_own_fields(void **state)
{
    static const struct {
        size_t door;
        const char *path, *key, *lane, *recording;
    } rows[] = {
        {INBOUND, FIXTURES "voice_inbound.txt", "inbound:CA0a1b2c3d4e5f60718293a4b5c6d7e8f9",
         "CA0a1b2c3d4e5f60718293a4b5c6d7e8f9", NULL},
        {STATUS, FIXTURES "status_outbound_3_completed.txt",
         "call:CA0a1b2c3d4e5f60718293a4b5c6d7e8f9:completed:1804868999:3",
         "CA0a1b2c3d4e5f60718293a4b5c6d7e8f9", NULL},
        {STATUS, FIXTURES "status_child_leg_completed.txt",
         "call:CAf0e1d2c3b4a5968778695a4b3c2d1e0f:completed:1804868930:3",
         "CA0a1b2c3d4e5f60718293a4b5c6d7e8f9", NULL},
        {RECORDING, FIXTURES "recording_status_completed.txt",
         "recording:RE1234567890abcdef1234567890abcdef:completed",
         "CA0a1b2c3d4e5f60718293a4b5c6d7e8f9", "RE1234567890abcdef1234567890abcdef"},
        {DIAL, FIXTURES "dial_action_busy.txt",
         "dial:CA0a1b2c3d4e5f60718293a4b5c6d7e8f9:CAf0e1d2c3b4a5968778695a4b3c2d1e0f:busy",
         "CA0a1b2c3d4e5f60718293a4b5c6d7e8f9", NULL},
    };
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);

    (void)state;
    FOR_EACH_ROW (row, rows) {
        const struct seen *s = from_fixture(row->door, row->path, a);
        assert_str(s->item.dedupe_key, row->key);
        assert_str(s->item.lane, row->lane);
        assert_str(s->item.recording_sid, row->recording);
        assert_str(s->visit.account, "AC00112233445566778899aabbccddeeff");
        assert_true(str_is_none(s->item.raw_body));
    }
}

static struct str key_of(size_t door, const char *body, struct arena *a)
{
    return described(door, str_from(body), a)->item.dedupe_key;
}

static void what_identifies_nothing_is_told_apart_by_its_body(void **state)
{
    static const struct {
        size_t door;
        const char *body, *prefix;
    } rows[] = {
        {INBOUND, "From=%2B1508", "inbound:sha256:"},
        {INBOUND, "CallSid=&From=%2B1508", "inbound:sha256:"},
        {STATUS, "CallSid=CA1&CallStatus=ringing", "call:CA1:ringing:sha256:"},
        {STATUS, "CallSid=CA1&CallStatus=ringing&Timestamp=soon", "call:CA1:ringing:sha256:"},
        {RECORDING, "CallSid=CA1&RecordingStatus=completed", "recording:sha256:"},
        {DIAL, "CallSid=CA1&DialCallStatus=no-answer", "dial:CA1:sha256:"},
    };
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);

    (void)state;
    FOR_EACH_ROW (row, rows) {
        const struct str key = key_of(row->door, row->body, a);
        const struct str other = str_fmt(a, "%s&x=1", row->body);
        assert_row(str_starts(key, str_from(row->prefix)), row->body);
        assert_row(str_eq(key, key_of(row->door, row->body, a)), row->body);
        assert_row(!str_eq(key, key_of(row->door, str_z(other, a), a)), row->body);
    }
}

static void an_uncounted_event_has_the_short_key(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);

    (void)state;
    assert_str(key_of(STATUS,
                      "CallSid=CA123&CallStatus=completed"
                      "&Timestamp=Fri%2C+13+Feb+2009+23%3A31%3A30+%2B0000",
                      a),
               "call:CA123:completed:1234567890");
}

static void an_event_without_a_call_is_still_described(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const struct seen *s = described(STATUS, STR("AccountSid=AC1&x=y"), a);

    (void)state;
    assert_true(str_is_none(s->item.call_sid));
    assert_true(str_eq(s->item.lane, s->item.dedupe_key));
    assert_str(s->item.payload, "{\"AccountSid\":\"AC1\",\"x\":\"y\"}");
}

static void keys_and_sids_are_plain_and_bounded(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    char *sid = arena_alloc(a, 400);
    const char *odd[] = {sid, "CA%00", "CA%C3%A4", "CA%FF", "CA+1", "CA%0A"};

    (void)state;
    memset(sid, 'x', 300);
    FOR_EACH_ROW (text, odd) {
        const struct str body = str_fmt(a, "CallSid=%s&CallStatus=ringing", *text);
        const struct seen *s = described(STATUS, body, a);
        assert_row(str_is_none(s->item.call_sid), *text);
        assert_row(str_starts(s->item.dedupe_key, STR("sha256:")), *text);
        assert_row(s->item.dedupe_key.n == BODY_DIGEST_LEN, *text);
        assert_row(s->item.lane.n <= LIMIT_DEDUPE_KEY, *text);
    }
}

static void f074_sequence_numbers_tell_repeats_apart(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    static const char at[] = "CallSid=CA1&CallStatus=ringing&Timestamp=Fri%%2C+12+Mar+2027+16%%3A29"
                             "%%3A59+%%2B0000&SequenceNumber=%d";

    (void)state;
    assert_str(key_of(STATUS, str_z(str_fmt(a, at, 1), a), a), "call:CA1:ringing:1804868999:1");
    assert_str(key_of(STATUS, str_z(str_fmt(a, at, 2), a), a), "call:CA1:ringing:1804868999:2");
}

// --- the payload ---------------------------------------------------------------------------------

static void all_fields_are_kept_in_order(void **state)
{
    static const struct {
        const char *body, *payload;
        bool faithful;
    } rows[] = {
        {"b=1&a=%22%5C+x&c=", "{\"b\":\"1\",\"a\":\"\\\"\\\\ x\",\"c\":\"\"}", true},
        {"a=1&b=2&a=3&a=1", "{\"a\":[\"1\",\"3\",\"1\"],\"b\":\"2\"}", true},
        {"a&=x", "{\"a\":\"\",\"\":\"x\"}", true},
        {"n=%C3%A9%E2%82%AC", "{\"n\":\"\xc3\xa9\xe2\x82\xac\"}", true},
        {"n=%FF", "{\"n\":\"\xef\xbf\xbd\"}", false},
        {"n=x%00y", "{\"n\":\"x\xef\xbf\xbdy\"}", false},
        {"", "{}", true},
    };
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);

    (void)state;
    FOR_EACH_ROW (row, rows) {
        const struct seen *s = described(STATUS, str_from(row->body), a);
        assert_str(s->item.payload, row->payload);
        assert_row(str_is_none(s->item.raw_body) == row->faithful, row->body);
    }
}

static void every_fixture_becomes_a_json_object(void **state)
{
    static const char *const names[] = {"voice_inbound_sip",
                                        "voice_inbound_anonymous",
                                        "voice_inbound_forwarded",
                                        "voice_gather_speech",
                                        "voice_fallback_request",
                                        "status_outbound_0_initiated",
                                        "status_inbound_completed_recorded",
                                        "dial_action_sip",
                                        "recording_status_absent"};
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);

    (void)state;
    FOR_EACH_ROW (name, names) {
        const struct str path = str_fmt(a, FIXTURES "%s.txt", *name);
        const struct seen *s = from_fixture(STATUS, str_z(path, a), a);
        struct json_object *o;
        struct err e;
        assert_ok(json_parse(s->item.payload, a, &o, &e), &e);
        for (size_t i = 0; i < s->visit.fields.n; i++) {
            const struct form_field *f = &s->visit.fields.fields[i];
            assert_true(str_eq(json_get_str(o, str_z(f->name, a)), f->value));
        }
    }
}

static void a_json_body_is_read_like_a_form(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct seen *s =
        arrive(&twilio_doors[STATUS], "application/json; charset=utf-8",
               STR("{\"AccountSid\":\"AC1\",\"CallSid\":\"CA1\",\"n\":7,\"o\":{\"x\":1}}"), a);
    struct err e;

    (void)state;
    assert_ok(s->visit.door->read(&s->visit, &e), &e);
    assert_str(s->visit.account, "AC1");
    s->visit.door->describe(&s->visit, &s->item);
    assert_str(s->item.call_sid, "CA1");
    assert_true(str_contains(s->item.payload, STR("\"n\":\"7\"")));
    assert_true(str_eq(s->item.raw_body, s->rq.body)); // numbers and nesting are in there
}

/* Two events must not become one because their numbers were cut to the same limit. */
static void f137_a_number_out_of_range_is_refused_and_others_are_exact(void **state)
{
    static const struct {
        const char *number;
        bool exact;
    } rows[] = {
        {"9007199254740993", true},
        {"-9223372036854775807", true},
        {"18446744073709551614", true},
        {"1e400", true},
        {"0.10", true},
        {"18446744073709551616", false},
        {"-9223372036854775809", false},
        {"100000000000000000000000000001", false},
        {"100000000000000000000000000002", false},
    };
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct err e;

    (void)state;
    FOR_EACH_ROW (row, rows) {
        const struct str body = str_fmt(a, "{\"CallSid\":%s}", row->number);
        struct seen *s = arrive(&twilio_doors[STATUS], "application/json", body, a);
        assert_row(s->visit.door->read(&s->visit, &e) == row->exact, row->number);
        if (row->exact)
            assert_str(form_get(&s->visit.fields, STR("CallSid")), row->number);
    }
}

static void unreadable_bodies_are_refused(void **state)
{
    static const char *const bodies[] = {"", "{", "[]", "7", "{\"a\":1}x", "\xff"};
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct err e;

    (void)state;
    FOR_EACH_ROW (body, bodies) {
        struct seen *s = arrive(&twilio_doors[STATUS], "application/json", str_from(*body), a);
        assert_row(!s->visit.door->read(&s->visit, &e), *body);
    }

    struct str many = STR("");
    for (int i = 0; i < LIMIT_FORM_FIELDS + 1; i++)
        many = str_fmt(a, STR_FMT "a&", STR_ARG(many));
    struct seen *s = arrive(&twilio_doors[STATUS], "", many, a);
    assert_refused(s->visit.door->read(&s->visit, &e), &e, ERR_LIMIT);
}

// --- answers -------------------------------------------------------------------------------------

static void live_calls_are_steered_and_callbacks_acknowledged(void **state)
{
    static const struct twilio_routing routing = {.sip_user = {"desk", 4},
                                                  .sip_domain = {"acme.sip.twilio.com", 19}};
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct buf out;

    (void)state;
    buf_init(&out, 4096);
    struct seen *s = from_fixture(INBOUND, FIXTURES "voice_inbound.txt", a);
    s->visit.config = &routing;
    s->visit.door->answer(&s->visit, &out);
    assert_true(str_contains(buf_view(&out), STR(">sip:desk@acme.sip.twilio.com</Sip>")));

    buf_reset(&out);
    s = from_fixture(DIAL, FIXTURES "dial_action_busy.txt", a);
    s->visit.door->answer(&s->visit, &out);
    assert_true(str_contains(buf_view(&out), STR("<Response/>")));
    buf_finish(&out);

    assert_int_equal(twilio_doors[INBOUND].kind, DOOR_STEER);
    assert_int_equal(twilio_doors[DIAL].kind, DOOR_STEER);
    assert_int_equal(twilio_doors[STATUS].kind, DOOR_ACK);
    assert_int_equal(twilio_doors[RECORDING].kind, DOOR_ACK);
}

static void the_provider_is_in_the_list(void **state)
{
    const struct provider *p = provider_find(STR("twilio"));

    (void)state;
    assert_non_null(p);
    assert_int_equal(p->n_doors, TWILIO_DOORS);
    assert_non_null(p->normalise);
    assert_null(provider_find(STR("nobody")));
}

TEST_MAIN(cmocka_unit_test(keys_come_from_the_events_own_fields),
          cmocka_unit_test(what_identifies_nothing_is_told_apart_by_its_body),
          cmocka_unit_test(an_uncounted_event_has_the_short_key),
          cmocka_unit_test(an_event_without_a_call_is_still_described),
          cmocka_unit_test(keys_and_sids_are_plain_and_bounded),
          cmocka_unit_test(f074_sequence_numbers_tell_repeats_apart),
          cmocka_unit_test(all_fields_are_kept_in_order),
          cmocka_unit_test(every_fixture_becomes_a_json_object),
          cmocka_unit_test(a_json_body_is_read_like_a_form),
          cmocka_unit_test(f137_a_number_out_of_range_is_refused_and_others_are_exact),
          cmocka_unit_test(unreadable_bodies_are_refused),
          cmocka_unit_test(live_calls_are_steered_and_callbacks_acknowledged),
          cmocka_unit_test(the_provider_is_in_the_list))
