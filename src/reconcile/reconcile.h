#ifndef RECONCILE_RECONCILE_H
#define RECONCILE_RECONCILE_H
/*
 * What the provider never told us is found out: its own word about calls is fetched and joined into
 * them by the same way as a webhook's, with log, feed and all. An answer that says nothing new
 * leaves no trace.
 *
 * Each of the functions below is one step of a run. A run begins with the cursor "{}" and ends with
 * `done`; between steps the caller keeps the cursor. A step may be repeated: what it finds a second
 * time is no news. No transaction is open while the provider is asked.
 */
#include "feed/publish.h"
#include "reconcile/source.h"
#include "store/store.h"

/* What is counted. DRIFT_…: kinds of what we had not known, or had known wrongly. */
enum reconcile_count {
    RECONCILE_REQUESTS,
    RECONCILE_REFUSED, /* how often an account was refused, and passed over */
    RECONCILE_CHECKED, /* calls that the provider told of */
    RECONCILE_SYNCED,  /* calls in which something was mended */
    RECONCILE_SKIPPED, /* calls that are kept and not shown: internal, without an outside number */
    RECONCILE_UNKNOWN, /* calls of ours that the provider does not know */
    RECONCILE_UNANSWERED, /* calls that it did not tell of this time */
    RECONCILE_LEFT, /* silent calls that no list showed, and that there were too many to ask for */
    RECONCILE_UNKEPT,       /* what it told and could not be kept: logged, and left out */
    RECONCILE_DRIFT_CALL,   /* never heard of */
    RECONCILE_DRIFT_STATUS, /* a wrong one, or a step behind */
    RECONCILE_DRIFT_DURATION,
    RECONCILE_DRIFT_PRICE,
    RECONCILE_DRIFT_RECORDING,
    RECONCILE_DRIFT_TIME,    /* when it began or ended, by more than some seconds */
    RECONCILE_DRIFT_PARTIES, /* who talks to whom, or whose leg it is */
    RECONCILE_COUNT_COUNT
};

/* "requests", "checked", … "drift.status". */
struct str reconcile_count_name(enum reconcile_count c);
/* Of what was mended. A step that is repeated counts all else once more, and this not: what it
 * finds is no news any more. */
bool reconcile_counts_mended(enum reconcile_count c);

/* Within the transaction that mends, behind all else of it: what the step has counted, this
 * included. False: nothing is mended, and nothing counted. */
typedef bool reconcile_mending_fn(const int64_t *counts, void *arg, struct err *e);

struct reconcile_step {
    /* in */
    struct db *db; /* STORE_WORK, in no transaction; given back so */
    int64_t project;
    struct reconcile_source *source;
    struct call_rules_source rules;
    const struct clock *clock;
    usec_t last_success; /* when the last good run began; TIME_NONE: not known */
    struct str cursor;   /* JSON object; "{}" when a run begins */
    struct arena *a;
    feed_committed_fn *on_committed; /* wakes the hub; may be NULL */
    void *arg;
    reconcile_mending_fn *on_mending; /* may be NULL */
    void *mending_arg;
    /* out; counts also after a failure */
    struct str next_cursor;
    usec_t began; /* the run, be it that a failed one left this cursor */
    bool done;
    int64_t counts[RECONCILE_COUNT_COUNT]; /* of this step */
    int64_t n_expected; /* calls of which the provider will tell, so many more than was known before
                           the step; where it knows others, or not all of them, it is otherwise */
};

/* False: with the errors of a source (source.h) or of the store; the same cursor may be tried
 * again. */
typedef bool reconcile_fn(struct reconcile_step *s, struct err *e);

/* Calls that are not final and have been silent for a minute: by lists of what is going on and of
 * what began with the others, or one by one, whichever takes fewer requests. */
reconcile_fn reconcile_hot;
/* What has started since the last run; recordings that began in the last six hours; then calls that
 * ended two to six hours ago and still lack their price or duration. */
reconcile_fn reconcile_warm;
/* Everything that has started in the last 24 hours, or since the last good run: 3 days at most. */
reconcile_fn reconcile_cold;
/* The last hour; the last three days: when somebody asks for it. */
reconcile_fn reconcile_recent, reconcile_today;

/* One call, now, with its recordings. *ret_found: the provider knows it. Counts as a step does. */
bool reconcile_call(struct reconcile_step *s, struct str sid, bool *ret_found,
                    struct err *e) CHECK_RESULT;

/* What we believe of a call beside what the provider says; text, STR_NONE for what is not known. */
struct reconcile_field {
    struct str name; /* "status", "price" … */
    struct str ours, theirs;
    bool differs; /* times: by more than some seconds */
    bool mends;   /* reconciling would take over theirs; where not, ours stands */
};

enum { RECONCILE_FIELDS = 10 };

struct reconcile_comparison {
    bool known_here, known_there;
    usec_t asked_at;
    unsigned drift; /* bits, 1 << RECONCILE_DRIFT_…, of what reconciling would mend */
    struct reconcile_field fields[RECONCILE_FIELDS]; /* when it is known there */
};

/* Asks, and changes nothing. */
bool reconcile_compare(struct reconcile_step *s, struct str sid, struct reconcile_comparison *ret,
                       struct err *e) CHECK_RESULT;

#endif
