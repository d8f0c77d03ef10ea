/* What is switched while the server runs: of the project, and of the whole installation by those
 * who own the first organisation, which is whoever runs it. */
#include "tenancy/flags.h"

#include "api/body.h"
#include "api/deed.h"

/* As they are given: by flag, in the order of the table. */
struct wish {
    struct str text[FLAG_COUNT];
};

static const struct body_field wish_fields[] = {
#define X(flag, flag_name, words)                                                                  \
    {flag_name, BODY_TEXT, offsetof(struct wish, text) + FLAG_##flag * sizeof(struct str),         \
     .required = false, .max = 16},
    FLAGS(X)
#undef X
};

/* Who runs the installation: people of the first organisation who may change all of its projects.
 */
static bool runs_installation(struct req *rq, bool *ret, struct err *e)
{
    static const struct column columns[] = {{"id", COLUMN_INT, 0}};
    int64_t first = 0;
    bool found;

    if (!db_query_one(rq->db, Q_ORG_FIRST, NO_BINDS, columns, LEN(columns), rq->a, &first, &found,
                      e))
        return err_trace(e);
    *ret = found && rq->actor.org == first && rq->actor.kind == ACTOR_USER &&
           (rq->actor.org_rights & (1u << RIGHT_SETTINGS_MANAGE)) != 0;
    return true;
}

static void write_one(struct req *rq, enum flag f, const struct flags *own,
                      const struct flags *installation)
{
    struct flag_board *board = rq->app->flags;
    const struct flags preset = flag_board_preset(board);
    const struct flags all = flags_override(&preset, installation), now = flags_narrow(&all, own);
    struct json_writer *w = &rq->json;

    json_open_object(w);
    json_member_str(w, STR("name"), str_from(flag_name(f)));
    json_member_str(w, STR("value"), flag_text(f, now.v[f], rq->a));
    json_member_str(w, STR("project"), flag_text(f, own->v[f], rq->a));
    json_member_str(w, STR("installation"), flag_text(f, installation->v[f], rq->a));
    json_member_str(w, STR("configuration"), flag_text(f, preset.v[f], rq->a));
    json_key(w, STR("words"));
    json_open_array(w);
    struct str words = str_from(flag_words(f)), word;
    while (cut_field(&words, ' ', &word))
        json_str(w, word);
    json_close_array(w);
    json_close_object(w);
}

static bool show(struct req *rq, struct err *e)
{
    struct json_writer *w = &rq->json;
    struct flags own, installation;
    bool runs;

    if (!runs_installation(rq, &runs, e) || !flags_get(rq->db, rq->actor.project, rq->a, &own, e) ||
        !flags_get(rq->db, FLAGS_INSTALLATION, rq->a, &installation, e))
        return err_trace(e);
    json_open_object(w);
    json_key(w, STR("flags"));
    json_open_array(w);
    for (size_t f = 0; f < FLAG_COUNT; f++)
        write_one(rq, (enum flag)f, &own, &installation);
    json_close_array(w);
    json_member_bool(w, STR("runs_installation"), runs);
    json_close_object(w);
    return reply(rq, 200, e) || err_trace(e);
}

static bool read_change(struct req *rq, struct flags_change *c, struct err *e)
{
    struct wish wish;

    if (!req_fields(rq, wish_fields, LEN(wish_fields), &wish, e))
        return err_trace(e);
    for (size_t f = 0; f < FLAG_COUNT; f++) {
        c->given[f] = !str_is_none(wish.text[f]);
        if (!flag_parse((enum flag)f, wish.text[f], &c->flags.v[f], e))
            return err_trace(e);
    }
    return true;
}

static bool save(struct req *rq, void *arg, struct err *e)
{
    const struct audit_entry by = req_audit_entry(rq, &(struct deed){0});

    return flags_change(rq->db, arg, &by, rq->now, rq->a, e) || err_trace(e);
}

static bool change(struct req *rq, int64_t project, struct err *e)
{
    struct flags_change c = {.project = project};

    if (!read_change(rq, &c, e) || !req_transaction(rq, save, &c, e))
        return err_trace(e);
    if (rq->app->on_flags_changed)
        rq->app->on_flags_changed(rq->app->arg);
    return show(rq, e) || err_trace(e);
}

static bool set_own(struct req *rq, struct err *e)
{
    return change(rq, rq->actor.project, e) || err_trace(e);
}

static bool set_all(struct req *rq, struct err *e)
{
    bool runs;

    if (!runs_installation(rq, &runs, e))
        return err_trace(e);
    if (!runs)
        return err_set(e, ERR_FORBIDDEN, "only who runs the installation may do this");
    return change(rq, FLAGS_INSTALLATION, e) || err_trace(e);
}

static const struct route routes[] = {
    {HTTP_GET, "/api/flags", show, NEEDS(HEALTH_READ)},
    {HTTP_PATCH, "/api/flags", set_own, NEEDS(SETTINGS_MANAGE)},
    {HTTP_PATCH, "/api/flags/installation", set_all, NEEDS(SETTINGS_MANAGE)},
};

const struct resource api_flags = {"flags", routes, LEN(routes)};
