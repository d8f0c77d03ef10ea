/* What Twilio's REST API is asked for, and what its answers become. */
#include "providers/twilio/calls.h"

#include "test/test.h"

#define ACCOUNT "AC00112233445566778899aabbccddeeff"
#define FIXTURES "src/providers/twilio/fixtures/"
#define NOW SECONDS(1804954500)

static const struct provider_account account = {
    .provider = STR("twilio"), .account = STR(ACCOUNT), .base_url = STR("https://api.twilio.com")};

static struct str path_of(struct reconcile_query q, struct arena *a)
{
    return twilio_calls.list_path(&account, &q, a);
}

static void lists_are_asked_for_by_status_and_time(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    usec_t from;

    (void)state;
    assert_true(time_parse_rfc3339(STR("2027-03-12T16:00:00.75Z"), &from));
    assert_str(path_of((struct reconcile_query){.has_status = true,
                                                .status = CALL_IN_PROGRESS,
                                                .from = TIME_NONE,
                                                .to = TIME_NONE,
                                                .page_size = 1000},
                       a),
               "/2010-04-01/Accounts/" ACCOUNT "/Calls.json?PageSize=1000&Status=in-progress");
    // The relation is part of the key, and no fraction of a second is.
    assert_str(
        path_of((struct reconcile_query){.from = from, .to = from + HOURS(1), .page_size = 50}, a),
        "/2010-04-01/Accounts/" ACCOUNT "/Calls.json?PageSize=50"
        "&StartTime%3E=2027-03-12T16%3A00%3A00Z&StartTime%3C=2027-03-12T17%3A00%3A00Z");
    assert_str(path_of((struct reconcile_query){.recordings = true,
                                                .call_sid = STR("CA1&x=y"),
                                                .from = from,
                                                .to = TIME_NONE,
                                                .page_size = 50},
                       a),
               "/2010-04-01/Accounts/" ACCOUNT "/Recordings.json?PageSize=50&CallSid=CA1%26x%3Dy"
               "&DateCreated%3E=2027-03-12T16%3A00%3A00Z");
}

static void a_sid_that_is_none_leads_nowhere(void **state)
{
    static const char *const none[] = {"", "../Messages", "CA1.json?x", "CA 1", "CA1/Recordings"};
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);

    (void)state;
    assert_str(twilio_calls.call_path(&account, STR("CA1"), a),
               "/2010-04-01/Accounts/" ACCOUNT "/Calls/CA1.json");
    FOR_EACH_ROW (sid, none) {
        assert_row(str_is_none(twilio_calls.call_path(&account, str_from(*sid), a)), *sid);
    }
}

static struct call_change call_in(const char *fixture, struct arena *a)
{
    struct reconcile_found found;
    struct err e = {0};

    assert_ok(twilio_calls.read_call(test_file(fixture, a), NOW, a, &found, &e), &e);
    assert_int_equal(found.answer, RECONCILE_FOUND);
    assert_true(str_starts(found.raw, STR("{\"account_sid\":")));
    return found.change;
}

static struct str instant(usec_t t, struct arena *a)
{
    char text[TIME_TEXT_MAX];

    return t == TIME_NONE ? STR_NONE : str_dup((struct str){text, time_format(t, text)}, a);
}

static void a_call_that_is_over_is_read_whole(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const struct call_change c = call_in(FIXTURES "rest_call_completed.json", a);

    (void)state;
    assert_str(c.call_sid, "CA0a1b2c3d4e5f60718293a4b5c6d7e8f9");
    assert_true(str_is_none(c.parent_sid));
    assert_str(c.status, "completed");
    assert_str(c.from, "+12025550143");
    assert_str(c.provider_direction, "inbound");
    assert_str(instant(c.start_time, a), "2027-03-12T16:28:50Z"); // when it was created
    assert_str(instant(c.end_time, a), "2027-03-12T16:29:59Z");
    assert_int_equal(c.event_time, c.end_time);
    assert_int_equal(c.duration, 61);
    assert_int_equal(c.price, -170);
    assert_str(c.price_unit, "USD");
    assert_int_equal(c.observed_at, NOW);
    assert_int_equal(c.sequence, INT_NONE);
}

static void what_is_null_is_not_said(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const struct call_change going_on = call_in(FIXTURES "rest_call_in_progress.json", a),
                             queued = call_in(FIXTURES "rest_call_create_response.json", a);

    (void)state;
    assert_str(going_on.status, "in-progress");
    assert_int_equal(going_on.duration, INT_NONE);
    assert_int_equal(going_on.price, INT_NONE);
    assert_true(str_is_none(going_on.price_unit)); // "USD" stands there long before a price does
    assert_int_equal(going_on.end_time, TIME_NONE);
    assert_str(instant(going_on.event_time, a), "2027-03-12T16:30:01Z");
    assert_str(queued.status, "queued");
    assert_int_equal(queued.start_time, TIME_NONE);
    assert_int_equal(queued.event_time, TIME_NONE);
}

