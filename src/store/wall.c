/* Whether the database itself keeps the owners of rows apart, behind the filters of our queries. */
#include "store/internal.h"

static const char runbook[] = "docs/runbook.md, \"PostgreSQL in production\", has the role to make";

/* e: what is open. */
static bool tell_gap(struct rows *gap, struct err *e)
{
    const struct str table = rows_str(gap, "name"), policy = rows_str(gap, "policy");

    if (rows_bool(gap, "is_above")) {
        err_set(e, ERR_UNAVAILABLE,
                "row-level security does not hold this role: it is a superuser or has BYPASSRLS");
        return err_fix(e, runbook);
    }
    if (!str_is_none(policy)) {
        err_set(e, ERR_UNAVAILABLE,
                "the policy " STR_FMT " on the table " STR_FMT " is none of ours: it may show more",
                STR_ARG(policy), STR_ARG(table));
        return err_fix(e, "DROP POLICY " STR_FMT " ON " STR_FMT, STR_ARG(policy), STR_ARG(table));
    }
    err_set(e, ERR_UNAVAILABLE, "row-level security is off on the table " STR_FMT, STR_ARG(table));
    return err_fix(e, "ALTER TABLE " STR_FMT " ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
                   STR_ARG(table));
}

bool store_wall_check(struct store *s, struct err *e)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    _cleanup_(db_closep) struct db *db = store_connect(s, STORE_TOOL);
    struct rows *rows;

    if (!db_query(db, Q_WALL_GAPS, NO_BINDS, a, &rows, e))
        return err_trace(e);
    if (rows_next(rows))
        return tell_gap(rows, e);
    return rows_end(rows, e) || err_trace(e);
}
