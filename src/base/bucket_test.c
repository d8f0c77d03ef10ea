#include "base/bucket.h"

#include "test/test.h"

static size_t take_all(_Atomic usec_t *bucket, struct bucket_rate r, usec_t now)
{
    size_t n = 0;

    while (bucket_take(bucket, r, now) == 0)
        n++;
    return n;
}

static void ten_seconds_of_tokens_are_there_at_once(void **state)
{
    _Atomic usec_t bucket = 0;
    const struct bucket_rate r = bucket_per_minute(600);

    (void)state;
    assert_int_equal(take_all(&bucket, r, HOURS(1)), 100);
    assert_int_equal(take_all(&bucket, r, HOURS(1) + SECONDS(1)), 10);
    assert_int_equal(take_all(&bucket, r, HOURS(9)), 100); // no more than that is saved up
}

static void a_refusal_says_how_long_to_wait_and_costs_nothing(void **state)
{
    _Atomic usec_t bucket = 0;
    const struct bucket_rate r = bucket_per_minute(60);

    (void)state;
    assert_int_equal(take_all(&bucket, r, HOURS(1)), 10);
    for (int i = 0; i < 5; i++)
        assert_int_equal(bucket_take(&bucket, r, HOURS(1)), SECONDS(1));
    assert_int_equal(bucket_take(&bucket, r, HOURS(1) + MILLISECONDS(400)), MILLISECONDS(600));
    assert_int_equal(bucket_take(&bucket, r, HOURS(1) + SECONDS(1)), 0);
}

static void one_is_always_there_in_the_end(void **state)
{
    _Atomic usec_t bucket = 0;
    const struct bucket_rate r = bucket_per_minute(1);

    (void)state;
    assert_int_equal(take_all(&bucket, r, HOURS(1)), 1);
    assert_int_equal(bucket_take(&bucket, r, HOURS(1)), MINUTES(1));
    assert_int_equal(take_all(&bucket, r, HOURS(2)), 1);
}

static void another_rate_counts_at_once(void **state)
{
    _Atomic usec_t bucket = 0;

    (void)state;
    assert_int_equal(take_all(&bucket, bucket_per_minute(6000), HOURS(1)), 1000);
    assert_int_equal(take_all(&bucket, bucket_per_minute(6), HOURS(1)), 0);
    assert_int_equal(take_all(&bucket, bucket_per_minute(60000), HOURS(1) + SECONDS(1)), 1000);
}

TEST_MAIN(cmocka_unit_test(ten_seconds_of_tokens_are_there_at_once),
          cmocka_unit_test(a_refusal_says_how_long_to_wait_and_costs_nothing),
          cmocka_unit_test(one_is_always_there_in_the_end),
          cmocka_unit_test(another_rate_counts_at_once))
