#ifndef STORE_SQLITE_TURN_H
#define STORE_SQLITE_TURN_H
/*
 * The turn to write: one holder, and those who wait get it in the order in which they asked.
 *
 * SQLite has one writer at a time. Its own waiting (a busy handler that sleeps and tries again) is
 * unfair: a thread that writes in a loop wins nearly every time. Here the holder hands the turn to
 * the one who waits longest, so that ingestion and workers alternate.
 */
#include "base/time.h"

struct turn;

struct turn *turn_create(void);
/* Nobody holds or waits. Accepts NULL. */
void turn_destroy(struct turn *t);
/* False when it did not come within the time (0: waits for ever). */
bool turn_take(struct turn *t, usec_t within) CHECK_RESULT;
void turn_give(struct turn *t);
/* How many wait. */
size_t turn_waiting(struct turn *t);

#endif
