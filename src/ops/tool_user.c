/* `hookswitch user` and `hookswitch org`: people and organisations, for who sits at the server.
 * What they do is in the audit log as well. */
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "ops/tools.h"
#include "tenancy/audit.h"
#include "tenancy/people.h"
#include "tenancy/project.h"
#include "tenancy/session.h"

const struct actor tool_console = {.kind = ACTOR_NOBODY, .name = {"console", 7}};

struct errand {
    struct command *cmd;
    struct db *db;
    struct rng rng;
    usec_t now;
    struct str email;
    int64_t user;
    struct str link;
};

static const struct column id_columns[] = {{"id", COLUMN_INT, 0}};

static struct audit_entry entry_of(const struct errand *x, const char *action)
{
    return (struct audit_entry){
        .who = &tool_console,
        .action = action,
        .entity = "user",
        .entity_id = str_fmt(x->cmd->a, "%lld", (long long)x->user),
    };
}

/* A link opens all that they are, so whoever they work for hears of it. */
static bool note_link(struct errand *x, const char *action, struct err *e)
{
    const struct audit_entry entry = entry_of(x, action);

    return audit_append_everywhere(x->db, x->user, &entry, x->now, x->cmd->a, e) || err_trace(e);
}

/* Lets somebody in, by a role for the whole of an organisation, which hears of it; who was there
 * already gets a link all the same. */
static bool let_in(struct errand *x, int64_t org, struct str name, enum user_role role,
                   struct err *e)
{
    const struct reach all = {org, INT_NONE, RIGHTS_ALL};
    const struct office *o = OFFICE(x->db, &x->rng, x->now);
    struct arena *a = x->cmd->a;
    enum user_role was;
    bool made;

    if (!member_ensure(o, INVITATION(org, x->email, name), a, &x->user, &made, e) ||
        !role_grant(o, &all, ROLE_WISH(x->user, INT_NONE, role), a, &was, e) ||
        !link_create(o, x->user, LINK_INVITATION, a, &x->link, e))
        return err_trace(e);
    struct audit_entry entry = entry_of(x, made ? "user.invited" : "role.granted");
    entry.details = audit_change(was == USER_ROLE_COUNT ? STR_NONE : str_from(user_role_name(was)),
                                 str_from(user_role_name(role)), a);
    return (audit_append(x->db, org, &entry, x->now, a, e) &&
            (made || note_link(x, "user.invited", e))) ||
           err_trace(e);
}

/* Into the first organisation. */
static bool create(struct errand *x, struct err *e)
{
    struct str name = x->email;
    enum user_role role;
    int64_t org;
    bool found;

    if (!user_role_parse(str_from(x->cmd->args[2]), &role))
        return err_set(e, ERR_INVALID, "\"%.40s\" is no role", x->cmd->args[2]);
    if (x->cmd->n_args > 3 && !tool_name(x->cmd->args[3], &name, e))
        return err_trace(e);
    if (!db_query_one(x->db, Q_ORG_FIRST, NO_BINDS, id_columns, LEN(id_columns), x->cmd->a, &org,
                      &found, e))
        return err_trace(e);
    if (!found)
        return err_set(e, ERR_NOT_FOUND, "the store is empty; start the server once");
    return let_in(x, org, name, role, e) || err_trace(e);
}

/* An organisation with a project, as none can do without, and an owner. */
static bool create_org(struct errand *x, struct err *e)
{
    struct arena *a = x->cmd->a;
    struct str name;
    int64_t org, project;
    bool made;

    if (!tool_name(x->cmd->args[1], &name, e) ||
        !db_query_one(x->db, Q_ORG_ADD, BINDS(bind_str("name", name)), id_columns, LEN(id_columns),
                      a, &org, &made, e) ||
        !project_create(OFFICE(x->db, &x->rng, x->now), org, STR("First project"), a, &project, e))
        return err_trace(e);
    const struct audit_entry entry = {.who = &tool_console,
                                      .action = "org.created",
                                      .entity = "org",
                                      .entity_id = str_fmt(a, "%lld", (long long)org),
                                      .details = audit_change(STR_NONE, name, a)};
    return (audit_append(x->db, org, &entry, x->now, a, e) &&
            let_in(x, org, x->email, USER_ROLE_OWNER, e)) ||
           err_trace(e);
}

