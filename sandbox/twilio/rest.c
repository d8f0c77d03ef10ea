#include "sandbox/twilio/rest.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/limits.h"
#include "http/query.h"
#include "http/route.h"
#include "sandbox/twilio/media.h"
#include "sandbox/twilio/numbers.h"
#include "sandbox/twilio/page.h"
#include "sandbox/twilio/resource.h"
#include "sandbox/twilio/scene.h"

enum {
    ANSWER_MAX = 8 * 1024 * 1024,
    MEDIA_MAX = 64 * 1024 * 1024,
    CREDENTIALS_MAX = 512,
    TIMEOUT_MOST = 600,
    CALLS_ASKED = 5
};

struct rest {
    struct sim *sim;
    struct http_router *router;
    usec_t second;      /* in which … */
    int64_t n_requests; /* … so many have come */
    struct numbers *numbers;
};

/* One request while it is answered. */
struct asked {
    struct sim *sim;
    struct numbers *numbers;
    struct http_exchange *x;
    const struct http_request *rq;
    struct arena *a;
    struct http_match match;
    struct form query, body;
};

// --- answers -------------------------------------------------------------------------------------

static void answer(struct asked *q, int status, struct str body)
{
    const struct http_header headers[] = {
        {STR("Twilio-Request-Id"), sid_new("RQ", &q->sim->rng, q->a)},
        status == 401
            ? (struct http_header){STR("WWW-Authenticate"), STR("Basic realm=\"Twilio API\"")}
            : (struct http_header){STR("Retry-After"), STR("1")},
    };

    http_answer_from(q->x,
                     &(struct http_answer){.status = status,
                                           .type = STR("application/json;charset=utf-8"),
                                           .body = body,
                                           .headers = headers,
                                           .n_headers = status == 401 || status == 429 ? 2 : 1});
}

static void refuse(struct asked *q, int status, int code, struct str message)
{
    struct json_writer w;
    struct buf out;

    buf_init(&out, ANSWER_MAX);
    json_init(&w, &out);
    json_open_object(&w);
    json_member_int(&w, STR("code"), code);
    json_member_str(&w, STR("message"), message);
    json_member_str(&w, STR("more_info"),
                    str_fmt(q->a, "https://www.twilio.com/docs/errors/%d", code));
    json_member_int(&w, STR("status"), status);
    json_close_object(&w);
    answer(q, status, buf_view(&out));
    buf_finish(&out);
}

static void refuse_unknown(struct asked *q)
{
    refuse(q, 404, 20404,
           str_fmt(q->a, "The requested resource " STR_FMT " was not found", STR_ARG(q->rq->path)));
}

static void answer_leg(struct asked *q, int status, const struct leg *leg)
{
    struct json_writer w;
    struct buf out;

    buf_init(&out, ANSWER_MAX);
    json_init(&w, &out);
    resource_leg(&w, q->sim, leg);
    answer(q, status, buf_view(&out));
    buf_finish(&out);
}

static void answer_recording(struct asked *q, const struct recording *r)
{
    struct json_writer w;
    struct buf out;

    buf_init(&out, ANSWER_MAX);
    json_init(&w, &out);
    resource_recording(&w, q->sim, r);
    answer(q, 200, buf_view(&out));
    buf_finish(&out);
}

static void answer_account(struct asked *q)
{
    struct json_writer w;
    struct buf out;

    buf_init(&out, ANSWER_MAX);
    json_init(&w, &out);
    resource_account(&w, q->sim);
    answer(q, 200, buf_view(&out));
    buf_finish(&out);
}

static void answer_number(struct asked *q, const struct number *x)
{
    struct json_writer w;
    struct buf out;

    buf_init(&out, ANSWER_MAX);
    json_init(&w, &out);
    resource_number(&w, q->sim, x);
    answer(q, 200, buf_view(&out));
    buf_finish(&out);
}

// --- filters -------------------------------------------------------------------------------------

static bool text_matches(struct asked *q, const char *name, struct str value)
{
    const struct str wanted = form_get(&q->query, str_from(name));
    return str_is_empty(wanted) || str_eq(wanted, value);
}

/* The key carries the relation: "StartTime", "StartTime>" (on or after), "StartTime<" (before). A
 * value that is no time filters nothing. */
