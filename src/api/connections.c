/* What connects the project with its providers: its numbers, where its calls go, and its accounts.
 * Secrets go in and never come out. */
#include "api/body.h"

#include "api/deed.h"
#include "calls/change.h"
#include "http/language.h"
#include "jobs/run.h"
#include "providers/account_book.h"
#include "tenancy/connection.h"
#include "tenancy/project.h"

static void tell_node(struct req *rq)
{
    if (rq->app->on_connections_changed)
        rq->app->on_connections_changed(rq->app->arg);
}

// --- settings ------------------------------------------------------------------------------------

static const struct body_field setting_fields[] = {
    {"name", BODY_TEXT, offsetof(struct project_settings, name), .required = false, .max = 100},
    {"owned_numbers", BODY_TEXT, offsetof(struct project_settings, owned_numbers),
     .required = false, .max = 4096},
    {"region", BODY_TEXT, offsetof(struct project_settings, region), .required = false, .max = 2},
    {"sip_user", BODY_TEXT, offsetof(struct project_settings, sip_user), .required = false,
     .max = 100},
    {"sip_domain", BODY_TEXT, offsetof(struct project_settings, sip_domain), .required = false,
     .max = 253},
    {"time_zone", BODY_TEXT, offsetof(struct project_settings, time_zone), .required = false,
     .max = 64},
};

static void write_routing(struct json_writer *w, const struct project_settings *s)
{
    json_member_str(w, STR("owned_numbers"), s->owned_numbers);
    json_member_str(w, STR("region"), s->region);
    json_member_str(w, STR("sip_user"), s->sip_user);
    json_member_str(w, STR("sip_domain"), s->sip_domain);
}

/* What the configuration says counts for the default project, where it says nothing else. */
static void write_settings(struct req *rq, const struct project_settings *s)
{
    static const struct project_settings none = {0};
    const struct connection_presets *presets = rq->app->presets;
    const bool is_default = rq->actor.project == presets->project;
    struct json_writer *w = &rq->json;

    json_open_object(w);
    json_member_str(w, STR("name"), s->name);
    write_routing(w, s);
    json_member_str(w, STR("time_zone"), s->time_zone);
    json_key(w, STR("presets"));
    json_open_object(w);
    write_routing(w, is_default ? &presets->settings : &none);
    json_close_object(w);
    json_close_object(w);
}

static struct str settings_text(struct req *rq, const struct project_settings *s)
{
    return str_fmt(rq->a,
                   STR_FMT ": numbers " STR_FMT "; region " STR_FMT "; calls to " STR_FMT
                           "@" STR_FMT "; time zone " STR_FMT,
                   STR_ARG(s->name), STR_ARG(s->owned_numbers), STR_ARG(s->region),
                   STR_ARG(s->sip_user), STR_ARG(s->sip_domain), STR_ARG(s->time_zone));
}

static bool show_settings(struct req *rq, struct err *e)
{
    struct project_settings s;

    if (!connection_settings(rq->db, rq->actor.project, rq->a, &s, e))
        return err_trace(e);
    write_settings(rq, &s);
    return reply(rq, 200, e) || err_trace(e);
}

/* What is left out stays; what is empty is what the configuration says, or nothing. */
static void merge(struct project_settings *s, const struct project_settings *in)
{
    const struct {
        struct str *to;
        struct str from;
    } all[] = {
        {&s->owned_numbers, in->owned_numbers}, {&s->region, in->region},
        {&s->sip_user, in->sip_user},           {&s->sip_domain, in->sip_domain},
        {&s->time_zone, in->time_zone},
    };

    for (size_t i = 0; i < LEN(all); i++)
        if (!str_is_none(all[i].from))
            *all[i].to = str_is_empty(all[i].from) ? STR_NONE : all[i].from;
    if (!str_is_none(in->name))
        s->name = in->name;
    if (str_is_none(s->time_zone))
        s->time_zone = STR("UTC");
}

/* Only of such letters, digits and marks. */
static bool is_of(struct str s, const char *marks)
{
    for (size_t i = 0; i < s.n; i++) {
        const char c = s.p[i];
        const bool plain =
            (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!plain && (c == '\0' || !strchr(marks, c)))
            return false;
    }
    return true;
}

static bool check_words(const struct project_settings *in, struct err *e)
{
    if (!str_is_none(in->name) && str_is_empty(in->name))
        return err_set(e, ERR_INVALID, "name: something expected");
    if (!is_of(in->region, "") || (in->region.n != 0 && in->region.n != 2))
        return err_set(e, ERR_INVALID, "region: two letters expected, as in US");
    if (!is_of(in->sip_user, "-_.!~*'()&=+$,;?/%"))
        return err_set(e, ERR_INVALID, "sip_user: the part of a SIP address before the @ expected");
    if (!is_of(in->sip_domain, "-.:;=[]")) // also with a port and parameters
        return err_set(e, ERR_INVALID, "sip_domain: the name of a host expected");
    return is_of(in->time_zone, "/_+-") ||
           err_set(e, ERR_INVALID, "time_zone: one like Europe/Berlin expected");
}

