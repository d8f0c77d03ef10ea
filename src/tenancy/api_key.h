#ifndef TENANCY_API_KEY_H
#define TENANCY_API_KEY_H
/* API keys of a project: random, shown once, kept as a digest, with rights of their own and an end.
 */
#include "tenancy/office.h"
#include "tenancy/rights.h"

struct api_key {
    int64_t id;
    struct str name, prefix; /* of the secret, to know it by; none: of an early key */
    struct str rights;       /* names apart by blanks; none: all that a key can have */
    struct str created_by;   /* address of who made it; none: the start */
    usec_t created_at, expires_at, used_at, revoked_at;
};

struct api_key_made {
    int64_t id;
    struct str secret; /* nobody can see it again */
};

struct api_key_wish {
    int64_t project, user;
    struct str name;
    unsigned rights;
    usec_t expires_at; /* or TIME_NONE */
};

bool api_key_create(struct db *db, struct rng *rng, const struct api_key_wish *in, usec_t now,
                    struct arena *a, struct api_key_made *ret, struct err *e) CHECK_RESULT;
/* Newest first, from below `before` (INT_NONE: from the newest); with those that were revoked. */
bool api_key_list(struct db *db, int64_t project, struct list_page page, struct arena *a,
                  struct api_key **ret, size_t *ret_n, struct err *e) CHECK_RESULT;
/* Its name; none: not one of the project's, or revoked already. */
bool api_key_revoke(struct db *db, int64_t project, int64_t id, usec_t now, struct arena *a,
                    struct str *ret_name, struct err *e) CHECK_RESULT;

#endif
