#ifndef INBOX_ROSTER_H
#define INBOX_ROSTER_H
/*
 * The accounts that may knock at a door, as a table that never changes: another one takes its
 * place. Who uses it holds it (counted, from any thread), so that keys and routing outlive the
 * visits that need them.
 */
#include "inbox/share.h"

struct roster;

/* One of its accounts. */
struct account {
    struct door_account given;
    struct share *share;
    struct hmac *(*keys)[DOOR_SECRETS]; /* one row per loop, made at first use */
};

/* Fails when an account has no key: an empty secret never switches verification off. The owner of
 * the accounts stays with the caller then. shares: of struct share, which outlive it. */
bool roster_create(const struct door_accounts *in, size_t n_loops, struct keyed *shares,
                   struct roster **ret, struct err *e) CHECK_RESULT;
struct roster *roster_hold(struct roster *r);
/* Accepts NULL. The last one ends it, its keys, and what owns its accounts. */
void roster_drop(struct roster *r);

/* Its projects have so many accounts now, and such limits. */
void roster_announce(const struct roster *r, struct keyed *shares);

size_t roster_size(const struct roster *r);
/* NULL when nobody of that name may knock. */
struct account *roster_find(struct roster *r, struct str provider, struct str account);
/* The i-th key of an account on a loop, which alone uses it; NULL when it has none. */
struct hmac *account_key(struct account *acc, size_t loop, size_t i, enum hmac_kind kind);

#endif
