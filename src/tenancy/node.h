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
    usec_t started_at, seen_at;
    usec_t canary_at;  /* TIME_NONE: it has sent none yet */
    int64_t canary_us; /* INT_NONE: that did not come through */
};

/* Who was not heard of for so long has ended. */
#define NODE_SILENT SECONDS(20)

/* Says that the node is there at `now`; seen_at is not read. A power cut may take it back. */
bool node_beat(struct db *db, const struct node *n, usec_t now, struct err *e) CHECK_RESULT;
/* By name, up to a thousand. In the arena. */
bool node_list(struct db *db, struct arena *a, struct node **ret, size_t *ret_n,
               struct err *e) CHECK_RESULT;

#endif
