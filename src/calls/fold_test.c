/* The registers one by one: which of two words stands, in either order, and what it shows. */
#include "calls/derive.h"

#include "calls/fold.h"
#include "base/json.h"
#include "calls/apply.h"
#include "test/test.h"

#define T0 SECONDS(1800000000)

static const struct call_rules rules = {.region = STR("US")};

static struct call_change change(enum call_change_kind kind, int at)
{
    struct call_change c = call_change_none;

    c.kind = kind;
    c.call_sid = STR("CA1");
    c.event_time = T0 + SECONDS(at);
    c.observed_at = c.event_time;
    return c;
}

static struct call_change recording(const char *sid, const char *status, const char *url)
{
    struct call_change c = change(CALL_CHANGE_RECORDING, 5);

    c.recording.sid = str_from(sid);
    c.recording.status = str_from(status);
    c.recording.url = str_from(url);
    return c;
}

static struct call_change dial(const char *sid, const char *status, int at)
{
    struct call_change c = change(CALL_CHANGE_DIAL, at);

    c.status = STR("completed");
    c.dial.given = true;
    c.dial.sid = str_from(sid);
    c.dial.status = str_from(status);
    return c;
}

static struct call after(const struct call_change *changes, size_t n, bool backwards,
                         struct arena *a)
{
    struct call c = call_unknown(1, STR("twilio"), STR("CA1"));
    struct err e = {0};

    for (size_t i = 0; i < n; i++) {
        struct call_change one = changes[backwards ? n - 1 - i : i];
        struct call_effect effect;
        const struct call before = c;

        assert_ok(call_change_settle(&one, &rules, a, &e), &e);
        call_apply(&before, &one, a, &c, &effect);
    }
    return c;
}

#define AFTER(changes, backwards, a) after((changes), LEN(changes), (backwards), (a))

static void a_recordings_status_only_gets_better(void **state)
{
    static const struct {
        const char *one, *other, *stands;
    } rows[] = {
        {"in-progress", "completed", "completed"},
        {"absent", "completed", "completed"},
        {"failed", "in-progress", "failed"},
        {"absent", "failed", "absent"},
        {NULL, "in-progress", "in-progress"},
        {NULL, NULL, NULL},
        {"odd", "absent", "absent"},
    };
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);

    (void)state;
    FOR_EACH_ROW (row, rows) {
        const struct call_change both[] = {recording("RE1", row->one, "https://x"),
                                           recording("RE1", row->other, NULL)};
        for (int backwards = 0; backwards < 2; backwards++)
            assert_str(AFTER(both, backwards, a).fold->recordings[0].status, row->stands);
    }
}

static void the_earliest_complete_recording_is_shown(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct call_change all[] = {
        recording("RE1", "completed", NULL),
        recording("RE2", "in-progress", "https://x/2"),
        recording("RE3", "completed", "https://x/3"),
        recording("RE4", "completed", "https://x/4"),
        recording("RE5", "completed", "https://x/5"),
    };

    (void)state;
    all[2].recording.start_time = T0 + SECONDS(3);
    all[3].recording.start_time = T0 + SECONDS(1);
    all[4].recording.start_time = T0 + SECONDS(2);
    for (int backwards = 0; backwards < 2; backwards++)
        assert_str(AFTER(all, backwards, a).recording_url, "https://x/4");
    assert_str(after(all, 2, false, a).recording_url, NULL);
}

static void who_knows_both_ends_knows_more(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct call_change words[] = {change(CALL_CHANGE_STATUS, 0), change(CALL_CHANGE_STATUS, 1),
                                  change(CALL_CHANGE_STATUS, 2)};

    (void)state;
    words[0].source = CALL_SOURCE_RECONCILE_HOT;
    words[0].from = STR("+15085140321");
    words[1].to = STR("+15085140322");
    words[2].from = STR("+15085140323");
    words[2].to = STR("+15085140324");
    for (int backwards = 0; backwards < 2; backwards++) {
        const struct call c = AFTER(words, backwards, a);
        assert_str(c.from_number, "+15085140323");
        assert_str(c.to_number, "+15085140324");
    }
    const struct call half = after(words, 2, false, a);
    assert_str(half.from_number, "+15085140321");
    assert_str(half.to_number, "");
    assert_int_equal(half.visibility, CALL_FILTERED);
}

