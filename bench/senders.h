#ifndef BENCH_SENDERS_H
#define BENCH_SENDERS_H
/*
 * A pool of keep-alive connections that send one request at a time each.
 *
 * Closed loop (rate 0): every connection sends as soon as it has its answer; the latency is that
 * of the request. It shows what the server can take.
 * Open loop (rate > 0): request k is due at start + k / rate, whatever the server does. When no
 * connection is free it waits its turn and its clock runs: the latency is counted from the
 * intended time, so that a server that stalls cannot hide the requests it held up.
 */
#include <stdbool.h>
#include <stdint.h>

#include "histogram.h"

struct ledger;
struct payload;
struct senders;

struct senders_options {
    int loop;
    uint16_t port;
    unsigned connections;
    double rate;          /* per second; 0: closed loop */
    uint64_t count;       /* ends after so many requests; 0: when told */
    struct payload *body; /* or NULL: send `request` again and again */
    const char *request;
    struct ledger *ledger;
};

struct senders_stats {
    uint64_t sent, acked, refused, broken;
    uint64_t counted;  /* acknowledged of those that the counted window is about */
    uint64_t answered; /* acknowledged within it, whenever they were meant to be sent */
    struct histogram latency;
};

/* Connects all. */
struct senders *senders_create(const struct senders_options *o);
/* Begins to send; what happens in [from, to) is counted. */
void senders_start(struct senders *s, int64_t now, int64_t from, int64_t to);
/* Sends what is due (open loop); returns when the next is due, or INT64_MAX. */
int64_t senders_send_due(struct senders *s, int64_t now);
/* Sends no more; answers are still taken. */
void senders_stop(struct senders *s);
/* No request is under way, and none is still to be sent. */
bool senders_are_done(const struct senders *s);
const struct senders_stats *senders_stats(const struct senders *s);
void senders_destroy(struct senders *s);

#endif
