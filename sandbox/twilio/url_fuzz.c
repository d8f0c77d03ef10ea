/*
 * Any URL: what is resolved is absolute, and resolved again the same; whatever the fragment says,
 * the times stay within their range.
 *
 * Input: base, line feed, reference.
 */
#include "sandbox/twilio/url.h"

#include "base/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_overrides(struct str url)
{
    const struct str whole = url;
    const struct url_overrides o = url_cut_overrides(&url);

    assert(url.p == whole.p && url.n == str_find(whole, '#'));
    assert(o.connect_ms >= 100 && o.connect_ms <= 10000 && o.read_ms >= 100 && o.read_ms <= 15000);
    assert(o.total_ms >= 100 && o.total_ms <= 15000 && o.retries <= 5);
    assert(o.retry_on <= (RETRY_CONNECT | RETRY_READ | RETRY_4XX | RETRY_5XX));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct str reference = {(const char *)data, size}, base = STR("");

    (void)!cut_until(&reference, '\n', &base);
    check_overrides(reference);
    const struct str found = url_resolve(base, reference, a);
    if (str_is_none(found))
        return 0;
    assert(str_starts(found, STR("http://")) || str_starts(found, STR("https://")));
    assert(str_eq(url_resolve(base, found, a), found));
    return 0;
}
