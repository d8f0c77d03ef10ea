/* The table of transitions, and what follows from it. */
#include "calls/world_kit.h"

#include "base/json.h"

static bool refused_as(const struct call_effect *x, enum call_refusal why, const char *by)
{
    enum call_refusal told;
    struct str standing;

    return call_refusal_parse(x->refusal, &told, &standing) && told == why &&
           str_eq(standing, str_from(by));
}

static void f075_f083_a_claim_is_refused_exactly_when_the_table_says_so(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct err e = {0};

    (void)state;
    for (int present = 0; present < CALL_STATUS_COUNT; present++)
        for (int claimed = 0; claimed < CALL_STATUS_COUNT; claimed++) {
            const char *was = call_status_name((enum call_status)present).p;
            const char *told = call_status_name((enum call_status)claimed).p;
            struct call_change first = status_of("CA1", was, 5, 1),
                               later = status_of("CA1", told, 6, 2),
                               sooner = status_of("CA1", told, 4, 0), better = later;
            struct world w = {.n = 0};
            struct call_effect late, soon, high;

            better.source = CALL_SOURCE_RECONCILE_HOT;
            assert_true(call_change_settle(&first, &rules, a, &e) &&
                        call_change_settle(&later, &rules, a, &e) &&
                        call_change_settle(&sooner, &rules, a, &e) &&
                        call_change_settle(&better, &rules, a, &e));
            (void)apply(&w, &first, a); // only makes the present state
            late = apply(&(struct world){{w.calls[0]}, 1}, &later, a);
            soon = apply(&(struct world){{w.calls[0]}, 1}, &sooner, a);
            high = apply(&(struct world){{w.calls[0]}, 1}, &better, a);
            switch (call_move_of((enum call_status)present, (enum call_status)claimed)) {
            case CALL_MOVE_APPLY:
            case CALL_MOVE_ENRICH:
                assert_row(late.applied && soon.applied && high.applied, told);
                break;
            case CALL_MOVE_REFUSE:
                assert_row(!late.applied && !soon.applied && !high.applied, told);
                assert_row(refused_as(&late, CALL_REFUSAL_TOO_LATE, was), told);
                break;
            case CALL_MOVE_FIRST_WINS:
                assert_row(!late.applied && soon.applied && high.applied, told);
                assert_row(refused_as(&late, CALL_REFUSAL_FINAL_STANDS, was), told);
                break;
            }
        }
}

static void a_refusal_is_read_as_it_was_written_and_nothing_else_is(void **state)
{
    static const char *const none[] = {
        "",      "late",          "too_late:", "too_late:held", "came too late: ringing after busy",
        ":busy", "too_late busy",
    };
    struct str standing;
    enum call_refusal why;

    (void)state;
    for (int r = 0; r < CALL_REFUSAL_COUNT; r++) {
        assert_true(call_refusal_parse(call_refusal_name((enum call_refusal)r), &why, &standing));
        assert_int_equal(why, r);
        assert_true(str_is_none(standing));
    }
    assert_true(call_refusal_parse(STR("too_late:in-progress"), &why, &standing));
    assert_int_equal(why, CALL_REFUSAL_TOO_LATE);
    assert_str(standing, "in-progress");
    for (size_t i = 0; i < LEN(none); i++)
        assert_row(!call_refusal_parse(str_from(none[i]), &why, &standing), none[i]);
}

/* The table in docs/transitions.md, written from the code. */
static void put_table(struct buf *out)
{
    static const char *const words[] = {
        [CALL_MOVE_APPLY] = "applies",
        [CALL_MOVE_ENRICH] = "enriches",
        [CALL_MOVE_REFUSE] = "refused",
        [CALL_MOVE_FIRST_WINS] = "first wins",
    };

    buf_str(out, STR("| present \\ claimed |"));
    for (int s = 0; s < CALL_STATUS_COUNT; s++)
        buf_fmt(out, " " STR_FMT " |", STR_ARG(call_status_name((enum call_status)s)));
    buf_str(out, STR("\n|---|"));
    for (int s = 0; s < CALL_STATUS_COUNT; s++)
        buf_str(out, STR("---|"));
    buf_char(out, '\n');
    for (int was = 0; was < CALL_STATUS_COUNT; was++) {
        buf_fmt(out, "| **" STR_FMT "** |", STR_ARG(call_status_name((enum call_status)was)));
        for (int s = 0; s < CALL_STATUS_COUNT; s++)
            buf_fmt(out, " %s |", words[call_move_of((enum call_status)was, (enum call_status)s)]);
        buf_char(out, '\n');
    }
}

static void the_documented_table_is_the_one_in_the_code(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct buf table;

    (void)state;
    buf_init(&table, TEXT_MAX);
    put_table(&table);
    if (!str_contains(test_file("docs/transitions.md", a), buf_view(&table)))
        fail_msg("docs/transitions.md must contain:\n" STR_FMT, STR_ARG(buf_view(&table)));
    buf_finish(&table);
}

