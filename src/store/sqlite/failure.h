#ifndef STORE_SQLITE_FAILURE_H
#define STORE_SQLITE_FAILURE_H
/* What SQLite's result codes mean for who called: see db_lost() and db_conflicted(). */
#include "base/err.h"

struct db;

/* Sets what went wrong while `doing`, by its extended code; a sync that failed breaks the store.
 * False. */
bool sqlite_fail(struct db *db, int extended, const char *doing, struct err *e);
bool sqlite_is_sync_failure(int extended);
/* The handle can only read, and another one may write. */
bool sqlite_is_for_reading(int extended);
/* Says that the store is broken. False. */
bool sqlite_refuse_broken(struct db *db, struct err *e);

#endif
