#include "base/json.h"

#include "test/test.h"

static void reads_members_of_their_kind(void **state)
{
    (void)state;
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct json_object *o;
    struct err e;
    int64_t i = 0;
    bool b = false;
    assert_ok(
        json_parse(STR(" {\"s\":\"a\\u0000\\u20ac\",\"i\":-5,\"b\":true,\"n\":null,\"o\":{}} "), a,
                   &o, &e),
        &e);
    assert_true(str_eq(json_get_str(o, "s"), STR("a\0\xE2\x82\xAC")));
    assert_true(json_get_int(o, "i", &i) && i == -5);
    assert_true(json_get_bool(o, "b", &b) && b);
    assert_non_null(json_get(o, "o"));

    assert_true(str_is_none(json_get_str(o, "i")));
    assert_true(str_is_none(json_get_str(o, "n")));
    assert_true(str_is_none(json_get_str(o, "absent")));
    assert_false(json_get_int(o, "s", &i));
    assert_false(json_get_bool(o, "i", &b));
    assert_null(json_get(NULL, "x"));
    assert_null(json_get(json_get(o, "i"), "x"));
}

static void f137_an_integer_is_exact_or_none(void **state)
{
    (void)state;
    static const struct {
        struct str text;
        bool ok;
        int64_t value;
    } rows[] = {
        {{"{\"i\":9007199254740993}", 22}, true, 9007199254740993},
        {{"{\"i\":9223372036854775807}", 25}, true, INT64_MAX},
        {{"{\"i\":-9223372036854775807}", 26}, true, INT64_MIN + 1},
        {{"{\"i\":9223372036854775808}", 25}, false, 0},
        {{"{\"i\":18446744073709551616}", 26}, false, 0},
        {{"{\"i\":-9223372036854775809}", 26}, false, 0},
        {{"{\"i\":99999999999999999999999999}", 32}, false, 0},
        {{"{\"i\":1.0}", 9}, false, 0},
        {{"{\"i\":1e400}", 11}, false, 0},
    };
    FOR_EACH_ROW (row, rows) {
        _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
        struct json_object *o;
        struct err e;
        int64_t v = 0;
        assert_ok(json_parse(row->text, a, &o, &e), &e);
        assert_row(json_get_int(o, "i", &v) == row->ok && v == row->value, row->text.p);
    }
}

static void takes_bare_values(void **state)
{
    (void)state;
    static const char *const rows[] = {"123",  "-0", "1e5",    "\"x\"",
                                       "true", "[]", "1.5 \n", "[\t1\r,\n-2E+1 ]"};
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct json_object *o;
    struct err e;
    FOR_EACH_ROW (text, rows) {
        assert_ok(json_parse(str_from(*text), a, &o, &e), &e);
        assert_row(o != NULL, *text);
    }
    assert_ok(json_parse(STR("null"), a, &o, &e), &e);
    assert_null(o);
}

static void refuses_what_is_not_json(void **state)
{
    (void)state;
    static const struct str rows[] = {
        {NULL, 0},
        {"", 0},
        {" ", 1},
        {"{", 1},
        {"{} x", 4},
        {"{}\0", 3},
        {"1\0", 2},
        {"[1,]", 4},
        {"[1 2]", 5},
        {"[,]", 3},
        {"{\"a", 3},
        {"\"\\u00\0"
         "0\"",
         8},
        {"{\"a\":1,}", 8},
        {"{\"a\"}", 5},
        {"{a:1}", 5},
        {"{1:1}", 5},
        {"NaN", 3},
        {"-Infinity", 9},
        {"Infinity", 8},
        {"True", 4},
        {"nul", 3},
        {"01", 2},
        {"-01", 3},
        {"-", 1},
        {"+1", 2},
        {".5", 2},
        {"1.", 2},
        {"1e", 2},
        {"1e+", 3},
        {"0x1", 3},
        {"'a'", 3},
        {"\"a\nb\"", 5},
        {"\"a\0b\"", 5},
        {"\"abc", 4},
        {"\"\\", 2},
        {"\"\\x\"", 4},
        {"\"\\u12\"", 6},
        {"\"\\u12g4\"", 8},
        {"\"\\\0\"", 4},
        {"/**/1", 5},
        {"[1]\v", 4},
        {"\xEF\xBB\xBF{}", 5},
        {"\"\xFF\"", 3},
        {"\"\xED\xA0\x80\"", 5},
        {"\"\xC0\x80\"", 4},
    };
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    FOR_EACH_ROW (text, rows) {
        struct json_object *untouched = (struct json_object *)a, *o = untouched;
        struct err e;
        assert_refused(json_parse(*text, a, &o, &e), &e, ERR_INVALID);
        assert_row(o == untouched, text->n ? text->p : "(none)");
    }
}

static void reads_lists_of_texts(void **state)
{
    (void)state;
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct json_object *o;
    struct err e;
    size_t n = 7;
    assert_ok(json_parse(STR("{\"l\":[\"a\",2,null],\"o\":{},\"s\":\"ab\"}"), a, &o, &e), &e);
    assert_true(json_list_length(json_get(o, "l"), &n) && n == 3);
    assert_str(json_list_str(json_get(o, "l"), 0), "a");
    assert_str(json_list_str(json_get(o, "l"), 1), NULL);
    assert_str(json_list_str(json_get(o, "l"), 2), NULL);
    assert_false(json_list_length(json_get(o, "o"), &n));
    assert_false(json_list_length(json_get(o, "s"), &n));
    assert_false(json_list_length(NULL, &n));
    assert_int_equal(n, 3);
}

static void says_where_it_went_wrong(void **state)
{
    (void)state;
    struct err e;
    assert_refused(json_check(STR("{\"a\": tru}"), &e), &e, ERR_INVALID);
    assert_string_equal(e.text, "json: a value expected at byte 6");
}

static void depth_ends_at_its_limit(void **state)
{
    (void)state;
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct json_object *o;
    struct err e;
    enum { DEEP = 100000 };
    char *text = arena_alloc(a, 2 * DEEP);

    memset(text, '[', JSON_DEPTH_MAX);
    text[JSON_DEPTH_MAX] = '1';
    memset(text + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX);
    assert_ok(json_parse((struct str){text, 2 * JSON_DEPTH_MAX + 1}, a, &o, &e), &e);

    memset(text, '[', DEEP);
    memset(text + DEEP, ']', DEEP);
    assert_refused(json_parse((struct str){text, 2 * DEEP}, a, &o, &e), &e, ERR_INVALID);
    assert_refused(json_parse((struct str){text, DEEP}, a, &o, &e), &e, ERR_INVALID);
    for (size_t i = 0; i + 5 <= DEEP; i += 5)
        memcpy(text + i, "{\"a\":", 5);
    assert_refused(json_parse((struct str){text, DEEP}, a, &o, &e), &e, ERR_INVALID);
}

TEST_MAIN(cmocka_unit_test(reads_members_of_their_kind),
          cmocka_unit_test(f137_an_integer_is_exact_or_none), cmocka_unit_test(takes_bare_values),
          cmocka_unit_test(refuses_what_is_not_json), cmocka_unit_test(reads_lists_of_texts),
          cmocka_unit_test(says_where_it_went_wrong), cmocka_unit_test(depth_ends_at_its_limit))
