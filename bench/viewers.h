#ifndef BENCH_VIEWERS_H
#define BENCH_VIEWERS_H
/*
 * Clients of a server-sent event stream: they connect, stay, and note when they were told of which
 * event. A delivery's latency runs from the moment the event was meant to be sent (the ledger) to
 * the moment its frame was read here. An event that a viewer was told of twice counts once.
 */
#include <stdbool.h>
#include <stdint.h>

#include "histogram.h"

struct ledger;
struct payload;
struct viewers;

struct viewers_options {
    int loop;
    uint16_t port;
    unsigned connections;
    const char *request; /* the whole GET */
    const struct payload *payload;
    struct ledger *ledger;
};

struct viewers_stats {
    unsigned open;      /* streams that were answered with 200 */
    uint64_t frames;    /* that speak of an event of this run, in the counted window */
    uint64_t bytes;     /* of those frames */
    uint64_t delivered; /* (viewer, event) pairs of events that were meant for the window */
    uint64_t repeated;  /* the viewer had been told already */
    uint64_t missing;   /* never came; entered into the histogram at their age, see below */
    uint64_t lost;      /* streams that the server ended */
    struct histogram latency;
};

struct viewers *viewers_create(const struct viewers_options *o);
bool viewers_are_open(const struct viewers *v);
void viewers_start(struct viewers *v, int64_t from, int64_t to);
/* Every event acknowledged so far was seen by every viewer. */
bool viewers_are_done(const struct viewers *v);
/* Enters what never came at the age it has now, so that a stalled server looks no better. */
void viewers_count_missing(struct viewers *v, int64_t now);
const struct viewers_stats *viewers_stats(const struct viewers *v);
void viewers_destroy(struct viewers *v);

#endif
