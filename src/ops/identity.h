#ifndef OPS_IDENTITY_H
#define OPS_IDENTITY_H
/*
 * The master key of the installation and what is made from it. The store keeps the key's
 * fingerprint, so that a node with another key is refused instead of sealing what no other node can
 * open.
 */
#include "ops/config.h"
#include "store/store.h"
#include "tenancy/access_token.h"
#include "tenancy/password.h"
#include "tenancy/vault.h"

struct identity {
    struct vault *vault;
    struct token_keys *token_keys;
    struct secret *stream_key; /* of the tokens that stand in URLs of streams */
};

/* Without MASTER_KEY: the one in data/master.key, which the first start makes. May be called again
 * after a failure. */
bool identity_open(struct db *db, const struct config *c, struct rng *rng, struct arena *a,
                   struct identity *ret, struct err *e) CHECK_RESULT;
/* The vault alone, before the store is there to tell whether its key is the right one; *ret NULL:
 * there is no key yet. */
bool identity_vault(const struct config *c, struct arena *a, struct vault **ret,
                    struct err *e) CHECK_RESULT;
void identity_close(struct identity *id);

/* From now on the installation is that of the present key alone; with the transaction in which all
 * that was sealed with the key before is sealed anew. */
bool identity_settle(struct db *db, const struct vault *v, struct arena *a,
                     struct err *e) CHECK_RESULT;

/* BOOTSTRAP_ADMIN_PASSWORD, for an owner who has none yet. */
bool identity_bootstrap_owner(struct db *db, const struct config *c, struct hasher *hasher,
                              struct arena *a, struct err *e) CHECK_RESULT;

/* How many passwords are made at once: so many that cores are left to the calls. */
size_t identity_hashers(void);

#endif
