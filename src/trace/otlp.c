#include "trace/otlp.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/json.h"
#include "version.h"

// --- spans ---------------------------------------------------------------------------------------

static uint64_t big_endian(const unsigned char bytes[8])
{
    uint64_t v = 0;

    for (size_t i = 0; i < 8; i++)
        v = v << 8 | bytes[i];
    return v;
}

uint64_t otlp_first_id(const unsigned char trace[ID_BYTES])
{
    return big_endian(trace + 8);
}

static struct str hex(uint64_t v, char *dst)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 16; i-- > 0; v >>= 4)
        dst[i] = digits[v & 15];
    return (struct str){dst, 16};
}

static void write_id(struct json_writer *w, struct str key, uint64_t id)
{
    char text[16];

    json_member_str(w, key, hex(id, text));
}

static void write_trace(struct json_writer *w, const unsigned char trace[ID_BYTES])
{
    char text[2 * ID_BYTES];

    (void)hex(big_endian(trace), text);
    (void)hex(big_endian(trace + 8), text + ID_BYTES);
    json_member_str(w, STR("traceId"), (struct str){text, sizeof text});
}

/* Numbers of 64 bits are text, as everywhere in the JSON of protocol buffers. */
static void write_number(struct json_writer *w, struct str key, int64_t v)
{
    json_key(w, key);
    json_raw(w, STR("\""));
    buf_i64(w->out, v);
    buf_char(w->out, '"');
}

static void write_time(struct json_writer *w, struct str key, usec_t t)
{
    write_number(w, key, t > 0 && t < INT64_MAX / 1000 ? t * 1000 : 0);
}

static void write_fact(struct json_writer *w, struct str key, struct str text, int64_t number)
{
    json_open_object(w);
    json_member_str(w, STR("key"), key);
    json_key(w, STR("value"));
    json_open_object(w);
    if (str_is_none(text))
        write_number(w, STR("intValue"), number);
    else
        json_member_str(w, STR("stringValue"), text);
    json_close_object(w);
    json_close_object(w);
}

static void write_facts(struct json_writer *w, const struct span *s)
{
    json_key(w, STR("attributes"));
    json_open_array(w);
    for (size_t i = 0; i < SPAN_FACTS && s->facts[i].key; i++)
        write_fact(w, str_from(s->facts[i].key), s->facts[i].text, s->facts[i].number);
    json_close_array(w);
}

static void write_name(struct json_writer *w, const struct span *s)
{
    char text[160];
    const int n = snprintf(text, sizeof text, "%s%s" STR_FMT, s->name,
                           str_is_empty(s->of) ? "" : " ", STR_ARG(s->of));

    json_member_str(w, STR("name"),
                    (struct str){text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1});
}

static void write_span(struct json_writer *w, const struct otlp_span *o)
{
    enum { STATUS_ERROR = 2 };

    json_open_object(w);
    write_trace(w, o->trace);
    write_id(w, STR("spanId"), o->id);
    if (o->parent != 0)
        write_id(w, STR("parentSpanId"), o->parent);
    write_name(w, &o->span);
    json_member_int(w, STR("kind"), o->span.kind);
    write_time(w, STR("startTimeUnixNano"), o->end - o->span.took);
    write_time(w, STR("endTimeUnixNano"), o->end);
    write_facts(w, &o->span);
    if (o->span.failed) {
        json_key(w, STR("status"));
        json_open_object(w);
        json_member_int(w, STR("code"), STATUS_ERROR);
        json_close_object(w);
    }
    json_close_object(w);
}

static void write_resource(struct json_writer *w, struct str service)
{
    json_key(w, STR("resource"));
    json_open_object(w);
    json_key(w, STR("attributes"));
    json_open_array(w);
    write_fact(w, STR("service.name"), service, 0);
    write_fact(w, STR("service.version"), STR(HOOKSWITCH_VERSION), 0);
    json_close_array(w);
    json_close_object(w);
}

