#ifndef TENANCY_SESSION_H
#define TENANCY_SESSION_H
/*
 * A person's sessions. A session is a family of refresh tokens, of which one is good at a time:
 * each use gives the next. One that is used again later was stolen, or its successor was: the whole
 * session ends. Two tabs that ask at once are no thieves: for REFRESH_GRACE the one that came
 * second is let through, but given no token that lasts.
 *
 * All functions are parts of the caller's transaction, unless they say otherwise.
 */
#include "tenancy/office.h"

#define SESSION_IDLE HOURS(24 * 7)  /* without a refresh */
#define SESSION_LIFE HOURS(24 * 30) /* at most */
#define REFRESH_GRACE SECONDS(10)

struct session_from {
    struct str agent, address;
};

struct session {
    struct str id;
    struct str refresh_token; /* none where the old one stays */
    int64_t user;
    usec_t expires_at;
};

bool session_open(const struct office *o, int64_t user, int64_t project,
                  const struct session_from *from, struct arena *a, struct session *ret,
                  struct err *e) CHECK_RESULT;

enum refresh {
    REFRESH_GOOD,
    REFRESH_AGAIN,  /* within the grace: only an access token */
    REFRESH_STOLEN, /* the session was ended by this */
    REFRESH_UNKNOWN /* no such token, or its session has ended */
};
bool session_refresh(const struct office *o, struct str token, struct arena *a, struct session *ret,
                     enum refresh *ret_how, struct err *e) CHECK_RESULT;

/* Whether it has neither ended nor been revoked, and its person was not shut out. */
bool session_counts(struct db *db, struct str id, usec_t now, struct arena *a, bool *ret,
                    struct err *e) CHECK_RESULT;

/* One of somebody's own; *ret_found false when it is not theirs. */
bool session_revoke(struct db *db, int64_t user, struct str id, usec_t now, bool *ret_found,
                    struct err *e) CHECK_RESULT;
/* All of somebody's, but the one that is given, or none. */
bool sessions_revoke(struct db *db, int64_t user, struct str but, usec_t now,
                     struct err *e) CHECK_RESULT;
bool session_choose(struct db *db, struct str id, int64_t project, struct err *e) CHECK_RESULT;

struct session_row {
    struct str id, agent, address;
    usec_t created_at, seen_at, expires_at;
};
bool session_list(struct db *db, int64_t user, usec_t now, struct arena *a,
                  struct session_row **ret, size_t *ret_n, struct err *e) CHECK_RESULT;

/* Links that work once. */
#define LINKS(X)                                                                                   \
    X(SIGN_IN, "sign_in", HOURS(24))                                                               \
    X(INVITATION, "invitation", HOURS(24 * 7))                                                     \
    X(RESET, "reset", HOURS(1))

enum link_purpose {
#define X(purpose, name, ttl) LINK_##purpose,
    LINKS(X)
#undef X
        LINK_COUNT
};

struct link {
    int64_t user;
    enum link_purpose purpose;
};

bool link_create(const struct office *o, int64_t user, enum link_purpose purpose, struct arena *a,
                 struct str *ret_token, struct err *e) CHECK_RESULT;
/* Whom it is for, without using it up; *ret_found false when it is not valid. */
bool link_find(struct db *db, struct str token, usec_t now, struct arena *a, struct link *ret,
               bool *ret_found, struct err *e) CHECK_RESULT;
/* Uses it up. */
bool link_use(struct db *db, struct str token, usec_t now, struct arena *a, struct link *ret,
              bool *ret_found, struct err *e) CHECK_RESULT;
bool links_revoke(struct db *db, int64_t user, usec_t now, struct err *e) CHECK_RESULT;

#endif
