#include "sse/sse.h"

#include "test/test.h"

static struct buf out;

static int begin(void **state)
{
    (void)state;
    buf_init(&out, SIZE_MAX);
    return 0;
}

static int end(void **state)
{
    (void)state;
    buf_finish(&out);
    return 0;
}

static void writes_a_frame(void **state)
{
    (void)state;
    sse_frame_write(&out, STR("7"), STR("call.updated"), STR("{\"a\":1}"));
    assert_str(buf_view(&out), "id: 7\nevent: call.updated\ndata: {\"a\":1}\n\n");
    buf_reset(&out);
    sse_frame_write_seq(&out, 9007199254740993, STR_NONE, STR("x"));
    assert_str(buf_view(&out), "id: 9007199254740993\ndata: x\n\n");
    buf_reset(&out);
    sse_frame_write(&out, STR_NONE, STR_NONE, STR(""));
    assert_str(buf_view(&out), "data: \n\n");
    buf_reset(&out);
    sse_keepalive_write(&out, STR("{}"));
    assert_str(buf_view(&out), "event: keepalive\ndata: {}\n\n");
}

static void splits_data_so_that_it_cannot_leave_its_frame(void **state)
{
    static const struct {
        const char *data, *lines;
    } rows[] = {
        {"a\nb", "data: a\ndata: b\n\n"},
        {"a\rb", "data: a\ndata: b\n\n"},
        {"a\r\nb", "data: a\ndata: b\n\n"},
        {"a\n\rb", "data: a\ndata: \ndata: b\n\n"},
        {"a\n", "data: a\ndata: \n\n"},
        {"\n\n", "data: \ndata: \ndata: \n\n"},
        {"a\n\nevent: evil", "data: a\ndata: \ndata: event: evil\n\n"},
    };

    (void)state;
    FOR_EACH_ROW (row, rows) {
        buf_reset(&out);
        sse_frame_write(&out, STR_NONE, STR_NONE, str_from(row->data));
        assert_str(buf_view(&out), row->lines);
    }
}

static void reads_a_last_event_id(void **state)
{
    static const struct {
        const char *in;
        int64_t seq; /* -1: refused */
    } rows[] = {{"0", 0},
                {"42", 42},
                {" 42\t", 42},
                {"9223372036854775807", INT64_MAX},
                {"9223372036854775808", -1},
                {"99999999999999999999999", -1},
                {"", -1},
                {" ", -1},
                {"-1", -1},
                {"+1", -1},
                {"1 2", -1},
                {"0x10", -1},
                {"12abc", -1},
                {"\xc2\xb2", -1}};

    (void)state;
    FOR_EACH_ROW (row, rows) {
        int64_t seq = -1;
        assert_row(sse_last_event_id_parse(str_from(row->in), &seq) == (row->seq >= 0), row->in);
        assert_row(seq == row->seq, row->in);
    }
    int64_t seq;
    assert_false(sse_last_event_id_parse(STR_NONE, &seq));
}

TEST_MAIN(cmocka_unit_test_setup_teardown(writes_a_frame, begin, end),
          cmocka_unit_test_setup_teardown(splits_data_so_that_it_cannot_leave_its_frame, begin,
                                          end),
          cmocka_unit_test(reads_a_last_event_id))
