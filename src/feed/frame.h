#ifndef FEED_FRAME_H
#define FEED_FRAME_H
/* The frames of /events/calls, byte for byte: the Stream… schemas of docs/openapi.yaml. */
#include "base/buf.h"

#include "feed/feed.h"

enum feed_resync { FEED_TOO_OLD, FEED_EPOCH_CHANGED, FEED_AHEAD };

/* "too_old" and so on. */
struct str feed_resync_name(enum feed_resync reason);

struct feed_resync_point {
    enum feed_resync reason;
    struct str epoch;
    int64_t first_seq, last_seq;
};

void feed_frame_connected(struct buf *out, struct str epoch, int64_t last_seq, usec_t now);
void feed_frame_keepalive(struct buf *out, usec_t now);
void feed_frame_resync(struct buf *out, const struct feed_resync_point *p);
/* The server ends the stream: a word. */
void feed_frame_ended(struct buf *out, struct str reason);
/* False, and nothing written: an event that the stream does not show (feed_stream_name), or one
 * whose payload is not what call_feed_payload() writes. */
bool feed_frame_event(struct buf *out, const struct feed_item *item, struct str epoch) CHECK_RESULT;

#endif
