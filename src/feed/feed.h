#ifndef FEED_FEED_H
#define FEED_FEED_H
/*
 * The feed: what happened in a project, numbered without gaps.
 *
 * feed_append() takes the next numbers from the project's counter row inside the caller's
 * transaction; the row stays locked until the commit, so that seq is dense and in commit order, the
 * same on both engines, and no reader can skip a late commit. Call it late in the transaction.
 * The row also tells how many conversations the project lists, for it is written with each of them.
 * The epoch changes when a database is restored from a backup: a forked history becomes visible.
 */
#include "base/clock.h"

#include "store/store.h"

/* Canonical types and the names that /events/calls shows: feed/types.c holds the one table. */
struct feed_item {
    int64_t project;
    struct str type;        /* one of feed/types.c */
    usec_t ts;              /* when it happened, by the event's own time */
    usec_t appended;        /* filled by feed_read */
    struct str entity_type; /* "call", "integration" */
    struct str entity_id;   /* its sid; the provider and the account, "twilio/AC…" */
    struct str payload;     /* JSON object */
    struct str trace_id;
    int64_t listed; /* how many more conversations the project lists with it; may be fewer */
    int64_t seq;    /* filled by feed_append */
};

/* Numbers and stores the items, in their order. Items of several projects may be mixed. */
bool feed_append(struct db *db, struct feed_item *items, size_t n, usec_t now, struct arena *a,
                 struct err *e) CHECK_RESULT;

struct feed_head {
    int64_t last_seq;  /* 0: nothing yet */
    int64_t first_seq; /* oldest retained; last_seq + 1 when none */
    struct str epoch;
};

bool feed_head(struct db *db, int64_t project, struct arena *a, struct feed_head *ret,
               struct err *e) CHECK_RESULT;

/* How far several projects are, in one question. A project without a feed is left out. */
struct feed_reach {
    int64_t project, last_seq;
    struct str epoch;
};

bool feed_heads(struct db *db, const int64_t *projects, size_t n, struct arena *a,
                struct feed_reach **ret, size_t *ret_n, struct err *e) CHECK_RESULT;

struct feed_page {
    struct feed_item *items;
    size_t n;
    struct feed_head head;
    bool has_more;
    bool resync; /* after_seq was before the oldest retained event, or beyond the head */
};

/* At most limit items after after_seq, in order. */
bool feed_read(struct db *db, int64_t project, int64_t after_seq, size_t limit, struct arena *a,
               struct feed_page *ret, struct err *e) CHECK_RESULT;

/* Twilio tells of a status within seconds and repeats itself for some minutes when it is not heard:
 * what comes later than that is history, and nobody is to be alarmed by it. */
#define FEED_LATE MINUTES(5)

/* Whether it had happened more than FEED_LATE before it was appended. */
bool feed_is_late(const struct feed_item *item);

struct buf;
/* The canonical envelope {seq, epoch, type, ts, late, project_id, entity, payload, trace_id}. */
void feed_envelope(struct buf *out, const struct feed_item *item, struct str epoch);
/* "call.started" -> "call.created" and so on; STR_NONE for what the call stream does not show. */
struct str feed_stream_name(struct str type);

#endif
