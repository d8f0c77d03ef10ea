/*
 * Any bytes as the token of a stream: none is one, and to change one byte of a good one makes it
 * none. And any bytes as flags: what is understood is written and read again as the same.
 */
#include "tenancy/stream_token.h"

#include "base/arena.h"
#include "tenancy/flags.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW HOURS(1)

/* The first two bytes say which byte of a good token becomes the third. */
static void change_one(const struct secret *key, const uint8_t *data, struct arena *a)
{
    const struct stream_claims claims = {1, STR("someone"), 7, NOW + STREAM_TOKEN_TTL};
    const struct str good = stream_token_make(key, &claims, a);
    const size_t at = (size_t)(data[0] << 8 | data[1]) % (good.n - 1); // the last has idle bits
    char *changed = arena_alloc(a, good.n);
    struct stream_claims r;

    memcpy(changed, good.p, good.n);
    changed[at] = (char)data[2];
    assert(stream_token_read(key, (struct str){changed, good.n}, NOW, &r) ==
           (changed[at] == good.p[at]));
}

static void read_flags(struct str text, struct arena *a)
{
    const struct flags f = flags_read(text), again = flags_read(flags_text(&f, a));

    assert(memcmp(&f, &again, sizeof f) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    _cleanup_(secret_destroyp) struct secret *key =
        secret_create(STR("the-key-of-the-fuzzer-0000000000"));
    const struct str text = {(const char *)data, size};
    struct stream_claims r;

    assert(!stream_token_read(key, text, NOW, &r));
    if (size >= 3)
        change_one(key, data, a);
    read_flags(text, a);
    return 0;
}
