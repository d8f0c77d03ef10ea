#include "tenancy/quota.h"

#include "tenancy/connection.h"

static const struct {
    const char *name, *meaning;
    int64_t least;
} words[] = {
#define X(quota, name, least, meaning) [QUOTA_##quota] = {name, meaning, least},
    QUOTAS(X)
#undef X
};
static_assert(LEN(words) == QUOTA_COUNT, "every quota has a name");

const char *quota_name(enum quota q)
{
    return words[q].name;
}

const char *quota_meaning(enum quota q)
{
    return words[q].meaning;
}

int64_t quota_least(enum quota q)
{
    return words[q].least;
}

bool quota_parse(struct str name, enum quota *ret)
{
    for (size_t q = 0; q < QUOTA_COUNT; q++)
        if (str_eq(name, str_from(words[q].name))) {
            *ret = (enum quota)q;
            return true;
        }
    return false;
}

int64_t quota_ceiling(const struct quotas *preset, const struct quota_wishes *w, enum quota q)
{
    return w->granted[q] == INT_NONE ? preset->of[q] : w->granted[q];
}

struct quotas quotas_in_force(const struct quotas *preset, const struct quota_wishes *w)
{
    struct quotas all;

    for (size_t q = 0; q < QUOTA_COUNT; q++) {
        const int64_t most = quota_ceiling(preset, w, (enum quota)q), chosen = w->chosen[q];
        all.of[q] = chosen != INT_NONE && chosen < most ? chosen : most;
    }
    return all;
}

struct quota_row {
    struct str name;
    int64_t granted, chosen;
};

bool quota_wishes(struct db *db, int64_t project, struct arena *a, struct quota_wishes *ret,
                  struct err *e)
{
    static const struct column columns[] = {
        {"name", COLUMN_STR, offsetof(struct quota_row, name)},
        {"granted", COLUMN_INT, offsetof(struct quota_row, granted)},
        {"chosen", COLUMN_INT, offsetof(struct quota_row, chosen)},
    };
    struct quota_wishes all;
    struct rows *rows;
    enum quota q;

    for (size_t i = 0; i < QUOTA_COUNT; i++)
        all.granted[i] = all.chosen[i] = INT_NONE;
    if (!db_query(db, Q_QUOTA_LIST, BINDS(bind_int("project", project)), a, &rows, e))
        return err_trace(e);
    while (rows_next(rows)) {
        struct quota_row row;
        rows_read(rows, columns, LEN(columns), &row);
        if (quota_parse(row.name, &q)) { // else of a version that is not ours
            all.granted[q] = row.granted;
            all.chosen[q] = row.chosen;
        }
    }
    if (!rows_end(rows, e))
        return err_trace(e);
    *ret = all;
    return true;
}

static bool save(const struct office *o, enum query query, const struct quota_wish *w,
                 struct err *e)
{
    return (db_exec(o->db, query,
                    BINDS(bind_int("project", w->project),
                          bind_str("name", str_from(quota_name(w->quota))),
                          bind_int("value", w->value)),
                    NULL, e) &&
            connections_changed(o, e)) ||
           err_trace(e);
}

bool quota_choose(const struct office *o, const struct quota_wish *w, struct err *e)
{
    return save(o, Q_QUOTA_CHOOSE, w, e) || err_trace(e);
}

bool quota_grant(const struct office *o, const struct quota_wish *w, struct err *e)
{
    return save(o, Q_QUOTA_GRANT, w, e) || err_trace(e);
}
