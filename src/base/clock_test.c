#include "base/clock.h"

#include "test/test.h"

static void the_system_clock_goes_forward(void **state)
{
    (void)state;
    usec_t before = clock_monotonic(&clock_system);
    assert_true(clock_monotonic(&clock_system) >= before);
    assert_true(time_in_range(clock_wall(&clock_system)));
}

static void a_fixed_clock_shows_what_it_is_told(void **state)
{
    (void)state;
    usec_t at = SECONDS(5);
    const struct clock c = clock_fixed(&at);
    assert_true(clock_wall(&c) == SECONDS(5));
    at += 1;
    assert_true(clock_monotonic(&c) == SECONDS(5) + 1);
}

TEST_MAIN(cmocka_unit_test(the_system_clock_goes_forward),
          cmocka_unit_test(a_fixed_clock_shows_what_it_is_told))
