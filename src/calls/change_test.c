#include "test/test.h"

#include "base/json.h"
#include "calls/change.h"

#define T0 SECONDS(1800000000)

static const struct str owned[] = {STR("+16175006181"), STR("+16175006182")};
static const struct call_rules rules = {.owned = owned, .n_owned = 2, .region = STR("US")};

static void direction_follows_the_documented_priority(void **state)
{
    static const struct {
        const char *label, *from, *to;
        enum call_direction direction;
    } rows[] = {
        {"1 number to SIP", "+15085140320", "sip:desk@example.com", CALL_INBOUND},
        {"1 SIP to number", "sip:desk@example.com", "+15085140320", CALL_OUTBOUND},
        {"1 withheld to SIP", "Anonymous", "sip:desk@example.com", CALL_INBOUND},
        {"1 owned to SIP", "+16175006181", "sip:desk@example.com", CALL_INBOUND},
        {"1 SIP to owned", "sip:desk@example.com", "+16175006181", CALL_OUTBOUND},
        {"1 client to number", "client:alice", "+15085140320", CALL_OUTBOUND},
        {"1 a number dialled as a URI", "sip:desk@example.com", "sip:+15085140320@example.com",
         CALL_OUTBOUND},
        {"1 a trunk's number", "sip:+15085140320@trunk.example.com", "sip:desk@example.com",
         CALL_INBOUND},
        {"2 owned to outside", "+16175006181", "+15085140320", CALL_OUTBOUND},
        {"2 outside to owned", "+15085140320", "+16175006181", CALL_INBOUND},
        {"2 withheld to owned", "Anonymous", "+16175006181", CALL_INBOUND},
        {"2 owned, written otherwise", "(617) 500-6181", "+15085140320", CALL_OUTBOUND},
        {"3 both SIP", "sip:1001@example.com", "sip:desk@example.com", CALL_INTERNAL},
        {"3 a user named by an owned number", "sip:+16175006181@example.com",
         "sip:desk@example.com", CALL_INTERNAL},
        {"4 both outside", "+15085140320", "+442079460958", CALL_EXTERNAL},
        {"4 both owned", "+16175006181", "+16175006182", CALL_EXTERNAL},
        {"4 nothing known", "", "", CALL_EXTERNAL},
    };

    (void)state;
    FOR_EACH_ROW (row, rows)
        assert_row(call_direction_of(str_from(row->from), str_from(row->to), &rules) ==
                       row->direction,
                   row->label);
}

static struct call_change full(void)
{
    static const struct call_detail details[] = {{STR("caller_name"), STR("ADA \"Å\" LOVELACE")},
                                                 {STR("from_city"), STR("BOSTON")}};
    static const struct call_leg legs[] = {
        {.sid = STR("CA4"),
         .claim = {CALL_BY_PROVIDER, CALL_COMPLETED, T0 + 1, INT_NONE},
         .answered_at = TIME_NONE,
         .duration = 9,
         .duration_by = CALL_BY_PROVIDER},
        {.sid = STR("CA5"),
         .claim = {.time = TIME_NONE, .sequence = INT_NONE},
         .answered_at = T0,
         .duration = INT_NONE}};
    struct call_change c = call_change_none;

    c.kind = CALL_CHANGE_DIAL;
    c.source = CALL_SOURCE_RECONCILE_WARM;
    c.call_sid = STR("CA1");
    c.parent_sid = STR("CA0");
    c.status = STR("in-progress");
    c.event_time = T0;
    c.observed_at = T0 + 1;
    c.sequence = 0;
    c.from = STR("+15085140320");
    c.to = STR("sip:desk@example.com");
    c.provider_direction = STR("inbound");
    c.duration = 29;
    c.price = -170;
    c.price_unit = STR("USD");
    c.start_time = T0;
    c.end_time = T0 + SECONDS(29);
    c.dial = (struct call_dial){.sid = STR("CA2"),
                                .given = true,
                                .status = STR("completed"),
                                .bridged = CALL_BRIDGED_NO,
                                .duration = 5};
    c.recording = (struct call_recording){.sid = STR("RE1"),
                                          .url = STR("https://example.com/RE1"),
                                          .status = STR("completed"),
                                          .duration = 3,
                                          .channels = 2,
                                          .start_time = T0,
                                          .source = STR("DialVerb"),
                                          .track = STR("both")};
    c.leg = (struct call_leg){.sid = STR("CA3"),
                              .claim = {CALL_BY_WEBHOOK, CALL_BUSY, T0, 3},
                              .answered_at = T0,
                              .duration = 7,
                              .duration_by = CALL_BY_PROVIDER};
    c.more_legs = legs;
    c.n_more_legs = LEN(legs);
    c.details = details;
    c.n_details = LEN(details);
    return c;
}

static struct str json_of(const struct call_change *c, struct arena *a)
{
    struct str text;
    struct buf b;

    buf_init(&b, 64 * 1024);
    call_change_json(&b, c);
    assert_true(buf_ok(&b));
    text = str_dup(buf_view(&b), a);
    buf_finish(&b);
    return text;
}