/* As the nodes will read them: with the configuration's beside them. */
static bool check_numbers(struct req *rq, const struct project_settings *own, struct err *e)
{
    const struct project_settings s = connection_in_force(rq->app->presets, rq->actor.project, own);
    struct call_rules rules;

    return call_rules_parse(s.owned_numbers, s.region, rq->a, &rules, e) || err_trace(e);
}

static bool save_settings(struct req *rq, void *arg, struct err *e)
{
    const struct project_settings *in = arg;
    struct project_settings s;

    if (!project_hold(rq->db, rq->actor.project, rq->a, e) ||
        !connection_settings(rq->db, rq->actor.project, rq->a, &s, e))
        return err_trace(e);
    const struct str before = settings_text(rq, &s);
    merge(&s, in);
    if (!check_numbers(rq, &s, e) ||
        !connection_set_settings(rq->db, rq->rng, rq->actor.project, &s, rq->now, e))
        return err_trace(e);
    const struct deed d = {.action = "settings.changed",
                           .entity = "project",
                           .id = req_id_text(rq, rq->actor.project),
                           .project = rq->actor.project,
                           .details = deed_change(rq, before, settings_text(rq, &s))};
    return req_audit(rq, &d, e) || err_trace(e);
}

static bool set_settings(struct req *rq, struct err *e)
{
    struct project_settings in = {0};

    if (!req_fields(rq, setting_fields, LEN(setting_fields), &in, e) || !check_words(&in, e) ||
        !req_transaction(rq, save_settings, &in, e))
        return err_trace(e);
    tell_node(rq);
    return show_settings(rq, e) || err_trace(e);
}

// --- accounts ------------------------------------------------------------------------------------

/* Null: it is not down, as far as is known. */
static void write_outage(struct req *rq, const struct outage *o)
{
    struct json_writer *w = &rq->json;

    json_key(w, STR("down"));
    if (!o) {
        json_null(w);
        return;
    }
    const struct err why = {.code = o->code};
    json_open_object(w);
    json_member_time(w, STR("since"), o->since);
    json_member_str(w, STR("code"), str_from(err_code_name(o->code)));
    json_member_str(w, STR("human_title"), str_from(err_text(&why, http_language_of(rq->http))));
    json_close_object(w);
}

static void write_one(struct req *rq, const struct connection *c, struct str origin,
                      const struct outages *outages)
{
    struct json_writer *w = &rq->json;

    json_open_object(w);
    json_member_str(w, STR("provider"), c->provider);
    json_member_str(w, STR("account"), c->account);
    json_member_str(w, STR("origin"), origin);
    json_member_bool(w, STR("has_secondary_secret"), c->has_secondary);
    json_member_time(w, STR("created_at"), c->created_at);
    json_member_time(w, STR("updated_at"), c->updated_at);
    write_outage(rq, outages_find(outages, c->provider, c->account));
    json_close_object(w);
}

static bool is_among(const struct connection *list, size_t n, const struct connection *x)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(list[i].provider, x->provider) && str_eq(list[i].account, x->account))
            return true;
    return false;
}

/* Whether the configuration's account is this project's, as long as nobody has connected it. */
static bool has_configured(struct req *rq)
{
    _cleanup_(account_book_dropp) struct account_book *book = account_shelf_take(rq->app->accounts);
    const struct connection *x = &rq->app->presets->account;
    int64_t owner;

    return rq->actor.project == rq->app->presets->project && !str_is_empty(x->account) &&
           account_book_owner(book, x->provider, x->account, &owner) && owner == rq->actor.project;
}

static bool list(struct req *rq, struct err *e)
{
    const struct connection *configured = &rq->app->presets->account;
    struct json_writer *w = &rq->json;
    struct connection *all;
    struct outages outages;
    size_t n;

    if (!connection_list(rq->db, rq->actor.project, rq->a, &all, &n, e) ||
        !connection_outages(rq->db, rq->actor.project, rq->a, &outages, e))
        return err_trace(e);
    json_open_object(w);
    json_key(w, STR("connections"));
    json_open_array(w);
    for (size_t i = 0; i < n; i++)
        write_one(rq, &all[i], STR("stored"), &outages);
    if (has_configured(rq) && !is_among(all, n, configured))
        write_one(rq, configured, STR("configuration"), &outages);
    json_close_array(w);
    json_close_object(w);
    return reply(rq, 200, e) || err_trace(e);
}

