#ifndef OPS_ACCOUNTS_COPY_H
#define OPS_ACCOUNTS_COPY_H
/*
 * What the accounts of all projects were, on the node's own disk: for a start while the store is
 * away, so that what providers send then is known, spooled, and callers reach whom they should.
 *
 * One file beside the spool, replaced as a whole and synced. Each of its lines is sealed with the
 * master key for its place in the file, so that none can be read, changed, moved or left out; that
 * an older file stands in for a newer one is not noticed. The secrets in it are sealed for their
 * projects once more, as in the store: none is in clear on the way.
 */
#include "tenancy/connection.h"

struct account_copy;
struct files;

struct account_copy_place {
    const struct files *files;
    struct str directory;
};

/* Being written; vault and rng outlive it. */
struct account_copy *account_copy_create(const struct vault *v, struct rng *rng);
/* Accepts NULL. */
void account_copy_destroy(struct account_copy *c);
DEFINE_CLEANUP(struct account_copy, account_copy_destroy)

void account_copy_add_project(struct account_copy *c, const struct connected_project *p);
void account_copy_add_account(struct account_copy *c, int64_t project,
                              const struct sealed_connection *x);
/* There, instead of what was there. */
bool account_copy_save(struct account_copy *c, int64_t default_project,
                       const struct account_copy_place *at, struct err *e) CHECK_RESULT;

/* What was copied. */
struct copied_project {
    struct connected_project project;
    struct sealed_connections accounts;
};
struct copied_accounts {
    int64_t default_project;
    struct copied_project *p;
    size_t n;
};
/* *ret_found false: there is no copy. Fails when it cannot be read or is not whole. */
bool account_copy_read(const struct account_copy_place *at, const struct vault *v, struct arena *a,
                       struct copied_accounts *ret, bool *ret_found, struct err *e) CHECK_RESULT;

#endif
