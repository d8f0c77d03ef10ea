#include "api/crowd.h"

#include "test/test.h"

static void nobody_fills_it(void **state)
{
    struct crowd *c = crowd_create(3, 2);

    (void)state;
    assert_true(crowd_enter(c, 7));
    assert_true(crowd_enter(c, 7));
    assert_false(crowd_enter(c, 7));
    assert_true(crowd_enter(c, 8));
    assert_false(crowd_enter(c, 9)); // it is full
    crowd_leave(c, 7);
    assert_true(crowd_enter(c, 9)); // who was sent away took nothing
    crowd_leave(c, 9);
    assert_true(crowd_enter(c, 7));
    assert_false(crowd_enter(c, 8));
    crowd_leave(c, 8);
    crowd_leave(c, 7);
    crowd_leave(c, 7);
    crowd_destroy(c);
    crowd_destroy(NULL);
}

TEST_MAIN(cmocka_unit_test(nobody_fills_it))
