#ifndef OPS_ACCOUNTS_H
#define OPS_ACCOUNTS_H
/*
 * The accounts of all projects on this node: what the configuration says of the default project,
 * and what the store keeps of every project. A thread looks every second whether another node has
 * changed something, writes the book anew and puts it onto the shelf and before the doors. While
 * the store is away, the book stays as it was; a start meanwhile reads the copy of the last one. It
 * also counts for the doors what waits of each project, for a small share of the time.
 */
#include "ops/config.h"
#include "providers/account_book.h"
#include "store/store.h"
#include "tenancy/connection.h"
#include "tenancy/vault.h"

struct accounts;

struct accounts_options {
    const struct config *config;
    struct store *store;
    const struct vault *vault;
    int64_t project;             /* the default one, whose presets the configuration holds */
    struct account_shelf *shelf; /* outlives this */
    struct doors *doors;         /* or NULL */
    struct str copy_directory;   /* where the node keeps a copy for its next start; none: nowhere */
};

/* How much a project may use by the configuration. */
struct quotas accounts_quotas(const struct config *c);

/* The book of what the configuration alone says: before the store is there. */
bool accounts_of_config(const struct config *c, int64_t project, struct account_book **ret,
                        struct err *e) CHECK_RESULT;

/* The book of the copy that the last run has left in the spool's directory; the configuration's
 * account is in it as well. */
bool accounts_of_copy(const struct config *c, const struct vault *v, struct account_book **ret,
                      bool *ret_found, struct err *e) CHECK_RESULT;
/* The same as people are told of it: without secrets. */
struct connection_presets accounts_presets(const struct config *c, int64_t project);

/* Writes the first book before it returns; fails while the store is away, and may be tried again.
 */
bool accounts_open(const struct accounts_options *o, struct accounts **ret,
                   struct err *e) CHECK_RESULT;
/* From here on its thread looks. */
bool accounts_start(struct accounts *x, struct err *e) CHECK_RESULT;
/* Something has changed on this node: looks at once. From any thread. */
void accounts_wake(struct accounts *a);
/* Whether it was started or only opened; before the store is closed; accepts NULL. */
void accounts_stop(struct accounts *a);

#endif
