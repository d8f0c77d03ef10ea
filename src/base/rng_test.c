#include "base/clock.h"

#include "test/test.h"

static void a_seed_gives_the_same_numbers_for_ever(void **state)
{
    (void)state;
    struct rng a = rng_seeded(42), b = rng_seeded(42), c = rng_seeded(43);
    // xoshiro256** behind splitmix64, as published by its authors.
    assert_true(rng_u64(&a) == 1546998764402558742u);
    assert_true(rng_u64(&a) == 6990951692964543102u);
    (void)rng_u64(&b);
    assert_true(rng_u64(&b) == 6990951692964543102u);
    assert_true(rng_u64(&c) != 1546998764402558742u);
}

static void fills_any_number_of_bytes(void **state)
{
    (void)state;
    struct rng r = rng_seeded(1), s = rng_system();
    unsigned char bytes[70];
    for (size_t n = 0; n < 64; n++) {
        memset(bytes, 0xEE, sizeof(bytes));
        rng_fill(n % 2 ? &r : &s, bytes, n);
        assert_int_equal(bytes[n], 0xEE);
    }
    assert_true(rng_u64(&s) != rng_u64(&s));
}

static void stays_below_and_reaches_everything(void **state)
{
    (void)state;
    struct rng r = rng_seeded(7);
    int seen[6] = {0};
    for (int i = 0; i < 6000; i++) {
        uint64_t v = rng_below(&r, 6);
        assert_in_range(v, 0, 5);
        seen[v]++;
    }
    for (size_t i = 0; i < LEN(seen); i++)
        assert_in_range(seen[i], 800, 1200);
    assert_int_equal(rng_below(&r, 1), 0);
    assert_true(rng_below(&r, UINT64_MAX) < UINT64_MAX);
}

TEST_MAIN(cmocka_unit_test(a_seed_gives_the_same_numbers_for_ever),
          cmocka_unit_test(fills_any_number_of_bytes),
          cmocka_unit_test(stays_below_and_reaches_everything))
