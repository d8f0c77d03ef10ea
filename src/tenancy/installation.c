#include "tenancy/installation.h"

bool installation_get(struct db *db, struct str name, struct arena *a, struct str *ret,
                      struct err *e)
{
    static const struct column columns[] = {{"value", COLUMN_STR, 0}};
    bool found;

    *ret = STR_NONE;
    return db_query_one(db, Q_INSTALLATION_GET, BINDS(bind_str("name", name)), columns,
                        LEN(columns), a, ret, &found, e) ||
           err_trace(e);
}

bool installation_hold(struct db *db, struct str name, struct err *e)
{
    return db_exec(db, Q_INSTALLATION_HOLD, BINDS(bind_str("name", name)), NULL, e) || err_trace(e);
}

bool installation_set(struct db *db, struct str name, struct str value, struct err *e)
{
    return db_exec(db, Q_INSTALLATION_SET, BINDS(bind_str("name", name), bind_str("value", value)),
                   NULL, e) ||
           err_trace(e);
}
