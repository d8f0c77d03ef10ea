#include "test/test.h"

#include <libxml/parser.h>

#include "providers/twilio/twiml.h"

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
#define CALLBACKS                                                                                  \
    "statusCallback=\"/webhooks/twilio/voice-status\" "                                            \
    "statusCallbackEvent=\"initiated ringing answered completed\" statusCallbackMethod=\"POST\""
#define ACTION "action=\"/webhooks/twilio/dial-action\" method=\"POST\""
#define REJECTED HEAD "<Response><Reject reason=\"rejected\"/></Response>\n"

static const struct twilio_routing routing = {
    .sip_user = {"dispatcher", 10},
    .sip_domain = {"abchomes.sip.us1.twilio.com", 27},
    .caller_id = {"+16175006181", 12},
};

static struct str routed(const struct twilio_routing *r, struct str from, struct str to,
                         struct arena *a)
{
    struct buf out;
    buf_init(&out, 64 * 1024);
    twiml_route(r, from, to, &out);
    assert_true(buf_ok(&out));
    const struct str s = str_dup(buf_view(&out), a);
    buf_finish(&out);
    return s;
}

static bool is_well_formed(struct str xml)
{
    xmlDocPtr doc = xmlReadMemory(xml.p, (int)xml.n, "", NULL,
                                  XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    xmlFreeDoc(doc);
    return doc != NULL;
}

static void a_call_from_outside_goes_to_the_sip_user(void **state)
{
    static const char *const callers[] = {"+15085140320", "ANONYMOUS", "client:bob", "", "sip"};
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);

    (void)state;
    FOR_EACH_ROW (from, callers)
        assert_str(routed(&routing, str_from(*from), STR("+16175006181"), a),
                   HEAD "<Response><Dial timeout=\"60\" " ACTION "><Sip " CALLBACKS
                        ">sip:dispatcher@abchomes.sip.us1.twilio.com</Sip></Dial></Response>\n");
}

static void a_call_from_a_sip_user_goes_to_the_number(void **state)
{
    static const struct {
        const char *to, *dialled;
    } rows[] = {
        {"sip:+15085140320@abchomes.sip.twilio.com", "+15085140320"},
        {"sip:%2B15085140320@abchomes.sip.twilio.com", "+15085140320"},
        {"SIP:15085140320@x;transport=tls", "15085140320"},
        {"sips:5085140320;phone-context=+1@x", "5085140320"},
        {"sip:+15085140320:secret@x", "+15085140320"},
        {"+1 (508) 514-0320", "+15085140320"},
        {"sip:911@x", "911"},
    };
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);

    (void)state;
    FOR_EACH_ROW (row, rows) {
        const struct str want =
            str_fmt(a,
                    HEAD "<Response><Dial timeout=\"60\" callerId=\"+16175006181\" " ACTION
                         "><Number " CALLBACKS ">%s</Number></Dial></Response>\n",
                    row->dialled);
        const struct str got =
            routed(&routing, STR("sip:dispatcher@abchomes.sip.twilio.com"), str_from(row->to), a);
        assert_row(str_eq(got, want), row->to);
    }
}

static void what_cannot_be_dialled_is_rejected(void **state)
{
    static const char *const destinations[] = {
        "",
        "sip:@x",
        "sip:desk@x",
        "sip:*67@x",
        "sip:1@x",
        "sip:+",
        "sip:+@x",
        "sip:1234567890123456",
        "sip:+1508<x/>@y",
        "+15085140320\n",
        "sip:",
        "++1508",
        "sip:1508%00@x",
        ("\xff\xfe"
         "15085140320"),
    };
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);

    (void)state;
    FOR_EACH_ROW (to, destinations)
        assert_row(str_eq(routed(&routing, STR("sip:u@x"), str_from(*to), a), STR(REJECTED)), *to);
}

static void without_an_owned_number_no_caller_is_named(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct twilio_routing none = routing;

    (void)state;
    none.caller_id = STR_NONE;
    const struct str got = routed(&none, STR("sip:u@x"), STR("sip:+15085140320@x"), a);
    assert_false(str_contains(got, STR("callerId")));
    assert_true(str_contains(got, STR(">+15085140320</Number>")));
}

static void odd_configuration_leaves_the_document_well_formed(void **state)
{
    static const struct str texts[] = {
        {"]]>", 3},
        {"&amp;<Hangup/>\"'", 16},
        {"\x01\x02\x1b\x7f\0x", 6},
        {"\xef\xbf\xbf!", 4},
        {"\xff\xc3(", 3},
        {"\xf0\x9f\x98\x80", 4},
        {"\xef\xbf", 2},
        {"\t\r\n", 3},
    };
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);

    (void)state;
    for (size_t i = 0; i < LEN(texts); i++) {
        const struct twilio_routing odd = {texts[i], texts[i], texts[i]};
        assert_true(is_well_formed(routed(&odd, STR("+1508"), STR("+1617"), a)));
        assert_true(is_well_formed(routed(&odd, STR("sip:u@x"), STR("sip:+1617@x"), a)));
    }
}

static void a_long_configured_name_is_cut_between_characters(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct buf name;

    (void)state;
    for (size_t lead = 0; lead < 4; lead++) {
        buf_init(&name, 4096);
        buf_str(&name, str_sub(STR("abc"), 0, lead));
        while (name.n < 2000)
            buf_str(&name, STR("\xf0\x9f\x98\x80"));
        const struct twilio_routing r = {buf_view(&name), STR("x"), STR_NONE};
        assert_true(is_well_formed(routed(&r, STR("+1508"), STR("+1617"), a)));
        buf_finish(&name);
    }
}

static void the_empty_answer_is_an_empty_response(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, 1024);
    twiml_empty(&out);
    assert_str(buf_view(&out), HEAD "<Response/>\n");
    buf_finish(&out);
}

static void without_a_sip_user_calls_from_outside_are_rejected(void **state)
{
    static const struct twilio_routing nobody = {.caller_id = {"+16175006181", 12}};
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);

    (void)state;
    assert_str(routed(&nobody, STR("+15085140320"), STR("+16175006181"), a), REJECTED);
}

TEST_MAIN(cmocka_unit_test(a_call_from_outside_goes_to_the_sip_user),
          cmocka_unit_test(a_call_from_a_sip_user_goes_to_the_number),
          cmocka_unit_test(what_cannot_be_dialled_is_rejected),
          cmocka_unit_test(without_an_owned_number_no_caller_is_named),
          cmocka_unit_test(odd_configuration_leaves_the_document_well_formed),
          cmocka_unit_test(a_long_configured_name_is_cut_between_characters),
          cmocka_unit_test(without_a_sip_user_calls_from_outside_are_rejected),
          cmocka_unit_test(the_empty_answer_is_an_empty_response))
