/*
 * Text against references that are too simple to be wrong: numbers against digits added up in 128
 * bits, UTF-8 against code points, searching against memmem(). What fails has moved nothing.
 *
 * Input: one byte that splits the rest in two, then both.
 */
#include "base/str.h"

#include "base/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* -1: no number of digits alone, or more than 64 bits. */
static __int128 number_of(struct str s)
{
    unsigned __int128 v = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9' || v > UINT64_MAX)
            return -1;
        v = v * 10 + (unsigned)(s.p[i] - '0');
    }
    return s.n == 0 || v > UINT64_MAX ? -1 : (__int128)v;
}

static void check_numbers(struct str in)
{
    const bool minus = in.n > 0 && in.p[0] == '-';
    const __int128 size = number_of(str_sub(in, minus, in.n)), v = minus ? -size : size;
    uint64_t u = 7;
    int64_t i = 7;

    assert(str_to_u64(in, &u) == (!minus && size >= 0));
    assert(u == (!minus && size >= 0 ? (uint64_t)size : 7));
    const bool fits = size >= 0 && v >= INT64_MIN && v <= INT64_MAX;
    assert(str_to_i64(in, &i) == fits && i == (fits ? (int64_t)v : 7));
}

static void check_cuts(struct str in)
{
    struct str left = in, digits = in;
    uint64_t u;
    uint32_t n = 7;

    digits.n = 0;
    while (digits.n < in.n && in.p[digits.n] >= '0' && in.p[digits.n] <= '9')
        digits.n++;
    if (cut_u64(&left, &u))
        assert(number_of(digits) == u && left.p == in.p + digits.n);
    else
        assert(number_of(digits) < 0 && left.p == in.p && left.n == in.n);

    left = in;
    const bool fits = number_of(digits) >= 0 && number_of(digits) <= UINT32_MAX;
    assert(cut_u32(&left, &n) == fits && n == (fits ? (uint32_t)number_of(digits) : 7));
    assert(left.n == (fits ? in.n - digits.n : in.n));
}

/* Code points by arithmetic alone. */
static bool is_utf8(const unsigned char *p, size_t n)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    while (n > 0) {
        const size_t length = p[0] < 0x80           ? 1
                              : (p[0] >> 5) == 0x06 ? 2
                              : (p[0] >> 4) == 0x0e ? 3
                              : (p[0] >> 3) == 0x1e ? 4
                                                    : 0;
        if (length == 0 || length > n)
            return false;
        uint32_t c = length == 1 ? p[0] : p[0] & (0x7fu >> length);
        for (size_t i = 1; i < length; i++) {
            if ((p[i] & 0xc0) != 0x80)
                return false;
            c = c << 6 | (p[i] & 0x3f);
        }
        if (c < least[length] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
            return false;
        p += length;
        n -= length;
    }
    return true;
}

static void check_search(struct str in, struct str part)
{
    assert(str_contains(in, part) == (part.n == 0 || memmem(in.p, in.n, part.p, part.n) != NULL));
    assert((str_cmp(in, part) == 0) == str_eq(in, part));
    assert(str_cmp(in, part) == -str_cmp(part, in) || str_cmp(in, part) * str_cmp(part, in) < 0);
    if (str_starts(in, part))
        assert(str_contains(in, part) && str_cmp(part, in) <= 0);
}

/* The fields and the commas between them are the whole. */
static void check_fields(struct str in)
{
    size_t n = 0;
    struct str left = in, field;
    while (cut_field(&left, ',', &field)) {
        assert(field.p == in.p + n && str_find(field, ',') == field.n);
        n += field.n + 1;
    }
    assert(n == in.n || n == in.n + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const struct str in = {(const char *)data + 1, size - 1};
    const size_t cut = in.n * data[0] / 255;

    check_numbers(in);
    check_cuts(in);
    check_fields(in);
    check_search(str_sub(in, 0, cut), str_sub(in, cut, in.n));
    assert(str_is_utf8(in) == is_utf8(data + 1, in.n));
    return 0;
}
