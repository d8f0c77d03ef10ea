#ifndef BASE_SIZE_H
#define BASE_SIZE_H
/* Arithmetic on lengths that come from outside: each says whether the result fits. */
#include "base/compiler.h"

#include <stdbool.h>
#include <stdint.h>

static inline CHECK_RESULT bool size_add(size_t a, size_t b, size_t *ret)
{
    return !__builtin_add_overflow(a, b, ret);
}

static inline CHECK_RESULT bool size_mul(size_t a, size_t b, size_t *ret)
{
    return !__builtin_mul_overflow(a, b, ret);
}

static inline CHECK_RESULT bool narrow_u32(uint64_t v, uint32_t *ret)
{
    *ret = (uint32_t)v;
    return v <= UINT32_MAX;
}

static inline CHECK_RESULT bool narrow_int(int64_t v, int *ret)
{
    *ret = (int)v;
    return v >= INT32_MIN && v <= INT32_MAX;
}

#endif
