/* Protocol buffers, held against the examples of their description and read again. */
#include "trace/protobuf.h"

#include "test/test.h"
#include "trace/protobuf_kit.h"

enum { CEILING = 64 * 1024 };

#define assert_bytes(out, literal)                                                                 \
    assert_true(buf_ok(&(out)) &&                                                                  \
                str_eq(buf_view(&(out)), (struct str){literal, sizeof literal - 1}))

static void fields_are_as_the_description_has_them(void **state)
{
    struct buf out;
    (void)state;
    buf_init(&out, CEILING);
    protobuf_varint(&out, 1, 150);
    protobuf_bytes(&out, 2, STR("testing"));
    protobuf_varint(&out, 16, (uint64_t)-2);
    protobuf_fixed64(&out, 7, UINT64_C(0x0102030405060708));
    protobuf_bytes(&out, 9, STR_NONE);
    assert_bytes(out, "\x08\x96\x01"
                      "\x12\x07testing"
                      "\x80\x01\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"
                      "\x39\x08\x07\x06\x05\x04\x03\x02\x01"
                      "\x4a\x00");
    buf_finish(&out);
}

static void a_message_stands_behind_its_length(void **state)
{
    struct buf out;
    (void)state;
    buf_init(&out, CEILING);
    const struct protobuf_part message = protobuf_open(&out, 3, 1);
    protobuf_varint(&out, 1, 150);
    const struct protobuf_part empty = protobuf_open(&out, 2, 1);
    protobuf_close(&out, empty);
    protobuf_close(&out, message);
    assert_bytes(out, "\x1a\x05\x08\x96\x01\x12\x00");
    buf_finish(&out);
}

/* Whatever room was left for it. */
static void a_length_is_as_short_as_it_can_be(void **state)
{
    static const size_t lengths[] = {0, 1, 127, 128, 16383, 16384, 40000};
    static char text[40000];
    struct buf with, without;
    (void)state;
    memset(text, 'x', sizeof text);
    buf_init(&with, CEILING);
    buf_init(&without, CEILING);
    FOR_EACH_ROW (length, lengths) {
        const struct str s = {text, *length};
        for (size_t room = 0; room < 5; room++) {
            buf_reset(&with);
            buf_reset(&without);
            const struct protobuf_part part = protobuf_open(&with, 5, room);
            buf_str(&with, s);
            protobuf_close(&with, part);
            protobuf_varint(&with, 6, 1); // and nothing behind it is touched
            protobuf_bytes(&without, 5, s);
            protobuf_varint(&without, 6, 1);
            assert_true(buf_ok(&with) && str_eq(buf_view(&with), buf_view(&without)));
        }
    }
    buf_finish(&with);
    buf_finish(&without);
}

static void write_all(struct buf *out)
{
    const struct protobuf_part message = protobuf_open(out, 3, 0);

    protobuf_varint(out, 1, UINT64_MAX);
    protobuf_fixed64(out, 2, 1);
    protobuf_bytes(out, 4, STR("text"));
    protobuf_close(out, message);
}

static void what_does_not_fit_fails_at_each_ceiling(void **state)
{
    struct buf out;
    size_t max = 0;
    (void)state;
    for (bool fits = false; !fits; max++) {
        struct kit_field message;
        buf_init(&out, max);
        write_all(&out);
        fits = buf_ok(&out);
        struct str in = buf_view(&out);
        assert_true(!fits || (kit_cut_field(&in, &message) && in.n == 0 && message.bytes.n == 26));
        buf_finish(&out);
    }
    assert_in_range(max, 28, 64);
}

TEST_MAIN(cmocka_unit_test(fields_are_as_the_description_has_them),
          cmocka_unit_test(a_message_stands_behind_its_length),
          cmocka_unit_test(a_length_is_as_short_as_it_can_be),
          cmocka_unit_test(what_does_not_fit_fails_at_each_ceiling))
