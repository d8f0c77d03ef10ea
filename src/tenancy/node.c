#include "tenancy/node.h"

#include "base/arena.h"

enum { NODES_MAX = 1000 };

static bool note(struct db *db, const struct node *n, usec_t now, struct err *e)
{
    return db_exec(db, Q_NODE_BEAT,
                   BINDS(bind_str("host", n->host), bind_int("port", n->port),
                         bind_str("roles", n->roles), bind_str("version", n->version),
                         bind_time("started_at", n->started_at), bind_time("now", now),
                         bind_time("canary_at", n->canary_at), bind_int("canary_us", n->canary_us)),
                   NULL, e) ||
           err_trace(e);
}

bool node_beat(struct db *db, const struct node *n, usec_t now, struct err *e)
{
    return (db_begin_light(db, e) && db_end(db, note(db, n, now, e), e)) || err_trace(e);
}

/* What the node said by its own clock. */
static void set_right(struct node *n)
{
    const usec_t ahead = SECONDS(n->ahead_s);

    n->started_at -= ahead;
    if (n->canary_at != TIME_NONE)
        n->canary_at -= ahead;
}

bool node_list(struct db *db, usec_t now, struct arena *a, struct node **ret, size_t *ret_n,
               struct err *e)
{
    static const struct column columns[] = {
        {"host", COLUMN_STR, offsetof(struct node, host)},
        {"port", COLUMN_INT, offsetof(struct node, port)},
        {"roles", COLUMN_STR, offsetof(struct node, roles)},
        {"version", COLUMN_STR, offsetof(struct node, version)},
        {"started_at", COLUMN_TIME, offsetof(struct node, started_at)},
        {"seen_at", COLUMN_TIME, offsetof(struct node, seen_at)},
        {"silent_us", COLUMN_INT, offsetof(struct node, silent)},
        {"ahead_s", COLUMN_INT, offsetof(struct node, ahead_s)},
        {"canary_at", COLUMN_TIME, offsetof(struct node, canary_at)},
        {"canary_us", COLUMN_INT, offsetof(struct node, canary_us)},
    };
    static const struct row_shape shape = ROW_SHAPE(struct node, columns);
    struct rows *rows;
    struct node *list;
    size_t n;

    if (!db_query(db, Q_NODE_LIST, BINDS(bind_time("now", now), bind_int("limit", NODES_MAX)), a,
                  &rows, e))
        return err_trace(e);
    list = rows_list(rows, &shape, NODES_MAX, a, &n, e);
    if (!list)
        return err_trace(e);
    for (size_t i = 0; i < n; i++)
        set_right(&list[i]);
    *ret = list;
    *ret_n = n;
    return true;
}

bool node_askers(struct db *db, int64_t *ret, struct err *e)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);

    return db_count(db, Q_NODE_ASKERS, BINDS(bind_int("silent_us", NODE_SILENT)), a, ret, e) ||
           err_trace(e);
}
