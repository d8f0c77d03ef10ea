#ifndef API_AUTH_H
#define API_AUTH_H
/* What the two ways of signing in share: a password, and a link that works once. */
#include "api/request.h"
#include "tenancy/people.h"
#include "tenancy/session.h"

/* Opens a session and notes it in the audit log as `action`; within a transaction. The asker is
 * this person from then on. */
bool auth_open_session(struct req *rq, const struct person *p, const char *action,
                       struct session *ret, struct err *e) CHECK_RESULT;
struct str auth_access_token(struct req *rq, const struct session *s);
/* Values of Set-Cookie. */
struct str auth_access_cookie(struct req *rq, struct str token, usec_t max_age);
struct str auth_refresh_cookie(struct req *rq, struct str token, usec_t max_age);

#endif
