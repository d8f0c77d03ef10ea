#include "base/fault.h"

#include <stdlib.h>

#include "test/test.h"

static void strikes_at_the_nth_passage_only(void **state)
{
    (void)state;
    fault_arm("store.commit", 2, false);
    assert_false(FAULT("store.commit"));
    assert_false(FAULT("store.begin"));
    assert_false(fault_struck());
    assert_true(FAULT("store.commit"));
    assert_true(fault_struck());
    assert_false(FAULT("store.commit"));
    assert_int_equal(fault_passed(), 3);
    fault_disarm();
    assert_false(FAULT("store.commit"));
    assert_int_equal(fault_passed(), 3);
}

static void a_persistent_fault_stays(void **state)
{
    (void)state;
    fault_arm(NULL, 2, true);
    assert_false(FAULT("a"));
    assert_true(FAULT("b"));
    assert_true(FAULT("a"));
    fault_disarm();
}

static void can_be_armed_from_the_environment(void **state)
{
    (void)state;
    setenv("HOOKSWITCH_FAULT", "a.b:2", 1);
    fault_arm_from_environment();
    assert_false(FAULT("a.b"));
    assert_true(FAULT("a.b"));
    assert_false(FAULT("a.b"));

    setenv("HOOKSWITCH_FAULT", "*:1+", 1);
    fault_arm_from_environment();
    assert_true(FAULT("x"));
    assert_true(FAULT("y"));
    fault_disarm();

    unsetenv("HOOKSWITCH_FAULT");
    fault_arm_from_environment();
    assert_false(FAULT("x"));
}

TEST_MAIN(cmocka_unit_test(strikes_at_the_nth_passage_only),
          cmocka_unit_test(a_persistent_fault_stays),
          cmocka_unit_test(can_be_armed_from_the_environment))
