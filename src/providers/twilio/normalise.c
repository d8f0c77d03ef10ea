/*
 * Parameters are read by tables: what a change has a member for, and what is merely kept as a
 * detail under our own name. Names are case sensitive, unknown values are empty or absent, and
 * anything may be missing; only a request that names no call is refused, for no later attempt could
 * mend it.
 */
#include "providers/twilio/normalise.h"

#include <json-c/json.h>

#include "base/arena.h"
#include "base/json.h"

// --- the field map -------------------------------------------------------------------------------

/* A repeated name is an array: the first counts. The empty value is no value. */
static struct str field(struct json_object *fields, const char *name)
{
    struct json_object *v = json_get(fields, name);
    struct str s;

    if (json_object_is_type(v, json_type_array))
        v = json_object_array_length(v) > 0 ? json_object_array_get_idx(v, 0) : NULL;
    if (!json_object_is_type(v, json_type_string))
        return STR_NONE;
    s = (struct str){json_object_get_string(v), (size_t)json_object_get_string_len(v)};
    return s.n > 0 ? s : STR_NONE;
}

static int64_t number(struct json_object *fields, const char *name)
{
    int64_t v;

    return str_to_i64(field(fields, name), &v) ? v : INT_NONE;
}

/* RFC 2822 as a rule; some products write ISO 8601. */
static usec_t instant(struct json_object *fields, const char *name)
{
    const struct str text = field(fields, name);
    usec_t t;

    if (time_parse_rfc2822(text, &t) || time_parse_rfc3339(text, &t))
        return t;
    return TIME_NONE;
}

static struct str either(struct str a, struct str b)
{
    return str_is_none(a) ? b : a;
}

// --- what a change has members for ---------------------------------------------------------------

static void read_ends(struct json_object *fields, struct call_change *c)
{
    c->call_sid = field(fields, "CallSid");
    c->parent_sid = field(fields, "ParentCallSid");
    c->from = either(field(fields, "From"), field(fields, "Caller"));
    c->to = either(field(fields, "To"), field(fields, "Called"));
    c->provider_direction = field(fields, "Direction");
}

/* "answered" is the name of the event; the status of an answered call is "in-progress". */
static struct str canonical_status(struct str status)
{
    return str_eq(status, STR("answered")) ? STR("in-progress") : status;
}

/* Duration is in minutes, for the bill; CallDuration is in seconds. */
static void read_status(struct json_object *fields, struct call_change *c)
{
    c->status = canonical_status(field(fields, "CallStatus"));
    c->event_time = instant(fields, "Timestamp");
    c->sequence = number(fields, "SequenceNumber");
    c->duration = number(fields, "CallDuration");
}

static void read_dial(struct json_object *fields, struct call_change *c)
{
    const struct str bridged = field(fields, "DialBridged");

    c->dial.given = true;
    c->dial.sid = field(fields, "DialCallSid");
    c->dial.status = field(fields, "DialCallStatus");
    c->dial.duration = number(fields, "DialCallDuration");
    if (str_eq(bridged, STR("true")))
        c->dial.bridged = CALL_BRIDGED_YES;
    else if (str_eq(bridged, STR("false")))
        c->dial.bridged = CALL_BRIDGED_NO;
}

/* ".../Recordings/RE…" names its recording where no RecordingSid is given. */
static struct str sid_of_url(struct str url)
{
    size_t from = url.n;

    while (from > 0 && url.p[from - 1] != '/')
        from--;
    return from > 0 && from < url.n ? str_sub(url, from, url.n) : STR_NONE;
}

/* Beside a call's status there is no RecordingStatus: what has a URL there is complete. */
static void read_recording(struct json_object *fields, struct call_change *c)
{
    struct call_recording *r = &c->recording;

    r->url = field(fields, "RecordingUrl");
    r->sid = either(either(field(fields, "RecordingSid"), sid_of_url(r->url)), r->url);
    r->status =
        either(field(fields, "RecordingStatus"), str_is_none(r->url) ? STR_NONE : STR("completed"));
    r->duration = number(fields, "RecordingDuration");
    r->channels = number(fields, "RecordingChannels");
    r->start_time = instant(fields, "RecordingStartTime");
    r->source = field(fields, "RecordingSource");
    r->track = field(fields, "RecordingTrack");
}

