/* What the API answers of calls, on both stores, in the shapes that it has documented. */
#include "calls/read_kit.h"

static void metadata_has_the_documented_keys(void **state)
{
    static const char *const keys[] = {"answered_by",
                                       "queue_time",
                                       "twilio_direction",
                                       "twilio_status",
                                       "actual_direction",
                                       "display_status",
                                       "twilioDirection",
                                       "duration",
                                       "hasParent",
                                       "from",
                                       "to"};

    (void)state;
    TEST_OFFICES(r, a)
    {
        struct buf out = answer();
        struct json_object *metadata;
        struct err e = {0};
        bool found, has_parent;

        assert_ok(call_detail_json(&r, STR("CA2"), INT_NONE, a, &out, &found, &e), &e);
        metadata = json_get(json_get(tree_of(finished(&out, a), a), "call"), "metadata");
        for (size_t i = 0; i < LEN(keys); i++) // the value may be null
            assert_row(json_get(metadata, keys[i]) || i < 2, keys[i]);
        assert_true(json_get_bool(metadata, "hasParent", &has_parent) && has_parent);
        assert_str(json_get_str(metadata, "twilio_direction"), "outbound-dial");
        assert_str(json_get_str(metadata, "to"), "sip:dispatcher@example.com");
    }
}

static void what_goes_on_is_listed(void **state)
{
    (void)state;
    TEST_OFFICES(r, a)
    {
        struct buf out = answer();
        struct err e = {0};
        struct str text;

        assert_ok(call_active_json(&r, a, &out, &e), &e);
        text = finished(&out, a);
        assert_int_equal(count_of(text, "\"twilio_sid\""), 1); // CA5 is internal
        assert_has(text, "\"twilio_sid\":\"CA4\"");

        out = answer();
        assert_ok(conversation_active_json(&r, a, &out, &e), &e);
        text = finished(&out, a);
        assert_has(text, "\"phone_number\":\"+44 20 7946 0958\"");
        assert_has(text, "\"twilio_sid\":\"CA4\"");
        assert_has(text, "\"total\":1}");
    }
}

static void calls_are_listed_by_filter(void **state)
{
    static const struct {
        const char *label, *direction, *status, *visibility;
        size_t n;
    } rows[] = {
        {"visible by default", NULL, NULL, NULL, 4},
        {"filtered", NULL, NULL, "filtered", 1},
        {"all", NULL, NULL, "all", 5},
        {"outbound", "outbound", NULL, NULL, 1},
        {"no-answer", NULL, "no-answer", NULL, 1},
        {"none", "outbound", "no-answer", NULL, 0},
    };

    (void)state;
    TEST_OFFICES(r, a)
    {
        FOR_EACH_ROW (row, rows) {
            const struct call_filter filter = {.direction = str_from(row->direction),
                                               .status = str_from(row->status),
                                               .visibility = str_from(row->visibility),
                                               .page = first_page};
            struct buf out = answer();
            struct err e = {0};
            struct str text;

            assert_ok(call_list_json(&r, &filter, a, &out, &e), &e);
            text = finished(&out, a);
            assert_row(count_of(text, "\"twilio_sid\"") == row->n, row->label);
        }
    }
}

static void a_call_is_shown_with_its_legs_and_its_log(void **state)
{
    (void)state;
    TEST_OFFICES(r, a)
    {
        struct buf out = answer();
        struct err e = {0};
        struct str text;
        bool found;

        assert_ok(call_detail_json(&r, STR("CA1"), INT_NONE, a, &out, &found, &e), &e);
        assert_true(found);
        text = finished(&out, a);
        assert_has(text, "{\"call\":{\"id\":\"");
        assert_has(text, "\"legs\":[{\"id\":\"");
        assert_int_equal(count_of(text, "\"parent_call_sid\":\"CA1\""), 1);
        // Its own three and two that its leg has led to.
        assert_int_equal(count_of(text, "\"event_type\":"), 5);
        assert_int_equal(count_of(text, "\"source\":\"inferred\",\"applied\""), 2);
        assert_int_equal(count_of(text, "\"applied\":false"), 1);
        assert_int_equal(count_of(text, "\"event_type\":\"call.started\""), 1);
        assert_int_equal(count_of(text, "\"event_type\":\"call.ended\""), 1);

        out = answer();
        assert_ok(call_detail_json(&r, STR("CA9"), INT_NONE, a, &out, &found, &e), &e);
        assert_false(found);
        buf_finish(&out);
    }
}

static void a_call_is_shown_as_it_was(void **state)
{
    (void)state;
    TEST_OFFICES(r, a)
    {
        struct buf out = answer();
        struct json_object *call;
        struct err e = {0};
        struct str text;
        bool found;

        assert_ok(call_detail_json(&r, STR("CA1"), 1, a, &out, &found, &e), &e);
        text = finished(&out, a);
        call = json_get(tree_of(text, a), "call");
        assert_str(json_get_str(call, "status"), "ringing");
        assert_str(json_get_str(call, "finalized_at"), NULL);
        assert_int_equal(count_of(text, "\"event_type\":"), 1);
        assert_has(text, "\"legs\":[],"); // nobody had been rung yet

        out = answer(); // event 3 says what the leg's answer led to
        assert_ok(call_detail_json(&r, STR("CA1"), 3, a, &out, &found, &e), &e);
        text = finished(&out, a);
        assert_int_equal(count_of(text, "\"parent_call_sid\":\"CA1\""), 1);
        assert_int_equal(count_of(text, "\"is_final\":true"), 0);

        out = answer();
        assert_refused(call_detail_json(&r, STR("CA1"), 2, a, &out, &found, &e), &e, ERR_NOT_FOUND);
        buf_finish(&out); // event 2 is another call's
    }
}