static bool time_matches(struct asked *q, const char *name, usec_t at)
{
    static const struct {
        const char *suffix;
        bool at_least_from, less_than_from, less_than_to;
    } relations[] = {
        {"", .at_least_from = true, .less_than_to = true},
        {">", .at_least_from = true},
        {"<", .less_than_from = true},
    };

    for (size_t i = 0; i < LEN(relations); i++) {
        const struct str key = str_fmt(q->a, "%s%s", name, relations[i].suffix);
        usec_t from, to;
        if (!page_time(form_get(&q->query, key), &from, &to))
            continue;
        if (at == TIME_NONE || (relations[i].at_least_from && at < from) ||
            (relations[i].less_than_from && at >= from) || (relations[i].less_than_to && at >= to))
            return false;
    }
    return true;
}

static bool leg_matches(struct asked *q, const struct leg *leg)
{
    return text_matches(q, "To", leg->to) && text_matches(q, "From", leg->from) &&
           text_matches(q, "ParentCallSid", leg->parent_sid) &&
           text_matches(q, "Status", str_from(leg_status_rest_name(leg->status))) &&
           time_matches(q, "StartTime", leg_start_time(leg)) &&
           time_matches(q, "EndTime", leg->ended);
}

static bool recording_matches(struct asked *q, const struct recording *r)
{
    const struct str of_call = http_match_param(&q->match, STR("call"));

    return (str_is_none(of_call) || str_eq(of_call, r->leg->sid)) &&
           text_matches(q, "CallSid", r->leg->sid) && time_matches(q, "DateCreated", r->started);
}

// --- lists ---------------------------------------------------------------------------------------

/* The rows that match, newest first, and how one is written. */
struct listing {
    const char *key;
    const void **rows;
    struct str *sids;
    size_t n;
    void (*write)(struct json_writer *w, const struct sim *sim, const void *row);
};

static void answer_list(struct asked *q, const struct listing *l)
{
    struct json_writer w;
    struct page pg;
    struct buf out;
    struct err e;

    if (!page_cut(&q->query, l->sids, l->n, &pg, &e)) {
        refuse(q, 400, 20001, str_from(e.text));
        return;
    }
    buf_init(&out, ANSWER_MAX);
    json_init(&w, &out);
    json_open_object(&w);
    json_key(&w, str_from(l->key));
    json_open_array(&w);
    for (size_t i = 0; i < pg.n; i++)
        l->write(&w, q->sim, l->rows[pg.first + i]);
    json_close_array(&w);
    page_members(&w, &pg, l->sids, q->rq->path, &q->query);
    json_close_object(&w);
    answer(q, 200, buf_view(&out));
    buf_finish(&out);
}

static void write_leg(struct json_writer *w, const struct sim *sim, const void *row)
{
    resource_leg(w, sim, row);
}

static void write_recording(struct json_writer *w, const struct sim *sim, const void *row)
{
    resource_recording(w, sim, row);
}

static void list_calls(struct asked *q)
{
    const struct world *world = &q->sim->world;
    struct listing l = {"calls", arena_new(q->a, const void *, world->n_legs),
                        arena_new(q->a, struct str, world->n_legs), 0, write_leg};

    for (size_t i = world->n_legs; i > 0; i--) {
        const struct leg *leg = world->legs[i - 1];
        if (!leg_matches(q, leg))
            continue;
        l.rows[l.n] = leg;
        l.sids[l.n++] = leg->sid;
    }
    answer_list(q, &l);
}

static void list_recordings(struct asked *q)
{
    const struct world *world = &q->sim->world;
    struct listing l = {"recordings", arena_new(q->a, const void *, world->n_recordings),
                        arena_new(q->a, struct str, world->n_recordings), 0, write_recording};

    for (size_t i = world->n_recordings; i > 0; i--) {
        const struct recording *r = world->recordings[i - 1];
        if (!recording_matches(q, r))
            continue;
        l.rows[l.n] = r;
        l.sids[l.n++] = r->sid;
    }
    answer_list(q, &l);
}

static void write_number(struct json_writer *w, const struct sim *sim, const void *row)
{
    resource_number(w, sim, row);
}

static void list_numbers(struct asked *q)
{
    const struct number_list all = numbers_list(q->numbers);
    struct listing l = {"incoming_phone_numbers", arena_new(q->a, const void *, all.n),
                        arena_new(q->a, struct str, all.n), 0, write_number};

    for (size_t i = 0; i < all.n; i++) {
        if (!text_matches(q, "PhoneNumber", all.p[i].phone_number))
            continue;
        l.rows[l.n] = &all.p[i];
        l.sids[l.n++] = all.p[i].sid;
    }
    answer_list(q, &l);
}

