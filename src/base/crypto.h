#ifndef BASE_CRYPTO_H
#define BASE_CRYPTO_H
/* Digests, keyed digests and text forms of bytes, on OpenSSL 3; secrets that do not print. */
#include "base/str.h"

enum { SHA1_LEN = 20, SHA256_LEN = 32 };

/* Key material: prints as ***, compared in constant time, wiped when destroyed. */
struct secret;
struct secret *secret_create(struct str bytes);
void secret_destroy(struct secret *s);
DEFINE_CLEANUP(struct secret, secret_destroy)
struct str
secret_reveal(const struct secret *s); /* only where a digest is made, or who asks proves itself */
bool secret_eq(const struct secret *s, struct str candidate);

/* Equal in constant time for equal lengths. */
bool bytes_eq_secret(struct str a, struct str b);

/* One keyed MAC per secret and thread, reused: begin, add…, end. Not shared between threads. */
enum hmac_kind { HMAC_SHA1, HMAC_SHA256 };
struct hmac;
struct hmac *hmac_create(enum hmac_kind kind, const struct secret *key);
void hmac_destroy(struct hmac *h);
DEFINE_CLEANUP(struct hmac, hmac_destroy)
void hmac_begin(struct hmac *h);
void hmac_add(struct hmac *h, struct str part);
/* Writes SHA1_LEN or SHA256_LEN bytes. */
void hmac_end(struct hmac *h, unsigned char *ret);

/* For protocols that ask for it, where nothing rests on it. */
void sha1(struct str in, unsigned char ret[SHA1_LEN]);
void sha256(struct str in, unsigned char ret[SHA256_LEN]);
/* The same in lower-case hex, in the arena. */
struct arena;
struct str sha256_hex(struct str in, struct arena *a);

struct buf;
/* Lower-case hex; standard base64 with padding; base64url without. */
void buf_hex(struct buf *b, const void *p, size_t n);
void buf_base64(struct buf *b, const void *p, size_t n);
void buf_base64url(struct buf *b, const void *p, size_t n);
/* Standard alphabet, padded, nothing else, unused bits zero; at most cap bytes. After a failure
 * the bytes of dst mean nothing. */
bool base64_decode(struct str in, unsigned char *dst, size_t cap, size_t *ret_n) CHECK_RESULT;

/* SipHash-2-4 under a process-wide random key: for tables whose keys a peer chooses. */
uint64_t hash_keyed(struct str s);

#endif
