#ifndef TENANCY_RIGHTS_H
#define TENANCY_RIGHTS_H
/*
 * What may be done, and which role may do it: the one table that the API asks, the interface shows
 * (GET /api/roles) and docs/rights.md prints (`hookswitch rights`).
 */
#include "base/str.h"

/* role, name, what it is for */
#define ROLES(X)                                                                                   \
    X(OWNER, "owner", "The organisation is theirs: everything.")                                   \
    X(ADMIN, "admin", "Runs it: people, keys, settings. Makes no owners and no projects.")         \
    X(SUPERVISOR, "supervisor", "Answers for the calls: sees all of them and what went wrong.")    \
    X(OPERATOR, "operator", "Answers calls: sees them and hears their recordings.")                \
    X(DEVELOPER, "developer", "Builds upon the API: keys and events, without the interface.")      \
    X(VIEWER, "viewer", "Looks on: calls, without their recordings.")

enum user_role {
#define X(role, name, meaning) USER_ROLE_##role,
    ROLES(X)
#undef X
        USER_ROLE_COUNT
};

/* right, its name in the API, the roles that have it (O A S P D V), what may be done with it */
#define RIGHTS(X)                                                                                  \
    X(APP_USE, "app.use", O | A | S | P | V, "Use the interface")                                  \
    X(CALLS_READ, "calls.read", O | A | S | P | D | V, "See calls and conversations")              \
    X(CALLS_EXPORT, "calls.export", O | A | S, "Take lists of calls away as a file")               \
    X(RECORDINGS_READ, "recordings.read", O | A | S | P, "Hear recordings")                        \
    X(EVENTS_READ, "events.read", O | A | S | D, "See what providers sent, word by word")          \
    X(EVENTS_REPLAY, "events.replay", O | A | S | D, "Have failed events processed again")         \
    X(JOBS_RUN, "jobs.run", O | A | S | D, "Have jobs run now, such as a reconcile")               \
    X(HEALTH_READ, "health.read", O | A | S | P | D | V, "See whether everything works")           \
    X(SETTINGS_MANAGE, "settings.manage", O | A, "Change the project and its provider accounts")   \
    X(KEYS_MANAGE, "keys.manage", O | A | D, "Make and revoke API keys")                           \
    X(USERS_MANAGE, "users.manage", O | A, "Invite people, give and take roles")                   \
    X(AUDIT_READ, "audit.read", O | A, "Read who did what")                                        \
    X(PROJECTS_CREATE, "projects.create", O, "Make projects")

enum right {
#define X(right, name, roles, meaning) RIGHT_##right,
    RIGHTS(X)
#undef X
        RIGHT_COUNT
};

/* Sets of rights: 1u << enum right. */
enum { RIGHTS_ALL = (1u << RIGHT_COUNT) - 1 };

const char *right_name(enum right r);
const char *right_meaning(enum right r);
const char *user_role_name(enum user_role r);
const char *user_role_meaning(enum user_role r);
bool user_role_parse(struct str name, enum user_role *ret);
unsigned user_role_rights(enum user_role r);

/* A set as names, apart by blanks, and back; names that this program does not know are left out. */
struct arena;
struct str rights_text(unsigned set, struct arena *a);
unsigned rights_parse(struct str text);
/* What an API key may be given: what is asked of the API, not of people. */
unsigned rights_of_keys(void);
/* What a key has, by the names that are kept of it; none: all that keys can have. */
unsigned rights_of_key(struct str kept);

#endif
