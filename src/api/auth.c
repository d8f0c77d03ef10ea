/*
 * Signing in and out. A program gets its tokens in the answer; a browser gets them as cookies as
 * well, which its scripts cannot read: the access token for every path, the refresh token for /auth
 * alone. Both are SameSite=Strict, and unsafe methods need our own Origin (api.c).
 */
#include "api/auth.h"

#include "api/body.h"
#include "api/credentials.h"
#include "api/deed.h"
#include "api/throttle.h"
#include "tenancy/access_token.h"
#include "tenancy/password.h"
#include "tenancy/people.h"
#include "tenancy/session.h"

enum { AGENT_MAX = 200 };

// --- tokens as an answer -------------------------------------------------------------------------

static struct str cookie(struct req *rq, const char *name, const char *path, struct str value,
                         usec_t max_age)
{
    return str_fmt(rq->a, "%s=" STR_FMT "; Path=%s; HttpOnly; SameSite=Strict; Max-Age=%lld%s",
                   name, STR_ARG(value), path, (long long)(max_age / SECONDS(1)),
                   rq->app->secure_cookies ? "; Secure" : "");
}

struct str auth_access_cookie(struct req *rq, struct str token, usec_t max_age)
{
    return cookie(rq, CREDENTIALS_SESSION, "/", token, max_age);
}

struct str auth_refresh_cookie(struct req *rq, struct str token, usec_t max_age)
{
    return cookie(rq, "hookswitch_refresh", "/auth", token, max_age);
}

struct str auth_access_token(struct req *rq, const struct session *s)
{
    const struct access_claims claims = {
        .session = s->id, .user = s->user, .expires_at = rq->now + ACCESS_TOKEN_TTL};

    return access_token_make(rq->app->token_keys, &claims, rq->now, rq->a);
}

/* The access cookie outlives its token: a page that finds it expired knows that it was signed in.
 */
bool auth_reply_tokens(struct req *rq, const struct session *s, struct err *e)
{
    const struct str access = auth_access_token(rq, s);
    struct http_header headers[3];
    size_t n = 0;

    headers[n++] = (struct http_header){STR("Cache-Control"), STR("no-store")};
    headers[n++] =
        (struct http_header){STR("Set-Cookie"), auth_access_cookie(rq, access, SESSION_IDLE)};
    if (!str_is_none(s->refresh_token))
        headers[n++] = (struct http_header){
            STR("Set-Cookie"), auth_refresh_cookie(rq, s->refresh_token, s->expires_at - rq->now)};
    json_open_object(&rq->json);
    json_member_str(&rq->json, STR("access_token"), access);
    json_member_str(&rq->json, STR("token_type"), STR("Bearer"));
    json_member_int(&rq->json, STR("expires_in"), ACCESS_TOKEN_TTL / SECONDS(1));
    json_member_str(&rq->json, STR("refresh_token"), s->refresh_token);
    json_close_object(&rq->json);
    return reply_with(rq, 200, headers, n, e) || err_trace(e);
}

/* As far as it is text: a header may hold any bytes. */
static struct str text_of(struct str header, size_t max)
{
    size_t n = 0, next;

    while ((next = str_utf8_first(str_sub(header, n, SIZE_MAX))) > 0 && n + next <= max)
        n += next;
    return str_sub(header, 0, n);
}

static struct session_from client_of(const struct req *rq)
{
    return (struct session_from){
        .agent = text_of(http_header(rq->http, STR("User-Agent")), AGENT_MAX),
        .address = rq->http->peer,
    };
}

/* Who just proved who they are, as the one who acts. */
static void become(struct req *rq, const struct person *p)
{
    rq->actor = (struct actor){.kind = ACTOR_USER, .id = p->id, .name = p->email};
}

static bool note_everywhere(struct req *rq, const char *action, struct err *e)
{
    const struct deed d = {.action = action, .entity = "user", .id = req_id_text(rq, rq->actor.id)};

    return req_audit_everywhere(rq, &d, e) || err_trace(e);
}

bool auth_open_session(struct req *rq, const struct person *p, const char *action,
                       struct session *ret, struct err *e)
{
    const struct session_from from = client_of(rq);

    become(rq, p);
    return (session_open(REQ_OFFICE(rq), p->id, 0, &from, rq->a, ret, e) &&
            note_everywhere(rq, action, e)) ||
           err_trace(e);
}

// --- proving who one is --------------------------------------------------------------------------

/* Of an account that is not there the first organisation hears: the store is asked the same as for
 * one that is. What was given for an address is not kept: it may be a password. */
static bool note_failure(struct req *rq, void *arg, struct err *e)
{
    const struct proof *p = arg;
    struct deed d = {.action = "login.failed", .entity = "user", .id = STR("unknown")};

    if (p->found) {
        become(rq, &p->person);
        d.id = req_id_text(rq, p->person.id);
    }
    return req_audit_everywhere(rq, &d, e) || err_trace(e);
}

bool auth_prove(struct req *rq, struct str email, struct str password, struct proof *ret,
                struct err *e)
{
    struct proof p = {.email = email};
    bool right;

    if (throttle_is_spent(rq->throttle, rq->http->peer, email, clock_monotonic(rq->app->clock))) {
        err_set(e, ERR_RATE, "too many attempts to sign in");
        return err_fix(e, "wait a minute, then try again");
    }
    if (!person_by_email(rq->db, email, rq->a, &p.person, &p.found, e) ||
        !password_verify(rq->app->hasher, p.found ? p.person.password_hash : STR_NONE, password,
                         &right, e))
        return err_trace(e);
    p.right = right && p.person.disabled_at == TIME_NONE;
    *ret = p;
    return true;
}

