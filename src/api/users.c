/* The people of an organisation, their roles, and the links by which they come in. */
#include "api/body.h"

#include "api/deed.h"
#include "api/keyset.h"
#include "tenancy/people.h"
#include "tenancy/project.h"
#include "tenancy/session.h"

// --- showing -------------------------------------------------------------------------------------

static void write_role(struct req *rq, const struct member_role *role)
{
    struct json_writer *w = &rq->json;

    json_open_object(w);
    req_member_id(rq, STR("id"), role->id);
    json_member_str(w, STR("role"), str_from(user_role_name(role->role)));
    req_member_id(rq, STR("project_id"), role->project);
    json_member_str(w, STR("project_name"), role->project_name);
    json_close_object(w);
}

static void write_members(struct req *rq, const struct member *m)
{
    struct json_writer *w = &rq->json;
    const bool has_come = m->has_password || m->has_come; // by a link, without one

    json_open_object(w);
    req_member_id(rq, STR("id"), m->id);
    json_member_str(w, STR("email"), m->email);
    json_member_str(w, STR("name"), m->name);
    json_member_str(w, STR("status"),
                    m->disabled_at != TIME_NONE ? STR("disabled")
                    : has_come                  ? STR("active")
                                                : STR("invited"));
    json_member_bool(w, STR("has_password"), m->has_password);
    json_member_time(w, STR("created_at"), m->created_at);
    json_member_time(w, STR("seen_at"), m->seen_at);
    json_key(w, STR("roles"));
    json_open_array(w);
    for (size_t i = 0; i < m->n_roles; i++)
        write_role(rq, &m->roles[i]);
    json_close_array(w);
    json_close_object(w);
}

static bool reply_member(struct req *rq, int64_t id, int status, struct str link, struct err *e)
{
    const struct reach r = reach_of(&rq->actor);
    struct member m;

    if (!member_find(rq->db, &r, id, rq->a, &m, e))
        return err_trace(e);
    json_open_object(&rq->json);
    json_key(&rq->json, STR("user"));
    write_members(rq, &m);
    if (!str_is_none(link))
        json_member_str(&rq->json, STR("link_token"), link);
    json_close_object(&rq->json);
    return reply(rq, status, e) || err_trace(e);
}

static bool list(struct req *rq, struct err *e)
{
    const struct reach r = reach_of(&rq->actor);
    struct list_page page;
    struct member *members;
    size_t n;

    if (!req_after(rq, &page, e) || !member_list(rq->db, &r, page, rq->a, &members, &n, e))
        return err_trace(e);
    json_open_object(&rq->json);
    json_key(&rq->json, STR("users"));
    json_open_array(&rq->json);
    for (size_t i = 0; i < n; i++)
        write_members(rq, &members[i]);
    json_close_array(&rq->json);
    json_member_next(rq, STR("next_after"), &page, n, n ? members[n - 1].id : INT_NONE);
    json_close_object(&rq->json);
    return reply(rq, 200, e) || err_trace(e);
}

static bool show(struct req *rq, struct err *e)
{
    int64_t id;

    return (req_id(rq, STR("id"), &id, e) && reply_member(rq, id, 200, STR_NONE, e)) ||
           err_trace(e);
}

// --- inviting ------------------------------------------------------------------------------------

struct grant {
    struct str email, name, role_text, link;
    int64_t project, user;
    enum user_role role;
};

static const struct body_field invite_fields[] = {
    {"email", BODY_TEXT, offsetof(struct grant, email), .required = true, .max = 254},
    {"name", BODY_TEXT, offsetof(struct grant, name), .required = false, .max = 100},
    {"role", BODY_TEXT, offsetof(struct grant, role_text), .required = true, .max = 32},
    {"project_id", BODY_ID, offsetof(struct grant, project), .required = false},
};
static const struct body_field grant_fields[] = {
    {"role", BODY_TEXT, offsetof(struct grant, role_text), .required = true, .max = 32},
    {"project_id", BODY_ID, offsetof(struct grant, project), .required = false},
};

static bool take_role(struct grant *in, struct err *e)
{
    return user_role_parse(in->role_text, &in->role) ||
           err_set(e, ERR_INVALID,
                   "role: one of owner, admin, supervisor, operator, developer, viewer expected");
}

static bool note_grant(struct req *rq, const struct grant *in, const char *action,
                       struct str before, struct err *e)
{
    const struct deed d = {
        .action = action,
        .entity = "user",
        .id = req_id_text(rq, in->user),
        .project = in->project == INT_NONE ? 0 : in->project,
        .details = deed_change(rq, before, str_from(user_role_name(in->role))),
    };

    return req_audit(rq, &d, e) || err_trace(e);
}

