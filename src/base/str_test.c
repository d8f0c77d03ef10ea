#include "test/test.h"

static void makes_copies_that_end_in_zero(void **state)
{
    (void)state;
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    char source[] = "abc";
    struct str copy = str_dup((struct str){source, 2}, a);
    source[0] = 'x';

    assert_str(copy, "ab");
    assert_int_equal(copy.p[2], '\0');
    assert_true(str_is_none(str_dup(STR_NONE, a)));
    assert_false(str_is_none(str_dup(STR(""), a)));
    assert_string_equal(str_z(STR("xyz"), a), "xyz");
    assert_string_equal(str_z(STR_NONE, a), "");
    assert_true(str_is_none(str_from(NULL)));
    assert_str(str_fmt(a, "%d-%s-" STR_FMT, 7, "x", STR_ARG(STR("view"))), "7-x-view");
}

static void compares_bytes(void **state)
{
    (void)state;
    assert_true(str_eq(STR(""), STR_NONE));
    assert_true(str_eq(STR("a\0b"), STR("a\0b")));
    assert_false(str_eq(STR("a\0b"), STR("a\0c")));
    assert_true(str_cmp(STR("ab"), STR("abc")) < 0);
    assert_true(str_cmp(STR("b"), STR("abc")) > 0);
    assert_true(str_cmp(STR("\xff"), STR("a")) > 0);
    assert_int_equal(str_cmp(STR_NONE, STR("")), 0);
    assert_true(str_eq_nocase(STR("Content-TYPE"), STR("content-type")));
    assert_false(str_eq_nocase(STR("@"), STR("`"))); // differ in the same bit as letters do
    assert_false(str_eq_nocase(STR("a"), STR("ab")));
}

static void looks_inside(void **state)
{
    (void)state;
    assert_true(str_starts(STR("sip:a"), STR("sip:")));
    assert_false(str_starts(STR("si"), STR("sip:")));
    assert_true(str_ends(STR("a.js.gz"), STR(".gz")));
    assert_false(str_ends(STR("gz"), STR(".gz")));
    assert_int_equal(str_find(STR("abc"), 'c'), 2);
    assert_int_equal(str_find(STR("abc"), 'x'), 3);
    assert_int_equal(str_find(STR_NONE, 'x'), 0);
    assert_true(str_contains(STR("aaab"), STR("aab")));
    assert_true(str_contains(STR("abc"), STR("c")));
    assert_true(str_contains(STR_NONE, STR("")));
    assert_false(str_contains(STR("abab"), STR("abc")));
    assert_false(str_contains(STR("ab"), STR("abc")));
    assert_str(str_sub(STR("abcdef"), 2, 3), "cde");
    assert_str(str_sub(STR("abc"), 2, SIZE_MAX), "c");
    assert_str(str_sub(STR("abc"), 9, 1), "");
    assert_true(str_is_none(str_sub(STR_NONE, 1, 1)));
    assert_str(str_trim(STR(" \t a b\t ")), "a b");
    assert_str(str_trim(STR(" \t")), "");
}

static void hashes_differ_in_the_low_bits(void **state)
{
    (void)state;
    assert_true(str_hash(STR("a")) == str_hash(STR("a")));
    assert_true((str_hash(STR("a")) & 1023) != (str_hash(STR("b")) & 1023));
}

static void tells_utf8_by_rfc_3629(void **state)
{
    (void)state;
    static const struct {
        struct str text;
        bool ok;
    } rows[] = {
        {{"", 0}, true},
        {{"plain text, more than eight bytes", 33}, true},
        {{"12345678\xC3\xA4", 10}, true},
        {{"\0", 1}, true},
        {{"\xC2\x80", 2}, true},
        {{"\xE2\x82\xAC", 3}, true},
        {{"\xEF\xBF\xBF", 3}, true},
        {{"\xF4\x8F\xBF\xBF", 4}, true},
        {{"\x80", 1}, false},
        {{"\xC0\x80", 2}, false},             // NUL in two bytes
        {{"\xC1\xBF", 2}, false},             // overlong
        {{"\xE0\x9F\xBF", 3}, false},         // overlong
        {{"\xED\xA0\x80", 3}, false},         // surrogate
        {{"\xF0\x8F\xBF\xBF", 4}, false},     // overlong
        {{"\xF4\x90\x80\x80", 4}, false},     // above U+10FFFF
        {{"\xF5\x80\x80\x80", 4}, false},     // above
        {{"\xC3", 1}, false},                 // ends too early
        {{"\xE2\x82", 2}, false},             // ends too early
        {{"\xE2\x82\x41", 3}, false},         // continues with a letter
        {{"\xF0\x9F\x98", 3}, false},         // ends too early
        {{"1234567\xC3 12345678", 17}, false} // broken across a word
    };
    FOR_EACH_ROW (row, rows)
        assert_row(str_is_utf8(row->text) == row->ok, row->text.p);
    assert_int_equal(str_utf8_first(STR("\xE2\x82\xAC!")), 3);
    assert_int_equal(str_utf8_first(STR_NONE), 0);
}