static void pages_are_followed_verbatim(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct reconcile_page page;
    struct err e = {0};

    (void)state;
    assert_ok(twilio_calls.read_list(&account, test_file(FIXTURES "rest_calls_list_page0.json", a),
                                     NOW, a, &page, &e),
              &e);
    assert_true(page.n > 0);
    assert_str(page.found[0].change.call_sid, "CA0a1b2c3d4e5f60718293a4b5c6d7e8f9");
    assert_true(str_starts(page.next, STR("/2010-04-01/Accounts/" ACCOUNT "/Calls.json?")));
}

static void recordings_are_changes_of_their_calls(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct reconcile_page page;
    struct err e = {0};

    (void)state;
    assert_ok(twilio_calls.read_list(&account, test_file(FIXTURES "rest_recordings_list.json", a),
                                     NOW, a, &page, &e),
              &e);
    assert_int_equal(page.n, 2);
    const struct call_change *c = &page.found[0].change;
    assert_int_equal(c->kind, CALL_CHANGE_RECORDING);
    assert_str(c->recording.sid, "RE1234567890abcdef1234567890abcdef");
    assert_str(c->recording.status, "completed");
    assert_int_equal(c->recording.duration, 58);
    assert_int_equal(c->recording.channels, 2);
    assert_str(c->recording.url, "https://api.twilio.com/2010-04-01/Accounts/" ACCOUNT
                                 "/Recordings/RE1234567890abcdef1234567890abcdef");
    assert_str(page.found[1].change.recording.status, "in-progress"); // "processing"
    assert_true(str_is_none(page.next));
}

static void what_is_no_answer_is_refused(void **state)
{
    static const struct {
        const char *label, *body;
    } rows[] = {
        {"empty", ""},
        {"a gateway's page", "<html>502</html>"},
        {"null", "null"},
        {"no list", "{\"code\":20429}"},
        {"a list that is none", "{\"calls\":{}}"},
        {"another host", "{\"calls\":[],\"next_page_uri\":\"https://example.com/x\"}"},
        {"another host, hidden", "{\"calls\":[],\"next_page_uri\":\"@example.com/x\"}"},
        {"another account",
         "{\"calls\":[],\"next_page_uri\":\"/2010-04-01/Accounts/ACx/Calls.json\"}"},
    };
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct reconcile_page page;
    struct reconcile_found found;

    (void)state;
    FOR_EACH_ROW (row, rows) {
        struct err e = {0};
        assert_row(!twilio_calls.read_list(&account, str_from(row->body), NOW, a, &page, &e),
                   row->label);
        assert_row(e.code == ERR_UPSTREAM, row->label);
        err_clear(&e);
        assert_row(!twilio_calls.read_call(str_from(row->body), NOW, a, &found, &e), row->label);
        assert_row(e.code == ERR_UPSTREAM, row->label);
    }
}

static void what_names_no_call_is_left_out(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct reconcile_page page;
    struct err e = {0};

    (void)state;
    assert_ok(twilio_calls.read_list(&account,
                                     STR("{\"recordings\":[1,null,{\"sid\":\"RE1\","
                                         "\"call_sid\":null},{\"sid\":\"RE2\",\"call_sid\":"
                                         "\"CA2\",\"duration\":7}],\"next_page_uri\":null}"),
                                     NOW, a, &page, &e),
              &e);
    assert_int_equal(page.n, 1);
    assert_str(page.found[0].change.call_sid, "CA2");
    assert_int_equal(page.found[0].change.recording.duration, 7);
}

/* An escaped backslash before "u0000" makes it a text like any other. */
static void zeros_are_replaced_in_what_is_kept(void **state)
{
    const struct str body =
        STR("{\"sid\":\"CA1\",\"caller_name\":\"a\\u0000b\\\\u0000c\\\\\\u0000\"}");
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct reconcile_found found;
    struct err e = {0};

    (void)state;
    assert_ok(twilio_calls.read_call(body, NOW, a, &found, &e), &e);
    assert_str(found.raw, "{\"sid\":\"CA1\",\"caller_name\":\"a\\ufffdb\\\\u0000c\\\\\\ufffd\"}");
}

TEST_MAIN(cmocka_unit_test(lists_are_asked_for_by_status_and_time),
          cmocka_unit_test(a_sid_that_is_none_leads_nowhere),
          cmocka_unit_test(a_call_that_is_over_is_read_whole),
          cmocka_unit_test(what_is_null_is_not_said), cmocka_unit_test(pages_are_followed_verbatim),
          cmocka_unit_test(recordings_are_changes_of_their_calls),
          cmocka_unit_test(what_is_no_answer_is_refused),
          cmocka_unit_test(what_names_no_call_is_left_out),
          cmocka_unit_test(zeros_are_replaced_in_what_is_kept))
