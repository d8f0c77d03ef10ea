#include "trace/protobuf.h"

#include <endian.h>

/* How the value of a field stands, in the lowest three bits of its tag. */
enum wire { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2 };

enum { VARINT_MAX = 10, TAG_MAX = 5 };

static char *put_varint(char *at, uint64_t v)
{
    for (; v >= 128; v >>= 7)
        *at++ = (char)(v | 128);
    *at++ = (char)v;
    return at;
}

static size_t varint_length(uint64_t v)
{
    size_t n = 1;

    while (v >>= 7)
        n++;
    return n;
}

static char *put_tag(char *at, unsigned field, enum wire wire)
{
    return put_varint(at, (uint64_t)field << 3 | wire);
}

static void added(struct buf *out, const char *end)
{
    buf_added(out, (size_t)(end - (out->p + out->n)));
}

struct protobuf_part protobuf_open(struct buf *out, unsigned field, size_t room)
{
    char *const start = buf_room(out, TAG_MAX + room);

    if (start)
        added(out, put_tag(start, field, WIRE_BYTES) + room);
    return (struct protobuf_part){out->n, room};
}

void protobuf_close(struct buf *out, struct protobuf_part part)
{
    if (!buf_ok(out))
        return;
    const size_t n = out->n - part.body, length = varint_length(n);
    if (length > part.room && !buf_room(out, length - part.room))
        return;
    char *const start = out->p + part.body - part.room;
    if (length != part.room)
        memmove(start + length, out->p + part.body, n);
    put_varint(start, n);
    out->n = part.body - part.room + length + n;
}

void protobuf_varint(struct buf *out, unsigned field, uint64_t v)
{
    char *const start = buf_room(out, TAG_MAX + VARINT_MAX);

    if (start)
        added(out, put_varint(put_tag(start, field, WIRE_VARINT), v));
}

void protobuf_fixed64(struct buf *out, unsigned field, uint64_t v)
{
    char *const start = buf_room(out, TAG_MAX + sizeof v);

    if (!start)
        return;
    const uint64_t bytes = htole64(v);
    char *const value = put_tag(start, field, WIRE_FIXED64);
    memcpy(value, &bytes, sizeof bytes);
    added(out, value + sizeof bytes);
}

void protobuf_bytes(struct buf *out, unsigned field, struct str s)
{
    char *const start = buf_room(out, TAG_MAX + VARINT_MAX + s.n);

    if (!start)
        return;
    char *const value = put_varint(put_tag(start, field, WIRE_BYTES), s.n);
    if (s.n > 0)
        memcpy(value, s.p, s.n);
    added(out, value + s.n);
}
