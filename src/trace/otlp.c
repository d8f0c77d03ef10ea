#include "trace/otlp.h"

#include <endian.h>

#include "base/arena.h"
#include "trace/protobuf.h"
#include "version.h"

// --- spans ---------------------------------------------------------------------------------------

uint64_t otlp_first_id(const unsigned char trace[ID_BYTES])
{
    uint64_t half;

    memcpy(&half, trace + ID_BYTES - sizeof half, sizeof half);
    return be64toh(half);
}

/* Fields by their numbers: opentelemetry/proto/{collector/trace,trace,resource,common}/v1. */
enum { REQUEST_RESOURCE_SPANS = 1 };
enum { RESOURCE_SPANS_RESOURCE = 1, RESOURCE_SPANS_SCOPE_SPANS = 2 };
enum { RESOURCE_ATTRIBUTES = 1 };
enum { SCOPE_SPANS_SCOPE = 1, SCOPE_SPANS_SPANS = 2 };
enum { SCOPE_NAME = 1 };
enum {
    SPAN_TRACE_ID = 1,
    SPAN_SPAN_ID = 2,
    SPAN_PARENT_SPAN_ID = 4,
    SPAN_NAME = 5,
    SPAN_KIND = 6,
    SPAN_START_TIME_UNIX_NANO = 7,
    SPAN_END_TIME_UNIX_NANO = 8,
    SPAN_ATTRIBUTES = 9,
    SPAN_STATUS = 15,
};
enum { STATUS_CODE = 3, STATUS_CODE_ERROR = 2 };
enum { KEY_VALUE_KEY = 1, KEY_VALUE_VALUE = 2 };
enum { ANY_VALUE_STRING = 1, ANY_VALUE_INT = 3 };

/* How many bytes the length of a message takes, as a rule. */
enum { SHORT = 1, OF_SPAN = 2, OF_BATCH = 3 };

static void write_id(struct buf *out, unsigned field, uint64_t id)
{
    const uint64_t bytes = htobe64(id);

    protobuf_bytes(out, field, (struct str){(const char *)&bytes, sizeof bytes});
}

static void write_time(struct buf *out, unsigned field, usec_t t)
{
    protobuf_fixed64(out, field, t > 0 && t < INT64_MAX / 1000 ? (uint64_t)t * 1000 : 0);
}

static void write_fact(struct buf *out, unsigned field, const struct span_fact *f)
{
    const struct protobuf_part fact = protobuf_open(out, field, SHORT);

    protobuf_bytes(out, KEY_VALUE_KEY, str_from(f->key));
    const struct protobuf_part value = protobuf_open(out, KEY_VALUE_VALUE, SHORT);
    if (str_is_none(f->text))
        protobuf_varint(out, ANY_VALUE_INT, (uint64_t)f->number);
    else
        protobuf_bytes(out, ANY_VALUE_STRING, f->text);
    protobuf_close(out, value);
    protobuf_close(out, fact);
}

static void write_name(struct buf *out, const struct span *s)
{
    const struct protobuf_part name = protobuf_open(out, SPAN_NAME, SHORT);

    buf_str(out, str_from(s->name));
    if (!str_is_empty(s->of)) {
        buf_char(out, ' ');
        buf_str(out, s->of);
    }
    protobuf_close(out, name);
}

static void write_failure(struct buf *out)
{
    const struct protobuf_part status = protobuf_open(out, SPAN_STATUS, SHORT);

    protobuf_varint(out, STATUS_CODE, STATUS_CODE_ERROR);
    protobuf_close(out, status);
}

static void write_span(struct buf *out, const struct otlp_span *o)
{
    const struct protobuf_part span = protobuf_open(out, SCOPE_SPANS_SPANS, OF_SPAN);

    protobuf_bytes(out, SPAN_TRACE_ID, (struct str){(const char *)o->trace, ID_BYTES});
    write_id(out, SPAN_SPAN_ID, o->id);
    if (o->parent != 0)
        write_id(out, SPAN_PARENT_SPAN_ID, o->parent);
    write_name(out, &o->span);
    protobuf_varint(out, SPAN_KIND, o->span.kind);
    write_time(out, SPAN_START_TIME_UNIX_NANO, o->end - o->span.took);
    write_time(out, SPAN_END_TIME_UNIX_NANO, o->end);
    for (size_t i = 0; i < SPAN_FACTS && o->span.facts[i].key; i++)
        write_fact(out, SPAN_ATTRIBUTES, &o->span.facts[i]);
    if (o->span.failed)
        write_failure(out);
    protobuf_close(out, span);
}

static void write_resource(struct buf *out, struct str service)
{
    const struct span_fact facts[] = {
        {"service.name", service, 0},
        {"service.version", STR(HOOKSWITCH_VERSION), 0},
    };
    const struct protobuf_part resource = protobuf_open(out, RESOURCE_SPANS_RESOURCE, SHORT);

    for (size_t i = 0; i < LEN(facts); i++)
        write_fact(out, RESOURCE_ATTRIBUTES, &facts[i]);
    protobuf_close(out, resource);
}

static void write_scope(struct buf *out)
{
    const struct protobuf_part scope = protobuf_open(out, SCOPE_SPANS_SCOPE, SHORT);

    protobuf_bytes(out, SCOPE_NAME, STR("hookswitch"));
    protobuf_close(out, scope);
}

void otlp_write(struct buf *out, struct str service, const struct otlp_span *const *spans, size_t n)
{
    const struct protobuf_part of_resource = protobuf_open(out, REQUEST_RESOURCE_SPANS, OF_BATCH);

    write_resource(out, service);
    const struct protobuf_part of_scope = protobuf_open(out, RESOURCE_SPANS_SCOPE_SPANS, OF_BATCH);
    write_scope(out);
    for (size_t i = 0; i < n; i++)
        write_span(out, spans[i]);
    protobuf_close(out, of_scope);
    protobuf_close(out, of_resource);
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