static const struct body_field connection_fields[] = {
    {"secret", BODY_SECRET, offsetof(struct connection, secret), .required = true, .max = 512},
    {"secondary_secret", BODY_SECRET, offsetof(struct connection, secondary), .required = false,
     .max = 512},
};

/* Account names of providers are words: letters, digits, _ and -. */
static bool check_name(const struct connection *c, struct err *e)
{
    if (!provider_find(c->provider))
        return req_not_found(e);
    return (c->account.n > 0 && c->account.n <= 64 && is_of(c->account, "_-")) ||
           err_set(e, ERR_INVALID, "account: letters and digits expected, 64 at most");
}

static struct deed deed_of(struct req *rq, const char *action, const struct connection *c)
{
    return (struct deed){
        .action = action,
        .entity = "connection",
        .id = str_fmt(rq->a, STR_FMT " " STR_FMT, STR_ARG(c->provider), STR_ARG(c->account)),
        .project = rq->actor.project,
    };
}

/* What the audit log says of an account: how many secrets it has, and none of them. */
static struct str secrets_text(bool has_secondary)
{
    return has_secondary ? STR("connected with two secrets") : STR("connected");
}

/* In a transaction that holds the project. None: it is not connected. */
static bool secrets_before(struct req *rq, const struct connection *c, struct str *ret,
                           struct err *e)
{
    struct connection *all;
    size_t n;

    if (!project_hold(rq->db, rq->actor.project, rq->a, e) ||
        !connection_list(rq->db, rq->actor.project, rq->a, &all, &n, e))
        return err_trace(e);
    *ret = STR_NONE;
    for (size_t i = 0; i < n; i++)
        if (str_eq(all[i].provider, c->provider) && str_eq(all[i].account, c->account))
            *ret = secrets_text(all[i].has_secondary);
    return true;
}

static bool put_within(struct req *rq, void *arg, struct err *e)
{
    const struct connection *c = arg;
    struct deed d = deed_of(rq, "connection.set", c);
    struct str before;

    if (!secrets_before(rq, c, &before, e))
        return err_trace(e);
    d.details = deed_change(rq, before, secrets_text(!str_is_empty(c->secondary)));
    return (connection_put(REQ_OFFICE(rq), rq->app->vault, rq->actor.project, c, rq->a, e) &&
            job_mended(rq->db, rq->actor.project, rq->now, e) && req_audit(rq, &d, e)) ||
           err_trace(e);
}

static struct connection named(const struct req *rq)
{
    return (struct connection){.provider = req_param(rq, STR("provider")),
                               .account = req_param(rq, STR("account"))};
}

static bool put(struct req *rq, struct err *e)
{
    struct connection c = named(rq);

    if (!check_name(&c, e) || !req_fields(rq, connection_fields, LEN(connection_fields), &c, e) ||
        !req_transaction(rq, put_within, &c, e))
        return err_trace(e);
    tell_node(rq);
    reply_empty(rq, 204, NULL, 0);
    return true;
}

static bool remove_within(struct req *rq, void *arg, struct err *e)
{
    const struct connection *c = arg;
    struct deed d = deed_of(rq, "connection.removed", c);
    struct str before;
    bool found;

    if (!secrets_before(rq, c, &before, e) ||
        !connection_remove(REQ_OFFICE(rq), rq->actor.project, c->provider, c->account, &found, e))
        return err_trace(e);
    if (!found)
        return req_not_found(e);
    d.details = deed_change(rq, before, STR_NONE);
    return (job_mended(rq->db, rq->actor.project, rq->now, e) && req_audit(rq, &d, e)) ||
           err_trace(e);
}

static bool take_away(struct req *rq, struct err *e)
{
    struct connection c = named(rq);

    if (!check_name(&c, e) || !req_transaction(rq, remove_within, &c, e))
        return err_trace(e);
    tell_node(rq);
    reply_empty(rq, 204, NULL, 0);
    return true;
}

static const struct route routes[] = {
    {HTTP_GET, "/api/settings", show_settings, NEEDS(SETTINGS_MANAGE)},
    {HTTP_PATCH, "/api/settings", set_settings, NEEDS(SETTINGS_MANAGE)},
    {HTTP_GET, "/api/connections", list, NEEDS(SETTINGS_MANAGE)},
    {HTTP_PUT, "/api/connections/:provider/:account", put, NEEDS(SETTINGS_MANAGE)},
    {HTTP_DELETE, "/api/connections/:provider/:account", take_away, NEEDS(SETTINGS_MANAGE)},
};

const struct resource api_connections = {"connections", routes, LEN(routes)};