// --- items ---------------------------------------------------------------------------------------

/* The sid in a path's last segment, which ends in .json; STR_NONE without that. */
static struct str item_sid(struct asked *q, struct str name)
{
    const struct str segment = http_match_param(&q->match, name);
    return str_ends(segment, STR(".json")) ? str_sub(segment, 0, segment.n - 5) : STR_NONE;
}

static void get_call(struct asked *q)
{
    const struct leg *leg = world_leg(&q->sim->world, item_sid(q, STR("call")));

    if (leg)
        answer_leg(q, 200, leg);
    else
        refuse_unknown(q);
}

static void get_recording(struct asked *q)
{
    const struct recording *r = world_recording(&q->sim->world, item_sid(q, STR("recording")));

    if (r)
        answer_recording(q, r);
    else
        refuse_unknown(q);
}

static void get_number(struct asked *q)
{
    const struct number *x = numbers_find(q->numbers, item_sid(q, STR("number")));

    if (x)
        answer_number(q, x);
    else
        refuse_unknown(q);
}

static void update_number(struct asked *q)
{
    struct number *x = numbers_find(q->numbers, item_sid(q, STR("number")));

    if (!x) {
        refuse_unknown(q);
        return;
    }
    numbers_set(q->numbers, x, &q->body);
    answer_number(q, x);
}

static bool write_wav(const struct recording *r, struct buf *out)
{
    return media_wav(recording_duration(r), r->dual, out);
}

static bool write_mp3(const struct recording *r, struct buf *out)
{
    return media_mp3(recording_duration(r), out);
}

static const struct media {
    struct str suffix, type;
    bool (*write)(const struct recording *r, struct buf *out);
} media_forms[] = {
    {STR(".wav"), STR("audio/x-wav"), write_wav},
    {STR(".mp3"), STR("audio/mpeg"), write_mp3},
};

/* Media needs no password, as long as an account does not ask for one. */
static void answer_media(struct asked *q, const struct recording *r, const struct media *form)
{
    struct buf out;

    buf_init(&out, MEDIA_MAX);
    if (form->write(r, &out))
        http_answer_from(q->x, &(struct http_answer){.type = form->type, .body = buf_view(&out)});
    else
        refuse(q, 500, 20500, STR("The recording is too long"));
    buf_finish(&out);
}

/* True when it was a recording's address with .wav or .mp3 behind it, and the recording is over. */
static bool answered_media(struct asked *q)
{
    const struct str name = http_match_param(&q->match, STR("recording"));

    for (size_t i = 0; i < LEN(media_forms); i++) {
        if (!str_ends(name, media_forms[i].suffix))
            continue;
        const struct str sid = str_sub(name, 0, name.n - media_forms[i].suffix.n);
        const struct recording *r = world_recording(&q->sim->world, sid);
        if (!r || r->ended == TIME_NONE)
            return false;
        answer_media(q, r, &media_forms[i]);
        return true;
    }
    return false;
}

// --- placing and changing calls ------------------------------------------------------------------

static struct str field(struct asked *q, const char *name)
{
    const struct str s = form_get(&q->body, str_from(name));
    return str_is_empty(s) ? STR_NONE : s;
}

static bool is_web(struct str url)
{
    return str_starts(url, STR("http://")) || str_starts(url, STR("https://"));
}

static bool is_callable(struct str to)
{
    return leg_is_sip(to) || str_starts(to, STR("client:")) ||
           (str_starts(to, STR("+")) && to.n > 7 && to.n <= 16);
}

/* A repeated key; each value one event, or several with blanks between. */
static unsigned events_of(struct asked *q)
{
    unsigned events = 0;

    for (size_t i = 0; i < q->body.n; i++)
        if (str_eq(q->body.fields[i].name, STR("StatusCallbackEvent")))
            events |= twiml_events(q->body.fields[i].value);
    return events ? events : EVENT_COMPLETED;
}

static uint64_t timeout_of(struct asked *q)
{
    uint64_t seconds;
    if (!str_to_u64(field(q, "Timeout"), &seconds))
        return 60;
    return seconds > TIMEOUT_MOST ? TIMEOUT_MOST : seconds;
}

struct refusal {
    int code;
    const char *message;
};

