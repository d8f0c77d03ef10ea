#include "tenancy/vault.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/files.h"
#include "tenancy/token.h"

enum {
    KEYS = 2, /* the present one, and the one before */
    KEY_ID_LEN = 8,
    KEY_FILE_MAX = 4096,
    SEALED_MAX = 64 * 1024
};

struct vault {
    struct secret *master[KEYS];
    char id[KEYS][KEY_ID_LEN];
};

// --- keys from the master key --------------------------------------------------------------------

static void derive(const struct secret *master, struct str purpose, unsigned char ret[SHA256_LEN])
{
    _cleanup_(hmac_destroyp) struct hmac *h = hmac_create(HMAC_SHA256, master);

    hmac_begin(h);
    hmac_add(h, STR("hookswitch "));
    hmac_add(h, purpose);
    hmac_end(h, ret);
}

struct secret *vault_derive(const struct vault *v, struct str purpose, bool previous)
{
    unsigned char key[SHA256_LEN];

    if (!v->master[previous])
        return NULL;
    derive(v->master[previous], purpose, key);
    struct secret *s = secret_create((struct str){(const char *)key, sizeof key});
    sodium_memzero(key, sizeof key);
    return s;
}

static struct str fingerprint_of(const struct secret *master, struct arena *a)
{
    unsigned char key[SHA256_LEN];

    derive(master, STR("fingerprint"), key);
    return sha256_hex((struct str){(const char *)key, sizeof key}, a);
}

struct str vault_fingerprint(const struct vault *v, struct arena *a)
{
    return fingerprint_of(v->master[0], a);
}

bool vault_knows(const struct vault *v, struct str fingerprint, struct arena *a)
{
    for (size_t k = 0; k < KEYS; k++)
        if (v->master[k] && str_eq(fingerprint_of(v->master[k], a), fingerprint))
            return true;
    return false;
}

static bool take_key(struct vault *v, size_t k, struct str key, struct err *e)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);

    if (key.n < VAULT_KEY_MIN) {
        err_set(e, ERR_INVALID, "the master key has %zu characters, %d are the least", key.n,
                VAULT_KEY_MIN);
        return err_fix(e, "make one: openssl rand -base64 48");
    }
    v->master[k] = secret_create(key);
    memcpy(v->id[k], fingerprint_of(v->master[k], a).p, KEY_ID_LEN);
    return true;
}

bool vault_open(struct str key, struct str previous, struct vault **ret, struct err *e)
{
    _cleanup_(vault_closep) struct vault *v = NEW(struct vault);
    const int started = FAULT("vault.init") ? -1 : sodium_init();

    if (started < 0)
        return err_set(e, ERR_INTERNAL, "the cryptographic library does not start");
    if (!take_key(v, 0, key, e) || (!str_is_empty(previous) && !take_key(v, 1, previous, e)))
        return err_trace(e);
    *ret = TAKE(v);
    return true;
}

void vault_close(struct vault *v)
{
    if (!v)
        return;
    for (size_t k = 0; k < KEYS; k++)
        secret_destroy(v->master[k]);
    free(v);
}

// --- sealing -------------------------------------------------------------------------------------

enum { NONCE = crypto_secretbox_NONCEBYTES, MAC = crypto_secretbox_MACBYTES };

static const struct str version = STR("v1.");

static struct str purpose_of(struct str context, struct arena *a)
{
    return str_fmt(a, "seal " STR_FMT, STR_ARG(context));
}

struct str vault_seal(const struct vault *v, struct rng *rng, struct str context, struct str plain,
                      struct arena *a)
{
    const size_t n = NONCE + MAC + plain.n;
    unsigned char key[SHA256_LEN];
    unsigned char *box = arena_alloc(a, n);
    struct buf text;

    rng_fill(rng, box, NONCE);
    derive(v->master[0], purpose_of(context, a), key);
    (void)crypto_secretbox_easy(box + NONCE, (const unsigned char *)plain.p, plain.n, box, key);
    sodium_memzero(key, sizeof key);
    buf_init(&text, SEALED_MAX);
    buf_str(&text, version);
    buf_str(&text, (struct str){v->id[0], KEY_ID_LEN});
    buf_char(&text, '.');
    buf_base64url(&text, box, n);
    const struct str sealed = str_dup(buf_view(&text), a);
    buf_finish(&text);
    return sealed;
}

static bool find_key(const struct vault *v, struct str *sealed, size_t *ret)
{
    struct str id;

    if (!cut_lit(sealed, version) || !cut_until(sealed, '.', &id))
        return false;
    for (size_t k = 0; k < KEYS; k++)
        if (v->master[k] && str_eq(id, (struct str){v->id[k], KEY_ID_LEN})) {
            *ret = k;
            return true;
        }
    return false;
}

bool vault_is_current(const struct vault *v, struct str sealed)
{
    size_t k;

    return find_key(v, &sealed, &k) && k == 0;
}

static bool open_box(const unsigned char key[SHA256_LEN], const unsigned char *box, size_t n,
                     struct secret **ret, struct arena *a)
{
    if (n < NONCE + MAC)
        return false;
    const size_t length = n - NONCE - MAC;
    unsigned char *plain = arena_alloc(a, length + 1);

