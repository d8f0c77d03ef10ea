/* The visit: what is let in, what is refused, and what is answered on bad days. */
#include "inbox/door_kit.h"

#include "base/fault.h"

enum { CROWD = 50 };

// --- what is signed ------------------------------------------------------------------------------

static void a_signed_event_is_kept_and_acknowledged_once(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up();

    (void)state;
    assert_int_equal(status_of(post(r, "token-one", STATUS_DOOR, CALL)), 204);
    assert_int_equal(rows_of(r, 1), 1);
    assert_int_equal(status_of(post(r, "token-one", STATUS_DOOR, CALL)), 204);
    assert_int_equal(rows_of(r, 1), 1);
    assert_int_equal(outcomes(r, DOOR_STORED), 1);
    assert_int_equal(outcomes(r, DOOR_DUPLICATE), 1);
}

static void a_new_call_is_kept_and_told_where_to_go(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up();

    (void)state;
    const struct str answer = post(r, "token-one", INBOUND_DOOR, CALL);
    assert_int_equal(status_of(answer), 200);
    assert_true(str_contains(answer, STR("text/xml")));
    assert_true(str_contains(answer, STR(">sip:desk@acme.sip.twilio.com</Sip>")));
    assert_int_equal(rows_of(r, 1), 1);
}

static void both_tokens_of_a_rotation_open_and_no_other(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up();

    (void)state;
    assert_int_equal(status_of(post(r, "token-one", STATUS_DOOR, CALL "&x=1")), 204);
    assert_int_equal(status_of(post(r, "token-two", STATUS_DOOR, CALL "&x=2")), 204);
    assert_int_equal(status_of(post(r, "token-three", STATUS_DOOR, CALL "&x=3")), 403);
    // The account says which keys count, and whose event it is.
    assert_int_equal(status_of(post(r, "token-two", STATUS_DOOR, "AccountSid=AC2&x=4")), 204);
    assert_int_equal(status_of(post(r, "token-one", STATUS_DOOR, "AccountSid=AC2&x=5")), 403);
    assert_int_equal(rows_of(r, 1), 2);
    assert_int_equal(rows_of(r, 2), 1);
}

static void f070_fifty_copies_at_once_are_one_event(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up();
    int fds[CROWD];

    (void)state;
    const struct str body = STR(CALL);
    const struct str all =
        request(r, STATUS_DOOR, signed_header(r, "token-one", STATUS_DOOR, body), body);
    for (size_t i = 0; i < CROWD; i++)
        fds[i] = send_raw(r, all);
    for (size_t i = 0; i < CROWD; i++)
        assert_int_equal(status_of(receive(r, fds[i])), 204);
    assert_int_equal(rows_of(r, 1), 1);
    assert_int_equal(outcomes(r, DOOR_STORED), 1);
    assert_int_equal(outcomes(r, DOOR_DUPLICATE), CROWD - 1);
}

static void a_query_is_part_of_what_is_signed(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up();

    (void)state;
    const struct str body = STR(CALL);
    const struct str header = signed_header(r, "token-one", STATUS_DOOR "?tenant=7", body);
    assert_int_equal(
        status_of(receive(r, send_raw(r, request(r, STATUS_DOOR "?tenant=7", header, body)))), 204);
    assert_int_equal(
        status_of(receive(r, send_raw(r, request(r, STATUS_DOOR "?tenant=8", header, body)))), 403);
}

// --- what is not ---------------------------------------------------------------------------------

