/* What a start makes sure of in the store, before any room is there. */
#include "ops/app.h"

#include "base/arena.h"
#include "base/log.h"
#include "ops/flag_watch.h"
#include "tenancy/people.h"
#include "tenancy/project.h"
#include "tenancy/session.h"

/* The store lost commits that had been durable: said loudly, and readers of the feed load anew, as
 * its numbers will be given out again. What providers sent with them has to be fetched from them.
 */
static bool report_loss(struct app *app, struct db *db, struct err *e)
{
    const int64_t pages = store_lost_pages(app->store);
    char epoch[ID_LEN + 1];

    if (pages == 0)
        return true;
    log_error(NULL, "store.commits_lost", "pages=%lld reason=\"the write-ahead log was damaged\"",
              (long long)pages);
    id_make(clock_wall(&clock_system), &app->rng, epoch);
    return db_exec(db, Q_FEED_NEW_EPOCH, BINDS(bind_str("epoch", str_from(epoch))), NULL, e) ||
           err_trace(e);
}

/* The filters of our queries hold without it, but one forgotten would be enough: production waits
 * for it, as for a store that is down, and spools meanwhile. */
static bool stand_behind_wall(struct app *app, struct err *e)
{
    if (store_wall_check(app->store, e))
        return true;
    if (config_is_production(app->config))
        return err_trace(e);
    log_failure(NULL, LOG_WARN, "store.one_wall", e);
    err_clear(e);
    return true;
}

/* The one-time link of a start: for the owner. */
static bool make_login_link(struct app *app, struct db *db, struct err *e)
{
    int64_t owner;
    bool found;

    if (!person_owner(db, app->a, &owner, &found, e))
        return err_trace(e);
    return !found ||
           link_create(OFFICE(db, &app->rng, clock_wall(&clock_system)), owner, LINK_SIGN_IN,
                       app->a, &app->login_token, e) ||
           err_trace(e);
}

bool app_prepare_store(struct app *app, struct err *e)
{
    const struct config *c = app->config;
    _cleanup_(db_closep) struct db *db = store_connect(app->store, STORE_TOOL);
    const struct project_bootstrap in = {
        .rng = &app->rng,
        .now = clock_wall(&clock_system),
        .provider = STR("twilio"),
        .account_sid = c->twilio_account_sid,
        .api_key = c->bootstrap_api_key,
        .owner_email = c->bootstrap_admin_email,
    };
    bool switched;
    int n = 0;

    if (!db_ping(db, e) || (c->auto_migrate && !store_migrate_up(app->store, &n, e)) ||
        !store_schema_check(app->store, e) || !stand_behind_wall(app, e) ||
        !project_bootstrap(db, &in, &app->project, e) ||
        !flag_board_load(app->flags, db, &switched, e) || !report_loss(app, db, e) ||
        !identity_open(db, c, &app->rng, app->a, &app->identity, e) ||
        !identity_bootstrap_owner(db, c, app->hasher, app->a, e) || !make_login_link(app, db, e))
        return err_trace(e);
    if (n > 0)
        log_info(NULL, "store.migrated", "applied=%d", n);
    return true;
}
