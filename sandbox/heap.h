#ifndef SANDBOX_HEAP_H
#define SANDBOX_HEAP_H
/* What is to happen, ordered by time; of one moment, in the order of scheduling. */
#include "base/time.h"

/* Embedded in what it is about; in one heap, once, at a time. */
struct event {
    usec_t at;
    uint64_t order;
    size_t place; /* in the heap, from 1; 0: not scheduled */
    void (*run)(struct event *ev);
};

struct heap {
    struct event **events;
    size_t n, room;
    uint64_t next_order;
};

void heap_finish(struct heap *h);
/* Schedules, or moves what is scheduled already. */
void heap_put(struct heap *h, struct event *ev, usec_t at);
/* Accepts one that is not scheduled. */
void heap_remove(struct heap *h, struct event *ev);
/* The next one if it is due, taken out; NULL when there is none. */
struct event *heap_take_due(struct heap *h, usec_t now);
/* How long until the next one is due: 0 … most. */
usec_t heap_wait(const struct heap *h, usec_t now, usec_t most);

#endif
