#ifndef TENANCY_STREAM_TOKEN_H
#define TENANCY_STREAM_TOKEN_H
/*
 * Tokens for clients that can set no header, such as a browser's EventSource at another address:
 * they stand in the URL of a stream, and URLs are kept in histories and logs. So one is good for a
 * minute, for one project, and for streams alone; it is signed and not stored, and any node with
 * the same key takes it. Whether its asker may still watch, the store says.
 */
#include "base/clock.h"
#include "base/crypto.h"

struct arena;

#define STREAM_TOKEN_TTL SECONDS(60)

struct stream_claims {
    int kind;      /* of the actor */
    struct str id; /* of the actor; has no dots */
    int64_t project;
    usec_t expires_at; /* in whole seconds */
};

struct str stream_token_make(const struct secret *key, const struct stream_claims *c,
                             struct arena *a);
/* Any bytes. False: not signed with this key, or expired. The id is a part of the token. */
bool stream_token_read(const struct secret *key, struct str token, usec_t now,
                       struct stream_claims *ret) CHECK_RESULT;

#endif
