#include "base/size.h"

#include "test/test.h"

static void says_when_a_result_does_not_fit(void **state)
{
    (void)state;
    size_t n;
    uint32_t u;
    int i;
    assert_true(size_add(1, 2, &n) && n == 3);
    assert_false(size_add(SIZE_MAX, 1, &n));
    assert_true(size_mul(SIZE_MAX / 2, 2, &n) && n == SIZE_MAX - 1);
    assert_false(size_mul(SIZE_MAX / 2 + 1, 2, &n));
    assert_true(narrow_u32(UINT32_MAX, &u) && u == UINT32_MAX);
    assert_false(narrow_u32(UINT64_C(1) << 32, &u));
    assert_true(narrow_int(INT32_MIN, &i) && i == INT32_MIN);
    assert_false(narrow_int((int64_t)INT32_MAX + 1, &i));
}

TEST_MAIN(cmocka_unit_test(says_when_a_result_does_not_fit))
