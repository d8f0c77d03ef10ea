#include "base/buf.h"

#include "base/time.h"
#include "test/test.h"

static const usec_t day = HOURS(24);

static void every_day_survives_writing_and_reading(void **state)
{
    (void)state;
    char text[TIME_TEXT_MAX];
    usec_t first, last, back;
    assert_true(time_parse_rfc3339(STR("0001-01-01T00:00:00Z"), &first));
    assert_true(time_parse_rfc3339(STR("9999-12-31T23:59:59.999999Z"), &last));

    for (usec_t t = first + HOURS(13); t <= last; t += day) {
        size_t n = time_format(t, text);
        if (!time_parse_rfc3339((struct str){text, n}, &back) || back != t)
            fail_msg("%s", text);
        n = time_format_rfc2822(t, text);
        if (!time_parse_rfc2822((struct str){text, n}, &back) || back != t)
            fail_msg("%s", text);
    }
}

static void writes_three_forms(void **state)
{
    (void)state;
    char text[TIME_TEXT_MAX];
    const usec_t t = SECONDS(1804868999);
    assert_int_equal(time_format(t, text), 20);
    assert_string_equal(text, "2027-03-12T16:29:59Z");
    time_format(t + 5, text);
    assert_string_equal(text, "2027-03-12T16:29:59.000005Z");
    time_format(-1, text);
    assert_string_equal(text, "1969-12-31T23:59:59.999999Z");
    time_format_rfc2822(t, text);
    assert_string_equal(text, "Fri, 12 Mar 2027 16:29:59 +0000");
    time_format_http(0, text);
    assert_string_equal(text, "Thu, 01 Jan 1970 00:00:00 GMT");
    time_format_http(SECONDS(784111777), text); // the example of RFC 9110
    assert_string_equal(text, "Sun, 06 Nov 1994 08:49:37 GMT");
}

static void a_time_out_of_range_is_written_as_nothing(void **state)
{
    (void)state;
    char text[TIME_TEXT_MAX] = "x";
    usec_t last = 0;
    assert_true(time_parse_rfc3339(STR("9999-12-31T23:59:59.999999Z"), &last));
    assert_true(time_in_range(last));
    assert_false(time_in_range(last + 1));
    assert_false(time_in_range(TIME_NONE));
    assert_int_equal(time_format(TIME_NONE, text), 0);
    assert_string_equal(text, "");
    assert_int_equal(time_format_http(INT64_MAX, text), 0);

    struct buf b;
    buf_init(&b, 100);
    buf_time(&b, last + 1);
    assert_str(buf_view(&b), "");
    buf_time(&b, 0);
    assert_str(buf_view(&b), "1970-01-01T00:00:00Z");
    buf_finish(&b);
}

static void reads_rfc_3339_and_its_cousins(void **state)
{
    (void)state;
    static const struct {
        const char *text, *means;
    } rows[] = {
        {"2026-02-08T06:11:30Z", "2026-02-08T06:11:30Z"},
        {"2026-02-08t06:11:30z", "2026-02-08T06:11:30Z"},
        {"2026-02-08 06:11:30.5+00", "2026-02-08T06:11:30.500000Z"}, // PostgreSQL
        {"2026-02-08T06:11:30.123456789Z", "2026-02-08T06:11:30.123456Z"},
        {"2026-02-08T00:11:30+02:00", "2026-02-07T22:11:30Z"},
        {"2026-02-08T23:11:30-0530", "2026-02-09T04:41:30Z"},
        {"2026-02-08T06:11:30-00:00", "2026-02-08T06:11:30Z"},
        {"2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"},
        {"2000-02-29T00:00:00Z", "2000-02-29T00:00:00Z"},
        {"2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"}, // a leap second
        {"2016-12-31T23:59:60.5Z", "2016-12-31T23:59:59.500000Z"},
    };
    FOR_EACH_ROW (row, rows) {
        char text[TIME_TEXT_MAX];
        usec_t t;
        assert_row(time_parse_rfc3339(str_from(row->text), &t), row->text);
        time_format(t, text);
        assert_string_equal(text, row->means);
    }
}

