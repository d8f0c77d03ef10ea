/* Oneself: who am I, my settings, my password, my sessions, my projects. */
#include "api/auth.h"

#include "api/body.h"
#include "api/deed.h"
#include "api/keyset.h"
#include "api/watching.h"
#include "tenancy/flags.h"
#include "tenancy/password.h"
#include "tenancy/project.h"

// --- who am I ------------------------------------------------------------------------------------

static void write_place(struct req *rq, const char *key, int64_t id, struct str name)
{
    struct json_writer *w = &rq->json;

    json_key(w, str_from(key));
    if (id == 0) {
        json_null(w);
        return;
    }
    json_open_object(w);
    req_member_id(rq, STR("id"), id);
    json_member_str(w, STR("name"), name);
    json_close_object(w);
}

static void write_actor(struct req *rq)
{
    struct json_writer *w = &rq->json;
    const struct actor *who = &rq->actor;
    const bool is_user = who->kind == ACTOR_USER;

    json_key(w, STR("actor"));
    json_open_object(w);
    json_member_str(w, STR("kind"), is_user ? STR("user") : STR("api_key"));
    req_member_id(rq, STR("id"), who->id);
    json_member_str(w, STR("name"), is_user ? who->full_name : who->name);
    json_member_str(w, STR("email"), is_user ? who->name : STR_NONE);
    json_member_str(w, STR("language"), who->language);
    json_member_str(w, STR("theme"), who->theme);
    json_member_str(w, STR("time_zone"), who->time_zone);
    json_close_object(w);
}

static bool me(struct req *rq, struct err *e)
{
    struct json_writer *w = &rq->json;
    const struct str base = rq->app->webhook_base_url;
    struct project at = {0};
    bool found;
    struct err off;

    // Nobody's project is shown as none, and so is one that has gone meanwhile.
    if (rq->actor.project && !project_find(rq->db, rq->actor.project, rq->a, &at, &found, e))
        return err_trace(e);
    json_open_object(w);
    write_place(rq, "org", at.org, at.org_name);
    write_place(rq, "project", at.id, at.name);
    write_actor(rq);
    json_member_rights(rq, STR("rights"), rq->actor.rights);
    json_member_rights(rq, STR("org_rights"), rq->actor.org_rights);
    json_key(w, STR("features"));
    json_open_object(w);
    json_member_bool(w, STR("realtime_push"), watching_is_on(rq, &off));
    json_member_bool(w, STR("webhook_ingestion"),
                     flag_board_value(rq->app->flags, rq->actor.project, FLAG_INGESTION) !=
                         INGESTION_OFF);
    json_member_bool(w, STR("demo_calls"), rq->app->demo_calls);
    json_close_object(w);
    json_key(w, STR("webhook_base_url"));
    json_str(w, str_is_empty(base) ? STR_NONE : base);
    json_close_object(w);
    return reply(rq, 200, e) || err_trace(e);
}

/* What a program cannot do, as it is nobody. */
static bool must_be_person(const struct req *rq, struct err *e)
{
    return rq->actor.kind == ACTOR_USER ||
           err_set(e, ERR_FORBIDDEN, "an API key has no account of its own");
}

/* What I did to my own account. Who belongs to no project has no organisation that would hear. */
static bool note_own(struct req *rq, const char *action, struct err *e)
{
    const struct deed d = {.action = action, .entity = "user", .id = req_id_text(rq, rq->actor.id)};

    return rq->actor.org == 0 || req_audit(rq, &d, e) || err_trace(e);
}

// --- my settings ---------------------------------------------------------------------------------

static const struct body_field settings_fields[] = {
    {"name", BODY_TEXT, offsetof(struct preferences, name), .required = false},
    {"language", BODY_TEXT, offsetof(struct preferences, language), .required = false, .max = 8},
    {"theme", BODY_TEXT, offsetof(struct preferences, theme), .required = false, .max = 8},
    {"time_zone", BODY_TEXT, offsetof(struct preferences, time_zone), .required = false, .max = 64},
};

static bool is_word(struct str word, const struct str *words, size_t n, const char *name,
                    struct err *e)
{
    size_t i;

