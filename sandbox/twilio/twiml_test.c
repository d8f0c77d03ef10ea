#include "sandbox/twilio/twiml.h"

#include "test/test.h"

static struct twiml parse(struct arena *a, struct str in)
{
    struct twiml t;
    struct err e;

    assert_ok(twiml_parse(in, a, &t, &e), &e);
    return t;
}

static void reads_a_dial(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const struct twiml t = parse(
        a, STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response>\n  <Say>Hello</Say>\n"
               "  <Dial action=\"/done?a=1&amp;b=2\" callerId=\"+12025550199\" timeout=\"20\""
               " answerOnBridge=\"true\" record=\"record-from-answer-dual\""
               " recordingStatusCallback=\"/recording\">\n"
               "    <Sip statusCallback=\"/status\" statusCallbackEvent=\"ringing completed\">"
               " sip:desk@office.example.com </Sip>\n  </Dial>\n</Response>"));

    (void)state;
    assert_int_equal(t.kind, TWIML_DIAL);
    assert_str(t.action, "/done?a=1&b=2");
    assert_str(t.caller_id, "+12025550199");
    assert_int_equal(t.timeout, 20);
    assert_true(t.answer_on_bridge && t.record && t.record_dual && t.is_sip);
    assert_str(t.recording_callback, "/recording");
    assert_str(t.target, "sip:desk@office.example.com");
    assert_str(t.callback, "/status");
    assert_int_equal(t.events, EVENT_RINGING | EVENT_COMPLETED);
}

static void a_dial_has_defaults(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const struct twiml t = parse(
        a,
        STR("<Response><Dial><Number statusCallback='/s'>+12025550177</Number></Dial></Response>"));

    (void)state;
    assert_str(t.target, "+12025550177");
    assert_str(t.action, NULL);
    assert_str(t.caller_id, NULL);
    assert_int_equal(t.timeout, 30);
    assert_int_equal(t.events, EVENT_COMPLETED);
    assert_false(t.answer_on_bridge || t.record || t.is_sip);
    assert_str(parse(a, STR("<Response><Dial>+12025550178</Dial></Response>")).target,
               "+12025550178");
}

static void the_first_verb_that_decides_counts(void **state)
{
    static const struct {
        const char *in;
        enum twiml_kind kind;
    } rows[] = {
        {"<Response/>", TWIML_HANGUP},
        {"<Response><Say>Bye</Say><Pause/></Response>", TWIML_HANGUP},
        {"<Response><Hangup/><Dial>+1</Dial></Response>", TWIML_HANGUP},
        {"<Response><Dial/></Response>", TWIML_HANGUP},
        {"<Response><Reject/></Response>", TWIML_REJECT},
        {"<Response><Redirect>/next</Redirect></Response>", TWIML_REDIRECT},
        {"<Response><!-- first --><Dial>+1</Dial><Hangup/></Response>", TWIML_DIAL},
        {"<Response><dial>+1</dial></Response>", TWIML_HANGUP},
    };

    (void)state;
    FOR_EACH_ROW (row, rows) {
        _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
        assert_row(parse(a, str_from(row->in)).kind == row->kind, row->in);
    }
}

static void a_rejection_may_be_busy(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);

    (void)state;
    assert_true(parse(a, STR("<Response><Reject reason='busy'/></Response>")).busy);
    assert_false(parse(a, STR("<Response><Reject/></Response>")).busy);
}

static void refuses_what_is_not_twiml(void **state)
{
    static const char *const rows[] = {
        "", "Hello", "<Response>", "<response/>", "<html/>", "{\"a\":1}", "<Response/><Response/>"};

    (void)state;
    FOR_EACH_ROW (row, rows) {
        _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
        struct twiml t;
        struct err e;
        assert_refused(twiml_parse(str_from(*row), a, &t, &e), &e, ERR_INVALID);
    }
}

static void entities_do_not_grow(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct twiml t = {0};
    struct err e;

    (void)state;
    // What an entity would expand to is nobody's number: the reference stays unresolved.
    if (twiml_parse(STR("<!DOCTYPE r [<!ENTITY x SYSTEM \"file:///etc/hostname\">]>"
                        "<Response><Dial>&x;</Dial></Response>"),
                    a, &t, &e))
        assert_int_equal(t.kind, TWIML_HANGUP);
}

TEST_MAIN(cmocka_unit_test(reads_a_dial), cmocka_unit_test(a_dial_has_defaults),
          cmocka_unit_test(the_first_verb_that_decides_counts),
          cmocka_unit_test(a_rejection_may_be_busy), cmocka_unit_test(refuses_what_is_not_twiml),
          cmocka_unit_test(entities_do_not_grow))