static struct call only(struct call_change *changes, size_t n, struct arena *a)
{
    struct world w = {.n = 0};

    settle(changes, n, a);
    for (size_t i = 0; i < n; i++)
        (void)apply(&w, &changes[i], a); // the result is looked at
    return *find(&w, STR("CA1"));
}

static void f076_late_early_events_only_enrich(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct call_change changes[] = {final_of("CA1", "completed", 30, 20),
                                    status_of("CA1", "in-progress", 10, 2),
                                    status_of("CA1", "ringing", 3, 1)};
    const struct call c = only(changes, LEN(changes), a);

    (void)state;
    assert_int_equal(c.status, CALL_COMPLETED);
    assert_true(c.is_final && c.finalized_at == T0 + SECONDS(30) && c.end_time == c.finalized_at);
    assert_int_equal(c.answered_at, T0 + SECONDS(10));
    assert_int_equal(c.start_time, T0 + SECONDS(3));
    assert_int_equal(c.last_event_time, T0 + SECONDS(30));
    assert_int_equal(c.wait_time, 7);
    assert_int_equal(c.talk_time, 20);
}

static void f082_an_unknown_status_is_kept_and_flagged(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct err e = {0};
    struct call_change ring = status_of("CA1", "ringing", 0, 0),
                       odd = status_of("CA1", "held", 1, 1);
    struct world w = {.n = 0};
    struct call_effect effect;

    (void)state;
    assert_ok(call_change_settle(&ring, &rules, a, &e), &e);
    assert_ok(call_change_settle(&odd, &rules, a, &e), &e);
    (void)apply(&w, &ring, a); // only the present state
    effect = apply(&w, &odd, a);
    assert_false(effect.applied);
    assert_str(effect.event_status, "held");
    assert_str(effect.refusal, "unknown_status");
    assert_int_equal(w.calls[0].status, CALL_RINGING);
    assert_str(w.calls[0].attributes, "{\"unknown_status\":\"held\"}");
}

static void f079_a_recording_may_come_before_its_call(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct err e = {0};
    struct call_change recording = recording_of("CA1", "RE1", "completed", 9),
                       ring = status_of("CA1", "ringing", 0, 0);
    struct world w = {.n = 0};
    struct call_effect effect;

    (void)state;
    assert_ok(call_change_settle(&recording, &rules, a, &e), &e);
    assert_ok(call_change_settle(&ring, &rules, a, &e), &e);
    effect = apply(&w, &recording, a);
    assert_int_equal(effect.type, CALL_EVENT_RECORDING);
    assert_int_equal(w.calls[0].visibility, CALL_PENDING);
    assert_int_equal(w.calls[0].start_time, TIME_NONE);
    effect = apply(&w, &ring, a);
    assert_int_equal(effect.type, CALL_EVENT_STARTED);
    assert_int_equal(w.calls[0].visibility, CALL_VISIBLE);
    assert_str(w.calls[0].recording_url, "https://example.com/recording");
}

/* Forty details and sixteen recordings, as long as they may be, of bytes that take six in JSON. */
static void the_longest_texts_still_make_whole_columns(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct world w = {.n = 0};
    struct err e = {0};
    char *odd = arena_alloc(a, 4096);

    (void)state;
    memset(odd, '\1', 4096);
    for (int i = 0; i <= CALL_FOLD_DETAILS; i++) { // one more than is kept
        const struct call_detail detail = {str_fmt(a, "%02d%.62s", i, odd), {odd, 4096}};
        struct call_change c = recording_of("CA1", "", "completed", i);

        c.recording.sid = str_fmt(a, "%02d%.98s", i, odd);
        c.recording.url = (struct str){odd, 4096};
        c.details = &detail;
        c.n_details = 1;
        assert_ok(call_change_settle(&c, &rules, a, &e), &e);
        (void)apply(&w, &c, a); // the columns are looked at
        assert_ok(json_check(w.calls[0].attributes, &e), &e);
        assert_ok(json_check(w.calls[0].metadata, &e), &e);
    }
    assert_int_equal(w.calls[0].fold->n_details, CALL_FOLD_DETAILS);
    assert_int_equal(w.calls[0].fold->n_recordings, CALL_FOLD_LIST);
}

static void implausible_times_are_replaced(void **state)
{
    static const usec_t odd[] = {0, -SECONDS(5), SECONDS(253402300799), INT64_MAX, INT64_MIN + 1};
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);

    (void)state;
    for (size_t i = 0; i < LEN(odd); i++) {
        struct call_change c = status_of("CA1", "ringing", 0, 0);
        struct call call;

        c.event_time = odd[i];
        call = only(&c, 1, a);
        assert_int_equal(call.start_time, c.observed_at);
        assert_false(str_is_none(call.fold->odd_time.value));
    }
}

