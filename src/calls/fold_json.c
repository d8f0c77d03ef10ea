/*
 * The column fold_state: the registers as JSON, short names, absent registers left out.
 *
 * What a register holds beyond its value stands beside it: "x" and "x_by". Authority is written as
 * a number and left out when it is a webhook's, which it nearly always is.
 */
#include "calls/fold.h"

#include <json-c/json.h>

#include "base/arena.h"
#include "base/json.h"
#include "calls/sparse.h"

static void put_by(struct json_writer *w, struct str key, enum call_authority by)
{
    if (by != CALL_BY_WEBHOOK)
        json_member_int(w, key, (int64_t)by);
}

static void put_text(struct json_writer *w, struct str key, struct str key_by,
                     const struct call_text *t)
{
    if (str_is_none(t->value))
        return;
    json_member_str(w, key, t->value);
    put_by(w, key_by, t->by);
}

static void put_number(struct json_writer *w, struct str key, struct str key_by,
                       const struct call_number *n)
{
    if (n->value == INT_NONE)
        return;
    json_member_int(w, key, n->value);
    put_by(w, key_by, n->by);
}

static void put_claim(struct json_writer *w, const struct call_claim *claim)
{
    if (claim->by == CALL_BY_NOBODY)
        return;
    json_member_str(w, STR("status"), call_status_name(claim->status));
    json_member_int(w, STR("at"), claim->time);
    sparse_put_int(w, STR("no"), claim->sequence);
    put_by(w, STR("by"), claim->by);
}

static void put_ends(struct json_writer *w, const struct call_ends *ends)
{
    if (ends->by == CALL_BY_NOBODY)
        return;
    json_key(w, STR("ends"));
    json_open_object(w);
    sparse_put_str(w, STR("from"), ends->from);
    sparse_put_str(w, STR("to"), ends->to);
    put_by(w, STR("by"), ends->by);
    if (ends->parties.given) {
        json_member_str(w, STR("direction"), call_direction_name(ends->parties.direction));
        sparse_put_str(w, STR("from_e164"), ends->parties.from_e164);
        sparse_put_str(w, STR("to_e164"), ends->parties.to_e164);
        sparse_put_str(w, STR("contact"), ends->parties.contact);
    }
    json_close_object(w);
}

static void put_leg(struct json_writer *w, const struct call_leg *leg)
{
    json_open_object(w);
    json_member_str(w, STR("sid"), leg->sid);
    put_claim(w, &leg->claim);
    sparse_put_int(w, STR("answered"), leg->answered_at);
    put_number(w, STR("duration"), STR("duration_by"),
               &(struct call_number){leg->duration, leg->duration_by});
    json_close_object(w);
}

static void put_dial(struct json_writer *w, const struct call_dial *dial)
{
    json_open_object(w);
    json_member_str(w, STR("sid"), dial->sid);
    sparse_put_str(w, STR("status"), dial->status);
    json_member_int(w, STR("bridged"), (int64_t)dial->bridged);
    sparse_put_int(w, STR("duration"), dial->duration);
    json_close_object(w);
}

static void put_recording(struct json_writer *w, const struct call_recording *r)
{
    json_open_object(w);
    json_member_str(w, STR("sid"), r->sid);
    sparse_put_str(w, STR("url"), r->url);
    sparse_put_str(w, STR("status"), r->status);
    sparse_put_int(w, STR("duration"), r->duration);
    sparse_put_int(w, STR("channels"), r->channels);
    sparse_put_int(w, STR("start"), r->start_time);
    sparse_put_str(w, STR("source"), r->source);
    sparse_put_str(w, STR("track"), r->track);
    json_close_object(w);
}

/* By far the longest list, so written flat: one object of texts, one of unusual authorities. */
static void put_details(struct json_writer *w, const struct call_fold *f)
{
    bool usual = true;

    json_key(w, STR("details"));
    json_open_object(w);
    for (size_t i = 0; i < f->n_details; i++) {
        json_member_str(w, f->details[i].name, f->details[i].text.value);
        usual = usual && f->details[i].text.by == CALL_BY_WEBHOOK;
    }
    json_close_object(w);
    if (usual)
        return;
    json_key(w, STR("details_by"));
    json_open_object(w);
    for (size_t i = 0; i < f->n_details; i++)
        put_by(w, f->details[i].name, f->details[i].text.by);
    json_close_object(w);
}

