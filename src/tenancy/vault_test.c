#include "tenancy/vault.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/files.h"
#include "tenancy/access_token.h"
#include "tenancy/password.h"
#include "test/disk.h"
#include "test/test.h"

static const struct str key_a = {"the-first-master-key-of-these-tests", 35},
                        key_b = {"another-master-key-for-these-tests!", 35};

static struct vault *open_vault(struct str key, struct str previous)
{
    struct vault *v;
    struct err e = {0};

    assert_ok(vault_open(key, previous, &v, &e), &e);
    return v;
}

static void what_is_sealed_is_opened_by_its_key_at_its_place(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    _cleanup_(vault_closep) struct vault *v = open_vault(key_a, STR_NONE),
                                         *turned = open_vault(key_b, key_a),
                                         *other = open_vault(key_b, STR_NONE);
    struct rng rng = rng_seeded(1);
    struct secret *plain;
    struct err e = {0};

    (void)state;
    const struct str sealed = vault_seal(v, &rng, STR("twilio 1"), STR("token"), a);
    assert_false(str_contains(sealed, STR("token")));
    assert_true(vault_is_current(v, sealed) && !vault_is_current(turned, sealed));
    assert_ok(vault_unseal(v, STR("twilio 1"), sealed, &plain, &e), &e);
    assert_str(secret_reveal(plain), "token");
    secret_destroy(plain);
    assert_ok(vault_unseal(turned, STR("twilio 1"), sealed, &plain, &e), &e);
    secret_destroy(plain);
    assert_refused(vault_unseal(v, STR("twilio 2"), sealed, &plain, &e), &e, ERR_INTERNAL);
    err_clear(&e);
    assert_refused(vault_unseal(other, STR("twilio 1"), sealed, &plain, &e), &e, ERR_INTERNAL);
    err_clear(&e);
    for (size_t i = 0; i < 2 * sealed.n; i++) { // any change at all, to a letter and to none
        const size_t at = i / 2;
        char *bent = arena_alloc(a, sealed.n);
        memcpy(bent, sealed.p, sealed.n);
        bent[at] = (char)(i % 2 ? 0x88 : sealed.p[at] == 'A' ? 'B' : 'A');
        assert_refused(vault_unseal(v, STR("twilio 1"), (struct str){bent, sealed.n}, &plain, &e),
                       &e, ERR_INTERNAL);
        err_clear(&e);
    }
    assert_true(vault_knows(turned, vault_fingerprint(v, a), a));
    assert_false(vault_knows(other, vault_fingerprint(v, a), a));
}

static void what_was_never_sealed_is_not_opened(void **state)
{
    static const char *const texts[] = {"", "v1.", "v1.x", "v2.", "x", "AAAA", "!!!!", ".AAAA"};
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    _cleanup_(vault_closep) struct vault *v = open_vault(key_a, STR_NONE);
    struct rng rng = rng_seeded(1);
    const struct str sealed = vault_seal(v, &rng, STR("place"), STR(""), a),
                     head = str_sub(sealed, 0, sizeof "v1.12345678." - 1);

    (void)state;
    assert_true(vault_is_current(v, sealed));
    for (size_t i = 0; i < 2 * LEN(texts); i++) { // behind the head of a true one, too
        const struct str text =
            str_fmt(a, STR_FMT "%s", STR_ARG(i % 2 ? head : STR("")), texts[i / 2]);
        struct secret *plain;
        struct err e = {0};
        assert_row(vault_is_current(v, text) == i % 2, texts[i / 2]);
        assert_refused(vault_unseal(v, STR("place"), text, &plain, &e), &e, ERR_INTERNAL);
    }
}

static void a_master_key_must_be_long_enough(void **state)
{
    struct vault *v;
    struct err e = {0};

    (void)state;
    assert_refused(vault_open(STR("short"), STR_NONE, &v, &e), &e, ERR_INVALID);
    err_clear(&e);
    assert_refused(vault_open(key_a, STR("short"), &v, &e), &e, ERR_INVALID);
    vault_close(NULL);
}

static void without_its_library_nothing_is_opened(void **state)
{
    struct vault *v;
    struct err e = {0};

    (void)state;
    fault_arm("vault.init", 1, false);
    assert_refused(vault_open(key_a, STR_NONE, &v, &e), &e, ERR_INTERNAL);
    fault_disarm();
}

