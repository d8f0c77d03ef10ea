#ifndef CALLS_BATCH_H
#define CALLS_BATCH_H
/*
 * Many changes at once, inside the caller's transaction, in few statements. The steps, in order:
 *
 * - call_batch_create, then call_batch_add for each change, in the order of application
 * - call_batch_fold: loads and locks the snapshots, applies, derives what the parents are told
 * - call_batch_save_snapshots: contacts, conversations, calls, counts; the calls get their ids
 * - the caller hands call_feed_payload() and `listed` of each entry to the feed, and fills
 *   entry->seq
 * - call_batch_save_log: the rows of call_events
 *
 * After a failure the transaction is rolled back and the batch is of no further use.
 */
#include "calls/apply.h"
#include "store/store.h"

struct call_batch;

/* Where a change came from. Text is borrowed as long as the batch lives. */
struct call_origin {
    int64_t inbox_id;   /* INT_NONE: not from the inbox */
    struct str payload; /* JSON, as the provider sent it; STR_NONE: the change stands for it */
    struct str trace_id;
};

/* One line of the log to be. */
struct call_entry {
    int64_t project;
    struct str provider, call_sid;
    int64_t seq;           /* filled by the caller from the feed before call_batch_save_log */
    struct str event_type; /* "call.started" … */
    struct str event_status;
    usec_t event_time;
    struct str source; /* "webhook" … */
    bool applied;
    struct str refusal;
    struct str change;  /* JSON */
    struct str payload; /* JSON */
    int64_t inbox_id;
    struct str trace_id;
    struct call after; /* the snapshot as it was after this entry */
    int64_t listed;    /* how many more conversations its project lists, or fewer; told by one entry
                          of a project, after call_batch_save_snapshots */
};

struct call_batch *call_batch_create(struct call_rules_source rules, usec_t now, struct arena *a);
/* Settles a copy of the change. Refuses (ERR_INVALID) one without a usable call_sid. */
bool call_batch_add(struct call_batch *b, int64_t project, struct str provider,
                    const struct call_change *change, const struct call_origin *origin,
                    struct err *e) CHECK_RESULT;
/*
 * For those who hear the same again and again: whether a change, applied in memory, is worth
 * keeping. One that is not is as if it had never been said. A call that was never heard of has no
 * id before.
 */
typedef bool call_news_fn(const struct call *before, const struct call *after, void *arg);
/* Before it is folded; every change is news without it. */
void call_batch_keep_only(struct call_batch *b, call_news_fn *is_news, void *arg);
/* Before it is folded. What a parent is told of its legs goes with what is said of itself, or, when
 * that is nothing, in one entry for all of them: it may then stand before its cause. */
void call_batch_tell_once(struct call_batch *b);
bool call_batch_fold(struct call_batch *b, struct db *db, struct err *e) CHECK_RESULT;
/* The same in no transaction and without locks: to see what would change. Nothing can be saved. */
bool call_batch_peek(struct call_batch *b, struct db *db, struct err *e) CHECK_RESULT;
/* The entries, in the order of application; each derived one stands behind its cause. */
struct call_entry *call_batch_entries(struct call_batch *b, size_t *ret_n);
bool call_batch_save_snapshots(struct call_batch *b, struct db *db, struct err *e) CHECK_RESULT;
bool call_batch_save_log(struct call_batch *b, struct db *db, struct err *e) CHECK_RESULT;

/* {"call": …, "event": {"event_type","event_status","event_time","source","applied"}} */
void call_feed_payload(struct buf *out, const struct call_entry *entry);

#endif
