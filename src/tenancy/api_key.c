#include "tenancy/api_key.h"

#include "base/arena.h"
#include "tenancy/token.h"

enum { LISTED_MAX = 100, PREFIX_LEN = 10 };

bool api_key_create(struct db *db, struct rng *rng, const struct api_key_wish *in, usec_t now,
                    struct arena *a, struct api_key_made *ret, struct err *e)
{
    static const struct column columns[] = {{"id", COLUMN_INT, 0}};
    const struct str secret = str_fmt(a, "hsk_" STR_FMT, STR_ARG(token_create(rng, a)));
    int64_t id;
    bool made;

    if (!db_query_one(db, Q_API_KEY_CREATE,
                      BINDS(bind_int("project", in->project), bind_str("name", in->name),
                            bind_str("key_hash", token_hash(secret, a)),
                            bind_str("prefix", str_sub(secret, 0, PREFIX_LEN)),
                            bind_str("rights", rights_text(in->rights, a)),
                            bind_int("created_by", in->user ? in->user : INT_NONE),
                            bind_time("now", now), bind_time("expires_at", in->expires_at)),
                      columns, LEN(columns), a, &id, &made, e))
        return err_trace(e);
    *ret = (struct api_key_made){id, secret};
    return made || err_set(e, ERR_INTERNAL, "the key was not kept");
}

bool api_key_list(struct db *db, int64_t project, struct list_page page, struct arena *a,
                  struct api_key **ret, size_t *ret_n, struct err *e)
{
    static const struct column columns[] = {
        {"id", COLUMN_INT, offsetof(struct api_key, id)},
        {"name", COLUMN_STR, offsetof(struct api_key, name)},
        {"prefix", COLUMN_STR, offsetof(struct api_key, prefix)},
        {"rights", COLUMN_STR, offsetof(struct api_key, rights)},
        {"created_by", COLUMN_STR, offsetof(struct api_key, created_by)},
        {"created_at", COLUMN_TIME, offsetof(struct api_key, created_at)},
        {"expires_at", COLUMN_TIME, offsetof(struct api_key, expires_at)},
        {"used_at", COLUMN_TIME, offsetof(struct api_key, used_at)},
        {"revoked_at", COLUMN_TIME, offsetof(struct api_key, revoked_at)},
    };
    static const struct row_shape shape = ROW_SHAPE(struct api_key, columns);
    const int64_t most = page.limit < LISTED_MAX ? page.limit : LISTED_MAX;
    struct rows *rows;

    if (!db_query(db, Q_API_KEY_LIST,
                  BINDS(bind_int("project", project), bind_int("before", page.from),
                        bind_int("limit", most)),
                  a, &rows, e))
        return err_trace(e);
    *ret = rows_list(rows, &shape, (size_t)most, a, ret_n, e);
    return *ret || err_trace(e);
}

bool api_key_revoke(struct db *db, int64_t project, int64_t id, usec_t now, struct arena *a,
                    struct str *ret_name, struct err *e)
{
    static const struct column columns[] = {{"name", COLUMN_STR, 0}};
    struct str name;
    bool found;

    if (!db_query_one(
            db, Q_API_KEY_REVOKE,
            BINDS(bind_int("project", project), bind_int("id", id), bind_time("now", now)), columns,
            LEN(columns), a, &name, &found, e))
        return err_trace(e);
    *ret_name = found ? name : STR_NONE;
    return true;
}
