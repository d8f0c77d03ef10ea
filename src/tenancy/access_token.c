#include "tenancy/access_token.h"

#include <jwt.h>
#include <stdlib.h>

#include "base/arena.h"
#include "tenancy/vault.h"

enum { TOKEN_MAX = 1024, KEYS = 2 };

static const char issuer[] = "hookswitch";

struct token_keys {
    struct secret *keys[KEYS]; /* the present one, and the one before */
};

struct token_keys *token_keys_create(const struct vault *v)
{
    struct token_keys *k = NEW(struct token_keys);

    for (size_t i = 0; i < KEYS; i++)
        k->keys[i] = vault_derive(v, STR("access tokens"), i > 0);
    return k;
}

void token_keys_destroy(struct token_keys *k)
{
    if (!k)
        return;
    for (size_t i = 0; i < KEYS; i++)
        secret_destroy(k->keys[i]);
    free(k);
}

static const unsigned char *key_bytes(const struct secret *s, int *ret_n)
{
    const struct str key = secret_reveal(s);

    *ret_n = (int)key.n;
    return (const unsigned char *)key.p;
}

/* The library fails for want of memory alone, which ends the process like everywhere else. */
static void must(bool done)
{
    if (!done)
        abort();
}

struct str access_token_make(const struct token_keys *k, const struct access_claims *c, usec_t now,
                             struct arena *a)
{
    const struct str user = str_fmt(a, "%lld", (long long)c->user);
    const struct str session = str_dup(c->session, a);
    jwt_t *jwt = NULL;
    int n;
    const unsigned char *key = key_bytes(k->keys[0], &n);

    must(jwt_new(&jwt) == 0 && jwt_set_alg(jwt, JWT_ALG_HS256, key, n) == 0 &&
         jwt_add_grant(jwt, "iss", issuer) == 0 && jwt_add_grant(jwt, "sub", user.p) == 0 &&
         jwt_add_grant(jwt, "sid", session.p) == 0 &&
         jwt_add_grant_int(jwt, "iat", (long)(now / SECONDS(1))) == 0 &&
         jwt_add_grant_int(jwt, "exp", (long)(c->expires_at / SECONDS(1))) == 0);
    char *text = jwt_encode_str(jwt);
    must(text);
    const struct str token = str_dup(str_from(text), a);
    free(text);
    jwt_free(jwt);
    return token;
}

static bool claims_of(jwt_t *jwt, usec_t now, struct arena *a, struct access_claims *ret)
{
    const char *iss = jwt_get_grant(jwt, "iss"), *sub = jwt_get_grant(jwt, "sub"),
               *sid = jwt_get_grant(jwt, "sid");
    const long expires = jwt_get_grant_int(jwt, "exp"); // 0 when absent
    int64_t user;

    if (jwt_get_alg(jwt) != JWT_ALG_HS256 || !iss || !sub || !sid || strcmp(iss, issuer) != 0 ||
        !str_to_i64(str_from(sub), &user) || expires <= now / SECONDS(1))
        return false;
    *ret = (struct access_claims){
        .session = str_dup(str_from(sid), a),
        .user = user,
        .expires_at = SECONDS((usec_t)expires),
    };
    return true;
}

bool access_token_read(const struct token_keys *k, struct str token, usec_t now, struct arena *a,
                       struct access_claims *ret)
{
    bool ok = false;

    if (token.n > TOKEN_MAX || str_contains(token, (struct str){"", 1})) // a zero byte
        return false;
    const struct str text = str_fmt(a, STR_FMT, STR_ARG(token));
    for (size_t i = 0; i < KEYS && !ok; i++) {
        jwt_t *jwt = NULL;
        int n;
        if (!k->keys[i])
            continue;
        const unsigned char *key = key_bytes(k->keys[i], &n);
        if (jwt_decode(&jwt, text.p, key, n) != 0)
            continue;
        ok = claims_of(jwt, now, a, ret);
        jwt_free(jwt);
    }
    return ok;
}