static bool give(struct req *rq, struct grant *in, struct str *ret_before, struct err *e)
{
    const struct reach r = reach_of(&rq->actor);
    enum user_role before;

    if (!role_grant(REQ_OFFICE(rq), &r, ROLE_WISH(in->user, in->project, in->role), rq->a, &before,
                    e))
        return err_trace(e);
    *ret_before = before == USER_ROLE_COUNT ? STR_NONE : str_from(user_role_name(before));
    return true;
}

/* Whoever is not of this organisation yet is a guest and gets a link; whether they have an account
 * elsewhere nobody is told here (docs/adr/017). */
static bool invite_within(struct req *rq, void *arg, struct err *e)
{
    struct grant *in = arg;
    const struct str name = str_is_empty(in->name) ? in->email : in->name;
    struct str before;
    bool made;

    if (!member_ensure(REQ_OFFICE(rq), INVITATION(rq->actor.org, in->email, name), rq->a, &in->user,
                       &made, e) ||
        !give(rq, in, &before, e))
        return err_trace(e);
    if (made && !link_create(REQ_OFFICE(rq), in->user, LINK_INVITATION, rq->a, &in->link, e))
        return err_trace(e);
    return note_grant(rq, in, made ? "user.invited" : "role.granted", before, e) || err_trace(e);
}

static bool invite(struct req *rq, struct err *e)
{
    struct grant in = {.link = STR_NONE};

    if (!req_fields(rq, invite_fields, LEN(invite_fields), &in, e) || !take_role(&in, e) ||
        !email_normalise(in.email, rq->a, &in.email, e) ||
        !req_transaction(rq, invite_within, &in, e))
        return err_trace(e);
    return reply_member(rq, in.user, 201, in.link, e) || err_trace(e);
}

// --- roles ---------------------------------------------------------------------------------------

static bool grant_within(struct req *rq, void *arg, struct err *e)
{
    struct grant *in = arg;
    const struct reach r = reach_of(&rq->actor);
    struct str before;
    struct member m;

    // Held before they are looked up: a guest may be about to become somebody else.
    return (org_hold(rq->db, r.org, rq->a, e) && member_find(rq->db, &r, in->user, rq->a, &m, e) &&
            give(rq, in, &before, e) && note_grant(rq, in, "role.granted", before, e)) ||
           err_trace(e);
}

static bool grant(struct req *rq, struct err *e)
{
    struct grant in = {0};

    if (!req_fields(rq, grant_fields, LEN(grant_fields), &in, e) || !take_role(&in, e) ||
        !req_id(rq, STR("id"), &in.user, e) || !req_transaction(rq, grant_within, &in, e))
        return err_trace(e);
    return reply_member(rq, in.user, 200, STR_NONE, e) || err_trace(e);
}

static bool take_within(struct req *rq, void *arg, struct err *e)
{
    const struct reach r = reach_of(&rq->actor);
    const int64_t *ids = arg;
    struct member_role taken;

    if (!role_take(REQ_OFFICE(rq), &r, ids[0], ids[1], rq->a, &taken, e))
        return err_trace(e);
    const struct deed d = {
        .action = "role.taken",
        .entity = "user",
        .id = req_id_text(rq, ids[0]),
        .project = taken.project == INT_NONE ? 0 : taken.project,
        .details = deed_change(rq, str_from(user_role_name(taken.role)), STR_NONE),
    };
    return req_audit(rq, &d, e) || err_trace(e);
}

static bool take(struct req *rq, struct err *e)
{
    int64_t ids[2];

    if (!req_id(rq, STR("id"), &ids[0], e) || !req_id(rq, STR("role_id"), &ids[1], e) ||
        !req_transaction(rq, take_within, ids, e))
        return err_trace(e);
    reply_empty(rq, 204, NULL, 0);
    return true;
}

static bool list_roles(struct req *rq, struct err *e)
{
    struct json_writer *w = &rq->json;

    json_open_object(w);
    json_key(w, STR("roles"));
    json_open_array(w);
    for (unsigned r = 0; r < USER_ROLE_COUNT; r++) {
        json_open_object(w);
        json_member_str(w, STR("name"), str_from(user_role_name((enum user_role)r)));
        json_member_str(w, STR("meaning"), str_from(user_role_meaning((enum user_role)r)));
        json_member_rights(rq, STR("rights"), user_role_rights((enum user_role)r));
        json_close_object(w);
    }
    json_close_array(w);
    json_key(w, STR("rights"));
    json_open_array(w);
    for (unsigned i = 0; i < RIGHT_COUNT; i++) {
        json_open_object(w);
        json_member_str(w, STR("name"), str_from(right_name((enum right)i)));
        json_member_str(w, STR("meaning"), str_from(right_meaning((enum right)i)));
        json_member_bool(w, STR("for_keys"), (rights_of_keys() & (1u << i)) != 0);
        json_close_object(w);
    }
    json_close_array(w);
    json_close_object(w);
    return reply(rq, 200, e) || err_trace(e);
}

