#include "tenancy/actor.h"

#include "base/arena.h"
#include "tenancy/session.h"
#include "tenancy/stream_token.h"
#include "tenancy/token.h"

enum { KEY_USED_EVERY_HOURS = 1 };

// --- programs ------------------------------------------------------------------------------------

struct key_row {
    int64_t id, project, org;
    usec_t used_at;
    struct str name, rights;
};

static const struct column key_columns[] = {
    {"id", COLUMN_INT, offsetof(struct key_row, id)},
    {"project_id", COLUMN_INT, offsetof(struct key_row, project)},
    {"org_id", COLUMN_INT, offsetof(struct key_row, org)},
    {"used_at", COLUMN_TIME, offsetof(struct key_row, used_at)},
    {"name", COLUMN_STR, offsetof(struct key_row, name)},
    {"rights", COLUMN_STR, offsetof(struct key_row, rights)},
};

/* People want to know which keys are still in use; to the hour is enough, and costs no write per
 * request. */
static bool note_use(struct db *db, const struct key_row *row, usec_t now, struct err *e)
{
    if (row->used_at != TIME_NONE && now - row->used_at < HOURS(KEY_USED_EVERY_HOURS))
        return true;
    return db_exec(db, Q_API_KEY_USED,
                   BINDS(bind_int("project", row->project), bind_int("id", row->id),
                         bind_time("now", now)),
                   NULL, e) ||
           err_trace(e);
}

static void place_key(const struct key_row *row, struct actor *ret)
{
    ret->project = row->project;
    ret->org = row->org;
    ret->rights = rights_of_key(row->rights);
}

bool actor_by_api_key(struct db *db, struct str key, const struct actor_asks *asks, struct arena *a,
                      struct actor *ret, bool *ret_known, struct err *e)
{
    struct key_row row = {0};
    bool known;

    if (!db_query_one(db, Q_ACTOR_BY_API_KEY,
                      BINDS(bind_str("key_hash", token_hash(key, a)), bind_time("now", asks->now)),
                      key_columns, LEN(key_columns), a, &row, &known, e) ||
        (known && !note_use(db, &row, asks->now, e)))
        return err_trace(e);
    *ret_known = known;
    *ret = (struct actor){.kind = ACTOR_API_KEY, .id = row.id, .name = row.name};
    if (known && (!asks->project || asks->project == row.project))
        place_key(&row, ret);
    return true;
}

/* A key that was shown when the token was asked for; its use was noted then. */
static bool by_key_id(struct db *db, const struct stream_claims *c, usec_t now, struct arena *a,
                      struct actor *ret, bool *ret_known, struct err *e)
{
    struct key_row row = {0};
    int64_t id;

    *ret_known = false;
    if (!str_to_i64(c->id, &id))
        return true;
    if (!db_query_one(
            db, Q_ACTOR_BY_API_KEY_ID,
            BINDS(bind_int("project", c->project), bind_int("id", id), bind_time("now", now)),
            key_columns, LEN(key_columns), a, &row, ret_known, e))
        return err_trace(e);
    *ret = (struct actor){.kind = ACTOR_API_KEY, .id = row.id, .name = row.name};
    if (*ret_known)
        place_key(&row, ret);
    return true;
}

// --- people --------------------------------------------------------------------------------------

struct session_found {
    int64_t user, project;
    struct str email, name, language, theme, time_zone;
    struct actor who;
    bool known;
};

static const struct column session_columns[] = {
    {"user_id", COLUMN_INT, offsetof(struct session_found, user)},
    {"project_id", COLUMN_INT, offsetof(struct session_found, project)},
    {"email", COLUMN_STR, offsetof(struct session_found, email)},
    {"name", COLUMN_STR, offsetof(struct session_found, name)},
    {"language", COLUMN_STR, offsetof(struct session_found, language)},
    {"theme", COLUMN_STR, offsetof(struct session_found, theme)},
    {"time_zone", COLUMN_STR, offsetof(struct session_found, time_zone)},
};

