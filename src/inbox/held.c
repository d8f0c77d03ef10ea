#include "inbox/held.h"

#include "base/arena.h"

enum { TURNS = 100, AT_ONCE = 5000, PROJECTS_MAX = 100000 };

int64_t inbox_turn(struct str lane)
{
    return 1 + (int64_t)(str_hash(lane) % TURNS);
}

bool inbox_held_projects(struct db *db, struct arena *a, struct held_project **ret, size_t *ret_n,
                         struct err *e)
{
    static const struct column columns[] = {
        {"project_id", COLUMN_INT, offsetof(struct held_project, project)},
        {"held", COLUMN_INT, offsetof(struct held_project, least)},
    };
    static const struct row_shape shape = ROW_SHAPE(struct held_project, columns);
    struct rows *rows;

    if (!db_query(db, Q_INBOX_HELD_PROJECTS, NO_BINDS, a, &rows, e))
        return err_trace(e);
    *ret = rows_list(rows, &shape, PROJECTS_MAX, a, ret_n, e);
    return *ret || err_trace(e);
}

bool inbox_let_go(struct db *db, int64_t project, int64_t share, int64_t *ret_n, struct err *e)
{
    int64_t n = AT_ONCE;

    if (!db_exec(db, Q_INBOX_RELEASE_FAILED,
                 BINDS(bind_int("project", project), bind_int("share", share)), ret_n, e))
        return err_trace(e);
    while (n == AT_ONCE) {
        if (!db_exec(db, Q_INBOX_RELEASE,
                     BINDS(bind_int("project", project), bind_int("share", share),
                           bind_int("limit", AT_ONCE)),
                     &n, e))
            return err_trace(e);
        *ret_n += n;
    }
    return true;
}
