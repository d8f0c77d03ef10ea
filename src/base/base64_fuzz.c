#include "base/arena.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/crypto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool holds)
{
    if (!holds)
        abort();
}

/* Each text that is accepted is the only text of its bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const struct str in = {(const char *)data, n};
    unsigned char *bytes = arena_alloc(a, n);
    struct buf b;
    size_t n_bytes;

    buf_init(&b, 2 * n + 16);
    if (base64_decode(in, bytes, n, &n_bytes)) {
        buf_base64(&b, bytes, n_bytes);
        check(str_eq(buf_view(&b), in));
    }
    buf_reset(&b);
    buf_base64(&b, data, n);
    check(base64_decode(buf_view(&b), bytes, n, &n_bytes));
    check(n_bytes == n && (n == 0 || memcmp(bytes, data, n) == 0));
    buf_finish(&b);
    return 0;
}