/* The first thing that is wrong with an order; code 0: nothing. */
static struct refusal fault_of(const struct scene_order *o)
{
    const struct {
        bool wrong;
        struct refusal why;
    } rules[] = {
        {str_is_none(o->to), {21201, "No 'To' number is specified"}},
        {str_is_none(o->from), {21213, "No 'From' number is specified"}},
        {!is_callable(o->to), {21211, "Invalid 'To' Phone Number"}},
        {!is_callable(o->from), {21212, "Invalid 'From' Number"}},
        {str_is_none(o->url) && str_is_none(o->twiml), {21205, "Url parameter is required."}},
        {!str_is_none(o->url) && !is_web(o->url), {21205, "Url is not a valid URL"}},
        {!str_is_none(o->callback) && !is_web(o->callback),
         {21609, "StatusCallback is not a valid URL"}},
    };

    for (size_t i = 0; i < LEN(rules); i++)
        if (rules[i].wrong)
            return rules[i].why;
    return (struct refusal){0};
}

static void create_call(struct asked *q)
{
    const struct scene_order order = {
        .to = field(q, "To"),
        .from = field(q, "From"),
        .url = field(q, "Url"),
        .url_by_get = str_eq(field(q, "Method"), STR("GET")),
        .twiml = field(q, "Twiml"),
        .callback = field(q, "StatusCallback"),
        .callback_by_get = str_eq(field(q, "StatusCallbackMethod"), STR("GET")),
        .events = events_of(q),
        .record = str_eq(field(q, "Record"), STR("true")),
        .recording_callback = field(q, "RecordingStatusCallback"),
        .timeout = timeout_of(q),
    };
    const struct refusal why = fault_of(&order);

    if (why.code)
        refuse(q, 400, why.code, str_from(why.message));
    else
        answer_leg(q, 201, scene_place(q->sim, &order));
}

/* What ends or redirects one leg of a call ends or redirects all of it. */
static struct refusal change(struct asked *q, struct leg *leg)
{
    static const struct refusal not_in_progress = {21220, "Call is not in-progress."};
    const struct str status = field(q, "Status");

    if (leg_status_is_final(leg->status))
        return not_in_progress;
    if (str_is_none(status)) {
        if (leg->status != LEG_IN_PROGRESS || !str_is_none(leg->parent_sid))
            return not_in_progress;
        scene_redirect(leg->scene, field(q, "Url"), field(q, "Twiml"));
        return (struct refusal){0};
    }
    if (str_eq(status, STR("completed")))
        scene_end(leg->scene);
    else if (!str_eq(status, STR("canceled")))
        return (struct refusal){20001, "Status must be completed or canceled"};
    else if (leg->status < LEG_IN_PROGRESS)
        scene_cancel(leg->scene); // later it changes nothing
    return (struct refusal){0};
}

static bool asks_for_change(struct asked *q)
{
    return !str_is_none(field(q, "Status")) || !str_is_none(field(q, "Url")) ||
           !str_is_none(field(q, "Twiml"));
}

static void change_call(struct asked *q, struct leg *leg)
{
    const struct refusal why = asks_for_change(q) ? change(q, leg) : (struct refusal){0};

    if (why.code)
        refuse(q, 400, why.code, str_from(why.message));
    else
        answer_leg(q, 200, leg);
}

static void update_call(struct asked *q)
{
    struct leg *leg = world_leg(&q->sim->world, item_sid(q, STR("call")));

    if (leg)
        change_call(q, leg);
    else
        refuse_unknown(q);
}

/* No resource of Twilio's: the next calls of the mix, at once, for a person who wants to see some.
 */
static void play_calls(struct asked *q)
{
    for (int i = 0; i < CALLS_ASKED; i++)
        scene_start(q->sim);
    answer(q, 201, STR("{}"));
}

// --- who asks for what ---------------------------------------------------------------------------

typedef void rest_handler_fn(struct asked *q);
struct operation {
    rest_handler_fn *handle;
};

static const struct operation op_list_calls = {list_calls}, op_create_call = {create_call},
                              op_get_call = {get_call}, op_update_call = {update_call},
                              op_list_recordings = {list_recordings},
                              op_get_recording = {get_recording}, op_play_calls = {play_calls},
                              op_get_account = {answer_account}, op_list_numbers = {list_numbers},
                              op_get_number = {get_number}, op_update_number = {update_number};

