#include "loop/bell.h"

#include "test/test.h"

static void is_remembered_once_and_counted_each_time(void **state)
{
    struct bell *b = bell_create();

    (void)state;
    assert_false(bell_wait(b, 0));
    bell_ring(b);
    bell_ring(b);
    assert_int_equal(bell_rings(b), 2);
    assert_true(bell_wait(b, SECONDS(60)));
    assert_false(bell_wait(b, 0));
    assert_int_equal(bell_rings(b), 2); // whoever waited has taken nothing from those who count
    bell_destroy(b);
}

static void rings_for_ever_in_the_end(void **state)
{
    struct bell *b = bell_create();

    (void)state;
    bell_ring_for_ever(b);
    assert_true(bell_wait(b, SECONDS(60)));
    assert_true(bell_wait(b, SECONDS(60)));
    bell_destroy(b);
}

TEST_MAIN(cmocka_unit_test(is_remembered_once_and_counted_each_time),
          cmocka_unit_test(rings_for_ever_in_the_end))
