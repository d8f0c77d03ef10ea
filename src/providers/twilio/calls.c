/*
 * Nearly every value of a resource is a text, a null, or absent. The API has no word for how often
 * it has told us, so a claim has no sequence; its time is when the call ended, or when the resource
 * was last updated: the same each time as long as nothing has changed.
 *
 * A call begins when it was created: `start_time` is when it was answered for calls that go out.
 */
#include "providers/twilio/calls.h"

#include <json-c/json.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/form.h"
#include "base/json.h"

#define API "/2010-04-01/Accounts/"

enum { PATH_MAX_BYTES = 4096, SID_MAX = 64 };

// --- paths ---------------------------------------------------------------------------------------

static bool is_plain(struct str sid)
{
    bool plain = sid.n > 0 && sid.n <= SID_MAX;

    for (size_t i = 0; plain && i < sid.n; i++) {
        const char c = sid.p[i];
        plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    }
    return plain;
}

static struct str call_path(const struct provider_account *account, struct str sid, struct arena *a)
{
    if (!is_plain(sid))
        return STR_NONE;
    return str_fmt(a, API STR_FMT "/Calls/" STR_FMT ".json", STR_ARG(account->account),
                   STR_ARG(sid));
}

static void parameter(struct buf *out, const char *name, struct str value)
{
    if (str_is_none(value))
        return;
    buf_char(out, '&');
    buf_form(out, str_from(name));
    buf_char(out, '=');
    buf_form(out, value);
}

/* The relation is part of the key; "StartTime>" is on or after, "StartTime<" before. */
static void parameter_time(struct buf *out, const char *name, char relation, usec_t t)
{
    char key[32], text[TIME_TEXT_MAX];

    if (t == TIME_NONE)
        return;
    const int n = snprintf(key, sizeof key, "%s%c", name, relation);
    assert(n > 0 && (size_t)n < sizeof key);
    const usec_t second = t - t % SECONDS(1); // fractions are not understood everywhere
    parameter(out, key, (struct str){text, time_format(second, text)});
}

static struct str list_path(const struct provider_account *account, const struct reconcile_query *q,
                            struct arena *a)
{
    const char *by = q->recordings ? "DateCreated" : "StartTime";
    _cleanup_(buf_finish) struct buf path = {.max = PATH_MAX_BYTES};

    buf_fmt(&path, API STR_FMT "/%s.json?PageSize=%zu", STR_ARG(account->account),
            q->recordings ? "Recordings" : "Calls", q->page_size);
    if (q->has_status)
        parameter(&path, "Status", call_status_name(q->status));
    parameter(&path, "CallSid", q->call_sid);
    parameter_time(&path, by, '>', q->from);
    parameter_time(&path, by, '<', q->to);
    assert(buf_ok(&path)); // what is in it is short
    return str_dup(buf_view(&path), a);
}

// --- values --------------------------------------------------------------------------------------

static struct str text(struct json_object *o, const char *key)
{
    const struct str s = json_get_str(o, key);

    return str_is_empty(s) ? STR_NONE : s;
}

/* Written as a text or as a number. */
static int64_t number(struct json_object *o, const char *key)
{
    int64_t v;

    return json_get_int(o, key, &v) || str_to_i64(json_get_str(o, key), &v) ? v : INT_NONE;
}

static usec_t instant(struct json_object *o, const char *key)
{
    const struct str s = json_get_str(o, key);
    usec_t t;

    return time_parse_rfc2822(s, &t) || time_parse_rfc3339(s, &t) ? t : TIME_NONE;
}

static usec_t first_of(usec_t a, usec_t b)
{
    return a == TIME_NONE || (b != TIME_NONE && b < a) ? b : a;
}

/* JSON text, in place: U+0000, which no database text can hold, becomes U+FFFD. */
static void without_zeros(char *p, size_t n)
{
    static const char zero[] = "\\u0000", replacement[] = "\\ufffd";
    const size_t length = sizeof zero - 1;

    for (size_t i = 0; i + length <= n; i++) {
        if (p[i] != '\\')
            continue;
        if (memcmp(p + i, zero, length) == 0)
            memcpy(p + i, replacement, length);
        i++; // what is escaped is no beginning
    }
}

/* As the API wrote it, but for its blanks and zeros. */
static struct str raw_of(struct json_object *o, struct arena *a)
{
    size_t n;
    const char *p = json_object_to_json_string_length(
        o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &n);
    char *copy;

    if (!p)
        return STR_NONE;
    copy = arena_alloc(a, n);
    memcpy(copy, p, n);
    without_zeros(copy, n);
    return (struct str){copy, n};
}

// --- a call --------------------------------------------------------------------------------------

/* Under the names that webhooks' details have (normalise.c). */
static const struct {
    const char *member;
    struct str name;
} kept[] = {
    {"answered_by", STR("answered_by")},
    {"caller_name", STR("caller_name")},
    {"forwarded_from", STR("forwarded_from")},
    {"queue_time", STR("queue_time")},
};

static void read_details(struct json_object *o, struct arena *a, struct call_change *c)
{
    struct call_detail *details = arena_new(a, struct call_detail, LEN(kept));

    for (size_t i = 0; i < LEN(kept); i++) {
        const struct str value = text(o, kept[i].member);
        if (!str_is_none(value))
            details[c->n_details++] = (struct call_detail){kept[i].name, value};
    }
    c->details = details;
}