static void put_lists(struct json_writer *w, const struct call_fold *f)
{
    if (f->n_legs > 0) {
        json_key(w, STR("legs"));
        json_open_array(w);
        for (size_t i = 0; i < f->n_legs; i++)
            put_leg(w, &f->legs[i]);
        json_close_array(w);
    }
    if (f->n_dials > 0) {
        json_key(w, STR("dials"));
        json_open_array(w);
        for (size_t i = 0; i < f->n_dials; i++)
            put_dial(w, &f->dials[i]);
        json_close_array(w);
    }
    if (f->n_recordings > 0) {
        json_key(w, STR("recordings"));
        json_open_array(w);
        for (size_t i = 0; i < f->n_recordings; i++)
            put_recording(w, &f->recordings[i]);
        json_close_array(w);
    }
    if (f->n_details > 0)
        put_details(w, f);
}

void call_fold_json(struct buf *out, const struct call_fold *f)
{
    struct json_writer w;

    json_init(&w, out);
    json_open_object(&w);
    if (f->known)
        json_member_bool(&w, STR("known"), true);
    put_claim(&w, &f->claim);
    sparse_put_int(&w, STR("first"), f->first_event);
    sparse_put_int(&w, STR("last"), f->last_event);
    sparse_put_int(&w, STR("answered"), f->answered_at);
    put_number(&w, STR("start"), STR("start_by"), &f->start);
    put_number(&w, STR("end"), STR("end_by"), &f->end);
    put_number(&w, STR("duration"), STR("duration_by"), &f->duration);
    put_number(&w, STR("price"), STR("price_by"),
               &(struct call_number){f->price.value, f->price.by});
    sparse_put_int(&w, STR("price_at"), f->price.at);
    put_text(&w, STR("unit"), STR("unit_by"), &f->price_unit);
    put_text(&w, STR("parent"), STR("parent_by"), &f->parent);
    put_text(&w, STR("way"), STR("way_by"), &f->provider_direction);
    put_ends(&w, &f->ends);
    put_text(&w, STR("unknown"), STR("unknown_by"), &f->unknown_status);
    put_text(&w, STR("odd_time"), STR("odd_time_by"), &f->odd_time);
    put_lists(&w, f);
    json_close_object(&w);
}

// --- reading: text stays in the tree, which lives as long as the fold's arena --------------------

static enum call_authority get_by(struct json_object *o, const char *key)
{
    int64_t v;

    if (!json_get_int(o, key, &v) || v < CALL_BY_NOBODY || v > CALL_BY_PROVIDER)
        return CALL_BY_WEBHOOK;
    return (enum call_authority)v;
}

static struct call_text get_text(struct json_object *o, const char *key, const char *key_by)
{
    const struct str value = json_get_str(o, key);

    return (struct call_text){value, str_is_none(value) ? CALL_BY_NOBODY : get_by(o, key_by)};
}

static struct call_number get_number(struct json_object *o, const char *key, const char *key_by)
{
    const int64_t value = sparse_get_int(o, key);

    return (struct call_number){value, value == INT_NONE ? CALL_BY_NOBODY : get_by(o, key_by)};
}

static struct call_claim get_claim(struct json_object *o)
{
    struct call_claim claim = call_fold_none.claim;

    if (!call_status_parse(json_get_str(o, "status"), &claim.status))
        return call_fold_none.claim;
    claim.by = get_by(o, "by");
    claim.time = sparse_get_int(o, "at");
    claim.sequence = sparse_get_int(o, "no");
    return claim;
}

static struct call_ends get_ends(struct json_object *o)
{
    struct call_ends ends = {.by = CALL_BY_NOBODY};

    if (!o)
        return ends;
    ends.by = get_by(o, "by");
    ends.from = json_get_str(o, "from");
    ends.to = json_get_str(o, "to");
    ends.parties.given =
        call_direction_parse(json_get_str(o, "direction"), &ends.parties.direction);
    ends.parties.from_e164 = json_get_str(o, "from_e164");
    ends.parties.to_e164 = json_get_str(o, "to_e164");
    ends.parties.contact = json_get_str(o, "contact");
    return ends;
}

static struct call_leg get_leg(struct json_object *o)
{
    const struct call_number duration = get_number(o, "duration", "duration_by");

    return (struct call_leg){
        .sid = json_get_str(o, "sid"),
        .claim = get_claim(o),
        .answered_at = sparse_get_int(o, "answered"),
        .duration = duration.value,
        .duration_by = duration.by,
    };
}

