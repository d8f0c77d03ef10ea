#ifndef API_AUTH_H
#define API_AUTH_H
/* What the ways of signing in share: a password, and links that work once. */
#include "api/request.h"
#include "tenancy/people.h"
#include "tenancy/session.h"

enum { TOKEN_TEXT_MAX = 128 };

/* An address and a password, whether or not they fit. */
struct proof {
    struct str email;
    bool found, right;
    struct person person; /* if found */
};
/* As slow for who is not there. ERR_RATE for who was wrong too often. */
bool auth_prove(struct req *rq, struct str email, struct str password, struct proof *ret,
                struct err *e) CHECK_RESULT;
/* Counts and notes that it was wrong: always false, with the error to answer. */
bool auth_refuse(struct req *rq, const struct proof *p, struct err *e) CHECK_RESULT;

/* Opens a session and notes it in the audit log as `action`; within a transaction. The asker is
 * this person from then on. */
bool auth_open_session(struct req *rq, const struct person *p, const char *action,
                       struct session *ret, struct err *e) CHECK_RESULT;
/* Answers with its tokens, in the body and as cookies. */
bool auth_reply_tokens(struct req *rq, const struct session *s, struct err *e) CHECK_RESULT;
struct str auth_access_token(struct req *rq, const struct session *s);
/* Values of Set-Cookie. */
struct str auth_access_cookie(struct req *rq, struct str token, usec_t max_age);
struct str auth_refresh_cookie(struct req *rq, struct str token, usec_t max_age);

#endif
