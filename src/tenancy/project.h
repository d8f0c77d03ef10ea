#ifndef TENANCY_PROJECT_H
#define TENANCY_PROJECT_H
/*
 * The first start: a default organisation and project, so that a single company never notices
 * tenancy; the provider accounts that belong to it; the bootstrap API key.
 */
#include "base/clock.h"
#include "store/store.h"

struct project_bootstrap {
    struct rng *rng;
    usec_t now;
    struct str provider;    /* "twilio" */
    struct str account_sid; /* its account, or none */
    struct str api_key;     /* or none */
};

/* Makes what is missing, keeps what is there; may run at every start. The project's id. */
bool project_bootstrap(struct db *db, const struct project_bootstrap *in, int64_t *ret_project,
                       struct err *e) CHECK_RESULT;

/* The project of a provider's account; *ret_found false when nobody owns it. */
bool project_of_account(struct db *db, struct str provider, struct str account_sid,
                        int64_t *ret_project, bool *ret_found, struct err *e) CHECK_RESULT;

#endif
