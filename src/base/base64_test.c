#include "base/buf.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "test/test.h"

/* RFC 4648 section 10 */
static const struct {
    const char *bytes, *standard, *url;
} vectors[] = {
    {"", "", ""},
    {"f", "Zg==", "Zg"},
    {"fo", "Zm8=", "Zm8"},
    {"foo", "Zm9v", "Zm9v"},
    {"foob", "Zm9vYg==", "Zm9vYg"},
    {"fooba", "Zm9vYmE=", "Zm9vYmE"},
    {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
    {"\xFB\xFF\xFE", "+//+", "-__-"},
};

static void writes_the_vectors_of_the_rfc(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100);
    FOR_EACH_ROW (row, vectors) {
        buf_reset(&b);
        buf_base64(&b, row->bytes, strlen(row->bytes));
        assert_str(buf_view(&b), row->standard);
        buf_reset(&b);
        buf_base64url(&b, row->bytes, strlen(row->bytes));
        assert_str(buf_view(&b), row->url);
    }
    buf_reset(&b);
    buf_hex(&b, "\x00\xAB\xff", 3);
    assert_str(buf_view(&b), "00abff");
    buf_finish(&b);
}

static void reads_the_vectors_of_the_rfc(void **state)
{
    (void)state;
    FOR_EACH_ROW (row, vectors) {
        unsigned char bytes[10];
        size_t n = 77;
        assert_row(base64_decode(str_from(row->standard), bytes, strlen(row->bytes), &n),
                   row->standard);
        assert_int_equal(n, strlen(row->bytes));
        assert_memory_equal(bytes, row->bytes, n);
    }
}

static void any_bytes_survive(void **state)
{
    (void)state;
    struct rng r = rng_seeded(3);
    struct buf b;
    unsigned char in[100], out[100];
    buf_init(&b, 1000);
    for (size_t n = 0; n <= sizeof(in); n++) {
        size_t got;
        rng_fill(&r, in, n);
        buf_reset(&b);
        buf_base64(&b, in, n);
        assert_true(base64_decode(buf_view(&b), out, n, &got));
        assert_int_equal(got, n);
        assert_memory_equal(in, out, n);
    }
    buf_finish(&b);
}

static void refuses_all_other_text(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "Z",    "Zg",         "Zg=",   "Zg===", "=",        "====",     "Zg==Zg==",  "Z===",
        "Zm9-", "Zm9_",       "Zm 9v", "Zm9v ", "Zm9v\nZg", "Zm9vZ=g=", "Zm9vZg=\n",
        "Zh==", // its last bits belong to no byte
        "Zm9=", "\303\244AA",
    };
    FOR_EACH_ROW (text, rows) {
        unsigned char bytes[20];
        size_t n = 77;
        assert_row(!base64_decode(str_from(*text), bytes, sizeof(bytes), &n) && n == 77, *text);
    }
    unsigned char little[2];
    size_t n;
    assert_false(base64_decode(STR("Zm9v"), little, sizeof(little), &n));
}

TEST_MAIN(cmocka_unit_test(writes_the_vectors_of_the_rfc),
          cmocka_unit_test(reads_the_vectors_of_the_rfc), cmocka_unit_test(any_bytes_survive),
          cmocka_unit_test(refuses_all_other_text))
