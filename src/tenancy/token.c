#include "tenancy/token.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/crypto.h"

struct str token_create(struct rng *rng, struct arena *a)
{
    unsigned char bytes[32];
    struct buf text;

    rng_fill(rng, bytes, sizeof bytes);
    buf_init(&text, TOKEN_TEXT_LEN + 1);
    buf_base64url(&text, bytes, sizeof bytes);
    const struct str token = str_dup(buf_view(&text), a);
    buf_finish(&text);
    return token;
}

struct str token_hash(struct str token, struct arena *a)
{
    return sha256_hex(token, a);
}
