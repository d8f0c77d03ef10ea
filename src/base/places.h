#ifndef BASE_PLACES_H
#define BASE_PLACES_H
/*
 * A gate (gate.h) that no one can fill: so many get through at a time, and so many of the same key,
 * such as a project or a client. From any thread. Only who is within is remembered, so that any key
 * will do.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

struct places;

/* of_one: at most `width`; at least one. */
struct places *places_create(size_t width, size_t of_one);
/* Nobody is within any more. Accepts NULL. */
void places_destroy(struct places *p);

bool places_enter(struct places *p, int64_t key) CHECK_RESULT;
/* Once for each that got in. */
void places_leave(struct places *p, int64_t key);

#endif
