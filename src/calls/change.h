#ifndef CALLS_CHANGE_H
#define CALLS_CHANGE_H
/*
 * One thing that was said about a call, in the domain's own words.
 *
 * Providers' folders make changes from webhooks, reconcile from what the provider's API answers;
 * call_change_settle() then fixes what depends on configuration and clocks (numbers in E.164,
 * direction, plausible times), so that the log alone determines the snapshot for ever. The change
 * is stored as JSON in call_events.change; reading it back gives an equal change.
 *
 * Who says it decides between contradictions: the provider's API knows better than a webhook, and
 * a webhook better than what we infer.
 */
#include "base/err.h"
#include "calls/call.h"

#include <stddef.h>

enum call_change_kind {
    CALL_CHANGE_STATUS,    /* the call's own status */
    CALL_CHANGE_DIAL,      /* how a dial out of this call ended; may carry the status too */
    CALL_CHANGE_RECORDING, /* a recording of this call; may come before the call itself */
    CALL_CHANGE_LEG,       /* inferred: what a child leg of this call has become */
    CALL_CHANGE_DETAILS,   /* nothing but enrichment: price, names … */
    CALL_CHANGE_KIND_COUNT
};

enum call_source {
    CALL_SOURCE_WEBHOOK,
    CALL_SOURCE_INFERRED,
    CALL_SOURCE_RECONCILE_HOT,
    CALL_SOURCE_RECONCILE_WARM,
    CALL_SOURCE_RECONCILE_COLD,
    CALL_SOURCE_COUNT
};

enum call_authority { CALL_BY_NOBODY, CALL_BY_INFERENCE, CALL_BY_WEBHOOK, CALL_BY_PROVIDER };

/* A status that somebody claims: who, when, and the how-manieth callback. */
struct call_claim {
    enum call_authority by; /* CALL_BY_NOBODY: no claim */
    enum call_status status;
    usec_t time;
    int64_t sequence; /* INT_NONE: not counted */
};

/* A child leg, as its parent knows it. */
struct call_leg {
    struct str sid; /* STR_NONE: no leg */
    struct call_claim claim;
    usec_t answered_at;
    int64_t duration;
    enum call_authority duration_by;
};

/* How a dial ended. */
struct call_dial {
    struct str sid; /* the dialled leg; empty when the provider names none */
    bool given;
    struct str status; /* completed, answered, busy, no-answer, failed, canceled */
    enum { CALL_BRIDGED_UNKNOWN, CALL_BRIDGED_NO, CALL_BRIDGED_YES } bridged;
    int64_t duration;
};

struct call_recording {
    struct str sid; /* STR_NONE: no recording */
    struct str url;
    struct str status; /* in-progress, completed, absent, failed */
    int64_t duration, channels;
    usec_t start_time;
    struct str source, track;
};

/* Anything else worth keeping, by its name in calls.metadata ("answered_by", "caller_name" …). */
struct call_detail {
    struct str name, value;
};

/* Who talks to whom, filled by call_change_settle(). */
struct call_parties {
    bool given; /* both from and to are known */
    enum call_direction direction;
    struct str from_e164, to_e164; /* STR_NONE: not a possible number */
    struct str contact;            /* the person outside; STR_NONE: nobody */
};

struct call_change {
    enum call_change_kind kind;
    enum call_source source;
    struct str call_sid, parent_sid;
    struct str status;  /* as the provider wrote it; STR_NONE: nothing said */
    usec_t event_time;  /* the provider's; TIME_NONE becomes observed_at */
    usec_t observed_at; /* when we received or fetched it; always set */
    int64_t sequence;   /* INT_NONE: none */
    struct str from, to;
    struct str provider_direction; /* "outbound-dial" */
    int64_t duration;              /* seconds; INT_NONE */
    int64_t price;                 /* 1/10000; INT_NONE */
    struct str price_unit;
    usec_t start_time, end_time; /* explicit, from the provider's API */
    struct call_dial dial;
    struct call_recording recording;
    struct call_leg leg;
    const struct call_leg *more_legs; /* where one change tells of several */
    size_t n_more_legs;
    const struct call_detail *details;
    size_t n_details;
    struct call_parties parties;
    struct str odd_time; /* an implausible time as RFC 3339, replaced by observed_at */
};

/* Nothing said yet: absent everywhere. */
extern const struct call_change call_change_none;

/* What configuration contributes. Immutable while in use; shared between threads. */
struct call_rules {
    const struct str *owned; /* E.164, sorted */
    size_t n_owned;
    struct str region; /* for numbers without a country: "US" */
};

/* The rules of each project. */
struct call_rules_source {
    /* From any thread. What *ret refers to is in the arena, or outlives it. */
    void (*of)(int64_t project, struct arena *a, struct call_rules *ret, void *arg);
    void *arg;
};
/* The same for all projects; borrowed. */
struct call_rules_source call_rules_same(const struct call_rules *rules);

/* Owned numbers as configured ("+16175006181,(202) 555-0143"), normalised and sorted in the arena.
 * Refuses what is not a possible number. region: "" means "US". */
bool call_rules_parse(struct str owned, struct str region, struct arena *a, struct call_rules *ret,
                      struct err *e) CHECK_RESULT;

/*
 * Fixes what depends on configuration and clocks: parties, plausible times, lengths. Idempotent.
 * Refuses (ERR_INVALID) a change without a usable call_sid.
 */
bool call_change_settle(struct call_change *c, const struct call_rules *rules, struct arena *a,
                        struct err *e) CHECK_RESULT;

void call_change_json(struct buf *out, const struct call_change *c);
bool call_change_parse(struct str json, struct arena *a, struct call_change *ret,
                       struct err *e) CHECK_RESULT;

/*
 * What a provider's folder gives: one kept webhook, by the event type under which the inbox keeps
 * it, as a change. Refuses (ERR_INVALID) only what no later attempt can make better; whatever else
 * is odd is kept as it is. Text borrows from the arena.
 */
typedef bool call_normalise_fn(struct str event_type, struct str payload, usec_t received_at,
                               struct arena *a, struct call_change *ret, struct err *e);

/* "webhook", "reconcile_hot" …; how much it counts. */
struct str call_source_name(enum call_source s);
bool call_source_parse(struct str s, enum call_source *ret) CHECK_RESULT;
enum call_authority call_source_authority(enum call_source s);

/* The documented priority: SIP against number, owned against outside number, both SIP, unknown. */
enum call_direction call_direction_of(struct str from, struct str to,
                                      const struct call_rules *rules);

#endif
