/*
 * From what is known to what is shown.
 *
 * `status` is the provider's word about a leg. A leg that has run a dial is "completed" for the
 * provider even when nobody answered; what happened to the person (`display_status`) follows from
 * the results of its dials and from its child legs:
 *
 * - somebody was reached: a dial that bridged, or a leg that was in progress, unless the result of
 *   its dial says that the two were never joined (a screened call);
 * - nobody was reached: the call shows how the dials ended, and no-answer when they all were
 *   "completed";
 * - no dial, no leg: the status itself.
 */
#include "calls/derive.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/json.h"
#include "calls/internal.h"

// --- what became of the dials --------------------------------------------------------------------

static const struct call_dial *dial_of_leg(const struct call_fold *f, struct str sid)
{
    for (size_t i = 0; i < f->n_dials; i++)
        if (str_eq(f->dials[i].sid, sid))
            return &f->dials[i];
    return NULL;
}

static bool dial_reached(const struct call_dial *dial)
{
    if (dial->bridged != CALL_BRIDGED_UNKNOWN)
        return dial->bridged == CALL_BRIDGED_YES;
    return str_eq(dial->status, STR("completed")) || str_eq(dial->status, STR("answered"));
}

static bool leg_reached(const struct call_fold *f, const struct call_leg *leg)
{
    const struct call_dial *dial = dial_of_leg(f, leg->sid);

    if (dial && dial->bridged == CALL_BRIDGED_NO)
        return false;
    if (leg->answered_at != TIME_NONE) // as whoever is in progress was
        return true;
    return leg->claim.by != CALL_BY_NOBODY && leg->claim.status == CALL_COMPLETED;
}

static bool leg_waits(const struct call_leg *leg)
{
    return leg->claim.by != CALL_BY_NOBODY && leg->claim.status < CALL_IN_PROGRESS;
}

struct outcome {
    bool dialled, reached, waiting;
    enum call_status missed; /* how it ended when nobody was reached */
};

/* Of several ways of not being reached the first in this list is told. */
static enum call_status worse_told(enum call_status a, enum call_status b)
{
    static const enum call_status order[] = {CALL_NO_ANSWER, CALL_BUSY, CALL_CANCELED, CALL_FAILED};
    size_t i = 0;

    while (a != order[i] && b != order[i]) {
        i++;
        assert(i < LEN(order)); // one of the two is among them
    }
    return order[i];
}

static enum call_status missed_by_dials(const struct call_fold *f)
{
    enum call_status missed = CALL_STATUS_COUNT, one;

    for (size_t i = 0; i < f->n_dials; i++) {
        if (!call_status_parse(f->dials[i].status, &one) || one < CALL_BUSY)
            one = CALL_NO_ANSWER; // it "completed", and was not bridged
        missed = worse_told(missed, one);
    }
    return missed;
}

static enum call_status missed_by_legs(const struct call_fold *f)
{
    enum call_status missed = CALL_STATUS_COUNT;

    for (size_t i = 0; i < f->n_legs; i++) {
        const enum call_status one = f->legs[i].claim.status;
        missed = worse_told(missed, one < CALL_BUSY ? CALL_NO_ANSWER : one);
    }
    return missed;
}

static struct outcome outcome_of(const struct call_fold *f)
{
    struct outcome o = {.dialled = f->n_dials > 0 || f->n_legs > 0};

    for (size_t i = 0; i < f->n_dials; i++)
        o.reached |= dial_reached(&f->dials[i]);
    for (size_t i = 0; i < f->n_legs; i++) {
        o.reached |= leg_reached(f, &f->legs[i]);
        o.waiting |= leg_waits(&f->legs[i]);
    }
    o.missed = f->n_dials > 0 ? missed_by_dials(f) : missed_by_legs(f);
    return o;
}

static enum call_status display_status(enum call_status status, const struct outcome *o)
{
    if (!o->dialled || o->reached)
        return status;
    if (status == CALL_COMPLETED)
        return o->missed;
    if (status == CALL_IN_PROGRESS && o->waiting)
        return CALL_RINGING; // the line is up, the person still hears it ring
    return status;
}

// --- durations -----------------------------------------------------------------------------------

