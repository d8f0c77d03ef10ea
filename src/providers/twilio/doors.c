#include "providers/twilio/doors.h"

#include <json-c/json.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/limits.h"
#include "providers/twilio/canary.h"
#include "providers/twilio/signature.h"
#include "providers/twilio/twiml.h"

enum {
    SID_MAX = 100,
    PAYLOAD_MAX = 16 * LIMIT_WEBHOOK_BODY, /* escaping makes six bytes of one at most */
    KEY_PARTS = 5,
};

// --- reading -------------------------------------------------------------------------------------

static size_t member_count(struct json_object *o)
{
    return (size_t)json_object_object_length(o);
}

/* A whole number beyond 64 bits: json-c has only its limit left of it, and two such numbers would
 * make one key of two events. */
static bool is_out_of_range(struct json_object *member)
{
    return json_object_is_type(member, json_type_int) &&
           (json_object_get_uint64(member) == UINT64_MAX ||
            json_object_get_int64(member) == INT64_MIN);
}

/* The members as if a form had brought them; what is nested stays JSON text. */
static bool read_json(struct door_visit *v, struct err *e)
{
    struct json_object *o;
    if (!json_parse(v->rq->body, v->a, &o, e))
        return err_trace(e);
    if (!json_object_is_type(o, json_type_object))
        return err_set(e, ERR_INVALID, "body: a JSON object is expected");
    if (member_count(o) > LIMIT_FORM_FIELDS)
        return err_set(e, ERR_LIMIT, "body: at most %d members", LIMIT_FORM_FIELDS);

    v->fields.fields = arena_new(v->a, struct form_field, member_count(o));
    json_object_object_foreach(o, name, member)
    {
        const bool text = json_object_is_type(member, json_type_string);
        if (is_out_of_range(member))
            return err_set(e, ERR_INVALID, "body: a number that has no place in 64 bits");
        v->fields.fields[v->fields.n++] = (struct form_field){
            .name = str_from(name),
            .value = text ? (struct str){json_object_get_string(member),
                                         (size_t)json_object_get_string_len(member)}
                          : str_from(json_object_to_json_string(member)),
        };
    }
    v->json = v->rq->body;
    return true;
}

static bool is_json(const struct http_request *rq)
{
    const struct str type = http_header(rq, STR("Content-Type"));
    return str_eq_nocase(str_trim(str_sub(type, 0, str_find(type, ';'))), STR("application/json"));
}

static bool read_body(struct door_visit *v, struct err *e)
{
    const bool ok = is_json(v->rq)
                        ? read_json(v, e)
                        : form_parse(v->rq->body, LIMIT_FORM_FIELDS, v->a, &v->fields, e);
    if (!ok)
        return err_trace(e);
    v->account = form_get(&v->fields, STR("AccountSid"));
    return true;
}

static bool verify(const struct door_visit *v, struct str signature, struct hmac *key)
{
    const struct twilio_signed rq = {
        .base = v->base_url, .target = v->rq->target, .fields = &v->fields, .body = v->rq->body};
    return twilio_signature_valid(&rq, signature, key, v->a);
}

// --- what identifies an event --------------------------------------------------------------------

static bool is_plain(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] > '~')
            return false;
    return s.n > 0;
}

/* A sid in its column: anything that looks like one, else none. */
static struct str sid(const struct door_visit *v, struct str name)
{
    const struct str s = form_get(&v->fields, name);
    return is_plain(s) && s.n <= SID_MAX ? s : STR_NONE;
}

static struct str digest_of(struct str s, struct arena *a)
{
    const struct str hex = sha256_hex(s, a);
    return str_fmt(a, "sha256:" STR_FMT, STR_ARG(hex));
}

struct key {
    struct str parts[KEY_PARTS];
    size_t n;
};

static struct str join(const struct key *k, struct arena *a)
{
    size_t n = 0;
    for (size_t i = 0; i < k->n; i++)
        n += k->parts[i].n + 1; // parts of one bounded body: cannot overflow

