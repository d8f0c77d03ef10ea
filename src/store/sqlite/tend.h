#ifndef STORE_SQLITE_TEND_H
#define STORE_SQLITE_TEND_H
/*
 * The write-ahead log is copied back into the file when it has grown to three quarters of its
 * bound. For 48 MB that takes some 15 ms, for which no acknowledgement should wait: workers and
 * jobs do it, when they have committed and given the turn. What others append meanwhile is left;
 * the writer of the inbox, who has the turn, copies that little, and then the log begins anew.
 * Where nobody else writes, it copies all of it. While a reader holds the log open it only grows.
 */
#include "store/sqlite/connection.h"

/* From SQLite, within a commit: so many pages has the log now. */
void tend_note(struct sqlite_db *d, int n_pages);
/* After a commit, and without the turn. */
void tend_log(struct sqlite_db *d);

#endif
