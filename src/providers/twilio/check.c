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

/* False: *e says what stood in the way, or *ret_status what was answered instead. */
static bool fetch(const struct check *c, struct str path, struct json_object **ret, int *ret_status,
                  struct err *e)
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
        .on_asked = asked_note,
        .arg = c->in->asked,
    };
    struct http_fetched answer;

    *ret_status = 0;
    if (!http_fetch(&f, c->a, &body, &answer, e))
        return err_trace(e);
    *ret_status = answer.status;
    if (answer.status != 200 || !json_parse(str_dup(buf_view(&body), c->a), c->a, ret, e) || !*ret)
        return err_set(e, ERR_UPSTREAM, "Twilio answered %d", answer.status);
    return true;
}

/* False: what stood in the way is noted. */
static bool ask(const struct check *c, struct str path, struct json_object **ret)
{
    struct err e = {0};
    int status;

    if (fetch(c, path, ret, &status, &e))
        return true;
    if (status == 401 || status == 403 || status == 404)
        note(c, (struct finding){.code = FINDING_ACCOUNT_REFUSED,
                                 .found = str_fmt(c->a, "%d", status)});
    else
        note(c, (struct finding){.code = FINDING_ACCOUNT_UNKNOWN,
                                 .found = str_dup(str_from(e.text), c->a)});
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

/* The application that takes a number's calls, which has the members of a number that count here;
 * NULL: it cannot be seen. */
static struct json_object *application_of(const struct check *c, struct json_object *number)
{
    const struct str sid = json_get_str(number, "voice_application_sid");
    struct json_object *application;
    struct err e = {0};
    int status;

    return fetch(c,
                 str_fmt(c->a, API STR_FMT "/Applications/" STR_FMT ".json",
                         STR_ARG(c->in->account->account), STR_ARG(sid)),
                 &application, &status, &e)
               ? application
               : NULL;
}

static struct finding voice_of(const struct check *c, struct json_object *at)
{
    const struct str ours = str_fmt(c->a, STR_FMT OUR_VOICE, STR_ARG(c->in->our_url)),
                     url = json_get_str(at, "voice_url"), method = json_get_str(at, "voice_method");

    if (!leads_to(url, ours))
        return (struct finding){.code = FINDING_NUMBER_ELSEWHERE, .found = url, .expected = ours};
    if (!str_eq(method, STR("POST")))
        return (struct finding){
            .code = FINDING_NUMBER_METHOD, .found = method, .expected = STR("POST")};
    return (struct finding){.code = FINDING_NUMBER_OK, .found = url, .expected = ours};
}

/* Only the end of a call is told there: what is not is a warning. */
static struct finding status_of(const struct check *c, struct json_object *at)
{
    const struct str ours = str_fmt(c->a, STR_FMT OUR_STATUS, STR_ARG(c->in->our_url)),
                     url = json_get_str(at, "status_callback"),
                     method = json_get_str(at, "status_callback_method");

    if (!leads_to(url, ours))
        return (struct finding){.code = FINDING_NUMBER_STATUS, .found = url, .expected = ours};
    if (!str_eq(method, STR("POST")))
        return (struct finding){
            .code = FINDING_NUMBER_STATUS_METHOD, .found = method, .expected = STR("POST")};
    return (struct finding){.code = FINDING_NUMBER_OK};
}

/* Where its calls are told, number or application: both URLs. */
static void check_place(const struct check *c, struct str phone, struct json_object *at)
{
    struct finding voice = voice_of(c, at), status = status_of(c, at);
    const bool has_warning = status.code != FINDING_NUMBER_OK;

    voice.number = status.number = phone;
    if (voice.code != FINDING_NUMBER_OK || !has_warning)
        note(c, voice);
    if (has_warning)
        note(c, status);
}

/* Who takes its calls instead of its own URLs. */
static void note_taker(const struct check *c, enum finding_code code, struct json_object *number,
                       const char *key)
{
    note(c, (struct finding){
                .code = code,
                .number = json_get_str(number, "phone_number"),
                .found = json_get_str(number, key),
                .expected = str_fmt(c->a, STR_FMT OUR_VOICE, STR_ARG(c->in->our_url)),
            });
}

static void check_own(const struct check *c, struct json_object *number)
{
    struct json_object *at = number;

    if (is_given(number, "trunk_sid")) {
        note_taker(c, FINDING_NUMBER_TRUNK, number, "trunk_sid");
        return;
    }
    if (is_given(number, "voice_application_sid"))
        at = application_of(c, number);
    if (!at || (at != number && voice_of(c, at).code != FINDING_NUMBER_OK))
        note_taker(c, FINDING_NUMBER_APPLICATION, number, "voice_application_sid");
    else
        check_place(c, json_get_str(number, "phone_number"), at);
}

static bool is_own(const struct check *c, struct str number)
{
    size_t i;

    return str_among(number, c->in->rules->owned, c->in->rules->n_owned, &i);
}

static bool has_taker(struct json_object *number)
{
    return is_given(number, "trunk_sid") || is_given(number, "voice_application_sid");
}

static void check_number(const struct check *c, struct json_object *number)
{
    const struct str phone = json_get_str(number, "phone_number");

    if (is_own(c, phone))
        check_own(c, number);
    else if (!has_taker(number) && voice_of(c, number).code == FINDING_NUMBER_OK)
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
