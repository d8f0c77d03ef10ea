#include "test/test.h"

static void carries_code_sentence_and_remedies(void **state)
{
    (void)state;
    struct err e;
    assert_false(err_set(&e, ERR_INVALID, "to: %s", "not a number"));
    assert_false(err_fix(&e, "write it as %s", "+1"));
    assert_int_equal(e.code, ERR_INVALID);
    assert_string_equal(e.text, "to: not a number");
    assert_int_equal(e.n_fix, 1);
    assert_string_equal(e.fix[0], "write it as +1");

    for (int i = 0; i < ERR_FIXES + 3; i++)
        err_fix(&e, "%d", i);
    assert_int_equal(e.n_fix, ERR_FIXES);

    err_set(&e, ERR_LIMIT, "again: %s", e.text); // may speak of itself
    assert_string_equal(e.text, "again: to: not a number");
    assert_int_equal(e.n_fix, 0);
    err_clear(&e);
    assert_int_equal(e.code, ERR_NONE);
    assert_int_equal(e.n_trace, 0);
}

static void keeps_the_way_it_came(void **state)
{
    (void)state;
    struct err e;
    char text[200], little[12];

    err_set_at(&e, "../src/calls/place.c", "call_place", 58, ERR_INTERNAL, "x");
    err_trace_at(&e, "src/api/calls.c", "create", 31);
    err_trace_format(&e, text, sizeof(text));
    assert_string_equal(text, "call_place calls/place.c:58 < create api/calls.c:31");
    err_trace_format(&e, little, sizeof(little));
    assert_string_equal(little, "call_place ");

    for (int i = 0; i < 100; i++)
        err_trace_at(&e, "src/far.c", "far", i);
    assert_int_equal(e.n_trace, ERR_TRACE);
    assert_int_equal(e.trace[0].line, 58);
    assert_int_equal(e.trace[ERR_TRACE - 1].line, 99);
}

static void cuts_long_text_between_characters(void **state)
{
    (void)state;
    struct err e;
    char euros[301];
    for (size_t i = 0; i < 100; i++)
        memcpy(euros + 3 * i, "\xE2\x82\xAC", 3);
    euros[300] = '\0';

    for (int shift = 0; shift < 4; shift++) {
        err_set(&e, ERR_INVALID, "%.*s%s", shift, "abc", euros);
        assert_true(str_is_utf8(str_from(e.text)));
        assert_in_range(strlen(e.text), ERR_TEXT_MAX - 3, ERR_TEXT_MAX - 1);
    }
    err_set(&e, ERR_INVALID, "%0300d", 1);
    assert_int_equal(strlen(e.text), ERR_TEXT_MAX - 1);
    err_set(&e, ERR_INVALID, "\"%.4s\" is \xFF nothing", euros);
    assert_string_equal(e.text, "\"\xE2\x82\xAC\" is  nothing");
}

static void people_are_told_in_their_language(void **state)
{
    (void)state;
    struct err e = {0};

    err_set(&e, ERR_FORBIDDEN, "this needs the right %s", "calls.read");
    err_fix(&e, "sign in again");
    err_fix(&e, "nobody has translated this");
    assert_string_equal(err_text(&e, ERR_ENGLISH), "this needs the right calls.read");
    assert_string_equal(err_text(&e, ERR_RUSSIAN), "для этого нужно право calls.read");
    assert_int_equal(err_remedies(&e), 2);
    assert_string_equal(err_remedy(&e, 0, ERR_RUSSIAN), "войдите снова");
    assert_string_equal(err_remedy(&e, 1, ERR_RUSSIAN), "nobody has translated this");
    // Whole sentences may come as an argument, and what was said before is forgotten.
    err_set(&e, ERR_NOT_FOUND, "%s", "the session has ended");
    assert_string_equal(err_text(&e, ERR_RUSSIAN), "сеанс завершён");
    err_set(&e, ERR_NOT_FOUND, "this is in no catalogue: %d", 7);
    assert_string_equal(err_text(&e, ERR_ENGLISH), "this is in no catalogue: 7");
    assert_string_equal(err_text(&e, ERR_RUSSIAN), "Здесь такого нет.");
    assert_int_equal(err_remedies(&e), 1); // every failure has a way on
    assert_string_equal(err_remedy(&e, 0, ERR_ENGLISH),
                        "Check the address, and the project that you are in.");
    err_clear(&e);
    assert_string_equal(err_text(&e, ERR_RUSSIAN), "Всё в порядке.");
}

static void every_code_has_a_name_and_a_status(void **state)
{
    (void)state;
    assert_string_equal(err_code_name(ERR_NOT_FOUND), "NOT_FOUND");
    assert_int_equal(err_code_named(STR("NOT_FOUND")), ERR_NOT_FOUND);
    assert_int_equal(err_code_named(STR("not_found")), ERR_NONE);
    assert_int_equal(err_code_named(STR_NONE), ERR_NONE);
    assert_int_equal(err_code_status(ERR_RATE), 429);
    for (int code = ERR_NONE + 1; code < ERR_CODE_COUNT; code++) {
        assert_non_null(err_code_name((enum err_code)code));
        assert_in_range(err_code_status((enum err_code)code), 400, 599);
    }
}

TEST_MAIN(cmocka_unit_test(carries_code_sentence_and_remedies),
          cmocka_unit_test(keeps_the_way_it_came),
          cmocka_unit_test(cuts_long_text_between_characters),
          cmocka_unit_test(people_are_told_in_their_language),
          cmocka_unit_test(every_code_has_a_name_and_a_status))
