#ifndef WAKE_WAKE_H
#define WAKE_WAKE_H
/*
 * Hints between the nodes that share a database: "there are events to work on", "this project has
 * reached that seq". They travel by PostgreSQL's LISTEN and NOTIFY, or by NATS.
 *
 * Nothing rests upon a hint: whoever waits for one looks by itself as well, once in a while. One
 * that is lost costs that while, one too many costs a look. A node that has heard of no other for a
 * time tells nothing but that it is there.
 */
#include "store/store.h"

struct wakeups;

struct wake_options {
    struct store *store; /* PostgreSQL */
    struct rng *rng;
    struct str nats_url; /* or none: the store carries them */
    /* What another node tells. From threads of this room; must not block. */
    void (*on_inbox)(void *arg);
    void (*on_feed)(int64_t project, int64_t last_seq, void *arg);
    void *arg;
};

/* A bus that cannot be reached is no failure: it is tried again; hints are missing meanwhile. */
bool wakeups_start(const struct wake_options *o, struct wakeups **ret, struct err *e) CHECK_RESULT;
/* Hears and tells nothing any more: before the rooms end that its options tell. Accepts NULL. */
void wakeups_stop(struct wakeups *w);
/* Nobody leaves a hint any more. Accepts NULL. */
void wakeups_close(struct wakeups *w);

/* After the commit, from any thread; cheap. Accept NULL. */
void wakeups_tell_inbox(struct wakeups *w);
void wakeups_tell_feed(struct wakeups *w, int64_t project, int64_t last_seq);

struct wakeups_stats {
    uint64_t told, heard, dropped; /* hints */
    bool in_company;
};
void wakeups_stats(const struct wakeups *w, struct wakeups_stats *ret);

#endif
