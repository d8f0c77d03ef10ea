#include "base/places.h"

#include "test/test.h"

static void one_key_leaves_room_for_another(void **state)
{
    struct places *p = places_create(3, 2);

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

TEST_MAIN(cmocka_unit_test(one_key_leaves_room_for_another))
