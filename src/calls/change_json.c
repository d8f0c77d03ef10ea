/*
 * A change as JSON, for call_events.change: what is absent is left out. The snapshot is the fold of
 * these texts, so that whatever a fold looks at has to be here.
 */
#include "calls/change.h"

#include <json-c/json.h>

#include "base/arena.h"
#include "base/json.h"
#include "calls/sparse.h"

static const struct str kind_names[] = {
    [CALL_CHANGE_STATUS] = STR("status"),       [CALL_CHANGE_DIAL] = STR("dial"),
    [CALL_CHANGE_RECORDING] = STR("recording"), [CALL_CHANGE_LEG] = STR("leg"),
    [CALL_CHANGE_DETAILS] = STR("details"),
};
static_assert(LEN(kind_names) == CALL_CHANGE_KIND_COUNT, "every kind has a name");

/* Members that are plain values of struct call_change itself. */
static const struct {
    struct str name;
    size_t at;
} texts[] =
    {
        {STR("call_sid"), offsetof(struct call_change, call_sid)},
        {STR("parent_sid"), offsetof(struct call_change, parent_sid)},
        {STR("status"), offsetof(struct call_change, status)},
        {STR("from"), offsetof(struct call_change, from)},
        {STR("to"), offsetof(struct call_change, to)},
        {STR("provider_direction"), offsetof(struct call_change, provider_direction)},
        {STR("price_unit"), offsetof(struct call_change, price_unit)},
        {STR("odd_time"), offsetof(struct call_change, odd_time)},
        {STR("from_e164"), offsetof(struct call_change, parties.from_e164)},
        {STR("to_e164"), offsetof(struct call_change, parties.to_e164)},
        {STR("contact"), offsetof(struct call_change, parties.contact)},
},
  recording_texts[] =
      {
          {STR("sid"), offsetof(struct call_recording, sid)},
          {STR("url"), offsetof(struct call_recording, url)},
          {STR("status"), offsetof(struct call_recording, status)},
          {STR("source"), offsetof(struct call_recording, source)},
          {STR("track"), offsetof(struct call_recording, track)},
},
  integers[] =
      {
          {STR("event_time"), offsetof(struct call_change, event_time)},
          {STR("observed_at"), offsetof(struct call_change, observed_at)},
          {STR("sequence"), offsetof(struct call_change, sequence)},
          {STR("duration"), offsetof(struct call_change, duration)},
          {STR("price"), offsetof(struct call_change, price)},
          {STR("start_time"), offsetof(struct call_change, start_time)},
          {STR("end_time"), offsetof(struct call_change, end_time)},
},
  recording_integers[] = {
      {STR("duration"), offsetof(struct call_recording, duration)},
      {STR("channels"), offsetof(struct call_recording, channels)},
      {STR("start_time"), offsetof(struct call_recording, start_time)},
};

static void put_dial(struct json_writer *w, const struct call_dial *d)
{
    json_key(w, STR("dial"));
    json_open_object(w);
    json_member_str(w, STR("sid"), d->sid);
    sparse_put_str(w, STR("status"), d->status);
    if (d->bridged != CALL_BRIDGED_UNKNOWN)
        json_member_bool(w, STR("bridged"), d->bridged == CALL_BRIDGED_YES);
    sparse_put_int(w, STR("duration"), d->duration);
    json_close_object(w);
}

static void put_recording(struct json_writer *w, const struct call_recording *r)
{
    json_key(w, STR("recording"));
    json_open_object(w);
    for (size_t i = 0; i < LEN(recording_texts); i++)
        sparse_put_str(
            w, recording_texts[i].name,
            *(const struct str *)(const void *)((const char *)r + recording_texts[i].at));
    for (size_t i = 0; i < LEN(recording_integers); i++)
        sparse_put_int(
            w, recording_integers[i].name,
            *(const int64_t *)(const void *)((const char *)r + recording_integers[i].at));
    json_close_object(w);
}

static void put_leg(struct json_writer *w, const struct call_leg *leg)
{
    json_open_object(w);
    json_member_str(w, STR("sid"), leg->sid);
    if (leg->claim.by != CALL_BY_NOBODY) {
        json_member_str(w, STR("status"), call_status_name(leg->claim.status));
        json_member_int(w, STR("by"), (int64_t)leg->claim.by);
        json_member_int(w, STR("time"), leg->claim.time);
        sparse_put_int(w, STR("sequence"), leg->claim.sequence);
    }
    sparse_put_int(w, STR("answered_at"), leg->answered_at);
    if (leg->duration != INT_NONE) {
        json_member_int(w, STR("duration"), leg->duration);
        json_member_int(w, STR("duration_by"), (int64_t)leg->duration_by);
    }
    json_close_object(w);
}

static void put_legs(struct json_writer *w, const struct call_change *c)
{
    if (!str_is_none(c->leg.sid)) {
        json_key(w, STR("leg"));
        put_leg(w, &c->leg);
    }
    if (c->n_more_legs == 0)
        return;
    json_key(w, STR("more_legs"));
    json_open_array(w);
    for (size_t i = 0; i < c->n_more_legs; i++)
        put_leg(w, &c->more_legs[i]);
    json_close_array(w);
}

static void put_details(struct json_writer *w, const struct call_change *c)
{
    json_key(w, STR("details"));
    json_open_object(w);
    for (size_t i = 0; i < c->n_details; i++)
        json_member_str(w, c->details[i].name, c->details[i].value);
    json_close_object(w);
}

