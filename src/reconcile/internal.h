#ifndef RECONCILE_INTERNAL_H
#define RECONCILE_INTERNAL_H
/* What the files of this room share: drift, joining, the cursor of a run. */
#include "reconcile/reconcile.h"

/* Which kinds of drift lie between two snapshots of a call: bits, 1 << RECONCILE_DRIFT_…; none:
 * what was said is no news, whatever it changes inside of the fold. */
unsigned reconcile_drift(const struct call *before, const struct call *after);

/* More than clocks, whole seconds and the way of a webhook account for. */
bool reconcile_time_moved(usec_t before, usec_t after);
/* The recordings that can be listened to. */
size_t reconcile_recordings(const struct call_fold *f);

/* What was found into the calls, in one transaction, when there is news in it. Adds to the counts
 * of the step. */
bool reconcile_join(struct reconcile_step *s, const struct reconcile_found *found, size_t n,
                    enum call_source as, struct err *e) CHECK_RESULT;
/* The same, but what cannot be kept by itself is counted, logged and left out. */
bool reconcile_join_page(struct reconcile_step *s, const struct reconcile_found *found, size_t n,
                         enum call_source as, struct err *e) CHECK_RESULT;

/* Where a run is: in which of its phases, and where in that. */
struct reconcile_cursor {
    int64_t phase;   /* of the run's plan, from 0 */
    usec_t began;    /* the run: what starts later is not looked for */
    usec_t from, to; /* of a list: TIME_NONE, TIME_NONE: nothing is to be listed */
    struct str next; /* page of a list; STR_NONE: its first one */
    int64_t list;    /* of several in one phase, from 1; 0: none has begun */
    int64_t n_pages; /* so many more of it are asked for at most */
    struct str *ask; /* sids still to be asked about singly; during lists, those that none shows */
    size_t n_ask;
};

/* How many of them, from the first, fit into a cursor. */
size_t reconcile_cursor_room(const struct str *sids, size_t n);

/* Refuses (ERR_INVALID) what was not written by reconcile_cursor_text(). */
bool reconcile_cursor_parse(struct str text, struct arena *a, struct reconcile_cursor *ret,
                            struct err *e) CHECK_RESULT;
bool reconcile_cursor_text(const struct reconcile_cursor *c, struct arena *a, struct str *ret,
                           struct err *e) CHECK_RESULT;

#endif
