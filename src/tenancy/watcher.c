#include "tenancy/watcher.h"

#include "base/arena.h"

struct str watcher_id(const struct actor *who, struct arena *a)
{
    return who->kind == ACTOR_API_KEY ? str_fmt(a, "%lld", (long long)who->id) : who->session;
}

void watcher_of(const struct actor *who, struct arena *a, struct hub_watcher *ret)
{
    const struct str id = watcher_id(who, a);

    *ret = (struct hub_watcher){.project = who->project, .kind = (int)who->kind};
    ret->sees_progress = actor_may(who, RIGHT_HEALTH_READ);
    assert(id.n < sizeof ret->id);
    if (id.n > 0)
        memcpy(ret->id, id.p, id.n);
}

/* The columns of the question. */
struct asked {
    int64_t *n, *projects, *keys;
    struct str *sessions;
};

static void ask_about(const struct hub_watcher *who, size_t i, const struct asked *in)
{
    const struct str id = str_from(who->id);

    in->n[i] = (int64_t)i;
    in->projects[i] = who->project;
    in->keys[i] = 0;
    in->sessions[i] = STR("");
    if (who->kind != ACTOR_API_KEY)
        in->sessions[i] = id;
    else if (!str_to_i64(id, &in->keys[i]))
        in->keys[i] = 0; // of nobody
}

/* The progress of jobs is a matter of health. */
static unsigned rights_needed(const struct hub_watcher *who)
{
    return 1u << RIGHT_CALLS_READ | (who->sees_progress ? 1u << RIGHT_HEALTH_READ : 0);
}

static unsigned rights_in(struct str key_rights, struct str role_name)
{
    unsigned rights = rights_of_key(key_rights);
    enum user_role role;

    if (!str_is_none(role_name))
        rights = user_role_parse(role_name, &role) ? user_role_rights(role) : 0;
    return rights;
}

bool watchers_may(struct db *db, const struct hub_watcher *who, size_t n, usec_t now,
                  struct arena *a, bool *ret_may, struct err *e)
{
    const struct asked in = {arena_new(a, int64_t, n), arena_new(a, int64_t, n),
                             arena_new(a, int64_t, n), arena_new(a, struct str, n)};
    unsigned *rights = arena_new(a, unsigned, n);
    struct rows *rows;

    for (size_t i = 0; i < n; i++) {
        ask_about(&who[i], i, &in);
        rights[i] = 0;
    }
    if (!db_query(db, Q_WATCHERS_RIGHTS,
                  BINDS(bind_ints("n", in.n, n), bind_ints("project", in.projects, n),
                        bind_ints("api_key", in.keys, n), bind_strs("session", in.sessions, n),
                        bind_time("now", now)),
                  a, &rows, e))
        return err_trace(e);
    while (rows_next(rows)) {
        const int64_t i = rows_int(rows, "n");
        assert(i >= 0 && (size_t)i < n);
        rights[i] |= rights_in(rows_str(rows, "rights"), rows_str(rows, "role"));
    }
    if (!rows_end(rows, e))
        return err_trace(e);
    for (size_t i = 0; i < n; i++)
        ret_may[i] = (rights[i] & rights_needed(&who[i])) == rights_needed(&who[i]);
    return true;
}