/* The longest talk with somebody who was reached; 0 when nobody was. */
static int64_t longest_talk(const struct call_fold *f)
{
    int64_t longest = INT_NONE;

    for (size_t i = 0; i < f->n_legs; i++)
        if (leg_reached(f, &f->legs[i]) && f->legs[i].duration > longest)
            longest = f->legs[i].duration;
    for (size_t i = 0; i < f->n_dials; i++)
        if (dial_reached(&f->dials[i]) && f->dials[i].duration > longest)
            longest = f->dials[i].duration;
    return longest;
}

static int64_t seconds_between(usec_t from, usec_t to)
{
    if (!time_in_range(from) || !time_in_range(to)) // TIME_NONE is not
        return INT_NONE;
    return to > from ? (to - from) / SECONDS(1) : 0;
}

static void derive_durations_of_dial(const struct call_fold *f, const struct outcome *o,
                                     struct call *c)
{
    c->talk_time = longest_talk(f);
    if (!o->reached && c->is_final)
        c->talk_time = 0;
    if (c->total_duration >= 0 && c->talk_time >= 0) // INT_NONE is not
        c->wait_time = c->total_duration > c->talk_time ? c->total_duration - c->talk_time : 0;
}

static void derive_durations_alone(struct call *c)
{
    if (c->is_final && c->status != CALL_COMPLETED)
        c->talk_time = 0;
    else if (c->is_final)
        c->talk_time = c->duration;
    c->wait_time = seconds_between(c->start_time, c->answered_at);
}

static void derive_durations(const struct call_fold *f, const struct outcome *o, struct call *c)
{
    c->duration = c->total_duration = f->duration.value;
    c->talk_time = c->wait_time = INT_NONE;
    if (o->dialled)
        derive_durations_of_dial(f, o, c);
    else
        derive_durations_alone(c);
}

// --- the rest ------------------------------------------------------------------------------------

static void derive_times(const struct call_fold *f, struct call *c)
{
    c->start_time = f->start.value != TIME_NONE ? f->start.value : f->first_event;
    c->answered_at = f->answered_at;
    c->last_event_time = f->last_event;
    c->finalized_at = c->is_final ? f->claim.time : TIME_NONE;
    c->end_time = c->is_final && f->end.value != TIME_NONE ? f->end.value : c->finalized_at;
}

static void derive_ends(const struct call_ends *ends, struct call *c)
{
    c->from_number = str_is_none(ends->from) ? STR("") : ends->from;
    c->to_number = str_is_none(ends->to) ? STR("") : ends->to;
    c->from_e164 = ends->parties.from_e164;
    c->to_e164 = ends->parties.to_e164;
    c->contact = ends->parties.contact;
    c->direction = ends->parties.given ? ends->parties.direction : CALL_EXTERNAL;
}

static enum call_visibility visibility_of(const struct call_fold *f, const struct call *c)
{
    if (!f->known)
        return CALL_PENDING;
    if (c->direction == CALL_INTERNAL || str_is_none(c->contact))
        return CALL_FILTERED;
    return CALL_VISIBLE;
}

/* Of those that begin at the same time, the first sid. */
const struct call_recording *call_recording_shown(const struct call_fold *f)
{
    const struct call_recording *best = NULL;

    for (size_t i = 0; i < f->n_recordings; i++) {
        const struct call_recording *r = &f->recordings[i];

        if (!str_eq(r->status, STR("completed")) || str_is_none(r->url))
            continue;
        if (!best || (r->start_time != TIME_NONE && r->start_time < best->start_time))
            best = r;
    }
    return best;
}

// --- metadata and attributes: objects beside the columns -----------------------------------------

/* More than the longest texts of a settled change make of the longest lists of a fold, when every
 * byte of them has to be escaped (sixfold). */
enum { COLUMN_MAX = 512 * 1024 };

static struct str finished(struct buf *b, struct arena *a)
{
    assert(buf_ok(b)); // half an object would be no JSON
    const struct str text = str_dup(buf_view(b), a);

    buf_finish(b);
    return text;
}

static void member_of_provider(struct json_writer *w, struct str provider, const char *suffix,
                               struct str value)
{
    char key[64];
    const int n =
        snprintf(key, sizeof key, STR_FMT "%s", STR_ARG(str_sub(provider, 0, 32)), suffix);

