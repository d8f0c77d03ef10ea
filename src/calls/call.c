#include "calls/call.h"

#include "base/json.h"
#include "calls/internal.h"

static const struct str status_names[] = {
    [CALL_QUEUED] = STR("queued"),       [CALL_INITIATED] = STR("initiated"),
    [CALL_RINGING] = STR("ringing"),     [CALL_IN_PROGRESS] = STR("in-progress"),
    [CALL_COMPLETED] = STR("completed"), [CALL_BUSY] = STR("busy"),
    [CALL_NO_ANSWER] = STR("no-answer"), [CALL_CANCELED] = STR("canceled"),
    [CALL_FAILED] = STR("failed"),
};
static_assert(LEN(status_names) == CALL_STATUS_COUNT, "every status has a name");

static const struct str direction_names[] = {
    [CALL_INBOUND] = STR("inbound"),
    [CALL_OUTBOUND] = STR("outbound"),
    [CALL_INTERNAL] = STR("internal"),
    [CALL_EXTERNAL] = STR("external"),
};
static_assert(LEN(direction_names) == CALL_DIRECTION_COUNT, "every direction has a name");

static const struct str visibility_names[] = {
    [CALL_VISIBLE] = STR("visible"),
    [CALL_FILTERED] = STR("filtered"),
    [CALL_PENDING] = STR("pending"),
};
static_assert(LEN(visibility_names) == CALL_VISIBILITY_COUNT, "every visibility has a name");

struct str call_status_name(enum call_status s)
{
    return status_names[s];
}

struct str call_direction_name(enum call_direction d)
{
    return direction_names[d];
}

struct str call_visibility_name(enum call_visibility v)
{
    return visibility_names[v];
}

bool call_is_missed(enum call_direction direction, enum call_status display_status)
{
    return direction == CALL_INBOUND && call_status_is_final(display_status) &&
           display_status != CALL_COMPLETED;
}

bool call_status_parse(struct str s, enum call_status *ret)
{
    size_t i;

    if (!str_among(s, status_names, LEN(status_names), &i))
        return false;
    *ret = (enum call_status)i;
    return true;
}

bool call_direction_parse(struct str s, enum call_direction *ret)
{
    size_t i;

    if (!str_among(s, direction_names, LEN(direction_names), &i))
        return false;
    *ret = (enum call_direction)i;
    return true;
}

bool call_visibility_parse(struct str s, enum call_visibility *ret)
{
    size_t i;

    if (!str_among(s, visibility_names, LEN(visibility_names), &i))
        return false;
    *ret = (enum call_visibility)i;
    return true;
}

enum { PRICE_UNIT = 10000, PRICE_WHOLE_MAX = 999999, PRICE_DIGITS = 4 };

/* Fraction digits: at most four count, the fifth rounds, the rest must be digits. */
static bool cut_fraction(struct str *in, int64_t *ret)
{
    int64_t fraction = 0;
    bool round_up = false;
    size_t i = 0;

    for (; i < in->n; i++) {
        const char c = in->p[i];

        if (c < '0' || c > '9')
            return false;
        if (i < PRICE_DIGITS)
            fraction = fraction * 10 + (c - '0');
        else if (i == PRICE_DIGITS)
            round_up = c >= '5';
    }
    if (i == 0)
        return false;
    for (; i < PRICE_DIGITS; i++)
        fraction *= 10;
    *in = str_sub(*in, in->n, 0);
    *ret = fraction + round_up;
    return true;
}

bool call_price_parse(struct str s, int64_t *ret)
{
    struct str in = str_trim(s);
    const bool negative = cut_char(&in, '-');
    int64_t fraction = 0;
    uint32_t whole;

    if (!cut_u32(&in, &whole) || whole > PRICE_WHOLE_MAX)
        return false;
    if (cut_char(&in, '.') && !cut_fraction(&in, &fraction))
        return false;
    if (in.n > 0 || (whole == PRICE_WHOLE_MAX && fraction >= PRICE_UNIT))
        return false;

    *ret = ((int64_t)whole * PRICE_UNIT + fraction) * (negative ? -1 : 1);
    return true;
}

