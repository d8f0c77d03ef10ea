#ifndef LOOP_BELL_H
#define LOOP_BELL_H
/*
 * A bell: "there may be something to do". One that nobody waits for is remembered until somebody
 * does, several as one. For threads that wait for work and look for it themselves.
 */
#include <stdint.h>

#include "base/time.h"

struct bell;

struct bell *bell_create(void);
void bell_destroy(struct bell *b);
/* From any thread. Wakes one waiter. */
void bell_ring(struct bell *b);
/* How often it has rung: whether it did since somebody looked. From any thread. */
uint64_t bell_rings(const struct bell *b);
/* For the end: wakes all, now and for ever. */
void bell_ring_for_ever(struct bell *b);
/* Until it rings, at most `wait`. True: it rang. */
bool bell_wait(struct bell *b, usec_t wait);

#endif