    json_member_str(w, (struct str){key, (size_t)n}, value);
}

/* queue_time is a number, whatever it was written as. */
static void member_detail(struct json_writer *w, const struct call_named *named)
{
    int64_t number;

    if (str_eq(named->name, STR("queue_time")) && str_to_i64(named->text.value, &number))
        json_member_int(w, named->name, number);
    else
        json_member_str(w, named->name, named->text.value);
}

static bool has_detail(const struct call_fold *f, struct str name)
{
    for (size_t i = 0; i < f->n_details; i++)
        if (str_eq(f->details[i].name, name))
            return true;
    return false;
}

static struct str metadata_of(const struct call_fold *f, const struct call *c, struct arena *a)
{
    struct json_writer w;
    struct buf b;

    buf_init(&b, COLUMN_MAX);
    json_init(&w, &b);
    json_open_object(&w);
    for (size_t i = 0; i < f->n_details; i++)
        member_detail(&w, &f->details[i]);
    if (!has_detail(f, STR("answered_by")))
        json_member_null(&w, STR("answered_by"));
    if (!has_detail(f, STR("queue_time")))
        json_member_null(&w, STR("queue_time"));
    member_of_provider(&w, c->provider, "_direction", f->provider_direction.value);
    member_of_provider(&w, c->provider, "_status", call_status_name(c->status));
    member_of_provider(&w, c->provider, "Direction", f->provider_direction.value);
    json_member_str(&w, STR("actual_direction"), call_direction_name(c->direction));
    json_member_str(&w, STR("display_status"), call_status_name(c->display_status));
    call_member_int(&w, STR("duration"), c->duration);
    json_member_bool(&w, STR("hasParent"), !str_is_none(c->parent_call_sid));
    json_member_str(&w, STR("from"), c->from_number);
    json_member_str(&w, STR("to"), c->to_number);
    json_close_object(&w);
    return finished(&b, a);
}

static void member_recording(struct json_writer *w, const struct call_recording *r)
{
    json_open_object(w);
    json_member_str(w, STR("sid"), r->sid);
    json_member_str(w, STR("status"), r->status);
    json_member_str(w, STR("url"), r->url);
    call_member_int(w, STR("duration"), r->duration);
    json_member_time(w, STR("start_time"), r->start_time);
    json_close_object(w);
}

static struct str attributes_of(const struct call_fold *f, struct arena *a)
{
    struct json_writer w;
    struct buf b;

    if (str_is_none(f->unknown_status.value) && str_is_none(f->odd_time.value) &&
        f->n_recordings == 0)
        return STR("{}");
    buf_init(&b, COLUMN_MAX);
    json_init(&w, &b);
    json_open_object(&w);
    if (!str_is_none(f->unknown_status.value))
        json_member_str(&w, STR("unknown_status"), f->unknown_status.value);
    if (!str_is_none(f->odd_time.value))
        json_member_str(&w, STR("odd_time"), f->odd_time.value);
    if (f->n_recordings > 0) {
        json_key(&w, STR("recordings"));
        json_open_array(&w);
        for (size_t i = 0; i < f->n_recordings; i++)
            member_recording(&w, &f->recordings[i]);
        json_close_array(&w);
    }
    json_close_object(&w);
    return finished(&b, a);
}

void call_derive(const struct call_fold *f, struct arena *a, struct call *c)
{
    const struct outcome o = outcome_of(f);
    const struct call_recording *r = call_recording_shown(f);

    c->status = f->claim.by == CALL_BY_NOBODY ? CALL_QUEUED : f->claim.status;
    c->is_final = call_status_is_final(c->status);
    c->display_status = display_status(c->status, &o);
    c->parent_call_sid = f->parent.value;
    derive_ends(&f->ends, c);
    c->missed = call_is_missed(c->direction, c->display_status);
    derive_times(f, c);
    derive_durations(f, &o, c);
    c->price = f->price.value;
    c->price_unit = f->price_unit.value;
    c->recording_url = r ? r->url : STR_NONE;
    c->visibility = visibility_of(f, c);
    c->metadata = metadata_of(f, c, a);
    c->attributes = attributes_of(f, a);
}
