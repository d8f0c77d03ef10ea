#include "inbox/record.h"

#include <zlib.h>

#include "base/buf.h"
#include "base/size.h"

#define MARK 0x7253c5f0u /* bytes that neither UTF-8 nor zeroes contain in this order */

enum { TEXTS = 11, TEXTS_AT_FIRST = 10 /* a record may end behind these */ };

static const size_t texts[TEXTS] = {
    offsetof(struct inbox_item, provider),      offsetof(struct inbox_item, source),
    offsetof(struct inbox_item, event_type),    offsetof(struct inbox_item, call_sid),
    offsetof(struct inbox_item, recording_sid), offsetof(struct inbox_item, lane),
    offsetof(struct inbox_item, dedupe_key),    offsetof(struct inbox_item, payload),
    offsetof(struct inbox_item, raw_body),      offsetof(struct inbox_item, trace_id),
    offsetof(struct inbox_item, account),
};
static_assert(sizeof(struct inbox_item) == 2 * sizeof(int64_t) + TEXTS * sizeof(struct str),
              "every member of an item is in the record");

static const struct str *text_of(const struct inbox_item *item, size_t i)
{
    return (const struct str *)((const char *)item + texts[i]);
}

// --- writing -------------------------------------------------------------------------------------

static void put_number(struct buf *out, uint64_t v, size_t n)
{
    for (size_t i = 0; i < n; i++, v >>= 8)
        buf_char(out, (char)(v & 0xff));
}

static void set_u32(char *p, uint32_t v)
{
    for (size_t i = 0; i < 4; i++, v >>= 8)
        p[i] = (char)(v & 0xff);
}

static uint32_t checksum(struct str length, struct str bytes)
{
    const uLong crc = crc32_z(0, (const Bytef *)length.p, length.n);
    return (uint32_t)crc32_z(crc, (const Bytef *)bytes.p, bytes.n);
}

void record_write(struct buf *out, const struct inbox_item *item)
{
    const size_t at = out->n;
    put_number(out, MARK, 4);
    put_number(out, 0, 8); // length and checksum, once they are known
    put_number(out, (uint64_t)item->project, 8);
    put_number(out, (uint64_t)item->received_at, 8);
    for (size_t i = 0; i < TEXTS; i++) {
        const struct str s = *text_of(item, i);
        put_number(out, str_is_none(s) ? 0 : s.n + 1, 4);
        buf_str(out, s);
    }

    if (buf_ok(out) && out->n - at > RECORD_HEAD + RECORD_MAX)
        out->failed = true;
    if (!buf_ok(out))
        return;
    char *head = out->p + at;
    const struct str bytes = {head + RECORD_HEAD, out->n - at - RECORD_HEAD};
    set_u32(head + 4, (uint32_t)bytes.n);
    set_u32(head + 8, checksum((struct str){head + 4, 4}, bytes));
}

// --- reading -------------------------------------------------------------------------------------

static uint64_t number_at(const char *p, size_t n)
{
    uint64_t v = 0;
    for (size_t i = n; i > 0; i--)
        v = v << 8 | (unsigned char)p[i - 1];
    return v;
}

static bool cut_number(struct str *in, size_t n, uint64_t *ret)
{
    struct str bytes;
    if (!cut_bytes(in, n, &bytes))
        return false;
    *ret = number_at(bytes.p, n);
    return true;
}

static bool cut_text(struct str *in, struct str *ret)
{
    uint64_t n;
    *ret = STR_NONE;
    return cut_number(in, 4, &n) && (n == 0 || cut_bytes(in, (size_t)n - 1, ret));
}

static bool parse(struct str bytes, struct inbox_item *ret)
{
    uint64_t project, received_at;
    if (!cut_number(&bytes, 8, &project) || !cut_number(&bytes, 8, &received_at))
        return false;
    ret->project = (int64_t)project;
    ret->received_at = (usec_t)received_at;
    for (size_t i = 0; i < TEXTS && !(i == TEXTS_AT_FIRST && bytes.n == 0); i++)
        if (!cut_text(&bytes, (struct str *)((char *)ret + texts[i])))
            return false;
    return bytes.n == 0;
}

/* A whole record in front of `in`; its length, or 0. */
static size_t whole_record(struct str in, struct inbox_item *ret)
{
    if (in.n < RECORD_HEAD || number_at(in.p, 4) != MARK)
        return 0;
    const size_t n = (size_t)number_at(in.p + 4, 4);
    if (n > RECORD_MAX || n > in.n - RECORD_HEAD)
        return 0;

    const struct str bytes = {in.p + RECORD_HEAD, n};
    // The shape first: bytes that look like many heads must not cost a checksum each.
    if (!parse(bytes, ret) || checksum((struct str){in.p + 4, 4}, bytes) != number_at(in.p + 8, 4))
        return 0;
    return RECORD_HEAD + n;
}

/* Whether `in` is a record that ends too early: what a write leaves that was cut short. */
static bool is_beginning(struct str in)
{
    if (in.n < RECORD_HEAD)
        return true;
    const size_t n = (size_t)number_at(in.p + 4, 4);
    return number_at(in.p, 4) == MARK && n <= RECORD_MAX && n > in.n - RECORD_HEAD;
}

/* Moves to the next whole record behind the damage; false when there is none. */
static bool skip_damage(struct str *in)
{
    struct inbox_item item;
    char mark[4];
    set_u32(mark, MARK);
    for (struct str s = str_sub(*in, 1, SIZE_MAX); s.n >= RECORD_HEAD;
         s = str_sub(s, 1, SIZE_MAX)) {
        const char *at = memmem(s.p, s.n, mark, sizeof(mark));
        if (!at)
            return false;
        s = str_sub(s, (size_t)(at - s.p), SIZE_MAX);
        if (whole_record(s, &item) > 0) {
            *in = s;
            return true;
        }
    }
    return false;
}

enum record_found record_next(struct str *in, struct inbox_item *ret)
{
    struct inbox_item item = {0};
    if (in->n == 0)
        return RECORD_END;

    const size_t n = whole_record(*in, &item);
    if (n > 0) {
        *in = str_sub(*in, n, SIZE_MAX);
        *ret = item;
        return RECORD_ITEM;
    }
    if (skip_damage(in))
        return RECORD_DAMAGED;
    const bool torn = is_beginning(*in);
    *in = str_sub(*in, in->n, 0);
    return torn ? RECORD_TORN : RECORD_DAMAGED;
}