void otlp_write(struct buf *out, struct str service, const struct otlp_span *const *spans, size_t n)
{
    struct json_writer w;

    json_init(&w, out);
    json_open_object(&w);
    json_key(&w, STR("resourceSpans"));
    json_open_array(&w);
    json_open_object(&w);
    write_resource(&w, service);
    json_key(&w, STR("scopeSpans"));
    json_open_array(&w);
    json_open_object(&w);
    json_key(&w, STR("scope"));
    json_open_object(&w);
    json_member_str(&w, STR("name"), STR("hookswitch"));
    json_close_object(&w);
    json_key(&w, STR("spans"));
    json_open_array(&w);
    for (size_t i = 0; i < n; i++)
        write_span(&w, spans[i]);
    json_close_array(&w);
    json_close_object(&w);
    json_close_array(&w);
    json_close_object(&w);
    json_close_array(&w);
    json_close_object(&w);
}

// --- which traces --------------------------------------------------------------------------------

/* 0, 1, 0.25, 1.0: at most nine digits behind the point. */
static bool share_of(struct str s, uint64_t *ret)
{
    enum { DIGITS = 9 };
    uint64_t parts = 0, whole;
    size_t n = 0;

    if (str_is_empty(s)) {
        *ret = OTLP_ALL;
        return true;
    }
    if (!cut_u64(&s, &whole) || whole > 1 || (s.n > 0 && !cut_char(&s, '.')))
        return false;
    for (; n < s.n && n < DIGITS && s.p[n] >= '0' && s.p[n] <= '9'; n++)
        parts = parts * 10 + (uint64_t)(s.p[n] - '0');
    if (n < s.n || (whole == 1 && parts > 0))
        return false;
    for (; n < DIGITS; n++)
        parts *= 10;
    *ret = whole == 1 ? OTLP_ALL : OTLP_ALL / 1000000000 * parts;
    return true;
}

bool otlp_share_parse(struct str sampler, struct str arg, uint64_t *ret)
{
    (void)cut_lit(&sampler, STR("parentbased_"));
    if (str_eq(sampler, STR("traceidratio")))
        return share_of(arg, ret);
    *ret = str_eq(sampler, STR("always_on")) ? OTLP_ALL : 0;
    return *ret > 0 || str_eq(sampler, STR("always_off"));
}

bool otlp_is_sampled(const unsigned char trace[ID_BYTES], uint64_t share)
{
    return otlp_first_id(trace) >> 1 < share;
}

// --- header fields -------------------------------------------------------------------------------

static bool is_name(struct str s)
{
    struct str token;

    return cut_token(&s, &token) && s.n == 0;
}

static bool decode(struct str s, struct arena *a, struct str *ret)
{
    char *text = arena_alloc(a, s.n + 1);
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c == '%') {
            const int high = i + 2 < s.n ? hex_value(s.p[i + 1]) : -1;
            const int low = high >= 0 ? hex_value(s.p[i + 2]) : -1;
            if (low < 0)
                return false;
            c = (unsigned char)(high << 4 | low);
            i += 2;
        }
        if (c < ' ' || c == 127)
            return false;
        text[n++] = (char)c;
    }
    *ret = (struct str){text, n};
    return true;
}

bool otlp_headers_parse(struct str text, struct arena *a, struct http_header **ret, size_t *ret_n)
{
    struct http_header *list = arena_new(a, struct http_header, text.n / 2 + 1);
    struct str field, name;
    size_t n = 0;

    while (!str_is_empty(text) && cut_field(&text, ',', &field)) {
        if (!cut_until(&field, '=', &name) || !is_name(str_trim(name)) ||
            !decode(str_trim(field), a, &list[n].value))
            return false;
        list[n++].name = str_dup(str_trim(name), a);
    }
    *ret = list;
    *ret_n = n;
    return true;
}
