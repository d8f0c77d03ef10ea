#ifndef TENANCY_NODE_H
#define TENANCY_NODE_H
/* The processes of an installation: each says that it is there, and anybody of ours may look. */
#include "base/clock.h"
#include "store/store.h"

/* One process, known by where it listens: a new one there takes the place of the old one. */
struct node {
    struct str host;
    int64_t port;
    struct str roles; /* names, apart by blanks */
    struct str version;
    usec_t started_at;
    usec_t seen_at;    /* by the clock of the store */
    usec_t silent;     /* since then, by the same clock: whoever asks may have another one */
    int64_t ahead_s;   /* by so many seconds is its clock wrong; negative: it is behind */
    usec_t canary_at;  /* TIME_NONE: it has sent none yet */
    int64_t canary_us; /* INT_NONE: that did not come through */
};

/* Who was not heard of for so long has ended. */
#define NODE_SILENT SECONDS(20)

/* Says that the node is there; `now` is what its clock shows, in which the other times are too.
 * What the store knows better is not read. A power cut may take it back. */
bool node_beat(struct db *db, const struct node *n, usec_t now, struct err *e) CHECK_RESULT;
/* By name, up to a thousand, all times in the clock of the store. In the arena. `now` counts where
 * the store has no clock of its own (SQLite). */
bool node_list(struct db *db, usec_t now, struct arena *a, struct node **ret, size_t *ret_n,
               struct err *e) CHECK_RESULT;
/* How many nodes ask providers, by their roles; those that are silent do not count. */
bool node_askers(struct db *db, int64_t *ret, struct err *e) CHECK_RESULT;

#endif