    return str_among(word, words, n, &i) ||
           err_set(e, ERR_INVALID, "%s: \"%.20s\" is none that is known", name, word.p);
}

/* What is left out stays. */
static void keep_rest(const struct actor *who, struct preferences *p)
{
    if (str_is_empty(p->name))
        p->name = who->full_name;
    if (str_is_none(p->language))
        p->language = who->language;
    if (str_is_none(p->theme))
        p->theme = who->theme;
    if (str_is_none(p->time_zone))
        p->time_zone = who->time_zone;
    else if (str_is_empty(p->time_zone))
        p->time_zone = STR_NONE; // the browser's
}

static bool set_me(struct req *rq, struct err *e)
{
    static const struct str languages[] = {STR("auto"), STR("en"), STR("ru")};
    static const struct str themes[] = {STR("auto"), STR("light"), STR("dark")};
    struct preferences p = {0};

    if (!must_be_person(rq, e) || !req_fields(rq, settings_fields, LEN(settings_fields), &p, e))
        return err_trace(e);
    keep_rest(&rq->actor, &p);
    if (!is_word(p.language, languages, LEN(languages), "language", e) ||
        !is_word(p.theme, themes, LEN(themes), "theme", e) ||
        !person_set_preferences(rq->db, rq->actor.id, &p, e))
        return err_trace(e);
    rq->actor.full_name = p.name;
    rq->actor.language = p.language;
    rq->actor.theme = p.theme;
    rq->actor.time_zone = p.time_zone;
    return me(rq, e) || err_trace(e);
}

// --- my password ---------------------------------------------------------------------------------

struct password_change {
    struct str current, next, hash;
    struct person person;
};

static const struct body_field password_fields[] = {
    {"current_password", BODY_SECRET, offsetof(struct password_change, current), .required = false,
     .max = 1024},
    {"new_password", BODY_SECRET, offsetof(struct password_change, next), .required = true,
     .max = 1024},
};

static bool not_yours(struct err *e)
{
    return err_set(e, ERR_FORBIDDEN, "current_password: this is not your password");
}

/* To hash a password takes its time. Who was signed out meanwhile, or whose password was changed,
 * to keep out who knows it, changes nothing any more. */
static bool may_still(struct req *rq, const struct person *p, struct err *e)
{
    bool is_same, counts;

    if (!person_hold(rq->db, p, rq->a, &is_same, e) ||
        !session_counts(rq->db, rq->actor.session, rq->now, rq->a, &counts, e))
        return err_trace(e);
    if (!counts) {
        err_set(e, ERR_UNAUTHORIZED, "the session has ended");
        return err_fix(e, "sign in again");
    }
    return is_same || not_yours(e);
}

static bool change_password(struct req *rq, void *arg, struct err *e)
{
    const struct password_change *in = arg;

    return (may_still(rq, &in->person, e) &&
            person_set_password(rq->db, rq->actor.id, in->hash, rq->now, e) &&
            sessions_revoke(rq->db, rq->actor.id, rq->actor.session, rq->now, e) &&
            links_revoke(rq->db, rq->actor.id, rq->now, e) &&
            note_own(rq, "password.changed", e)) ||
           err_trace(e);
}

/* Who came by a one-time link and has none yet need not know it. */
static bool knows_current(struct req *rq, struct password_change *in, struct err *e)
{
    struct person *p = &in->person;
    bool found, right = false;

    if (!person_by_id(rq->db, rq->actor.id, rq->a, p, &found, e))
        return err_trace(e);
    if (found && str_is_none(p->password_hash))
        return true;
    if (throttle_is_spent(rq->throttle, rq->http->peer, rq->actor.name,
                          clock_monotonic(rq->app->clock)))
        return err_set(e, ERR_RATE, "too many attempts");
    if (!password_verify(rq->app->hasher, p->password_hash, in->current, &right, e))
        return err_trace(e);
    if (right)
        return true;
    throttle_spend(rq->throttle, rq->http->peer, rq->actor.name, clock_monotonic(rq->app->clock));
    return not_yours(e);
}

