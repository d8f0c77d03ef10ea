#ifndef TRACE_OTLP_KIT_H
#define TRACE_OTLP_KIT_H
/*
 * Reads an ExportTraceServiceRequest as opentelemetry-proto describes it, for tests of what was
 * written: as text, such as `spans { name: a kind: 1 }`. What has no row here is not read.
 */
#include "base/buf.h"
#include "trace/protobuf_kit.h"

enum kit_kind { KIT_MESSAGE, KIT_TEXT, KIT_HEX, KIT_NUMBER, KIT_TIME };

/* A field of a message; the last one has no name. */
struct kit_shape {
    uint64_t number;
    const char *name;
    enum kit_kind kind;
    const struct kit_shape *of; /* a message's own fields */
};

static const struct kit_shape kit_any_value[] = {
    {1, "string_value", KIT_TEXT, NULL},
    {3, "int_value", KIT_NUMBER, NULL},
    {0},
};
static const struct kit_shape kit_key_value[] = {
    {1, "key", KIT_TEXT, NULL},
    {2, "value", KIT_MESSAGE, kit_any_value},
    {0},
};
static const struct kit_shape kit_status[] = {{3, "code", KIT_NUMBER, NULL}, {0}};
static const struct kit_shape kit_span[] = {
    {1, "trace_id", KIT_HEX, NULL},
    {2, "span_id", KIT_HEX, NULL},
    {4, "parent_span_id", KIT_HEX, NULL},
    {5, "name", KIT_TEXT, NULL},
    {6, "kind", KIT_NUMBER, NULL},
    {7, "start_time_unix_nano", KIT_TIME, NULL},
    {8, "end_time_unix_nano", KIT_TIME, NULL},
    {9, "attributes", KIT_MESSAGE, kit_key_value},
    {15, "status", KIT_MESSAGE, kit_status},
    {0},
};
static const struct kit_shape kit_scope[] = {{1, "name", KIT_TEXT, NULL}, {0}};
static const struct kit_shape kit_scope_spans[] = {
    {1, "scope", KIT_MESSAGE, kit_scope},
    {2, "spans", KIT_MESSAGE, kit_span},
    {0},
};
static const struct kit_shape kit_resource[] = {{1, "attributes", KIT_MESSAGE, kit_key_value}, {0}};
static const struct kit_shape kit_resource_spans[] = {
    {1, "resource", KIT_MESSAGE, kit_resource},
    {2, "scope_spans", KIT_MESSAGE, kit_scope_spans},
    {0},
};
static const struct kit_shape kit_request[] = {
    {1, "resource_spans", KIT_MESSAGE, kit_resource_spans},
    {0},
};

static inline bool kit_print_message(struct str in, const struct kit_shape *shapes,
                                     struct buf *out);

static inline bool kit_print(const struct kit_field *f, const struct kit_shape *shape,
                             struct buf *out)
{
    static const unsigned wires[] = {[KIT_MESSAGE] = KIT_BYTES,
                                     [KIT_TEXT] = KIT_BYTES,
                                     [KIT_HEX] = KIT_BYTES,
                                     [KIT_NUMBER] = KIT_VARINT,
                                     [KIT_TIME] = KIT_FIXED64};

    if (f->wire != wires[shape->kind])
        return false;
    buf_fmt(out, "%s%s ", shape->name, shape->kind == KIT_MESSAGE ? " {" : ":");
    switch (shape->kind) {
    case KIT_MESSAGE:
        if (!kit_print_message(f->bytes, shape->of, out))
            return false;
        buf_char(out, '}');
        break;
    case KIT_TEXT:
        buf_str(out, f->bytes);
        break;
    case KIT_HEX:
        for (size_t i = 0; i < f->bytes.n; i++)
            buf_fmt(out, "%02x", (unsigned)(unsigned char)f->bytes.p[i]);
        break;
    case KIT_NUMBER:
    case KIT_TIME:
        buf_i64(out, (int64_t)f->value);
        break;
    }
    buf_char(out, ' ');
    return true;
}

static inline bool kit_print_message(struct str in, const struct kit_shape *shapes, struct buf *out)
{
    struct kit_field f;

    while (in.n > 0) {
        const struct kit_shape *shape = shapes;
        if (!kit_cut_field(&in, &f))
            return false;
        while (shape->name && shape->number != f.number)
            shape++;
        if (!shape->name || !kit_print(&f, shape, out))
            return false;
    }
    return true;
}

/* False: it is no such request, or not as short as it can be. */
static inline bool kit_print_request(struct str in, struct buf *out)
{
    return kit_print_message(in, kit_request, out);
}

#endif
