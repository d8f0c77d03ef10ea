#ifndef TENANCY_ACCESS_TOKEN_H
#define TENANCY_ACCESS_TOKEN_H
/*
 * Access tokens: short-lived JSON Web Tokens (RFC 7519) that name a session, HS256 under a key made
 * from the master key. What they prove is that the session was opened here and when; whether it
 * still counts, and with which rights, the store says.
 */
#include "base/clock.h"
#include "base/crypto.h"
#include "base/err.h"

struct arena;
struct vault;
struct token_keys;

#define ACCESS_TOKEN_TTL MINUTES(10)

struct access_claims {
    struct str session;
    int64_t user;
    usec_t expires_at; /* in whole seconds */
};

struct token_keys *token_keys_create(const struct vault *v);
void token_keys_destroy(struct token_keys *k);
DEFINE_CLEANUP(struct token_keys, token_keys_destroy)

struct str access_token_make(const struct token_keys *k, const struct access_claims *claims,
                             usec_t now, struct arena *a);
/* Any bytes. False: not signed with our key (or the one before) by HS256, incomplete, or expired.
 */
bool access_token_read(const struct token_keys *k, struct str token, usec_t now, struct arena *a,
                       struct access_claims *ret);

#endif
