#ifndef INBOX_READ_H
#define INBOX_READ_H
/* What was received and what became of it: lists, single events, replay, backlog. */
#include "store/store.h"

struct json_writer;

struct inbox_filter {
    struct str source, event_type, processing_status, call_sid, reason; /* none: any */
    usec_t from, to;                                                    /* TIME_NONE: open */
};

struct inbox_page {
    int64_t page, limit; /* page counts from 1 */
};

/* {"events":[…],"total","page","limit"}. */
bool inbox_list_json(struct db *db, int64_t project, const struct inbox_filter *filter,
                     struct inbox_page page, struct arena *a, struct json_writer *w,
                     struct err *e) CHECK_RESULT;

/* When the latest was received; TIME_NONE: nothing ever was. */
bool inbox_latest(struct db *db, int64_t project, struct arena *a, usec_t *ret,
                  struct err *e) CHECK_RESULT;

struct inbox_ids {
    const int64_t *p;
    size_t n;
};
/* Those of a selection that there are, as one such page. */
bool inbox_among_json(struct db *db, int64_t project, struct inbox_ids ids, struct arena *a,
                      struct json_writer *w, struct err *e) CHECK_RESULT;

/* {"reasons":[…],"total","page","limit"}: dead letters counted by reason and kind of event. */
bool inbox_reasons_json(struct db *db, int64_t project, struct inbox_page page, struct arena *a,
                        struct json_writer *w, struct err *e) CHECK_RESULT;

/* The members of one event, payload and attempts included, into an open object. */
bool inbox_event_json(struct db *db, int64_t project, int64_t id, struct arena *a,
                      struct json_writer *w, bool *ret_found, struct err *e) CHECK_RESULT;

/*
 * Replay: dead letters and events that wait for their next attempt go back to the head of the
 * queue, with their attempts counted from zero. One that was applied already, or is being
 * processed, stays as it is.
 */
struct inbox_replay {
    struct str status; /* afterwards; none when there is no such event */
    bool queued;       /* by this */
};
bool inbox_reprocess(struct db *db, int64_t project, int64_t id, usec_t now, struct arena *a,
                     struct inbox_replay *ret, struct err *e) CHECK_RESULT;
/* The same for a selection. What became of each, in the order of the ids; one of another project
 * is not found. */
enum inbox_replayed { INBOX_NOT_FOUND, INBOX_UNCHANGED, INBOX_QUEUED, INBOX_REPLAYED_COUNT };
bool inbox_reprocess_each(struct db *db, int64_t project, struct inbox_ids ids, usec_t now,
                          struct arena *a, enum inbox_replayed *ret, struct err *e) CHECK_RESULT;
/* Dead letters, chosen by what they have in common; none: any. */
struct inbox_dead {
    struct str source, event_type, reason;
};
struct inbox_revived {
    int64_t n;
    struct inbox_ids first; /* the oldest of them, in their order; INBOX_REVIVED_NAMED at most */
};
enum { INBOX_REVIVED_NAMED = 1000 }; /* as many as one may select */
/* Those of a selection that were put back. */
struct inbox_revived inbox_revived_of(struct inbox_ids ids, const enum inbox_replayed *became,
                                      struct arena *a);
/* {"requested":2,"ids":["4","7"]}: as the audit log has them. */
struct str inbox_revived_details(const struct inbox_revived *r, struct arena *a);
/* In bounded batches. */
bool inbox_reprocess_dead(struct db *db, int64_t project, const struct inbox_dead *which,
                          usec_t now, struct arena *a, struct inbox_revived *ret,
                          struct err *e) CHECK_RESULT;

/* How many events of a project wait to be tried for the first time. */
struct inbox_waiting {
    int64_t project, n;
};
/* Of those that have most, at most `max`. */
bool inbox_waiting(struct db *db, size_t max, struct arena *a, struct inbox_waiting **ret,
                   size_t *ret_n, struct err *e) CHECK_RESULT;

struct inbox_backlog {
    int64_t pending, dead_letter;
    int64_t held;  /* of those pending: kept back by a flag (inbox/held.h) */
    usec_t oldest; /* of those not held; TIME_NONE when none waits */
};
bool inbox_backlog(struct db *db, int64_t project, struct inbox_backlog *ret,
                   struct err *e) CHECK_RESULT;

#endif
