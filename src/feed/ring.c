#include "feed/ring.h"

#include <stdlib.h>

#include "base/arena.h"

void ring_init(struct ring *r, size_t max, int64_t at)
{
    *r = (struct ring){.max = max, .floor = at, .last = at};
}

static void drop_all(struct ring *r)
{
    for (size_t i = 0; i < r->n; i++)
        http_chunk_unref(r->chunks[r->first + i]);
    r->first = r->n = 0;
}

void ring_finish(struct ring *r)
{
    drop_all(r);
    free(r->chunks);
    free(r->marks);
    *r = (struct ring){0};
}

void ring_restart(struct ring *r, int64_t at)
{
    if (r->n > 0)
        r->dropped = r->marks[r->first + r->n - 1].end;
    drop_all(r);
    r->floor = r->last = at;
}

static uint64_t end_of_all(const struct ring *r)
{
    return r->n > 0 ? r->marks[r->first + r->n - 1].end : r->dropped;
}

static void drop_oldest(struct ring *r)
{
    http_chunk_unref(r->chunks[r->first]);
    r->dropped = r->marks[r->first].end;
    r->floor = r->marks[r->first].seq;
    r->first++;
    r->n--;
}

/* The arrays are twice as long as the ring at most; what is in use moves to the front when they are
 * at their end, so that every part of the ring is one piece of memory. */
static void make_room(struct ring *r)
{
    if (r->first + r->n < r->cap)
        return;
    if (r->first >= r->cap / 2 && r->first > 0) {
        memmove(r->chunks, r->chunks + r->first, r->n * sizeof *r->chunks);
        memmove(r->marks, r->marks + r->first, r->n * sizeof *r->marks);
        r->first = 0;
        return;
    }
    r->cap = r->cap ? r->cap * 2 : 32;
    r->chunks = mem_realloc(r->chunks, r->cap * sizeof(struct http_chunk *));
    r->marks = mem_realloc(r->marks, r->cap * sizeof *r->marks);
}

void ring_push(struct ring *r, int64_t seq, unsigned type, struct http_chunk *frame)
{
    const uint64_t end = end_of_all(r) + http_chunk_bytes(frame).n;

    assert(seq > r->last);
    while (r->n > 0 && (r->n >= r->max || end - r->dropped > RING_BYTES))
        drop_oldest(r);
    make_room(r);
    r->chunks[r->first + r->n] = http_chunk_ref(frame);
    r->marks[r->first + r->n] = (struct ring_mark){seq, end, type};
    r->n++;
    r->last = seq;
}

void ring_reach(struct ring *r, int64_t seq)
{
    assert(seq >= r->last);
    r->last = seq;
}

/* How many frames are not after seq. */
static size_t count_until(const struct ring *r, int64_t seq)
{
    const struct ring_mark *marks = r->marks + r->first;
    size_t low = 0, high = r->n;

    // Nearly always one asks for the newest frames.
    if (high > 0 && marks[high - 1].seq <= seq)
        return high;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (marks[middle].seq <= seq)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static uint64_t end_before(const struct ring *r, size_t i)
{
    return i > 0 ? r->marks[r->first + i - 1].end : r->dropped;
}

/* How many frames from `from` on fit. */
static size_t count_fitting(const struct ring *r, size_t from, uint64_t bytes)
{
    const uint64_t limit = end_before(r, from) + bytes;
    size_t low = from, high = r->n;

    if (high > from && r->marks[r->first + high - 1].end <= limit)
        return high - from;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (r->marks[r->first + middle].end <= limit)
            low = middle + 1;
        else
            high = middle;
    }
    return low - from;
}

struct ring_part ring_after(const struct ring *r, int64_t seq, uint64_t bytes, uint64_t whole)
{
    const size_t from = count_until(r, seq);
    size_t n = count_fitting(r, from, bytes);

    assert(ring_covers(r, seq));
    if (n == 0 && from < r->n && bytes == whole)
        n = 1;
    return (struct ring_part){
        .chunks = r->chunks + r->first + from,
        .marks = r->marks + r->first + from,
        .n = n,
        .last = from + n == r->n ? r->last
                : n > 0          ? r->marks[r->first + from + n - 1].seq
                                 : seq,
    };
}

uint64_t ring_bytes_after(const struct ring *r, int64_t seq)
{
    return end_of_all(r) - end_before(r, count_until(r, seq));
}
