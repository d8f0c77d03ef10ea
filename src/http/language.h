#ifndef HTTP_LANGUAGE_H
#define HTTP_LANGUAGE_H
/* The language that a client wants to be spoken to in: Accept-Language, RFC 9110 section 12.5.4. */
#include "http/http.h"

/* `all`: the value of the header. Of those that we speak, the one of the highest weight, the first
 * of equals; English when none is wanted. */
enum err_language http_language(struct str all);
static inline enum err_language http_language_of(const struct http_request *rq)
{
    return http_language(http_header(rq, STR("Accept-Language")));
}

#endif
