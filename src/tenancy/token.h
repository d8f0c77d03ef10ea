#ifndef TENANCY_TOKEN_H
#define TENANCY_TOKEN_H
/* Bearer secrets: random when we make them, and only their digest in the store. */
#include "base/clock.h"

struct arena;

enum { TOKEN_TEXT_LEN = 43 }; /* 32 random bytes in base64url */

struct str token_create(struct rng *rng, struct arena *a);
/* SHA-256 in lower-case hex: what the store keeps. */
struct str token_hash(struct str token, struct arena *a);

#endif
