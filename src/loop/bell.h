#ifndef LOOP_BELL_H
#define LOOP_BELL_H
/*
 * A bell: "there may be something to do". Rings are not counted; one that nobody waits for is
 * remembered until somebody does. For threads that wait for work and look for it themselves.
 */
#include "base/time.h"

struct bell;

struct bell *bell_create(void);
void bell_destroy(struct bell *b);
/* From any thread. Wakes one waiter. */
void bell_ring(struct bell *b);
/* For the end: wakes all, now and for ever. */
void bell_ring_for_ever(struct bell *b);
/* Until it rings, at most `wait`. True: it rang. */
bool bell_wait(struct bell *b, usec_t wait);

#endif