static void reads_numbers_that_fit(void **state)
{
    (void)state;
    uint64_t u = 7;
    int64_t i = 7;

    assert_true(str_to_u64(STR("18446744073709551615"), &u));
    assert_true(u == UINT64_MAX);
    assert_true(str_to_u64(STR("007"), &u));
    assert_int_equal(u, 7);
    static const char *const no_u64[] = {"", "-1", "+1", " 1", "1 ", "1x", "18446744073709551616"};
    FOR_EACH_ROW (text, no_u64)
        assert_row(!str_to_u64(str_from(*text), &u) && u == 7, *text);

    assert_true(str_to_i64(STR("-9223372036854775808"), &i));
    assert_true(i == INT64_MIN);
    assert_true(str_to_i64(STR("9223372036854775807"), &i));
    assert_true(i == INT64_MAX);
    i = 7;
    static const char *const no_i64[] = {
        "", "-", "--1", "9223372036854775808", "+1", "- 1", "-9223372036854775809"};
    FOR_EACH_ROW (text, no_i64)
        assert_row(!str_to_i64(str_from(*text), &i) && i == 7, *text);

    assert_true(str_to_id(STR("1"), &i));
    assert_true(i == 1);
    i = 7;
    static const char *const no_id[] = {"", "0", "-1", "x", "-9223372036854775808"};
    FOR_EACH_ROW (text, no_id)
        assert_row(!str_to_id(str_from(*text), &i) && i == 7, *text);
}

static void cuts_from_the_front(void **state)
{
    (void)state;
    struct str in = STR("GET /path?a HTTP/1.1"), part;
    uint32_t n = 0;

    assert_true(cut_token(&in, &part));
    assert_str(part, "GET");
    assert_true(cut_blank(&in));
    assert_true(cut_until(&in, '?', &part));
    assert_str(part, "/path");
    assert_true(cut_field(&in, ' ', &part));
    assert_str(part, "a");
    assert_true(cut_lit(&in, STR("HTTP/")));
    assert_true(cut_u32(&in, &n));
    assert_int_equal(n, 1);
    assert_true(cut_char(&in, '.'));
    assert_true(cut_field(&in, ' ', &part));
    assert_str(part, "1");
    assert_false(cut_field(&in, ' ', &part));
}

static void a_failed_cut_moves_nothing(void **state)
{
    (void)state;
    struct str in = STR("4294967296"), part = STR("kept");
    uint32_t n = 7;
    uint64_t u = 7;

    assert_false(cut_u32(&in, &n));
    assert_false(cut_digits(&in, 11, &n));
    assert_false(cut_digits(&in, 10, &n));
    assert_false(cut_until(&in, 'x', &part));
    assert_false(cut_bytes(&in, 11, &part));
    assert_false(cut_lit(&in, STR("42949672960")));
    assert_false(cut_char(&in, '5'));
    assert_false(cut_blank(&in));
    assert_str(in, "4294967296");
    assert_str(part, "kept");
    assert_int_equal(n, 7);

    in = STR("99999999999999999999");
    assert_false(cut_u64(&in, &u));
    assert_int_equal(in.n, 20);
    assert_int_equal(u, 7);
    in = STR("(comment)");
    assert_false(cut_token(&in, &part));
    in = STR_NONE;
    assert_false(cut_field(&in, ' ', &part));
    assert_true(cut_lit(&in, STR("")));
}

static void cuts_exactly_so_many_digits(void **state)
{
    (void)state;
    struct str in = STR("20260x");
    uint32_t n;
    assert_true(cut_digits(&in, 4, &n));
    assert_int_equal(n, 2026);
    assert_false(cut_digits(&in, 2, &n));
    assert_str(in, "0x");
}

static void finds_a_name_among_others(void **state)
{
    static const struct str names[] = {{"one", 3}, {"two", 3}};
    size_t i = 7;
    (void)state;
    assert_true(str_among(STR("two"), names, LEN(names), &i));
    assert_int_equal(i, 1);
    assert_false(str_among(STR("Two"), names, LEN(names), &i));
    assert_int_equal(i, 1);
}

static void knows_the_hex_digits(void **state)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    (void)state;
    for (int c = 1; c < 256; c++) {
        const char *at = strchr(digits, c);
        assert_int_equal(hex_value((char)c), at ? (at - digits) % 16 : -1);
    }
    assert_int_equal(hex_value('\0'), -1);
}

TEST_MAIN(cmocka_unit_test(makes_copies_that_end_in_zero), cmocka_unit_test(compares_bytes),
          cmocka_unit_test(looks_inside), cmocka_unit_test(hashes_differ_in_the_low_bits),
          cmocka_unit_test(tells_utf8_by_rfc_3629), cmocka_unit_test(reads_numbers_that_fit),
          cmocka_unit_test(cuts_from_the_front), cmocka_unit_test(a_failed_cut_moves_nothing),
          cmocka_unit_test(cuts_exactly_so_many_digits),
          cmocka_unit_test(finds_a_name_among_others), cmocka_unit_test(knows_the_hex_digits))