static void a_key_file_is_made_once_and_kept_from_others(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const char *path = test_path(test_tmpdir(a), "master.key", a);
    struct rng rng = rng_system();
    struct str first, second;
    struct stat st;
    struct err e = {0};

    (void)state;
    assert_refused(vault_key_file(&files_system, path, false, &rng, a, &first, &e), &e,
                   ERR_INVALID);
    err_clear(&e);
    assert_ok(vault_key_file(&files_system, path, true, &rng, a, &first, &e), &e);
    assert_ok(vault_key_file(&files_system, path, true, &rng, a, &second, &e), &e);
    assert_true(str_eq(first, second) && first.n >= VAULT_KEY_MIN);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(chmod(path, 0644), 0);
    assert_refused(vault_key_file(&files_system, path, true, &rng, a, &second, &e), &e,
                   ERR_INVALID);
}

static int open_and_remove(const struct files *f, int dir, const char *name, int flags, mode_t mode)
{
    const int fd = files_system.open(f, dir, name, flags, mode);

    assert_int_equal(files_system.remove(f, dir, name), 0);
    return fd;
}

static void a_key_is_that_of_the_file_that_was_opened(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const char *path = test_path(test_tmpdir(a), "master.key", a);
    struct files other = files_system;
    struct rng rng = rng_system();
    struct str first, second;
    struct err e = {0};

    (void)state;
    assert_ok(vault_key_file(&files_system, path, true, &rng, a, &first, &e), &e);
    other.open = open_and_remove;
    assert_ok(vault_key_file(&other, path, false, &rng, a, &second, &e), &e);
    assert_true(str_eq(first, second));
}

static struct disk *disk_with_place(void)
{
    struct disk *d = disk_create(&(struct disk_options){.seed = 1, .history = true});
    const struct files *fs = disk_files(d);

    assert_int_equal(fs->make_dir(fs, "data", 0700), 0);
    assert_true(files_sync_dir(fs, "."));
    return d;
}

static bool key_of(struct disk *d, bool may_create, struct arena *a, struct str *ret)
{
    struct rng rng = rng_system();
    struct err e = {0};

    return vault_key_file(disk_files(d), "data/master.key", may_create, &rng, a, ret, &e);
}

static void a_key_that_cannot_be_made_can_be_made_later(void **state)
{
    static const unsigned int kinds = DISK_IS(DISK_OPEN) | DISK_IS(DISK_CREATE) |
                                      DISK_IS(DISK_WRITE) | DISK_IS(DISK_SYNC) |
                                      DISK_IS(DISK_SYNC_DIR);
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct str first, second;
    uint64_t nth = 1;

    (void)state;
    for (bool struck = true; struck; nth++) {
        _cleanup_(disk_destroyp) struct disk *d = disk_with_place();
        disk_fail(d, (struct disk_failure){.kinds = kinds, .nth = nth, .error = EIO});
        const bool made = key_of(d, true, a, &first);
        struck = disk_struck(d);
        disk_fail(d, (struct disk_failure){0});
        assert_true(made == !struck);
        assert_true(key_of(d, true, a, &second));
        assert_true(second.n >= VAULT_KEY_MIN && (!made || str_eq(first, second)));
        assert_int_equal(disk_n_open(d), 0);
    }
    assert_true(nth > 6);
}

static void half_a_key_is_not_kept(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    _cleanup_(disk_destroyp) struct disk *d = disk_with_place();
    struct str key;

    (void)state;
    disk_fail(d, (struct disk_failure){.kinds = DISK_IS(DISK_WRITE), .nth = 1, .halves = true});
    assert_false(key_of(d, true, a, &key));
    assert_true(str_is_none(disk_read(d, "data/master.key", a)));
}

static void a_key_that_cannot_be_removed_is_none(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    _cleanup_(disk_destroyp) struct disk *d = disk_with_place();
    struct str key;

    (void)state;
    disk_fail(d, (struct disk_failure){.kinds = DISK_IS(DISK_SYNC_DIR) | DISK_IS(DISK_REMOVE),
                                       .nth = 1,
                                       .persistent = true,
                                       .error = EIO});
    assert_false(key_of(d, true, a, &key));
    disk_fail(d, (struct disk_failure){0});
    assert_true(key_of(d, true, a, &key));
    assert_true(key.n < VAULT_KEY_MIN);
}

