#include "calls/internal.h"

#include "base/arena.h"

/* In the order of the table, which is how the rows find them fastest. */
struct row {
    struct call call;
    struct str direction, status, display_status, visibility, price;
};

static const struct column columns[] = {
    {"id", COLUMN_INT, offsetof(struct row, call.id)},
    {"project_id", COLUMN_INT, offsetof(struct row, call.project)},
    {"provider", COLUMN_STR, offsetof(struct row, call.provider)},
    {"conversation_id", COLUMN_INT, offsetof(struct row, call.conversation_id)},
    {"twilio_sid", COLUMN_STR, offsetof(struct row, call.twilio_sid)},
    {"parent_call_sid", COLUMN_STR, offsetof(struct row, call.parent_call_sid)},
    {"direction", COLUMN_STR, offsetof(struct row, direction)},
    {"status", COLUMN_STR, offsetof(struct row, status)},
    {"display_status", COLUMN_STR, offsetof(struct row, display_status)},
    {"visibility", COLUMN_STR, offsetof(struct row, visibility)},
    {"from_number", COLUMN_STR, offsetof(struct row, call.from_number)},
    {"to_number", COLUMN_STR, offsetof(struct row, call.to_number)},
    {"from_e164", COLUMN_STR, offsetof(struct row, call.from_e164)},
    {"to_e164", COLUMN_STR, offsetof(struct row, call.to_e164)},
    {"duration", COLUMN_INT, offsetof(struct row, call.duration)},
    {"total_duration", COLUMN_INT, offsetof(struct row, call.total_duration)},
    {"talk_time", COLUMN_INT, offsetof(struct row, call.talk_time)},
    {"wait_time", COLUMN_INT, offsetof(struct row, call.wait_time)},
    {"price", COLUMN_STR, offsetof(struct row, price)},
    {"price_unit", COLUMN_STR, offsetof(struct row, call.price_unit)},
    {"start_time", COLUMN_TIME, offsetof(struct row, call.start_time)},
    {"answered_at", COLUMN_TIME, offsetof(struct row, call.answered_at)},
    {"end_time", COLUMN_TIME, offsetof(struct row, call.end_time)},
    {"recording_url", COLUMN_STR, offsetof(struct row, call.recording_url)},
    {"metadata", COLUMN_STR, offsetof(struct row, call.metadata)},
    {"attributes", COLUMN_STR, offsetof(struct row, call.attributes)},
    {"fold_state", COLUMN_STR, offsetof(struct row, call.fold_state)},
    {"created_at", COLUMN_TIME, offsetof(struct row, call.created_at)},
    {"updated_at", COLUMN_TIME, offsetof(struct row, call.updated_at)},
    {"last_event_time", COLUMN_TIME, offsetof(struct row, call.last_event_time)},
    {"is_final", COLUMN_BOOL, offsetof(struct row, call.is_final)},
    {"finalized_at", COLUMN_TIME, offsetof(struct row, call.finalized_at)},
    {"sync_state", COLUMN_STR, offsetof(struct row, call.sync_state)},
    {"missed", COLUMN_BOOL, offsetof(struct row, call.missed)},
};

bool call_row(struct rows *rows, struct call *ret, struct err *e)
{
    struct row row = {.call = {.id = 0}};

    rows_read(rows, columns, LEN(columns), &row);
    row.call.price = INT_NONE;
    if (!call_direction_parse(row.direction, &row.call.direction) ||
        !call_status_parse(row.status, &row.call.status) ||
        !call_status_parse(row.display_status, &row.call.display_status) ||
        !call_visibility_parse(row.visibility, &row.call.visibility) ||
        (!str_is_none(row.price) && !call_price_parse(row.price, &row.call.price)))
        return err_set(e, ERR_INTERNAL, "calls row %lld: holds a word that is not one of ours",
                       (long long)row.call.id);
    *ret = row.call;
    return true;
}

bool call_rows(struct rows *rows, struct arena *a, struct call_list *ret, struct err *e)
{
    struct call_list list = {.n = 0};
    size_t cap = 0;

    while (rows_next(rows)) {
        if (list.n == cap) {
            struct call *more = arena_new(a, struct call, cap ? 2 * cap : 32);

            if (list.n > 0)
                memcpy(more, list.p, list.n * sizeof *more);
            cap = cap ? 2 * cap : 32;
            list.p = more;
        }
        if (!call_row(rows, &list.p[list.n++], e))
            return err_trace(e);
    }
    if (!rows_end(rows, e))
        return err_trace(e);
    *ret = list;
    return true;
}
