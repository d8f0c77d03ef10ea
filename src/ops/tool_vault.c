/* `hookswitch vault rekey`: what is sealed in the store is sealed anew with the present master key,
 * while servers run that have both. From then on the key before is not needed. */
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "ops/identity.h"
#include "ops/tools.h"
#include "tenancy/audit.h"
#include "tenancy/connection.h"

/* Whose it is that no key opens. */
static bool name_account(const struct resealing *r, struct err *e)
{
    const struct err why = *e;

    if (str_is_none(r->account))
        return err_trace(e);
    err_clear(e);
    err_set(e, why.code, STR_FMT " account " STR_FMT " of project %lld: %s; nothing was changed",
            STR_ARG(r->provider), STR_ARG(r->account), (long long)r->project, why.text);
    err_fix(e, "give the key that it was sealed with as MASTER_KEY_PREVIOUS");
    return err_fix(e, "or enter the credentials of this account again, then run this once more");
}

static bool rekey(struct command *cmd, struct db *db, const struct vault *v, int64_t *ret_n,
                  struct err *e)
{
    struct resealing r;
    struct rng rng = rng_system();
    const usec_t now = clock_wall(&clock_system);

    if (!identity_settle(db, v, cmd->a, e))
        return err_trace(e);
    if (!connections_reseal(OFFICE(db, &rng, now), v, cmd->a, &r, e))
        return name_account(&r, e);
    *ret_n = r.n;
    const struct audit_entry entry = {
        .who = &tool_console,
        .action = "vault.rekeyed",
        .entity = "installation",
        .entity_id = STR("master_key"),
        .details = str_fmt(cmd->a, "{\"sealed_anew\":%lld}", (long long)*ret_n),
    };
    return audit_append_first(db, &entry, now, cmd->a, e) || err_trace(e);
}

static bool run(struct command *cmd, struct db *db, const struct vault *v, struct err *e)
{
    int64_t n = 0;

    if (!db_begin(db, e) || !db_end(db, rekey(cmd, db, v, &n, e), e))
        return err_trace(e);
    (void)printf("%lld accounts sealed anew; nothing needs the master key before any more\n",
                 (long long)n);
    return true;
}

int tool_vault(struct command *cmd)
{
    _cleanup_(vault_closep) struct vault *v = NULL;
    _cleanup_(store_closep) struct store *s = NULL;
    struct err e = {0};

    if (cmd->n_args != 1 || strcmp(cmd->args[0], "rekey") != 0) {
        err_set(&e, ERR_INVALID, "usage: hookswitch vault rekey");
        return tool_fail(&e);
    }
    if (!identity_vault(&cmd->config, cmd->a, &v, &e) || !tool_store(cmd, &s, &e))
        return tool_fail(&e);
    if (!v) {
        err_set(&e, ERR_INVALID, "there is no master key here");
        err_fix(&e, "set MASTER_KEY as the servers have it, and MASTER_KEY_PREVIOUS");
        return tool_fail(&e);
    }
    _cleanup_(db_closep) struct db *db = store_connect(s, STORE_TOOL);
    return run(cmd, db, v, &e) ? EXIT_SUCCESS : tool_fail(&e);
}
