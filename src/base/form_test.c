#include "base/buf.h"

#include "base/form.h"
#include "test/test.h"

static const char *shown(const struct form *f, struct arena *a)
{
    struct str text = STR("");
    for (size_t i = 0; i < f->n; i++) {
        text = str_fmt(a, STR_FMT "[" STR_FMT "=" STR_FMT "]", STR_ARG(text),
                       STR_ARG(f->fields[i].name), STR_ARG(f->fields[i].value));
    }
    return str_z(text, a);
}

static void parses_as_the_url_standard_says(void **state)
{
    (void)state;
    static const struct {
        const char *text, *fields;
    } rows[] = {
        {"", ""},
        {"&", ""},
        {"a=1&b=2", "[a=1][b=2]"},
        {"a=1&&a=2&", "[a=1][a=2]"},
        {"a", "[a=]"},
        {"=", "[=]"},
        {"=x", "[=x]"},
        {"a=b=c", "[a=b=c]"},
        {"a+b=c+%2B", "[a b=c +]"},
        {"From=%2B14155550100&To=sip%3aagent%40x", "[From=+14155550100][To=sip:agent@x]"},
        {"a=%25%32%42", "[a=%2B]"}, // once, not twice
        {"a=%zz%4&b=%", "[a=%zz%4][b=%]"},
        {"a=%%34", "[a=%4]"},
        {"a=%26%3D&b=1", "[a=&=][b=1]"},
        {"%41=%41", "[A=A]"},
        {"a=%E2%82%AC", "[a=\xE2\x82\xAC]"},
    };
    FOR_EACH_ROW (row, rows) {
        _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
        struct form f;
        struct err e;
        assert_ok(form_parse(str_from(row->text), 10, a, &f, &e), &e);
        assert_string_equal(shown(&f, a), row->fields);
    }
}

static void borrows_what_needs_no_decoding(void **state)
{
    (void)state;
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct str in = STR("name=value&x=%20");
    struct form f;
    struct err e;
    assert_ok(form_parse(in, 10, a, &f, &e), &e);
    assert_ptr_equal(f.fields[0].value.p, in.p + 5);
    assert_ptr_equal(f.fields[1].name.p, in.p + 11);
    assert_str(f.fields[1].value, " ");
}

static void keeps_zero_bytes(void **state)
{
    (void)state;
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct form f;
    struct err e;
    assert_ok(form_parse(STR("a=x%00y"), 10, a, &f, &e), &e);
    assert_true(str_eq(f.fields[0].value, STR("x\0y")));
}

static void finds_the_first_of_a_name(void **state)
{
    (void)state;
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct form f;
    struct err e;
    assert_ok(form_parse(STR("a=1&b=&a=2"), 10, a, &f, &e), &e);
    assert_str(form_get(&f, STR("a")), "1");
    assert_str(form_get(&f, STR("b")), "");
    assert_true(str_is_none(form_get(&f, STR("A"))));
}

static void counts_fields_not_separators(void **state)
{
    (void)state;
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct form f = {.n = 77};
    struct err e;
    assert_refused(form_parse(STR("a&b&c"), 2, a, &f, &e), &e, ERR_LIMIT);
    assert_int_equal(f.n, 77);
    assert_ok(form_parse(STR("&&&a&&&b&&&"), 2, a, &f, &e), &e);
    assert_int_equal(f.n, 2);
    assert_ok(form_parse(STR_NONE, 0, a, &f, &e), &e);
    assert_int_equal(f.n, 0);
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    char all[256];
    struct buf b;
    struct form f;
    struct err e;
    for (size_t i = 0; i < sizeof(all); i++)
        all[i] = (char)i;

    buf_init(&b, 1000);
    buf_form(&b, (struct str){all, sizeof(all)});
    assert_ok(form_parse(buf_view(&b), 1, a, &f, &e), &e);
    assert_true(str_eq(f.fields[0].name, (struct str){all, sizeof(all)}));

    buf_reset(&b);
    buf_form(&b, STR("a b+c&d=e~*-._\xC3\xA4"));
    assert_str(buf_view(&b), "a+b%2Bc%26d%3De%7E*-._%C3%A4");
    buf_finish(&b);
}

TEST_MAIN(cmocka_unit_test(parses_as_the_url_standard_says),
          cmocka_unit_test(borrows_what_needs_no_decoding), cmocka_unit_test(keeps_zero_bytes),
          cmocka_unit_test(finds_the_first_of_a_name),
          cmocka_unit_test(counts_fields_not_separators),
          cmocka_unit_test(what_is_written_is_read_back))
