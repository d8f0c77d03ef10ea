#include "base/json.h"

#include "test/test.h"

struct fixture {
    struct buf out;
    struct json_writer w;
};

static int set_up(void **state)
{
    static struct fixture f;
    buf_init(&f.out, 64 * 1024);
    json_init(&f.w, &f.out);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    buf_finish(&f->out);
    return 0;
}

#define WITH(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static void places_commas_itself(void **state)
{
    struct fixture *f = *state;
    struct json_writer *w = &f->w;
    json_open_object(w);
    json_member_str(w, STR("s"), STR("x"));
    json_member_str(w, STR("none"), STR_NONE);
    json_member_int(w, STR("i"), INT64_MIN);
    json_member_bool(w, STR("b"), false);
    json_member_null(w, STR("n"));
    json_member_time(w, STR("t"), SECONDS(1));
    json_member_time(w, STR("never"), TIME_NONE);
    json_member_raw(w, STR("raw"), STR("[1]"));
    json_member_raw(w, STR("no"), STR_NONE);
    json_key(w, STR("list"));
    json_open_array(w);
    json_int(w, 1);
    json_boolean(w, true);
    json_null(w);
    json_str(w, STR(""));
    json_open_array(w);
    json_close_array(w);
    json_open_object(w);
    json_close_object(w);
    json_time(w, 0);
    json_raw(w, STR("{}"));
    json_close_array(w);
    json_close_object(w);
    assert_str(buf_view(&f->out),
               "{\"s\":\"x\",\"none\":null,\"i\":-9223372036854775808,\"b\":false,\"n\":null,"
               "\"t\":\"1970-01-01T00:00:01Z\",\"never\":null,\"raw\":[1],\"no\":null,"
               "\"list\":[1,true,null,\"\",[],{},\"1970-01-01T00:00:00Z\",{}]}");
    assert_false(w->lossy);
}

static void escapes_what_must_be_and_nothing_else(void **state)
{
    struct fixture *f = *state;
    static const struct {
        struct str text;
        const char *json;
        bool lossy;
    } rows[] = {
        {{"plain text of more than eight bytes", 35}, "\"plain text of more than eight bytes\"", 0},
        {{"a\"b\\c/", 6}, "\"a\\\"b\\\\c/\"", 0},
        {{"\b\t\n\f\r", 5}, "\"\\b\\t\\n\\f\\r\"", 0},
        {{"\x01\x1f\x7f", 3}, "\"\\u0001\\u001f\x7f\"", 0},
        {{"12345678\"2345678\n", 17}, "\"12345678\\\"2345678\\n\"", 0},
        {{"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80", 9},
         "\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\"",
         0},
        {{"\xE2\x80\xA8", 3}, "\"\xE2\x80\xA8\"", 0}, // U+2028 is legal
        {{"a\0b", 3},
         "\"a\xEF\xBF\xBD"
         "b\"",
         1},
        {{"\xFF\xC3", 2}, "\"\xEF\xBF\xBD\xEF\xBF\xBD\"", 1},
        {{"\xED\xA0\x80", 3}, "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"", 1},
    };
    FOR_EACH_ROW (row, rows) {
        buf_reset(&f->out);
        json_init(&f->w, &f->out);
        json_str(&f->w, row->text);
        assert_str(buf_view(&f->out), row->json);
        assert_row(f->w.lossy == row->lossy, row->json);
    }
}

/* Each byte at each place of a word: the fast path sees what the slow one sees. */
static void finds_the_special_byte_wherever_it_is(void **state)
{
    struct fixture *f = *state;
    struct err e;
    char text[24];
    for (unsigned c = 0; c < 256; c++) {
        for (size_t at = 0; at < sizeof(text); at++) {
            memset(text, 'x', sizeof(text));
            text[at] = (char)c;
            buf_reset(&f->out);
            json_init(&f->w, &f->out);
            json_str(&f->w, (struct str){text, sizeof(text)});
            assert_ok(json_check(buf_view(&f->out), &e), &e);
            bool plain = c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
            assert_true((f->out.n == sizeof(text) + 2) == plain);
        }
    }
}

static void stops_at_the_ceiling(void **state)
{
    (void)state;
    struct buf out;
    struct json_writer w;
    buf_init(&out, 5);
    json_init(&w, &out);
    json_open_array(&w);
    json_str(&w, STR("abcdef"));
    json_close_array(&w);
    assert_false(buf_ok(&out));
    assert_in_range(out.n, 0, 5);
    buf_finish(&out);
}

TEST_MAIN(WITH(places_commas_itself), WITH(escapes_what_must_be_and_nothing_else),
          WITH(finds_the_special_byte_wherever_it_is), cmocka_unit_test(stops_at_the_ceiling))
