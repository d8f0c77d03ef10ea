/*
 * How a change meets a call.
 *
 * The provider's callbacks are separate requests: they arrive late, twice, in any order, and some
 * never. So the snapshot must not depend on the order in which we hear. It does not, because a call
 * is kept as a fold (fold.h): registers that only ever grow, each under its own total order.
 * Applying a change joins it into the registers; the columns are then computed from the registers
 * alone.
 *
 * The log needs a verdict on top: was the status that this event claims taken? The answer is the
 * transition table below. It is the order of claims in words, and a test holds the two together: a
 * claim is refused exactly when the call's status after the join is another one. A refused event
 * still enriches: a late "ringing" may tell when the call has started, a late "in-progress" when it
 * was answered.
 */
#include "calls/apply.h"

#include "base/arena.h"
#include "calls/derive.h"

static const struct str event_type_names[] = {
    [CALL_EVENT_STARTED] = STR("call.started"),
    [CALL_EVENT_STATE_CHANGED] = STR("call.state_changed"),
    [CALL_EVENT_ENDED] = STR("call.ended"),
    [CALL_EVENT_RECORDING] = STR("recording.ready"),
};
static_assert(LEN(event_type_names) == CALL_EVENT_TYPE_COUNT, "every event type has a name");

struct str call_event_type_name(enum call_event_type t)
{
    return event_type_names[t];
}

// --- the transition table: rows are the present status, columns the claimed one ------------------

#define A CALL_MOVE_APPLY
#define E CALL_MOVE_ENRICH
#define R CALL_MOVE_REFUSE
#define F CALL_MOVE_FIRST_WINS
static const enum call_move moves[CALL_STATUS_COUNT][CALL_STATUS_COUNT] = {
    /*                     queued, initiated, ringing, in-progress, then the five final ones */
    [CALL_QUEUED] = {E, A, A, A, A, A, A, A, A},
    [CALL_INITIATED] = {R, E, A, A, A, A, A, A, A},
    [CALL_RINGING] = {R, R, E, A, A, A, A, A, A},
    [CALL_IN_PROGRESS] = {R, R, R, E, A, A, A, A, A},
    [CALL_COMPLETED] = {R, R, R, R, E, F, F, F, F},
    [CALL_BUSY] = {R, R, R, R, F, E, F, F, F},
    [CALL_NO_ANSWER] = {R, R, R, R, F, F, E, F, F},
    [CALL_CANCELED] = {R, R, R, R, F, F, F, E, F},
    [CALL_FAILED] = {R, R, R, R, F, F, F, F, E},
};
#undef A
#undef E
#undef R
#undef F

enum call_move call_move_of(enum call_status present, enum call_status claimed)
{
    return moves[present][claimed];
}

// --- what happened -------------------------------------------------------------------------------

static const struct str refusal_names[] = {
    [CALL_REFUSAL_TOO_LATE] = STR("too_late"),
    [CALL_REFUSAL_FINAL_STANDS] = STR("final_stands"),
    [CALL_REFUSAL_UNKNOWN_STATUS] = STR("unknown_status"),
};
static_assert(LEN(refusal_names) == CALL_REFUSAL_COUNT, "every refusal has a name");

struct str call_refusal_name(enum call_refusal r)
{
    return refusal_names[r];
}

bool call_refusal_parse(struct str stored, enum call_refusal *ret, struct str *ret_standing)
{
    struct str code = stored, rest = stored;
    enum call_status standing;
    size_t at;

    const bool compared = cut_until(&rest, ':', &code);
    if (!str_among(code, refusal_names, LEN(refusal_names), &at) ||
        (compared && !call_status_parse(rest, &standing)))
        return false;
    *ret = (enum call_refusal)at;
    *ret_standing = compared ? rest : STR_NONE;
    return true;
}

static struct str refusal_of(enum call_status present, enum call_status claimed, struct arena *a)
{
    const bool ended = call_move_of(present, claimed) == CALL_MOVE_FIRST_WINS;
    const struct str code =
        refusal_names[ended ? CALL_REFUSAL_FINAL_STANDS : CALL_REFUSAL_TOO_LATE];

    return str_fmt(a, STR_FMT ":" STR_FMT, STR_ARG(code), STR_ARG(call_status_name(present)));
}

