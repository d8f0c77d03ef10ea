#include "tenancy/project.h"

#include "base/arena.h"
#include "tenancy/people.h"
#include "tenancy/token.h"

enum { LISTED_MAX = 100 };

static const struct column id_columns[] = {{"id", COLUMN_INT, 0}};

static bool hold(struct db *db, enum query q, struct binds binds, struct arena *a, struct err *e)
{
    int64_t held;
    bool found;

    if (!db_query_one(db, q, binds, id_columns, LEN(id_columns), a, &held, &found, e))
        return err_trace(e);
    return found || err_set(e, ERR_NOT_FOUND, "there is no such thing here");
}

bool project_hold(struct db *db, int64_t id, struct arena *a, struct err *e)
{
    return hold(db, Q_PROJECT_HOLD, BINDS(bind_int("project", id)), a, e) || err_trace(e);
}

bool org_hold(struct db *db, int64_t org, struct arena *a, struct err *e)
{
    return hold(db, Q_ORG_HOLD, BINDS(bind_int("org", org)), a, e) || err_trace(e);
}

bool org_projects(struct db *db, int64_t org, struct arena *a, int64_t *ret, struct err *e)
{
    return db_count(db, Q_ORG_PROJECTS, BINDS(bind_int("org", org)), a, ret, e) || err_trace(e);
}

bool project_create(const struct office *o, int64_t org, struct str name, struct arena *a,
                    int64_t *ret, struct err *e)
{
    int64_t project;
    bool made;
    char epoch[ID_LEN + 1];

    if (!db_query_one(o->db, Q_PROJECT_ADD, BINDS(bind_int("org", org), bind_str("name", name)),
                      id_columns, LEN(id_columns), a, &project, &made, e))
        return err_trace(e);
    id_make(o->now, o->rng, epoch);
    if (!db_exec(o->db, Q_FEED_HEAD_ADD,
                 BINDS(bind_int("project", project), bind_str("epoch", str_from(epoch))), NULL, e))
        return err_trace(e);
    *ret = project;
    return true;
}

static const struct column project_columns[] = {
    {"id", COLUMN_INT, offsetof(struct project, id)},
    {"org_id", COLUMN_INT, offsetof(struct project, org)},
    {"name", COLUMN_STR, offsetof(struct project, name)},
    {"org_name", COLUMN_STR, offsetof(struct project, org_name)},
    {"time_zone", COLUMN_STR, offsetof(struct project, time_zone)},
    {"created_at", COLUMN_TIME, offsetof(struct project, created_at)},
};
static const struct row_shape project_shape = ROW_SHAPE(struct project, project_columns);

bool project_find(struct db *db, int64_t id, struct arena *a, struct project *ret, bool *ret_found,
                  struct err *e)
{
    return db_query_one(db, Q_PROJECT_SHOW, BINDS(bind_int("project", id)), project_columns,
                        LEN(project_columns), a, ret, ret_found, e) ||
           err_trace(e);
}

static int64_t most_of(struct list_page page)
{
    return page.limit < LISTED_MAX ? page.limit : LISTED_MAX;
}

bool project_list(struct db *db, int64_t user, struct list_page page, struct arena *a,
                  struct project **ret, size_t *ret_n, struct err *e)
{
    const int64_t most = most_of(page);
    struct rows *rows;

    if (!db_query(
            db, Q_USER_PROJECTS,
            BINDS(bind_int("user", user), bind_int("after", page.from), bind_int("limit", most)), a,
            &rows, e))
        return err_trace(e);
    *ret = rows_list(rows, &project_shape, (size_t)most, a, ret_n, e);
    return *ret || err_trace(e);
}

bool project_list_all(struct db *db, struct list_page page, struct arena *a, struct project **ret,
                      size_t *ret_n, struct err *e)
{
    const int64_t most = most_of(page);
    struct rows *rows;

    if (!db_query(db, Q_PROJECT_ALL, BINDS(bind_int("after", page.from), bind_int("limit", most)),
                  a, &rows, e))
        return err_trace(e);
    *ret = rows_list(rows, &project_shape, (size_t)most, a, ret_n, e);
    return *ret || err_trace(e);
}

// --- the first start -----------------------------------------------------------------------------

static bool make_first(struct db *db, const struct project_bootstrap *in, struct arena *a,
                       int64_t *ret, struct err *e)
{
    int64_t org;
    bool made;

    if (!db_query_one(db, Q_ORG_ADD, BINDS(bind_str("name", STR("Default organisation"))),
                      id_columns, LEN(id_columns), a, &org, &made, e) ||
        !project_create(OFFICE(db, in->rng, in->now), org, STR("Default project"), a, ret, e))
        return err_trace(e);
    return true;
}

/* Whoever was here before people were known gets an owner too. */
static bool ensure_owner(struct db *db, const struct project_bootstrap *in, int64_t project,
                         struct arena *a, struct err *e)
{
    static const struct column columns[] = {{"org_id", COLUMN_INT, 0}};
    const struct str email =
        str_is_empty(in->owner_email) ? STR("owner@localhost") : in->owner_email;
    int64_t owner, org;
    bool found, made;

    if (!person_owner(db, a, &owner, &found, e))
        return err_trace(e);
    if (found)
        return true;
    if (!db_query_one(db, Q_PROJECT_FIRST_ORG, BINDS(bind_int("project", project)), columns,
                      LEN(columns), a, &org, &found, e) ||
        !person_ensure(OFFICE(db, NULL, in->now), email, STR("Owner"), a, &owner, &made, e))
        return err_trace(e);
    const struct reach all = {.org = org, .project = INT_NONE, .rights = RIGHTS_ALL};
    enum user_role before;
    return role_grant(OFFICE(db, NULL, in->now), &all, ROLE_WISH(owner, INT_NONE, USER_ROLE_OWNER),
                      a, &before, e) ||
           err_trace(e);
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
    struct rows *turn;
    bool there;

    if (!db_query(db, Q_PROJECT_BOOTSTRAP_LOCK, NO_BINDS, a, &turn, e) ||
        !db_query_one(db, Q_PROJECT_DEFAULT, NO_BINDS, id_columns, LEN(id_columns), a, ret, &there,
                      e))
        return err_trace(e);
    if ((!there && !make_first(db, in, a, ret, e)) || !ensure_owner(db, in, *ret, a, e))
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

    if (!db_begin(db, e) || !db_end(db, bootstrap(db, in, a, &project, e), e))
        return err_trace(e);
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
