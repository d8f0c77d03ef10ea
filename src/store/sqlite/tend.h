#ifndef STORE_SQLITE_TEND_H
#define STORE_SQLITE_TEND_H
/*
 * The write-ahead log is copied back into the file when it has grown. For 48 MB that takes some
 * 15 ms and more on a slow disk, for which no acknowledgement should wait: who else commits (a
 * worker, a job, the API) does it, after giving the turn, while others go on appending. What these
 * append meanwhile is left. Whoever commits next copies that little, with the turn, so that the log
 * can begin anew. Where nobody but the writer of the inbox commits, that one copies all of it.
 * While a reader holds the log open it only grows.
 *
 * So two may sync the log at the same time, each on a descriptor of its own. Linux tells a failure
 * to each of them, whoever asked first (errseq_t): none takes the other's frames for kept.
 */
#include "store/sqlite/connection.h"

/* From SQLite, within a commit and with the turn: so many pages has the log now. */
void tend_note(struct sqlite_db *d, int n_pages);
/* After a transaction, without the turn. */
void tend_log(struct sqlite_db *d);

#endif
