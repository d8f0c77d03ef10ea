#include "base/str.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/arena.h"

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct str forward(struct str s, size_t n)
{
    return n ? (struct str){s.p + n, s.n - n} : s; // of STR_NONE, NULL + 0 would be undefined
}

// --- making --------------------------------------------------------------------------------------

struct str str_from(const char *z)
{
    return z ? (struct str){z, strlen(z)} : STR_NONE;
}

struct str str_dup(struct str s, struct arena *a)
{
    if (str_is_none(s))
        return STR_NONE;
    char *p = arena_alloc(a, s.n + 1);
    memcpy(p, s.p, s.n);
    return (struct str){p, s.n};
}

const char *str_z(struct str s, struct arena *a)
{
    return str_is_none(s) ? "" : str_dup(s, a).p;
}

struct str str_fmt(struct arena *a, const char *format, ...)
{
    va_list ap, again;
    assert(format);
    va_start(ap, format);
    va_copy(again, ap);

    int n = vsnprintf(NULL, 0, format, ap);
    assert(n >= 0);
    char *p = arena_alloc(a, (size_t)n + 1);
    vsnprintf(p, (size_t)n + 1, format, again);

    va_end(again);
    va_end(ap);
    return (struct str){p, (size_t)n};
}

// --- comparing -----------------------------------------------------------------------------------

int str_cmp(struct str a, struct str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n ? memcmp(a.p, b.p, n) : 0;
    return order ? order : (a.n > b.n) - (a.n < b.n);
}

bool str_eq_nocase(struct str a, struct str b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++) {
        if (lower(a.p[i]) != lower(b.p[i]))
            return false;
    }
    return true;
}

bool str_starts(struct str s, struct str prefix)
{
    return s.n >= prefix.n && str_eq((struct str){s.p, prefix.n}, prefix);
}

bool str_ends(struct str s, struct str suffix)
{
    return s.n >= suffix.n && str_eq(str_sub(s, s.n - suffix.n, suffix.n), suffix);
}

// --- looking inside ------------------------------------------------------------------------------

size_t str_find(struct str s, char c)
{
    const char *at = s.n ? memchr(s.p, c, s.n) : NULL;
    return at ? (size_t)(at - s.p) : s.n;
}

bool str_contains(struct str s, struct str part)
{
    while (s.n >= part.n) {
        if (str_starts(s, part))
            return true;
        size_t next = str_find(forward(s, 1), part.p[0]) + 1;
        if (next >= s.n)
            return false;
        s = forward(s, next);
    }
    return false;
}

bool str_among(struct str s, const struct str *names, size_t n, size_t *ret)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq(names[i], s)) {
            *ret = i;
            return true;
        }
    }
    return false;
}

struct str str_sub(struct str s, size_t from, size_t n)
{
    if (str_is_none(s))
        return STR_NONE;
    if (from > s.n)
        from = s.n;
    size_t left = s.n - from;
    return (struct str){s.p + from, n < left ? n : left};
}