/* Instead of all that they had before. */
static bool make_link(struct errand *x, enum link_purpose purpose, struct err *e)
{
    return (links_revoke(x->db, x->user, x->now, e) &&
            link_create(OFFICE(x->db, &x->rng, x->now), x->user, purpose, x->cmd->a, &x->link, e) &&
            note_link(x, purpose == LINK_RESET ? "password.link_made" : "user.invited", e)) ||
           err_trace(e);
}

/* Once more: who was invited last, has not come and may, whoever has an account by the address. */
static bool invite(struct errand *x, struct err *e)
{
    bool found;

    if (!person_guest(x->db, x->email, x->cmd->a, &x->user, &found, e))
        return err_trace(e);
    if (!found)
        return err_set(e, ERR_NOT_FOUND, "nobody is invited by the address %.100s",
                       x->cmd->args[1]);
    return make_link(x, LINK_INVITATION, e) || err_trace(e);
}

/* Who has no account yet may have an invitation. */
static bool reset(struct errand *x, struct err *e)
{
    struct person p;
    bool found;

    if (!person_by_email(x->db, x->email, x->cmd->a, &p, &found, e))
        return err_trace(e);
    if (!found)
        return invite(x, e) || err_trace(e);
    x->user = p.id;
    return make_link(x, LINK_RESET, e) || err_trace(e);
}

struct errand_kind {
    const char *name, *usage;
    int least, most, email; /* of its arguments: how many, and which is the address */
    bool (*run)(struct errand *x, struct err *e);
};

static const struct errand_kind of_users[] = {
    {"create", "hookswitch user create EMAIL ROLE [NAME]", 3, 4, 1, create},
    {"invite", "hookswitch user invite EMAIL", 2, 2, 1, invite},
    {"reset", "hookswitch user reset EMAIL", 2, 2, 1, reset},
};
static const struct errand_kind of_orgs[] = {
    {"create", "hookswitch org create NAME OWNER_EMAIL", 3, 3, 2, create_org},
};

static const struct errand_kind *find_errand(const struct command *cmd,
                                             const struct errand_kind *kinds, size_t n)
{
    for (size_t i = 0; i < n && cmd->n_args > 0; i++)
        if (strcmp(kinds[i].name, cmd->args[0]) == 0 && cmd->n_args >= kinds[i].least &&
            cmd->n_args <= kinds[i].most)
            return &kinds[i];
    return NULL;
}

static bool run(struct errand *x, const struct errand_kind *kind, struct err *e)
{
    return (email_normalise(str_from(x->cmd->args[kind->email]), x->cmd->a, &x->email, e) &&
            db_begin(x->db, e) && db_end(x->db, kind->run(x, e), e)) ||
           err_trace(e);
}

static bool do_errand(struct errand *x, const struct errand_kind *kinds, size_t n, struct err *e)
{
    const struct errand_kind *kind = find_errand(x->cmd, kinds, n);
    struct store *s = NULL;

    if (!kind) {
        err_set(e, ERR_INVALID, "which errand?");
        for (size_t i = 0; i < n; i++)
            err_fix(e, "%s", kinds[i].usage);
        return false;
    }
    if (!tool_store(x->cmd, &s, e))
        return err_trace(e);
    x->db = store_connect(s, STORE_TOOL);
    const bool ok = run(x, kind, e);
    db_close(x->db);
    store_close(s);
    return ok || err_trace(e);
}

static int start(struct command *cmd, const struct errand_kind *kinds, size_t n)
{
    struct errand x = {
        .cmd = cmd, .rng = rng_system(), .now = clock_wall(&clock_system), .link = STR_NONE};
    const struct str base = cmd->config.webhook_base_url;
    struct err e = {0};

    if (!do_errand(&x, kinds, n, &e))
        return tool_fail(&e);
    (void)printf(STR_FMT "/app/welcome#" STR_FMT "\n", STR_ARG(base), STR_ARG(x.link));
    return EXIT_SUCCESS;
}

int tool_user(struct command *cmd)
{
    return start(cmd, of_users, LEN(of_users));
}

int tool_org(struct command *cmd)
{
    return start(cmd, of_orgs, LEN(of_orgs));
}
