/*
 * Links that are handed on: an invitation, or one to set another password.
 *
 * Who is invited is a guest until then (docs/adr/017). If the address has no account yet, the guest
 * becomes one, with the password that is given; if it has, that password must be the account's, and
 * what the guest was given becomes the account's. So a link alone opens nobody's account, and an
 * account alone no organisation that has not handed it a link.
 */
#include "api/auth.h"

#include "api/body.h"
#include "api/deed.h"
#include "tenancy/password.h"

struct acceptance {
    struct str token, password, name;
    struct str hash;
    struct person person; /* whom the link is for */
    struct proof proof;   /* of whose account the address is, if the link is a guest's */
    struct session session;
};

static const struct body_field link_fields[] = {
    {"token", BODY_SECRET, offsetof(struct acceptance, token), .required = true,
     .max = TOKEN_TEXT_MAX},
};
static const struct body_field accept_fields[] = {
    {"token", BODY_SECRET, offsetof(struct acceptance, token), .required = true,
     .max = TOKEN_TEXT_MAX},
    {"password", BODY_SECRET, offsetof(struct acceptance, password), .required = true, .max = 1024},
    {"name", BODY_TEXT, offsetof(struct acceptance, name), .required = false},
};

static bool no_link(struct err *e)
{
    err_set(e, ERR_NOT_FOUND, "this link was used already, has expired, or never was one");
    return err_fix(e, "ask who sent it for another");
}

/* Whom a link is for, which must be one that sets a password. */
static bool find_person(struct req *rq, struct acceptance *in, struct link *ret, struct err *e)
{
    bool found;

    if (!link_find(rq->db, in->token, rq->now, rq->a, ret, &found, e))
        return err_trace(e);
    if (!found || ret->purpose == LINK_SIGN_IN)
        return no_link(e);
    if (!person_by_id(rq->db, ret->user, rq->a, &in->person, &found, e))
        return err_trace(e);
    return found || no_link(e);
}

static bool show_link(struct req *rq, struct err *e)
{
    struct acceptance in = {0};
    struct link link;

    if (!req_fields(rq, link_fields, LEN(link_fields), &in, e) || !find_person(rq, &in, &link, e))
        return err_trace(e);
    json_open_object(&rq->json);
    json_member_str(&rq->json, STR("purpose"),
                    link.purpose == LINK_INVITATION ? STR("invitation") : STR("reset"));
    json_member_str(&rq->json, STR("email"), in.person.email);
    json_member_str(&rq->json, STR("name"), in.person.name);
    json_close_object(&rq->json);
    return reply(rq, 200, e) || err_trace(e);
}

/* The person is held before their links, as by whoever changes their own password. */
static bool use_link(struct req *rq, struct acceptance *in, struct link *ret, struct err *e)
{
    bool still, found;

    if (!person_hold(rq->db, &in->person, rq->a, &still, e) ||
        !link_use(rq->db, in->token, rq->now, rq->a, ret, &found, e))
        return err_trace(e);
    return (found && still) || no_link(e);
}

// --- who has no account yet, or sets another password --------------------------------------------

/* The link is used up with what it gives; all other sessions and links of the person end. */
static bool take_up(struct req *rq, void *arg, struct err *e)
{
    struct acceptance *in = arg;
    struct link link;

    if (!use_link(rq, in, &link, e) ||
        (in->person.is_guest && !person_settle(rq->db, link.user, rq->a, e)))
        return err_trace(e);
    const struct preferences p = {
        .name = str_is_empty(in->name) ? in->person.name : in->name,
        .language = in->person.language,
        .theme = in->person.theme,
        .time_zone = in->person.time_zone,
    };
    return (person_set_password(rq->db, link.user, in->hash, rq->now, e) &&
            person_set_preferences(rq->db, link.user, &p, e) &&
            sessions_revoke(rq->db, link.user, STR_NONE, rq->now, e) &&
            links_revoke(rq->db, link.user, rq->now, e) &&
            auth_open_session(rq, &in->person,
                              link.purpose == LINK_INVITATION ? "invitation.accepted"
                                                              : "password.reset",
                              &in->session, e)) ||
           err_trace(e);
}

static bool set_password(struct req *rq, struct acceptance *in, struct err *e)
{
    return (password_check(in->password, in->person.email, e) &&
            password_hash(rq->app->hasher, in->password, rq->a, &in->hash, e) &&
            req_transaction(rq, take_up, in, e) && auth_reply_tokens(rq, &in->session, e)) ||
           err_trace(e);
}

// --- who has one ---------------------------------------------------------------------------------

/* The others of the account hear that it signed in, as always; what it took up hears one
 * organisation alone. */
static bool note_joined(struct req *rq, int64_t org, struct err *e)
{
    const struct deed d = {
        .action = "invitation.accepted", .entity = "user", .id = req_id_text(rq, rq->actor.id)};
    const struct audit_entry entry = req_audit_entry(rq, &d);

    return org == 0 || audit_append(rq->db, org, &entry, rq->now, rq->a, e) || err_trace(e);
}

static bool join(struct req *rq, void *arg, struct err *e)
{
    struct acceptance *in = arg;
    const struct person *account = &in->proof.person;
    struct link link;
    int64_t org;
    bool still;

    if (!person_join(rq->db, in->person.id, account, rq->a, &org, &still, e) ||
        !use_link(rq, in, &link, e))
        return err_trace(e);
    if (!still)
        return no_link(e);
    return (auth_open_session(rq, account, "login", &in->session, e) && note_joined(rq, org, e)) ||
           err_trace(e);
}

static bool join_account(struct req *rq, struct acceptance *in, struct err *e)
{
    if (!auth_prove(rq, in->person.email, in->password, &in->proof, e))
        return err_trace(e);
    if (!in->proof.right)
        return auth_refuse(rq, &in->proof, e);
    return (req_transaction(rq, join, in, e) && auth_reply_tokens(rq, &in->session, e)) ||
           err_trace(e);
}

/* As the first owner who has only come by the link of a start. */
static bool no_password(struct err *e)
{
    err_set(e, ERR_CONFLICT, "this address has an account without a password");
    return err_fix(e, "sign in by the link of the server's start and set one, or ask who runs the "
                      "installation: hookswitch user reset");
}

/* Who is no guest has the account that the link opens. */
static bool find_account(struct req *rq, const struct acceptance *in, enum account *ret,
                         struct err *e)
{
    *ret = ACCOUNT_NONE;
    return !in->person.is_guest || person_account(rq->db, in->person.email, rq->a, ret, e) ||
           err_trace(e);
}

static bool accept_link(struct req *rq, struct err *e)
{
    struct acceptance in = {0};
    struct link link;
    enum account account;

    if (!req_fields(rq, accept_fields, LEN(accept_fields), &in, e) ||
        !find_person(rq, &in, &link, e) || !find_account(rq, &in, &account, e))
        return err_trace(e);
    if (account == ACCOUNT_WITHOUT_PASSWORD)
        return no_password(e);
    return (account == ACCOUNT_NONE ? set_password(rq, &in, e) : join_account(rq, &in, e)) ||
           err_trace(e);
}

static const struct route routes[] = {
    {HTTP_POST, "/auth/link", show_link, PUBLIC},
    {HTTP_POST, "/auth/accept", accept_link, PUBLIC, SLOW},
};

const struct resource api_links = {"links", routes, LEN(routes)};
