#ifndef API_CROWD_H
#define API_CROWD_H
/*
 * Who waits for something scarce: so many at once, and of one client a part of them, so that
 * nobody's burst sends all others away. From any thread.
 */
#include "base/str.h"

struct crowd;

/* of_one: at most `width`; at least one. */
struct crowd *crowd_create(size_t width, size_t of_one);
/* Accepts NULL. */
void crowd_destroy(struct crowd *c);

/* who: a client's number (inbox/budget.h). False: too many wait, or too many of this one. */
bool crowd_enter(struct crowd *c, uint64_t who) CHECK_RESULT;
/* Once for each that got in. */
void crowd_leave(struct crowd *c, uint64_t who);

#endif
