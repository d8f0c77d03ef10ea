#ifndef TENANCY_ACTOR_H
#define TENANCY_ACTOR_H
/*
 * Who asks, for which project, with which rights. Every handler receives its project from here and
 * from nowhere else.
 *
 * A program signs in with an API key, which belongs to one project; a person with a session, and
 * then says for which of their projects. The store is asked each time, so that what was taken away
 * counts at once. A project that is not theirs is answered like one that is not there.
 */
#include "store/store.h"
#include "tenancy/rights.h"

enum actor_kind { ACTOR_NOBODY, ACTOR_API_KEY, ACTOR_USER };

struct actor {
    enum actor_kind kind;
    int64_t id;      /* of the key or the user; 0: nobody */
    struct str name; /* the key's name, or the person's e-mail address */
    int64_t project; /* 0: none that may be asked for */
    int64_t org;
    unsigned rights;     /* for the project: 1u << enum right */
    unsigned org_rights; /* those of them that reach over the whole organisation */
    /* Of a person. */
    struct str session;
    struct str full_name, language, theme, time_zone;
};

static inline bool actor_may(const struct actor *who, enum right r)
{
    return (who->rights & (1u << r)) != 0;
}

/* asked: the project that is asked for, 0 when none is named. */
struct actor_asks {
    int64_t project;
    usec_t now;
};

/* The actor behind a secret; *ret_known false when there is none (unknown, expired, revoked).
 * Known, but without a project: the one that is asked for is not theirs, or they have none. */
bool actor_by_api_key(struct db *db, struct str key, const struct actor_asks *asks, struct arena *a,
                      struct actor *ret, bool *ret_known, struct err *e) CHECK_RESULT;
bool actor_by_session(struct db *db, struct str session, const struct actor_asks *asks,
                      struct arena *a, struct actor *ret, bool *ret_known,
                      struct err *e) CHECK_RESULT;

/* Who asked for a stream's token, as they are now; for its project. */
struct stream_claims;
bool actor_by_claims(struct db *db, const struct stream_claims *c, usec_t now, struct arena *a,
                     struct actor *ret, bool *ret_known, struct err *e) CHECK_RESULT;

#endif