/* A unit stands there before the price does, and says nothing by itself. */
static void read_price(struct json_object *o, struct call_change *c)
{
    if (call_price_parse(json_get_str(o, "price"), &c->price))
        c->price_unit = text(o, "price_unit");
}

static bool read_call_object(struct json_object *o, usec_t now, struct arena *a,
                             struct reconcile_found *ret)
{
    struct call_change c = call_change_none;

    c.kind = CALL_CHANGE_STATUS;
    c.call_sid = text(o, "sid");
    c.parent_sid = text(o, "parent_call_sid");
    c.status = text(o, "status");
    c.from = text(o, "from");
    c.to = text(o, "to");
    c.provider_direction = text(o, "direction");
    c.start_time = first_of(instant(o, "date_created"), instant(o, "start_time"));
    c.end_time = instant(o, "end_time");
    c.event_time = c.end_time != TIME_NONE ? c.end_time : instant(o, "date_updated");
    c.duration = number(o, "duration");
    c.observed_at = now;
    read_price(o, &c);
    read_details(o, a, &c);
    *ret = (struct reconcile_found){RECONCILE_FOUND, c, raw_of(o, a)};
    return !str_is_none(c.call_sid);
}

static bool read_call(struct str body, usec_t now, struct arena *a, struct reconcile_found *ret,
                      struct err *e)
{
    struct json_object *o;
    struct err bad = {0};

    if (json_parse(body, a, &o, &bad) && read_call_object(o, now, a, ret))
        return true;
    return err_set(e, ERR_UPSTREAM, "Twilio's answer is no call");
}

// --- a recording ---------------------------------------------------------------------------------

/* What is under way is "in-progress" for the rest of the house. */
static struct str recording_status(struct str status)
{
    static const struct str under_way[] = {STR("in-progress"), STR("paused"), STR("processing"),
                                           STR("stopped")};
    size_t i;

    return str_among(status, under_way, LEN(under_way), &i) ? STR("in-progress") : status;
}

static bool read_recording_object(struct json_object *o, usec_t now, struct arena *a,
                                  struct reconcile_found *ret)
{
    struct call_change c = call_change_none;

    c.kind = CALL_CHANGE_RECORDING;
    c.call_sid = text(o, "call_sid");
    c.event_time = instant(o, "date_updated");
    c.observed_at = now;
    c.recording = (struct call_recording){
        .sid = text(o, "sid"),
        .url = text(o, "media_url"),
        .status = recording_status(text(o, "status")),
        .duration = number(o, "duration"),
        .channels = number(o, "channels"),
        .start_time = instant(o, "start_time"),
        .source = text(o, "source"),
    };
    *ret = (struct reconcile_found){RECONCILE_FOUND, c, raw_of(o, a)};
    return !str_is_none(c.call_sid) && !str_is_none(c.recording.sid);
}

// --- a page --------------------------------------------------------------------------------------

static const struct {
    const char *key;
    bool (*read)(struct json_object *o, usec_t now, struct arena *a, struct reconcile_found *ret);
} lists[] = {
    {"calls", read_call_object},
    {"recordings", read_recording_object},
};

/* What names no call (a recording of a conference) is left out. */
static void read_items(struct json_object *list, size_t kind, usec_t now, struct arena *a,
                       struct reconcile_page *ret)
{
    const size_t n = json_object_array_length(list);
    struct reconcile_found *found = arena_new(a, struct reconcile_found, n);

    *ret = (struct reconcile_page){.found = found, .next = STR_NONE};
    for (size_t i = 0; i < n; i++)
        ret->n += lists[kind].read(json_object_array_get_idx(list, i), now, a, &found[ret->n]);
}

static bool read_next(const struct provider_account *account, struct json_object *page,
                      struct arena *a, struct str *ret, struct err *e)
{
    const struct str next = text(page, "next_page_uri"),
                     ours = str_fmt(a, API STR_FMT "/", STR_ARG(account->account));

    if (!str_is_none(next) && (!str_starts(next, ours) || next.n > PATH_MAX_BYTES))
        return err_set(e, ERR_UPSTREAM, "Twilio's next page is not among this account's");
    *ret = next;
    return true;
}

static bool read_list(const struct provider_account *account, struct str body, usec_t now,
                      struct arena *a, struct reconcile_page *ret, struct err *e)
{
    struct json_object *o;
    struct err bad = {0};

    if (!json_parse(body, a, &o, &bad))
        return err_set(e, ERR_UPSTREAM, "Twilio's answer is no list");
    for (size_t i = 0; i < LEN(lists); i++) {
        struct json_object *list = json_get(o, lists[i].key);
        if (!json_object_is_type(list, json_type_array))
            continue;
        read_items(list, i, now, a, ret);
        return read_next(account, o, a, &ret->next, e) || err_trace(e);
    }
    return err_set(e, ERR_UPSTREAM, "Twilio's answer is no list");
}

const struct provider_calls twilio_calls = {
    .peer = "Twilio",
    .call_path = call_path,
    .read_call = read_call,
    .list_path = list_path,
    .read_list = read_list,
};