static void a_key_that_cannot_be_read_is_not_made_anew(void **state)
{
    static const unsigned int kinds = DISK_IS(DISK_OPEN) | DISK_IS(DISK_STAT) | DISK_IS(DISK_READ) |
                                      DISK_IS(DISK_SYNC) | DISK_IS(DISK_SYNC_DIR);
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    _cleanup_(disk_destroyp) struct disk *d = disk_with_place();
    struct str first, second;

    (void)state;
    assert_true(key_of(d, true, a, &first));
    for (uint64_t nth = 1; nth <= 6; nth++) {
        disk_fail(d, (struct disk_failure){.kinds = kinds, .nth = nth, .error = EIO});
        assert_false(key_of(d, true, a, &second));
        assert_true(disk_struck(d));
    }
    disk_fail(d, (struct disk_failure){0});
    assert_true(key_of(d, false, a, &second));
    assert_true(str_eq(first, second));
    assert_int_equal(disk_n_open(d), 0);
}

static int cut_there(struct disk *d, const struct disk_op *op, void *arg)
{
    const uint64_t *at = arg;

    if (op->index == *at)
        disk_cut(d);
    return 0;
}

/* What is taken for a key after a cut is one, and the one that was made, when it was. */
static void key_after_cut(struct disk *d, uint64_t seed, const struct str *made)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct rng rng = rng_seeded(seed);
    _cleanup_(disk_destroyp) struct disk *after =
        disk_after_cut(d, &(struct disk_options){0}, &rng);
    struct str key;

    if (!key_of(after, !made, a, &key)) {
        assert_null(made);
        return;
    }
    assert_false(memchr(key.p, '\0', key.n));
    assert_true(!made || str_eq(key, *made));
}

static void a_key_that_was_made_lasts_and_zeros_are_none(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct str key;

    (void)state;
    bool made = false;
    for (uint64_t step = 0; !made; step++) {
        _cleanup_(disk_destroyp) struct disk *d = disk_with_place();
        uint64_t at = disk_n_ops(d) + step;
        disk_set_hook(d, cut_there, &at);
        made = key_of(d, true, a, &key);
        for (uint64_t seed = 0; seed < 32; seed++)
            key_after_cut(d, seed, made ? &key : NULL);
    }
}

/* As the first start left it that was killed before this operation. */
static struct disk *disk_of_killed(const struct disk *whole, uint64_t index)
{
    struct disk *d = disk_create(&(struct disk_options){.seed = 1});

    disk_follow(d, whole, index);
    return d;
}

static void a_key_whose_maker_was_killed_lasts_once_it_is_used(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    _cleanup_(disk_destroyp) struct disk *whole = disk_with_place();
    const uint64_t first = disk_n_ops(whole);
    struct str key;

    (void)state;
    assert_true(key_of(whole, true, a, &key));
    for (uint64_t at = first; at <= disk_n_ops(whole); at++) {
        _cleanup_(disk_destroyp) struct disk *d = disk_of_killed(whole, at);
        assert_true(key_of(d, true, a, &key));
        for (uint64_t seed = 0; seed < 32; seed++)
            key_after_cut(d, seed, &key);
    }
}

// --- access tokens -------------------------------------------------------------------------------

static void an_access_token_counts_until_its_time(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    _cleanup_(vault_closep) struct vault *v = open_vault(key_a, STR_NONE),
                                         *turned = open_vault(key_b, key_a),
                                         *other = open_vault(key_b, STR_NONE);
    _cleanup_(token_keys_destroyp) struct token_keys *k = token_keys_create(v),
                                                     *k2 = token_keys_create(turned),
                                                     *k3 = token_keys_create(other);
    const usec_t now = SECONDS(1700000000);
    const struct access_claims in = {STR("session-1"), 42, now + ACCESS_TOKEN_TTL};
    struct access_claims out;

    (void)state;
    const struct str token = access_token_make(k, &in, now, a);
    assert_true(access_token_read(k, token, now, a, &out));
    assert_str(out.session, "session-1");
    assert_true(out.user == 42 && out.expires_at == in.expires_at);
    assert_true(access_token_read(k2, token, now, a, &out));
    assert_false(access_token_read(k3, token, now, a, &out));
    assert_false(access_token_read(k, token, now + ACCESS_TOKEN_TTL, a, &out));
    for (size_t i = 0; i < token.n; i++) {
        char *bent = arena_alloc(a, token.n);
        memcpy(bent, token.p, token.n);
        bent[i] = bent[i] == 'A' ? 'Q' : 'A';
        const bool read = access_token_read(k, (struct str){bent, token.n}, now, a, &out);
        // The last characters of a part hold bits that are not looked at.
        assert_true(!read || i + 1 == token.n || token.p[i + 1] == '.');
    }
}

