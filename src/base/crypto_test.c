#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/crypto.h"
#include "test/test.h"

static struct str hex(const unsigned char *p, size_t n, struct arena *a)
{
    struct buf b;
    buf_init(&b, 1000);
    buf_hex(&b, p, n);
    struct str text = str_dup(buf_view(&b), a);
    buf_finish(&b);
    return text;
}

/* As a process has it that begins here. */
static uint64_t hash_of_another_process(struct str s)
{
    uint64_t hash = 0;
    int ends[2], status;

    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        hash = hash_keyed(s);
        _exit(write(ends[1], &hash, sizeof hash) == sizeof hash ? 0 : 1);
    }
    (void)close(ends[1]); // so that the end of a child that says nothing is one to us
    assert_int_equal(read(ends[0], &hash, sizeof hash), sizeof hash);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    (void)close(ends[0]);
    return hash;
}

/* Before all tests: where the key is drawn already, a child has it as well. */
static int ask_other_processes(void **state)
{
    static uint64_t hashes[2];

    for (size_t i = 0; i < LEN(hashes); i++)
        hashes[i] = hash_of_another_process(STR("a"));
    *state = hashes;
    return 0;
}

static void f140_a_keyed_hash_is_another_in_each_process(void **state)
{
    const uint64_t *others = *state;

    assert_true(others[0] != others[1]);
    assert_true(hash_keyed(STR("a")) != others[0] && hash_keyed(STR("a")) != others[1]);
}

static void secrets_compare_whole(void **state)
{
    (void)state;
    _cleanup_(secret_destroyp) struct secret *s = secret_create(STR("token\0x"));
    assert_true(secret_eq(s, STR("token\0x")));
    assert_false(secret_eq(s, STR("token\0y")));
    assert_false(secret_eq(s, STR("token")));
    assert_false(secret_eq(s, STR_NONE));
    assert_true(str_eq(secret_reveal(s), STR("token\0x")));
    assert_true(bytes_eq_secret(STR_NONE, STR("")));
    secret_destroy(NULL);
    hmac_destroy(NULL);
}

static const char long_key[] =
    "a key that is longer than one block of the digest, which therefore is digested itself first";

static void keyed_digests_are_those_of_the_rfcs(void **state)
{
    (void)state;
    static const struct {
        enum hmac_kind kind;
        struct str key, text;
        const char *want;
    } rows[] = {
        // RFC 2202 and RFC 4231, test case 2
        {HMAC_SHA1,
         {"Jefe", 4},
         {"what do ya want for nothing?", 28},
         "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
        {HMAC_SHA256,
         {"Jefe", 4},
         {"what do ya want for nothing?", 28},
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {HMAC_SHA1, {"", 0}, {"", 0}, "fbdb1d1b18aa6c08324b7d64b71fb76370690e1d"},
        {HMAC_SHA256,
         {"", 0},
         {NULL, 0},
         "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"},
    };
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    FOR_EACH_ROW (row, rows) {
        _cleanup_(secret_destroyp) struct secret *key = secret_create(row->key);
        _cleanup_(hmac_destroyp) struct hmac *h = hmac_create(row->kind, key);
        unsigned char got[SHA256_LEN];
        hmac_begin(h);
        hmac_add(h, row->text);
        hmac_end(h, got);
        assert_str(hex(got, row->kind == HMAC_SHA1 ? SHA1_LEN : SHA256_LEN, a), row->want);
    }
}

static void a_keyed_digest_can_be_used_again(void **state)
{
    (void)state;
    _cleanup_(secret_destroyp) struct secret *key = secret_create(str_from(long_key));
    _cleanup_(hmac_destroyp) struct hmac *h = hmac_create(HMAC_SHA1, key);
    unsigned char whole[SHA1_LEN], parts[SHA1_LEN], abandoned[SHA1_LEN];

    hmac_begin(h);
    hmac_add(h, STR("https://example.com/x"));
    hmac_end(h, whole);
    hmac_begin(h);
    hmac_add(h, STR("https://"));
    hmac_add(h, STR(""));
    hmac_add(h, STR("example.com/x"));
    hmac_end(h, parts);
    assert_memory_equal(whole, parts, SHA1_LEN);

    hmac_begin(h);
    hmac_add(h, STR("something that is never finished"));
    hmac_begin(h);
    hmac_add(h, STR("https://example.com/x"));
    hmac_end(h, abandoned);
    assert_memory_equal(whole, abandoned, SHA1_LEN);
}

static void sha256_is_that_of_the_standard(void **state)
{
    (void)state;
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    unsigned char got[SHA256_LEN];
    sha256(STR("abc"), got);
    assert_str(hex(got, sizeof(got), a),
               "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sha256(STR_NONE, got);
    assert_str(hex(got, sizeof(got), a),
               "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void a_keyed_hash_stays_the_same_within_the_process(void **state)
{
    (void)state;
    assert_true(hash_keyed(STR("a")) == hash_keyed(STR("a")));
    assert_true(hash_keyed(STR("a")) != hash_keyed(STR("b")));
    assert_true(hash_keyed(STR_NONE) == hash_keyed(STR("")));
}

TEST_MAIN_AFTER(ask_other_processes, cmocka_unit_test(secrets_compare_whole),
                cmocka_unit_test(f140_a_keyed_hash_is_another_in_each_process),
                cmocka_unit_test(keyed_digests_are_those_of_the_rfcs),
                cmocka_unit_test(a_keyed_digest_can_be_used_again),
                cmocka_unit_test(sha256_is_that_of_the_standard),
                cmocka_unit_test(a_keyed_hash_stays_the_same_within_the_process))
