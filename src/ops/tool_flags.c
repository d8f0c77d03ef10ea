/* `hookswitch flags`: what is switched, for who sits at the server. It is in the audit log as well.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "ops/flag_watch.h"
#include "ops/tools.h"
#include "tenancy/audit.h"

struct turn {
    struct command *cmd;
    struct db *db;
    bool set;
    struct flags_change change; /* its project as well when nothing is */
};

static bool usage(struct err *e)
{
    err_set(e, ERR_INVALID, "what about the flags?");
    err_fix(e, "hookswitch flags list [--project=ID]");
    return err_fix(e, "hookswitch flags set NAME=VALUE... [--project=ID]; nothing behind the = "
                      "takes a setting back");
}

static bool read_argument(struct turn *t, struct str arg, struct err *e)
{
    struct str name;
    enum flag f;

    if (cut_lit(&arg, STR("--project=")))
        return str_to_id(arg, &t->change.project) ||
               err_set(e, ERR_INVALID, "--project: a number expected");
    if (!t->set || !cut_until(&arg, '=', &name))
        return usage(e);
    if (!flag_find(name, &f))
        return err_set(e, ERR_INVALID, "no flag \"" STR_FMT "\"; `hookswitch flags list`",
                       STR_ARG(name));
    t->change.given[f] = true;
    return flag_parse(f, arg, &t->change.flags.v[f], e) || err_trace(e);
}

static bool read_arguments(struct turn *t, struct err *e)
{
    const struct command *cmd = t->cmd;
    const struct str verb = cmd->n_args > 0 ? str_from(cmd->args[0]) : STR_NONE;

    t->set = str_eq(verb, STR("set"));
    if (!t->set && !str_eq(verb, STR("list")))
        return usage(e);
    for (int i = 1; i < cmd->n_args; i++)
        if (!read_argument(t, str_from(cmd->args[i]), e))
            return err_trace(e);
    return true;
}

static bool set(struct turn *t, struct err *e)
{
    const struct audit_entry by = {.who = &tool_console};

    return flags_change(t->db, &t->change, &by, clock_wall(&clock_system), t->cmd->a, e) ||
           err_trace(e);
}

static bool set_in_transaction(struct turn *t, struct err *e)
{
    return (db_begin(t->db, e) && db_end(t->db, set(t, e), e)) || err_trace(e);
}

static const char *shown(enum flag f, int64_t value, struct arena *a)
{
    const struct str text = flag_text(f, value, a);

    return str_is_none(text) ? "-" : str_z(text, a);
}

static bool list(struct turn *t, struct err *e)
{
    const struct flags preset = flags_of_config(&t->cmd->config);
    struct arena *a = t->cmd->a;
    struct flags installation, own = flags_none();

    if (!flags_get(t->db, FLAGS_INSTALLATION, a, &installation, e) ||
        (t->change.project != FLAGS_INSTALLATION &&
         !flags_get(t->db, t->change.project, a, &own, e)))
        return err_trace(e);
    const struct flags all = flags_override(&preset, &installation), now = flags_narrow(&all, &own);
    (void)printf("%-27s %-8s %-8s %-13s %s\n", "flag", "now", "project", "installation",
                 "configuration");
    for (size_t i = 0; i < FLAG_COUNT; i++) {
        const enum flag f = (enum flag)i;
        (void)printf("%-27s %-8s %-8s %-13s %s\n", flag_name(f), shown(f, now.v[i], a),
                     shown(f, own.v[i], a), shown(f, installation.v[i], a),
                     shown(f, preset.v[i], a));
    }
    return true;
}

static bool run(struct turn *t, struct err *e)
{
    struct store *s;

    if (!read_arguments(t, e) || !tool_store(t->cmd, &s, e))
        return err_trace(e);
    t->db = store_connect(s, STORE_TOOL);
    const bool ok = (!t->set || set_in_transaction(t, e)) && list(t, e);
    db_close(t->db);
    store_close(s);
    return ok || err_trace(e);
}

int tool_flags(struct command *cmd)
{
    struct turn t = {.cmd = cmd, .change.flags = flags_none()};
    struct err e = {0};

    return run(&t, &e) ? EXIT_SUCCESS : tool_fail(&e);
}
