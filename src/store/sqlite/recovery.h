#ifndef STORE_SQLITE_RECOVERY_H
#define STORE_SQLITE_RECOVERY_H
/*
 * What an earlier process has left.
 *
 * Its log may be in the page cache alone: it was killed before its sync, or its sync failed, and
 * then no later sync writes those pages. Nothing is built on them: before the first write all of
 * the log is copied into the file and synced, and it is begun anew. The log itself is made durable
 * before: after a power cut an end of it that only the file has would be missing in the log, whose
 * older pages then cover some of the file's newer ones. For the same reason a store that was not
 * settled, or is broken, leaves its log as it is when it is closed. And its log may have lost its
 * end, which the witness tells (witness.h).
 */
#include "base/err.h"

struct db;
struct sqlite_store;

/* With the turn, of a store that is not settled, whose anchor is open. What fails is tried again by
 * the next that writes: a full disk gets space, a tool that reads the log comes to its end. */
bool recovery_settle(struct db *db, struct err *e) CHECK_RESULT;
/* Holds what SQLite found in the log against the witness. A log that lost its end may fit the file
 * no more, into which some of it was copied: then nothing can be built on it. */
bool recovery_hear_witness(struct sqlite_store *s, struct err *e) CHECK_RESULT;

#endif