// --- shutting out, and letting in again ----------------------------------------------------------

struct ban {
    int64_t user, disabled;
};

static const struct body_field ban_fields[] = {
    {"disabled", BODY_FLAG, offsetof(struct ban, disabled), .required = true},
};

static bool ban_within(struct req *rq, void *arg, struct err *e)
{
    const struct ban *in = arg;
    const struct reach r = reach_of(&rq->actor);
    const struct deed d = {.action = in->disabled ? "user.disabled" : "user.enabled",
                           .entity = "user",
                           .id = req_id_text(rq, in->user)};

    return (member_disable(rq->db, &r, in->user, in->disabled, rq->now, rq->a, e) &&
            (!in->disabled || sessions_revoke(rq->db, in->user, STR_NONE, rq->now, e)) &&
            (!in->disabled || links_revoke(rq->db, in->user, rq->now, e)) &&
            req_audit(rq, &d, e)) ||
           err_trace(e);
}

static bool change(struct req *rq, struct err *e)
{
    struct ban in = {0};

    if (!req_fields(rq, ban_fields, LEN(ban_fields), &in, e) || !req_id(rq, STR("id"), &in.user, e))
        return err_trace(e);
    if (in.user == rq->actor.id && rq->actor.kind == ACTOR_USER)
        return err_set(e, ERR_CONFLICT, "nobody shuts themselves out");
    if (!req_transaction(rq, ban_within, &in, e))
        return err_trace(e);
    return reply_member(rq, in.user, 200, STR_NONE, e) || err_trace(e);
}

/* A new link for who has lost the invitation or forgot the password. It opens the account, so that
 * it is given only to who reaches all of it. */
struct renewal {
    int64_t user;
    struct str link;
};

static bool renew_within(struct req *rq, void *arg, struct err *e)
{
    struct renewal *in = arg;
    const struct reach r = reach_of(&rq->actor);
    struct member m;

    if (!member_reaches(rq->db, &r, in->user, rq->a, &m, e))
        return err_trace(e);
    const enum link_purpose purpose = m.has_password ? LINK_RESET : LINK_INVITATION;
    const struct deed d = {.action = m.has_password ? "password.link_made" : "user.invited",
                           .entity = "user",
                           .id = req_id_text(rq, in->user)};
    return (links_revoke(rq->db, in->user, rq->now, e) &&
            link_create(REQ_OFFICE(rq), in->user, purpose, rq->a, &in->link, e) &&
            req_audit(rq, &d, e)) ||
           err_trace(e);
}

static bool renew(struct req *rq, struct err *e)
{
    struct renewal in = {.link = STR_NONE};

    if (!req_id(rq, STR("id"), &in.user, e) || !req_transaction(rq, renew_within, &in, e))
        return err_trace(e);
    return reply_member(rq, in.user, 201, in.link, e) || err_trace(e);
}

static bool sign_out_within(struct req *rq, void *arg, struct err *e)
{
    const int64_t *user = arg;
    const struct reach r = reach_of(&rq->actor);
    const struct deed d = {
        .action = "sessions.revoked", .entity = "user", .id = req_id_text(rq, *user)};
    struct member m;

    return (member_reaches(rq->db, &r, *user, rq->a, &m, e) &&
            sessions_revoke(rq->db, *user, STR_NONE, rq->now, e) && req_audit(rq, &d, e)) ||
           err_trace(e);
}

static bool sign_out(struct req *rq, struct err *e)
{
    int64_t user;

    if (!req_id(rq, STR("id"), &user, e) || !req_transaction(rq, sign_out_within, &user, e))
        return err_trace(e);
    reply_empty(rq, 204, NULL, 0);
    return true;
}

static const struct route routes[] = {
    {HTTP_GET, "/api/roles", list_roles, SIGNED_IN},
    {HTTP_GET, "/api/users", list, NEEDS(USERS_MANAGE)},
    {HTTP_POST, "/api/users", invite, NEEDS(USERS_MANAGE)},
    {HTTP_GET, "/api/users/:id", show, NEEDS(USERS_MANAGE)},
    {HTTP_PATCH, "/api/users/:id", change, NEEDS(USERS_MANAGE)},
    {HTTP_POST, "/api/users/:id/link", renew, NEEDS(USERS_MANAGE)},
    {HTTP_DELETE, "/api/users/:id/sessions", sign_out, NEEDS(USERS_MANAGE)},
    {HTTP_POST, "/api/users/:id/roles", grant, NEEDS(USERS_MANAGE)},
    {HTTP_DELETE, "/api/users/:id/roles/:role_id", take, NEEDS(USERS_MANAGE)},
};

const struct resource api_users = {"users", routes, LEN(routes)};