/* What happened to the person, with the talk that there was. */
static void display_status_tells_what_happened_to_the_person(void **state)
{
    const struct {
        const char *label;
        struct call_change changes[4];
        size_t n;
        enum call_status status, display;
        int64_t talk, wait;
    } rows[] = {
        {"no dial",
         {final_of("CA1", "completed", 30, 30)},
         1,
         CALL_COMPLETED,
         CALL_COMPLETED,
         30,
         INT64_MIN},
        {"nobody answered",
         {dial_of("CA1", "CA2", "no-answer", 0, 20), final_of("CA1", "completed", 30, 30)},
         2,
         CALL_COMPLETED,
         CALL_NO_ANSWER,
         0,
         30},
        {"busy",
         {dial_of("CA1", "CA2", "busy", 0, 20), final_of("CA1", "completed", 30, 30)},
         2,
         CALL_COMPLETED,
         CALL_BUSY,
         0,
         30},
        {"screened out",
         {dial_of("CA1", "CA2", "completed", 0, 20),
          child_of(final_of("CA2", "completed", 20, 5), "CA1"),
          final_of("CA1", "completed", 30, 30)},
         3,
         CALL_COMPLETED,
         CALL_NO_ANSWER,
         0,
         30},
        {"bridged",
         {dial_of("CA1", "CA2", "completed", 1, 20),
          child_of(final_of("CA2", "completed", 20, 12), "CA1"),
          final_of("CA1", "completed", 30, 30)},
         3,
         CALL_COMPLETED,
         CALL_COMPLETED,
         12,
         18},
        {"only the leg is known",
         {child_of(final_of("CA2", "failed", 20, 0), "CA1"), final_of("CA1", "completed", 30, 30)},
         2,
         CALL_COMPLETED,
         CALL_FAILED,
         0,
         30},
        {"still ringing for the caller",
         {status_of("CA1", "in-progress", 1, 1),
          child_of(status_of("CA2", "ringing", 2, 1), "CA1")},
         2,
         CALL_IN_PROGRESS,
         CALL_RINGING,
         INT64_MIN,
         INT64_MIN},
        {"answered",
         {status_of("CA1", "in-progress", 1, 1),
          child_of(status_of("CA2", "in-progress", 4, 2), "CA1")},
         2,
         CALL_IN_PROGRESS,
         CALL_IN_PROGRESS,
         INT64_MIN,
         INT64_MIN},
        {"the caller gave up",
         {final_of("CA1", "canceled", 9, 0)},
         1,
         CALL_CANCELED,
         CALL_CANCELED,
         0,
         INT64_MIN},
    };
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);

    (void)state;
    FOR_EACH_ROW (row, rows) {
        struct call_change changes[LEN(row->changes)];
        struct call c;

        memcpy(changes, row->changes, sizeof changes);
        c = only(changes, row->n, a);
        assert_row(c.status == row->status, row->label);
        assert_row(c.display_status == row->display, row->label);
        assert_row(c.talk_time == row->talk, row->label);
        assert_row(c.wait_time == row->wait, row->label);
    }
}

static void filters_hide(void **state)
{
    static const struct {
        const char *label, *from, *to;
        enum call_visibility visibility;
        const char *contact;
    } rows[] = {
        {"inbound", "+15085140320", "+16175006181", CALL_VISIBLE, "+15085140320"},
        {"international", "+442079460958", "+16175006181", CALL_VISIBLE, "+442079460958"},
        {"internal", "sip:1001@example.com", "sip:desk@example.com", CALL_FILTERED, NULL},
        {"withheld", "Anonymous", "+16175006181", CALL_FILTERED, NULL},
        {"malformed", "+123", "+16175006181", CALL_FILTERED, NULL},
        {"withheld, as digits", "+266696687", "+16175006181", CALL_FILTERED, NULL},
        {"our own numbers", "+16175006181", "+16175006181", CALL_FILTERED, NULL},
    };
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);

    (void)state;
    FOR_EACH_ROW (row, rows) {
        struct call_change change = status_of("CA1", "ringing", 0, 0);
        struct call c;

        change.from = str_from(row->from);
        change.to = str_from(row->to);
        c = only(&change, 1, a);
        assert_row(c.visibility == row->visibility, row->label);
        assert_row(str_eq(c.contact, str_from(row->contact)), row->label);
    }
}

TEST_MAIN(cmocka_unit_test(f075_f083_a_claim_is_refused_exactly_when_the_table_says_so),
          cmocka_unit_test(a_refusal_is_read_as_it_was_written_and_nothing_else_is),
          cmocka_unit_test(the_documented_table_is_the_one_in_the_code),
          cmocka_unit_test(f076_late_early_events_only_enrich),
          cmocka_unit_test(f082_an_unknown_status_is_kept_and_flagged),
          cmocka_unit_test(f079_a_recording_may_come_before_its_call),
          cmocka_unit_test(the_longest_texts_still_make_whole_columns),
          cmocka_unit_test(implausible_times_are_replaced),
          cmocka_unit_test(display_status_tells_what_happened_to_the_person),
          cmocka_unit_test(filters_hide))