void call_change_json(struct buf *out, const struct call_change *c)
{
    struct json_writer w;

    json_init(&w, out);
    json_open_object(&w);
    json_member_str(&w, STR("kind"), kind_names[c->kind]);
    json_member_str(&w, STR("source"), call_source_name(c->source));
    for (size_t i = 0; i < LEN(texts); i++)
        sparse_put_str(&w, texts[i].name,
                       *(const struct str *)(const void *)((const char *)c + texts[i].at));
    for (size_t i = 0; i < LEN(integers); i++)
        sparse_put_int(&w, integers[i].name,
                       *(const int64_t *)(const void *)((const char *)c + integers[i].at));
    if (c->parties.given)
        json_member_str(&w, STR("direction"), call_direction_name(c->parties.direction));
    if (c->dial.given)
        put_dial(&w, &c->dial);
    if (!str_is_none(c->recording.sid))
        put_recording(&w, &c->recording);
    put_legs(&w, c);
    if (c->n_details > 0)
        put_details(&w, c);
    json_close_object(&w);
}

// --- reading -------------------------------------------------------------------------------------

static struct str get_str(struct json_object *o, const char *key, struct arena *a)
{
    return str_dup(json_get_str(o, key), a);
}

static enum call_authority get_by(struct json_object *o, const char *key)
{
    const int64_t v = sparse_get_int(o, key);

    return v < CALL_BY_NOBODY || v > CALL_BY_PROVIDER ? CALL_BY_NOBODY : (enum call_authority)v;
}

static void get_dial(struct json_object *o, struct arena *a, struct call_dial *ret)
{
    bool bridged;

    ret->sid = STR(""); // as call_change_settle() leaves it
    if (!o)
        return;
    ret->given = true;
    ret->sid = get_str(o, "sid", a);
    ret->status = get_str(o, "status", a);
    ret->duration = sparse_get_int(o, "duration");
    if (json_get_bool(o, "bridged", &bridged))
        ret->bridged = bridged ? CALL_BRIDGED_YES : CALL_BRIDGED_NO;
}

static void get_recording(struct json_object *o, struct arena *a, struct call_recording *ret)
{
    if (!o)
        return;
    for (size_t i = 0; i < LEN(recording_texts); i++)
        *(struct str *)(void *)((char *)ret + recording_texts[i].at) =
            get_str(o, recording_texts[i].name.p, a);
    for (size_t i = 0; i < LEN(recording_integers); i++)
        *(int64_t *)(void *)((char *)ret + recording_integers[i].at) =
            sparse_get_int(o, recording_integers[i].name.p);
}

static void get_leg(struct json_object *o, struct arena *a, struct call_leg *ret)
{
    if (!o)
        return;
    ret->sid = get_str(o, "sid", a);
    if (call_status_parse(json_get_str(o, "status"), &ret->claim.status)) {
        ret->claim.by = get_by(o, "by");
        ret->claim.time = sparse_get_int(o, "time");
        ret->claim.sequence = sparse_get_int(o, "sequence");
    }
    ret->answered_at = sparse_get_int(o, "answered_at");
    ret->duration = sparse_get_int(o, "duration");
    ret->duration_by = get_by(o, "duration_by");
}

static void get_more_legs(struct json_object *list, struct arena *a, struct call_change *ret)
{
    struct call_leg *legs;
    size_t n, n_named = 0;

    if (!json_list_length(list, &n))
        return;
    legs = arena_new(a, struct call_leg, n);
    for (size_t i = 0; i < n; i++) {
        legs[n_named] = call_change_none.leg;
        get_leg(json_object_array_get_idx(list, i), a, &legs[n_named]);
        n_named += !str_is_none(legs[n_named].sid);
    }
    ret->more_legs = legs;
    ret->n_more_legs = n_named;
}

static void get_details(struct json_object *o, struct arena *a, struct call_change *ret)
{
    struct call_detail *details;
    size_t n = 0;

    if (!o || !json_object_is_type(o, json_type_object))
        return;
    details = arena_new(a, struct call_detail, (size_t)json_object_object_length(o));
    json_object_object_foreach(o, key, value)
    {
        (void)value;
        details[n].name = str_dup(str_from(key), a);
        details[n++].value = get_str(o, key, a);
    }
    ret->details = details;
    ret->n_details = n;
}

static bool kind_parse(struct str s, enum call_change_kind *ret)
{
    size_t i;

    if (!str_among(s, kind_names, LEN(kind_names), &i))
        return false;
    *ret = (enum call_change_kind)i;
    return true;
}

bool call_change_parse(struct str json, struct arena *a, struct call_change *ret, struct err *e)
{
    struct call_change c = call_change_none;
    struct json_object *o;

    if (!json_parse(json, a, &o, e))
        return err_trace(e);
    if (!kind_parse(json_get_str(o, "kind"), &c.kind) ||
        !call_source_parse(json_get_str(o, "source"), &c.source))
        return err_set(e, ERR_INVALID, "call change: kind or source is not known");

    for (size_t i = 0; i < LEN(texts); i++)
        *(struct str *)(void *)((char *)&c + texts[i].at) = get_str(o, texts[i].name.p, a);
    for (size_t i = 0; i < LEN(integers); i++)
        *(int64_t *)(void *)((char *)&c + integers[i].at) = sparse_get_int(o, integers[i].name.p);
    c.parties.given = call_direction_parse(json_get_str(o, "direction"), &c.parties.direction);
    get_dial(json_get(o, "dial"), a, &c.dial);
    get_recording(json_get(o, "recording"), a, &c.recording);
    get_leg(json_get(o, "leg"), a, &c.leg);
    get_more_legs(json_get(o, "more_legs"), a, &c);
    get_details(json_get(o, "details"), a, &c);
    *ret = c;
    return true;
}
