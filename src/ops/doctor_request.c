/* Holds a captured request against the accounts as a server would know them. */
#include "ops/doctor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "inbox/explain.h"
#include "ops/accounts.h"
#include "ops/captured_request.h"
#include "ops/identity.h"
#include "providers/provider.h"

enum { REQUEST_MAX = LIMIT_HEADER_BLOCK + LIMIT_API_BODY };

// --- the file ------------------------------------------------------------------------------------

static bool read_all(const char *path, struct buf *out, struct err *e)
{
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    char block[4096];
    size_t n;

    if (!f)
        return err_set(e, ERR_NOT_FOUND, "%s: %s", path, strerror(errno));
    while ((n = fread(block, 1, sizeof block, f)) > 0)
        buf_str(out, (struct str){block, n});
    const bool whole = !ferror(f) && buf_ok(out);
    if (f != stdin)
        (void)fclose(f);
    if (!whole)
        return err_set(e, ERR_LIMIT, "%s cannot be read, or has more than %d bytes", path,
                       REQUEST_MAX);
    return true;
}

// --- who may knock -------------------------------------------------------------------------------

/* As the server of this configuration would have it. */
static bool read_accounts(struct command *cmd, struct account_shelf *shelf, struct err *e)
{
    _cleanup_(store_closep) struct store *s = NULL;
    _cleanup_(db_closep) struct db *db = NULL;
    _cleanup_(identity_close) struct identity identity = {0};
    struct rng rng = rng_system();
    struct accounts *accounts;
    int64_t project;

    if (!tool_store(cmd, &s, e))
        return err_trace(e);
    db = store_connect(s, STORE_TOOL);
    if (!store_schema_check(s, e) || !tool_default_project(db, cmd->a, &project, e) ||
        !identity_open(db, &cmd->config, &rng, cmd->a, &identity, e))
        return err_trace(e);
    const struct accounts_options o = {
        .config = &cmd->config,
        .store = s,
        .vault = identity.vault,
        .project = project,
        .shelf = shelf,
    };
    if (!accounts_open(&o, &accounts, e))
        return err_trace(e);
    accounts_stop(accounts);
    return true;
}

// --- both ----------------------------------------------------------------------------------------

static bool explain(struct command *cmd, struct account_shelf *shelf, struct str captured,
                    struct door_explained *ret, struct err *e)
{
    const struct door *doors[PROVIDER_DOORS_MAX];
    struct http_request rq;
    struct door_case c = {.doors = doors, .base_url = cmd->config.webhook_base_url};

    if (!captured_request_parse(captured, cmd->a, &rq, &c.announced, e) ||
        !read_accounts(cmd, shelf, e))
        return err_trace(e);
    _cleanup_(account_book_dropp) struct account_book *book = account_shelf_take(shelf);
    const struct door_accounts in = account_book_doors(book);
    c.n_doors = provider_doors(doors);
    c.accounts = in.p;
    c.n_accounts = in.n;
    const bool taken = door_explain(&c, &rq, cmd->a, ret, e);
    in.forget(in.owner);
    return taken || err_trace(e);
}

int doctor_request(struct command *cmd, const char *path)
{
    struct account_shelf *shelf = account_shelf_create();
    struct door_explained found;
    struct err e = {0};
    struct buf file;

    buf_init(&file, REQUEST_MAX);
    const bool taken =
        read_all(path, &file, &e) && explain(cmd, shelf, buf_view(&file), &found, &e);
    if (taken)
        (void)printf("taken: signed by account " STR_FMT " of project %lld, with its %s secret\n",
                     STR_ARG(found.account), (long long)found.project,
                     found.secret == 0 ? "first" : "second");
    else
        doctor_tell("refused", path, &e);
    buf_finish(&file);
    account_shelf_destroy(shelf);
    return taken ? EXIT_SUCCESS : EXIT_FAILURE;
}
