/* Calls, as the API shows them. Conversations are in read_conversations.c. */
#include "calls/read.h"

#include "base/arena.h"
#include "base/json.h"
#include "calls/derive.h"
#include "calls/internal.h"

void call_list_value(struct json_writer *w, const struct call_list *calls)
{
    json_open_array(w);
    for (size_t i = 0; i < calls->n; i++)
        call_json_value(w, &calls->p[i]);
    json_close_array(w);
}

bool call_list_query(struct db *db, enum query q, struct binds binds, struct arena *a,
                     struct call_list *ret, struct err *e)
{
    struct rows *rows;

    if (!db_query(db, q, binds, a, &rows, e))
        return err_trace(e);
    return call_rows(rows, a, ret, e) || err_trace(e);
}

bool call_total_query(struct db *db, enum query q, struct binds binds, struct arena *a,
                      int64_t *ret, struct err *e)
{
    static const struct column columns[] = {{"total", COLUMN_INT, 0}};
    bool found;

    return db_query_one(db, q, binds, columns, LEN(columns), a, ret, &found, e) || err_trace(e);
}

void call_page_members(struct json_writer *w, int64_t total, struct call_page page)
{
    json_member_int(w, STR("total"), total);
    json_member_int(w, STR("page"), page.page);
    json_member_int(w, STR("limit"), page.limit);
}

int64_t call_page_offset(struct call_page page)
{
    return (page.page - 1) * page.limit;
}

// --- lists ---------------------------------------------------------------------------------------

/* What the filter says of visibility, as the query wants it: absent means every one. */
static struct str visibility_asked(const struct call_filter *f)
{
    if (str_is_none(f->visibility))
        return call_visibility_name(CALL_VISIBLE);
    return str_eq(f->visibility, STR("all")) ? STR_NONE : f->visibility;
}

bool call_list_json(const struct call_reader *r, const struct call_filter *filter, struct arena *a,
                    struct buf *out, struct err *e)
{
    const struct bind project = bind_int("project", r->project),
                      direction = bind_str("direction", filter->direction),
                      status = bind_str("status", filter->status),
                      visibility = bind_str("visibility", visibility_asked(filter));
    struct json_writer w;
    struct call_list calls;
    int64_t total;

    if (!call_list_query(r->db, Q_CALL_LIST,
                         BINDS(project, direction, status, visibility,
                               bind_int("offset", call_page_offset(filter->page)),
                               bind_int("limit", filter->page.limit)),
                         a, &calls, e))
        return err_trace(e);
    if (!call_total_query(r->db, Q_CALL_COUNT, BINDS(project, direction, status, visibility), a,
                          &total, e))
        return err_trace(e);

    json_init(&w, out);
    json_open_object(&w);
    json_key(&w, STR("calls"));
    call_list_value(&w, &calls);
    call_page_members(&w, total, filter->page);
    json_close_object(&w);
    return true;
}

bool call_active_query(const struct call_reader *r, struct arena *a, struct call_list *ret,
                       struct err *e)
{
    return call_list_query(
               r->db, Q_CALL_ACTIVE,
               BINDS(bind_int("project", r->project), bind_int("limit", CALL_ACTIVE_MAX)), a, ret,
               e) ||
           err_trace(e);
}

bool call_active_json(const struct call_reader *r, struct arena *a, struct buf *out, struct err *e)
{
    struct json_writer w;
    struct call_list calls;

    if (!call_active_query(r, a, &calls, e))
        return err_trace(e);
    json_init(&w, out);
    json_open_object(&w);
    json_key(&w, STR("calls"));
    call_list_value(&w, &calls);
    json_close_object(&w);
    return true;
}

// --- one call ------------------------------------------------------------------------------------

/* What is stored and no code is not told: that the event changed nothing is. */
static void refusal_members(struct json_writer *w, struct str stored)
{
    struct str code = STR_NONE, standing = STR_NONE;
    enum call_refusal why;

    if (!str_is_none(stored) && call_refusal_parse(stored, &why, &standing))
        code = call_refusal_name(why);
    json_member_str(w, STR("refusal"), code);
    json_member_str(w, STR("standing_status"), standing);
}

/* The current row, as the schema CallEvent has it. */
static void event_value(const struct call_reader *r, struct json_writer *w, struct rows *rows)
{
    json_open_object(w);
    json_member_id(w, STR("id"), rows_int(rows, "id"));
    call_member_int(w, STR("seq"), rows_int(rows, "seq"));
    json_member_str(w, STR("event_type"), rows_str(rows, "event_type"));
    json_member_str(w, STR("event_status"), rows_str(rows, "event_status"));
    json_member_time(w, STR("event_time"), rows_time(rows, "event_time"));
    json_member_time(w, STR("created_at"), rows_time(rows, "created_at"));
    json_member_str(w, STR("source"), rows_str(rows, "source"));
    json_member_bool(w, STR("applied"), rows_bool(rows, "applied"));
    refusal_members(w, rows_str(rows, "refusal"));
    json_member_id(w, STR("inbox_event_id"), rows_int(rows, "inbox_id"));
    json_member_raw(w, STR("payload"), r->sees_payloads ? rows_str(rows, "payload") : STR_NONE);
    json_close_object(w);
}

static bool events_value(const struct call_reader *r, struct json_writer *w, struct rows *rows,
                         struct err *e)
{
    json_open_array(w);
    while (rows_next(rows))
        event_value(r, w, rows);
    json_close_array(w);
    return rows_end(rows, e) || err_trace(e);
}

static bool find_call(const struct call_reader *r, struct str sid, struct arena *a,
                      struct call *ret, bool *ret_found, struct err *e)
{
    struct call_list calls;

