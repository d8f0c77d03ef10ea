#include "sandbox/twilio/leg.h"

#include <stdlib.h>

#include "base/arena.h"
#include "sandbox/twilio/cast.h"

enum { LEG_ARENA = 2048, SID_BYTES = 16, LEGS_KEPT = 100000 };

// --- names ---------------------------------------------------------------------------------------

static const struct {
    const char *callback, *rest;
} status_names[] = {
    [LEG_QUEUED] = {"queued", "queued"},
    [LEG_INITIATED] = {"initiated", "ringing"},
    [LEG_RINGING] = {"ringing", "ringing"},
    [LEG_IN_PROGRESS] = {"in-progress", "in-progress"},
    [LEG_COMPLETED] = {"completed", "completed"},
    [LEG_BUSY] = {"busy", "busy"},
    [LEG_NO_ANSWER] = {"no-answer", "no-answer"},
    [LEG_CANCELED] = {"canceled", "canceled"},
    [LEG_FAILED] = {"failed", "failed"},
};
static_assert(LEN(status_names) == LEG_STATUS_COUNT, "every status has its names");

static const char *const direction_names[] = {
    [LEG_INBOUND] = "inbound",
    [LEG_OUTBOUND_API] = "outbound-api",
    [LEG_OUTBOUND_DIAL] = "outbound-dial",
};
static_assert(LEN(direction_names) == LEG_DIRECTION_COUNT, "every direction has a name");

const char *leg_status_name(enum leg_status s)
{
    return status_names[s].callback;
}

const char *leg_status_rest_name(enum leg_status s)
{
    return status_names[s].rest;
}

const char *leg_direction_name(enum leg_direction d)
{
    return direction_names[d];
}

bool leg_is_sip(struct str address)
{
    return str_starts(address, STR("sip:")) || str_starts(address, STR("sips:"));
}

struct str sid_new(const char prefix[3], struct rng *r, struct arena *a)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char bytes[SID_BYTES];
    char text[SID_LEN];

    rng_fill(r, bytes, sizeof(bytes));
    memcpy(text, prefix, 2);
    for (size_t i = 0; i < sizeof(bytes); i++) {
        text[2 + 2 * i] = hex[bytes[i] >> 4];
        text[3 + 2 * i] = hex[bytes[i] & 15];
    }
    return str_dup((struct str){text, sizeof(text)}, a);
}

// --- what it lasted and cost ---------------------------------------------------------------------

usec_t leg_start_time(const struct leg *leg)
{
    return leg->started != TIME_NONE ? leg->started : leg->ended;
}

int64_t leg_duration(const struct leg *leg)
{
    if (!leg->answered || leg->ended == TIME_NONE)
        return 0;
    return leg->ended / SECONDS(1) - leg->started / SECONDS(1);
}

static int64_t minutes(int64_t seconds)
{
    return (seconds + 59) / 60;
}

int64_t leg_price(const struct leg *leg)
{
    static const struct {
        int64_t number, sip; /* per minute begun, by the far end */
    } rates[] = {
        [LEG_INBOUND] = {850, 400},
        [LEG_OUTBOUND_API] = {1400, 400},
        [LEG_OUTBOUND_DIAL] = {1400, 400},
    };
    const struct str far = leg->direction == LEG_INBOUND ? leg->from : leg->to;
    const int64_t rate = leg_is_sip(far) ? rates[leg->direction].sip : rates[leg->direction].number;

    return minutes(leg_duration(leg)) * rate;
}

int64_t recording_duration(const struct recording *r)
{
    return r->ended == TIME_NONE ? 0 : (r->ended - r->started) / SECONDS(1) + 1;
}

// --- parameters ----------------------------------------------------------------------------------

static void add_geo(struct params *p, const char *of, const char *alias, struct str number)
{
    const struct place *at = cast_place(number);
    const struct {
        const char *name, *value;
    } parts[] = {
        {"City", at->city}, {"State", at->state}, {"Zip", at->zip}, {"Country", at->country}};

    for (size_t i = 0; i < LEN(parts); i++) {
        const struct str name = str_fmt(p->a, "%s%s", of, parts[i].name);
        const struct str second = str_fmt(p->a, "%s%s", alias, parts[i].name);
        params_add(p, str_z(name, p->a), str_from(parts[i].value));
        params_add(p, str_z(second, p->a), str_from(parts[i].value));
    }
}

/* The host of a SIP URI. */
static struct str sip_domain(struct str uri)
{
    const struct str host = str_sub(uri, str_find(uri, '@') + 1, SIZE_MAX);
    return str_sub(host, 0, str_find(host, ';'));
}

