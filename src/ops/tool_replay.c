/* `hookswitch replay`: dead letters of one project are put back into the queue, while nobody else
 * works on the store. Which is in the audit log of its organisation as well. */
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "inbox/read.h"
#include "ops/tools.h"
#include "tenancy/audit.h"
#include "tenancy/project.h"

struct replay {
    struct command *cmd;
    struct db *db;
    struct project project;
    usec_t now;
    const char *named; /* the project's number, or NULL: the first one */
    bool all;
    struct inbox_ids ids;        /* those that are asked for */
    struct inbox_revived queued; /* those that were put back */
};

static bool usage(struct err *e)
{
    err_set(e, ERR_INVALID, "which events?");
    return err_fix(e, "hookswitch replay [--project=ID] --all | ID...");
}

static bool read_arguments(struct replay *x, struct err *e)
{
    const struct command *cmd = x->cmd;
    int64_t *ids = arena_new(cmd->a, int64_t, (size_t)cmd->n_args + 1);
    size_t n = 0;

    for (int i = 0; i < cmd->n_args; i++) {
        struct str arg = str_from(cmd->args[i]);
        if (cut_lit(&arg, STR("--project=")))
            x->named = arg.p;
        else if (str_eq(arg, STR("--all")))
            x->all = true;
        else if (!str_to_i64(arg, &ids[n++]))
            return err_set(e, ERR_INVALID, "replay: \"%.40s\" is no identifier", cmd->args[i]);
    }
    x->ids = (struct inbox_ids){ids, n};
    if (x->all == (n > 0))
        return usage(e);
    return n <= INBOX_REVIVED_NAMED ||
           err_set(e, ERR_INVALID, "replay: at most %d at once", INBOX_REVIVED_NAMED);
}

static bool replay_each(struct replay *x, struct err *e)
{
    struct arena *a = x->cmd->a;
    enum inbox_replayed *became = arena_new(a, enum inbox_replayed, x->ids.n);

    if (!inbox_reprocess_each(x->db, x->project.id, x->ids, x->now, a, became, e))
        return err_trace(e);
    x->queued = inbox_revived_of(x->ids, became, a);
    return true;
}

static bool replay_all(struct replay *x, struct err *e)
{
    const struct inbox_dead any = {.source = STR_NONE};

    return inbox_reprocess_dead(x->db, x->project.id, &any, x->now, x->cmd->a, &x->queued, e) ||
           err_trace(e);
}

/* Of very many they are put back batch by batch: the line comes behind them. */
static bool note(struct replay *x, struct err *e)
{
    const struct audit_entry entry = {
        .who = &tool_console,
        .project = x->project.id,
        .action = "event.replayed",
        .entity = "event",
        .entity_id = STR("many"),
        .details = inbox_revived_details(&x->queued, x->cmd->a), // of very many the oldest
    };

    return (db_begin(x->db, e) &&
            db_end(x->db, audit_append(x->db, x->project.org, &entry, x->now, x->cmd->a, e), e)) ||
           err_trace(e);
}

static bool run(struct replay *x, struct err *e)
{
    if (!tool_find_project(x->db, x->named, x->cmd->a, &x->project, e) ||
        !(x->all ? replay_all(x, e) : replay_each(x, e)))
        return err_trace(e);
    return x->queued.n == 0 || note(x, e) || err_trace(e);
}

int tool_replay(struct command *cmd)
{
    _cleanup_(store_closep) struct store *s = NULL;
    struct replay x = {.cmd = cmd, .now = clock_wall(&clock_system)};
    struct err e = {0};

    if (!read_arguments(&x, &e) || !tool_store_alone(cmd, &s, &e))
        return tool_fail(&e);
    _cleanup_(db_closep) struct db *db = store_connect(s, STORE_TOOL);
    x.db = db;
    if (!run(&x, &e))
        return tool_fail(&e);
    (void)printf("%lld put back into the queue\n", (long long)x.queued.n);
    return EXIT_SUCCESS;
}