static void what_was_sent_is_kept_from_who_may_not_see_it(void **state)
{
    static const bool rows[] = {false, true};

    (void)state;
    TEST_OFFICES(r, a)
    {
        FOR_EACH_ROW (sees, rows) {
            const struct call_reader asker = {.db = r.db, .project = 1, .sees_payloads = *sees};
            const char *const shown = *sees ? "\"payload\":{" : "\"payload\":null";
            struct buf out = answer();
            struct err e = {0};
            struct str text;
            bool found;

            assert_ok(call_detail_json(&asker, STR("CA1"), INT_NONE, a, &out, &found, &e), &e);
            text = finished(&out, a);
            assert_int_equal(count_of(text, shown), 5);
            assert_int_equal(count_of(text, "CallSid"), *sees ? 3 : 0); // two are inferred

            out = answer();
            assert_ok(call_detail_json(&asker, STR("CA1"), 3, a, &out, &found, &e), &e);
            text = finished(&out, a);
            assert_int_equal(count_of(text, shown), count_of(text, "\"event_type\":"));
        }
    }
}

static struct call_change recording_of(const char *sid, const char *status, int at)
{
    struct call_change c = call_change_none;

    c.kind = CALL_CHANGE_RECORDING;
    c.call_sid = str_from(sid);
    c.event_time = c.observed_at = T0 + SECONDS(at);
    c.recording = (struct call_recording){.sid = STR("RE1"),
                                          .url = STR("https://api.twilio.com/RE1"),
                                          .status = str_from(status),
                                          .duration = 28,
                                          .channels = 2,
                                          .start_time = T0 + SECONDS(4)};
    return c;
}

static void a_recording_is_found_by_its_call(void **state)
{
    (void)state;
    TEST_OFFICES(r, a)
    {
        const struct call_reader other = {.db = r.db, .project = 2};
        const struct call_change recorded[] = {recording_of("CA1", "completed", 70),
                                               recording_of("CA4", "in-progress", 71)};
        struct call_audio audio;
        struct err e = {0};
        bool found;

        assert_ok(test_calls_save(r.db, recorded, LEN(recorded), a, &e), &e);
        assert_ok(call_audio_find(&r, STR("CA1"), a, &audio, &found, &e), &e);
        assert_true(found);
        assert_str(audio.provider, "twilio");
        assert_str(audio.recording.url, "https://api.twilio.com/RE1");
        assert_int_equal(audio.recording.duration, 28);
        assert_int_equal(audio.recording.channels, 2);
        assert_ok(call_audio_find(&r, STR("CA3"), a, &audio, &found, &e), &e);
        assert_true(found && str_is_none(audio.recording.url));
        assert_ok(call_audio_find(&r, STR("CA4"), a, &audio, &found, &e), &e);
        assert_true(found && str_is_none(audio.recording.url)); // not complete
        assert_ok(call_audio_find(&r, STR("CA9"), a, &audio, &found, &e), &e);
        assert_false(found);
        assert_ok(call_audio_find(&other, STR("CA1"), a, &audio, &found, &e), &e);
        assert_false(found);
    }
}

static void the_lines_of_a_webhook_are_found(void **state)
{
    (void)state;
    TEST_OFFICES(r, a)
    {
        struct buf out = answer();
        struct rows *rows;
        struct err e = {0};

        assert_ok(
            db_query(r.db, Q_INBOX_APPEND,
                     BINDS(bind_ints("project", (const int64_t[]){1}, 1),
                           bind_strs("provider", (const struct str[]){STR("twilio")}, 1),
                           bind_strs("source", (const struct str[]){STR("twilio_voice")}, 1),
                           bind_strs("event_type", (const struct str[]){STR("call-status")}, 1),
                           bind_strs("call_sid", (const struct str[]){STR("CA2")}, 1),
                           bind_strs("recording_sid", (const struct str[]){STR_NONE}, 1),
                           bind_strs("lane", (const struct str[]){STR("CA1")}, 1),
                           bind_strs("dedupe_key", (const struct str[]){STR("x")}, 1),
                           bind_strs("payload", (const struct str[]){STR("{}")}, 1),
                           bind_strs("raw_body", (const struct str[]){STR_NONE}, 1),
                           bind_strs("trace_id", (const struct str[]){STR("t")}, 1),
                           bind_times("received_at", &test_calls_now, 1)),
                     a, &rows, &e),
            &e);
        assert_ok(call_events_of_inbox_json(&r, 1, a, &out, &e), &e);
        // Two of the leg itself, five of the parent: all come from row 1 here.
        assert_int_equal(count_of(finished(&out, a), "\"event_type\":"), 7);

        out = answer();
        assert_ok(call_events_of_inbox_json(&r, 99, a, &out, &e), &e);
        assert_str(finished(&out, a), "[]");
    }
}

TEST_MAIN(cmocka_unit_test(metadata_has_the_documented_keys),
          cmocka_unit_test(what_goes_on_is_listed), cmocka_unit_test(calls_are_listed_by_filter),
          cmocka_unit_test(a_call_is_shown_with_its_legs_and_its_log),
          cmocka_unit_test(a_call_is_shown_as_it_was),
          cmocka_unit_test(what_was_sent_is_kept_from_who_may_not_see_it),
          cmocka_unit_test(a_recording_is_found_by_its_call),
          cmocka_unit_test(the_lines_of_a_webhook_are_found))