static void a_change_survives_its_json(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct call_change c = full(), read;
    struct err e = {0};
    struct str text;

    (void)state;
    assert_ok(call_change_settle(&c, &rules, a, &e), &e);
    text = json_of(&c, a);
    assert_ok(call_change_parse(text, a, &read, &e), &e);
    assert_true(str_eq(json_of(&read, a), text));
    assert_int_equal(read.leg.claim.sequence, 3);
    assert_int_equal(read.n_more_legs, 2);
    assert_str(read.more_legs[0].sid, "CA4");
    assert_int_equal(read.more_legs[0].duration, 9);
    assert_str(read.more_legs[1].sid, "CA5");
    assert_int_equal(read.dial.bridged, CALL_BRIDGED_NO);
    assert_int_equal(read.parties.direction, CALL_INBOUND);
    assert_str(read.parties.contact, "+15085140320");
    assert_str(read.details[0].value, "ADA \"Å\" LOVELACE");
}

static void settling_twice_is_settling_once(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct call_change c = full();
    struct err e = {0};
    struct str once;

    (void)state;
    c.event_time = 0; // 1970
    assert_ok(call_change_settle(&c, &rules, a, &e), &e);
    once = json_of(&c, a);
    assert_ok(call_change_settle(&c, &rules, a, &e), &e);
    assert_true(str_eq(json_of(&c, a), once));
    assert_str(c.odd_time, "1970-01-01T00:00:00Z");
    assert_int_equal(c.event_time, c.observed_at);
}

/* Or the fold of the change would be another one than that of its JSON. */
static void names_that_are_cut_to_the_same_are_one_detail(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    char first[70], second[70];
    const struct call_detail details[] = {{{first, sizeof first}, STR("1")},
                                          {STR("queue_time"), STR("2")},
                                          {{second, sizeof second}, STR("3")}};
    struct call_change c = full(), read;
    struct err e = {0};

    (void)state;
    memset(first, 'x', sizeof first);
    memset(second, 'x', sizeof second);
    second[sizeof second - 1] = 'y';
    c.details = details;
    c.n_details = LEN(details);
    assert_ok(call_change_settle(&c, &rules, a, &e), &e);
    assert_int_equal(c.n_details, 2);
    assert_str(c.details[0].value, "3");
    assert_ok(call_change_parse(json_of(&c, a), a, &read, &e), &e);
    assert_int_equal(read.n_details, 2);
    assert_str(read.details[0].value, "3");
}

/* What the stores cannot keep, or what only a mistake sends, never gets further than this. */
static void settling_tames_what_is_odd(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct call_change c = full();
    struct err e = {0};
    char *long_text = arena_alloc(a, 5000);

    (void)state;
    memset(long_text, 'x', 5000);
    c.from = (struct str){"a\0b\xFF", 4};
    c.to = (struct str){long_text, 5000};
    c.parent_sid = c.call_sid;
    c.duration = -3;
    c.recording.duration = INT64_MAX;
    c.status = STR("");
    assert_ok(call_change_settle(&c, &rules, a, &e), &e);
    assert_str(c.from, "a?b?");
    assert_int_equal(c.to.n, 256);
    assert_true(str_is_none(c.parent_sid) && str_is_none(c.status));
    assert_true(c.duration == INT64_MIN && c.recording.duration == INT64_MIN);
}

static void a_change_without_a_call_is_refused(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    static const struct str sids[] = {STR(""), {NULL, 0}, {"CA\0", 3}, {"CA\xFF", 3}};
    char *long_sid = arena_alloc(a, 101);
    struct err e = {0};

    (void)state;
    for (size_t i = 0; i < LEN(sids); i++) {
        struct call_change c = full();

        c.call_sid = sids[i];
        assert_refused(call_change_settle(&c, &rules, a, &e), &e, ERR_INVALID);
        err_clear(&e);
    }
    memset(long_sid, 'C', 101);
    struct call_change c = full();
    c.call_sid = (struct str){long_sid, 101};
    assert_refused(call_change_settle(&c, &rules, a, &e), &e, ERR_INVALID);
}

static void prices_keep_four_digits(void **state)
{
    static const struct {
        const char *in, *out; /* NULL: refused */
    } rows[] = {
        {"-0.01700", "-0.017"},
        {"0", "0"},
        {"12", "12"},
        {"0.00005", "0.0001"},
        {"-1.23456", "-1.2346"},
        {"0.99999", "1"},
        {"999999.9999", "999999.9999"},
        {"999999.99999", NULL},
        {"1000000", NULL},
        {"", NULL},
        {".5", NULL},
        {"1.", NULL},
        {"1e3", NULL},
        {"--1", NULL},
        {"1.2x", NULL},
        {" 1.5 ", "1.5"},
        {"+1", NULL},
    };

    (void)state;
    FOR_EACH_ROW (row, rows) {
        char text[CALL_PRICE_TEXT_MAX];
        int64_t price;
        const bool ok = call_price_parse(str_from(row->in), &price);

        assert_row(ok == (row->out != NULL), row->in);
        if (ok) {
            assert_int_equal(call_price_format(price, text), strlen(row->out));
            assert_string_equal(text, row->out);
        }
    }
}

TEST_MAIN(cmocka_unit_test(direction_follows_the_documented_priority),
          cmocka_unit_test(a_change_survives_its_json),
          cmocka_unit_test(settling_twice_is_settling_once),
          cmocka_unit_test(names_that_are_cut_to_the_same_are_one_detail),
          cmocka_unit_test(settling_tames_what_is_odd),
          cmocka_unit_test(a_change_without_a_call_is_refused),
          cmocka_unit_test(prices_keep_four_digits))
