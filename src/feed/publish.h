#ifndef FEED_PUBLISH_H
#define FEED_PUBLISH_H
/*
 * The last part of what becomes of a batch of changes, whoever heard of them: snapshots, the feed's
 * numbers, the lines of the log. It has been folded in the same transaction.
 */
#include "calls/batch.h"

bool feed_publish(struct call_batch *b, struct db *db, usec_t now, struct arena *a,
                  struct err *e) CHECK_RESULT;

/* How far a project has come; any thread. */
typedef void feed_committed_fn(int64_t project, int64_t last_seq, void *arg);
/* After the commit: once per project of the batch. on_committed may be NULL. */
void feed_published(struct call_batch *b, feed_committed_fn *on_committed, void *arg);

#endif
