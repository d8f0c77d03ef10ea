/*
 * An event is rendered once per node, thousands of times a second: the values that it takes from
 * the snapshot are copied as the JSON that they are, found by a scanner that knows no more of JSON
 * than where a value ends. The payload was written by us and, on PostgreSQL, written anew by jsonb
 * (other order, other blanks): it is JSON, and nothing else is assumed.
 */
#include "feed/frame.h"

#include "base/json.h"
#include "sse/sse.h"

enum { FRAME_MAX = 1024 * 1024 };

static void skip_blanks(struct str *in)
{
    while (in->n > 0 && (*in->p == ' ' || *in->p == '\n' || *in->p == '\t' || *in->p == '\r'))
        *in = str_sub(*in, 1, in->n);
}

/* Past a string; in stands at its opening quote. */
static bool skip_string(struct str *in)
{
    size_t i = 1;

    while (i < in->n && in->p[i] != '"')
        i += in->p[i] == '\\' ? 2 : 1;
    if (i >= in->n)
        return false;
    *in = str_sub(*in, i + 1, in->n);
    return true;
}

/* Past an object or a list. */
static bool skip_nested(struct str *in)
{
    size_t depth = 0;

    while (in->n > 0) {
        const char c = *in->p;
        if (c == '"') {
            if (!skip_string(in))
                return false;
            continue;
        }
        *in = str_sub(*in, 1, in->n);
        if (c == '{' || c == '[')
            depth++;
        if ((c == '}' || c == ']') && --depth == 0)
            return true;
    }
    return false;
}

static bool skip_plain(struct str *in)
{
    size_t i = 0;

    while (i < in->n && in->p[i] != ',' && in->p[i] != '}' && in->p[i] != ']' && in->p[i] > ' ')
        i++;
    *in = str_sub(*in, i, in->n);
    return i > 0;
}

static bool cut_value(struct str *in, struct str *ret)
{
    skip_blanks(in);
    if (in->n == 0)
        return false;
    const char *from = in->p;
    const bool ok = *from == '"'                   ? skip_string(in)
                    : *from == '{' || *from == '[' ? skip_nested(in)
                                                   : skip_plain(in);
    if (!ok)
        return false;
    *ret = (struct str){from, (size_t)(in->p - from)};
    return true;
}

/* The next member of an object; the key stands between its quotes. False: there is no more. */
static bool cut_member(struct str *in, struct str *key, struct str *value)
{
    skip_blanks(in);
    if (!cut_char(in, ',') && !cut_char(in, '{'))
        return false;
    if (!cut_value(in, key) || key->n < 2 || *key->p != '"')
        return false;
    skip_blanks(in);
    if (!cut_char(in, ':') || !cut_value(in, value))
        return false;
    *key = str_sub(*key, 1, key->n - 2);
    return true;
}

static bool find_member(struct str object, struct str name, struct str *ret)
{
    struct str key, value;

    while (cut_member(&object, &key, &value))
        if (str_eq(key, name)) {
            *ret = value;
            return true;
        }
    return false;
}

/* What of the snapshot stands in `data` too, by the stream's names. */
enum { SID, STATUS, DIRECTION, FROM, TO, DURATION, DISPLAY, PARENT, CONVERSATION, FINAL, N_SHOWN };

static const struct {
    struct str column, shown;
} members[] = {
    [SID] = {{"twilio_sid", 10}, {"callSid", 7}},
    [STATUS] = {{"status", 6}, {"status", 6}},
    [DIRECTION] = {{"direction", 9}, {"direction", 9}},
    [FROM] = {{"from_number", 11}, {"from", 4}},
    [TO] = {{"to_number", 9}, {"to", 2}},
    [DURATION] = {{"duration", 8}, {"duration", 8}},
    [DISPLAY] = {{"display_status", 14}, {"displayStatus", 13}},
    [PARENT] = {{"parent_call_sid", 15}, {"parentCallSid", 13}},
    [CONVERSATION] = {{"conversation_id", 15}, {"conversationId", 14}},
    [FINAL] = {{"is_final", 8}, {"isFinal", 7}},
};
static_assert(LEN(members) == N_SHOWN, "every shown member has its column");

