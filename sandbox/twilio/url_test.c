#include "sandbox/twilio/url.h"

#include "test/test.h"

static void resolves_against_the_document(void **state)
{
    static const struct {
        const char *base, *reference, *want;
    } rows[] = {
        {"http://127.0.0.1:3000/webhooks/twilio/voice-inbound", "/webhooks/twilio/dial-action",
         "http://127.0.0.1:3000/webhooks/twilio/dial-action"},
        {"https://h.example/a/b?q=1", "c?x=1&y=2", "https://h.example/a/c?x=1&y=2"},
        {"https://h.example/a/b", "?z=1", "https://h.example/a/b?z=1"},
        {"https://h.example/a/b", "http://other.example/%2Fx#rc=2",
         "http://other.example/%2Fx#rc=2"},
        {"https://h.example/a/b", "/s#rc=2&rp=all", "https://h.example/s#rc=2&rp=all"},
        {"https://h.example/a/b", "", NULL},
        {"https://h.example/a/b", "ftp://h.example/x", NULL},
    };

    (void)state;
    FOR_EACH_ROW (row, rows) {
        _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
        assert_str(url_resolve(str_from(row->base), str_from(row->reference), a), row->want);
    }
}

static void the_fragment_overrides_and_is_cut_off(void **state)
{
    struct str url = STR("https://h.example/s?a=1#ct=2000&rt=20000&rc=3&rp=5xx,rt&sni=n");
    struct str plain = STR("https://h.example/s");
    const struct url_overrides o = url_cut_overrides(&url), none = url_cut_overrides(&plain);

    (void)state;
    assert_str(url, "https://h.example/s?a=1");
    assert_int_equal(o.connect_ms, 2000);
    assert_int_equal(o.read_ms, 15000); // out of range: the default
    assert_int_equal(o.retries, 3);
    assert_int_equal(o.retry_on, RETRY_5XX | RETRY_READ);
    assert_str(plain, "https://h.example/s");
    assert_int_equal(none.retries, 1);
    assert_int_equal(none.retry_on, RETRY_CONNECT);
}

TEST_MAIN(cmocka_unit_test(resolves_against_the_document),
          cmocka_unit_test(the_fragment_overrides_and_is_cut_off))