/* The status is the news of a status event. For the end of a dial the outcome of the dial is, and
 * the status, which is usually "in-progress", only comes along: it is refused when it contradicts.
 */
static void judge(const struct call_change *c, const struct call *after, struct arena *a,
                  struct call_effect *ret)
{
    enum call_status claimed;

    ret->applied = true;
    if (str_is_none(c->status))
        return;
    if (!call_status_parse(c->status, &claimed)) {
        ret->applied = false;
        ret->refusal = refusal_names[CALL_REFUSAL_UNKNOWN_STATUS];
        return;
    }
    if (claimed == after->status || (c->kind == CALL_CHANGE_DIAL && !call_status_is_final(claimed)))
        return;
    ret->applied = false;
    ret->refusal = refusal_of(after->status, claimed, a);
}

static enum call_event_type type_of(const struct call_change *c, const struct call_fold *before,
                                    const struct call_fold *after)
{
    if (c->kind == CALL_CHANGE_RECORDING)
        return str_eq(c->recording.status, STR("completed")) ? CALL_EVENT_RECORDING
                                                             : CALL_EVENT_STATE_CHANGED;
    if (c->kind == CALL_CHANGE_LEG)
        return CALL_EVENT_STATE_CHANGED;
    if (!before->known)
        return CALL_EVENT_STARTED;
    if (!call_status_is_final(after->claim.status) || after->claim.status == before->claim.status)
        return CALL_EVENT_STATE_CHANGED;
    return CALL_EVENT_ENDED;
}

static struct str event_status_of(const struct call_change *c)
{
    switch (c->kind) {
    case CALL_CHANGE_DIAL:
        return str_is_none(c->dial.status) ? c->status : c->dial.status;
    case CALL_CHANGE_RECORDING:
        return c->recording.status;
    case CALL_CHANGE_LEG:
        return call_status_name(c->leg.claim.status);
    case CALL_CHANGE_STATUS:
    case CALL_CHANGE_DETAILS:
    case CALL_CHANGE_KIND_COUNT:
        break;
    }
    return c->status;
}

/* What a parent sees of its leg: call_leg_change() tells exactly this. Registers only grow. */
static bool parent_concerned(const struct call_fold *before, const struct call_fold *after)
{
    if (str_is_none(after->parent.value))
        return false;
    return !str_eq(before->parent.value, after->parent.value) ||
           call_claim_wins(&after->claim, &before->claim) ||
           before->answered_at != after->answered_at ||
           before->duration.value != after->duration.value ||
           before->duration.by != after->duration.by;
}

struct call call_unknown(int64_t project, struct str provider, struct str sid)
{
    return (struct call){
        .project = project,
        .provider = provider,
        .twilio_sid = sid,
        .conversation_id = INT_NONE,
        .created_at = TIME_NONE,
        .updated_at = TIME_NONE,
        .sync_state = STR("active"),
        .fold = &call_fold_none,
    };
}

void call_apply(const struct call *before, const struct call_change *change, struct arena *a,
                struct call *after, struct call_effect *ret)
{
    const struct call_fold *was = before->fold;
    struct call_fold *now = arena_new(a, struct call_fold, 1);
    struct call c = *before;
    struct call_effect effect = {0};

    assert(was && str_eq(before->twilio_sid, change->call_sid));
    *now = *was;
    effect.changed = call_fold_join(now, change, a);
    c.fold = now;
    if (effect.changed)
        call_derive(now, a, &c);

    effect.type = type_of(change, was, now);
    effect.event_status = event_status_of(change);
    effect.parent_concerned = parent_concerned(was, now);
    judge(change, &c, a, &effect);
    *after = c;
    *ret = effect;
}

void call_leg_change(const struct call *child, const struct call_change *cause,
                     struct call_change *ret)
{
    const struct call_fold *f = child->fold;
    struct call_change c = call_change_none;

    c.kind = CALL_CHANGE_LEG;
    c.source = CALL_SOURCE_INFERRED;
    c.call_sid = child->parent_call_sid;
    c.event_time = cause->event_time;
    c.observed_at = cause->observed_at;
    c.leg = (struct call_leg){
        .sid = child->twilio_sid,
        .claim = f->claim,
        .answered_at = f->answered_at,
        .duration = f->duration.value,
        .duration_by = f->duration.by,
    };
    *ret = c;
}
