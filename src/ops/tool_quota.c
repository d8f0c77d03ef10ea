/* `hookswitch quota`: how much a project may use, and granting it more, or less, than the
 * configuration says. A server that runs notices within a second. */
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "ops/accounts.h"
#include "ops/tools.h"
#include "tenancy/audit.h"
#include "tenancy/project.h"
#include "tenancy/quota.h"

struct grant {
    struct command *cmd;
    struct db *db;
    struct project project;
    struct quota_wish wish;
};

static bool usage(struct err *e)
{
    err_set(e, ERR_INVALID, "which project, which quota, how much?");
    err_fix(e, "hookswitch quota PROJECT");
    err_fix(e, "hookswitch quota PROJECT NAME NUMBER | default");
    return false;
}

static bool find(struct grant *g, struct err *e)
{
    int64_t id;
    bool found;

    if (!str_to_i64(str_from(g->cmd->args[0]), &id))
        return usage(e);
    if (!project_find(g->db, id, g->cmd->a, &g->project, &found, e))
        return err_trace(e);
    return found || err_set(e, ERR_NOT_FOUND, "there is no project %lld", (long long)id);
}

static bool print(const struct grant *g, struct err *e)
{
    const struct quotas preset = accounts_quotas(&g->cmd->config);
    struct quota_wishes w;

    if (!quota_wishes(g->db, g->project.id, g->cmd->a, &w, e))
        return err_trace(e);
    const struct quotas now = quotas_in_force(&preset, &w);
    for (size_t i = 0; i < QUOTA_COUNT; i++) {
        const enum quota q = (enum quota)i;
        const char *why = w.granted[q] != INT_NONE ? "granted" : "by the configuration";
        (void)printf("%-26s %9lld  %s%s: %s\n", quota_name(q), (long long)now.of[q], why,
                     now.of[q] < quota_ceiling(&preset, &w, q) ? ", less was chosen" : "",
                     quota_meaning(q));
    }
    return true;
}

static bool read_wish(struct grant *g, struct err *e)
{
    const struct str value = str_from(g->cmd->args[2]);

    g->wish = (struct quota_wish){.project = g->project.id, .value = INT_NONE};
    if (!quota_parse(str_from(g->cmd->args[1]), &g->wish.quota))
        return err_set(e, ERR_INVALID, "\"%.40s\" is no quota; hookswitch quota PROJECT lists them",
                       g->cmd->args[1]);
    const int64_t least = quota_least(g->wish.quota);
    return str_eq(value, STR("default")) ||
           (str_to_i64(value, &g->wish.value) && g->wish.value >= least &&
            g->wish.value <= QUOTA_MOST) ||
           err_set(e, ERR_INVALID, "a number from %lld to %d, or default, expected",
                   (long long)least, QUOTA_MOST);
}

static struct str text_of(int64_t value, struct arena *a)
{
    return value == INT_NONE ? STR("null") : str_fmt(a, "%lld", (long long)value);
}

static bool save(const struct grant *g, struct err *e)
{
    struct arena *a = g->cmd->a;
    struct rng rng = rng_system();
    const usec_t now = clock_wall(&clock_system);
    struct quota_wishes before;

    if (!project_hold(g->db, g->project.id, a, e) ||
        !quota_wishes(g->db, g->project.id, a, &before, e) ||
        !quota_grant(OFFICE(g->db, &rng, now), &g->wish, e))
        return err_trace(e);
    const struct audit_entry entry = {
        .who = &tool_console,
        .project = g->project.id,
        .action = "quota.granted",
        .entity = "quota",
        .entity_id = str_from(quota_name(g->wish.quota)),
        .details = str_fmt(a, "{\"before\":" STR_FMT ",\"after\":" STR_FMT "}",
                           STR_ARG(text_of(before.granted[g->wish.quota], a)),
                           STR_ARG(text_of(g->wish.value, a))),
    };
    return audit_append(g->db, g->project.org, &entry, now, a, e) || err_trace(e);
}

static bool change(struct grant *g, struct err *e)
{
    return (read_wish(g, e) && db_begin(g->db, e) && db_end(g->db, save(g, e), e)) || err_trace(e);
}

static bool run(struct command *cmd, struct err *e)
{
    struct grant g = {.cmd = cmd};
    struct store *s = NULL;

    if (cmd->n_args != 1 && cmd->n_args != 3)
        return usage(e);
    if (!tool_store(cmd, &s, e))
        return err_trace(e);
    g.db = store_connect(s, STORE_TOOL);
    const bool ok = find(&g, e) && (cmd->n_args == 1 || change(&g, e)) && print(&g, e);
    db_close(g.db);
    store_close(s);
    return ok || err_trace(e);
}

int tool_quota(struct command *cmd)
{
    struct err e = {0};

    return run(cmd, &e) ? EXIT_SUCCESS : tool_fail(&e);
}
