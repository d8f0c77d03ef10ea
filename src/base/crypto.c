#include "base/crypto.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"

/*
 * With whole and correct arguments these operations of OpenSSL fail only when memory is gone, or
 * when the installation has no SHA at all: neither is a thing that a caller could handle.
 */
static void must(int ok)
{
    if (ok != 1)
        mem_exhausted();
}

// --- secrets -------------------------------------------------------------------------------------

struct secret {
    size_t n;
    char bytes[];
};

struct secret *secret_create(struct str bytes)
{
    struct secret *s = mem_alloc(sizeof(*s) + bytes.n);
    s->n = bytes.n;
    if (bytes.n)
        memcpy(s->bytes, bytes.p, bytes.n);
    return s;
}

void secret_destroy(struct secret *s)
{
    if (!s)
        return;
    OPENSSL_cleanse(s->bytes, s->n);
    free(s);
}

struct str secret_reveal(const struct secret *s)
{
    return (struct str){s->bytes, s->n};
}

bool secret_eq(const struct secret *s, struct str candidate)
{
    return bytes_eq_secret(secret_reveal(s), candidate);
}

bool bytes_eq_secret(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || CRYPTO_memcmp(a.p, b.p, a.n) == 0);
}

// --- keyed digests -------------------------------------------------------------------------------

struct hmac {
    EVP_MAC_CTX *keyed;
    size_t n; /* bytes of the result */
};

struct hmac *hmac_create(enum hmac_kind kind, const struct secret *key)
{
    static const struct {
        const char *digest;
        size_t n;
    } kinds[] = {[HMAC_SHA1] = {"SHA1", SHA1_LEN}, [HMAC_SHA256] = {"SHA256", SHA256_LEN}};

    struct hmac *h = NEW(struct hmac);
    h->n = kinds[kind].n;
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    h->keyed = EVP_MAC_CTX_new(mac);
    EVP_MAC_free(mac); // the context holds its own reference
    must(h->keyed != NULL);

    char digest[8];
    memcpy(digest, kinds[kind].digest, strlen(kinds[kind].digest) + 1);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    struct str bytes = secret_reveal(key);
    must(EVP_MAC_init(h->keyed, (const unsigned char *)bytes.p, bytes.n, params));
    return h;
}

void hmac_destroy(struct hmac *h)
{
    if (!h)
        return;
    EVP_MAC_CTX_free(h->keyed);
    free(h);
}

void hmac_begin(struct hmac *h)
{
    // No key given: the two half-digests that were computed from it are used again.
    must(EVP_MAC_init(h->keyed, NULL, 0, NULL));
}

void hmac_add(struct hmac *h, struct str part)
{
    must(EVP_MAC_update(h->keyed, (const unsigned char *)part.p, part.n));
}

void hmac_end(struct hmac *h, unsigned char *ret)
{
    size_t n;
    must(EVP_MAC_final(h->keyed, ret, &n, h->n));
    assert(n == h->n);
}

// --- plain digests and hashes --------------------------------------------------------------------

void sha1(struct str in, unsigned char ret[SHA1_LEN])
{
    unsigned n;
    must(EVP_Digest(in.n ? in.p : "", in.n, ret, &n, EVP_sha1(), NULL));
    assert(n == SHA1_LEN);
}

void sha256(struct str in, unsigned char ret[SHA256_LEN])
{
    unsigned n;
    must(EVP_Digest(in.n ? in.p : "", in.n, ret, &n, EVP_sha256(), NULL));
    assert(n == SHA256_LEN);
}

struct str sha256_hex(struct str in, struct arena *a)
{
    unsigned char digest[SHA256_LEN];
    struct buf hex;

    sha256(in, digest);
    buf_init(&hex, SHA256_LEN * 2);
    buf_hex(&hex, digest, sizeof(digest));
    const struct str ret = str_dup(buf_view(&hex), a);
    buf_finish(&hex);
    return ret;
}

static_assert(crypto_shorthash_BYTES == sizeof(uint64_t), "SipHash gives 64 bits");

/* Drawn at the first use and then the same for the life of the process. */
static unsigned char table_key[crypto_shorthash_KEYBYTES];
static pthread_once_t table_key_once = PTHREAD_ONCE_INIT;

static void draw_table_key(void)
{
    struct rng r = rng_system();
    rng_fill(&r, table_key, sizeof(table_key));
}

uint64_t hash_keyed(struct str s)
{
    unsigned char bytes[crypto_shorthash_BYTES];
    uint64_t hash;

    pthread_once(&table_key_once, draw_table_key);
    crypto_shorthash(bytes, (const unsigned char *)(s.n ? s.p : ""), s.n, table_key);
    memcpy(&hash, bytes, sizeof(hash));
    return hash;
}
