/* The one-time link that the server prints at its start, opened in a browser. */
#include "api/auth.h"

#include "api/deed.h"

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

struct entry {
    struct str token;
    bool valid;
    struct session session;
};

/* A link that is for something else than signing in is left as it is. */
static bool enter(struct req *rq, void *arg, struct err *e)
{
    struct entry *in = arg;
    struct link link;
    struct person p;
    bool found;

    if (!link_find(rq->db, in->token, rq->now, rq->a, &link, &found, e))
        return err_trace(e);
    if (!found || link.purpose != LINK_SIGN_IN)
        return true;
    if (!link_use(rq->db, in->token, rq->now, rq->a, &link, &found, e) ||
        (found && !person_by_id(rq->db, link.user, rq->a, &p, &found, e)))
        return err_trace(e);
    in->valid = found;
    return !found || auth_open_session(rq, &p, "login.link", &in->session, e) || err_trace(e);
}

static bool login(struct req *rq, struct err *e)
{
    struct entry in = {.token = req_query(rq, STR("token"))};

    if (!str_is_none(in.token) && !req_transaction(rq, enter, &in, e))
        return err_trace(e);
    if (!in.valid && is_browser(rq)) {
        show_page(rq);
        return true;
    }
    if (!in.valid) {
        err_set(e, ERR_UNAUTHORIZED, "this link was used already, has expired, or never was one");
        return err_fix(
            e, "run `hookswitch login-link` where the server runs, and open what it prints");
    }
    const struct http_header headers[] = {
        {STR("Set-Cookie"),
         auth_access_cookie(rq, auth_access_token(rq, &in.session), SESSION_IDLE)},
        {STR("Set-Cookie"), auth_refresh_cookie(rq, in.session.refresh_token, SESSION_IDLE)},
        {STR("Location"), STR("/app/")},
        {STR("Cache-Control"), STR("no-store")},
        {STR("Referrer-Policy"), STR("no-referrer")},
    };
    reply_empty(rq, 303, headers, LEN(headers));
    return true;
}

static const struct route routes[] = {
    {HTTP_GET, "/login", login, PUBLIC},
};

const struct resource api_session = {"session", routes, LEN(routes)};
