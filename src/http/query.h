#ifndef HTTP_QUERY_H
#define HTTP_QUERY_H
/* The query string as text: a form (base/form.h) whose values are well-formed UTF-8 without NUL. */
#include "base/form.h"
#include "http/http.h"

/* Malformed text or more than LIMIT_FORM_FIELDS fields: ERR_INVALID, ERR_LIMIT. */
bool http_query_parse(const struct http_request *rq, struct arena *a, struct form *ret,
                      struct err *e) CHECK_RESULT;

struct http_range {
    int64_t least, most, otherwise; /* `otherwise` when the field is absent or empty */
};
/* A decimal number within the range; anything else is ERR_INVALID and says the range. */
bool http_query_int(const struct form *query, struct str name, const struct http_range *range,
                    int64_t *ret, struct err *e) CHECK_RESULT;

#endif