static void what_is_signed_for_another_address_of_ours_is_told_apart(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up();
    const struct str body = STR(CALL);
    struct doors_stats stats;

    (void)state;
    // "x" is the host that request() names; the scheme that a proxy took off is not known.
    const struct str right = signature("token-one", "https://x" STATUS_DOOR, body, r->a),
                     wrong = signature("wrong", "https://x" STATUS_DOOR, body, r->a);
    const struct str headers[] = {
        str_fmt(r->a, "X-Twilio-Signature: " STR_FMT "\r\n", STR_ARG(right)),
        str_fmt(r->a, "X-Twilio-Signature: " STR_FMT "\r\n", STR_ARG(wrong)),
    };
    for (size_t i = 0; i < LEN(headers); i++)
        assert_int_equal(
            status_of(receive(r, send_raw(r, request(r, STATUS_DOOR, headers[i], body)))), 403);
    doors_stats(r->doors, &stats);
    assert_int_equal(stats.outcomes[DOOR_WRONG_URL], 1);
    assert_int_equal(stats.outcomes[DOOR_BAD_SIGNATURE], 1);
    assert_true(stats.last_refused[DOOR_WRONG_URL] != TIME_NONE);
    assert_true(stats.last_refused[DOOR_UNKNOWN_ACCOUNT] == TIME_NONE);
    assert_int_equal(rows_of(r, 1), 0);
}

static void a_wrong_signature_is_refused_without_a_row(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up();

    (void)state;
    const struct str answer = post(r, "wrong", STATUS_DOOR, CALL);
    assert_int_equal(status_of(answer), 403);
    assert_true(str_contains(answer, STR("\"code\":\"FORBIDDEN\"")));
    assert_true(str_contains(answer, STR("\"trace_id\"")));
    assert_int_equal(status_of(post(r, "token-one", STATUS_DOOR, "AccountSid=AC9&x=1")), 403);
    assert_int_equal(status_of(post(r, "token-one", STATUS_DOOR, "x=1")), 403);
    assert_int_equal(rows_of(r, 1), 0);
    assert_int_equal(outcomes(r, DOOR_BAD_SIGNATURE), 1);
    assert_int_equal(outcomes(r, DOOR_UNKNOWN_ACCOUNT), 2);
}

static void an_impossible_header_is_refused_without_reading_the_body(void **state)
{
    static const struct {
        const char *headers;
        enum door_outcome outcome;
    } rows[] = {
        {"", DOOR_NO_SIGNATURE},
        {"X-Twilio-Signature:\r\n", DOOR_MALFORMED_SIGNATURE},
        {"X-Twilio-Signature: nonsense\r\n", DOOR_MALFORMED_SIGNATURE},
        {"X-Twilio-Signature: LI27PLuy5Y9sVqJvzz74lGtCz0g=\r\n"
         "x-twilio-signature: LI27PLuy5Y9sVqJvzz74lGtCz0g=\r\n",
         DOOR_MALFORMED_SIGNATURE},
    };

    (void)state;
    FOR_EACH_ROW (row, rows) {
        _cleanup_(rig_downp) struct rig *r = rig_up();
        const struct str head = str_fmt(r->a,
                                        "POST " STATUS_DOOR " HTTP/1.1\r\nHost: x\r\n"
                                        "Content-Length: 60000\r\n%s\r\n",
                                        row->headers); // and no body ever
        assert_row(status_of(receive(r, send_raw(r, head))) == 403, row->headers);
        assert_row(outcomes(r, row->outcome) == 1, row->headers);
    }
}

static void a_body_beyond_the_limit_is_refused(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up();

    (void)state;
    const struct str head = str_fmt(r->a,
                                    "POST " STATUS_DOOR " HTTP/1.1\r\nHost: x\r\n"
                                    "X-Twilio-Signature: LI27PLuy5Y9sVqJvzz74lGtCz0g=\r\n"
                                    "Content-Length: %d\r\n\r\n",
                                    LIMIT_WEBHOOK_BODY + 1);
    assert_int_equal(status_of(receive(r, send_raw(r, head))), 413);

    struct buf many;
    buf_init(&many, LIMIT_WEBHOOK_BODY);
    for (int i = 0; i <= LIMIT_FORM_FIELDS; i++)
        buf_str(&many, STR("a&"));
    const struct str too_many =
        request(r, STATUS_DOOR, STR("X-Twilio-Signature: LI27PLuy5Y9sVqJvzz74lGtCz0g=\r\n"),
                buf_view(&many));
    assert_int_equal(status_of(receive(r, send_raw(r, too_many))), 413);
    assert_int_equal(outcomes(r, DOOR_BAD_BODY), 1);
    buf_finish(&many);
}

