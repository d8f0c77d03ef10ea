#ifndef TENANCY_ACTOR_H
#define TENANCY_ACTOR_H
/*
 * Who asks, for which project, with which rights. Every handler receives its project from here and
 * from nowhere else.
 *
 * A program signs in with an API key, a browser with a session that a one-time link opened. Keys,
 * links and session tokens are random; the store knows only their SHA-256.
 */
#include "base/clock.h"

#include "store/store.h"

/* right, name in the API */
#define RIGHTS(X)                                                                                  \
    X(CALLS_READ, "calls.read")                                                                    \
    X(EVENTS_READ, "events.read")                                                                  \
    X(EVENTS_REPLAY, "events.replay")                                                              \
    X(HEALTH_READ, "health.read")

enum right {
#define X(right, name) RIGHT_##right,
    RIGHTS(X)
#undef X
        RIGHT_COUNT
};

enum actor_kind { ACTOR_API_KEY, ACTOR_SESSION };

struct actor {
    enum actor_kind kind;
    int64_t project;
    struct str project_name;
    struct str name;
    unsigned rights; /* 1u << enum right */
};

const char *right_name(enum right r);

static inline bool actor_may(const struct actor *who, enum right r)
{
    return (who->rights & (1u << r)) != 0;
}

/* The actor behind a secret; *ret_known false when there is none (unknown, expired, revoked). */
bool actor_by_api_key(struct db *db, struct str key, struct arena *a, struct actor *ret,
                      bool *ret_known, struct err *e) CHECK_RESULT;
bool actor_by_session(struct db *db, struct str token, usec_t now, struct arena *a,
                      struct actor *ret, bool *ret_known, struct err *e) CHECK_RESULT;

/* A link's token, valid once until now + LOGIN_LINK_TTL. */
bool login_link_create(struct db *db, struct rng *rng, int64_t project, usec_t now, struct arena *a,
                       struct str *ret_token, struct err *e) CHECK_RESULT;
/* Uses it up and opens a session for SESSION_TTL; its token, or STR_NONE when it was not valid. */
bool login_link_use(struct db *db, struct rng *rng, struct str token, usec_t now, struct arena *a,
                    struct str *ret_session, struct err *e) CHECK_RESULT;
bool session_end(struct db *db, struct str token, usec_t now, struct err *e) CHECK_RESULT;

#define LOGIN_LINK_TTL HOURS(24)
#define SESSION_TTL HOURS(24 * 7)

#endif
