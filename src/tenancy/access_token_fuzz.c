/*
 * Any bytes as an access token: what is read was signed with our key, and to change one byte of a
 * good one makes it none.
 */
#include "tenancy/access_token.h"

#include "base/arena.h"
#include "tenancy/vault.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW HOURS(1)

static struct token_keys *make_keys(void)
{
    _cleanup_(vault_closep) struct vault *v = NULL;
    struct err e = {0};

    assert(vault_open(STR("the-master-key-of-the-fuzzer-000000000"), STR_NONE, &v, &e));
    return token_keys_create(v);
}

/* The first two bytes say which byte of a good token becomes the third. */
static void change_one(const struct token_keys *k, const uint8_t *data, struct arena *a)
{
    const struct access_claims claims = {STR("a-session"), 7, NOW + ACCESS_TOKEN_TTL};
    const struct str good = access_token_make(k, &claims, NOW, a);
    const size_t at = (size_t)(data[0] << 8 | data[1]) % (good.n - 1); // the last has idle bits
    char *changed = arena_alloc(a, good.n);
    struct access_claims r;

    memcpy(changed, good.p, good.n);
    changed[at] = (char)data[2];
    assert(access_token_read(k, (struct str){changed, good.n}, NOW, a, &r) ==
           (changed[at] == good.p[at]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    _cleanup_(token_keys_destroyp) struct token_keys *k = make_keys();
    struct access_claims r;

    assert(!access_token_read(k, (struct str){(const char *)data, size}, NOW, a, &r));
    if (size >= 3)
        change_one(k, data, a);
    return 0;
}