size_t call_price_format(int64_t price, char dst[CALL_PRICE_TEXT_MAX])
{
    const uint64_t amount = price < 0 ? -(uint64_t)price : (uint64_t)price;
    uint64_t fraction = amount % PRICE_UNIT;
    char reversed[CALL_PRICE_TEXT_MAX];
    size_t n = 0, length = 0;

    for (int i = 0; i < PRICE_DIGITS; i++, fraction /= 10)
        if (n > 0 || fraction % 10 != 0)
            reversed[n++] = (char)('0' + fraction % 10);
    if (n > 0)
        reversed[n++] = '.';
    for (uint64_t whole = amount / PRICE_UNIT, first = 1; first || whole > 0;
         whole /= 10, first = 0)
        reversed[n++] = (char)('0' + whole % 10);
    if (price < 0)
        reversed[n++] = '-';
    while (n > 0)
        dst[length++] = reversed[--n];
    dst[length] = 0;
    return length;
}

void call_member_int(struct json_writer *w, struct str key, int64_t v)
{
    if (v == INT_NONE)
        json_member_null(w, key);
    else
        json_member_int(w, key, v);
}

static void member_price(struct json_writer *w, int64_t price)
{
    char text[CALL_PRICE_TEXT_MAX];

    if (price == INT_NONE)
        json_member_null(w, STR("price"));
    else
        json_member_raw(w, STR("price"), (struct str){text, call_price_format(price, text)});
}

static struct str or_empty(struct str s)
{
    return str_is_none(s) ? STR("") : s;
}

void call_json_value(struct json_writer *w, const struct call *c)
{
    json_open_object(w);
    json_member_id(w, STR("id"), c->id);
    json_member_id(w, STR("conversation_id"), c->conversation_id);
    json_member_str(w, STR("provider"), c->provider);
    json_member_str(w, STR("twilio_sid"), c->twilio_sid);
    json_member_str(w, STR("parent_call_sid"), c->parent_call_sid);
    json_member_str(w, STR("direction"), call_direction_name(c->direction));
    json_member_str(w, STR("status"), call_status_name(c->status));
    json_member_str(w, STR("display_status"), call_status_name(c->display_status));
    json_member_str(w, STR("visibility"), call_visibility_name(c->visibility));
    json_member_str(w, STR("from_number"), or_empty(c->from_number));
    json_member_str(w, STR("to_number"), or_empty(c->to_number));
    call_member_int(w, STR("duration"), c->duration);
    call_member_int(w, STR("total_duration"), c->total_duration);
    call_member_int(w, STR("talk_time"), c->talk_time);
    call_member_int(w, STR("wait_time"), c->wait_time);
    member_price(w, c->price);
    json_member_str(w, STR("price_unit"), c->price_unit);
    json_member_time(w, STR("start_time"), c->start_time);
    json_member_time(w, STR("answered_at"), c->answered_at);
    json_member_time(w, STR("end_time"), c->end_time);
    json_member_str(w, STR("recording_url"), c->recording_url);
    json_member_raw(w, STR("metadata"), str_is_none(c->metadata) ? STR("{}") : c->metadata);
    json_member_time(w, STR("created_at"), c->created_at);
    json_member_time(w, STR("updated_at"), c->updated_at);
    json_member_time(w, STR("last_event_time"), c->last_event_time);
    json_member_bool(w, STR("is_final"), c->is_final);
    json_member_bool(w, STR("missed"), c->missed);
    json_member_time(w, STR("finalized_at"), c->finalized_at);
    json_member_str(w, STR("sync_state"),
                    str_is_none(c->sync_state) ? STR("active") : c->sync_state);
    json_close_object(w);
}

void call_json(struct buf *out, const struct call *c)
{
    struct json_writer w;

    json_init(&w, out);
    call_json_value(&w, c);
}
