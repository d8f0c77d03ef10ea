#include "tenancy/project.h"

#include "base/arena.h"
#include "tenancy/token.h"

static const struct column id_columns[] = {{"id", COLUMN_INT, 0}};

static bool project_create(struct db *db, const struct project_bootstrap *in, struct arena *a,
                           int64_t *ret, struct err *e)
{
    int64_t org, project;
    bool made;
    char epoch[ID_LEN + 1];

    if (!db_query_one(db, Q_ORG_ADD, BINDS(bind_str("name", STR("Default organisation"))),
                      id_columns, LEN(id_columns), a, &org, &made, e) ||
        !db_query_one(db, Q_PROJECT_ADD,
                      BINDS(bind_int("org", org), bind_str("name", STR("Default project"))),
                      id_columns, LEN(id_columns), a, &project, &made, e))
        return err_trace(e);

    id_make(in->now, in->rng, epoch);
    if (!db_exec(db, Q_FEED_HEAD_ADD,
                 BINDS(bind_int("project", project), bind_str("epoch", str_from(epoch))), NULL, e))
        return err_trace(e);
    *ret = project;
    return true;
}

static bool api_key_ensure(struct db *db, int64_t project, struct str key, struct arena *a,
                           struct err *e)
{
    if (!db_exec(db, Q_API_KEY_ADD,
                 BINDS(bind_int("project", project), bind_str("name", STR("bootstrap")),
                       bind_str("key_hash", token_hash(key, a))),
                 NULL, e))
        return err_trace(e);
    return true;
}

static bool bootstrap(struct db *db, const struct project_bootstrap *in, struct arena *a,
                      int64_t *ret, struct err *e)
{
    bool there;

    if (!db_query_one(db, Q_PROJECT_DEFAULT, NO_BINDS, id_columns, LEN(id_columns), a, ret, &there,
                      e))
        return err_trace(e);
    if (!there && !project_create(db, in, a, ret, e))
        return err_trace(e);
    if (!str_is_empty(in->account_sid) &&
        !db_exec(db, Q_PROVIDER_ACCOUNT_ADD,
                 BINDS(bind_int("project", *ret), bind_str("provider", in->provider),
                       bind_str("account_sid", in->account_sid)),
                 NULL, e))
        return err_trace(e);
    if (!str_is_empty(in->api_key) && !api_key_ensure(db, *ret, in->api_key, a, e))
        return err_trace(e);
    return true;
}

bool project_bootstrap(struct db *db, const struct project_bootstrap *in, int64_t *ret_project,
                       struct err *e)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    int64_t project;

    if (!db_begin(db, e))
        return err_trace(e);
    if (!bootstrap(db, in, a, &project, e) || !db_commit(db, e)) {
        db_rollback(db);
        return err_trace(e);
    }
    *ret_project = project;
    return true;
}

bool project_of_account(struct db *db, struct str provider, struct str account_sid,
                        int64_t *ret_project, bool *ret_found, struct err *e)
{
    static const struct column columns[] = {{"project_id", COLUMN_INT, 0}};
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);

    if (!db_query_one(db, Q_PROVIDER_ACCOUNT_PROJECT,
                      BINDS(bind_str("provider", provider), bind_str("account_sid", account_sid)),
                      columns, LEN(columns), a, ret_project, ret_found, e))
        return err_trace(e);
    return true;
}
