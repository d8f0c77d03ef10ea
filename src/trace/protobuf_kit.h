#ifndef TRACE_PROTOBUF_KIT_H
#define TRACE_PROTOBUF_KIT_H
/* Reads protocol buffers, for tests of what was written: only what is as short as it can be. */
#include "base/str.h"

enum { KIT_VARINT = 0, KIT_FIXED64 = 1, KIT_BYTES = 2 };

struct kit_field {
    uint64_t number; /* of the field */
    unsigned wire;
    uint64_t value;   /* varint, fixed64 */
    struct str bytes; /* string, bytes, message */
};

static inline bool kit_cut_varint(struct str *in, uint64_t *ret)
{
    uint64_t v = 0;

    for (size_t i = 0; i < in->n && i < 10; i++) {
        const unsigned char c = (unsigned char)in->p[i];
        v |= (uint64_t)(c & 127) << (7 * i);
        if (c < 128) {
            *in = str_sub(*in, i + 1, in->n);
            *ret = v;
            return i == 0 || c > 0;
        }
    }
    return false;
}

static inline bool kit_cut_fixed64(struct str *in, uint64_t *ret)
{
    struct str bytes;

    if (!cut_bytes(in, 8, &bytes))
        return false;
    *ret = 0;
    for (size_t i = 8; i-- > 0;)
        *ret = *ret << 8 | (unsigned char)bytes.p[i];
    return true;
}

/* The next field of a message. */
static inline bool kit_cut_field(struct str *in, struct kit_field *ret)
{
    uint64_t tag;

    if (!kit_cut_varint(in, &tag))
        return false;
    *ret = (struct kit_field){.number = tag >> 3, .wire = tag & 7};
    switch (ret->wire) {
    case KIT_VARINT:
        return kit_cut_varint(in, &ret->value);
    case KIT_FIXED64:
        return kit_cut_fixed64(in, &ret->value);
    case KIT_BYTES:
        return kit_cut_varint(in, &ret->value) && cut_bytes(in, ret->value, &ret->bytes);
    }
    return false;
}

/* The first field of that number. */
static inline bool kit_find(struct str in, uint64_t number, struct kit_field *ret)
{
    while (kit_cut_field(&in, ret))
        if (ret->number == number)
            return true;
    return false;
}

#endif
