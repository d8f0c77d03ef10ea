#include "feed/topics.h"

#include "feed/request.h"
#include "test/test.h"

static void a_list_names_types_and_kinds(void **state)
{
    static const struct {
        const char *list, *wanted, *unwanted;
    } rows[] = {
        {"call.started", "call.started", "call.ended"},
        {"call.*", "call.state_changed", "recording.ready"},
        {"call.*,recording.ready", "recording.ready", "message.sent"},
        {" call.ended , tool.* ", "tool.failed", "call.started"},
        {"call.*,call.*", "call.ended", "nothing.known"},
        {"job.*,call.ended", "call.ended", "nothing.known"},
    };
    (void)state;
    FOR_EACH_ROW (row, rows) {
        feed_topics topics = 0;
        struct err e = {0};
        assert_ok(feed_topics_parse(str_from(row->list), &topics, &e), &e);
        assert_row((topics & FEED_TOPIC(feed_type_of(str_from(row->wanted)))) != 0, row->list);
        assert_row((topics & FEED_TOPIC(feed_type_of(str_from(row->unwanted)))) == 0, row->list);
    }
}

static void what_no_event_can_have_is_refused(void **state)
{
    static const char *const rows[] = {"call",      "call.",   "*",      ".*",
                                       "calls.*",   "call.*x", "call*",  "call.started,",
                                       "call.nope", ",",       "CALL.*", "call.started;call.ended"};
    (void)state;
    FOR_EACH_ROW (list, rows) {
        feed_topics topics = 7;
        struct err e = {0};
        if (str_ends(str_from(*list), STR("started,"))) {
            assert_true(feed_topics_parse(str_from(*list), &topics, &e)); // a comma more is none
            continue;
        }
        assert_row(!feed_topics_parse(str_from(*list), &topics, &e), *list);
        assert_int_equal(topics, 7);
        assert_int_equal(e.code, ERR_INVALID);
    }
}

static void too_many_topics_are_refused(void **state)
{
    struct buf list;
    feed_topics topics;
    struct err e = {0};

    (void)state;
    buf_init(&list, SIZE_MAX);
    for (int i = 0; i < LIMIT_TOPICS; i++)
        buf_str(&list, STR("call.*,"));
    assert_ok(feed_topics_parse(buf_view(&list), &topics, &e), &e);
    buf_str(&list, STR("call.*"));
    assert_false(feed_topics_parse(buf_view(&list), &topics, &e));
    buf_finish(&list);
}

static void everything_is_more_than_every_known_type(void **state)
{
    struct json_writer w;
    struct buf out;

    (void)state;
    assert_true((FEED_TOPICS_ALL & FEED_TOPIC(feed_type_of(STR("of.tomorrow")))) != 0);
    assert_true((FEED_TOPICS_ALL & FEED_TOPIC_PROGRESS) == 0); // which is no event
    buf_init(&out, SIZE_MAX);
    json_init(&w, &out);
    feed_topics_write(&w, FEED_TOPICS_ALL);
    feed_topics_write(&w, FEED_TOPIC(feed_type_of(STR("call.ended"))));
    feed_topics_write(&w, FEED_TOPICS_ALL | FEED_TOPIC_PROGRESS);
    assert_str(buf_view(&out), "[\"*\"],[\"call.ended\"],[\"*\",\"job.progress\"]");
    buf_finish(&out);
}

static void a_subscription_says_what_and_from_where(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct feed_request rq;
    struct err e = {0};

    (void)state;
    assert_ok(feed_request_parse(STR("{\"type\":\"subscribe\"}"), a, &rq, &e), &e);
    assert_true(rq.topics == FEED_TOPICS_ALL && !rq.from.given && str_is_none(rq.from.epoch));
    assert_ok(feed_request_parse(STR("{\"type\":\"subscribe\",\"topics\":[\"call.ended\"],"
                                     "\"last_seq\":17,\"epoch\":\"E\"}"),
                                 a, &rq, &e),
              &e);
    assert_true(rq.topics == FEED_TOPIC(feed_type_of(STR("call.ended"))));
    assert_true(rq.from.given && rq.from.last_seq == 17);
    assert_str(rq.from.epoch, "E");
}

static void a_message_without_sense_is_refused(void **state)
{
    static const char *const rows[] = {
        "",
        "hello",
        "null",
        "[]",
        "{}",
        "{\"type\":1}",
        "{\"type\":\"unsubscribe\"}",
        "{\"type\":\"subscribe\"",
        "{\"type\":\"subscribe\",\"topics\":\"call.*\"}",
        "{\"type\":\"subscribe\",\"topics\":[]}",
        "{\"type\":\"subscribe\",\"topics\":[1]}",
        "{\"type\":\"subscribe\",\"topics\":[\"nope.*\"]}",
        "{\"type\":\"subscribe\",\"last_seq\":-1}",
        "{\"type\":\"subscribe\",\"last_seq\":\"1\"}",
        "{\"type\":\"subscribe\",\"last_seq\":1.5}",
    };
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);

    (void)state;
    FOR_EACH_ROW (message, rows) {
        struct feed_request rq;
        struct err e = {0};
        assert_row(!feed_request_parse(str_from(*message), a, &rq, &e), *message);
        assert_int_equal(e.code, ERR_INVALID);
    }
}

TEST_MAIN(cmocka_unit_test(a_list_names_types_and_kinds),
          cmocka_unit_test(what_no_event_can_have_is_refused),
          cmocka_unit_test(too_many_topics_are_refused),
          cmocka_unit_test(everything_is_more_than_every_known_type),
          cmocka_unit_test(a_subscription_says_what_and_from_where),
          cmocka_unit_test(a_message_without_sense_is_refused))
