#include "tenancy/actor.h"

#include "base/arena.h"
#include "tenancy/token.h"

static const char *const right_names[] = {
#define X(right, name) [RIGHT_##right] = name,
    RIGHTS(X)
#undef X
};
static_assert(LEN(right_names) == RIGHT_COUNT, "every right has a name");

enum { RIGHTS_ALL = (1u << RIGHT_COUNT) - 1 };

const char *right_name(enum right r)
{
    return right_names[r];
}

struct actor_row {
    int64_t project;
    struct str project_name, name;
};

static const struct column actor_columns[] = {
    {"project_id", COLUMN_INT, offsetof(struct actor_row, project)},
    {"project_name", COLUMN_STR, offsetof(struct actor_row, project_name)},
    {"name", COLUMN_STR, offsetof(struct actor_row, name)},
};

/* All of it but the kind. */
static bool actor_load(struct db *db, enum query q, struct binds binds, struct arena *a,
                       struct actor *ret, bool *ret_known, struct err *e)
{
    struct actor_row row = {0};

    if (!db_query_one(db, q, binds, actor_columns, LEN(actor_columns), a, &row, ret_known, e))
        return err_trace(e);
    *ret = (struct actor){
        .project = row.project,
        .project_name = row.project_name,
        .name = row.name,
        .rights = RIGHTS_ALL,
    };
    return true;
}

bool actor_by_api_key(struct db *db, struct str key, struct arena *a, struct actor *ret,
                      bool *ret_known, struct err *e)
{
    if (!actor_load(db, Q_ACTOR_BY_API_KEY, BINDS(bind_str("key_hash", token_hash(key, a))), a, ret,
                    ret_known, e))
        return err_trace(e);
    ret->kind = ACTOR_API_KEY;
    return true;
}

bool actor_by_session(struct db *db, struct str token, usec_t now, struct arena *a,
                      struct actor *ret, bool *ret_known, struct err *e)
{
    if (!actor_load(db, Q_ACTOR_BY_SESSION,
                    BINDS(bind_str("token_hash", token_hash(token, a)), bind_time("now", now)), a,
                    ret, ret_known, e))
        return err_trace(e);
    ret->kind = ACTOR_SESSION;
    return true;
}

bool login_link_create(struct db *db, struct rng *rng, int64_t project, usec_t now, struct arena *a,
                       struct str *ret_token, struct err *e)
{
    const struct str token = token_create(rng, a);

    if (!db_exec(db, Q_LOGIN_LINK_ADD,
                 BINDS(bind_int("project", project), bind_str("token_hash", token_hash(token, a)),
                       bind_time("now", now), bind_time("expires_at", now + LOGIN_LINK_TTL)),
                 NULL, e))
        return err_trace(e);
    *ret_token = token;
    return true;
}

static bool session_open(struct db *db, struct rng *rng, int64_t project, usec_t now,
                         struct arena *a, struct str *ret_session, struct err *e)
{
    const struct str token = token_create(rng, a);

    if (!db_exec(db, Q_SESSION_ADD,
                 BINDS(bind_int("project", project), bind_str("token_hash", token_hash(token, a)),
                       bind_str("name", STR("one-time link")), bind_time("now", now),
                       bind_time("expires_at", now + SESSION_TTL)),
                 NULL, e))
        return err_trace(e);
    *ret_session = token;
    return true;
}

bool login_link_use(struct db *db, struct rng *rng, struct str token, usec_t now, struct arena *a,
                    struct str *ret_session, struct err *e)
{
    static const struct column columns[] = {{"project_id", COLUMN_INT, 0}};
    int64_t project;
    struct str session = STR_NONE;
    bool valid;

    if (!db_begin(db, e))
        return err_trace(e);
    if (!db_query_one(db, Q_LOGIN_LINK_USE,
                      BINDS(bind_str("token_hash", token_hash(token, a)), bind_time("now", now)),
                      columns, LEN(columns), a, &project, &valid, e) ||
        (valid && !session_open(db, rng, project, now, a, &session, e)) || !db_commit(db, e)) {
        db_rollback(db);
        return err_trace(e);
    }
    *ret_session = session;
    return true;
}

bool session_end(struct db *db, struct str token, usec_t now, struct err *e)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);

    if (!db_exec(db, Q_SESSION_REVOKE,
                 BINDS(bind_str("token_hash", token_hash(token, a)), bind_time("now", now)), NULL,
                 e))
        return err_trace(e);
    return true;
}
