#include "loop/turnstile.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "loop/loop.h"
#include "test/test.h"

static void keys_take_turns(void **state)
{
    struct turnstile *t = turnstile_create(8, 8);
    struct line_place places[5];
    static const int64_t keys[] = {1, 1, 1, 2, -3}, turns[] = {1, 2, -3, 1, 1};

    (void)state;
    for (size_t i = 0; i < LEN(keys); i++)
        assert_true(turnstile_push(t, &places[i], keys[i]));
    for (size_t i = 0; i < LEN(turns); i++)
        assert_int_equal(turnstile_take(t, 0)->key, turns[i]);
    assert_null(turnstile_take(t, 0));
    turnstile_destroy(t);
    turnstile_destroy(NULL);
}

static void one_key_leaves_room_for_another(void **state)
{
    struct turnstile *t = turnstile_create(3, 2);
    struct line_place places[4];

    (void)state;
    assert_true(turnstile_push(t, &places[0], 1));
    assert_true(turnstile_push(t, &places[1], 1));
    assert_false(turnstile_push(t, &places[2], 1));
    assert_true(turnstile_push(t, &places[2], 2));
    assert_false(turnstile_push(t, &places[3], 3)); // all are taken
    assert_ptr_equal(turnstile_take(t, 0), &places[0]);
    assert_true(turnstile_push(t, &places[3], 3));
    while (turnstile_take(t, 0)) {
    }
    turnstile_destroy(t);
}

static void waits_until_the_deadline_only(void **state)
{
    struct turnstile *t = turnstile_create(1, 1);

    (void)state;
    assert_null(turnstile_take(t, -1));
    assert_null(turnstile_take(t, MILLISECONDS(1)));
    turnstile_destroy(t);
}

static void takes_no_more_when_closed_but_gives_what_waits(void **state)
{
    struct turnstile *t = turnstile_create(2, 2);
    struct line_place a, b;

    (void)state;
    assert_true(turnstile_push(t, &a, 1));
    turnstile_close(t);
    assert_true(turnstile_is_closed(t));
    assert_false(turnstile_push(t, &b, 1));
    assert_ptr_equal(turnstile_take(t, SECONDS(3600)), &a);
    assert_null(turnstile_take(t, SECONDS(3600))); // returns at once
    turnstile_destroy(t);
}

// --- several who push, several who take ----------------------------------------------------------

enum { THREADS = 3, PLACES = 3000 };

struct station {
    struct turnstile *t;
    atomic_int taken;
};

struct crowd {
    struct station *station;
    int64_t key;
    struct line_place places[PLACES];
};

static void push_all(void *arg)
{
    struct crowd *c = arg;

    for (size_t i = 0; i < PLACES; i++)
        assert(turnstile_push(c->station->t, &c->places[i], c->key));
}

static void take_all(void *arg)
{
    struct station *s = arg;

    while (turnstile_take(s->t, SECONDS(60)) || !turnstile_is_closed(s->t))
        atomic_fetch_add(&s->taken, 1);
}

static void from_any_thread(void **state)
{
    struct station s = {.t = turnstile_create((size_t)THREADS * PLACES, PLACES)};
    struct thread *from[THREADS], *to[THREADS];
    struct crowd *crowds[THREADS];
    struct err e = {0};

    (void)state;
    for (int i = 0; i < THREADS; i++) {
        crowds[i] = NEW(struct crowd);
        crowds[i]->station = &s;
        crowds[i]->key = i;
        assert_ok(thread_start("to", take_all, &s, &to[i], &e), &e);
        assert_ok(thread_start("from", push_all, crowds[i], &from[i], &e), &e);
    }
    for (int i = 0; i < THREADS; i++)
        thread_join(from[i]);
    turnstile_close(s.t);
    for (int i = 0; i < THREADS; i++) {
        thread_join(to[i]);
        free(crowds[i]);
    }
    assert_int_equal(atomic_load(&s.taken), THREADS * PLACES);
    turnstile_destroy(s.t);
}

TEST_MAIN(cmocka_unit_test(keys_take_turns), cmocka_unit_test(one_key_leaves_room_for_another),
          cmocka_unit_test(waits_until_the_deadline_only),
          cmocka_unit_test(takes_no_more_when_closed_but_gives_what_waits),
          cmocka_unit_test(from_any_thread))
