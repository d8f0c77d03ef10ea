/* `hookswitch project`: projects of any organisation, for who sits at the server. That one was made
 * is in the audit log as well. */
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/limits.h"
#include "ops/tools.h"
#include "tenancy/audit.h"
#include "tenancy/project.h"

struct chore {
    struct command *cmd;
    struct db *db;
};

static const struct column id_columns[] = {{"id", COLUMN_INT, 0}};

// --- make one ------------------------------------------------------------------------------------

/* named: its number; NULL: the first one. */
static bool find_org(struct chore *x, const char *named, int64_t *ret, struct err *e)
{
    struct arena *a = x->cmd->a;
    int64_t id;
    bool found;

    if (!named) {
        if (!db_query_one(x->db, Q_ORG_FIRST, NO_BINDS, id_columns, LEN(id_columns), a, ret, &found,
                          e))
            return err_trace(e);
        return found || err_set(e, ERR_NOT_FOUND, "the store is empty; start the server once");
    }
    if (!str_to_i64(str_from(named), &id))
        return err_set(e, ERR_INVALID, "\"%.40s\" is no organisation's number", named);
    if (!db_query_one(x->db, Q_ORG_HOLD, BINDS(bind_int("org", id)), id_columns, LEN(id_columns), a,
                      ret, &found, e))
        return err_trace(e);
    if (found)
        return true;
    err_set(e, ERR_NOT_FOUND, "there is no organisation %lld", (long long)id);
    return err_fix(e, "`hookswitch project list` prints the numbers of all");
}

/* Of cmd: create NAME [ORG]. */
static bool make(struct chore *x, struct str name, int64_t *ret, struct err *e)
{
    const char *named = x->cmd->n_args > 2 ? x->cmd->args[2] : NULL;
    struct arena *a = x->cmd->a;
    struct rng rng = rng_system();
    const usec_t now = clock_wall(&clock_system);
    int64_t org;

    if (!find_org(x, named, &org, e) ||
        !project_create(OFFICE(x->db, &rng, now), org, name, a, ret, e))
        return err_trace(e);
    const struct audit_entry entry = {
        .who = &tool_console,
        .project = *ret,
        .action = "project.created",
        .entity = "project",
        .entity_id = str_fmt(a, "%lld", (long long)*ret),
        .details = audit_change(STR_NONE, name, a),
    };
    return audit_append(x->db, org, &entry, now, a, e) || err_trace(e);
}

static bool create(struct chore *x, struct err *e)
{
    struct str name;
    int64_t project;

    if (!tool_name(x->cmd->args[1], &name, e) || !db_begin(x->db, e) ||
        !db_end(x->db, make(x, name, &project, e), e))
        return err_trace(e);
    (void)printf("%lld\n", (long long)project);
    return true;
}

// --- list them -----------------------------------------------------------------------------------

/* Of one character: whether it would tell a terminal what to do. */
static bool is_control(struct str c)
{
    const unsigned char first = (unsigned char)c.p[0];

    return first < ' ' || first == 0x7f || (first == 0xc2 && (unsigned char)c.p[1] < 0xa0);
}

/* A name is whatever somebody has given, of whatever company. */
static void print_name(struct str name)
{
    for (size_t n; (n = str_utf8_first(name)) > 0; name = str_sub(name, n, name.n)) {
        const struct str c = str_sub(name, 0, n);
        (void)printf(STR_FMT, STR_ARG(is_control(c) ? STR("?") : c));
    }
}

static void print(const struct project *p)
{
    (void)printf("%-7lld  %-12lld  ", (long long)p->id, (long long)p->org);
    print_name(p->name);
    (void)printf(" (");
    print_name(p->org_name);
    (void)printf(")\n");
}

static bool list(struct chore *x, struct err *e)
{
    struct list_page page = {.from = 0, .limit = LIMIT_PAGE};
    struct project *found;
    size_t n = LIMIT_PAGE;

    (void)printf("%-7s  %-12s  %s\n", "project", "organisation", "name");
    while (n == LIMIT_PAGE) {
        if (!project_list_all(x->db, page, x->cmd->a, &found, &n, e))
            return err_trace(e);
        for (size_t i = 0; i < n; i++)
            print(&found[i]);
        page.from = n > 0 ? found[n - 1].id : page.from;
    }
    return true;
}

// --- either --------------------------------------------------------------------------------------

static const struct verb {
    const char *name;
    int least, most; /* arguments, with the name */
    bool (*run)(struct chore *x, struct err *e);
} verbs[] = {{"create", 2, 3, create}, {"list", 1, 1, list}};

static bool do_it(struct command *cmd, const struct verb *verb, struct err *e)
{
    _cleanup_(store_closep) struct store *s = NULL;

    if (!tool_store(cmd, &s, e))
        return err_trace(e);
    _cleanup_(db_closep) struct db *db = store_connect(s, STORE_TOOL);
    struct chore x = {.cmd = cmd, .db = db};
    return verb->run(&x, e) || err_trace(e);
}

int tool_project(struct command *cmd)
{
    struct err e = {0};

    for (size_t i = 0; i < LEN(verbs); i++)
        if (cmd->n_args >= verbs[i].least && cmd->n_args <= verbs[i].most &&
            strcmp(cmd->args[0], verbs[i].name) == 0)
            return do_it(cmd, &verbs[i], &e) ? EXIT_SUCCESS : tool_fail(&e);
    (void)fprintf(stderr, "usage: hookswitch project create NAME [ORG] | list\n");
    return EXIT_FAILURE;
}
