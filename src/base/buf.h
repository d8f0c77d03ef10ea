#ifndef BASE_BUF_H
#define BASE_BUF_H
/*
 * Text that goes outside: append freely, check once.
 *
 * A buf grows up to its ceiling. The first append that does not fit makes it fail; from then on
 * it ignores appends and buf_ok() is false. It is embedded by its owner: init, use, finish.
 */
#include "base/str.h"

struct buf {
    char *p;
    size_t n;   /* bytes used */
    size_t cap; /* bytes allocated */
    size_t max; /* ceiling */
    bool failed;
};

/* Empty, allocates nothing yet. max: the ceiling in bytes. */
void buf_init(struct buf *b, size_t max);
/* Frees the bytes; the buf may be initialised again. Accepts a finished buf. */
void buf_finish(struct buf *b);
/* Empties it and forgets a failure; keeps the memory. */
void buf_reset(struct buf *b);

void buf_str(struct buf *b, struct str s);
void buf_char(struct buf *b, char c);
void buf_u64(struct buf *b, uint64_t v);
void buf_i64(struct buf *b, int64_t v);
void buf_fmt(struct buf *b, const char *format, ...) PRINTF_LIKE(2, 3);
/* Room for n bytes at the end, or NULL after a failure; buf_added() then says how many are used. */
char *buf_room(struct buf *b, size_t n);
void buf_added(struct buf *b, size_t n);
/* Cuts back to n bytes (n <= b->n). */
void buf_truncate(struct buf *b, size_t n);

static inline bool buf_ok(const struct buf *b)
{
    return !b->failed;
}

static inline struct str buf_view(const struct buf *b)
{
    return (struct str){b->p ? b->p : "", b->n};
}

#endif