static void noise_is_turned_away_and_costs_no_valid_event(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up();
    uint64_t refused = 0, limited = 0;

    (void)state;
    for (int i = 0; i < 8 * BURST; i++) {
        const struct str answer =
            i % 2 ? post(r, "wrong", STATUS_DOOR, CALL) : post_with(r, STATUS_DOOR, "", CALL);
        refused += status_of(answer) == 403;
        limited += status_of(answer) == 429;
    }
    assert_int_equal(refused + limited, 8 * BURST);
    assert_in_range(refused, BURST, LOOPS * (BURST + 1)); // each loop has a budget of its own
    assert_int_equal(outcomes(r, DOOR_OVER_BUDGET), limited);
    const struct str answer = post(r, "wrong", STATUS_DOOR, CALL);
    if (status_of(answer) == 429)
        assert_true(str_contains(answer, STR("Retry-After: ")));
    for (int i = 0; i < 8; i++) {
        const struct str body = str_fmt(r->a, "%s&x=%d", CALL, i);
        assert_int_equal(status_of(post(r, "token-one", STATUS_DOOR, str_z(body, r->a))), 204);
    }
}

/* A proxy brings the true and the false on the same connections. */
static void noise_costs_no_connection(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up();
    const struct str body = STR(CALL);

    (void)state;
    for (int i = 0; i < 8 * BURST; i++)
        (void)post(r, "wrong", STATUS_DOOR, CALL);
    const struct str false_one =
        one_request(r, STATUS_DOOR, signed_header(r, "wrong", STATUS_DOOR, body), body);
    const struct str true_one =
        request(r, STATUS_DOOR, signed_header(r, "token-one", STATUS_DOOR, body), body);
    const struct str answers = receive(
        r, send_raw(r, str_fmt(r->a, STR_FMT STR_FMT, STR_ARG(false_one), STR_ARG(true_one))));

    assert_int_equal(status_of(answers), 429);
    assert_true(str_contains(answers, STR("HTTP/1.1 204")));
}

static void a_foreign_address_is_refused(void **state)
{
    _cleanup_(rig_downp) struct rig *foreign = rig_up_with("192.0.2.0/24, 2001:db8::/32");
    _cleanup_(rig_downp) struct rig *own = rig_up_with("192.0.2.0/24, 127.0.0.0/8");

    (void)state;
    assert_int_equal(status_of(post(foreign, "token-one", STATUS_DOOR, CALL)), 403);
    assert_int_equal(outcomes(foreign, DOOR_FOREIGN_PEER), 1);
    assert_int_equal(status_of(post(own, "token-one", STATUS_DOOR, CALL)), 204);
}

// --- bad days ------------------------------------------------------------------------------------

static void when_ingestion_is_off_calls_are_still_steered(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up();

    (void)state;
    r->closed = 1;
    const struct str answer = post(r, "token-one", STATUS_DOOR, CALL);
    assert_int_equal(status_of(answer), 503);
    assert_true(str_contains(answer, STR("Retry-After: ")));
    assert_int_equal(status_of(post(r, "token-one", INBOUND_DOOR, CALL)), 200);
    assert_int_equal(status_of(post(r, "wrong", INBOUND_DOOR, CALL)), 403);
    assert_int_equal(rows_of(r, 1), 0);
    assert_int_equal(status_of(post(r, "token-two", STATUS_DOOR, OTHER_CALL)), 204); // another's
    r->closed = 0;
    assert_int_equal(status_of(post(r, "token-one", STATUS_DOOR, CALL)), 204);
    doors_shut(r->doors);
    assert_int_equal(status_of(post(r, "token-one", STATUS_DOOR, CALL "&x=1")), 503);
}