    if (crypto_secretbox_open_easy(plain, box + NONCE, n - NONCE, box, key) != 0)
        return false;
    *ret = secret_create((struct str){(const char *)plain, length});
    sodium_memzero(plain, length);
    return true;
}

/* libsodium takes any byte from 0x80 on for the last letter of its alphabet. */
static bool is_ascii(struct str text)
{
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.p[i] > 0x7f)
            return false;
    return true;
}

bool vault_unseal(const struct vault *v, struct str context, struct str sealed, struct secret **ret,
                  struct err *e)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    unsigned char key[SHA256_LEN];
    unsigned char *box = arena_alloc(a, sealed.n + 1);
    size_t k, n = 0;

    if (!find_key(v, &sealed, &k)) {
        err_set(e, ERR_INTERNAL, "a secret was sealed with another master key");
        return err_fix(e, "start with the MASTER_KEY that it was sealed with");
    }
    derive(v->master[k], purpose_of(context, a), key);
    const bool ok = is_ascii(sealed) &&
                    sodium_base642bin(box, sealed.n + 1, sealed.p, sealed.n, NULL, &n, NULL,
                                      sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0 &&
                    open_box(key, box, n, ret, a);
    sodium_memzero(key, sizeof key);
    return ok || err_set(e, ERR_INTERNAL, "a sealed secret was changed");
}

// --- the file ------------------------------------------------------------------------------------

static bool write_key(const struct files *fs, int fd, struct str key)
{
    return fs->write(fs, fd, key.p, key.n) == (ssize_t)key.n && fs->sync(fs, fd) == 0;
}

/* Who made it may have been killed before it was synced. */
static bool keep_key(const struct files *fs, int fd, const char *path, struct err *e)
{
    return (fs->sync(fs, fd) == 0 && files_sync_above(fs, path)) ||
           err_set(e, ERR_INVALID, "%s: the master key cannot be kept: %s", path, strerror(errno));
}

/* Nothing was sealed with it. What cannot be removed is empty, so that it is refused. */
static void drop_key(const struct files *fs, int fd, const char *path)
{
    (void)fs->truncate(fs, fd, 0);
    (void)fs->remove(fs, FILES_CWD, path);
}

static bool create_key(const struct files *fs, const char *path, struct rng *rng, struct arena *a,
                       struct str *ret, struct err *e)
{
    const struct str key = token_create(rng, a);
    const int fd = fs->open(fs, FILES_CWD, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0)
        return err_set(e, ERR_INVALID, "%s: the master key cannot be made: %s", path,
                       strerror(errno));
    // What is sealed with a key is of no use without it: its name is to last as well.
    const bool ok = write_key(fs, fd, key) && files_sync_above(fs, path);
    if (ok) {
        *ret = key;
    } else {
        err_set(e, ERR_INVALID, "%s: the master key cannot be written: %s", path, strerror(errno));
        drop_key(fs, fd, path);
    }
    (void)fs->close(fs, fd); // synced, or of no use
    return ok;
}

/* After a cut of the power it may be as long as it was to be, and nothing but zeros. */
static bool check_key(struct str text, mode_t mode, const char *path, struct err *e)
{
    if (mode & (S_IRGRP | S_IROTH | S_IWGRP | S_IWOTH)) {
        err_set(e, ERR_INVALID, "%s: others may read the master key", path);
        return err_fix(e, "chmod 600 %s", path);
    }
    if (memchr(text.p, '\0', text.n)) {
        err_set(e, ERR_INVALID, "%s: the master key is damaged", path);
        return err_fix(e, "put its copy there; if it was never used, remove it");
    }
    return true;
}

static bool read_key(const struct files *fs, int fd, const char *path, struct arena *a,
                     struct str *ret, struct err *e)
{
    char *text = arena_alloc(a, KEY_FILE_MAX);
    struct stat st;
    const ssize_t n = fs->fstat(fs, fd, &st) == 0 ? fs->read(fs, fd, text, KEY_FILE_MAX) : -1;

    if (n < 0)
        return err_set(e, ERR_INVALID, "%s: cannot be read: %s", path, strerror(errno));
    const struct str key = str_trim((struct str){text, (size_t)n});
    if (!check_key(key, st.st_mode, path, e))
        return err_trace(e);
    *ret = key;
    return true;
}

bool vault_key_file(const struct files *fs, const char *path, bool may_create, struct rng *rng,
                    struct arena *a, struct str *ret, struct err *e)
{
    const int fd = fs->open(fs, FILES_CWD, path, O_RDONLY | O_CLOEXEC, 0);

    if (fd < 0 && errno == ENOENT && may_create)
        return create_key(fs, path, rng, a, ret, e) || err_trace(e);
    if (fd < 0) {
        err_set(e, ERR_INVALID, "%s: the master key cannot be read: %s", path, strerror(errno));
        return err_fix(e, "set MASTER_KEY to the one that this installation was made with");
    }
    const bool ok = read_key(fs, fd, path, a, ret, e) && (!may_create || keep_key(fs, fd, path, e));
    (void)fs->close(fs, fd); // was only read
    return ok || err_trace(e);
}