static bool set_password(struct req *rq, struct err *e)
{
    struct password_change in = {0};

    if (!must_be_person(rq, e) || !req_fields(rq, password_fields, LEN(password_fields), &in, e) ||
        !password_check(in.next, rq->actor.name, e) || !knows_current(rq, &in, e) ||
        !password_hash(rq->app->hasher, in.next, rq->a, &in.hash, e) ||
        !req_transaction(rq, change_password, &in, e))
        return err_trace(e);
    reply_empty(rq, 204, NULL, 0);
    return true;
}

// --- my sessions ---------------------------------------------------------------------------------

static bool sessions(struct req *rq, struct err *e)
{
    struct json_writer *w = &rq->json;
    struct session_row *list;
    size_t n;

    if (!must_be_person(rq, e) || !session_list(rq->db, rq->actor.id, rq->now, rq->a, &list, &n, e))
        return err_trace(e);
    json_open_object(w);
    json_key(w, STR("sessions"));
    json_open_array(w);
    for (size_t i = 0; i < n; i++) {
        json_open_object(w);
        json_member_str(w, STR("id"), list[i].id);
        json_member_bool(w, STR("is_current"), str_eq(list[i].id, rq->actor.session));
        json_member_str(w, STR("agent"), list[i].agent);
        json_member_str(w, STR("address"), list[i].address);
        json_member_time(w, STR("created_at"), list[i].created_at);
        json_member_time(w, STR("seen_at"), list[i].seen_at);
        json_member_time(w, STR("expires_at"), list[i].expires_at);
        json_close_object(w);
    }
    json_close_array(w);
    json_close_object(w);
    return reply(rq, 200, e) || err_trace(e);
}

static bool end_one(struct req *rq, void *arg, struct err *e)
{
    bool found;

    (void)arg;
    if (!session_revoke(rq->db, rq->actor.id, req_param(rq, STR("id")), rq->now, &found, e))
        return err_trace(e);
    if (!found)
        return req_not_found(e);
    return note_own(rq, "session.revoked", e) || err_trace(e);
}

static bool end_session(struct req *rq, struct err *e)
{
    if (!must_be_person(rq, e) || !req_transaction(rq, end_one, NULL, e))
        return err_trace(e);
    reply_empty(rq, 204, NULL, 0);
    return true;
}

static bool end_others(struct req *rq, void *arg, struct err *e)
{
    (void)arg;
    return (sessions_revoke(rq->db, rq->actor.id, rq->actor.session, rq->now, e) &&
            note_own(rq, "sessions.revoked", e)) ||
           err_trace(e);
}

static bool end_other_sessions(struct req *rq, struct err *e)
{
    if (!must_be_person(rq, e) || !req_transaction(rq, end_others, NULL, e))
        return err_trace(e);
    reply_empty(rq, 204, NULL, 0);
    return true;
}

// --- my projects ---------------------------------------------------------------------------------

static void write_project(struct req *rq, const struct project *p)
{
    struct json_writer *w = &rq->json;

    json_open_object(w);
    req_member_id(rq, STR("id"), p->id);
    json_member_str(w, STR("name"), p->name);
    req_member_id(rq, STR("org_id"), p->org);
    json_member_str(w, STR("org_name"), p->org_name);
    json_member_str(w, STR("time_zone"), p->time_zone);
    json_member_time(w, STR("created_at"), p->created_at);
    json_close_object(w);
}

/* A key's own project, or a person's, by id. */
static bool load_projects(struct req *rq, struct list_page page, struct project **ret,
                          size_t *ret_n, struct err *e)
{
    if (rq->actor.kind == ACTOR_USER)
        return project_list(rq->db, rq->actor.id, page, rq->a, ret, ret_n, e) || err_trace(e);
    bool found;
    *ret = arena_new(rq->a, struct project, 1);
    if (!project_find(rq->db, rq->actor.project, rq->a, *ret, &found, e))
        return err_trace(e);
    *ret_n = found && page.from < rq->actor.project;
    return true;
}

static bool projects(struct req *rq, struct err *e)
{
    struct list_page page;
    struct project *list;
    size_t n;

    if (!req_after(rq, &page, e) || !load_projects(rq, page, &list, &n, e))
        return err_trace(e);
    json_open_object(&rq->json);
    json_key(&rq->json, STR("projects"));
    json_open_array(&rq->json);
    for (size_t i = 0; i < n; i++)
        write_project(rq, &list[i]);
    json_close_array(&rq->json);
    json_member_next(rq, STR("next_after"), &page, n, n ? list[n - 1].id : INT_NONE);
    json_close_object(&rq->json);
    return reply(rq, 200, e) || err_trace(e);
}

