#include "ws/reader.h"

#include "base/buf.h"
#include "test/test.h"
#include "ws/ws_kit.h"

enum { MAX = 64 };

static void on_text(struct str message, void *arg)
{
    struct buf *said = arg;

    buf_str(said, message);
    buf_char(said, '|');
}

/* What is said, and answered, when the bytes come in pieces of n; whether it is read on. */
static bool read_in_pieces(struct str bytes, size_t n, struct buf *said, struct buf *answers)
{
    usec_t now = SECONDS(1000);
    const struct clock clock = clock_fixed(&now);
    struct ws_reader *r = ws_reader_create(&(struct ws_reader_options){
        .clock = &clock, .max_message = MAX, .on_text = on_text, .arg = said});
    bool more = true;

    buf_init(said, SIZE_MAX);
    buf_init(answers, SIZE_MAX);
    for (size_t at = 0; at < bytes.n && more; at += n)
        more = ws_read(r, str_sub(bytes, at, n), answers);
    ws_reader_destroy(r);
    return more;
}

static void check(struct str bytes, struct str said, struct str answers, bool more)
{
    static const size_t pieces[] = {SIZE_MAX / 2, 1, 2, 3, 7};
    struct buf got_said, got_answers;

    FOR_EACH_ROW (n, pieces) {
        assert_int_equal(read_in_pieces(bytes, *n, &got_said, &got_answers), more);
        assert_true(str_eq(buf_view(&got_said), said));
        assert_true(str_eq(buf_view(&got_answers), answers));
        buf_finish(&got_said);
        buf_finish(&got_answers);
    }
}

static void messages_and_pings_are_read_however_they_are_cut(void **state)
{
    (void)state;
    check(STR("\x81\x82\1\2\3\4ik"), STR("hi|"), STR(""), true);
    check(STR("\x01\x81\0\0\0\0a\x89\x81\0\0\0\0p\0\x80\0\0\0\0\x80\x81\0\0\0\0b"), STR("ab|"),
          STR("\x8a\x01p"), true);
    check(STR("\x8a\x80\0\0\0\0\x81\x80\0\0\0\0"), STR("|"), STR(""), true);
    ws_reader_destroy(NULL);
}

static void a_close_is_answered_with_its_code(void **state)
{
    static const struct {
        struct str bytes, answer;
    } rows[] = {
        {STR("\x88\x80\0\0\0\0"), STR("\x88\0")},
        {STR("\x88\x82\0\0\0\0\x03\xe8"), STR("\x88\x02\x03\xe8")},
        {STR("\x88\x86\0\0\0\0\x03\xf3\xc3\xa9!?"), STR("\x88\x02\x03\xf3")},
        {STR("\x88\x82\0\0\0\0\x03\xf6"), STR("\x88\x02\x03\xf6")}, // 1014
        {STR("\x88\x82\0\0\0\0\x0b\xb8"), STR("\x88\x02\x0b\xb8")}, // 3000
        {STR("\x88\x82\0\0\0\0\x13\x87"), STR("\x88\x02\x13\x87")}, // 4999
    };

    (void)state;
    FOR_EACH_ROW (row, rows)
        check(row->bytes, STR(""), row->answer, false);
}

static void what_is_wrong_is_told_by_its_code(void **state)
{
    static const struct {
        struct str bytes;
        unsigned code;
    } rows[] = {
        {STR("\x88\x81\0\0\0\0\x03"), 1002},
        {STR("\x88\x82\0\0\0\0\0\0"), 1002},
        {STR("\x88\x82\0\0\0\0\x03\xe7"), 1002}, // 999
        {STR("\x88\x82\0\0\0\0\x03\xec"), 1002}, // 1004
        {STR("\x88\x82\0\0\0\0\x03\xed"), 1002}, // 1005
        {STR("\x88\x82\0\0\0\0\x03\xee"), 1002}, // 1006
        {STR("\x88\x82\0\0\0\0\x03\xf7"), 1002}, // 1015
        {STR("\x88\x82\0\0\0\0\x0b\xb7"), 1002}, // 2999
        {STR("\x88\x82\0\0\0\0\x13\x88"), 1002}, // 5000
        {STR("\x88\x83\0\0\0\0\x03\xe8\xff"), 1007},
        {STR("\x83\x80\0\0\0\0"), 1002},
        {STR("\x87\x80\0\0\0\0"), 1002},
        {STR("\x8b\x80\0\0\0\0"), 1002},
        {STR("\x8f\x80\0\0\0\0"), 1002},
        {STR("\xa1\x80\0\0\0\0"), 1002},
        {STR("\x81\x80\0\0\0\0\x80\x80\0\0\0\0"), 1002},
    };

    (void)state;
    FOR_EACH_ROW (row, rows) {
        const char close[] = {(char)0x88, 2, (char)(row->code >> 8), (char)row->code};
        check(row->bytes, row->bytes.p[0] == (char)0x81 ? STR("|") : STR(""),
              (struct str){close, sizeof close}, false);
    }
}

/* What comes within a second is counted, and the next second begins anew. */
static void a_flood_is_one_within_a_second(void **state)
{
    usec_t now = SECONDS(1000);
    const struct clock clock = clock_fixed(&now);
    struct buf said, out, ping;

    (void)state;
    buf_init(&said, SIZE_MAX);
    buf_init(&out, SIZE_MAX);
    buf_init(&ping, SIZE_MAX);
    client_frame(&ping, FRAME_PING, STR(""));
    struct ws_reader *r = ws_reader_create(&(struct ws_reader_options){
        .clock = &clock, .max_message = MAX, .on_text = on_text, .arg = &said});
    for (int second = 0; second < 3; second++, now += SECONDS(1))
        for (int i = 0; i < 32; i++)
            assert_true(ws_read(r, buf_view(&ping), &out));
    for (int i = 0; i < 32; i++)
        assert_true(ws_read(r, buf_view(&ping), &out));
    assert_false(ws_read(r, buf_view(&ping), &out));
    assert_true(str_ends(buf_view(&out), STR("\x88\x02\x03\xf0")));
    ws_reader_destroy(r);
    buf_finish(&said);
    buf_finish(&out);
    buf_finish(&ping);
}

TEST_MAIN(cmocka_unit_test(messages_and_pings_are_read_however_they_are_cut),
          cmocka_unit_test(a_close_is_answered_with_its_code),
          cmocka_unit_test(what_is_wrong_is_told_by_its_code),
          cmocka_unit_test(a_flood_is_one_within_a_second))