    char *text = arena_alloc(a, n), *at = text;
    for (size_t i = 0; i < k->n; i++) {
        if (i > 0)
            *at++ = ':';
        if (k->parts[i].n > 0)
            memcpy(at, k->parts[i].p, k->parts[i].n);
        at += k->parts[i].n;
    }
    return (struct str){text, (size_t)(at - text)};
}

static struct str key_text(const struct key *k, struct arena *a)
{
    const struct str s = join(k, a);
    return s.n <= LIMIT_DEDUPE_KEY && is_plain(s) ? s : digest_of(s, a);
}

static void add_part(struct key *k, struct str s)
{
    assert(k->n < KEY_PARTS);
    k->parts[k->n++] = s;
}

static void add_field(struct key *k, const struct door_visit *v, struct str name)
{
    add_part(k, form_get(&v->fields, name));
}

/* A field that not every event has; only ever the last part. */
static void add_given(struct key *k, const struct door_visit *v, struct str name)
{
    if (!str_is_empty(form_get(&v->fields, name)))
        add_field(k, v, name);
}

/* A field without which two events could not be told apart. */
static void add_needed(struct key *k, const struct door_visit *v, struct str name)
{
    const struct str s = form_get(&v->fields, name);
    add_part(k, str_is_empty(s) ? digest_of(v->rq->body, v->a) : s);
}

static void add_timestamp(struct key *k, const struct door_visit *v)
{
    usec_t t;
    if (time_parse_rfc2822(form_get(&v->fields, STR("Timestamp")), &t))
        add_part(k, str_fmt(v->a, "%lld", (long long)(t / SECONDS(1))));
    else
        add_part(k, digest_of(v->rq->body, v->a));
}

static struct str key_of_inbound(const struct door_visit *v)
{
    struct key k = {{STR("inbound")}, 1};
    add_needed(&k, v, STR("CallSid"));
    return key_text(&k, v->a);
}

static struct str key_of_status(const struct door_visit *v)
{
    struct key k = {{STR("call")}, 1};
    add_needed(&k, v, STR("CallSid"));
    add_field(&k, v, STR("CallStatus"));
    add_timestamp(&k, v);
    add_given(&k, v, STR("SequenceNumber"));
    return key_text(&k, v->a);
}

static struct str key_of_recording(const struct door_visit *v)
{
    struct key k = {{STR("recording")}, 1};
    add_needed(&k, v, STR("RecordingSid"));
    add_field(&k, v, STR("RecordingStatus"));
    return key_text(&k, v->a);
}

static struct str key_of_dial(const struct door_visit *v)
{
    struct key k = {{STR("dial")}, 1};
    add_needed(&k, v, STR("CallSid"));
    add_needed(&k, v, STR("DialCallSid"));
    add_field(&k, v, STR("DialCallStatus"));
    return key_text(&k, v->a);
}

// --- the payload ---------------------------------------------------------------------------------

enum { PLACES = 1024 };

/* Fields by the place of their names, each list in order. Indices are from 1 on; 0 ends a list. */
struct names {
    uint16_t first[PLACES], next[LIMIT_FORM_FIELDS], place[LIMIT_FORM_FIELDS];
};

/* Keyed: nobody can choose names that meet in one list. */
static void sort_names(const struct form *f, struct names *ret)
{
    memset(ret->first, 0, sizeof ret->first);
    for (size_t i = f->n; i-- > 0;) {
        ret->place[i] = (uint16_t)(hash_keyed(f->fields[i].name) % PLACES);
        uint16_t *first = &ret->first[ret->place[i]];
        ret->next[i] = *first;
        *first = (uint16_t)(i + 1);
    }
}

/* From the list's member `at` on, the first of that name. */
static size_t next_of(const struct form *f, const struct names *names, size_t at, struct str name)
{
    while (at > 0 && !str_eq(f->fields[at - 1].name, name))
        at = names->next[at - 1];
    return at;
}

