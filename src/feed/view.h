#ifndef FEED_VIEW_H
#define FEED_VIEW_H
/*
 * What the feed looks like to those who watch it. Two of the views say the same (the messages of
 * docs/realtime.md) in two framings; the third is /events/calls, which knows calls only.
 */
#include "feed/frame.h"
#include "feed/topics.h"

enum feed_view {
    FEED_CALLS,  /* /events/calls */
    FEED_EVENTS, /* /realtime/stream as server-sent events */
    FEED_SOCKET, /* /realtime/stream as a WebSocket */
    FEED_VIEW_COUNT
};

/* False, and nothing written: an event that this view does not show. */
bool feed_view_event(enum feed_view v, struct buf *out, const struct feed_item *item,
                     struct str epoch) CHECK_RESULT;
void feed_view_connected(enum feed_view v, struct buf *out, struct str epoch, int64_t last_seq,
                         usec_t now);
void feed_view_keepalive(enum feed_view v, struct buf *out, usec_t now);
void feed_view_resync(enum feed_view v, struct buf *out, const struct feed_resync_point *p);
/* The server ends the stream, and why: a word. */
void feed_view_ended(enum feed_view v, struct buf *out, struct str reason);

/* How far one is when nothing of it was wanted; not in FEED_CALLS. */
void feed_view_position(enum feed_view v, struct buf *out, struct str epoch, int64_t seq);
/* How far what is under way is; not in FEED_CALLS. runs: a JSON array. */
void feed_view_progress(enum feed_view v, struct buf *out, struct str runs);
/* Answers to what a client of FEED_SOCKET says. */
void feed_view_subscribed(struct buf *out, feed_topics topics, struct str epoch, int64_t seq);
void feed_view_error(struct buf *out, const struct err *e, enum err_language language,
                     struct str trace_id);

#endif
