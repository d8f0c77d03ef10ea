#include "base/buf.h"

#include "test/test.h"

static void appends_text_and_numbers(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1000);
    assert_str(buf_view(&b), "");
    buf_str(&b, STR("a"));
    buf_str(&b, STR_NONE);
    buf_char(&b, ' ');
    buf_u64(&b, UINT64_MAX);
    buf_char(&b, ' ');
    buf_i64(&b, INT64_MIN);
    buf_char(&b, ' ');
    buf_u64(&b, 0);
    buf_fmt(&b, " %s=%03d", "n", 7);
    assert_true(buf_ok(&b));
    assert_str(buf_view(&b), "a 18446744073709551615 -9223372036854775808 0 n=007");
    buf_truncate(&b, 1);
    assert_str(buf_view(&b), "a");
    buf_finish(&b);
}

static void grows_up_to_its_ceiling(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1000);
    for (int i = 0; i < 1000; i++)
        buf_char(&b, 'x');
    assert_true(buf_ok(&b));
    assert_int_equal(b.n, 1000);
    buf_char(&b, 'x');
    assert_false(buf_ok(&b));
    assert_int_equal(b.n, 1000);
    buf_finish(&b);
}

static void ignores_what_follows_a_failure(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 4);
    buf_str(&b, STR("ab"));
    buf_str(&b, STR("cde"));
    buf_char(&b, 'c');
    buf_fmt(&b, "%d", 1);
    assert_null(buf_room(&b, 0));
    assert_false(buf_ok(&b));
    assert_str(buf_view(&b), "ab");

    buf_reset(&b);
    assert_true(buf_ok(&b));
    buf_str(&b, STR("abcd"));
    assert_str(buf_view(&b), "abcd");
    buf_finish(&b);
}

static void formats_up_to_the_last_byte_of_its_ceiling(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 300);
    buf_fmt(&b, "%0300d", 1);
    assert_true(buf_ok(&b));
    assert_int_equal(b.n, 300);
    buf_fmt(&b, "%s", "");
    assert_true(buf_ok(&b));
    buf_fmt(&b, "%d", 1);
    assert_false(buf_ok(&b));
    buf_finish(&b);
}

static void lends_room_to_be_filled(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 10);
    char *p = buf_room(&b, 10);
    memcpy(p, "abc", 3);
    buf_added(&b, 3);
    assert_str(buf_view(&b), "abc");
    assert_null(buf_room(&b, SIZE_MAX));
    buf_finish(&b);
    buf_finish(&b);
}

TEST_MAIN(cmocka_unit_test(appends_text_and_numbers), cmocka_unit_test(grows_up_to_its_ceiling),
          cmocka_unit_test(ignores_what_follows_a_failure),
          cmocka_unit_test(formats_up_to_the_last_byte_of_its_ceiling),
          cmocka_unit_test(lends_room_to_be_filled))
