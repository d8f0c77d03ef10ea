#ifndef TENANCY_PROJECT_H
#define TENANCY_PROJECT_H
/*
 * Projects. The first start makes a default organisation and project and its owner, so that a
 * single company never notices tenancy; the provider accounts that belong to it; the bootstrap API
 * key.
 */
#include "tenancy/office.h"

struct project_bootstrap {
    struct rng *rng;
    usec_t now;
    struct str provider;    /* "twilio" */
    struct str account_sid; /* its account, or none */
    struct str api_key;     /* or none */
    struct str owner_email; /* of the owner that a fresh installation gets */
};

/* In a transaction, until its end: nobody else gives or takes a role in the organisation, shuts
 * somebody out or makes a project by the API, so that what was read is what is changed. (To hold
 * the rows of roles alone would not do: who waits for one that stays as it was goes on with people
 * as they were.) */
bool org_hold(struct db *db, int64_t org, struct arena *a, struct err *e) CHECK_RESULT;
/* How many projects it has. */
bool org_projects(struct db *db, int64_t org, struct arena *a, int64_t *ret,
                  struct err *e) CHECK_RESULT;

/* A project of an organisation, with its feed. In the caller's transaction. */
bool project_create(const struct office *o, int64_t org, struct str name, struct arena *a,
                    int64_t *ret, struct err *e) CHECK_RESULT;

/* Where somebody may go, by id. */
struct project {
    int64_t id, org;
    struct str name, org_name, time_zone;
    usec_t created_at;
};
bool project_list(struct db *db, int64_t user, struct list_page page, struct arena *a,
                  struct project **ret, size_t *ret_n, struct err *e) CHECK_RESULT;
/* Of everybody: for who runs the installation. */
bool project_list_all(struct db *db, struct list_page page, struct arena *a, struct project **ret,
                      size_t *ret_n, struct err *e) CHECK_RESULT;
bool project_find(struct db *db, int64_t id, struct arena *a, struct project *ret, bool *ret_found,
                  struct err *e) CHECK_RESULT;

/* In a transaction, until its end: nobody else changes settings, quotas or accounts of the project
 * meanwhile, so that what was read is what is changed. */
bool project_hold(struct db *db, int64_t id, struct arena *a, struct err *e) CHECK_RESULT;

/* Makes what is missing, keeps what is there; may run at every start. The project's id. */
bool project_bootstrap(struct db *db, const struct project_bootstrap *in, int64_t *ret_project,
                       struct err *e) CHECK_RESULT;

/* The project of a provider's account; *ret_found false when nobody owns it. */
bool project_of_account(struct db *db, struct str provider, struct str account_sid,
                        int64_t *ret_project, bool *ret_found, struct err *e) CHECK_RESULT;

#endif