static void what_is_no_token_of_ours_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        ".",
        "..",
        "a.b.c",
        // {"alg":"none"} . {"iss":"hookswitch","sub":"1","sid":"x","exp":9999999999}
        "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0."
        "eyJpc3MiOiJob29rc3dpdGNoIiwic3ViIjoiMSIsInNpZCI6IngiLCJl"
        "eHAiOjk5OTk5OTk5OTl9.",
        "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0."
        "eyJpc3MiOiJob29rc3dpdGNoIiwic3ViIjoiMSIsInNpZCI6IngiLCJl"
        "eHAiOjk5OTk5OTk5OTl9.AAAA",
        "{}.{}.{}",
    };
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    _cleanup_(vault_closep) struct vault *v = open_vault(key_a, STR_NONE);
    _cleanup_(token_keys_destroyp) struct token_keys *k = token_keys_create(v);
    struct access_claims out;
    char *huge = arena_alloc(a, 100000);

    (void)state;
    for (size_t i = 0; i < LEN(texts); i++)
        assert_false(access_token_read(k, str_from(texts[i]), SECONDS(1), a, &out));
    memset(huge, '.', 100000);
    assert_false(access_token_read(k, (struct str){huge, 100000}, SECONDS(1), a, &out));
    assert_false(access_token_read(k, (struct str){"a.\0b.c", 6}, SECONDS(1), a, &out));
}

// --- passwords -----------------------------------------------------------------------------------

static void a_password_is_known_by_its_hash(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    _cleanup_(hasher_stopp) struct hasher *h = NULL;
    struct str hash;
    struct err e = {0};
    bool right;

    (void)state;
    assert_ok(hasher_start(1, &h, &e), &e);
    assert_ok(password_hash(h, STR("correct horse"), a, &hash, &e), &e);
    assert_true(str_starts(hash, STR("$argon2id$")));
    assert_ok(password_verify(h, hash, STR("correct horse"), &right, &e), &e);
    assert_true(right);
    assert_ok(password_verify(h, hash, STR("battery staple"), &right, &e), &e);
    assert_false(right);
    assert_ok(password_verify(h, STR_NONE, STR("correct horse"), &right, &e), &e);
    assert_false(right);
}

static void a_password_must_do(void **state)
{
    static const struct {
        const char *password;
        bool ok;
    } cases[] = {
        {"ninechars", false},
        {"ten chars!", true},
        {"ann@example.com", false},
        {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", false},
    };

    (void)state;
    for (size_t i = 0; i < LEN(cases); i++) {
        struct err e = {0};
        assert_int_equal(password_check(str_from(cases[i].password), STR("ann@example.com"), &e),
                         cases[i].ok);
    }
}

TEST_MAIN(cmocka_unit_test(what_is_sealed_is_opened_by_its_key_at_its_place),
          cmocka_unit_test(what_was_never_sealed_is_not_opened),
          cmocka_unit_test(a_master_key_must_be_long_enough),
          cmocka_unit_test(without_its_library_nothing_is_opened),
          cmocka_unit_test(a_key_that_cannot_be_made_can_be_made_later),
          cmocka_unit_test(half_a_key_is_not_kept),
          cmocka_unit_test(a_key_that_cannot_be_read_is_not_made_anew),
          cmocka_unit_test(a_key_that_was_made_lasts_and_zeros_are_none),
          cmocka_unit_test(a_key_whose_maker_was_killed_lasts_once_it_is_used),
          cmocka_unit_test(a_key_that_cannot_be_removed_is_none),
          cmocka_unit_test(a_key_is_that_of_the_file_that_was_opened),
          cmocka_unit_test(a_key_file_is_made_once_and_kept_from_others),
          cmocka_unit_test(an_access_token_counts_until_its_time),
          cmocka_unit_test(what_is_no_token_of_ours_is_refused),
          cmocka_unit_test(a_password_is_known_by_its_hash), cmocka_unit_test(a_password_must_do))