static struct call_dial get_dial(struct json_object *o)
{
    const int64_t bridged = sparse_get_int(o, "bridged");
    struct call_dial dial = {
        .given = true,
        .sid = json_get_str(o, "sid"),
        .status = json_get_str(o, "status"),
        .duration = sparse_get_int(o, "duration"),
    };

    if (bridged == CALL_BRIDGED_NO)
        dial.bridged = CALL_BRIDGED_NO;
    else if (bridged == CALL_BRIDGED_YES)
        dial.bridged = CALL_BRIDGED_YES;
    return dial;
}

static struct call_recording get_recording(struct json_object *o)
{
    return (struct call_recording){
        .sid = json_get_str(o, "sid"),
        .url = json_get_str(o, "url"),
        .status = json_get_str(o, "status"),
        .duration = sparse_get_int(o, "duration"),
        .channels = sparse_get_int(o, "channels"),
        .start_time = sparse_get_int(o, "start"),
        .source = json_get_str(o, "source"),
        .track = json_get_str(o, "track"),
    };
}

/* A store may give an object's members back in another order than by name. */
static void insert_named(struct call_named *list, size_t n, struct call_named named)
{
    for (; n > 0 && str_cmp(named.name, list[n - 1].name) < 0; n--)
        list[n] = list[n - 1];
    list[n] = named;
}

static void get_details(struct json_object *o, struct arena *a, struct call_fold *f)
{
    struct json_object *const details = json_get(o, "details"), *const by =
                                                                    json_get(o, "details_by");

    if (!details || !json_object_is_type(details, json_type_object))
        return;
    f->details = arena_new(a, struct call_named, (size_t)json_object_object_length(details));
    json_object_object_foreach(details, name, value)
    {
        const struct call_text text = {
            {json_object_get_string(value), (size_t)json_object_get_string_len(value)},
            get_by(by, name)};

        insert_named(f->details, f->n_details++, (struct call_named){str_from(name), text});
    }
}

static size_t list_length(struct json_object *list)
{
    return list && json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
}

static void get_lists(struct json_object *o, struct arena *a, struct call_fold *f)
{
    struct json_object *const legs = json_get(o, "legs"), *const dials = json_get(o, "dials"),
                              *const recordings = json_get(o, "recordings");

    f->n_legs = list_length(legs);
    f->legs = arena_new(a, struct call_leg, f->n_legs);
    for (size_t i = 0; i < f->n_legs; i++)
        f->legs[i] = get_leg(json_object_array_get_idx(legs, i));
    f->n_dials = list_length(dials);
    f->dials = arena_new(a, struct call_dial, f->n_dials);
    for (size_t i = 0; i < f->n_dials; i++)
        f->dials[i] = get_dial(json_object_array_get_idx(dials, i));
    f->n_recordings = list_length(recordings);
    f->recordings = arena_new(a, struct call_recording, f->n_recordings);
    for (size_t i = 0; i < f->n_recordings; i++)
        f->recordings[i] = get_recording(json_object_array_get_idx(recordings, i));
    get_details(o, a, f);
}

bool call_fold_parse(struct str json, struct arena *a, struct call_fold *ret, struct err *e)
{
    struct call_fold fold = call_fold_none;
    struct json_object *o;
    bool known;

    if (str_is_none(json)) {
        *ret = fold;
        return true;
    }
    if (!json_parse(json, a, &o, e))
        return err_trace(e);

    fold.known = json_get_bool(o, "known", &known) && known;
    fold.claim = get_claim(o);
    fold.first_event = sparse_get_int(o, "first");
    fold.last_event = sparse_get_int(o, "last");
    fold.answered_at = sparse_get_int(o, "answered");
    fold.start = get_number(o, "start", "start_by");
    fold.end = get_number(o, "end", "end_by");
    fold.duration = get_number(o, "duration", "duration_by");
    fold.price.value = sparse_get_int(o, "price");
    fold.price.by = fold.price.value == INT_NONE ? CALL_BY_NOBODY : get_by(o, "price_by");
    fold.price.at = sparse_get_int(o, "price_at");
    fold.price_unit = get_text(o, "unit", "unit_by");
    fold.parent = get_text(o, "parent", "parent_by");
    fold.provider_direction = get_text(o, "way", "way_by");
    fold.ends = get_ends(json_get(o, "ends"));
    fold.unknown_status = get_text(o, "unknown", "unknown_by");
    fold.odd_time = get_text(o, "odd_time", "odd_time_by");
    get_lists(o, a, &fold);
    *ret = fold;
    return true;
}
