#include "store/sqlite/turn.h"

#include <pthread.h>
#include <sched.h>

#include "test/test.h"

enum { WAITERS = 4 };

struct waiter {
    struct turn *turn;
    int number;
    int *order, *n;
    pthread_t thread;
};

static void *take_and_note(void *arg)
{
    struct waiter *w = arg;

    if (!turn_take(w->turn, SECONDS(60)))
        return arg;
    w->order[(*w->n)++] = w->number; // the turn guards them
    turn_give(w->turn);
    return NULL;
}

static void the_turn_goes_to_who_waits_longest(void **state)
{
    struct turn *turn = turn_create();
    struct waiter waiters[WAITERS];
    int order[WAITERS] = {0}, n = 0;

    (void)state;
    assert_true(turn_take(turn, 0));
    for (int i = 0; i < WAITERS; i++) {
        waiters[i] = (struct waiter){.turn = turn, .number = i, .order = order, .n = &n};
        assert_int_equal(pthread_create(&waiters[i].thread, NULL, take_and_note, &waiters[i]), 0);
        while (turn_waiting(turn) != (size_t)i + 1)
            sched_yield();
    }
    turn_give(turn);
    for (int i = 0; i < WAITERS; i++) {
        void *failed;
        assert_int_equal(pthread_join(waiters[i].thread, &failed), 0);
        assert_null(failed);
    }
    assert_int_equal(n, WAITERS);
    for (int i = 0; i < WAITERS; i++)
        assert_int_equal(order[i], i);
    turn_destroy(turn);
}

static void who_waits_in_vain_leaves_the_queue(void **state)
{
    struct turn *turn = turn_create();

    (void)state;
    assert_true(turn_take(turn, 0));
    assert_false(turn_take(turn, MILLISECONDS(1)));
    assert_int_equal(turn_waiting(turn), 0);
    turn_give(turn);
    assert_true(turn_take(turn, MILLISECONDS(1)));
    turn_give(turn);
    turn_destroy(turn);
}

TEST_MAIN(cmocka_unit_test(the_turn_goes_to_who_waits_longest),
          cmocka_unit_test(who_waits_in_vain_leaves_the_queue))
