#ifndef CALLS_FOLD_H
#define CALLS_FOLD_H
/*
 * What a call's changes add up to, before it is put into columns.
 *
 * A fold is a set of registers. Each register keeps the greatest of all that it was ever told,
 * under a total order of its own; so joining is commutative, associative and idempotent, and so is
 * the fold as a whole. Nothing else may be remembered here: no counters, no "the last one that
 * came". The registers with many entries (legs, recordings …) keep the first CALL_FOLD_LIST of
 * their keys in byte order, which is a join as well. The columns are a function of the fold
 * (derive.h).
 */
#include "calls/change.h"

enum { CALL_FOLD_LIST = 16, CALL_FOLD_DETAILS = 40 };

struct call_text {
    struct str value; /* STR_NONE: nobody has said */
    enum call_authority by;
};

struct call_number {
    int64_t value; /* INT_NONE: nobody has said */
    enum call_authority by;
};

struct call_price {
    int64_t value;
    enum call_authority by;
    usec_t at; /* observed */
};

struct call_named {
    struct str name;
    struct call_text text;
};

struct call_ends {
    enum call_authority by; /* CALL_BY_NOBODY: nothing is known */
    struct str from, to;
    struct call_parties parties;
};

struct call_fold {
    bool known; /* the call itself has been heard of, not only a leg or a recording */
    struct call_claim claim;
    usec_t first_event;            /* earliest of the call itself */
    usec_t last_event;             /* latest of all */
    usec_t answered_at;            /* earliest claim of in-progress */
    struct call_number start, end; /* explicit, in microseconds */
    struct call_number duration;
    struct call_price price;
    struct call_text price_unit, parent, provider_direction;
    struct call_ends ends;
    struct call_text unknown_status; /* a status that we have no word for */
    struct call_text odd_time;       /* an implausible time */

    struct call_leg *legs; /* sorted by sid; so are the others by their key */
    struct call_dial *dials;
    struct call_recording *recordings;
    struct call_named *details;
    size_t n_legs, n_dials, n_recordings, n_details;
};

extern const struct call_fold call_fold_none;

/* Joins a settled change; the lists are copied to the arena before they change. True: it has become
 * another fold. */
bool call_fold_join(struct call_fold *f, const struct call_change *c, struct arena *a);

/* The greater of two claims; a total order. */
bool call_claim_wins(const struct call_claim *challenger, const struct call_claim *holder);

/* The column fold_state. */
void call_fold_json(struct buf *out, const struct call_fold *f);
bool call_fold_parse(struct str json, struct arena *a, struct call_fold *ret,
                     struct err *e) CHECK_RESULT;

#endif
