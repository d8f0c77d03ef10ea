#include "sandbox/heap.h"

#include "test/test.h"

enum { EVENTS = 200 };

static void takes_in_order_of_time_then_of_scheduling(void **state)
{
    struct heap h = {0};
    struct event events[EVENTS] = {0}, *ev, *before = NULL;

    (void)state;
    for (size_t i = 0; i < EVENTS; i++)
        heap_put(&h, &events[i], (usec_t)(i * 7919 % 50));
    for (size_t i = 0; i < EVENTS; i++) {
        ev = heap_take_due(&h, 50);
        assert_non_null(ev);
        if (before)
            assert_true(before->at < ev->at || (before->at == ev->at && before->order < ev->order));
        before = ev;
    }
    assert_null(heap_take_due(&h, 50));
    heap_finish(&h);
}

static void leaves_what_is_not_due(void **state)
{
    struct heap h = {0};
    struct event ev = {0};

    (void)state;
    assert_int_equal(heap_wait(&h, 0, 500), 500);
    heap_put(&h, &ev, 100);
    assert_null(heap_take_due(&h, 99));
    assert_int_equal(heap_wait(&h, 40, 500), 60);
    assert_int_equal(heap_wait(&h, 40, 10), 10);
    assert_int_equal(heap_wait(&h, 140, 500), 0);
    assert_ptr_equal(heap_take_due(&h, 100), &ev);
    heap_finish(&h);
}

static void moves_and_removes_what_is_scheduled(void **state)
{
    struct heap h = {0};
    struct event events[EVENTS] = {0}, *ev;
    usec_t last = 0;

    (void)state;
    for (size_t i = 0; i < EVENTS; i++)
        heap_put(&h, &events[i], (usec_t)i);
    for (size_t i = 0; i < EVENTS; i += 2)
        heap_remove(&h, &events[i]);
    heap_remove(&h, &events[0]);
    for (size_t i = 1; i < EVENTS; i += 4)
        heap_put(&h, &events[i], (usec_t)(1000 - i));
    for (size_t n = 0; (ev = heap_take_due(&h, 1000)); n++) {
        assert_true(ev->at >= last);
        assert_true(((size_t)(ev - events)) % 2 == 1);
        last = ev->at;
    }
    assert_int_equal(h.n, 0);
    heap_finish(&h);
}

TEST_MAIN(cmocka_unit_test(takes_in_order_of_time_then_of_scheduling),
          cmocka_unit_test(leaves_what_is_not_due),
          cmocka_unit_test(moves_and_removes_what_is_scheduled))