static void of_too_many_legs_the_first_are_kept(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct call_change legs[CALL_FOLD_LIST + 1];

    (void)state;
    for (size_t i = 0; i < LEN(legs); i++) {
        legs[i] = change(CALL_CHANGE_LEG, (int)i);
        legs[i].leg.sid = str_fmt(a, "CB%02zu", i);
    }
    for (int backwards = 0; backwards < 2; backwards++) {
        const struct call c = AFTER(legs, backwards, a);
        assert_int_equal(c.fold->n_legs, CALL_FOLD_LIST);
        assert_str(c.fold->legs[0].sid, "CB00");
        assert_str(c.fold->legs[CALL_FOLD_LIST - 1].sid, "CB15");
    }
}

static void the_word_answered_counts_as_reached(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct call_change reached[] = {dial("CB1", "answered", 9)};
    struct call_change screened[] = {dial("CB1", "answered", 9)};

    (void)state;
    screened[0].dial.bridged = CALL_BRIDGED_NO;
    assert_int_equal(AFTER(reached, false, a).display_status, CALL_COMPLETED);
    assert_int_equal(AFTER(screened, false, a).display_status, CALL_NO_ANSWER);
}

static void a_dial_that_contradicts_the_final_status_is_refused(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct call_change end = change(CALL_CHANGE_STATUS, 1), late = dial("CB1", NULL, 2);
    struct call c = call_unknown(1, STR("twilio"), STR("CA1")), before;
    struct call_effect effect;
    struct err e = {0};

    (void)state;
    end.status = STR("busy");
    assert_ok(call_change_settle(&end, &rules, a, &e), &e);
    assert_ok(call_change_settle(&late, &rules, a, &e), &e);
    before = c;
    call_apply(&before, &end, a, &c, &effect);
    before = c;
    call_apply(&before, &late, a, &c, &effect);
    assert_false(effect.applied);
    assert_str(effect.refusal, "final_stands:busy");
    assert_str(effect.event_status, "completed"); // of the call, for the dial has none
    assert_int_equal(c.status, CALL_BUSY);
}

static void details_are_kept_by_name_and_numbers_are_numbers(void **state)
{
    static const struct call_detail details[] = {
        {STR("queue_time"), STR("12")}, {STR("caller_name"), STR("A")},     {STR(""), STR("x")},
        {STR("empty"), STR("")},        {STR("answered_by"), STR("human")},
    };
    static const struct call_detail words[] = {{STR("queue_time"), STR("long")}};
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct call_change c = change(CALL_CHANGE_DETAILS, 0), odd = change(CALL_CHANGE_DETAILS, 0);

    (void)state;
    c.details = details;
    c.n_details = LEN(details);
    const struct call shown = after(&c, 1, false, a);
    assert_int_equal(shown.fold->n_details, 3);
    assert_true(str_contains(shown.metadata, STR("\"queue_time\":12,")));
    assert_true(str_contains(shown.metadata, STR("\"answered_by\":\"human\"")));
    odd.details = words;
    odd.n_details = LEN(words);
    assert_true(str_contains(after(&odd, 1, false, a).metadata, STR("\"queue_time\":\"long\"")));
}

/* F138: whatever is too long is cut between characters; whatever is no text becomes some. */
static void f138_texts_are_cut_between_characters(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct call_change c = change(CALL_CHANGE_STATUS, 0), again;
    char *odd = arena_alloc(a, 600);
    struct err e = {0};

    (void)state;
    for (size_t i = 0; i < 600; i += 2)
        memcpy(odd + i, "\xc3\xa9", 2);
    c.from = str_fmt(a, "x%.600s", odd);
    memset(odd, '\x80', 600);
    c.to = (struct str){odd, 600};
    c.status = STR("a\0b");
    assert_ok(call_change_settle(&c, &rules, a, &e), &e);
    assert_int_equal(c.from.n, 255);
    assert_true(str_is_utf8(c.from));
    assert_int_equal(c.to.n, 256);
    assert_int_equal(str_find(c.to, '?'), 0);
    assert_str(c.status, "a?b");
    again = c;
    assert_ok(call_change_settle(&again, &rules, a, &e), &e);
    assert_true(str_eq(again.from, c.from) && str_eq(again.to, c.to));
}

static void what_is_no_change_is_refused(void **state)
{
    static const char *const rows[] = {
        "",
        "{",
        "null",
        "[]",
        "{}",
        "{\"kind\":\"status\"}",
        "{\"kind\":\"status\",\"source\":\"rumour\"}",
        "{\"kind\":\"odd\",\"source\":\"webhook\"}",
    };
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct call_change c;
    struct err e;

    (void)state;
    FOR_EACH_ROW (text, rows)
        assert_refused(call_change_parse(str_from(*text), a, &c, &e), &e, ERR_INVALID);
}