static void without_a_store_events_are_spooled_and_acknowledged(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up();

    (void)state;
    fault_arm("store.send", 1, true);
    assert_int_equal(status_of(post(r, "token-one", STATUS_DOOR, CALL)), 204);
    assert_int_equal(status_of(post(r, "token-one", INBOUND_DOOR, CALL)), 200);
    assert_int_equal(outcomes(r, DOOR_SPOOLED), 2);
    fault_disarm();
}

static void without_store_and_spool_only_live_calls_are_answered(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up();

    (void)state;
    assert_int_equal(unlink(test_path(r->spool, "lock", r->a)), 0);
    assert_int_equal(rmdir(r->spool), 0);
    fault_arm("store.send", 1, true);
    const struct str answer = post(r, "token-one", STATUS_DOOR, CALL);
    assert_int_equal(status_of(answer), 503);
    assert_true(str_contains(answer, STR("Retry-After: ")));
    assert_true(str_contains(post(r, "token-one", INBOUND_DOOR, CALL), STR("<Dial ")));
    assert_int_equal(outcomes(r, DOOR_UNAVAILABLE), 1);
    assert_int_equal(outcomes(r, DOOR_UNRECORDED), 1);
    fault_disarm();
}

// --- opening -------------------------------------------------------------------------------------

static void doors_without_keys_or_address_do_not_open(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up();
    _cleanup_(secret_destroyp) struct secret *empty = secret_create(STR(""));
    struct door_account account = {STR("twilio"), STR("AC1"), 1, {empty}, NULL, 0, 0};
    struct doors *d;
    struct err e;

    (void)state;
    struct doors_options o = options(r);
    o.accounts = (struct door_accounts){.p = &account, .n = 1};
    assert_refused(doors_open(&o, &d, &e), &e, ERR_INVALID);
    account.secrets[0] = NULL;
    assert_refused(doors_open(&o, &d, &e), &e, ERR_INVALID);

    static const char *const urls[] = {"",         "calls.example.com", "https://",
                                       "ftp://x",  "https://x/?a",      "https://x/#b",
                                       "https:///"};
    FOR_EACH_ROW (url, urls) {
        o = options(r);
        o.base_url = str_from(*url);
        assert_row(!doors_open(&o, &d, &e), *url);
    }
    o = options(r);
    o.allowed_peers = STR("192.0.2.0/33");
    assert_refused(doors_open(&o, &d, &e), &e, ERR_INVALID);
}

TEST_MAIN(cmocka_unit_test(a_signed_event_is_kept_and_acknowledged_once),
          cmocka_unit_test(a_new_call_is_kept_and_told_where_to_go),
          cmocka_unit_test(both_tokens_of_a_rotation_open_and_no_other),
          cmocka_unit_test(f070_fifty_copies_at_once_are_one_event),
          cmocka_unit_test(a_query_is_part_of_what_is_signed),
          cmocka_unit_test(what_is_signed_for_another_address_of_ours_is_told_apart),
          cmocka_unit_test(a_wrong_signature_is_refused_without_a_row),
          cmocka_unit_test(an_impossible_header_is_refused_without_reading_the_body),
          cmocka_unit_test(a_body_beyond_the_limit_is_refused),
          cmocka_unit_test(noise_is_turned_away_and_costs_no_valid_event),
          cmocka_unit_test(noise_costs_no_connection),
          cmocka_unit_test(a_foreign_address_is_refused),
          cmocka_unit_test(when_ingestion_is_off_calls_are_still_steered),
          cmocka_unit_test(without_a_store_events_are_spooled_and_acknowledged),
          cmocka_unit_test(without_store_and_spool_only_live_calls_are_answered),
          cmocka_unit_test(doors_without_keys_or_address_do_not_open))