static void refuses_what_is_no_rfc_3339_time(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "2026-02-08",
        "2026-02-08T06:11:30",
        "2026-02-08T06:11Z",
        "2026-2-8T06:11:30Z",
        "2026-02-08T06:11:30.Z",
        "2026-02-08T06:11:30,5Z",
        "2026-02-08T06:11:30ZZ",
        "2026-02-08T06:11:30 Z",
        " 2026-02-08T06:11:30Z",
        "2026-02-08T06:11:30+2:00",
        "2026-02-08T06:11:30+02:",
        "2026-02-08T06:11:30+24:00",
        "2026-02-08T06:11:30+02:60",
        "2026-00-08T06:11:30Z",
        "2026-13-08T06:11:30Z",
        "2026-02-00T06:11:30Z",
        "2026-02-30T06:11:30Z",
        "2026-02-29T06:11:30Z",
        "1900-02-29T06:11:30Z",
        "2026-04-31T06:11:30Z",
        "2026-02-08T24:00:00Z",
        "2026-02-08T06:60:30Z",
        "2026-02-08T06:11:61Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "+2026-02-08T06:11:30Z",
        "x026-02-08T06:11:30Z",
        "2026x02-08T06:11:30Z",
        "2026-x2-08T06:11:30Z",
        "2026-02x08T06:11:30Z",
        "2026-02-x8T06:11:30Z",
        "2026-02-08Tx6:11:30Z",
        "2026-02-08T06x11:30Z",
        "2026-02-08T06:x1:30Z",
        "2026-02-08T06:11x30Z",
    };
    FOR_EACH_ROW (text, rows) {
        usec_t t = 7;
        assert_row(!time_parse_rfc3339(str_from(*text), &t) && t == 7, *text);
    }
}

static void reads_mail_dates(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "Fri, 12 Mar 2027 16:29:59 +0000",   "12 Mar 2027 16:29:59 +0000",
        "fri, 12 mar 2027 16:29:59 gmt",     "Fri, 12 Mar 2027 16:29:59 UT",
        "Fri,12 Mar 2027  16:29:59 UTC",     "Fri, 12 Mar 2027 18:29:59 +0200",
        " Fri, 12 Mar 2027 11:29:59 -0500 ",
    };
    FOR_EACH_ROW (text, rows) {
        usec_t t;
        assert_row(time_parse_rfc2822(str_from(*text), &t) && t == SECONDS(1804868999), *text);
    }
    usec_t t;
    assert_true(time_parse_rfc2822(STR("1 Jan 1970 00:01 +0000"), &t));
    assert_true(t == MINUTES(1));
}

static void refuses_what_is_no_mail_date(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "Fri, 12 Mar 2027",
        "Fri, 12 Mar 2027 16:29:59",
        "Fri 12 Mar 2027 16:29:59 +0000",
        "Foo, 12 Mar 2027 16:29:59 +0000",
        "Fri, 12 Foo 2027 16:29:59 +0000",
        "Fri, 32 Mar 2027 16:29:59 +0000",
        "Mon, 30 Feb 2026 16:29:59 +0000",
        "Fri, 12 Mar 27 16:29:59 +0000",
        "Fri, 12 Mar 2027 16:29:59 +00:00",
        "Fri, 12 Mar 2027 16:29:59 +00",
        "Fri, 12 Mar 2027 16:29:59 +0060",
        "Fri, 12 Mar 2027 16:29:59 PST",
        "Fri, 12 Mar 2027 16:29:59 +0000 x",
        "Fri, 12 Mar 2027 16:29:59.5 +0000",
        "Fri, x2 Mar 2027 16:29:59 +0000",
        "Fri, 12Mar 2027 16:29:59 +0000",
        "Fri, 12 Mar2027 16:29:59 +0000",
        "Fri, 12 Mar 2027x16:29:59 +0000",
        "Fri, 12 Mar 2027 x6:29:59 +0000",
        "Fri, 12 Mar 2027 16:29:59+0000",
    };
    FOR_EACH_ROW (text, rows) {
        usec_t t = 7;
        assert_row(!time_parse_rfc2822(str_from(*text), &t) && t == 7, *text);
    }
}

TEST_MAIN(cmocka_unit_test(every_day_survives_writing_and_reading),
          cmocka_unit_test(writes_three_forms),
          cmocka_unit_test(a_time_out_of_range_is_written_as_nothing),
          cmocka_unit_test(reads_rfc_3339_and_its_cousins),
          cmocka_unit_test(refuses_what_is_no_rfc_3339_time), cmocka_unit_test(reads_mail_dates),
          cmocka_unit_test(refuses_what_is_no_mail_date))