static void odd_members_of_a_change_are_absent(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct call_change c;
    struct err e;

    (void)state;
    assert_ok(
        call_change_parse(STR("{\"kind\":\"leg\",\"source\":\"inferred\",\"call_sid\":\"CA1\","
                              "\"details\":[1],\"leg\":{\"sid\":\"CB1\",\"status\":"
                              "\"ringing\",\"by\":9,\"duration\":3,\"duration_by\":-1}}"),
                          a, &c, &e),
        &e);
    assert_int_equal(c.leg.claim.by, CALL_BY_NOBODY);
    assert_int_equal(c.leg.duration_by, CALL_BY_NOBODY);
    assert_int_equal(c.n_details, 0);
    assert_ok(call_change_parse(STR("{\"kind\":\"leg\",\"source\":\"inferred\",\"leg\":{\"sid\":"
                                    "\"CB1\",\"status\":\"odd\"}}"),
                                a, &c, &e),
              &e);
    assert_int_equal(c.leg.claim.by, CALL_BY_NOBODY);
}

static void a_fold_that_no_store_wrote_is_read_as_far_as_it_goes(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct call_fold f;
    struct err e;

    (void)state;
    assert_refused(call_fold_parse(STR("{"), a, &f, &e), &e, ERR_INVALID);
    assert_ok(call_fold_parse(STR_NONE, a, &f, &e), &e);
    assert_false(f.known);
    assert_ok(call_fold_parse(STR("{\"known\":false,\"legs\":{},\"details\":[],\"status\":\"busy\","
                                  "\"by\":-1,\"unit\":\"USD\",\"unit_by\":4}"),
                              a, &f, &e),
              &e);
    assert_false(f.known);
    assert_int_equal(f.n_legs + f.n_details, 0);
    assert_int_equal(f.claim.by, CALL_BY_WEBHOOK);
    assert_int_equal(f.price_unit.by, CALL_BY_WEBHOOK);
    // jsonb gives members back by the length of their names
    assert_ok(call_fold_parse(STR("{\"details\":{\"b\":\"2\",\"aa\":\"1\"}}"), a, &f, &e), &e);
    assert_str(f.details[0].name, "aa");
    assert_str(f.details[1].name, "b");
}

/* Somebody was in the store: what is shown of it is odd, and nothing overflows. */
static void extreme_numbers_of_a_fold_have_no_difference(void **state)
{
    static const struct {
        const char *label, *fold;
        int64_t wait;
    } rows[] = {
        {"a talk below zero",
         "{\"status\":\"completed\",\"duration\":9223372036854775807,\"legs\":[{\"sid\":\"CB1\","
         "\"status\":\"completed\",\"answered\":1,\"duration\":-5}]}",
         INT_NONE},
        {"a start before all time", "{\"start\":-9000000000000000000,\"answered\":1000000}",
         INT_NONE},
        {"an answer after all time", "{\"start\":1000000,\"answered\":9000000000000000000}",
         INT_NONE},
        {"neither", "{\"start\":1000000,\"answered\":3000000}", 2},
    };
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);

    (void)state;
    FOR_EACH_ROW (row, rows) {
        struct call c = call_unknown(1, STR("twilio"), STR("CA1"));
        struct call_fold f;
        struct err e;

        assert_ok(call_fold_parse(str_from(row->fold), a, &f, &e), &e);
        call_derive(&f, a, &c);
        assert_row(c.wait_time == row->wait, row->label);
    }
}

TEST_MAIN(cmocka_unit_test(a_recordings_status_only_gets_better),
          cmocka_unit_test(extreme_numbers_of_a_fold_have_no_difference),
          cmocka_unit_test(the_earliest_complete_recording_is_shown),
          cmocka_unit_test(who_knows_both_ends_knows_more),
          cmocka_unit_test(of_too_many_legs_the_first_are_kept),
          cmocka_unit_test(the_word_answered_counts_as_reached),
          cmocka_unit_test(a_dial_that_contradicts_the_final_status_is_refused),
          cmocka_unit_test(details_are_kept_by_name_and_numbers_are_numbers),
          cmocka_unit_test(f138_texts_are_cut_between_characters),
          cmocka_unit_test(what_is_no_change_is_refused),
          cmocka_unit_test(odd_members_of_a_change_are_absent),
          cmocka_unit_test(a_fold_that_no_store_wrote_is_read_as_far_as_it_goes))
