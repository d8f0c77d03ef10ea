#include "tenancy/session.h"

#include "base/arena.h"
#include "tenancy/token.h"

enum { LISTED_MAX = 100 };

static usec_t earlier(usec_t a, usec_t b)
{
    return a < b ? a : b;
}

// --- opening and refreshing ----------------------------------------------------------------------

static bool add_token(struct db *db, struct rng *rng, struct str session, usec_t now,
                      struct arena *a, struct str *ret, struct err *e)
{
    const struct str token = token_create(rng, a);

    if (!db_exec(db, Q_REFRESH_TOKEN_ADD,
                 BINDS(bind_str("token_hash", token_hash(token, a)), bind_str("session", session),
                       bind_time("now", now)),
                 NULL, e))
        return err_trace(e);
    *ret = token;
    return true;
}

bool session_open(const struct office *o, int64_t user, int64_t project,
                  const struct session_from *from, struct arena *a, struct session *ret,
                  struct err *e)
{
    struct session s = {
        .id = token_create(o->rng, a), .user = user, .expires_at = o->now + SESSION_IDLE};

    if (!db_exec(o->db, Q_USER_SESSION_ADD,
                 BINDS(bind_str("id", s.id), bind_int("user", user),
                       bind_int("project", project ? project : INT_NONE),
                       bind_str("agent", str_is_none(from->agent) ? STR("") : from->agent),
                       bind_str("address", str_is_none(from->address) ? STR("") : from->address),
                       bind_time("now", o->now), bind_time("expires_at", s.expires_at)),
                 NULL, e) ||
        !add_token(o->db, o->rng, s.id, o->now, a, &s.refresh_token, e))
        return err_trace(e);
    *ret = s;
    return true;
}

struct live_row {
    int64_t user;
    usec_t created_at;
};

static bool find_live(struct db *db, struct str id, usec_t now, struct arena *a,
                      struct live_row *ret, bool *ret_found, struct err *e)
{
    static const struct column columns[] = {
        {"user_id", COLUMN_INT, offsetof(struct live_row, user)},
        {"created_at", COLUMN_TIME, offsetof(struct live_row, created_at)},
    };

    return db_query_one(db, Q_USER_SESSION_FIND, BINDS(bind_str("id", id), bind_time("now", now)),
                        columns, LEN(columns), a, ret, ret_found, e) ||
           err_trace(e);
}

bool session_counts(struct db *db, struct str id, usec_t now, struct arena *a, bool *ret,
                    struct err *e)
{
    struct live_row row;

    return find_live(db, id, now, a, &row, ret, e) || err_trace(e);
}

/* The token was good: the next one, and the session lives on. */
static bool go_on(const struct office *o, struct str id, struct arena *a, struct session *ret,
                  enum refresh *ret_how, struct err *e)
{
    struct live_row row;
    bool live;

    *ret_how = REFRESH_UNKNOWN;
    if (!find_live(o->db, id, o->now, a, &row, &live, e))
        return err_trace(e);
    if (!live)
        return true;
    const usec_t expires_at = earlier(o->now + SESSION_IDLE, row.created_at + SESSION_LIFE);
    *ret = (struct session){.id = id, .user = row.user, .expires_at = expires_at};
    if (!db_exec(o->db, Q_USER_SESSION_SEEN,
                 BINDS(bind_str("id", id), bind_time("now", o->now),
                       bind_time("expires_at", expires_at)),
                 NULL, e) ||
        !add_token(o->db, o->rng, id, o->now, a, &ret->refresh_token, e))
        return err_trace(e);
    *ret_how = REFRESH_GOOD;
    return true;
}

struct used_row {
    struct str session;
    usec_t used_at;
    int64_t user;
};

/* The token is none, or was used before. */
static bool look_again(struct db *db, struct str hash, usec_t now, struct arena *a,
                       struct session *ret, enum refresh *ret_how, struct err *e)
{
    static const struct column columns[] = {
        {"session_id", COLUMN_STR, offsetof(struct used_row, session)},
        {"used_at", COLUMN_TIME, offsetof(struct used_row, used_at)},
        {"user_id", COLUMN_INT, offsetof(struct used_row, user)},
    };
    struct used_row used;
    struct live_row row;
    bool known, live = false;

    *ret_how = REFRESH_UNKNOWN;
    if (!db_query_one(db, Q_REFRESH_TOKEN_FIND, BINDS(bind_str("token_hash", hash)), columns,
                      LEN(columns), a, &used, &known, e) ||
        (known && !find_live(db, used.session, now, a, &row, &live, e)))
        return err_trace(e);
    if (!live)
        return true;
    *ret = (struct session){.id = used.session, .user = used.user, .expires_at = now};
    if (now - used.used_at <= REFRESH_GRACE) {
        *ret_how = REFRESH_AGAIN;
        return true;
    }
    *ret_how = REFRESH_STOLEN;
    bool found;
    return session_revoke(db, used.user, used.session, now, &found, e) || err_trace(e);
}

bool session_refresh(const struct office *o, struct str token, struct arena *a, struct session *ret,
                     enum refresh *ret_how, struct err *e)
{
    static const struct column columns[] = {{"session_id", COLUMN_STR, 0}};
    const struct str hash = token_hash(token, a);
    struct str id;
    bool fresh;

