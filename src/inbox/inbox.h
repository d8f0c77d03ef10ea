#ifndef INBOX_INBOX_H
#define INBOX_INBOX_H
/*
 * The durable inbox: what a provider told us, kept before we say "thank you".
 *
 * Doors hand items to the one writer thread. It takes all that wait, appends them in one group
 * (one fsync), and completes each: stored, or already there. When the store fails, the group goes
 * to the spool: a file of records, synced before the answer, replayed in order into the store when
 * it is back. When that fails too the items are refused and nothing is acknowledged.
 */
#include "base/clock.h"
#include "base/err.h"
#include "base/line.h"
#include "base/metric.h"
#include "loop/loop.h"

struct files;
struct store;
struct tracer;
struct inbox;

enum { PROJECT_UNKNOWN = 0 }; /* the account's project is looked up when the event is stored */

/* One event as it came. All text is borrowed until the completion. */
struct inbox_item {
    int64_t project;
    struct str provider;   /* "twilio" */
    struct str source;     /* "twilio_voice", "twilio_recording" */
    struct str event_type; /* "call-inbound", "call-status", "recording-complete", "dial-action" */
    struct str call_sid;   /* or none */
    struct str recording_sid; /* or none */
    struct str lane;       /* events of one lane are handled one at a time: the root call's sid */
    struct str dedupe_key; /* unique per project; at most LIMIT_DEDUPE_KEY */
    struct str payload;    /* JSON object of the decoded fields */
    struct str raw_body;   /* the exact bytes, only when the payload is not faithful; else none */
    struct str trace_id;
    struct str account; /* of the provider, as which it came in */
    usec_t received_at;
};

/* Senders give up after 15 s; who is let in waits this long and one group's commit at most. */
#define INBOX_PATIENCE SECONDS(8)

enum inbox_result {
    INBOX_STORED,
    INBOX_DUPLICATE, /* it was there already */
    INBOX_SPOOLED,   /* durable in the spool; deduplicated at replay */
    INBOX_REFUSED,   /* not durable: answer 503 */
};

/* Embedded by the door in what it keeps per request. on_done runs on the writer's thread, once. */
struct inbox_append {
    struct task task;
    struct line_place place; /* before the writer */
    struct inbox_item item;
    usec_t submitted_at; /* set by inbox_submit; monotonic */
    void (*on_done)(struct inbox_append *ap, enum inbox_result result);
};

struct inbox_options {
    struct store *store;
    const struct clock *clock;
    struct tracer *tracer;     /* NULL: no traces */
    struct str spool_path;     /* directory of the spool */
    const struct files *files; /* that it is on; NULL: the system's */
    bool held; /* until inbox_release() the store is not asked, everything goes to the spool */
    /* The project of a provider's account, for items without one; *ret stays when nobody has it.
     * On the writer's thread; may ask the store. May be NULL. */
    bool (*project_of)(struct str provider, struct str account, int64_t *ret, void *arg,
                       struct err *e);
    /* After a group was stored: wakes the workers. Any thread. May be NULL. */
    void (*on_stored)(size_t n, void *arg);
    void *arg;
};

struct inbox_stats {
    uint64_t stored, duplicates, spooled, refused, groups, replayed, torn_records, corrupt_records;
    size_t waiting;                                /* appends that wait for the writer */
    uint64_t spool_bytes;                          /* not yet replayed */
    struct histogram_view group_size;              /* of groups: events */
    struct histogram_view commit_time, spool_time; /* of groups: until they were durable there */
    struct histogram_view sync_time;               /* of the spool: what its disk takes of that */
    struct histogram_view append_time; /* of events: from submitted to durable or refused */
    bool store_down;
};

/* Starts the writer thread; a spool left by an earlier run is replayed first thing. */
bool inbox_start(const struct inbox_options *o, struct inbox **ret, struct err *e) CHECK_RESULT;
/* The store may be asked from now on. */
void inbox_release(struct inbox *in);
/*
 * False when too many wait (LIMIT_INBOX_WAITING), when the oldest waits so long that a new one
 * could not be answered before its sender gives up (INBOX_PATIENCE), or when the inbox is stopping:
 * answer 503.
 */
bool inbox_submit(struct inbox *in, struct inbox_append *ap) CHECK_RESULT;
void inbox_stats(const struct inbox *in, struct inbox_stats *ret);
/* When the oldest was submitted (monotonic) that has no answer yet; 0: none waits. */
usec_t inbox_owes_since(const struct inbox *in);
/* Completes everything that was submitted, then ends. */
void inbox_stop(struct inbox *in);

#endif
