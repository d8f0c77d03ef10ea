#ifndef BASE_STR_H
#define BASE_STR_H
/*
 * Text that comes from outside: a view of bytes, never assumed to end in zero.
 *
 * A `struct str` borrows. To keep one longer than its source, str_dup() it into an arena. The
 * absent text is STR_NONE (p == NULL); the empty text has p != NULL and n == 0. The cut_*
 * functions parse from the front: on success the view moves forward, on failure nothing moves.
 */
#include "base/compiler.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct arena;

struct str {
    const char *p;
    size_t n;
};

#define STR(lit) ((struct str){("" lit), sizeof(lit) - 1})
#define STR_NONE ((struct str){NULL, 0})
#define STR_FMT "%.*s"
#define STR_ARG(s) (int)(s).n, (s).p

/* A view of a zero-terminated string; NULL gives STR_NONE. */
struct str str_from(const char *z);
/* A copy in the arena, followed by a zero byte that is not counted. STR_NONE stays STR_NONE. */
struct str str_dup(struct str s, struct arena *a);
/* A zero-terminated copy in the arena (for C interfaces). STR_NONE gives "". */
const char *str_z(struct str s, struct arena *a);
/* Formatted text in the arena. */
struct str str_fmt(struct arena *a, const char *format, ...) PRINTF_LIKE(2, 3);

static inline bool str_is_none(struct str s)
{
    return s.p == NULL;
}

static inline bool str_is_empty(struct str s)
{
    return s.n == 0;
}

static inline bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Byte order; a prefix sorts before what it begins. */
int str_cmp(struct str a, struct str b);
/* ASCII case is ignored. */
bool str_eq_nocase(struct str a, struct str b);
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
/* Index of the first byte c, or s.n. */
size_t str_find(struct str s, char c);
bool str_contains(struct str s, struct str part);
/* Which of n names it is, to the letter. */
bool str_among(struct str s, const struct str *names, size_t n, size_t *ret) CHECK_RESULT;
/* The part from `from` on, at most n bytes; both are clipped to s. */
struct str str_sub(struct str s, size_t from, size_t n);
/* Without leading and trailing spaces and tabs. */
struct str str_trim(struct str s);
/* Well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF). */
bool str_is_utf8(struct str s);
/* Length of the well-formed UTF-8 sequence at the front; 0 when there is none. */
size_t str_utf8_first(struct str s);
/* FNV-1a with a final mix; not for adversarial keys (use hash_keyed of base/crypto.h). */
uint64_t str_hash(struct str s);

/* 0 to 15; -1 when it is no hex digit. */
int hex_value(char c);
/* The whole text is a decimal number in range; no sign for u64, optional '-' for i64, no blanks. */
bool str_to_u64(struct str s, uint64_t *ret) CHECK_RESULT;
bool str_to_i64(struct str s, int64_t *ret) CHECK_RESULT;
/* The same for the id of something: from 1 on. */
bool str_to_id(struct str s, int64_t *ret) CHECK_RESULT;

bool cut_lit(struct str *in, struct str lit) CHECK_RESULT;
bool cut_char(struct str *in, char c) CHECK_RESULT;
/* Exactly n bytes. */
bool cut_bytes(struct str *in, size_t n, struct str *ret) CHECK_RESULT;
/* Up to the byte c, which is consumed and not returned; fails when there is none. */
bool cut_until(struct str *in, char c, struct str *ret) CHECK_RESULT;
/* Up to c (consumed) or, without one, all that is left; fails only when nothing is left. */
bool cut_field(struct str *in, char c, struct str *ret) CHECK_RESULT;
/* 1*DIGIT, in range. */
bool cut_u32(struct str *in, uint32_t *ret) CHECK_RESULT;
bool cut_u64(struct str *in, uint64_t *ret) CHECK_RESULT;
/* Exactly n digits (dates and the like). */
bool cut_digits(struct str *in, size_t n, uint32_t *ret) CHECK_RESULT;
/* 1*(SP / HTAB). */
bool cut_blank(struct str *in) CHECK_RESULT;
/* 1*tchar, RFC 9110 section 5.6.2. */
bool cut_token(struct str *in, struct str *ret) CHECK_RESULT;

#endif
