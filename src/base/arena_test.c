#include "test/test.h"

#include <stdlib.h>

static bool is_zero(const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i])
            return false;
    }
    return true;
}

static void pieces_are_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    _cleanup_(arena_destroyp) struct arena *a = arena_create(64);
    unsigned char *before = NULL;
    size_t before_n = 0;

    for (size_t n = 0; n < 3000; n += 13) {
        unsigned char *p = arena_alloc(a, n);
        assert_int_equal((uintptr_t)p % 16, 0);
        assert_true(is_zero(p, n));
        memset(p, 0xAA, n);
        for (size_t i = 0; i < before_n; i++)
            assert_int_equal(before[i], 0xAA);
        before = p;
        before_n = n;
    }
}

static void a_large_piece_leaves_the_current_block_in_use(void **state)
{
    (void)state;
    _cleanup_(arena_destroyp) struct arena *a = arena_create(1024);
    char *first = arena_alloc(a, 16);
    memset(arena_alloc(a, 4 * 1024 * 1024), 1, 4 * 1024 * 1024);
    char *next = arena_alloc(a, 16);

    assert_in_range((uintptr_t)next, (uintptr_t)first, (uintptr_t)first + 1024);
}

static void reset_gives_the_first_block_again(void **state)
{
    (void)state;
    _cleanup_(arena_destroyp) struct arena *a = arena_create(256);
    unsigned char *first = arena_alloc(a, 100);
    memset(first, 1, 100);
    for (int i = 0; i < 100; i++)
        arena_alloc(a, 1000);
    assert_int_equal(arena_used(a), 100 + 100 * 1000);

    arena_reset(a);
    assert_int_equal(arena_used(a), 0);
    assert_ptr_equal(arena_alloc(a, 100), first);
    assert_true(is_zero(first, 100));
}

struct note {
    struct arena *a;
    int *n_seen;
    int expected;
};

static void check_order(void *p)
{
    struct note *note = p;
    assert_int_equal((*note->n_seen)++, note->expected);
}

static void defer_once_more(void *p)
{
    struct note *note = p;
    check_order(note);
    note->expected++;
    arena_defer(note->a, check_order, note);
}

static void deferred_functions_run_newest_first(void **state)
{
    (void)state;
    int n_seen = 0;
    struct note last = {NULL, &n_seen, 2}, first = {NULL, &n_seen, 0};
    struct arena *a = arena_create(0);
    first.a = a;

    arena_defer(a, check_order, &last);
    arena_defer(a, defer_once_more, &first);
    arena_reset(a);
    assert_int_equal(n_seen, 3);
    arena_destroy(a); // and only once
    assert_int_equal(n_seen, 3);
    arena_destroy(NULL);
}

static void arrays_are_typed(void **state)
{
    (void)state;
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    uint64_t *numbers = arena_new(a, uint64_t, 10);
    numbers[9] = 1;
    assert_int_equal(arena_used(a), 80);
    assert_non_null(arena_new(a, uint64_t, 0));
}

static void heap_memory_is_zeroed(void **state)
{
    (void)state;
    struct note *n = NEW(struct note);
    assert_true(is_zero((unsigned char *)n, sizeof(*n)));
    free(n);
    char *p = mem_realloc(NULL, 3);
    memcpy(p, "ab", 3);
    p = mem_realloc(p, 1000);
    assert_string_equal(p, "ab");
    free(p);
}

TEST_MAIN(cmocka_unit_test(pieces_are_zeroed_aligned_and_apart),
          cmocka_unit_test(a_large_piece_leaves_the_current_block_in_use),
          cmocka_unit_test(reset_gives_the_first_block_again),
          cmocka_unit_test(deferred_functions_run_newest_first), cmocka_unit_test(arrays_are_typed),
          cmocka_unit_test(heap_memory_is_zeroed))