struct str str_trim(struct str s)
{
    while (s.n && is_blank(s.p[0]))
        s = forward(s, 1);
    while (s.n && is_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

/* RFC 3629 section 4: the first byte decides the length and the range of the second. */
static size_t utf8_length(unsigned char first, unsigned char *ret_low, unsigned char *ret_high)
{
    *ret_low = 0x80;
    *ret_high = 0xBF;
    if (first < 0x80)
        return 1;
    if (first >= 0xC2 && first <= 0xDF)
        return 2;
    if (first >= 0xE0 && first <= 0xEF) {
        if (first == 0xE0)
            *ret_low = 0xA0; // shorter forms exist below
        if (first == 0xED)
            *ret_high = 0x9F; // surrogates above
        return 3;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        if (first == 0xF0)
            *ret_low = 0x90;
        if (first == 0xF4)
            *ret_high = 0x8F; // U+10FFFF is the end
        return 4;
    }
    return 0;
}

size_t str_utf8_first(struct str s)
{
    if (s.n == 0)
        return 0;
    const unsigned char *p = (const unsigned char *)s.p;
    unsigned char low, high;
    size_t n = utf8_length(p[0], &low, &high);

    if (n == 0 || n > s.n)
        return 0;
    if (n > 1 && (p[1] < low || p[1] > high))
        return 0;
    for (size_t i = 2; i < n; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    }
    return n;
}

bool str_is_utf8(struct str s)
{
    while (s.n) {
        uint64_t eight;
        if (s.n >= sizeof(eight)) {
            memcpy(&eight, s.p, sizeof(eight));
            if ((eight & 0x8080808080808080u) == 0) { // eight ASCII bytes at once
                s = forward(s, sizeof(eight));
                continue;
            }
        }
        size_t n = str_utf8_first(s);
        if (n == 0)
            return false;
        s = forward(s, n);
    }
    return true;
}

uint64_t str_hash(struct str s)
{
    uint64_t h = 0xCBF29CE484222325u;
    for (size_t i = 0; i < s.n; i++) {
        h ^= (unsigned char)s.p[i];
        h *= 0x100000001B3u;
    }
    // FNV's upper bits are good, its lower ones are not: tables take the lower ones.
    h ^= h >> 33;
    h *= 0xFF51AFD7ED558CCDu;
    h ^= h >> 33;
    return h;
}

// --- numbers -------------------------------------------------------------------------------------

int hex_value(char c)
{
    if (is_digit(c))
        return c - '0';
    c = lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Leading digits of s as a number; how many there were, 0 when none or out of range. */
static size_t digits(struct str s, uint64_t *ret)
{
    uint64_t v = 0;
    size_t n = 0;
    for (; n < s.n && is_digit(s.p[n]); n++) {
        if (__builtin_mul_overflow(v, (uint64_t)10, &v) ||
            __builtin_add_overflow(v, (uint64_t)(s.p[n] - '0'), &v))
            return 0;
    }
    if (n)
        *ret = v;
    return n;
}

bool str_to_u64(struct str s, uint64_t *ret)
{
    uint64_t v;
    size_t n = digits(s, &v);
    if (n == 0 || n != s.n)
        return false;
    *ret = v;
    return true;
}

bool str_to_i64(struct str s, int64_t *ret)
{
    uint64_t v;
    bool negative = cut_char(&s, '-');
    if (!str_to_u64(s, &v) || v > (uint64_t)INT64_MAX + negative)
        return false;
    *ret = negative ? (int64_t)(0 - v) : (int64_t)v;
    return true;
}

bool str_to_id(struct str s, int64_t *ret)
{
    int64_t v;

    if (!str_to_i64(s, &v) || v <= 0)
        return false;
    *ret = v;
    return true;
}

// --- parsing from the front ----------------------------------------------------------------------

bool cut_lit(struct str *in, struct str lit)
{
    if (!str_starts(*in, lit))
        return false;
    *in = forward(*in, lit.n);
    return true;
}

bool cut_char(struct str *in, char c)
{
    if (in->n == 0 || in->p[0] != c)
        return false;
    *in = forward(*in, 1);
    return true;
}

bool cut_bytes(struct str *in, size_t n, struct str *ret)
{
    if (in->n < n)
        return false;
    *ret = (struct str){in->p, n};
    *in = forward(*in, n);
    return true;
}

bool cut_until(struct str *in, char c, struct str *ret)
{
    size_t n = str_find(*in, c);
    if (n == in->n)
        return false;
    *ret = (struct str){in->p, n};
    *in = forward(*in, n + 1);
    return true;
}

bool cut_field(struct str *in, char c, struct str *ret)
{
    if (in->n == 0)
        return false;
    return cut_until(in, c, ret) || cut_bytes(in, in->n, ret);
}

bool cut_u64(struct str *in, uint64_t *ret)
{
    size_t n = digits(*in, ret);
    if (n == 0)
        return false;
    *in = forward(*in, n);
    return true;
}

bool cut_u32(struct str *in, uint32_t *ret)
{
    struct str rest = *in;
    uint64_t v;
    if (!cut_u64(&rest, &v) || v > UINT32_MAX)
        return false;
    *ret = (uint32_t)v;
    *in = rest;
    return true;
}

bool cut_digits(struct str *in, size_t n, uint32_t *ret)
{
    uint64_t v;
    if (n == 0 || in->n < n || digits((struct str){in->p, n}, &v) != n || v > UINT32_MAX)
        return false;
    *ret = (uint32_t)v;
    *in = forward(*in, n);
    return true;
}

bool cut_blank(struct str *in)
{
    size_t n = 0;
    while (n < in->n && is_blank(in->p[n]))
        n++;
    if (n == 0)
        return false;
    *in = forward(*in, n);
    return true;
}

static bool is_tchar(char c)
{
    if (is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z'))
        return true;
    return c && strchr("!#$%&'*+-.^_`|~", c);
}

bool cut_token(struct str *in, struct str *ret)
{
    size_t n = 0;
    while (n < in->n && is_tchar(in->p[n]))
        n++;
    return n > 0 && cut_bytes(in, n, ret);
}