bool auth_refuse(struct req *rq, const struct proof *p, struct err *e)
{
    struct proof noted = *p;

    if (!req_transaction(rq, note_failure, &noted, e))
        return err_trace(e);
    throttle_spend(rq->throttle, rq->http->peer, p->email, clock_monotonic(rq->app->clock));
    err_set(e, ERR_UNAUTHORIZED, "the e-mail address or the password is not right");
    return err_fix(e, "who forgot it asks an administrator for a link");
}

// --- login ---------------------------------------------------------------------------------------

struct login {
    struct str email, password;
    struct proof proof;
    bool opened;
    struct session session;
};

static const struct body_field login_fields[] = {
    {"email", BODY_TEXT, offsetof(struct login, email), .required = true, .max = 254},
    {"password", BODY_SECRET, offsetof(struct login, password), .required = true, .max = 1024},
};

/* To hash a password takes its time. One that was changed meanwhile, to keep out who knows it,
 * opens nothing any more. */
static bool open_login(struct req *rq, void *arg, struct err *e)
{
    struct login *in = arg;
    const struct person *p = &in->proof.person;
    bool still;

    if (!person_hold(rq->db, p, rq->a, &still, e) ||
        (still && !auth_open_session(rq, p, "login", &in->session, e)))
        return err_trace(e);
    in->opened = still;
    return true;
}

static bool login(struct req *rq, struct err *e)
{
    struct login in = {0};

    if (!req_fields(rq, login_fields, LEN(login_fields), &in, e))
        return err_trace(e);
    // What is no address belongs to nobody, and is answered like any other that does. However an
    // address is written, its failures are counted together.
    struct err odd = {0};
    if (!email_normalise(in.email, rq->a, &in.email, &odd))
        in.email = STR("nobody");
    if (!auth_prove(rq, in.email, in.password, &in.proof, e) ||
        (in.proof.right && !req_transaction(rq, open_login, &in, e)))
        return err_trace(e);
    if (in.opened)
        return auth_reply_tokens(rq, &in.session, e) || err_trace(e);
    return auth_refuse(rq, &in.proof, e);
}

// --- refresh -------------------------------------------------------------------------------------

struct refreshing {
    struct str token;
    struct session session;
    enum refresh how;
};

static const struct body_field refresh_fields[] = {
    {"refresh_token", BODY_SECRET, offsetof(struct refreshing, token), .required = true,
     .max = TOKEN_TEXT_MAX},
};

static bool note_theft(struct req *rq, const struct session *s, struct err *e)
{
    struct person p;
    bool found;

    if (!person_by_id(rq->db, s->user, rq->a, &p, &found, e))
        return err_trace(e);
    if (!found)
        return true;
    become(rq, &p);
    return note_everywhere(rq, "session.stolen", e) || err_trace(e);
}

static bool use_token(struct req *rq, void *arg, struct err *e)
{
    struct refreshing *in = arg;

    if (!session_refresh(REQ_OFFICE(rq), in->token, rq->a, &in->session, &in->how, e))
        return err_trace(e);
    return in->how != REFRESH_STOLEN || note_theft(rq, &in->session, e) || err_trace(e);
}

/* A browser's is in its cookie, which another site must not make it send. */
static bool take_token(struct req *rq, struct refreshing *in, struct err *e)
{
    in->token = credentials_cookie(rq->http, STR("hookswitch_refresh"));
    if (str_is_empty(in->token))
        return req_fields(rq, refresh_fields, LEN(refresh_fields), in, e) || err_trace(e);
    if (!credentials_same_origin(rq->http))
        return err_set(e, ERR_FORBIDDEN, "this request came from another site");
    return true;
}

static bool refresh(struct req *rq, struct err *e)
{
    struct refreshing in = {0};

    if (!take_token(rq, &in, e) || !req_transaction(rq, use_token, &in, e))
        return err_trace(e);
    if (in.how == REFRESH_GOOD || in.how == REFRESH_AGAIN)
        return auth_reply_tokens(rq, &in.session, e) || err_trace(e);
    err_set(e, ERR_UNAUTHORIZED, "the session has ended");
    return err_fix(e, "sign in again");
}

// --- logout --------------------------------------------------------------------------------------

static bool end_session(struct req *rq, void *arg, struct err *e)
{
    bool found;

    (void)arg;
    return (session_revoke(rq->db, rq->actor.id, rq->actor.session, rq->now, &found, e) &&
            note_everywhere(rq, "logout", e)) ||
           err_trace(e);
}

static bool logout(struct req *rq, struct err *e)
{
    if (rq->actor.kind == ACTOR_USER && !req_transaction(rq, end_session, NULL, e))
        return err_trace(e);
    const struct http_header headers[] = {
        {STR("Set-Cookie"), auth_access_cookie(rq, STR(""), 0)},
        {STR("Set-Cookie"), auth_refresh_cookie(rq, STR(""), 0)},
    };
    reply_empty(rq, 204, headers, LEN(headers));
    return true;
}

static const struct route routes[] = {
    {HTTP_POST, "/auth/login", login, PUBLIC, SLOW},
    {HTTP_POST, "/auth/refresh", refresh, PUBLIC},
    {HTTP_POST, "/auth/logout", logout, SIGNED_IN},
};

const struct resource api_auth = {"auth", routes, LEN(routes)};
