#include "base/keyed.h"

#include "test/test.h"

static void an_entry_is_made_of_zeros_and_stays_where_it_is(void **state)
{
    struct keyed *k = keyed_create(sizeof(int64_t));
    int64_t *first = keyed_at(k, 7);

    (void)state;
    assert_int_equal(*first, 0);
    *first = 70;
    for (int64_t key = -5000; key < 5000; key++)
        if (key != 7)
            *(int64_t *)keyed_at(k, key) = 10 * key;
    assert_ptr_equal(keyed_at(k, 7), first);
    for (int64_t key = -5000; key < 5000; key++)
        assert_int_equal(*(int64_t *)keyed_find(k, key), 10 * key);
    keyed_destroy(k);
}

static void what_nobody_asked_for_is_not_there(void **state)
{
    struct keyed *k = keyed_create(1);

    (void)state;
    assert_null(keyed_find(k, 3));
    (void)keyed_at(k, 3);
    assert_non_null(keyed_find(k, 3));
    assert_null(keyed_find(k, 3 + 1024)); // in the same place of the table
    keyed_destroy(k);
    keyed_destroy(NULL);
}

static void add_up(int64_t key, void *entry, void *arg)
{
    int64_t *sum = arg;

    assert_int_equal(*(int64_t *)entry, key * key);
    *sum += key;
}

static void all_are_visited_once(void **state)
{
    struct keyed *k = keyed_create(sizeof(int64_t));
    int64_t sum = 0;

    (void)state;
    for (int64_t key = 1; key <= 3000; key++)
        *(int64_t *)keyed_at(k, key) = key * key;
    keyed_each(k, add_up, &sum);
    assert_int_equal(sum, 3000 * 3001 / 2);
    keyed_destroy(k);
}

TEST_MAIN(cmocka_unit_test(an_entry_is_made_of_zeros_and_stays_where_it_is),
          cmocka_unit_test(what_nobody_asked_for_is_not_there),
          cmocka_unit_test(all_are_visited_once))
