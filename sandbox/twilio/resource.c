#include "sandbox/twilio/resource.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/arena.h"

enum { TEXT_MAX = 512 };

// --- values --------------------------------------------------------------------------------------

static void member_time(struct json_writer *w, const char *key, usec_t at)
{
    char text[TIME_TEXT_MAX];

    json_key(w, str_from(key));
    if (at == TIME_NONE)
        json_null(w);
    else
        json_str(w, (struct str){text, time_format_rfc2822(at, text)});
}

static void PRINTF_LIKE(3, 4)
    member_text(struct json_writer *w, const char *key, const char *format, ...);

static void member_text(struct json_writer *w, const char *key, const char *format, ...)
{
    char text[TEXT_MAX];
    va_list args;

    va_start(args, format);
    const int n = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    assert(n >= 0 && (size_t)n < sizeof(text));
    json_member_str(w, str_from(key), str_from(text));
}

/* In 0.00001 USD; null until it is rated, and for what is free. */
static void member_price(struct json_writer *w, const struct sim *sim, usec_t ended, int64_t price)
{
    const usec_t rated_after = (usec_t)(sim->o->price_after * 1e6);

    if (price == 0 || ended == TIME_NONE || clock_wall(sim->clock) - ended < rated_after)
        json_member_null(w, STR("price"));
    else
        member_text(w, "price", "-%lld.%05lld", (long long)(price / 100000),
                    (long long)(price % 100000));
    json_member_str(w, STR("price_unit"), STR("USD"));
}

/* +12025550143 as (202) 555-0143; anything else as it is. */
static void member_formatted(struct json_writer *w, const char *key, struct str s)
{
    struct str digits = s;

    if (cut_lit(&digits, STR("+1")) && digits.n == 10)
        member_text(w, key, "(%.3s) %.3s-%.4s", digits.p, digits.p + 3, digits.p + 6);
    else
        json_member_str(w, str_from(key), s);
}

static void member_number_sid(struct json_writer *w, const struct leg *leg, struct arena *a)
{
    const struct str number = leg->direction == LEG_INBOUND ? leg->to : leg->from;
    struct rng of_number = rng_seeded(str_hash(number));

    if (leg->direction == LEG_OUTBOUND_DIAL || leg_is_sip(number))
        json_member_null(w, STR("phone_number_sid"));
    else
        json_member_str(w, STR("phone_number_sid"), sid_new("PN", &of_number, a));
}

// --- a call --------------------------------------------------------------------------------------

static void leg_subresources(struct json_writer *w, const struct leg *leg)
{
    static const struct {
        const char *key, *name;
    } all[] = {
        {"events", "Events"},
        {"notifications", "Notifications"},
        {"payments", "Payments"},
        {"recordings", "Recordings"},
        {"siprec", "Siprec"},
        {"streams", "Streams"},
        {"transcriptions", "Transcriptions"},
        {"user_defined_message_subscriptions", "UserDefinedMessageSubscriptions"},
        {"user_defined_messages", "UserDefinedMessages"},
    };

    json_key(w, STR("subresource_uris"));
    json_open_object(w);
    for (size_t i = 0; i < LEN(all); i++)
        member_text(w, all[i].key, "/2010-04-01/Accounts/" STR_FMT "/Calls/" STR_FMT "/%s.json",
                    STR_ARG(leg->account), STR_ARG(leg->sid), all[i].name);
    json_close_object(w);
}

static void leg_times(struct json_writer *w, const struct leg *leg)
{
    // A call that the API placed has its dates once it left the queue.
    const bool queued = leg->status == LEG_QUEUED;

    member_time(w, "date_created", queued ? TIME_NONE : leg->created);
    member_time(w, "date_updated", queued ? TIME_NONE : leg->updated);
    member_time(w, "start_time", leg_start_time(leg));
    member_time(w, "end_time", leg->ended);
    if (leg->ended == TIME_NONE)
        json_member_null(w, STR("duration"));
    else
        member_text(w, "duration", "%lld", (long long)leg_duration(leg));
}

void resource_leg(struct json_writer *w, const struct sim *sim, const struct leg *leg)
{
    static const char *const absent[] = {"answered_by", "group_sid", "trunk_sid"};
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);

    json_open_object(w);
    json_member_str(w, STR("sid"), leg->sid);
    json_member_str(w, STR("account_sid"), leg->account);
    json_member_str(w, STR("parent_call_sid"), leg->parent_sid);
    member_number_sid(w, leg, a);
    json_member_str(w, STR("api_version"), STR("2010-04-01"));
    json_member_str(w, STR("direction"), str_from(leg_direction_name(leg->direction)));
    json_member_str(w, STR("status"), str_from(leg_status_rest_name(leg->status)));
    json_member_str(w, STR("from"), leg->from);
    member_formatted(w, "from_formatted", leg->from);
    json_member_str(w, STR("to"), leg->to);
    member_formatted(w, "to_formatted", leg->to);
    json_member_str(w, STR("forwarded_from"), leg->forwarded_from);
    json_member_str(w, STR("caller_name"), leg->caller_name);
    for (size_t i = 0; i < LEN(absent); i++)
        json_member_null(w, str_from(absent[i]));
    leg_times(w, leg);
    member_price(w, sim, leg->ended, leg_price(leg));
    json_member_str(w, STR("queue_time"), STR("0"));
    leg_subresources(w, leg);
    member_text(w, "uri", "/2010-04-01/Accounts/" STR_FMT "/Calls/" STR_FMT ".json",
                STR_ARG(leg->account), STR_ARG(leg->sid));
    json_close_object(w);
}

// --- a recording ---------------------------------------------------------------------------------

void resource_recording(struct json_writer *w, const struct sim *sim, const struct recording *r)
{
    enum { PRICE_A_MINUTE = 250 };
    const bool over = r->ended != TIME_NONE;
    const int64_t minutes = (recording_duration(r) + 59) / 60;

    json_open_object(w);
    json_member_str(w, STR("sid"), r->sid);
    json_member_str(w, STR("account_sid"), r->leg->account);
    json_member_str(w, STR("api_version"), STR("2010-04-01"));
    json_member_str(w, STR("call_sid"), r->leg->sid);
    json_member_null(w, STR("conference_sid"));
    json_member_int(w, STR("channels"), r->dual ? 2 : 1);
    json_member_str(w, STR("status"), over ? STR("completed") : STR("processing"));
    json_member_str(w, STR("source"), str_from(r->source));
    json_member_null(w, STR("error_code"));
    json_member_null(w, STR("encryption_details"));
    member_time(w, "start_time", r->started);
    member_time(w, "date_created", r->started);
    member_time(w, "date_updated", over ? r->ended : r->started);
    if (over)
        member_text(w, "duration", "%lld", (long long)recording_duration(r));
    else
        json_member_null(w, STR("duration"));
    member_price(w, sim, r->ended, minutes * PRICE_A_MINUTE);
    member_text(w, "uri", "/2010-04-01/Accounts/" STR_FMT "/Recordings/" STR_FMT ".json",
                STR_ARG(r->leg->account), STR_ARG(r->sid));
    member_text(w, "media_url", STR_FMT "/2010-04-01/Accounts/" STR_FMT "/Recordings/" STR_FMT,
                STR_ARG(sim->rest_url), STR_ARG(r->leg->account), STR_ARG(r->sid));
    json_key(w, STR("subresource_uris"));
    json_open_object(w);
    json_close_object(w);
    json_close_object(w);
}
