/* How much the project may use: what counts, what it may have at most, what it chose itself, and
 * what is used of it now. */
#include "api/body.h"

#include "api/deed.h"
#include "feed/hub.h"
#include "inbox/backlog.h"
#include "tenancy/project.h"
#include "tenancy/quota.h"

/* What is used now, as health tells it; nothing of what is of a time. */
struct usage {
    int64_t waiting, clients;
};

static bool measure(struct req *rq, struct usage *ret, struct err *e)
{
    const int64_t project = rq->actor.project;
    struct inbox_backlog backlog;
    usec_t age;

    if (!backlog_watch_read(rq->backlogs, rq->db, project, &backlog, &age, e))
        return err_trace(e);
    ret->waiting = backlog.pending;
    ret->clients = rq->app->hub ? (int64_t)hub_clients(rq->app->hub, project) : 0;
    return true;
}

static int64_t used_of(const struct usage *u, enum quota q)
{
    return q == QUOTA_EVENTS_WAITING ? u->waiting : q == QUOTA_LIVE_CLIENTS ? u->clients : INT_NONE;
}

static void known(struct json_writer *w, struct str name, int64_t value)
{
    if (value == INT_NONE)
        json_member_null(w, name);
    else
        json_member_int(w, name, value);
}

static bool show(struct req *rq, struct err *e)
{
    const struct quotas *preset = &rq->app->quotas;
    struct json_writer *w = &rq->json;
    struct quota_wishes wishes;
    struct usage usage;

    if (!quota_wishes(rq->db, rq->actor.project, rq->a, &wishes, e) || !measure(rq, &usage, e))
        return err_trace(e);
    const struct quotas now = quotas_in_force(preset, &wishes);
    json_open_object(w);
    json_key(w, STR("quotas"));
    json_open_array(w);
    for (size_t i = 0; i < QUOTA_COUNT; i++) {
        const enum quota q = (enum quota)i;
        json_open_object(w);
        json_member_str(w, STR("name"), str_from(quota_name(q)));
        json_member_int(w, STR("value"), now.of[q]);
        json_member_int(w, STR("most"), quota_ceiling(preset, &wishes, q));
        known(w, STR("chosen"), wishes.chosen[q]);
        known(w, STR("used"), used_of(&usage, q));
        json_close_object(w);
    }
    json_close_array(w);
    json_close_object(w);
    return reply(rq, 200, e) || err_trace(e);
}

/* A value is a number, or null: as much as the project may have. */
struct choice {
    struct str name;
    int64_t value;
    enum quota quota;
};

static const struct body_field choice_fields[] = {
    {"name", BODY_TEXT, offsetof(struct choice, name), .required = true, .max = 64},
    {"value", BODY_COUNT, offsetof(struct choice, value), .required = false, .max = 0},
};

static struct str text_of(struct req *rq, int64_t value)
{
    return value == INT_NONE ? STR_NONE : req_id_text(rq, value);
}

static bool choose(struct req *rq, void *arg, struct err *e)
{
    const struct choice *in = arg;
    const struct quota_wish wish = {rq->actor.project, in->quota, in->value};
    struct quota_wishes wishes;

    if (!project_hold(rq->db, rq->actor.project, rq->a, e) ||
        !quota_wishes(rq->db, rq->actor.project, rq->a, &wishes, e))
        return err_trace(e);
    const int64_t most = quota_ceiling(&rq->app->quotas, &wishes, in->quota);
    if (in->value != INT_NONE && in->value > most) {
        err_set(e, ERR_FORBIDDEN, "this project may have %lld of these at most", (long long)most);
        return err_fix(e, "who runs the installation grants more: hookswitch quota");
    }
    const struct deed d = {
        .action = "quota.chosen",
        .entity = "quota",
        .id = in->name,
        .project = rq->actor.project,
        .details = deed_change(rq, text_of(rq, wishes.chosen[in->quota]), text_of(rq, in->value))};
    return (quota_choose(REQ_OFFICE(rq), &wish, e) && req_audit(rq, &d, e)) || err_trace(e);
}

static bool set(struct req *rq, struct err *e)
{
    struct choice in;

    if (!req_fields(rq, choice_fields, LEN(choice_fields), &in, e))
        return err_trace(e);
    if (!quota_parse(in.name, &in.quota))
        return err_set(e, ERR_INVALID, "name: there is no such quota");
    if (in.value != INT_NONE && in.value < quota_least(in.quota))
        return err_set(e, ERR_INVALID, "value: a number from %lld on, or null, expected",
                       (long long)quota_least(in.quota));
    if (!req_transaction(rq, choose, &in, e))
        return err_trace(e);
    if (rq->app->on_connections_changed)
        rq->app->on_connections_changed(rq->app->arg);
    return show(rq, e) || err_trace(e);
}

static const struct route routes[] = {
    {HTTP_GET, "/api/quotas", show, NEEDS(SETTINGS_MANAGE)},
    {HTTP_PATCH, "/api/quotas", set, NEEDS(SETTINGS_MANAGE)},
};

const struct resource api_quotas = {"quotas", routes, LEN(routes)};