/* One of the roles that somebody has for a project, and with it the project. */
static void add_role(struct rows *rows, struct actor *who)
{
    enum user_role role;

    who->project = rows_int(rows, "place");
    who->org = rows_int(rows, "org_id");
    if (!user_role_parse(rows_str(rows, "role"), &role))
        return; // of a newer version
    who->rights |= user_role_rights(role);
    if (rows_bool(rows, "whole_org"))
        who->org_rights |= user_role_rights(role);
}

/* The rights that somebody has for a project; none, and no project, when it is not theirs. */
static bool place(struct db *db, int64_t project, struct arena *a, struct actor *ret, struct err *e)
{
    struct rows *rows;

    if (!db_query(db, Q_ACTOR_PLACES,
                  BINDS(bind_int("user", ret->id), bind_int("project", project)), a, &rows, e))
        return err_trace(e);
    while (rows_next(rows))
        add_role(rows, ret);
    return rows_end(rows, e) || err_trace(e);
}

/* Where somebody goes who names no project: the first of theirs. */
static bool first_project(struct db *db, int64_t user, struct arena *a, int64_t *ret, struct err *e)
{
    static const struct column columns[] = {{"id", COLUMN_INT, 0}};
    int64_t project = 0;
    bool found;

    if (!db_query_one(db, Q_USER_PROJECTS,
                      BINDS(bind_int("user", user), bind_int("after", 0), bind_int("limit", 1)),
                      columns, LEN(columns), a, &project, &found, e))
        return err_trace(e);
    *ret = found ? project : 0;
    return true;
}

/* Who names no project, and has chosen none that is theirs still. */
static bool place_somewhere(struct db *db, struct arena *a, struct actor *ret, struct err *e)
{
    int64_t project;

    return (first_project(db, ret->id, a, &project, e) &&
            (project == 0 || place(db, project, a, ret, e))) ||
           err_trace(e);
}

static struct actor person_of(const struct session_found *row, struct str session)
{
    return (struct actor){
        .kind = ACTOR_USER,
        .id = row->user,
        .name = row->email,
        .session = session,
        .full_name = row->name,
        .language = row->language,
        .theme = row->theme,
        .time_zone = row->time_zone,
    };
}

/* With the rights for the project that is asked for, or chosen, if it is theirs. */
static bool find_session(struct db *db, struct str session, const struct actor_asks *asks,
                         struct arena *a, struct session_found *ret, struct err *e)
{
    struct rows *rows;

    *ret = (struct session_found){0};
    if (!db_query(db, Q_ACTOR_BY_SESSION,
                  BINDS(bind_str("id", session),
                        bind_int("project", asks->project ? asks->project : INT_NONE),
                        bind_time("now", asks->now)),
                  a, &rows, e))
        return err_trace(e);
    for (; rows_next(rows); ret->known = true) {
        if (!ret->known) {
            rows_read(rows, session_columns, LEN(session_columns), ret);
            ret->who = person_of(ret, session);
        }
        if (!rows_is_null(rows, "role"))
            add_role(rows, &ret->who);
    }
    return rows_end(rows, e) || err_trace(e);
}

bool actor_by_session(struct db *db, struct str session, const struct actor_asks *asks,
                      struct arena *a, struct actor *ret, bool *ret_known, struct err *e)
{
    struct session_found found;
    struct actor *who = &found.who;

    if (!find_session(db, session, asks, a, &found, e))
        return err_trace(e);
    if (found.known && !who->project && !asks->project && !place_somewhere(db, a, who, e))
        return err_trace(e);
    // Where a session is at work is known from its first request on: there alone it is seen.
    if (found.known && found.project == INT_NONE && who->project &&
        !session_choose(db, session, who->project, e))
        return err_trace(e);
    *ret = *who;
    *ret_known = found.known;
    return true;
}

bool actor_by_claims(struct db *db, const struct stream_claims *c, usec_t now, struct arena *a,
                     struct actor *ret, bool *ret_known, struct err *e)
{
    const struct actor_asks asks = {.project = c->project, .now = now};
    bool known = false;

    const bool ok = c->kind == ACTOR_API_KEY
                        ? by_key_id(db, c, now, a, ret, &known, e)
                        : actor_by_session(db, c->id, &asks, a, ret, &known, e);
    if (!ok)
        return err_trace(e);
    *ret_known = known && ret->project == c->project;
    return true;
}
