#ifndef TENANCY_VAULT_H
#define TENANCY_VAULT_H
/*
 * The master key of an installation: what seals secrets at rest, and what other keys are made from.
 *
 * It stands in the environment (MASTER_KEY) or in a file, never in the database, so that a copy of
 * the database alone gives no secret away. While it is rotated the one before still opens what it
 * sealed. Sealed text is "v1.<key>.<nonce and ciphertext>" (XSalsa20-Poly1305, libsodium's
 * secretbox), where <key> tells which key it was; both parts in base64url. Used from any thread.
 */
#include "base/clock.h"
#include "base/crypto.h"
#include "base/err.h"

struct files;
struct vault;

enum { VAULT_KEY_MIN = 32 }; /* bytes of a master key, of whatever characters */

/* previous: during a rotation, else none. Refuses keys that are too short. */
bool vault_open(struct str key, struct str previous, struct vault **ret,
                struct err *e) CHECK_RESULT;
/* Accepts NULL. */
void vault_close(struct vault *v);
DEFINE_CLEANUP(struct vault, vault_close)

/* What tells master keys apart and gives nothing away. */
struct str vault_fingerprint(const struct vault *v, struct arena *a);
/* Whether it is that of this key or of the one before. */
bool vault_knows(const struct vault *v, struct str fingerprint, struct arena *a);

/* A key of its own for each purpose; from the key before when `previous`: NULL without one. */
struct secret *vault_derive(const struct vault *v, struct str purpose, bool previous);

/* context names the place (a table and a row), so that sealed text cannot be moved to another. */
struct str vault_seal(const struct vault *v, struct rng *rng, struct str context, struct str plain,
                      struct arena *a);
/* Fails with ERR_INTERNAL when it was sealed by no key that is known, or was changed. */
bool vault_unseal(const struct vault *v, struct str context, struct str sealed, struct secret **ret,
                  struct err *e) CHECK_RESULT;
/* Whether it was sealed by the present key. */
bool vault_is_current(const struct vault *v, struct str sealed);

/* The key in a file that only its owner may read; made there when it is missing and may_create. One
 * that may_create gives lasts, whoever made it. */
bool vault_key_file(const struct files *fs, const char *path, bool may_create, struct rng *rng,
                    struct arena *a, struct str *ret, struct err *e) CHECK_RESULT;

#endif
