#include "sandbox/heap.h"

#include <stdlib.h>

#include "base/arena.h"

/* A binary heap; events know their place, so that they can be moved and removed. */

static bool is_before(const struct event *a, const struct event *b)
{
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void set(struct heap *h, size_t place, struct event *ev)
{
    h->events[place - 1] = ev;
    ev->place = place;
}

static void rise(struct heap *h, struct event *ev)
{
    size_t place = ev->place;

    while (place > 1 && is_before(ev, h->events[place / 2 - 1])) {
        set(h, place, h->events[place / 2 - 1]);
        place /= 2;
    }
    set(h, place, ev);
}

static size_t first_child(const struct heap *h, size_t place)
{
    const size_t left = place * 2;

    return left < h->n && is_before(h->events[left], h->events[left - 1]) ? left + 1 : left;
}

static void sink(struct heap *h, struct event *ev)
{
    size_t place = ev->place;

    while (place * 2 <= h->n) {
        const size_t child = first_child(h, place);
        if (!is_before(h->events[child - 1], ev))
            break;
        set(h, place, h->events[child - 1]);
        place = child;
    }
    set(h, place, ev);
}

void heap_finish(struct heap *h)
{
    free(h->events);
    *h = (struct heap){0};
}

void heap_put(struct heap *h, struct event *ev, usec_t at)
{
    heap_remove(h, ev);
    if (h->n == h->room) {
        h->room = h->room ? h->room * 2 : 64;
        h->events = mem_realloc(h->events, h->room * sizeof(*h->events));
    }
    ev->at = at;
    ev->order = h->next_order++;
    h->n++;
    set(h, h->n, ev);
    rise(h, ev);
}

void heap_remove(struct heap *h, struct event *ev)
{
    const size_t place = ev->place;
    if (place == 0)
        return;

    struct event *last = h->events[--h->n];
    ev->place = 0;
    if (last == ev)
        return;
    set(h, place, last);
    rise(h, last);
    sink(h, last);
}

struct event *heap_take_due(struct heap *h, usec_t now)
{
    if (h->n == 0 || h->events[0]->at > now)
        return NULL;
    struct event *ev = h->events[0];
    heap_remove(h, ev);
    return ev;
}

usec_t heap_wait(const struct heap *h, usec_t now, usec_t most)
{
    if (h->n == 0 || h->events[0]->at - now > most)
        return most;
    return h->events[0]->at > now ? h->events[0]->at - now : 0;
}
