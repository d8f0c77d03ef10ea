#include "http/chunked.h"

#include "test/test.h"

enum { MAX = 64 };

/* Cuts the input after every byte when `bytewise`. 200: whole; 0: more; otherwise the refusal. */
static int decode(struct str in, bool bytewise, struct buf *out, struct str *ret_rest)
{
    struct http_chunked d = {0};

    buf_reset(out);
    while (in.n > 0) {
        struct str part = str_sub(in, 0, bytewise ? 1 : in.n);
        const size_t before = part.n;
        const enum http_parse found = http_chunked_feed(&d, &part, MAX, out);
        in = str_sub(in, before - part.n, in.n);
        *ret_rest = in;
        if (found == HTTP_PARSE_DONE)
            return 200;
        if (found == HTTP_PARSE_REFUSED)
            return d.status;
    }
    return 0;
}

static const struct {
    struct str in;
    int status;
    const char *body, *rest;
} rows[] = {
#define ROW(text, ...)                                                                             \
    {                                                                                              \
        {text, sizeof(text) - 1}, __VA_ARGS__                                                      \
    }
    ROW("0\r\n\r\n", 200, "", ""),
    ROW("5\r\nhello\r\n0\r\n\r\nGET", 200, "hello", "GET"),
    ROW("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", 200, "hello world", ""),
    ROW("00A\r\n0123456789\r\n000\r\n\r\n", 200, "0123456789", ""),
    ROW("a\r\n0123456789\r\n0\r\n\r\n", 200, "0123456789", ""),
    ROW("1;name=\"value\"\r\nx\r\n0;y\r\n\r\n", 200, "x", ""),
    ROW("0\r\nX-Trailer: y\r\nZ:\r\n\r\n", 200, "", ""),
    ROW("5\r\nhel", 0, NULL, NULL),
    ROW("5\r\nhello\r\n0\r\n", 0, NULL, NULL),
    ROW("\r\nhello", 400, NULL, NULL),
    ROW("5\nhello\r\n", 400, NULL, NULL),
    ROW("5 \r\nhello\r\n", 400, NULL, NULL),
    ROW(" 5\r\nhello\r\n", 400, NULL, NULL),
    ROW("+5\r\nhello\r\n", 400, NULL, NULL),
    ROW("-5\r\nhello\r\n", 400, NULL, NULL),
    ROW("0x5\r\nhello\r\n", 400, NULL, NULL),
    ROW("5h\r\nhello\r\n", 400, NULL, NULL),
    ROW("5\r\nhello!\r\n", 400, NULL, NULL),
    ROW("5\r\nhello\n", 400, NULL, NULL),
    ROW("5\r\nhellox", 400, NULL, NULL),
    ROW("5\rxhello", 400, NULL, NULL),
    ROW("1;\0\r\n", 400, NULL, NULL),
    ROW("1;a\nb\r\n", 400, NULL, NULL),
    ROW("000000005\r\n", 400, NULL, NULL),
    ROW("FFFFFFFFFFFFFFFF\r\n", 400, NULL, NULL),
    ROW("0\r\n\n", 400, NULL, NULL),
    ROW("0\r\n X: y\r\n\r\n", 400, NULL, NULL),
    ROW("0\r\nX : y\r\n\r\n", 400, NULL, NULL),
    ROW("0\r\nX: \0\r\n\r\n", 400, NULL, NULL),
    ROW("FFFFFFFF\r\n", 413, NULL, NULL),
    ROW("41\r\n", 413, NULL, NULL),
    ROW("1\r\nx\r\n40\r\n", 413, NULL, NULL),
#undef ROW
};

static void decodes_strictly_however_it_is_cut(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, MAX);
    FOR_EACH_ROW (row, rows) {
        for (int bytewise = 0; bytewise < 2; bytewise++) {
            struct str rest = STR("");
            assert_row(decode(row->in, bytewise, &out, &rest) == row->status, row->in.p);
            assert_row(!row->body || str_eq(buf_view(&out), str_from(row->body)), row->in.p);
            assert_row(!row->rest || str_eq(rest, str_from(row->rest)), row->in.p);
        }
    }
    buf_finish(&out);
}

static void bounds_extensions_and_trailers(void **state)
{
    struct arena *a = arena_create(0);
    char *long_text = arena_alloc(a, LIMIT_HEADER_BLOCK + 1);
    struct buf out;
    struct str rest;

    (void)state;
    memset(long_text, 'x', LIMIT_HEADER_BLOCK);
    buf_init(&out, MAX);
    assert_int_equal(decode(str_fmt(a, "1;%s\r\n", long_text), false, &out, &rest), 431);
    assert_int_equal(decode(str_fmt(a, "0\r\nX: %s\r\n\r\n", long_text), false, &out, &rest), 431);
    buf_finish(&out);
    arena_destroy(a);
}

TEST_MAIN(cmocka_unit_test(decodes_strictly_however_it_is_cut),
          cmocka_unit_test(bounds_extensions_and_trailers))
