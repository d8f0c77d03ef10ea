/*
 * Every column of the snapshot is compared but its identity and bookkeeping: id, conversation,
 * created_at, updated_at, sync_state. JSON is compared as values, because a store may write it in
 * another way than we do.
 */
#include "calls/verify.h"

#include <json-c/json.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/limits.h"
#include "calls/derive.h"
#include "calls/internal.h"

enum kind { TEXT, INTEGER, TIME, JSON };

static const struct {
    const char *name;
    enum kind kind;
    size_t at;
} columns[] = {
    {"parent_call_sid", TEXT, offsetof(struct call, parent_call_sid)},
    {"from_number", TEXT, offsetof(struct call, from_number)},
    {"to_number", TEXT, offsetof(struct call, to_number)},
    {"from_e164", TEXT, offsetof(struct call, from_e164)},
    {"to_e164", TEXT, offsetof(struct call, to_e164)},
    {"duration", INTEGER, offsetof(struct call, duration)},
    {"total_duration", INTEGER, offsetof(struct call, total_duration)},
    {"talk_time", INTEGER, offsetof(struct call, talk_time)},
    {"wait_time", INTEGER, offsetof(struct call, wait_time)},
    {"price", INTEGER, offsetof(struct call, price)},
    {"price_unit", TEXT, offsetof(struct call, price_unit)},
    {"start_time", TIME, offsetof(struct call, start_time)},
    {"answered_at", TIME, offsetof(struct call, answered_at)},
    {"end_time", TIME, offsetof(struct call, end_time)},
    {"recording_url", TEXT, offsetof(struct call, recording_url)},
    {"last_event_time", TIME, offsetof(struct call, last_event_time)},
    {"finalized_at", TIME, offsetof(struct call, finalized_at)},
    {"metadata", JSON, offsetof(struct call, metadata)},
    {"attributes", JSON, offsetof(struct call, attributes)},
    {"fold_state", JSON, offsetof(struct call, fold_state)},
};

static const void *member(const struct call *c, size_t at)
{
    return (const char *)c + at;
}

static struct str text_of(const struct call *c, enum kind kind, size_t at, struct arena *a)
{
    char text[TIME_TEXT_MAX];
    int64_t v;

    if (kind == TEXT || kind == JSON)
        return *(const struct str *)member(c, at);
    v = *(const int64_t *)member(c, at);
    if (v == INT_NONE)
        return STR_NONE;
    if (kind == TIME)
        return str_dup((struct str){text, time_format(v, text)}, a);
    return str_fmt(a, "%lld", (long long)v);
}

static bool json_same(struct str x, struct str y, struct arena *a)
{
    struct json_object *ox, *oy;
    struct err ignored = {0}; // what cannot be read is not the same

    if (str_eq(x, y))
        return true;
    if (!json_parse(x, a, &ox, &ignored) || !json_parse(y, a, &oy, &ignored))
        return false;
    return json_object_equal(ox, oy);
}

static bool differs(struct call_difference *d, const char *column, struct str stored,
                    struct str folded)
{
    d->column = str_from(column);
    d->stored = stored;
    d->folded = folded;
    return true;
}

static struct str truth(bool b)
{
    return b ? STR("true") : STR("false");
}

/* The columns that are words in the store and numbers here. */
static bool find_in_words(const struct call *stored, const struct call *folded,
                          struct call_difference *ret)
{
    if (stored->status != folded->status)
        return differs(ret, "status", call_status_name(stored->status),
                       call_status_name(folded->status));
    if (stored->display_status != folded->display_status)
        return differs(ret, "display_status", call_status_name(stored->display_status),
                       call_status_name(folded->display_status));
    if (stored->direction != folded->direction)
        return differs(ret, "direction", call_direction_name(stored->direction),
                       call_direction_name(folded->direction));
    if (stored->visibility != folded->visibility)
        return differs(ret, "visibility", call_visibility_name(stored->visibility),
                       call_visibility_name(folded->visibility));
    if (stored->is_final != folded->is_final)
        return differs(ret, "is_final", truth(stored->is_final), truth(folded->is_final));
    if (stored->missed != folded->missed)
        return differs(ret, "missed", truth(stored->missed), truth(folded->missed));
    return false;
}

static bool find_difference(const struct call *stored, const struct call *folded, struct arena *a,
                            struct call_difference *ret)
{
    if (find_in_words(stored, folded, ret))
        return true;
    for (size_t i = 0; i < LEN(columns); i++) {
        const struct str x = text_of(stored, columns[i].kind, columns[i].at, a),
                         y = text_of(folded, columns[i].kind, columns[i].at, a);
        const bool same = columns[i].kind == JSON
                              ? json_same(x, y, a)
                              : str_eq(x, y) && str_is_none(x) == str_is_none(y);

        if (!same)
            return differs(ret, columns[i].name, x, y);
    }
    return false;
}

/* Whether the log folds at all is part of the answer; only a store that fails is a failure. */
static bool check(const struct call_reader *r, const struct call *stored, struct arena *a,
                  struct call_difference *ret, bool *ret_differs, struct err *e)
{
    const struct call_key key = {r->project, stored->provider, stored->twilio_sid};
    struct call folded;
    struct buf fold;

    if (!call_refold(r->db, &key, INT_NONE, a, &folded, e)) {
        if (e->code == ERR_UNAVAILABLE || db_lost(r->db))
            return err_trace(e);
        *ret_differs = differs(ret, "log", STR_NONE, str_dup(str_from(e->text), a));
        err_clear(e);
        return true;
    }
    buf_init(&fold, LIMIT_API_BODY);
    call_fold_json(&fold, folded.fold);
    if (!call_text_of(&fold, a, &folded.fold_state, e))
        return err_trace(e);
    *ret_differs = find_difference(stored, &folded, a, ret);
    return true;
}

bool call_verify(const struct call_reader *r, int64_t after, int64_t limit, struct arena *a,
                 struct call_verification *ret, struct err *e)
{
    struct call_verification v = {.last_id = after};
    struct call_list calls;
    struct rows *rows;
    bool differ;

    if (!db_query(r->db, Q_CALL_AFTER,
                  BINDS(bind_int("project", r->project), bind_int("after", after),
                        bind_int("limit", limit)),
                  a, &rows, e))
        return err_trace(e);
    if (!call_rows(rows, a, &calls, e))
        return err_trace(e);
    v.differences = arena_new(a, struct call_difference, calls.n);
    for (; v.n_checked < (int64_t)calls.n; v.n_checked++) {
        const struct call *c = &calls.p[v.n_checked];
        struct call_difference *d = &v.differences[v.n_differences];

        *d = (struct call_difference){.id = c->id, .call_sid = c->twilio_sid};
        if (!check(r, c, a, d, &differ, e))
            return err_trace(e);
        v.n_differences += differ;
        v.last_id = c->id;
    }
    *ret = v;
    return true;
}

bool conversation_count_held(struct db *db, int64_t project, struct arena *a,
                             struct conversation_count *ret, struct err *e)
{
    static const struct column figures[] = {
        {"told", COLUMN_INT, offsetof(struct conversation_count, told)},
        {"counted", COLUMN_INT, offsetof(struct conversation_count, counted)},
    };
    bool found;

    if (!db_query_one(db, Q_CONVERSATION_COUNT_HELD, BINDS(bind_int("project", project)), figures,
                      LEN(figures), a, ret, &found, e))
        return err_trace(e);
    if (!found)
        *ret = (struct conversation_count){0};
    return true;
}
