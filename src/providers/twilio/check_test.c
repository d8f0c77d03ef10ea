/* What is found out about an account, of answers that stand here: nothing goes over a network, as
 * the fetch is this file's own. */
#include "providers/twilio/check.h"

#include "base/arena.h"
#include "http/fetch.h"
#include "test/test.h"

enum { ANSWERS_MAX = 16 };

#define API "https://api.example/2010-04-01/Accounts/AC1"
#define OURS "https://us.example/webhooks/twilio/voice-inbound"
#define OUR_STATUS "https://us.example/webhooks/twilio/voice-status"

/* What is answered, in that order; status 0: there is no connection. */
static struct {
    struct {
        int status;
        const char *body;
    } answers[ANSWERS_MAX];
    struct str urls[ANSWERS_MAX]; /* that were asked */
    size_t n, n_asked;
    struct arena *a;
} provider;

bool http_fetch(const struct http_fetch *f, struct arena *a, struct buf *body,
                struct http_fetched *ret, struct err *e)
{
    const size_t i = provider.n_asked;

    (void)a;
    assert_true(i < provider.n);
    assert_str(f->user, "AC1");
    provider.urls[provider.n_asked++] = str_dup(f->url, provider.a);
    if (provider.answers[i].status == 0)
        return err_set(e, ERR_UNAVAILABLE, "Twilio cannot be reached");
    *ret = (struct http_fetched){.status = provider.answers[i].status};
    buf_str(body, str_from(provider.answers[i].body));
    return true;
}

static int begin(void **state)
{
    (void)state;
    memset(&provider, 0, sizeof provider);
    provider.a = arena_create(0);
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_destroy(provider.a);
    return 0;
}

static void will_answer(int status, const char *body)
{
    assert_true(provider.n < ANSWERS_MAX);
    provider.answers[provider.n].status = status;
    provider.answers[provider.n++].body = body;
}

static void forget_answers(void)
{
    provider.n = provider.n_asked = 0;
}

static struct findings check(void)
{
    static const struct str owned = STR("+15085140320");
    static const struct provider_account account = {
        .provider = STR("twilio"), .account = STR("AC1"), .base_url = STR("https://api.example")};
    static const struct call_rules rules = {.region = STR("US"), .owned = &owned, .n_owned = 1};
    const struct provider_check in = {
        .account = &account, .our_url = STR("https://us.example"), .rules = &rules};
    struct findings all = {0};

    twilio_check(&in, provider.a, &all);
    assert_int_equal(provider.n_asked, provider.n);
    for (size_t i = 0; i < all.n; i++) {
        assert_str(all.p[i].provider, "twilio");
        assert_str(all.p[i].account, "AC1");
    }
    return all;
}

/* Their names, in order. */
static const char *names_of(const struct findings *all)
{
    struct str names = STR("");

    for (size_t i = 0; i < all->n; i++)
        names = str_fmt(provider.a, STR_FMT "%s%s", STR_ARG(names), i > 0 ? " " : "",
                        finding_name(all->p[i].code));
    return str_z(names, provider.a);
}

// --- the account ---------------------------------------------------------------------------------

static void an_account_is_told_by_what_is_answered(void **state)
{
    static const struct {
        int status;
        const char *body, *want, *found;
    } rows[] = {
        {401, "{}", "account_refused", "401"},
        {403, "{}", "account_refused", "403"},
        {404, "{}", "account_refused", "404"},
        {500, "{\"status\":\"active\"}", "account_unknown", "Twilio answered 500"},
        {302, "", "account_unknown", "Twilio answered 302"},
        {0, "", "account_unknown", "Twilio cannot be reached"},
        {200, "<html>", "account_unknown", "Twilio answered 200"},
        {200, "null", "account_unknown", "Twilio answered 200"},
        {200, "{\"status\":\"suspended\"}", "account_inactive", "suspended"},
        {200, "{}", "account_inactive", NULL},
    };

    (void)state;
    FOR_EACH_ROW (row, rows) {
        forget_answers();
        will_answer(row->status, row->body);
        const struct findings all = check();
        assert_string_equal(names_of(&all), row->want);
        assert_str(all.p[0].found, row->found);
        assert_str(provider.urls[0], API ".json");
    }
}

// --- a number ------------------------------------------------------------------------------------

#define VOICE "\"voice_url\":\"" OURS "\",\"voice_method\":\"POST\""
#define STATUS ",\"status_callback\":\"" OUR_STATUS "\",\"status_callback_method\":\"POST\""
#define ELSEWHERE "\"voice_url\":\"https://them.example/voice\",\"voice_method\":\"POST\""
#define APPLICATION ",\"voice_application_sid\":\"AP1\""
#define TRUNK ",\"trunk_sid\":\"TK1\""

/* An active account with one number. */
static void has_number(const char *phone, const char *members)
{
    const struct str page = str_fmt(
        provider.a, "{\"incoming_phone_numbers\":[{\"phone_number\":\"%s\",%s}]}", phone, members);

    forget_answers();
    will_answer(200, "{\"status\":\"active\"}");
    will_answer(200, str_z(page, provider.a));
}