    if (!call_list_query(r->db, Q_CALL_BY_SID,
                         BINDS(bind_int("project", r->project), bind_str("sid", sid)), a, &calls,
                         e))
        return err_trace(e);
    *ret_found = calls.n > 0;
    if (calls.n > 0)
        *ret = calls.p[0];
    return true;
}

/* The number of one of a call's events; not found when that is no event of this call. */
static bool event_seq(const struct call_reader *r, const struct call *c, int64_t event,
                      struct arena *a, int64_t *ret, struct err *e)
{
    static const struct column columns[] = {{"seq", COLUMN_INT, 0}};
    bool found;

    if (!db_query_one(r->db, Q_CALL_EVENT_SEQ,
                      BINDS(bind_int("project", r->project), bind_str("provider", c->provider),
                            bind_str("sid", c->twilio_sid), bind_int("id", event)),
                      columns, LEN(columns), a, ret, &found, e))
        return err_trace(e);
    return found || err_set(e, ERR_NOT_FOUND, "as_of: no event of this call has that id");
}

/* A call as it was after the event numbered up_to, an own one or not; not known when it had none
 * by then. */
static bool rewind_to(const struct call_reader *r, int64_t up_to, struct arena *a, struct call *c,
                      bool *ret_known, struct err *e)
{
    const struct call_key key = {r->project, c->provider, c->twilio_sid};
    struct call then;

    if (!call_refold(r->db, &key, up_to, a, &then, e))
        return err_trace(e);
    *ret_known = then.updated_at != TIME_NONE;
    then.id = c->id;
    then.created_at = c->created_at;
    then.conversation_id =
        str_is_none(call_conversation_key(&then)) ? INT_NONE : c->conversation_id;
    *c = then;
    return true;
}

/* Every leg as it was then; those that nothing had been told of are left out. */
static bool rewind_legs(const struct call_reader *r, int64_t up_to, struct arena *a,
                        struct call_list *legs, struct err *e)
{
    size_t n = 0;
    bool is_known;

    for (size_t i = 0; i < legs->n; i++) {
        if (!rewind_to(r, up_to, a, &legs->p[i], &is_known, e))
            return err_trace(e);
        if (is_known)
            legs->p[n++] = legs->p[i];
    }
    legs->n = n;
    return true;
}

/* Call and legs as they were after one of the call's events. */
static bool travel_to(const struct call_reader *r, int64_t as_of, struct arena *a,
                      struct call *call, struct call_list *legs, int64_t *ret_up_to, struct err *e)
{
    bool is_known;

    return (event_seq(r, call, as_of, a, ret_up_to, e) &&
            rewind_to(r, *ret_up_to, a, call, &is_known, e) &&
            rewind_legs(r, *ret_up_to, a, legs, e)) ||
           err_trace(e);
}

static bool legs_of(const struct call_reader *r, const struct call *c, struct arena *a,
                    struct call_list *ret, struct err *e)
{
    return call_list_query(r->db, Q_CALL_LEGS,
                           BINDS(bind_int("project", r->project), bind_str("provider", c->provider),
                                 bind_str("sid", c->twilio_sid),
                                 bind_str("parent", c->parent_call_sid)),
                           a, ret, e) ||
           err_trace(e);
}

static bool events_of(const struct call_reader *r, const struct call *c, int64_t up_to,
                      struct arena *a, struct rows **ret, struct err *e)
{
    return db_query(r->db, Q_CALL_EVENT_LIST,
                    BINDS(bind_int("project", r->project), bind_str("provider", c->provider),
                          bind_str("sid", c->twilio_sid), bind_int("up_to", up_to)),
                    a, ret, e) ||
           err_trace(e);
}

bool call_detail_json(const struct call_reader *r, struct str sid, int64_t as_of, struct arena *a,
                      struct buf *out, bool *ret_found, struct err *e)
{
    int64_t up_to = INT_NONE;
    struct call_list legs;
    struct json_writer w;
    struct rows *events;
    struct call call;

    if (!find_call(r, sid, a, &call, ret_found, e))
        return err_trace(e);
    if (!*ret_found)
        return true;
    if (!legs_of(r, &call, a, &legs, e))
        return err_trace(e);
    if (as_of != INT_NONE && !travel_to(r, as_of, a, &call, &legs, &up_to, e))
        return err_trace(e);
    if (!events_of(r, &call, up_to, a, &events, e))
        return err_trace(e);

    json_init(&w, out);
    json_open_object(&w);
    json_key(&w, STR("call"));
    call_json_value(&w, &call);
    json_key(&w, STR("legs"));
    call_list_value(&w, &legs);
    json_key(&w, STR("events"));
    if (!events_value(r, &w, events, e))
        return err_trace(e);
    json_close_object(&w);
    return true;
}

bool call_audio_find(const struct call_reader *r, struct str sid, struct arena *a,
                     struct call_audio *ret, bool *ret_found, struct err *e)
{
    struct call_fold fold;
    struct call call;

    if (!find_call(r, sid, a, &call, ret_found, e))
        return err_trace(e);
    if (!*ret_found)
        return true;
    if (!call_fold_parse(call.fold_state, a, &fold, e))
        return err_trace(e);
    const struct call_recording *shown = call_recording_shown(&fold);
    *ret = (struct call_audio){call.provider, shown ? *shown : call_change_none.recording};
    return true;
}

bool call_events_of_inbox_json(const struct call_reader *r, int64_t inbox_id, struct arena *a,
                               struct buf *out, struct err *e)
{
    struct json_writer w;
    struct rows *rows;

    if (!db_query(r->db, Q_CALL_EVENT_OF_INBOX,
                  BINDS(bind_int("project", r->project), bind_int("inbox_id", inbox_id)), a, &rows,
                  e))
        return err_trace(e);
    json_init(&w, out);
    return events_value(r, &w, rows, e) || err_trace(e);
}
