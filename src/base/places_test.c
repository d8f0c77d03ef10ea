#include "base/places.h"

#include "base/gate.h"
#include "test/test.h"

static void one_key_leaves_room_for_another(void **state)
{
    struct places *p = places_create(3, 2, NULL);

    (void)state;
    assert_true(places_enter(p, 7));
    assert_true(places_enter(p, 7));
    assert_false(places_enter(p, 7));
    assert_true(places_enter(p, 8));
    assert_false(places_enter(p, 9)); // all are taken
    places_leave(p, 7);
    assert_true(places_enter(p, 9)); // who was sent away took nothing
    places_leave(p, 7);
    assert_true(places_enter(p, 7));
    assert_false(places_enter(p, 8));
    places_leave(p, 9);
    assert_true(places_enter(p, 7));
    assert_false(places_enter(p, 8));
    places_leave(p, 7);
    places_leave(p, 8);
    places_leave(p, 7);
    places_destroy(p);
    places_destroy(NULL);
}

static void gates_within_another_have_one_bound_together(void **state)
{
    struct places *here, *there;
    struct gate outer;

    (void)state;
    gate_init(&outer, 2, NULL);
    here = places_create(2, 2, &outer);
    there = places_create(2, 2, &outer);
    assert_true(places_enter(here, 7));
    assert_true(places_enter(there, 7));
    assert_false(places_enter(here, 7));
    assert_false(places_enter(there, 8));
    places_leave(there, 7);
    assert_true(places_enter(here, 8)); // who was sent away took nothing
    assert_false(places_enter(there, 8));
    places_leave(here, 7);
    places_leave(here, 8);
    places_destroy(here);
    places_destroy(there);
    gate_finish(&outer);
}

TEST_MAIN(cmocka_unit_test(one_key_leaves_room_for_another),
          cmocka_unit_test(gates_within_another_have_one_bound_together))
