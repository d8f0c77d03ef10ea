#ifndef TENANCY_PEOPLE_H
#define TENANCY_PEOPLE_H
/*
 * People, and the roles that they have: for a whole organisation, or for one of its projects.
 *
 * Nobody gives or takes what they do not have: whose rights do not contain a role's rights cannot
 * grant it, nor change somebody who has it. An organisation keeps an owner. All functions are parts
 * of the caller's transaction.
 */
#include "tenancy/office.h"
#include "tenancy/actor.h"

struct person {
    int64_t id;
    struct str email, name;
    bool is_guest; /* of one organisation, until they take up its invitation: docs/adr/017 */
    struct str password_hash; /* none before an invitation is taken up */
    struct str language, theme, time_zone;
    usec_t created_at, disabled_at;
};

/* Lower case; ERR_INVALID for what is no address (one @, no blanks, at most 254 bytes). */
bool email_normalise(struct str email, struct arena *a, struct str *ret,
                     struct err *e) CHECK_RESULT;

bool person_by_email(struct db *db, struct str email, struct arena *a, struct person *ret,
                     bool *ret_found, struct err *e) CHECK_RESULT;
bool person_by_id(struct db *db, int64_t id, struct arena *a, struct person *ret, bool *ret_found,
                  struct err *e) CHECK_RESULT;
/* Whether the password is the one that *p had when it was proved, or none as then: it may have been
 * changed meanwhile, or they were shut out. In a transaction, until whose end it stays so. */
bool person_hold(struct db *db, const struct person *p, struct arena *a, bool *ret_still,
                 struct err *e) CHECK_RESULT;
/* The one who has the address already, or a new one without a password: where nobody else could. */
bool person_ensure(const struct office *o, struct str email, struct str name, struct arena *a,
                   int64_t *ret, bool *ret_made, struct err *e) CHECK_RESULT;
/* How a guest comes in, by what their address has. */
enum account { ACCOUNT_NONE, ACCOUNT_WITHOUT_PASSWORD, ACCOUNT_WITH_PASSWORD };
bool person_account(struct db *db, struct str email, struct arena *a, enum account *ret,
                    struct err *e) CHECK_RESULT;
/* A guest becomes who has the address; ERR_CONFLICT when it got an account meanwhile. */
bool person_settle(struct db *db, int64_t guest, struct arena *a, struct err *e) CHECK_RESULT;
/* What a guest was given becomes that of the account, unless it has something there; *ret_org:
 * where, 0 for nothing. Holds the organisation and both of them: nobody gives the guest more
 * meanwhile. *ret_still as of person_hold(account): false, and nothing is done. */
bool person_join(struct db *db, int64_t guest, const struct person *account, struct arena *a,
                 int64_t *ret_org, bool *ret_still, struct err *e) CHECK_RESULT;
/* Who was last invited by an address, has not come and is not disabled. */
bool person_guest(struct db *db, struct str email, struct arena *a, int64_t *ret, bool *ret_found,
                  struct err *e) CHECK_RESULT;
bool person_set_password(struct db *db, int64_t id, struct str hash, usec_t now,
                         struct err *e) CHECK_RESULT;

struct preferences {
    struct str name, language, theme, time_zone;
};
bool person_set_preferences(struct db *db, int64_t id, const struct preferences *p,
                            struct err *e) CHECK_RESULT;

/* The oldest owner of the oldest organisation: whom the one-time link of a start is for. */
bool person_owner(struct db *db, struct arena *a, int64_t *ret, bool *ret_found,
                  struct err *e) CHECK_RESULT;

// --- within an organisation ----------------------------------------------------------------------

/* What an actor who manages people reaches: all of the organisation, or its present project. */
struct reach {
    int64_t org, project; /* project INT_NONE: all */
    unsigned rights;      /* of the actor, there */
};
struct reach reach_of(const struct actor *who);

struct member_role {
    int64_t id, user, project; /* project INT_NONE: the whole organisation */
    struct str project_name;
    enum user_role role;
};

struct member {
    int64_t id;
    struct str email, name;
    usec_t created_at, disabled_at; /* created_at: here */
    usec_t seen_at;                 /* last, within reach; TIME_NONE: not here */
    bool has_password, has_come;    /* has_come: signed in, wherever */
    const struct member_role *roles;
    size_t n_roles;
};

/* Who has the address here, or else a guest: somebody of their own, whoever has it elsewhere. The
 * organisation is held until the transaction ends. */
struct invitation {
    int64_t org;
    struct str email, name;
};
#define INVITATION(org, email, name) (&(const struct invitation){(org), (email), (name)})
bool member_ensure(const struct office *o, const struct invitation *in, struct arena *a,
                   int64_t *ret, bool *ret_made, struct err *e) CHECK_RESULT;
/* Those after `after`, by id. */
bool member_list(struct db *db, const struct reach *r, struct list_page page, struct arena *a,
                 struct member **ret, size_t *ret_n, struct err *e) CHECK_RESULT;
/* ERR_NOT_FOUND when they have no role within reach. */
bool member_find(struct db *db, const struct reach *r, int64_t user, struct arena *a,
                 struct member *ret, struct err *e) CHECK_RESULT;

/* The same, and ERR_FORBIDDEN unless all that they are, here and in other organisations, is within
 * reach: for what opens or closes the whole account. In a transaction; until its end nobody gives
 * them more here. */
bool member_reaches(struct db *db, const struct reach *r, int64_t user, struct arena *a,
                    struct member *ret, struct err *e) CHECK_RESULT;

/* Whom to give which role, where (project INT_NONE: in the whole organisation). */
struct role_wish {
    int64_t user, project;
    enum user_role role;
};
#define ROLE_WISH(user, project, role) (&(const struct role_wish){(user), (project), (role)})

/* Gives a role at a place (project INT_NONE: the whole organisation) in place of what was there,
 * whose role *ret_before gets (USER_ROLE_COUNT: none). Unless it was the same, their links end. */
bool role_grant(const struct office *o, const struct reach *r, const struct role_wish *wish,
                struct arena *a, enum user_role *ret_before, struct err *e) CHECK_RESULT;
/* Takes one away; ERR_NOT_FOUND, ERR_FORBIDDEN, ERR_CONFLICT for the last owner. The links of a
 * guest end, and of who has none left; the latter is disabled no more: it opens nothing, and nobody
 * else could enable them. */
bool role_take(const struct office *o, const struct reach *r, int64_t user, int64_t role_id,
               struct arena *a, struct member_role *ret_taken, struct err *e) CHECK_RESULT;
/* Shuts somebody out, or lets them in again; only whose roles are all within reach. */
bool member_disable(struct db *db, const struct reach *r, int64_t user, bool disabled, usec_t now,
                    struct arena *a, struct err *e) CHECK_RESULT;

#endif