static void find_shown(struct str call, struct str values[N_SHOWN])
{
    struct str key, value;

    while (cut_member(&call, &key, &value))
        for (size_t i = 0; i < N_SHOWN; i++)
            if (str_eq(key, members[i].column))
                values[i] = value;
}

static void write_data(struct json_writer *w, struct str call, const struct feed_item *item)
{
    struct str values[N_SHOWN] = {0};

    find_shown(call, values);
    json_key(w, STR("data"));
    json_open_object(w);
    for (size_t i = 0; i < N_SHOWN; i++) {
        json_member_raw(w, members[i].shown, values[i]);
        if (i == DURATION)
            json_member_time(w, STR("timestamp"), item->ts);
    }
    json_member_bool(w, STR("late"), feed_is_late(item));
    json_close_object(w);
}

bool feed_frame_event(struct buf *out, const struct feed_item *item, struct str epoch)
{
    const struct str name = feed_stream_name(item->type);
    struct json_writer w;
    struct str call;
    struct buf json;

    if (str_is_none(name) || !find_member(item->payload, STR("call"), &call) || *call.p != '{')
        return false;

    buf_init(&json, FRAME_MAX);
    json_init(&w, &json);
    json_open_object(&w);
    json_member_str(&w, STR("event"), name);
    write_data(&w, call, item);
    json_member_int(&w, STR("seq"), item->seq);
    json_member_str(&w, STR("epoch"), epoch);
    json_member_raw(&w, STR("call"), call);
    json_close_object(&w);
    const bool fits = buf_ok(&json);
    if (fits)
        sse_frame_write_seq(out, item->seq, name, buf_view(&json));
    buf_finish(&json);
    return fits;
}

/* {"event": name, "data": {…: left open. */
static void open_notice(struct json_writer *w, struct buf *json, struct str name)
{
    buf_init(json, FRAME_MAX);
    json_init(w, json);
    json_open_object(w);
    json_member_str(w, STR("event"), name);
    json_key(w, STR("data"));
    json_open_object(w);
}

void feed_frame_connected(struct buf *out, struct str epoch, int64_t last_seq, usec_t now)
{
    struct json_writer w;
    struct buf json;

    open_notice(&w, &json, STR("connected"));
    json_member_str(&w, STR("epoch"), epoch);
    json_member_int(&w, STR("last_seq"), last_seq);
    json_member_time(&w, STR("server_time"), now);
    json_close_object(&w);
    json_close_object(&w);
    sse_frame_write(out, STR_NONE, STR("connected"), buf_view(&json));
    buf_finish(&json);
}

void feed_frame_keepalive(struct buf *out, usec_t now)
{
    struct json_writer w;
    struct buf json;

    open_notice(&w, &json, STR("keepalive"));
    json_member_time(&w, STR("server_time"), now);
    json_close_object(&w);
    json_close_object(&w);
    sse_keepalive_write(out, buf_view(&json));
    buf_finish(&json);
}

void feed_frame_ended(struct buf *out, struct str reason)
{
    struct json_writer w;
    struct buf json;

    open_notice(&w, &json, STR("ended"));
    json_member_str(&w, STR("reason"), reason);
    json_close_object(&w);
    json_close_object(&w);
    sse_frame_write(out, STR_NONE, STR("ended"), buf_view(&json));
    buf_finish(&json);
}

struct str feed_resync_name(enum feed_resync reason)
{
    static const struct str names[] = {
        [FEED_TOO_OLD] = {"too_old", 7},
        [FEED_EPOCH_CHANGED] = {"epoch_changed", 13},
        [FEED_AHEAD] = {"ahead", 5},
    };

    return names[reason];
}

void feed_frame_resync(struct buf *out, const struct feed_resync_point *p)
{
    struct json_writer w;
    struct buf json;

    open_notice(&w, &json, STR("resync"));
    json_member_str(&w, STR("reason"), feed_resync_name(p->reason));
    json_member_str(&w, STR("epoch"), p->epoch);
    json_member_int(&w, STR("first_seq"), p->first_seq);
    json_member_int(&w, STR("last_seq"), p->last_seq);
    json_close_object(&w);
    json_close_object(&w);
    sse_frame_write(out, STR_NONE, STR("resync"), buf_view(&json));
    buf_finish(&json);
}
