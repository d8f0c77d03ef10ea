#include "sandbox/twilio/numbers.h"

#include <stdlib.h>

#include "base/arena.h"

struct numbers {
    struct arena *a;
    struct number_list list;
    struct rng rng;
};

struct numbers *numbers_create(struct sim *sim)
{
    struct numbers *n = NEW(struct numbers);
    const struct option_list *all = &sim->o->numbers;
    const struct str to = sim->o->to;

    n->a = arena_create(0);
    n->list = (struct number_list){arena_new(n->a, struct number, all->n), all->n};
    for (size_t i = 0; i < all->n; i++) {
        struct rng of_number = rng_seeded(str_hash(all->items[i])); // as calls name it
        n->list.p[i] = (struct number){
            .sid = sid_new("PN", &of_number, n->a),
            .phone_number = all->items[i],
            .voice_url = str_fmt(n->a, STR_FMT "/webhooks/twilio/voice-inbound", STR_ARG(to)),
            .voice_method = STR("POST"),
            .voice_application_sid = STR(""),
            .status_callback = str_fmt(n->a, STR_FMT "/webhooks/twilio/voice-status", STR_ARG(to)),
            .status_callback_method = STR("POST"),
            .created = clock_wall(sim->clock),
        };
    }
    return n;
}

void numbers_destroy(struct numbers *n)
{
    if (!n)
        return;
    arena_destroy(n->a);
    free(n);
}

struct number_list numbers_list(const struct numbers *n)
{
    return n->list;
}

struct number *numbers_find(const struct numbers *n, struct str sid)
{
    for (size_t i = 0; i < n->list.n; i++)
        if (str_eq(n->list.p[i].sid, sid))
            return &n->list.p[i];
    return NULL;
}

void numbers_set(struct numbers *n, struct number *x, const struct form *body)
{
    const struct {
        const char *name;
        struct str *to;
    } all[] = {
        {"VoiceUrl", &x->voice_url},
        {"VoiceMethod", &x->voice_method},
        {"VoiceApplicationSid", &x->voice_application_sid},
        {"TrunkSid", &x->trunk_sid},
        {"StatusCallback", &x->status_callback},
        {"StatusCallbackMethod", &x->status_callback_method},
    };

    for (size_t i = 0; i < LEN(all); i++) {
        const struct str given = form_get(body, str_from(all[i].name));
        if (!str_is_none(given))
            *all[i].to = str_dup(given, n->a);
    }
    if (str_is_empty(x->trunk_sid))
        x->trunk_sid = STR_NONE;
}

// --- as the API shows them -----------------------------------------------------------------------

static void member_time(struct json_writer *w, const char *key, usec_t at)
{
    char text[TIME_TEXT_MAX];

    json_member_str(w, str_from(key), (struct str){text, time_format_rfc2822(at, text)});
}

void resource_account(struct json_writer *w, const struct sim *sim)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);

    json_open_object(w);
    json_member_str(w, STR("sid"), sim->o->account);
    json_member_str(w, STR("owner_account_sid"), sim->o->account);
    json_member_str(w, STR("friendly_name"), STR("Sandbox"));
    json_member_str(w, STR("status"), STR("active"));
    json_member_str(w, STR("type"), STR("Full"));
    json_member_str(w, STR("auth_token"), STR("[Redacted]"));
    member_time(w, "date_created", clock_wall(sim->clock));
    member_time(w, "date_updated", clock_wall(sim->clock));
    json_member_str(w, STR("uri"),
                    str_fmt(a, "/2010-04-01/Accounts/" STR_FMT ".json", STR_ARG(sim->o->account)));
    json_key(w, STR("subresource_uris"));
    json_open_object(w);
    json_close_object(w);
    json_close_object(w);
}

static void write_fixed(struct json_writer *w)
{
    static const char *const absent[] = {"identity_sid", "address_sid", "bundle_sid",
                                         "emergency_address_sid"};
    static const char *const empty[] = {"voice_fallback_url", "sms_url", "sms_fallback_url",
                                        "sms_application_sid"};
    static const struct {
        const char *key, *value;
    } all[] = {
        {"api_version", "2010-04-01"},
        {"address_requirements", "none"},
        {"origin", "twilio"},
        {"status", "in-use"},
        {"voice_receive_mode", "voice"},
        {"voice_fallback_method", "POST"},
        {"sms_method", "POST"},
        {"sms_fallback_method", "POST"},
        {"emergency_status", "Inactive"},
        {"emergency_address_status", "unregistered"},
    };

    for (size_t i = 0; i < LEN(all); i++)
        json_member_str(w, str_from(all[i].key), str_from(all[i].value));
    for (size_t i = 0; i < LEN(empty); i++)
        json_member_str(w, str_from(empty[i]), STR(""));
    for (size_t i = 0; i < LEN(absent); i++)
        json_member_null(w, str_from(absent[i]));
    json_member_bool(w, STR("beta"), false);
    json_member_bool(w, STR("voice_caller_id_lookup"), false);
    json_member_raw(w, STR("capabilities"),
                    STR("{\"voice\":true,\"sms\":true,\"mms\":true,\"fax\":false}"));
}

void resource_number(struct json_writer *w, const struct sim *sim, const struct number *x)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);

    json_open_object(w);
    json_member_str(w, STR("sid"), x->sid);
    json_member_str(w, STR("account_sid"), sim->o->account);
    json_member_str(w, STR("phone_number"), x->phone_number);
    json_member_str(w, STR("friendly_name"), x->phone_number);
    json_member_str(w, STR("voice_url"), x->voice_url);
    json_member_str(w, STR("voice_method"), x->voice_method);
    json_member_str(w, STR("voice_application_sid"), x->voice_application_sid);
    json_member_str(w, STR("trunk_sid"), x->trunk_sid);
    json_member_str(w, STR("status_callback"), x->status_callback);
    json_member_str(w, STR("status_callback_method"), x->status_callback_method);
    member_time(w, "date_created", x->created);
    member_time(w, "date_updated", x->created);
    write_fixed(w);
    json_member_str(
        w, STR("uri"),
        str_fmt(a, "/2010-04-01/Accounts/" STR_FMT "/IncomingPhoneNumbers/" STR_FMT ".json",
                STR_ARG(sim->o->account), STR_ARG(x->sid)));
    json_close_object(w);
}
