#include "ops/tools.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "api/request.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "loop/urgency.h"
#include "ops/verify.h"
#include "ops/verify_acks.h"
#include "providers/provider.h"
#include "store/store.h"
#include "tenancy/audit.h"
#include "tenancy/people.h"
#include "tenancy/project.h"
#include "tenancy/session.h"

enum { PRINTED_MAX = 256 * 1024, FINDINGS_PRINTED = 20, NAME_MAX_BYTES = 100 };

int tool_fail(const struct err *e)
{
    (void)fprintf(stderr, "hookswitch: %s\n", e->text);
    for (size_t i = 0; i < e->n_fix; i++)
        (void)fprintf(stderr, "  - %s\n", e->fix[i]);
    return EXIT_FAILURE;
}

static int usage(const char *what)
{
    (void)fprintf(stderr, "usage: hookswitch %s\n", what);
    return EXIT_FAILURE;
}

static const char *arg(const struct command *cmd, int i)
{
    return i < cmd->n_args ? cmd->args[i] : "";
}

/* exclusive: refuses while a server runs on the same SQLite file. */
static bool open_store(struct command *cmd, bool exclusive, struct store **ret, struct err *e)
{
    const struct store_options o = {
        .url = cmd->config.database_url, .clock = &clock_system, .exclusive = exclusive};

    if (!store_open(&o, ret, e))
        return err_trace(e);
    return true;
}

bool tool_store(struct command *cmd, struct store **ret, struct err *e)
{
    return open_store(cmd, false, ret, e) || err_trace(e);
}

bool tool_store_alone(struct command *cmd, struct store **ret, struct err *e)
{
    return open_store(cmd, true, ret, e) || err_trace(e);
}

bool tool_name(const char *given, struct str *ret, struct err *e)
{
    const struct str name = str_trim(str_from(given));

    if (str_is_empty(name) || name.n > NAME_MAX_BYTES || !str_is_utf8(name))
        return err_set(e, ERR_INVALID, "a name of 1 to %d bytes expected", NAME_MAX_BYTES);
    *ret = name;
    return true;
}

// --- migrate -------------------------------------------------------------------------------------

static bool migrate_status(struct command *cmd, struct store *s, struct err *e)
{
    struct store_migration *m;
    size_t n;

    if (!store_migrate_status(s, cmd->a, &m, &n, e))
        return err_trace(e);
    for (size_t i = 0; i < n; i++)
        (void)printf("%04d  %-8s  " STR_FMT "\n", m[i].number, m[i].applied ? "applied" : "pending",
                     STR_ARG(m[i].name));
    return true;
}

static bool migrate(struct command *cmd, struct store *s, struct err *e)
{
    uint64_t steps = 1;
    int n = 0;

    if (strcmp(arg(cmd, 0), "status") == 0)
        return migrate_status(cmd, s, e) || err_trace(e);
    if (strcmp(arg(cmd, 0), "up") == 0) {
        if (!store_migrate_up(s, &n, e))
            return err_trace(e);
        (void)printf("%d applied\n", n);
        return true;
    }
    if (cmd->n_args > 1 && (!str_to_u64(str_from(arg(cmd, 1)), &steps) || steps > 10000))
        return err_set(e, ERR_INVALID, "migrate down: how many? \"%s\" is no number", arg(cmd, 1));
    if (!store_migrate_down(s, (int)steps, &n, e))
        return err_trace(e);
    (void)printf("%d taken back\n", n);
    return true;
}

int tool_migrate(struct command *cmd)
{
    const char *verb = arg(cmd, 0);
    struct err e = {0};

    if (strcmp(verb, "up") != 0 && strcmp(verb, "down") != 0 && strcmp(verb, "status") != 0)
        return usage("migrate up | down [N] | status");
    _cleanup_(store_closep) struct store *s = NULL;
    if (!open_store(cmd, strcmp(verb, "status") != 0, &s, &e) || !migrate(cmd, s, &e))
        return tool_fail(&e);
    return EXIT_SUCCESS;
}