static void a_number_comes_to_us_or_it_is_said_why_not(void **state)
{
    static const struct {
        const char *number, *want;
    } rows[] = {
        {VOICE STATUS, "account_ok number_ok"},
        {"\"voice_url\":\"" OURS "?a=b#c\",\"voice_method\":\"POST\"" STATUS,
         "account_ok number_ok"},
        {"\"voice_url\":\"" OURS "#c?d\",\"voice_method\":\"POST\"" STATUS, "account_ok number_ok"},
        {"\"voice_url\":\"" OURS "/x\",\"voice_method\":\"POST\"" STATUS,
         "account_ok number_elsewhere"},
        {ELSEWHERE STATUS, "account_ok number_elsewhere"},
        {ELSEWHERE, "account_ok number_elsewhere number_status"},
        {"\"voice_url\":\"" OURS "\",\"voice_method\":\"GET\"" STATUS, "account_ok number_method"},
        {VOICE, "account_ok number_status"},
        {VOICE ",\"status_callback\":\"" OUR_STATUS "\",\"status_callback_method\":\"GET\"",
         "account_ok number_status_method"},
        {VOICE STATUS TRUNK, "account_ok number_trunk"},
        {VOICE STATUS TRUNK APPLICATION, "account_ok number_trunk"},
        {VOICE STATUS ",\"trunk_sid\":\"\",\"voice_application_sid\":null", "account_ok number_ok"},
    };

    (void)state;
    FOR_EACH_ROW (row, rows) {
        has_number("+15085140320", row->number);
        const struct findings all = check();
        assert_string_equal(names_of(&all), row->want);
        assert_str(all.p[1].number, "+15085140320");
    }
}

static void what_was_found_and_expected_is_told(void **state)
{
    (void)state;
    has_number("+15085140320", ELSEWHERE);
    const struct findings elsewhere = check();
    assert_str(elsewhere.p[1].found, "https://them.example/voice");
    assert_str(elsewhere.p[1].expected, OURS);
    assert_str(elsewhere.p[2].found, NULL);
    assert_str(elsewhere.p[2].expected, OUR_STATUS);
    has_number("+15085140320", VOICE STATUS TRUNK);
    const struct findings trunk = check();
    assert_str(trunk.p[1].found, "TK1");
    assert_str(trunk.p[1].expected, OURS);
}

static void an_application_counts_instead_of_the_numbers_own_urls(void **state)
{
    static const struct {
        int status;
        const char *application, *want;
    } rows[] = {
        {200, "{" VOICE STATUS "}", "account_ok number_ok"},
        {200, "{" VOICE "}", "account_ok number_status"},
        {200, "{" ELSEWHERE STATUS "}", "account_ok number_application"},
        {404, "{" VOICE STATUS "}", "account_ok number_application"},
        {0, "", "account_ok number_application"},
    };

    (void)state;
    FOR_EACH_ROW (row, rows) {
        has_number("+15085140320", ELSEWHERE APPLICATION);
        will_answer(row->status, row->application);
        const struct findings all = check();
        assert_string_equal(names_of(&all), row->want);
        assert_str(all.p[1].number, "+15085140320");
        assert_str(provider.urls[2], API "/Applications/AP1.json");
    }
}

static void one_that_is_not_the_projects_is_told_only_when_it_comes_to_us(void **state)
{
    static const struct {
        const char *number, *want;
    } rows[] = {
        {VOICE, "account_ok number_unlisted"},
        {ELSEWHERE, "account_ok"},
        {VOICE TRUNK, "account_ok"},
        {VOICE APPLICATION, "account_ok"},
        {"\"voice_url\":\"" OURS "\",\"voice_method\":\"GET\"", "account_ok"},
    };

    (void)state;
    FOR_EACH_ROW (row, rows) {
        has_number("+15085140999", row->number);
        const struct findings all = check();
        assert_string_equal(names_of(&all), row->want);
    }
}

// --- pages ---------------------------------------------------------------------------------------

#define NEXT "/2010-04-01/Accounts/AC1/IncomingPhoneNumbers.json?Page=1"
#define PAGE(next)                                                                                 \
    "{\"incoming_phone_numbers\":[{\"phone_number\":\"+15085140999\"," VOICE "}],"                 \
    "\"next_page_uri\":\"" next "\"}"

static void pages_are_read_as_long_as_they_stay_at_the_api(void **state)
{
    static const struct {
        int status;
        const char *second, *want;
    } rows[] = {
        {200, PAGE(""), "account_ok number_unlisted number_unlisted"},
        {200, PAGE("https://them.example" NEXT), "account_ok number_unlisted number_unlisted"},
        {200, PAGE("/elsewhere" NEXT), "account_ok number_unlisted number_unlisted"},
        {200, "{\"next_page_uri\":\"" NEXT "\"}", "account_ok number_unlisted"},
        {401, "", "account_ok number_unlisted account_refused"},
        {500, "", "account_ok number_unlisted account_unknown"},
    };

    (void)state;
    FOR_EACH_ROW (row, rows) {
        forget_answers();
        will_answer(200, "{\"status\":\"active\"}");
        will_answer(200, PAGE(NEXT));
        will_answer(row->status, row->second);
        const struct findings all = check();
        assert_string_equal(names_of(&all), row->want);
        assert_str(provider.urls[1], API "/IncomingPhoneNumbers.json?PageSize=1000");
        assert_str(provider.urls[2], "https://api.example" NEXT);
    }
}

static void pages_without_an_end_are_not_read_without_an_end(void **state)
{
    (void)state;
    will_answer(200, "{\"status\":\"active\"}");
    for (int i = 0; i < 10; i++)
        will_answer(200, PAGE(NEXT));
    assert_int_equal(check().n, 11);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

TEST_MAIN(TEST(an_account_is_told_by_what_is_answered),
          TEST(a_number_comes_to_us_or_it_is_said_why_not),
          TEST(what_was_found_and_expected_is_told),
          TEST(an_application_counts_instead_of_the_numbers_own_urls),
          TEST(one_that_is_not_the_projects_is_told_only_when_it_comes_to_us),
          TEST(pages_are_read_as_long_as_they_stay_at_the_api),
          TEST(pages_without_an_end_are_not_read_without_an_end))
