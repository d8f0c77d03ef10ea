#ifndef TENANCY_PASSWORD_H
#define TENANCY_PASSWORD_H
/*
 * Passwords: Argon2id (libsodium, 64 MB and two passes each), made on threads of their own with low
 * priority, a few at once, so that a morning of sign-ins or a burst of guesses takes neither the
 * memory nor the processor from calls.
 */
#include "base/err.h"

struct arena;
struct hasher;

enum { PASSWORD_MIN = 10, PASSWORD_MAX = 128 };

/* threads: how many are made at once. */
bool hasher_start(size_t threads, struct hasher **ret, struct err *e) CHECK_RESULT;
void hasher_stop(struct hasher *h);
DEFINE_CLEANUP(struct hasher, hasher_stop)
/* How many passwords were hashed so far, whether to keep or to compare. From any thread. */
uint64_t hasher_count(const struct hasher *h);

/* Both wait; ERR_RATE when too many wait already. */
bool password_hash(struct hasher *h, struct str password, struct arena *a, struct str *ret,
                   struct err *e) CHECK_RESULT;
/* hash none: takes as long as one that is there, and is false. */
bool password_verify(struct hasher *h, struct str hash, struct str password, bool *ret_right,
                     struct err *e) CHECK_RESULT;

/* Whether it will do: its length, UTF-8, and not the person's own name or address. */
bool password_check(struct str password, struct str email, struct err *e) CHECK_RESULT;

#endif