/* A call that came in over our SIP domain tells where from; a call between numbers, whence. */
static void add_ends(const struct leg *leg, struct params *p)
{
    if (leg->direction == LEG_INBOUND && leg_is_sip(leg->from)) {
        struct rng of_domain = rng_seeded(str_hash(sip_domain(leg->to)));
        params_add(p, "SipDomain", sip_domain(leg->to));
        params_add(p, "SipDomainSid", sid_new("SD", &of_domain, p->a));
        params_add(p, "SipCallId", leg->sip_call_id);
        params_add(p, "SipSourceIp", STR("192.0.2.10"));
    }
    if (!leg_is_sip(leg->from))
        add_geo(p, "From", "Caller", leg->from);
    if (!leg_is_sip(leg->to))
        add_geo(p, "To", "Called", leg->to);
}

void leg_params(const struct leg *leg, struct params *p)
{
    params_add(p, "AccountSid", leg->account);
    params_add(p, "ApiVersion", STR("2010-04-01"));
    params_add(p, "CallSid", leg->sid);
    params_add(p, "CallStatus", str_from(leg_status_name(leg->status)));
    params_add(p, "Direction", str_from(leg_direction_name(leg->direction)));
    params_add(p, "From", leg->from);
    params_add(p, "Caller", leg->from);
    params_add(p, "To", leg->to);
    params_add(p, "Called", leg->to);
    params_add(p, "ParentCallSid", leg->parent_sid);
    params_add(p, "ForwardedFrom", leg->forwarded_from);
    params_add(p, "CalledVia", leg->forwarded_from);
    params_add(p, "CallerName", leg->caller_name);
    add_ends(leg, p);
}

void leg_status_params(const struct leg *leg, struct params *p)
{
    params_add_time(p, "Timestamp", leg->updated);
    params_add(p, "CallbackSource", STR("call-progress-events"));
    params_add_number(p, "SequenceNumber", leg->sequence);
    if (!leg_status_is_final(leg->status))
        return;
    params_add_number(p, "CallDuration", leg_duration(leg));
    params_add_number(p, "Duration", minutes(leg_duration(leg)));
    if (leg->direction == LEG_INBOUND)
        return;
    params_add_number(p, "SipResponseCode", leg->sip_code);
    if (!leg_is_sip(leg->to))
        params_add(p, "StirStatus", STR("A"));
}

// --- all of them ---------------------------------------------------------------------------------

static void leg_destroy(struct leg *leg)
{
    arena_destroy(leg->a); // it lives in there
}

void world_finish(struct world *w)
{
    for (size_t i = 0; i < w->n_legs; i++)
        leg_destroy(w->legs[i]);
    free(w->legs);
    free(w->recordings);
    *w = (struct world){0};
}

static void forget_recordings_of(struct world *w, const struct leg *leg)
{
    size_t n = 0;
    for (size_t i = 0; i < w->n_recordings; i++)
        if (w->recordings[i]->leg != leg)
            w->recordings[n++] = w->recordings[i];
    w->n_recordings = n;
}

/* The older half, as far as it is over. */
static void forget_old(struct world *w)
{
    size_t n = 0;
    for (size_t i = 0; i < w->n_legs; i++) {
        struct leg *leg = w->legs[i];
        if (i > w->n_legs / 2 || leg->scene) {
            w->legs[n++] = leg;
            continue;
        }
        forget_recordings_of(w, leg);
        leg_destroy(leg);
    }
    w->n_legs = n;
}

static size_t grown(size_t room)
{
    return room ? room * 2 : 64;
}

struct leg *world_add_leg(struct world *w, struct rng *r)
{
    struct arena *a = arena_create(LEG_ARENA);
    struct leg *leg = arena_new(a, struct leg, 1);

    if (w->n_legs >= LEGS_KEPT)
        forget_old(w);
    if (w->n_legs == w->room_legs) {
        w->room_legs = grown(w->room_legs);
        w->legs = mem_realloc(w->legs, w->room_legs * sizeof(*w->legs));
    }
    w->legs[w->n_legs++] = leg;
    leg->a = a;
    leg->sid = sid_new("CA", r, a);
    leg->created = leg->started = leg->ended = leg->updated = TIME_NONE;
    return leg;
}

struct recording *world_add_recording(struct world *w, struct leg *leg, struct rng *r)
{
    struct recording *rec = arena_new(leg->a, struct recording, 1);

    if (w->n_recordings == w->room_recordings) {
        w->room_recordings = grown(w->room_recordings);
        w->recordings = mem_realloc(w->recordings, w->room_recordings * sizeof(*w->recordings));
    }
    w->recordings[w->n_recordings++] = rec;
    rec->sid = sid_new("RE", r, leg->a);
    rec->leg = leg;
    rec->started = rec->ended = TIME_NONE;
    return rec;
}

struct leg *world_leg(const struct world *w, struct str sid)
{
    for (size_t i = w->n_legs; i > 0; i--)
        if (str_eq(w->legs[i - 1]->sid, sid))
            return w->legs[i - 1];
    return NULL;
}

struct recording *world_recording(const struct world *w, struct str sid)
{
    for (size_t i = w->n_recordings; i > 0; i--)
        if (str_eq(w->recordings[i - 1]->sid, sid))
            return w->recordings[i - 1];
    return NULL;
}
