#ifndef BASE_FORM_H
#define BASE_FORM_H
/*
 * application/x-www-form-urlencoded (WHATWG URL, "urlencoded parsing"): '+' is a space, %XX a
 * byte, decoded exactly once; an invalid escape stays as it is. Fields keep their order.
 */
#include "base/err.h"

struct arena;

struct form_field {
    struct str name, value;
};

struct form {
    struct form_field *fields;
    size_t n;
};

/* More than max_fields gives ERR_LIMIT. Views of the input where nothing had to be decoded. */
bool form_parse(struct str in, size_t max_fields, struct arena *a, struct form *ret,
                struct err *e) CHECK_RESULT;
/* The first value of that name, or STR_NONE. */
struct str form_get(const struct form *f, struct str name);

struct buf;
/* Percent-encodes for a form body or a query component (space becomes '+'). */
void buf_form(struct buf *b, struct str s);

#endif