// --- verify --------------------------------------------------------------------------------------

/* The first counter-examples tell what is wrong; a thousand more tell nothing else. */
static void print_finding(struct str what, void *arg)
{
    int64_t *n_printed = arg;

    if ((*n_printed)++ < FINDINGS_PRINTED)
        (void)printf("  " STR_FMT "\n", STR_ARG(what));
    else if (*n_printed == FINDINGS_PRINTED + 1)
        (void)printf("  ...\n");
}

/* What was acknowledged while the database was away may still be in the spool. */
static void print_verdict_of_acks(const struct command *cmd, const struct verify_acks *v)
{
    (void)printf("%lld acknowledgements, %lld events seen by %lld clients checked: %lld findings\n",
                 (long long)v->acked, (long long)v->seen, (long long)v->clients,
                 (long long)v->findings);
    if (v->unknown > 0)
        (void)printf("%lld of them are not in the store, and may have been deleted by the "
                     "retention: not judged\n",
                     (long long)v->unknown);
    if (v->findings > 0)
        (void)printf("If there are spool files in " STR_FMT ": start the server, let it take them "
                     "over, and verify again.\n",
                     STR_ARG(cmd->config.spool_dir));
}

static void close_file(FILE *f)
{
    if (f)
        (void)fclose(f);
}

DEFINE_CLEANUP(FILE, close_file)

static bool check_acks(const struct command *cmd, struct db *db, int64_t *n_printed,
                       struct verify_acks *v, struct err *e)
{
    _cleanup_(close_filep) FILE *log = fopen(arg(cmd, 1), "re");

    if (!log)
        return err_set(e, ERR_NOT_FOUND, "%s: %s", arg(cmd, 1), strerror(errno));
    *v = (struct verify_acks){.log = log, .on_finding = print_finding, .arg = n_printed};
    return verify_acks(db, v, e) || err_trace(e);
}

static void print_verdict(const struct verify_result *r)
{
    (void)printf(
        "%lld calls, %lld log lines, %lld feed events, %lld inbox rows, %lld audit entries "
        "checked: %lld findings\n",
        (long long)r->calls, (long long)r->log_lines, (long long)r->feed_events,
        (long long)r->inbox_rows, (long long)r->audit_entries, (long long)r->findings);
}

