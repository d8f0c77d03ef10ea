/*
 * Who am I, and the browser's way in: the one-time link that the server prints becomes a session
 * cookie. The cookie is HttpOnly and SameSite=Strict; unsafe methods also need our own Origin.
 */
#include "api/request.h"

static const char *const actor_kinds[] = {
    [ACTOR_API_KEY] = "api_key",
    [ACTOR_SESSION] = "session",
};

static bool me(struct req *rq, struct err *e)
{
    struct json_writer *w = &rq->json;
    const struct str base = rq->app->webhook_base_url;

    json_open_object(w);
    json_key(w, STR("project"));
    json_open_object(w);
    json_member_str(w, STR("id"), str_fmt(rq->a, "%lld", (long long)rq->actor.project));
    json_member_str(w, STR("name"), rq->actor.project_name);
    json_close_object(w);
    json_key(w, STR("actor"));
    json_open_object(w);
    json_member_str(w, STR("kind"), str_from(actor_kinds[rq->actor.kind]));
    json_member_str(w, STR("name"), rq->actor.name);
    json_close_object(w);
    json_key(w, STR("rights"));
    json_open_array(w);
    for (unsigned r = 0; r < RIGHT_COUNT; r++)
        if (actor_may(&rq->actor, (enum right)r))
            json_str(w, str_from(right_name((enum right)r)));
    json_close_array(w);
    json_key(w, STR("features"));
    json_open_object(w);
    json_member_bool(w, STR("realtime_push"), rq->app->realtime_push && rq->app->hub);
    json_member_bool(w, STR("webhook_ingestion"), rq->app->webhook_ingestion);
    json_member_bool(w, STR("demo_calls"), rq->app->demo != NULL);
    json_close_object(w);
    json_key(w, STR("webhook_base_url"));
    json_str(w, str_is_empty(base) ? STR_NONE : base);
    json_close_object(w);
    return reply(rq, 200, e);
}

static struct str cookie(struct req *rq, struct str token, usec_t max_age)
{
    return str_fmt(
        rq->a, "hookswitch_session=" STR_FMT "; Path=/; HttpOnly; SameSite=Strict; Max-Age=%lld%s",
        STR_ARG(token), (long long)(max_age / SECONDS(1)),
        rq->app->secure_cookies ? "; Secure" : "");
}

static bool is_browser(const struct req *rq)
{
    return str_contains(http_header(rq->http, STR("Accept")), STR("text/html"));
}

/* A person with an old link: the page tells what to do, or shows itself to who is signed in. */
static void show_page(struct req *rq)
{
    const struct http_header headers[] = {{STR("Location"), STR("/app/")},
                                          {STR("Cache-Control"), STR("no-store")}};

    reply_empty(rq, 303, headers, LEN(headers));
}

static bool login(struct req *rq, struct err *e)
{
    const struct str token = req_query(rq, STR("token"));
    struct str session = STR_NONE;

    if (!str_is_none(token) && !login_link_use(rq->db, rq->rng, token, rq->now, rq->a, &session, e))
        return err_trace(e);
    if (str_is_none(session) && is_browser(rq)) {
        show_page(rq);
        return true;
    }
    if (str_is_none(session)) {
        err_set(e, ERR_UNAUTHORIZED, "this link was used already, has expired, or never was one");
        return err_fix(
            e, "run `hookswitch login-link` where the server runs, and open what it prints");
    }
    const struct http_header headers[] = {
        {STR("Set-Cookie"), cookie(rq, session, SESSION_TTL)},
        {STR("Location"), STR("/app/")},
        {STR("Cache-Control"), STR("no-store")},
        {STR("Referrer-Policy"), STR("no-referrer")},
    };
    reply_empty(rq, 303, headers, LEN(headers));
    return true;
}

static bool logout(struct req *rq, struct err *e)
{
    if (!str_is_none(rq->session) && !session_end(rq->db, rq->session, rq->now, e))
        return err_trace(e);
    const struct http_header headers[] = {{STR("Set-Cookie"), cookie(rq, STR(""), 0)}};
    reply_empty(rq, 204, headers, LEN(headers));
    return true;
}

static const struct route routes[] = {
    {HTTP_GET, "/login", login, PUBLIC},
    {HTTP_GET, "/api/me", me, SIGNED_IN},
    {HTTP_POST, "/api/logout", logout, SIGNED_IN},
};

const struct resource api_session = {"session", routes, LEN(routes)};