static void write_values(struct json_writer *w, const struct form *f, const struct names *names,
                         size_t at)
{
    const struct str name = f->fields[at - 1].name;
    json_open_array(w);
    for (; at > 0; at = next_of(f, names, names->next[at - 1], name))
        json_str(w, f->fields[at - 1].value);
    json_close_array(w);
}

/* All fields in order; a repeated name becomes an array where it first stood. */
static void write_fields(struct json_writer *w, const struct form *f)
{
    struct names names;

    assert(f->n <= LIMIT_FORM_FIELDS);
    sort_names(f, &names);
    json_open_object(w);
    for (size_t at = 1; at <= f->n; at++) {
        const struct form_field *x = &f->fields[at - 1];
        if (next_of(f, &names, names.first[names.place[at - 1]], x->name) < at)
            continue; // written there
        json_key(w, x->name);
        if (next_of(f, &names, names.next[at - 1], x->name) > 0)
            write_values(w, f, &names, at);
        else
            json_str(w, x->value);
    }
    json_close_object(w);
}

static void describe(const struct door_visit *v, struct inbox_item *item, struct str key)
{
    struct json_writer w;
    struct buf out;

    buf_init(&out, PAYLOAD_MAX);
    (void)buf_room(&out, v->rq->body.n * 2); // at once, what is mostly enough
    json_init(&w, &out);
    write_fields(&w, &v->fields);
    assert(buf_ok(&out));
    item->payload = str_dup(buf_view(&out), v->a);
    buf_finish(&out);

    item->raw_body = w.lossy || !str_is_none(v->json) ? v->rq->body : STR_NONE;
    item->call_sid = sid(v, STR("CallSid"));
    item->recording_sid = sid(v, STR("RecordingSid"));
    item->dedupe_key = key;

    const struct str parent = sid(v, STR("ParentCallSid"));
    const struct str call = str_is_none(parent) ? item->call_sid : parent;
    item->lane = str_is_none(call) ? key : call;
}

static void describe_inbound(const struct door_visit *v, struct inbox_item *item)
{
    describe(v, item, key_of_inbound(v));
}

static void describe_status(const struct door_visit *v, struct inbox_item *item)
{
    describe(v, item, key_of_status(v));
}

static void describe_recording(const struct door_visit *v, struct inbox_item *item)
{
    describe(v, item, key_of_recording(v));
}

static void describe_dial(const struct door_visit *v, struct inbox_item *item)
{
    describe(v, item, key_of_dial(v));
}

// --- answers -------------------------------------------------------------------------------------

static void answer_inbound(const struct door_visit *v, struct buf *out)
{
    twiml_route(v->config, form_get(&v->fields, STR("From")), form_get(&v->fields, STR("To")), out);
}

static void answer_dial(const struct door_visit *v, struct buf *out)
{
    (void)v;
    twiml_empty(out);
}

#define TWILIO(path_, source_, event_type_, kind_)                                                 \
    .path = {"/webhooks/twilio/" path_, sizeof("/webhooks/twilio/" path_) - 1},                    \
    .provider = "twilio", .source = (source_), .event_type = (event_type_), .kind = (kind_),       \
    .signature_header = {"X-Twilio-Signature", 18}, .mac = HMAC_SHA1, .refusal = 403,              \
    .plausible = twilio_signature_plausible, .read = read_body, .verify = verify

const struct door twilio_doors[TWILIO_DOORS] = {
    {TWILIO("voice-inbound", "twilio_voice", "call-inbound", DOOR_STEER),
     .describe = describe_inbound, .answer = answer_inbound},
    {TWILIO("voice-status", "twilio_voice", "call-status", DOOR_ACK), .describe = describe_status,
     .is_canary = twilio_is_canary},
    {TWILIO("recording-status", "twilio_recording", "recording-complete", DOOR_ACK),
     .describe = describe_recording},
    {TWILIO("dial-action", "twilio_voice", "dial-action", DOOR_STEER), .describe = describe_dial,
     .answer = answer_dial},
};
