/* `hookswitch user`: people, for who sits at the server. What they do is in the audit log as well.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "ops/tools.h"
#include "tenancy/audit.h"
#include "tenancy/people.h"
#include "tenancy/session.h"

static const struct actor console = {.kind = ACTOR_NOBODY, .name = {"console", 7}};

struct errand {
    struct command *cmd;
    struct db *db;
    struct rng rng;
    usec_t now;
    struct str email;
    int64_t user;
    struct str link;
};

static bool note(struct errand *x, const char *action, struct err *e)
{
    const struct audit_entry entry = {
        .who = &console,
        .action = action,
        .entity = "user",
        .entity_id = str_fmt(x->cmd->a, "%lld", (long long)x->user),
    };

    return audit_append_everywhere(x->db, x->user, &entry, x->now, x->cmd->a, e) || err_trace(e);
}

/* With a role for the whole of the first organisation. */
static bool create(struct errand *x, struct err *e)
{
    static const struct column columns[] = {{"id", COLUMN_INT, 0}};
    struct arena *a = x->cmd->a;
    struct reach all = {.project = INT_NONE, .rights = RIGHTS_ALL};
    const struct str name = x->cmd->n_args > 3 ? str_from(x->cmd->args[3]) : x->email;
    enum user_role role, before;
    bool found, made;

    if (!user_role_parse(str_from(x->cmd->args[2]), &role))
        return err_set(e, ERR_INVALID, "\"%.40s\" is no role", x->cmd->args[2]);
    if (!db_query_one(x->db, Q_ORG_FIRST, NO_BINDS, columns, LEN(columns), a, &all.org, &found, e))
        return err_trace(e);
    if (!found)
        return err_set(e, ERR_NOT_FOUND, "the store is empty; start the server once");
    return (person_ensure(x->db, x->email, name, x->now, a, &x->user, &made, e) &&
            role_grant(x->db, &all, x->user, INT_NONE, role, x->now, a, &before, e) &&
            link_create(x->db, &x->rng, x->user, LINK_INVITATION, x->now, a, &x->link, e) &&
            note(x, "user.invited", e)) ||
           err_trace(e);
}

static bool reset(struct errand *x, struct err *e)
{
    struct person p;
    bool found;

    if (!person_by_email(x->db, x->email, x->cmd->a, &p, &found, e))
        return err_trace(e);
    if (!found)
        return err_set(e, ERR_NOT_FOUND, "nobody has the address %.100s", x->cmd->args[1]);
    x->user = p.id;
    return (links_revoke(x->db, p.id, x->now, e) &&
            link_create(x->db, &x->rng, p.id, LINK_RESET, x->now, x->cmd->a, &x->link, e) &&
            note(x, "password.link_made", e)) ||
           err_trace(e);
}

static const struct {
    const char *name;
    int args;
    bool (*run)(struct errand *x, struct err *e);
} errands[] = {{"create", 3, create}, {"reset", 2, reset}};

static bool run(struct errand *x, struct err *e)
{
    for (size_t i = 0; i < LEN(errands); i++)
        if (strcmp(errands[i].name, x->cmd->args[0]) == 0 && x->cmd->n_args >= errands[i].args) {
            if (!email_normalise(str_from(x->cmd->args[1]), x->cmd->a, &x->email, e) ||
                !db_begin(x->db, e))
                return err_trace(e);
            if (errands[i].run(x, e) && db_commit(x->db, e))
                return true;
            db_rollback(x->db);
            return err_trace(e);
        }
    err_set(e, ERR_INVALID, "which errand?");
    err_fix(e, "hookswitch user create EMAIL ROLE [NAME]");
    return err_fix(e, "hookswitch user reset EMAIL");
}

int tool_user(struct command *cmd)
{
    struct errand x = {.cmd = cmd, .rng = rng_system(), .now = clock_wall(&clock_system)};
    struct err e = {0};
    struct store *s = NULL;

    if (cmd->n_args == 0) {
        err_set(&e, ERR_INVALID, "usage: hookswitch user create EMAIL ROLE [NAME] | reset EMAIL");
        return tool_fail(&e);
    }
    if (!tool_store(cmd, &s, &e))
        return tool_fail(&e);
    x.db = store_connect(s, STORE_TOOL);
    const bool ok = run(&x, &e);
    db_close(x.db);
    store_close(s);
    if (!ok)
        return tool_fail(&e);
    (void)printf(STR_FMT "/app/welcome#" STR_FMT "\n", STR_ARG(cmd->config.webhook_base_url),
                 STR_ARG(x.link));
    return EXIT_SUCCESS;
}