struct new_project {
    struct str name;
    int64_t id;
};

static const struct body_field project_fields[] = {
    {"name", BODY_TEXT, offsetof(struct new_project, name), .required = true, .max = 100},
};

/* Each project has quotas of its own: who made as many as they like would be bound by none. */
static bool has_room(struct req *rq, struct err *e)
{
    const int64_t most = rq->app->projects_most;
    int64_t n;

    if (!org_hold(rq->db, rq->actor.org, rq->a, e) ||
        !org_projects(rq->db, rq->actor.org, rq->a, &n, e))
        return err_trace(e);
    if (n < most)
        return true;
    err_set(e, ERR_FORBIDDEN, "this organisation may have %lld projects at most", (long long)most);
    return err_fix(e, "who runs the installation makes more: hookswitch project create");
}

static bool add_project(struct req *rq, void *arg, struct err *e)
{
    struct new_project *in = arg;

    if (!has_room(rq, e) ||
        !project_create(REQ_OFFICE(rq), rq->actor.org, in->name, rq->a, &in->id, e))
        return err_trace(e);
    const struct deed d = {.action = "project.created",
                           .entity = "project",
                           .id = req_id_text(rq, in->id),
                           .project = in->id,
                           .details = deed_change(rq, STR_NONE, in->name)};
    return req_audit(rq, &d, e) || err_trace(e);
}

static bool create_project(struct req *rq, struct err *e)
{
    struct new_project in = {0};
    struct project made;
    bool found;

    if (!(rq->actor.org_rights & (1u << RIGHT_PROJECTS_CREATE)))
        return err_set(e, ERR_FORBIDDEN, "this needs the right %s for the whole organisation",
                       right_name(RIGHT_PROJECTS_CREATE));
    if (!req_fields(rq, project_fields, LEN(project_fields), &in, e) ||
        !req_transaction(rq, add_project, &in, e) ||
        !project_find(rq->db, in.id, rq->a, &made, &found, e))
        return err_trace(e);
    if (!found)
        return err_set(e, ERR_INTERNAL, "the project was made and cannot be found");
    write_project(rq, &made);
    return reply(rq, 201, e) || err_trace(e);
}

struct choice {
    int64_t project;
};

static const struct body_field choice_fields[] = {
    {"project_id", BODY_ID, offsetof(struct choice, project), .required = true},
};

/* The project that this session means when a request names none. */
static bool choose_project(struct req *rq, struct err *e)
{
    struct choice in = {0};
    struct actor there;
    bool known;

    if (!must_be_person(rq, e) || !req_fields(rq, choice_fields, LEN(choice_fields), &in, e))
        return err_trace(e);
    const struct actor_asks asks = {.project = in.project, .now = rq->now};
    if (!actor_by_session(rq->db, rq->actor.session, &asks, rq->a, &there, &known, e))
        return err_trace(e);
    if (!known || there.project != in.project)
        return req_not_found(e);
    if (!session_choose(rq->db, rq->actor.session, in.project, e))
        return err_trace(e);
    rq->actor = there;
    return me(rq, e) || err_trace(e);
}

static const struct route routes[] = {
    {HTTP_GET, "/api/me", me, SIGNED_IN},
    {HTTP_PATCH, "/api/me", set_me, SIGNED_IN},
    {HTTP_POST, "/api/me/password", set_password, SIGNED_IN, SLOW},
    {HTTP_POST, "/api/me/project", choose_project, SIGNED_IN},
    {HTTP_GET, "/api/me/sessions", sessions, SIGNED_IN},
    {HTTP_DELETE, "/api/me/sessions", end_other_sessions, SIGNED_IN},
    {HTTP_DELETE, "/api/me/sessions/:id", end_session, SIGNED_IN},
    {HTTP_GET, "/projects", projects, SIGNED_IN},
    {HTTP_POST, "/projects", create_project, NEEDS(PROJECTS_CREATE)},
};

const struct resource api_account = {"account", routes, LEN(routes)};