int tool_verify(struct command *cmd)
{
    const bool acks = strcmp(arg(cmd, 0), "--acks") == 0;
    _cleanup_(store_closep) struct store *s = NULL;
    struct verify_result r = {0};
    struct verify_acks v = {0};
    int64_t n_printed = 0;
    struct err e = {0};

    if (cmd->n_args != (acks ? 2 : 0))
        return usage("verify [--acks FILE]");
    if (!open_store(cmd, false, &s, &e))
        return tool_fail(&e);
    _cleanup_(db_closep) struct db *db = store_connect(s, STORE_READ);
    if ((acks && !check_acks(cmd, db, &n_printed, &v, &e)) ||
        !verify_all(db, print_finding, &n_printed, &r, &e))
        return tool_fail(&e);
    if (acks)
        print_verdict_of_acks(cmd, &v);
    print_verdict(&r);
    return r.findings + v.findings == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

// --- backup --------------------------------------------------------------------------------------

int tool_backup(struct command *cmd)
{
    _cleanup_(store_closep) struct store *s = NULL;
    struct err e = {0};

    if (cmd->n_args != 1)
        return usage("backup FILE");
    urgency_set(URGENCY_PATIENT); // the server on this machine goes first
    if (!open_store(cmd, false, &s, &e) || !store_backup(s, arg(cmd, 0), &e))
        return tool_fail(&e);
    (void)printf("%s is a whole copy; the spool directory is not in it\n", arg(cmd, 0));
    return EXIT_SUCCESS;
}

// --- replay --------------------------------------------------------------------------------------

bool tool_default_project(struct db *db, struct arena *a, int64_t *ret, struct err *e)
{
    static const struct column columns[] = {{"id", COLUMN_INT, 0}};
    bool found;

    if (!db_query_one(db, Q_PROJECT_DEFAULT, NO_BINDS, columns, LEN(columns), a, ret, &found, e))
        return err_trace(e);
    if (!found)
        return err_set(e, ERR_NOT_FOUND, "the store is empty; start the server once");
    return true;
}

bool tool_find_project(struct db *db, const char *named, struct arena *a, struct project *ret,
                       struct err *e)
{
    int64_t id;
    bool found;

    if (named && !str_to_i64(str_from(named), &id))
        return err_set(e, ERR_INVALID, "\"%.40s\" is no project's number", named);
    if ((!named && !tool_default_project(db, a, &id, e)) ||
        !project_find(db, id, a, ret, &found, e))
        return err_trace(e);
    return found || err_set(e, ERR_NOT_FOUND, "there is no such project");
}

// --- feed ----------------------------------------------------------------------------------------

static bool set_epoch(struct command *cmd, struct db *db, struct str epoch, usec_t now,
                      struct err *e)
{
    const struct audit_entry entry = {
        .who = &tool_console,
        .action = "feed.epoch_began",
        .entity = "installation",
        .entity_id = STR("feed"),
        .details = str_fmt(cmd->a, "{\"epoch\":\"" STR_FMT "\"}", STR_ARG(epoch)),
    };

    return (db_begin(db, e) &&
            db_end(db,
                   db_exec(db, Q_FEED_NEW_EPOCH, BINDS(bind_str("epoch", epoch)), NULL, e) &&
                       audit_append_first(db, &entry, now, cmd->a, e),
                   e)) ||
           err_trace(e);
}

/* A restored database gives numbers out again that readers have seen already. The new epoch tells
 * them; running servers on PostgreSQL notice it by themselves. */
int tool_feed(struct command *cmd)
{
    _cleanup_(store_closep) struct store *s = NULL;
    const usec_t now = clock_wall(&clock_system);
    struct rng rng = rng_system();
    char epoch[ID_LEN + 1];
    struct err e = {0};

    if (strcmp(arg(cmd, 0), "new-epoch") != 0)
        return usage("feed new-epoch");
    if (!open_store(cmd, true, &s, &e))
        return tool_fail(&e);
    _cleanup_(db_closep) struct db *db = store_connect(s, STORE_TOOL);
    id_make(now, &rng, epoch);
    if (!set_epoch(cmd, db, str_from(epoch), now, &e))
        return tool_fail(&e);
    (void)printf("epoch %s begins\n", epoch);
    return EXIT_SUCCESS;
}

// --- the rest ------------------------------------------------------------------------------------

static bool make_login_link(struct command *cmd, struct db *db, struct str *ret, struct err *e)
{
    const usec_t now = clock_wall(&clock_system);
    struct arena *a = cmd->a;
    struct rng rng = rng_system();
    int64_t owner;
    bool found;

    if (!person_owner(db, a, &owner, &found, e))
        return err_trace(e);
    if (!found)
        return err_set(e, ERR_NOT_FOUND, "the store has no owner; start the server once");
    const struct audit_entry entry = {
        .who = &tool_console,
        .action = "login.link_made",
        .entity = "user",
        .entity_id = str_fmt(a, "%lld", (long long)owner),
    };
    return (link_create(OFFICE(db, &rng, now), owner, LINK_SIGN_IN, a, ret, e) &&
            audit_append_everywhere(db, owner, &entry, now, a, e)) ||
           err_trace(e);
}

static bool login_link(struct command *cmd, struct db *db, struct str *ret, struct err *e)
{
    return (db_begin(db, e) && db_end(db, make_login_link(cmd, db, ret, e), e)) || err_trace(e);
}

int tool_login_link(struct command *cmd)
{
    _cleanup_(store_closep) struct store *s = NULL;
    struct str token;
    struct err e = {0};

    if (!open_store(cmd, false, &s, &e))
        return tool_fail(&e);
    _cleanup_(db_closep) struct db *db = store_connect(s, STORE_TOOL);
    if (!login_link(cmd, db, &token, &e))
        return tool_fail(&e);
    (void)printf(STR_FMT "/login?token=" STR_FMT "\n", STR_ARG(cmd->config.webhook_base_url),
                 STR_ARG(token));
    return EXIT_SUCCESS;
}

static const char *access_of(const struct route *route)
{
    switch (route->access) {
    case ACCESS_PUBLIC:
        return "public";
    case ACCESS_SIGNED_IN:
        return "signed-in";
    case ACCESS_RIGHT:
        return right_name(route->right);
    }
    return "";
}

/* What the server answers to, and what one needs for it: for the tests that hold it against
 * docs/openapi.yaml and ask each route as each role. */
int tool_routes(struct command *cmd)
{
    const struct door *doors[PROVIDER_DOORS_MAX];
    size_t n;
    const struct resource *const *resources = api_resources(&n);

    (void)cmd;
    for (size_t r = 0; r < n; r++)
        for (size_t i = 0; i < resources[r]->n_routes; i++) {
            const struct route *route = &resources[r]->routes[i];
            const struct str method = http_method_name(route->method);
            (void)printf(STR_FMT " %s %s\n", STR_ARG(method), route->pattern, access_of(route));
        }
    const size_t n_doors = provider_doors(doors);
    for (size_t d = 0; d < n_doors; d++)
        (void)printf("POST " STR_FMT " signature\n", STR_ARG(doors[d]->path));
    return EXIT_SUCCESS;
}

int tool_config(struct command *cmd)
{
    struct buf out;

    buf_init(&out, PRINTED_MAX);
    if (strcmp(arg(cmd, 0), "example") == 0)
        config_print_example(&out);
    else if (strcmp(arg(cmd, 0), "markdown") == 0)
        config_print_markdown(&out);
    else
        return usage("config example | markdown");
    const struct str text = buf_view(&out);
    (void)fwrite(text.p, 1, text.n, stdout);
    buf_finish(&out);
    return EXIT_SUCCESS;
}

/* docs/rights.md: rights down, roles across. */
static void print_rights(void)
{
    (void)printf("| Right | What |");
    for (unsigned r = 0; r < USER_ROLE_COUNT; r++)
        (void)printf(" %s |", user_role_name((enum user_role)r));
    (void)printf(" API key |\n|---|---|");
    for (unsigned r = 0; r <= USER_ROLE_COUNT; r++)
        (void)printf(":-:|");
    for (unsigned i = 0; i < RIGHT_COUNT; i++) {
        (void)printf("\n| `%s` | %s |", right_name((enum right)i), right_meaning((enum right)i));
        for (unsigned r = 0; r < USER_ROLE_COUNT; r++)
            (void)printf(" %s |", user_role_rights((enum user_role)r) & (1u << i) ? "yes" : "");
        (void)printf(" %s |", rights_of_keys() & (1u << i) ? "yes" : "");
    }
    (void)printf("\n");
}

int tool_rights(struct command *cmd)
{
    (void)cmd;
    (void)printf(
        "# Rights\n\nPrinted by `hookswitch rights` from the one table in the code, which the "
        "API asks and `GET /api/roles` tells.\nWhich right a route needs, `hookswitch "
        "routes` prints.\n\n| Role | What it is for |\n|---|---|\n");
    for (unsigned r = 0; r < USER_ROLE_COUNT; r++)
        (void)printf("| **%s** | %s |\n", user_role_name((enum user_role)r),
                     user_role_meaning((enum user_role)r));
    (void)printf(
        "\nA role is given for an organisation, and counts in all of its projects, or for one "
        "project. An API key has\nthose of the rights in the last column that it was "
        "given, and never more than who made it.\n\n");
    print_rights();
    return EXIT_SUCCESS;
}
