/* How an event's payload, JSON as either store writes it, becomes a frame. */
#include "feed/frame.h"

#include "test/test.h"

static bool framed(const char *payload, struct buf *out)
{
    const struct feed_item item = {.seq = 7,
                                   .type = STR("call.started"),
                                   .ts = SECONDS(1800000000),
                                   .payload = str_from(payload)};
    buf_init(out, SIZE_MAX);
    return feed_frame_event(out, &item, STR("E"));
}

static void a_call_is_shown_whatever_its_blanks_and_order(void **state)
{
    static const char *const rows[] = {
        "{\"call\":{\"twilio_sid\":\"CA1\",\"is_final\":false},\"event\":{}}",
        "{\"event\":[{\"call\":1}, \"call\"], \"call\": {\"is_final\": false , \"twilio_sid\": "
        "\"CA1\"}}",
        "{\n\t\"call\" :\r\n {\"x\":{\"twilio_sid\":\"CA2\"},\"twilio_sid\" : \"CA1\",\"is_final\""
        "\n:\tfalse\n}\n}",
        "{\"\\\"call\\\\\":\"}\",\"call\":{\"s\":\"\\\"}\",\"l\":[[{}],\"]\"],\"is_final\":false,"
        "\"twilio_sid\":\"CA1\"}}",
    };
    (void)state;
    FOR_EACH_ROW (payload, rows) {
        struct buf out;
        assert_row(framed(*payload, &out), *payload);
        assert_row(str_starts(buf_view(&out), STR("id: 7\nevent: call.created\ndata: ")), *payload);
        assert_row(str_contains(buf_view(&out), STR("\"callSid\":\"CA1\"")), *payload);
        assert_row(str_contains(buf_view(&out), STR("\"isFinal\":false")), *payload);
        assert_row(str_contains(buf_view(&out), STR("\"conversationId\":null")), *payload);
        buf_finish(&out);
    }
}

static void what_had_happened_long_before_is_late(void **state)
{
    static const struct {
        const char *note;
        usec_t after;
        const char *member;
    } rows[] = {
        {"at once", 0, "\"late\":false"},
        {"as late as a provider repeats itself", FEED_LATE, "\"late\":false"},
        {"later", FEED_LATE + 1, "\"late\":true"},
        {"a week later", HOURS(7 * 24), "\"late\":true"},
        {"by a clock ahead of ours", -HOURS(1), "\"late\":false"},
    };
    (void)state;
    FOR_EACH_ROW (row, rows) {
        const struct feed_item item = {.type = STR("call.ended"),
                                       .ts = SECONDS(1800000000),
                                       .appended = SECONDS(1800000000) + row->after,
                                       .payload = STR("{\"call\":{}}")};
        struct buf out;
        buf_init(&out, SIZE_MAX);
        assert_row(feed_frame_event(&out, &item, STR("E")), row->note);
        assert_row(str_contains(buf_view(&out), str_from(row->member)), row->note);
        buf_reset(&out);
        feed_envelope(&out, &item, STR("E"));
        assert_row(str_contains(buf_view(&out), str_from(row->member)), row->note);
        buf_finish(&out);
    }
}

/* A store that was tampered with: no frame, and nothing read beyond the end. */
static void what_holds_no_call_is_not_shown(void **state)
{
    static const char *const rows[] = {
        "",
        " ",
        "[]",
        "{}",
        "{\"call\"",
        "{\"call\":",
        "{\"call\": ",
        "{\"call\":1}",
        "{\"call\":\"{\"}",
        "{\"call\":{\"a\":1",
        "{\"call\":{\"a",
        "{\"call\":[}",
        "{\"calls\":{}}",
        "{\"a\":\"",
        "{\"a\":\"\\",
        "{\"a\" \"call\":{}}",
        "{call:{}}",
        "{\"a\":1",
        "{\"a\":1]",
        "{1 :{}}",
        "{\"",
        "{1:{}}",
        "{\"a\":,\"call\":{}}",
        "{\"a\":[\"]}",
    };
    (void)state;
    FOR_EACH_ROW (payload, rows) {
        struct buf out;
        assert_row(!framed(*payload, &out) && out.n == 0, *payload);
        buf_finish(&out);
    }
}

static void an_event_of_another_kind_is_not_shown(void **state)
{
    const struct feed_item item = {.type = STR("transcript.delta"),
                                   .payload = STR("{\"call\":{}}")};
    struct buf out;

    (void)state;
    buf_init(&out, SIZE_MAX);
    assert_false(feed_frame_event(&out, &item, STR("E")));
    buf_finish(&out);
}

static void a_frame_that_is_too_large_is_not_half_written(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    enum { LARGE = 2 * 1024 * 1024 };
    char *text = arena_alloc(a, LARGE);
    struct buf out;

    (void)state;
    memset(text, 'x', LARGE);
    const char *payload = str_z(str_fmt(a, "{\"call\":{\"a\":\"%.*s\"}}", LARGE, text), a);
    assert_false(framed(payload, &out));
    assert_int_equal(out.n, 0);
    buf_finish(&out);
}

TEST_MAIN(cmocka_unit_test(a_call_is_shown_whatever_its_blanks_and_order),
          cmocka_unit_test(what_had_happened_long_before_is_late),
          cmocka_unit_test(what_holds_no_call_is_not_shown),
          cmocka_unit_test(an_event_of_another_kind_is_not_shown),
          cmocka_unit_test(a_frame_that_is_too_large_is_not_half_written))
