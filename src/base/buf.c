#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/size.h"

enum { FIRST = 256, U64_DIGITS = 20 };

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){.max = max < SIZE_MAX ? max : SIZE_MAX - 1}; // the zero needs one more
}

void buf_finish(struct buf *b)
{
    free(b->p);
    *b = (struct buf){.max = b->max};
}

void buf_reset(struct buf *b)
{
    b->n = 0;
    b->failed = false;
}

/*
 * Doubles, from FIRST on, but never beyond the ceiling. need <= b->max. One byte more than cap is
 * allocated, for the zero with which vsnprintf ends its text.
 */
static void grow(struct buf *b, size_t need)
{
    size_t cap = b->cap ? b->cap : FIRST;
    while (cap < need)
        cap = cap > SIZE_MAX / 2 ? need : cap * 2;
    b->cap = cap < b->max ? cap : b->max;
    b->p = mem_realloc(b->p, b->cap + 1);
}

char *buf_room(struct buf *b, size_t n)
{
    size_t need;
    if (b->failed)
        return NULL;
    if (!size_add(b->n, n, &need) || need > b->max) {
        b->failed = true;
        return NULL;
    }
    if (need > b->cap || !b->p)
        grow(b, need);
    return b->p + b->n;
}

void buf_added(struct buf *b, size_t n)
{
    assert(n <= b->cap - b->n);
    b->n += n;
}

void buf_truncate(struct buf *b, size_t n)
{
    assert(n <= b->n);
    b->n = n;
}

void buf_str(struct buf *b, struct str s)
{
    if (s.n == 0)
        return;
    char *dst = buf_room(b, s.n);
    if (!dst)
        return;
    memcpy(dst, s.p, s.n);
    b->n += s.n;
}

void buf_char(struct buf *b, char c)
{
    char *dst = buf_room(b, 1);
    if (!dst)
        return;
    *dst = c;
    b->n++;
}

void buf_u64(struct buf *b, uint64_t v)
{
    char text[U64_DIGITS];
    size_t at = sizeof(text);
    do {
        text[--at] = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    buf_str(b, (struct str){text + at, sizeof(text) - at});
}

void buf_i64(struct buf *b, int64_t v)
{
    if (v < 0)
        buf_char(b, '-');
    buf_u64(b, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

void buf_fmt(struct buf *b, const char *format, ...)
{
    va_list ap, again;
    va_start(ap, format);
    va_copy(again, ap);

    int n = vsnprintf(NULL, 0, format, ap);
    assert(n >= 0);
    char *dst = buf_room(b, (size_t)n);
    if (dst) {
        vsnprintf(dst, (size_t)n + 1, format, again); // grow() left a byte for the zero
        b->n += (size_t)n;
    }

    va_end(again);
    va_end(ap);
}
