#ifndef FEED_RING_H
#define FEED_RING_H
/*
 * The recent frames of one project, in order of seq: what a client that was away for a moment is
 * given without asking the store.
 *
 * A ring stands for an interval: everything that the stream shows of (floor, last] is in it. Events
 * that the stream does not show have no frame and leave no gap. It holds at most `max` frames and
 * RING_BYTES bytes; the oldest leave first, and floor follows. Not for two threads at once; the
 * frames themselves are shared and counted.
 */
#include "http/http.h"

#include <stdint.h>

enum { RING_BYTES = 8 * 1024 * 1024 };

struct ring_mark {
    int64_t seq;
    uint64_t end;  /* bytes of all frames that ever were in the ring, up to this one */
    unsigned type; /* feed_type_of() */
};

struct ring {
    struct http_chunk **chunks; /* chunks[first … first + n) */
    struct ring_mark *marks;
    size_t first, n, cap, max;
    uint64_t dropped; /* end of the newest frame that has left */
    int64_t floor, last;
};

/* Empty, at a place in history. */
void ring_init(struct ring *r, size_t max, int64_t at);
void ring_finish(struct ring *r);
/* Empties it and goes on from another place. */
void ring_restart(struct ring *r, int64_t at);
/* The next frame; seq > last. Takes a reference of its own. */
void ring_push(struct ring *r, int64_t seq, unsigned type, struct http_chunk *frame);
/* What is up to seq has been seen; nothing of it that is not pushed is shown. */
void ring_reach(struct ring *r, int64_t seq);

/* Whether everything after seq is here. */
static inline bool ring_covers(const struct ring *r, int64_t seq)
{
    return seq >= r->floor;
}

struct ring_part {
    struct http_chunk *const *chunks; /* borrowed, until the ring changes */
    const struct ring_mark *marks;    /* one for each */
    size_t n;
    int64_t last; /* how far one is after these */
};

/* The frames after seq (which is covered) that fit into so many bytes. The first one always comes
 * when `bytes` is `whole`: a frame larger than that would never come otherwise. */
struct ring_part ring_after(const struct ring *r, int64_t seq, uint64_t bytes, uint64_t whole);
/* Bytes of the frames after seq. */
uint64_t ring_bytes_after(const struct ring *r, int64_t seq);

#endif
