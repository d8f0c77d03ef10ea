#ifndef CALLS_APPLY_H
#define CALLS_APPLY_H
/*
 * The state machine of a call: (call, change) -> (call', what happened). Pure.
 *
 * Applying is a join: whatever the order in which the changes of a call arrive, and however often,
 * the snapshot is the same. See apply.c for why, docs/transitions.md for the table.
 */
#include "calls/change.h"

/* The names that the log stores. */
enum call_event_type {
    CALL_EVENT_STARTED,       /* call.started: the first event of the call itself */
    CALL_EVENT_STATE_CHANGED, /* call.state_changed: everything else */
    CALL_EVENT_ENDED,         /* call.ended: a final status was applied */
    CALL_EVENT_RECORDING,     /* recording.ready: a recording is complete */
    CALL_EVENT_TYPE_COUNT
};

struct str call_event_type_name(enum call_event_type t);

/* Why a claimed status was not taken. */
enum call_refusal {
    CALL_REFUSAL_TOO_LATE,       /* too_late: the call is beyond it */
    CALL_REFUSAL_FINAL_STANDS,   /* final_stands: it has ended, and otherwise */
    CALL_REFUSAL_UNKNOWN_STATUS, /* unknown_status: no status that we know */
    CALL_REFUSAL_COUNT
};

struct str call_refusal_name(enum call_refusal r);

/* What the log keeps of a refusal, its code and the status that stands: "final_stands:busy". False
 * when it is none; ret_standing is none where no status was compared. Both borrow. */
bool call_refusal_parse(struct str stored, enum call_refusal *ret,
                        struct str *ret_standing) CHECK_RESULT;

struct call_effect {
    enum call_event_type type;
    struct str event_status; /* what the change said, in the provider's word; or none */
    bool applied;            /* false: its status was refused; what it enriches is kept */
    struct str refusal;      /* why, when not applied: call_refusal_parse() reads it */
    bool changed;            /* the snapshot or its fold state is another one than before */
    bool parent_concerned;   /* the parent has to be told: call_leg_change() */
};

/* A call of which nothing is known yet: what the first change is applied to. */
struct call call_unknown(int64_t project, struct str provider, struct str sid);

/*
 * before comes with its fold (call_unknown(), an earlier `after`, or call_fold_parse() of the
 * column); the change is settled and names the same call. `after` borrows from both and from the
 * arena; identity (id, project, provider, conversation, created_at …) is copied from before.
 */
void call_apply(const struct call *before, const struct call_change *change, struct arena *a,
                struct call *after, struct call_effect *ret);

/* What a child's snapshot tells its parent: a change of kind LEG, inferred, settled. Its text
 * borrows from the child. */
void call_leg_change(const struct call *child, const struct call_change *cause,
                     struct call_change *ret);

/* How a claimed status meets the present one; the transition table (docs/transitions.md). */
enum call_move {
    CALL_MOVE_APPLY,     /* a higher rank */
    CALL_MOVE_ENRICH,    /* the same status again */
    CALL_MOVE_REFUSE,    /* a lower rank: too late */
    CALL_MOVE_FIRST_WINS /* another final one: higher authority, then the earlier */
};
enum call_move call_move_of(enum call_status present, enum call_status claimed);

#endif
