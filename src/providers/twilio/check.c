#include "providers/twilio/check.h"

#include <json-c/json.h>

#include "base/arena.h"
#include "base/json.h"
#include "http/fetch.h"

enum { ANSWER_MAX = 8 * 1024 * 1024, PAGES_MAX = 10 };

#define CONNECT_TIMEOUT SECONDS(4)
#define TOTAL_TIMEOUT SECONDS(10)
#define API "/2010-04-01/Accounts/"
#define OUR_VOICE "/webhooks/twilio/voice-inbound"
#define OUR_STATUS "/webhooks/twilio/voice-status"

struct check {
    const struct provider_check *in;
    struct arena *a;
    struct findings *findings;
};

static void note(const struct check *c, struct finding x)
{
    x.provider = c->in->account->provider;
    x.account = c->in->account->account;
    findings_add(c->findings, c->a, &x);
}

// --- asking --------------------------------------------------------------------------------------

/* False: what stood in the way is noted. */
static bool ask(const struct check *c, struct str path, struct json_object **ret)
{
    const struct provider_account *account = c->in->account;
    _cleanup_(buf_finish) struct buf body = {.max = ANSWER_MAX};
    const struct http_fetch f = {
        .peer = "Twilio",
        .url = str_fmt(c->a, STR_FMT STR_FMT, STR_ARG(account->base_url), STR_ARG(path)),
        .user = account->account,
        .password = account->secret,
        .connect_timeout = CONNECT_TIMEOUT,
        .total_timeout = TOTAL_TIMEOUT,
        .ended = c->in->ended,
    };
    struct http_fetched answer;
    struct err e = {0};

    if (!http_fetch(&f, c->a, &body, &answer, &e)) {
        note(c, (struct finding){.code = FINDING_ACCOUNT_UNKNOWN,
                                 .found = str_dup(str_from(e.text), c->a)});
        return false;
    }
    if (answer.status == 401 || answer.status == 403 || answer.status == 404) {
        note(c, (struct finding){.code = FINDING_ACCOUNT_REFUSED,
                                 .found = str_fmt(c->a, "%d", answer.status)});
        return false;
    }
    if (answer.status == 200 && json_parse(str_dup(buf_view(&body), c->a), c->a, ret, &e) && *ret)
        return true;
    note(c, (struct finding){.code = FINDING_ACCOUNT_UNKNOWN,
                             .found = str_fmt(c->a, "Twilio answered %d", answer.status)});
    return false;
}

// --- the account ---------------------------------------------------------------------------------

static bool check_account(const struct check *c)
{
    struct json_object *account;

    if (!ask(c, str_fmt(c->a, API STR_FMT ".json", STR_ARG(c->in->account->account)), &account))
        return false;
    const struct str status = json_get_str(account, "status");
    const bool is_active = str_eq(status, STR("active"));
    note(c, (struct finding){.code = is_active ? FINDING_ACCOUNT_OK : FINDING_ACCOUNT_INACTIVE,
                             .found = status});
    return is_active;
}

// --- a number ------------------------------------------------------------------------------------

/* What Twilio sends to: a fragment is its own, and a query changes nothing of the door. */
static bool leads_to(struct str url, struct str door)
{
    const size_t end = str_find(str_sub(url, 0, str_find(url, '#')), '?');

    return str_eq(str_sub(url, 0, end), door);
}

static bool is_given(struct json_object *number, const char *key)
{
    return !str_is_empty(json_get_str(number, key));
}

static struct finding voice_of(const struct check *c, struct json_object *number)
{
    const struct str ours = str_fmt(c->a, STR_FMT OUR_VOICE, STR_ARG(c->in->our_url)),
                     url = json_get_str(number, "voice_url"),
                     method = json_get_str(number, "voice_method");

    if (is_given(number, "trunk_sid"))
        return (struct finding){.code = FINDING_NUMBER_TRUNK,
                                .found = json_get_str(number, "trunk_sid"),
                                .expected = ours};
    if (is_given(number, "voice_application_sid"))
        return (struct finding){.code = FINDING_NUMBER_APPLICATION,
                                .found = json_get_str(number, "voice_application_sid"),
                                .expected = ours};
    if (!leads_to(url, ours))
        return (struct finding){.code = FINDING_NUMBER_ELSEWHERE, .found = url, .expected = ours};
    if (!str_eq(method, STR("POST")))
        return (struct finding){
            .code = FINDING_NUMBER_METHOD, .found = method, .expected = STR("POST")};
    return (struct finding){.code = FINDING_NUMBER_OK, .found = url, .expected = ours};
}

/* Only the end of a call is told there: what is not is a warning. */
static struct finding status_of(const struct check *c, struct json_object *number)
{
    const struct str ours = str_fmt(c->a, STR_FMT OUR_STATUS, STR_ARG(c->in->our_url)),
                     url = json_get_str(number, "status_callback"),
                     method = json_get_str(number, "status_callback_method");

    if (!leads_to(url, ours))
        return (struct finding){.code = FINDING_NUMBER_STATUS, .found = url, .expected = ours};
    if (!str_eq(method, STR("POST")))
        return (struct finding){
            .code = FINDING_NUMBER_STATUS_METHOD, .found = method, .expected = STR("POST")};
    return (struct finding){.code = FINDING_NUMBER_OK};
}

static void check_own(const struct check *c, struct json_object *number)
{
    const struct str phone = json_get_str(number, "phone_number");
    struct finding voice = voice_of(c, number), status = status_of(c, number);
    const bool has_warning = status.code != FINDING_NUMBER_OK;

    voice.number = status.number = phone;
    if (voice.code != FINDING_NUMBER_OK || !has_warning)
        note(c, voice);
    if (has_warning)
        note(c, status);
}

static bool is_own(const struct check *c, struct str number)
{
    size_t i;

    return str_among(number, c->in->rules->owned, c->in->rules->n_owned, &i);
}

static void check_number(const struct check *c, struct json_object *number)
{
    const struct str phone = json_get_str(number, "phone_number");
    const struct finding voice = voice_of(c, number);

    if (is_own(c, phone))
        check_own(c, number);
    else if (voice.code == FINDING_NUMBER_OK)
        note(c, (struct finding){.code = FINDING_NUMBER_UNLISTED, .number = phone});
}

// --- all of its numbers --------------------------------------------------------------------------

/* The account and its password go to no other place than where they were asked for. */
static bool is_path(struct str uri)
{
    return str_starts(uri, STR(API));
}

static void check_numbers(const struct check *c)
{
    struct str path = str_fmt(c->a, API STR_FMT "/IncomingPhoneNumbers.json?PageSize=1000",
                              STR_ARG(c->in->account->account));

    for (int i = 0; i < PAGES_MAX && is_path(path); i++) {
        struct json_object *page, *list;
        size_t n;
        if (!ask(c, path, &page))
            return;
        list = json_get(page, "incoming_phone_numbers");
        if (!json_list_length(list, &n))
            return;
        for (size_t k = 0; k < n; k++)
            check_number(c, json_object_array_get_idx(list, k));
        path = json_get_str(page, "next_page_uri");
    }
}

void twilio_check(const struct provider_check *in, struct arena *a, struct findings *findings)
{
    const struct check c = {in, a, findings};

    if (check_account(&c))
        check_numbers(&c);
}
