#ifndef INBOX_SHARE_H
#define INBOX_SHARE_H
/*
 * A project's share in the doors of this node: what became of its events, and whether one more may
 * come in. One for all of its accounts, whatever roster they stand in. From any thread.
 */
#include <stdatomic.h>

#include "base/keyed.h"
#include "inbox/door.h"

/* What became of requests. All zero at first. */
struct tally {
    _Atomic uint64_t outcomes[DOOR_OUTCOME_COUNT];
    _Atomic usec_t last_refused[DOOR_OUTCOME_COUNT]; /* 0: never */
};

void tally_count(struct tally *t, enum door_outcome outcome, usec_t wall);
/* Adds what it has counted. */
void tally_read(const struct tally *t, struct doors_stats *sum);

struct share {
    struct tally tally;
    _Atomic int64_t per_minute, waiting_max; /* 0: as much as comes */
    _Atomic usec_t bucket;                   /* base/bucket.h */
    _Atomic int64_t waiting;   /* events to be processed, as last counted, and what came since */
    _Atomic size_t under_way;  /* submitted to the inbox, not answered yet */
    _Atomic size_t n_accounts; /* in the latest roster */
};

/* Whether one more may come in; counts it. *ret_wait: how long its sender should wait otherwise. */
bool share_take(struct share *s, usec_t now, usec_t *ret_wait);
/* The same for one that is let in whatever was taken before. */
void share_take_always(struct share *s, usec_t now);
/* A table of shares: so many wait, and none of who is not named. */
void shares_set_waiting(struct keyed *shares, const struct inbox_waiting *counted, size_t n);

#endif
