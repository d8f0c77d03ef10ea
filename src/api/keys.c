/* API keys of the project. */
#include "api/body.h"

#include "api/deed.h"
#include "api/keyset.h"
#include "tenancy/api_key.h"

static void write_key(struct req *rq, const struct api_key *k)
{
    struct json_writer *w = &rq->json;

    json_open_object(w);
    req_member_id(rq, STR("id"), k->id);
    json_member_str(w, STR("name"), k->name);
    json_member_str(w, STR("prefix"), k->prefix);
    json_member_rights(rq, STR("rights"), rights_of_key(k->rights));
    json_member_str(w, STR("created_by"), k->created_by);
    json_member_time(w, STR("created_at"), k->created_at);
    json_member_time(w, STR("expires_at"), k->expires_at);
    json_member_time(w, STR("used_at"), k->used_at);
    json_member_time(w, STR("revoked_at"), k->revoked_at);
    json_close_object(w);
}

static bool list(struct req *rq, struct err *e)
{
    struct list_page page;
    struct api_key *keys;
    size_t n;

    if (!req_before(rq, LIMIT_PAGE, &page, e) ||
        !api_key_list(rq->db, rq->actor.project, page, rq->a, &keys, &n, e))
        return err_trace(e);
    json_open_object(&rq->json);
    json_key(&rq->json, STR("keys"));
    json_open_array(&rq->json);
    for (size_t i = 0; i < n; i++)
        write_key(rq, &keys[i]);
    json_close_array(&rq->json);
    json_member_next(rq, STR("next_before"), &page, n, n ? keys[n - 1].id : INT_NONE);
    json_close_object(&rq->json);
    return reply(rq, 200, e) || err_trace(e);
}

struct wish {
    struct str name, rights_text;
    usec_t expires_at;
    unsigned rights;
    struct api_key_made made;
};

static const struct body_field fields[] = {
    {"name", BODY_TEXT, offsetof(struct wish, name), .required = true, .max = 100},
    {"rights", BODY_WORDS, offsetof(struct wish, rights_text), .required = true},
    {"expires_at", BODY_TIME, offsetof(struct wish, expires_at), .required = false},
};

/* Nobody gives a key more than they have. */
static bool check_rights(const struct req *rq, struct wish *in, struct err *e)
{
    struct str words = in->rights_text, word;

    while (cut_field(&words, ' ', &word))
        if (!(rights_parse(word) & rights_of_keys()))
            return err_set(e, ERR_INVALID, "rights: a key cannot have \"%.*s\"",
                           (int)(word.n < 40 ? word.n : 40), word.p);
    in->rights = rights_parse(in->rights_text);
    if (in->rights == 0)
        return err_set(e, ERR_INVALID, "rights: at least one expected");
    if (in->rights & ~rq->actor.rights)
        return err_set(e, ERR_FORBIDDEN, "a key cannot have more rights than who makes it");
    return true;
}

static bool create_within(struct req *rq, void *arg, struct err *e)
{
    struct wish *in = arg;
    const struct api_key_wish wish = {
        .project = rq->actor.project,
        .user = rq->actor.kind == ACTOR_USER ? rq->actor.id : 0,
        .name = in->name,
        .rights = in->rights,
        .expires_at = in->expires_at,
    };

    if (!api_key_create(rq->db, rq->rng, &wish, rq->now, rq->a, &in->made, e))
        return err_trace(e);
    const struct deed d = {
        .action = "key.created",
        .entity = "api_key",
        .id = req_id_text(rq, in->made.id),
        .project = rq->actor.project,
        .details = deed_change(rq, STR_NONE,
                               str_fmt(rq->a, STR_FMT ": " STR_FMT, STR_ARG(in->name),
                                       STR_ARG(rights_text(in->rights, rq->a)))),
    };
    return req_audit(rq, &d, e) || err_trace(e);
}

static bool create(struct req *rq, struct err *e)
{
    struct wish in = {0};

    if (!req_fields(rq, fields, LEN(fields), &in, e) || !check_rights(rq, &in, e))
        return err_trace(e);
    if (in.expires_at != TIME_NONE && in.expires_at <= rq->now)
        return err_set(e, ERR_INVALID, "expires_at: a time to come expected");
    if (!req_transaction(rq, create_within, &in, e))
        return err_trace(e);
    json_open_object(&rq->json);
    json_key(&rq->json, STR("key"));
    write_key(rq, &(struct api_key){
                      .id = in.made.id,
                      .name = in.name,
                      .prefix = str_sub(in.made.secret, 0, 10),
                      .rights = rights_text(in.rights, rq->a),
                      .created_by = rq->actor.kind == ACTOR_USER ? rq->actor.name : STR_NONE,
                      .created_at = rq->now,
                      .expires_at = in.expires_at,
                      .used_at = TIME_NONE,
                      .revoked_at = TIME_NONE,
                  });
    json_member_str(&rq->json, STR("secret"), in.made.secret);
    json_close_object(&rq->json);
    return reply(rq, 201, e) || err_trace(e);
}

static bool revoke_within(struct req *rq, void *arg, struct err *e)
{
    const int64_t *id = arg;
    struct str name;

    if (!api_key_revoke(rq->db, rq->actor.project, *id, rq->now, rq->a, &name, e))
        return err_trace(e);
    if (str_is_none(name))
        return req_not_found(e);
    const struct deed d = {.action = "key.revoked",
                           .entity = "api_key",
                           .id = req_id_text(rq, *id),
                           .project = rq->actor.project,
                           .details = deed_change(rq, name, STR_NONE)};
    return req_audit(rq, &d, e) || err_trace(e);
}

static bool revoke(struct req *rq, struct err *e)
{
    int64_t id;

    if (!req_id(rq, STR("id"), &id, e) || !req_transaction(rq, revoke_within, &id, e))
        return err_trace(e);
    reply_empty(rq, 204, NULL, 0);
    return true;
}

static const struct route routes[] = {
    {HTTP_GET, "/api/keys", list, NEEDS(KEYS_MANAGE)},
    {HTTP_POST, "/api/keys", create, NEEDS(KEYS_MANAGE)},
    {HTTP_DELETE, "/api/keys/:id", revoke, NEEDS(KEYS_MANAGE)},
};

const struct resource api_keys = {"keys", routes, LEN(routes)};
