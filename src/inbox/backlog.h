#ifndef INBOX_BACKLOG_H
#define INBOX_BACKLOG_H
/*
 * What waits and what is dead, for everybody who asks. Where the database is in trouble, counting
 * is slow; so it is not counted for each who asks, but for a small share of the time.
 */
#include "inbox/read.h"

struct backlog_watch;

struct backlog_watch *backlog_watch_create(const struct clock *clock);
void backlog_watch_destroy(struct backlog_watch *w);

/* The figures of the project, and in *ret_age how long ago they were counted: now where
 * counting is quick, up to PACE_LONGEST where it is slow. Any thread. */
bool backlog_watch_read(struct backlog_watch *w, struct db *db, int64_t project,
                        struct inbox_backlog *ret, usec_t *ret_age, struct err *e) CHECK_RESULT;

#endif
