#ifndef TRACE_PROTOBUF_H
#define TRACE_PROTOBUF_H
/*
 * Protocol buffers, written field by field. https://protobuf.dev/programming-guides/encoding/
 *
 * A field that is a message stands behind its length, which is known only when all of it is
 * written. So many bytes as that length is expected to take are left open; if it takes another
 * number, the message moves. Everything is as short as it can be either way.
 */
#include "base/buf.h"

/* A message that is being written. */
struct protobuf_part {
    size_t body; /* where it begins */
    size_t room; /* for its length, in front of it */
};

/* A field that is a message: what is written before protobuf_close() is in it. room: the bytes that
 * its length is likely to take, of which each holds seven bits. */
struct protobuf_part protobuf_open(struct buf *out, unsigned field, size_t room);
void protobuf_close(struct buf *out, struct protobuf_part part);

/* int64, uint64 and enums: a negative number is cast. */
void protobuf_varint(struct buf *out, unsigned field, uint64_t v);
void protobuf_fixed64(struct buf *out, unsigned field, uint64_t v);
/* string and bytes; a string is UTF-8 by its caller's hand. */
void protobuf_bytes(struct buf *out, unsigned field, struct str s);

#endif
