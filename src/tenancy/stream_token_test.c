#include "tenancy/stream_token.h"

#include "test/test.h"

static const struct stream_claims claims = {
    .kind = 1, .id = {"01JYX-session", 13}, .project = 42, .expires_at = SECONDS(1800000060)};

static struct secret *key_of(const char *text)
{
    return secret_create(str_from(text));
}

static void a_token_says_what_was_signed(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    _cleanup_(secret_destroyp) struct secret *key = key_of("the key");
    struct stream_claims read;

    (void)state;
    const struct str token = stream_token_make(key, &claims, a);
    assert_true(stream_token_read(key, token, SECONDS(1800000000), &read));
    assert_int_equal(read.kind, 1);
    assert_int_equal(read.project, 42);
    assert_int_equal(read.expires_at, claims.expires_at);
    assert_str(read.id, "01JYX-session");
    assert_true(str_find(token, '/') == token.n && str_find(token, '+') == token.n);
}

static void a_token_ends(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    _cleanup_(secret_destroyp) struct secret *key = key_of("the key");
    struct stream_claims read;

    (void)state;
    const struct str token = stream_token_make(key, &claims, a);
    assert_true(stream_token_read(key, token, claims.expires_at - 1, &read));
    assert_false(stream_token_read(key, token, claims.expires_at, &read));
}

static void another_key_or_another_byte_is_refused(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    _cleanup_(secret_destroyp) struct secret *key = key_of("the key"), *other = key_of("the kez");
    struct stream_claims read;

    (void)state;
    const struct str token = stream_token_make(key, &claims, a);
    assert_false(stream_token_read(other, token, 0, &read));
    for (size_t i = 0; i < token.n; i++) {
        char *bent = arena_alloc(a, token.n);
        memcpy(bent, token.p, token.n);
        bent[i] ^= 1;
        assert_false(stream_token_read(key, (struct str){bent, token.n}, 0, &read));
        assert_false(stream_token_read(key, str_sub(token, 0, i), 0, &read));
    }
}

static void what_is_no_token_is_refused(void **state)
{
    static const char *const rows[] = {"", ".", "....", "1.42.1800000060.x", "1.42.1800000060.x."};
    _cleanup_(secret_destroyp) struct secret *key = key_of("the key");
    struct stream_claims read;

    (void)state;
    FOR_EACH_ROW (text, rows)
        assert_row(!stream_token_read(key, str_from(*text), 0, &read), *text);
    assert_false(stream_token_read(key, STR_NONE, 0, &read));
}

TEST_MAIN(cmocka_unit_test(a_token_says_what_was_signed), cmocka_unit_test(a_token_ends),
          cmocka_unit_test(another_key_or_another_byte_is_refused),
          cmocka_unit_test(what_is_no_token_is_refused))