#define ACCOUNT "/2010-04-01/Accounts/:account"

static const struct http_route routes[] = {
    {HTTP_GET, ACCOUNT, &op_get_account},
    {HTTP_GET, ACCOUNT "/IncomingPhoneNumbers.json", &op_list_numbers},
    {HTTP_GET, ACCOUNT "/IncomingPhoneNumbers/:number", &op_get_number},
    {HTTP_POST, ACCOUNT "/IncomingPhoneNumbers/:number", &op_update_number},
    {HTTP_GET, ACCOUNT "/Calls.json", &op_list_calls},
    {HTTP_POST, ACCOUNT "/Calls.json", &op_create_call},
    {HTTP_GET, ACCOUNT "/Calls/:call", &op_get_call},
    {HTTP_POST, ACCOUNT "/Calls/:call", &op_update_call},
    {HTTP_GET, ACCOUNT "/Calls/:call/Recordings.json", &op_list_recordings},
    {HTTP_GET, ACCOUNT "/Recordings.json", &op_list_recordings},
    {HTTP_GET, ACCOUNT "/Recordings/:recording", &op_get_recording},
    {HTTP_POST, "/sandbox/:account/Calls.json", &op_play_calls},
};

static bool is_authentic(struct asked *q)
{
    struct str given = http_header(q->rq, STR("Authorization"));
    unsigned char text[CREDENTIALS_MAX];
    size_t n;

    if (!cut_lit(&given, STR("Basic ")) || !base64_decode(str_trim(given), text, sizeof(text), &n))
        return false;
    struct str token = {(const char *)text, n}, account;
    return cut_until(&token, ':', &account) && str_eq(account, q->sim->o->account) &&
           bytes_eq_secret(token, q->sim->o->token);
}

static bool read_forms(struct asked *q)
{
    struct err e;
    const struct str body = q->rq->method == HTTP_POST ? q->rq->body : STR("");

    return http_query_parse(q->rq, q->a, &q->query, &e) &&
           form_parse(body, LIMIT_FORM_FIELDS, q->a, &q->body, &e);
}

/* The account itself is asked for with .json behind its sid. */
static bool is_mine(struct asked *q)
{
    const struct str account = q->sim->o->account;

    return str_eq(http_match_param(&q->match, STR("account")), account) ||
           (q->match.target == &op_get_account && str_eq(item_sid(q, STR("account")), account));
}

/* By dice, and by how many come in a second. */
static bool is_too_often(struct rest *r)
{
    const usec_t second = clock_monotonic(r->sim->clock) / SECONDS(1);
    const int64_t most = r->sim->o->rest_per_second;

    if (second != r->second)
        r->n_requests = 0;
    r->second = second;
    r->n_requests++;
    return sim_happens(&r->sim->rng, r->sim->o->rate_limit) || (most > 0 && r->n_requests > most);
}

static void serve(struct asked *q, struct rest *r, enum http_found found)
{
    const bool mine = is_mine(q);

    if (!is_authentic(q))
        refuse(q, 401, 20003, STR("Authenticate"));
    else if (is_too_often(r))
        refuse(q, 429, 20429, STR("Too Many Requests"));
    else if (found == HTTP_WRONG_METHOD)
        refuse(q, 405, 20004, STR("Method not allowed"));
    else if (found != HTTP_FOUND || !mine)
        refuse_unknown(q);
    else if (!read_forms(q))
        refuse(q, 400, 20001, STR("The request is not a valid form"));
    else
        ((const struct operation *)q->match.target)->handle(q);
}

void rest_answer(struct rest *r, struct http_exchange *x)
{
    const struct http_request *rq = http_request_of(x);
    struct asked q = {.sim = r->sim, .numbers = r->numbers, .x = x, .rq = rq, .a = http_arena(x)};
    const enum http_found found = http_router_find(r->router, rq->method, rq->path, q.a, &q.match);

    if (found != HTTP_FOUND || !answered_media(&q))
        serve(&q, r, found);
}

struct rest *rest_create(struct sim *sim)
{
    struct rest *r = NEW(struct rest);

    r->sim = sim;
    r->numbers = numbers_create(sim);
    r->router = http_router_create(routes, LEN(routes));
    return r;
}

void rest_destroy(struct rest *r)
{
    if (!r)
        return;
    numbers_destroy(r->numbers);
    http_router_destroy(r->router);
    free(r);
}
