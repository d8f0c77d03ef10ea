#ifndef LOOP_TURNSTILE_H
#define LOOP_TURNSTILE_H
/*
 * A mailbox (loop.h) for a pool of threads that many keys use, such as projects: one at a time is
 * taken, of one key in the order of arrival, and of all keys in turn (base/line.h). So many may
 * wait, and so many of one key. From any thread.
 */
#include "base/compiler.h"
#include "base/line.h"
#include "base/time.h"

struct turnstile;

/* of_one: at most `most`. */
struct turnstile *turnstile_create(size_t most, size_t of_one);
/* Nobody waits in it any more. Accepts NULL. */
void turnstile_destroy(struct turnstile *t);

/* False when it is closed, or too many wait: the caller keeps it. */
bool turnstile_push(struct turnstile *t, struct line_place *p, int64_t key) CHECK_RESULT;
/* Waits until there is one, the time is over or the turnstile is closed (NULL then). */
struct line_place *turnstile_take(struct turnstile *t, usec_t wait);
/* Wakes those who wait for something; what still waits can be taken. */
void turnstile_close(struct turnstile *t);
bool turnstile_is_closed(const struct turnstile *t);

#endif