// --- details: kept in the call's metadata --------------------------------------------------------

static const struct {
    const char *parameter;
    struct str name;
} kept[] = {
    {"AnsweredBy", STR("answered_by")},
    {"CallerName", STR("caller_name")},
    {"DialSipResponseCode", STR("dial_sip_response_code")},
    {"ErrorCode", STR("error_code")},
    {"ForwardedFrom", STR("forwarded_from")},
    {"FromCity", STR("from_city")},
    {"FromCountry", STR("from_country")},
    {"FromState", STR("from_state")},
    {"FromZip", STR("from_zip")},
    {"QueueTime", STR("queue_time")},
    {"SipCallId", STR("sip_call_id")},
    {"SipDomain", STR("sip_domain")},
    {"SipResponseCode", STR("sip_response_code")},
    {"StirStatus", STR("stir_status")},
    {"StirVerstat", STR("stir_verstat")},
    {"ToCity", STR("to_city")},
    {"ToCountry", STR("to_country")},
    {"ToState", STR("to_state")},
    {"ToZip", STR("to_zip")},
};

static void read_details(struct json_object *fields, struct arena *a, struct call_change *c)
{
    struct call_detail *details = arena_new(a, struct call_detail, LEN(kept));
    size_t n = 0;

    for (size_t i = 0; i < LEN(kept); i++) {
        const struct str value = field(fields, kept[i].parameter);

        if (!str_is_none(value))
            details[n++] = (struct call_detail){kept[i].name, value};
    }
    c->details = details;
    c->n_details = n;
}

// --- the four callbacks --------------------------------------------------------------------------

/* The request for instructions: a call arrives, or goes on. It has no Timestamp. */
static void read_inbound(struct json_object *fields, struct arena *a, struct call_change *c)
{
    c->kind = CALL_CHANGE_STATUS;
    read_ends(fields, c);
    read_status(fields, c);
    read_details(fields, a, c);
}

static void read_progress(struct json_object *fields, struct arena *a, struct call_change *c)
{
    read_inbound(fields, a, c);
    read_recording(fields, c);
}

/* CallSid is the parent; CallStatus is the parent's as well. */
static void read_dial_end(struct json_object *fields, struct arena *a, struct call_change *c)
{
    read_progress(fields, a, c);
    read_dial(fields, c);
    c->kind = CALL_CHANGE_DIAL;
}

/* Says nothing of the call but its sid. It has no Timestamp either. */
static void read_recording_end(struct json_object *fields, struct arena *a, struct call_change *c)
{
    (void)a;
    c->kind = CALL_CHANGE_RECORDING;
    c->call_sid = field(fields, "CallSid");
    read_recording(fields, c);
}

static const struct {
    struct str event_type;
    void (*read)(struct json_object *fields, struct arena *a, struct call_change *c);
} callbacks[] = {
    {STR("call-inbound"), read_inbound},
    {STR("call-status"), read_progress},
    {STR("dial-action"), read_dial_end},
    {STR("recording-complete"), read_recording_end},
};

static bool read_callback(struct str event_type, struct json_object *fields, struct arena *a,
                          struct call_change *c)
{
    for (size_t i = 0; i < LEN(callbacks); i++)
        if (str_eq(callbacks[i].event_type, event_type)) {
            callbacks[i].read(fields, a, c);
            return true;
        }
    return false;
}

bool twilio_normalise(struct str event_type, struct str payload, usec_t received_at,
                      struct arena *a, struct call_change *ret, struct err *e)
{
    struct call_change c = call_change_none;
    struct json_object *fields;

    if (!json_parse(payload, a, &fields, e))
        return err_trace(e);
    if (!json_object_is_type(fields, json_type_object))
        return err_set(e, ERR_INVALID, "payload: an object of the request's parameters expected");

    c.source = CALL_SOURCE_WEBHOOK;
    c.observed_at = received_at;
    if (!read_callback(event_type, fields, a, &c))
        return err_set(e, ERR_INVALID, "event_type: \"" STR_FMT "\" is none of Twilio's callbacks",
                       STR_ARG(str_sub(event_type, 0, 64)));
    if (str_is_none(c.call_sid))
        return err_set(e, ERR_INVALID, "CallSid: missing, so no call is meant");
    *ret = c;
    return true;
}
