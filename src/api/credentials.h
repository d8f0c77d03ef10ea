#ifndef API_CREDENTIALS_H
#define API_CREDENTIALS_H
/* What a request shows of who sent it; any bytes. Whether it is true, the store knows. */
#include "http/http.h"

/* Authorization: Bearer …, without blanks around it; STR_NONE without one. */
struct str credentials_bearer(const struct http_request *rq);
/* The cookie that a browser keeps of its session. */
#define CREDENTIALS_SESSION "hookswitch_session"
/* What it signs in with: the bearer, or without one the cookie of a session; empty: neither. */
struct str credentials_shown(const struct http_request *rq, bool *ret_is_cookie);
/* RFC 6265 section 4.2, name=value pairs separated by "; ": the first of that name, or STR_NONE. */
struct str credentials_cookie(const struct http_request *rq, struct str name);
/* A browser sends Origin with every unsafe request: it must be the host that it asked. */
bool credentials_same_origin(const struct http_request *rq);

#endif
