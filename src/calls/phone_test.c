#include "test/test.h"

#include "calls/change.h"
#include "calls/phone.h"

static void numbers_are_normalised_and_shown(void **state)
{
    static const struct {
        const char *in, *e164, *display; /* NULL: not a possible number */
    } rows[] = {
        {"+15085140320", "+15085140320", "+1 (508) 514-0320"},
        {"5085140320", "+15085140320", "+1 (508) 514-0320"},
        {"15085140320", "+15085140320", "+1 (508) 514-0320"},
        {"(508) 514-0320", "+15085140320", "+1 (508) 514-0320"},
        {" +1 508-514-0320 ", "+15085140320", "+1 (508) 514-0320"},
        {"+442079460958", "+442079460958", "+44 20 7946 0958"},
        {"+4930123456", "+4930123456", "+49 30 123456"},
        {"+74951234567", "+74951234567", "+7 495 123-45-67"},
        {"sip:+15085140320@example.com", "+15085140320", "+1 (508) 514-0320"},
        {"SIP:5085140320@example.com;user=phone", "+15085140320", "+1 (508) 514-0320"},
        {"sip:%2B15085140320@example.com", "+15085140320", "+1 (508) 514-0320"},
        {"sips:+442079460958:secret@example.com", "+442079460958", "+44 20 7946 0958"},
        {"sip:dispatcher@example.com", NULL, NULL},
        {"sip:1001@example.com", NULL, NULL},
        {"sip:18005FLOWER@example.com", NULL, NULL},
        {"sip:@example.com", NULL, NULL},
        {"sip:", NULL, NULL},
        {"client:alice", NULL, NULL},
        {"+123", NULL, NULL},
        {"5140320", NULL, NULL}, // local only
        {"+1508514032000000000", NULL, NULL},
        {"+266696687", NULL, NULL}, // "anonymous" on a keypad
        {"Anonymous", NULL, NULL},
        {"RESTRICTED", NULL, NULL},
        {"", NULL, NULL},
        {"+", NULL, NULL},
        {"\xFF\xFE", NULL, NULL},
        {"+200022910000", NULL, NULL}, // its E.164 form would be read as another number
    };

    (void)state;
    for (int twice = 0; twice < 2; twice++) // the second time from memory
        FOR_EACH_ROW (row, rows) {
            struct phone phone;
            const bool possible = phone_parse(str_from(row->in), STR("US"), &phone);

            assert_row(possible == (row->e164 != NULL), row->in);
            if (possible) {
                assert_string_equal(phone.e164, row->e164);
                assert_string_equal(phone.display, row->display);
            }
        }
}

static void the_region_belongs_to_the_number(void **state)
{
    struct phone phone;

    (void)state;
    assert_true(phone_parse(STR("020 7946 0958"), STR("GB"), &phone));
    assert_string_equal(phone.e164, "+442079460958");
    assert_true(phone_parse(STR("5085140320"), STR(""), &phone));
    assert_string_equal(phone.e164, "+15085140320");
    assert_false(phone_parse(STR("020 7946 0958"), STR("US"), &phone));
}

static void long_input_is_refused_not_cut(void **state)
{
    char text[PHONE_INPUT_MAX + 2];
    struct phone phone;

    (void)state;
    memset(text, '5', sizeof text);
    assert_false(phone_parse((struct str){text, sizeof text}, STR("US"), &phone));
    memset(text, ' ', sizeof text);
    assert_false(phone_parse((struct str){text, sizeof text}, STR("US"), &phone));
}

static void f142_what_is_no_number_is_shown_as_it_is(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);

    (void)state;
    assert_str(phone_display(STR("+15085140320"), STR("US"), a), "+1 (508) 514-0320");
    assert_str(phone_display(STR("sip:desk@example.com"), STR("US"), a), "sip:desk@example.com");
    assert_str(phone_display(STR("Anonymous"), STR("US"), a), "Anonymous");
}

static void owned_numbers_are_read_from_configuration(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct call_rules rules;
    struct err e = {0};

    (void)state;
    assert_ok(call_rules_parse(STR(" (617) 500-6181,,+442079460958 "), STR(""), a, &rules, &e), &e);
    assert_int_equal(rules.n_owned, 2);
    assert_str(rules.owned[0], "+16175006181");
    assert_str(rules.owned[1], "+442079460958");
    assert_ok(call_rules_parse(STR(""), STR("US"), a, &rules, &e), &e);
    assert_int_equal(rules.n_owned, 0);
    assert_refused(call_rules_parse(STR("+16175006181,12"), STR("US"), a, &rules, &e), &e,
                   ERR_INVALID);
}

TEST_MAIN(cmocka_unit_test(numbers_are_normalised_and_shown),
          cmocka_unit_test(the_region_belongs_to_the_number),
          cmocka_unit_test(long_input_is_refused_not_cut),
          cmocka_unit_test(f142_what_is_no_number_is_shown_as_it_is),
          cmocka_unit_test(owned_numbers_are_read_from_configuration))
