#include "calls/internal.h"

#include "calls/derive.h"

static bool fold_line(struct rows *rows, struct call *c, struct arena *a, struct err *e)
{
    const struct call before = *c;
    struct call_change change;
    struct call_effect effect;

    if (!call_change_parse(rows_str(rows, "change"), a, &change, e))
        return err_trace(e);
    if (!str_eq(change.call_sid, before.twilio_sid))
        return err_set(e, ERR_INTERNAL, "call_events row %lld: its change is another call's",
                       (long long)rows_int(rows, "id"));
    call_apply(&before, &change, a, c, &effect);
    c->updated_at = rows_time(rows, "created_at");
    return true;
}

bool call_refold(struct db *db, const struct call_key *key, int64_t up_to, struct arena *a,
                 struct call *ret, struct err *e)
{
    struct call c = call_unknown(key->project, key->provider, key->sid);
    struct rows *rows;

    call_derive(c.fold, a, &c);
    if (!db_query(db, Q_CALL_EVENT_LIST,
                  BINDS(bind_int("project", key->project), bind_str("provider", key->provider),
                        bind_str("sid", key->sid), bind_int("up_to", up_to)),
                  a, &rows, e))
        return err_trace(e);
    while (rows_next(rows))
        if (!fold_line(rows, &c, a, e))
            return err_trace(e);
    if (!rows_end(rows, e))
        return err_trace(e);
    *ret = c;
    return true;
}
