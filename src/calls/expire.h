#ifndef CALLS_EXPIRE_H
#define CALLS_EXPIRE_H
/*
 * Calls that are kept no longer go whole: snapshot, log, and what they leave empty. The log is
 * dense no more below the highest number that went (feed_heads.log_from); each call that is left
 * has all of its lines.
 */
#include "store/store.h"

struct call_expiry {
    int64_t project;
    usec_t now;
    usec_t before;     /* what began, ended and was last told of before then may go */
    usec_t after_time; /* where the page before ended; 0, 0: the first one */
    int64_t after_id;
    int64_t limit;
};

struct call_expired {
    int64_t n_seen; /* fewer than the limit: there are no more */
    usec_t last_time;
    int64_t last_id;
    int64_t calls, lines, conversations; /* deleted */
};

/* One page of frozen calls, the oldest first, in a transaction of its own. A call stays while a
 * line of its log stands in the feed as well, while a webhook of it is kept, waits or is a dead
 * letter, while a leg or the parent of it is younger, and while a worker has it in hand. Running it
 * again is harmless. */
bool call_expire(struct db *db, const struct call_expiry *x, struct arena *a,
                 struct call_expired *ret, struct err *e) CHECK_RESULT;

#endif
