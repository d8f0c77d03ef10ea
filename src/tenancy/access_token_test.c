#include "tenancy/access_token.h"

#include "base/arena.h"
#include "tenancy/vault.h"
#include "test/test.h"

#define NOW HOURS(1)

static const struct access_claims claims = {
    .session = {"a-session", 9}, .user = 7, .expires_at = NOW + ACCESS_TOKEN_TTL};

static struct token_keys *keys_of(const char *key, struct str previous)
{
    _cleanup_(vault_closep) struct vault *v = NULL;
    struct err e = {0};

    assert_ok(vault_open(str_from(key), previous, &v, &e), &e);
    return token_keys_create(v);
}

static const char first[] = "the-first-master-key-00000000000000000",
                  second[] = "the-second-master-key-0000000000000000";

static void reads_what_it_made_until_its_end(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    _cleanup_(token_keys_destroyp) struct token_keys *k = keys_of(first, STR_NONE);
    const struct str token = access_token_make(k, &claims, NOW, a);
    struct access_claims r = {0};

    (void)state;
    assert_true(access_token_read(k, token, NOW, a, &r));
    assert_str(r.session, "a-session");
    assert_int_equal(r.user, 7);
    assert_int_equal(r.expires_at, claims.expires_at);
    assert_true(access_token_read(k, token, claims.expires_at - 1, a, &r));
    assert_false(access_token_read(k, token, claims.expires_at, a, &r));
}

static void another_key_reads_nothing_and_the_one_before_still_does(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    _cleanup_(token_keys_destroyp) struct token_keys *before = keys_of(first, STR_NONE),
                                                     *other = keys_of(second, STR_NONE),
                                                     *rotated = keys_of(second, str_from(first));
    const struct str token = access_token_make(before, &claims, NOW, a);
    struct access_claims r;

    (void)state;
    assert_false(access_token_read(other, token, NOW, a, &r));
    assert_true(access_token_read(rotated, token, NOW, a, &r));
    assert_true(access_token_read(other, access_token_make(rotated, &claims, NOW, a), NOW, a, &r));
}

/* Any character that becomes another. */
static void what_was_changed_is_none(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    _cleanup_(token_keys_destroyp) struct token_keys *k = keys_of(first, STR_NONE);
    const struct str token = access_token_make(k, &claims, NOW, a);
    struct access_claims r;

    (void)state;
    for (size_t i = 0; i + 1 < token.n; i++) { // the last one has bits that mean nothing
        char *changed = arena_alloc(a, token.n);
        memcpy(changed, token.p, token.n);
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        assert_false(access_token_read(k, (struct str){changed, token.n}, NOW, a, &r));
    }
    for (size_t n = 0; n < token.n; n++)
        assert_false(access_token_read(k, str_sub(token, 0, n), NOW, a, &r));
    assert_false(access_token_read(k, (struct str){"a\0b", 3}, NOW, a, &r));
}

TEST_MAIN(cmocka_unit_test(reads_what_it_made_until_its_end),
          cmocka_unit_test(another_key_reads_nothing_and_the_one_before_still_does),
          cmocka_unit_test(what_was_changed_is_none))