    if (!db_query_one(o->db, Q_REFRESH_TOKEN_USE,
                      BINDS(bind_str("token_hash", hash), bind_time("now", o->now)), columns,
                      LEN(columns), a, &id, &fresh, e))
        return err_trace(e);
    if (fresh)
        return go_on(o, id, a, ret, ret_how, e) || err_trace(e);
    return look_again(o->db, hash, o->now, a, ret, ret_how, e) || err_trace(e);
}

// --- ending and listing --------------------------------------------------------------------------

bool session_revoke(struct db *db, int64_t user, struct str id, usec_t now, bool *ret_found,
                    struct err *e)
{
    int64_t n;

    if (!db_exec(db, Q_USER_SESSION_REVOKE,
                 BINDS(bind_str("id", id), bind_int("user", user), bind_time("now", now)), &n, e))
        return err_trace(e);
    *ret_found = n > 0;
    return true;
}

bool sessions_revoke(struct db *db, int64_t user, struct str but, usec_t now, struct err *e)
{
    return db_exec(db, Q_USER_SESSIONS_REVOKE,
                   BINDS(bind_int("user", user), bind_str("but", but), bind_time("now", now)), NULL,
                   e) ||
           err_trace(e);
}

bool session_choose(struct db *db, struct str id, int64_t project, struct err *e)
{
    return db_exec(db, Q_USER_SESSION_CHOOSE,
                   BINDS(bind_str("id", id), bind_int("project", project)), NULL, e) ||
           err_trace(e);
}

bool session_list(struct db *db, int64_t user, usec_t now, struct arena *a,
                  struct session_row **ret, size_t *ret_n, struct err *e)
{
    static const struct column columns[] = {
        {"id", COLUMN_STR, offsetof(struct session_row, id)},
        {"agent", COLUMN_STR, offsetof(struct session_row, agent)},
        {"address", COLUMN_STR, offsetof(struct session_row, address)},
        {"created_at", COLUMN_TIME, offsetof(struct session_row, created_at)},
        {"seen_at", COLUMN_TIME, offsetof(struct session_row, seen_at)},
        {"expires_at", COLUMN_TIME, offsetof(struct session_row, expires_at)},
    };
    static const struct row_shape shape = ROW_SHAPE(struct session_row, columns);
    struct rows *rows;

    if (!db_query(
            db, Q_USER_SESSION_LIST,
            BINDS(bind_int("user", user), bind_time("now", now), bind_int("limit", LISTED_MAX)), a,
            &rows, e))
        return err_trace(e);
    *ret = rows_list(rows, &shape, LISTED_MAX, a, ret_n, e);
    return *ret || err_trace(e);
}

// --- links that work once ------------------------------------------------------------------------

static const struct {
    struct str name;
    usec_t ttl;
} purposes[] = {
#define X(purpose, name, ttl) [LINK_##purpose] = {STR(name), ttl},
    LINKS(X)
#undef X
};

bool link_create(const struct office *o, int64_t user, enum link_purpose purpose, struct arena *a,
                 struct str *ret_token, struct err *e)
{
    const struct str token = token_create(o->rng, a);

    if (!db_exec(o->db, Q_USER_LINK_ADD,
                 BINDS(bind_str("token_hash", token_hash(token, a)), bind_int("user", user),
                       bind_str("purpose", purposes[purpose].name), bind_time("now", o->now),
                       bind_time("expires_at", o->now + purposes[purpose].ttl)),
                 NULL, e))
        return err_trace(e);
    *ret_token = token;
    return true;
}

struct link_row {
    int64_t user;
    struct str purpose;
};

static bool link_query(const struct office *o, enum query q, struct str token, struct arena *a,
                       struct link *ret, bool *ret_found, struct err *e)
{
    static const struct column columns[] = {
        {"user_id", COLUMN_INT, offsetof(struct link_row, user)},
        {"purpose", COLUMN_STR, offsetof(struct link_row, purpose)},
    };
    struct link_row row;
    bool found;

    if (!db_query_one(o->db, q,
                      BINDS(bind_str("token_hash", token_hash(token, a)), bind_time("now", o->now)),
                      columns, LEN(columns), a, &row, &found, e))
        return err_trace(e);
    *ret_found = false;
    for (unsigned p = 0; found && p < LINK_COUNT; p++)
        if (str_eq(row.purpose, purposes[p].name)) {
            *ret = (struct link){row.user, (enum link_purpose)p};
            *ret_found = true;
        }
    return true;
}

bool link_find(struct db *db, struct str token, usec_t now, struct arena *a, struct link *ret,
               bool *ret_found, struct err *e)
{
    return link_query(OFFICE(db, NULL, now), Q_USER_LINK_FIND, token, a, ret, ret_found, e) ||
           err_trace(e);
}

bool link_use(struct db *db, struct str token, usec_t now, struct arena *a, struct link *ret,
              bool *ret_found, struct err *e)
{
    return link_query(OFFICE(db, NULL, now), Q_USER_LINK_USE, token, a, ret, ret_found, e) ||
           err_trace(e);
}

bool links_revoke(struct db *db, int64_t user, usec_t now, struct err *e)
{
    return db_exec(db, Q_USER_LINKS_REVOKE, BINDS(bind_int("user", user), bind_time("now", now)),
                   NULL, e) ||
           err_trace(e);
}
