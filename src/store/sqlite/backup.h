#ifndef STORE_SQLITE_BACKUP_H
#define STORE_SQLITE_BACKUP_H
/*
 * A copy of a database in use, by SQLite's own means: all of one moment, the log included. It is
 * one long read: nobody waits for it, and the log cannot be started anew until it is over.
 */
#include "base/err.h"

/* `to` must not exist; it appears whole and synced, or not at all. */
bool sqlite_backup(const char *from, const char *to, struct err *e) CHECK_RESULT;

#endif
