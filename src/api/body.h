#ifndef API_BODY_H
#define API_BODY_H
/*
 * The body of a request as a table of what it may hold. What the table does not name is refused by
 * name, so that nobody sets what was not meant to be set, and a misspelt name is found at once.
 */
#include "api/request.h"

enum body_kind {
    BODY_TEXT, /* struct str; trimmed unless it is a secret; STR_NONE when absent or null */
    BODY_SECRET,
    BODY_ID,    /* int64_t, written as a text of digits or a number; INT_NONE when absent or null */
    BODY_TIME,  /* usec_t, RFC 3339; TIME_NONE when absent or null */
    BODY_COUNT, /* int64_t from 0 on, a number; INT_NONE when absent or null */
    BODY_FLAG,  /* int64_t: 0 or 1; INT_NONE when absent */
    BODY_WORDS, /* struct str: a list of texts, joined by blanks; STR_NONE when absent */
    BODY_OBJECT /* struct str: a JSON object as text; STR_NONE when absent or null */
};

struct body_field {
    const char *name;
    enum body_kind kind;
    size_t at;
    bool required;
    size_t max; /* bytes of a text or an object */
};

/* Fills `out` by the table. ERR_INVALID names the field. */
bool req_fields(struct req *rq, const struct body_field *fields, size_t n, void *out,
                struct err *e) CHECK_RESULT;

/* ERR_INVALID for what is no object, and names the first member that is none of the words. */
bool body_knows_all(struct json_object *object, struct words names, struct err *e) CHECK_RESULT;

#endif
