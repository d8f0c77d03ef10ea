#include "sandbox/twilio/params.h"

#include "test/test.h"

static void signs_as_the_vendor_publishes(void **state)
{
    static const struct {
        const char *url, *body, *token, *signature;
    } rows[] = {
        {"https://example.com/myapp.php?foo=1&bar=2",
         "CallSid=CA1234567890ABCDE&Caller=%2B14158675310&Digits=1234&From=%2B14158675310"
         "&To=%2B18005551212",
         "12345", "L/OH5YylLD5NRKLltdqwSvS0BnU="},
        {"https://mycompany.com/myapp",
         "To=%2B18005551212&Digits=1234&Caller=%2B12349013030&CallSid=CA1234567890ABCDE"
         "&From=%2B12349013030",
         "12345", "3KI2uRuYyAdhZIJXcpU0izDUzWI="},
        {"https://calls.example.com/twilio/status",
         "CallSid=CA0a1b2c3d4e5f60718293a4b5c6d7e8f9&AccountSid=AC00112233445566778899aabbccddeeff"
         "&From=%2B12025550143&To=%2B12025550199&CallStatus=completed&ApiVersion=2010-04-01"
         "&Direction=outbound-api&Timestamp=Fri%2C+12+Mar+2027+16%3A29%3A59+%2B0000"
         "&CallbackSource=call-progress-events&SequenceNumber=3&CallDuration=61&Duration=2"
         "&SipResponseCode=200",
         "0123456789abcdef0123456789abcdef", "Nrpdy3nSelzNuVqda0Z74S88cvo="},
    };

    (void)state;
    FOR_EACH_ROW (row, rows) {
        _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
        _cleanup_(secret_destroyp) struct secret *token = secret_create(str_from(row->token));
        _cleanup_(hmac_destroyp) struct hmac *h = hmac_create(HMAC_SHA1, token);
        char signature[SIGNATURE_LEN + 1];
        struct form f;
        struct err e;
        assert_ok(form_parse(str_from(row->body), PARAMS_MAX, a, &f, &e), &e);
        params_sign(&f, str_from(row->url), h, signature);
        assert_string_equal(signature, row->signature);
    }
}

static void encodes_what_it_was_given(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct params p;

    (void)state;
    params_init(&p, a);
    params_add(&p, "To", STR("+12025550199"));
    params_add(&p, "FromCity", STR(""));
    params_add(&p, "ParentCallSid", STR_NONE);
    params_add_number(&p, "Duration", 2);
    params_add_time(&p, "Timestamp", SECONDS(1804868999));
    assert_str(params_encode(&p), "To=%2B12025550199&FromCity=&Duration=2"
                                  "&Timestamp=Fri%2C+12+Mar+2027+16%3A29%3A59+%2B0000");
}

TEST_MAIN(cmocka_unit_test(signs_as_the_vendor_publishes),
          cmocka_unit_test(encodes_what_it_was_given))
