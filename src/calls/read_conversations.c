/*
 * Conversations, in the shapes that their first readers knew: a call is a "message" with a subject,
 * a body in Markdown and metadata. A parent call and its child legs are one message; the parent's
 * snapshot already knows what became of its legs (derive.c), so that nothing has to be merged here.
 */
#include "calls/read.h"

#include "base/arena.h"
#include "base/json.h"
#include "calls/internal.h"
#include "calls/phone.h"

struct conversation {
    int64_t id;
    struct str subject, status, external_id, metadata;
    struct str display_name, formatted_number, phone_number;
    usec_t last_message_at, created_at, updated_at;
};

static const struct column columns[] = {
    {"id", COLUMN_INT, offsetof(struct conversation, id)},
    {"subject", COLUMN_STR, offsetof(struct conversation, subject)},
    {"status", COLUMN_STR, offsetof(struct conversation, status)},
    {"external_id", COLUMN_STR, offsetof(struct conversation, external_id)},
    {"last_message_at", COLUMN_TIME, offsetof(struct conversation, last_message_at)},
    {"metadata", COLUMN_STR, offsetof(struct conversation, metadata)},
    {"created_at", COLUMN_TIME, offsetof(struct conversation, created_at)},
    {"updated_at", COLUMN_TIME, offsetof(struct conversation, updated_at)},
    {"display_name", COLUMN_STR, offsetof(struct conversation, display_name)},
    {"formatted_number", COLUMN_STR, offsetof(struct conversation, formatted_number)},
    {"phone_number", COLUMN_STR, offsetof(struct conversation, phone_number)},
};

struct conversation_list {
    struct conversation *p;
    struct call *last; /* of each; id 0: none */
    size_t n;
};

// --- a call as a message -------------------------------------------------------------------------

static struct str heading_of(enum call_direction d)
{
    static const struct str headings[] = {
        [CALL_INBOUND] = STR("Incoming Call"),
        [CALL_OUTBOUND] = STR("Outgoing Call"),
        [CALL_INTERNAL] = STR("Internal Call"),
        [CALL_EXTERNAL] = STR("Call"),
    };
    static_assert(LEN(headings) == CALL_DIRECTION_COUNT, "every direction has a heading");

    return headings[d];
}

/* "📞 Incoming Call - 29s"; in place of the seconds what happened, when nobody talked. */
static struct str subject_of(const struct call *c, struct arena *a)
{
    const struct str heading = heading_of(c->direction);

    if (c->display_status == CALL_COMPLETED && c->duration != INT_NONE)
        return str_fmt(a, "\xF0\x9F\x93\x9E " STR_FMT " - %llds", STR_ARG(heading),
                       (long long)c->duration);
    return str_fmt(a, "\xF0\x9F\x93\x9E " STR_FMT " - " STR_FMT, STR_ARG(heading),
                   STR_ARG(call_status_name(c->display_status)));
}

static struct str body_of(const struct call *c, struct arena *a)
{
    const struct str from = phone_display(c->from_number, STR("US"), a),
                     to = phone_display(c->to_number, STR("US"), a);

    if (c->duration == INT_NONE)
        return str_fmt(a, "**From:** " STR_FMT "\n**To:** " STR_FMT, STR_ARG(from), STR_ARG(to));
    return str_fmt(a, "**From:** " STR_FMT "\n**To:** " STR_FMT "\n**Duration:** %llds",
                   STR_ARG(from), STR_ARG(to), (long long)c->duration);
}

/* What the last message of a conversation and a message of the list have in common. */
static void message_members(struct json_writer *w, const struct call *c, struct arena *a)
{
    json_member_str(w, STR("subject"), subject_of(c, a));
    json_member_str(w, STR("body"), body_of(c, a));
    json_member_time(w, STR("created_at"),
                     c->start_time != TIME_NONE ? c->start_time : c->created_at);
    json_member_str(w, STR("direction"), call_direction_name(c->direction));
    json_member_str(w, STR("call_status"), call_status_name(c->display_status));
    json_member_bool(w, STR("missed"), c->missed);
}

static void message_value(struct json_writer *w, const struct call *c, struct arena *a)
{
    json_open_object(w);
    json_member_id(w, STR("id"), c->id);
    json_member_str(w, STR("twilio_sid"), c->twilio_sid);
    message_members(w, c, a);
    call_member_int(w, STR("duration"), c->duration);
    call_member_int(w, STR("total_duration"), c->total_duration);
    call_member_int(w, STR("talk_time"), c->talk_time);
    call_member_int(w, STR("wait_time"), c->wait_time);
    json_member_str(w, STR("recording_url"), c->recording_url);
    json_member_raw(w, STR("metadata"), c->metadata);
    json_close_object(w);
}

// --- a conversation ------------------------------------------------------------------------------

static struct str either(struct str a, struct str b)
{
    return str_is_none(a) ? b : a;
}

static void contact_value(struct json_writer *w, const struct conversation *v)
{
    const struct str number = either(v->formatted_number, v->phone_number);

    json_open_object(w);
    json_member_str(w, STR("display_name"), either(v->display_name, number));
    json_member_str(w, STR("phone_number"), number);
    json_close_object(w);
}

static void last_message_value(struct json_writer *w, const struct call *last, struct arena *a)
{
    if (last->id == 0) {
        json_null(w);
        return;
    }
    json_open_object(w);
    message_members(w, last, a);
    json_close_object(w);
}

static void conversation_members(struct json_writer *w, const struct conversation *v,
                                 const struct call *last, struct arena *a)
{
    json_member_id(w, STR("id"), v->id);
    json_member_str(w, STR("subject"), either(v->subject, STR("")));
    json_member_str(w, STR("status"), v->status);
    json_key(w, STR("last_message"));
    last_message_value(w, last, a);
    json_key(w, STR("contact"));
    contact_value(w, v);
    json_member_time(w, STR("created_at"), v->created_at);
    json_member_time(w, STR("updated_at"), v->updated_at);
    json_member_str(w, STR("external_id"), v->external_id);
}

static void conversations_value(struct json_writer *w, const struct conversation_list *list,
                                struct arena *a)
{
    json_open_array(w);
    for (size_t i = 0; i < list->n; i++) {
        json_open_object(w);
        conversation_members(w, &list->p[i], &list->last[i], a);
        json_close_object(w);
    }
    json_close_array(w);
}

// --- loading -------------------------------------------------------------------------------------

static bool read_rows(struct rows *rows, size_t cap, struct arena *a, struct conversation_list *ret,
                      struct err *e)
{
    ret->p = arena_new(a, struct conversation, cap);
    ret->last = arena_new(a, struct call, cap);
    ret->n = 0;
    while (ret->n < cap && rows_next(rows))
        rows_read(rows, columns, LEN(columns), &ret->p[ret->n++]);
    return rows_end(rows, e) || err_trace(e);
}

/* The ids of a batch, with the project beside each. */
static struct binds ids_of(const struct call_reader *r, const int64_t *ids, size_t n,
                           struct arena *a)
{
    struct bind *binds = arena_new(a, struct bind, 2);
    int64_t *projects = arena_new(a, int64_t, n);

    for (size_t i = 0; i < n; i++)
        projects[i] = r->project;
    binds[0] = bind_ints("project", projects, n);
    binds[1] = bind_ints("id", ids, n);
    return (struct binds){binds, 2};
}

static void take_last(struct conversation_list *list, const struct call *c)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->p[i].id == c->conversation_id)
            list->last[i] = *c;
}

static bool load_last(const struct call_reader *r, struct arena *a, struct conversation_list *list,
                      struct err *e)
{
    int64_t *ids = arena_new(a, int64_t, list->n);
    struct call_list calls;

    if (list->n == 0)
        return true;
    for (size_t i = 0; i < list->n; i++)
        ids[i] = list->p[i].id;
    if (!call_list_query(r->db, Q_CONVERSATION_LAST_CALL, ids_of(r, ids, list->n, a), a, &calls, e))
        return err_trace(e);
    for (size_t i = 0; i < calls.n; i++)
        take_last(list, &calls.p[i]);
    return true;
}

static bool load_by_id(const struct call_reader *r, const int64_t *ids, size_t n, struct arena *a,
                       struct conversation_list *ret, struct err *e)
{
    struct rows *rows;

    *ret = (struct conversation_list){.n = 0};
    if (n == 0)
        return true;
    if (!db_query(r->db, Q_CONVERSATION_BY_ID, ids_of(r, ids, n, a), a, &rows, e))
        return err_trace(e);
    if (!read_rows(rows, n, a, ret, e) || !load_last(r, a, ret, e))
        return err_trace(e);
    return true;
}

// --- answers -------------------------------------------------------------------------------------

/* A LIKE pattern for texts that contain this one; the SQL escapes with '!'. */
static struct str pattern_of(struct str text, struct arena *a)
{
    struct buf pattern;

    buf_init(&pattern, 2 * text.n + 2);
    buf_char(&pattern, '%');
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '%' || text.p[i] == '_' || text.p[i] == '!')
            buf_char(&pattern, '!');
        buf_char(&pattern, text.p[i]);
    }
    buf_char(&pattern, '%');
    const struct str ret = str_dup(buf_view(&pattern), a);
    buf_finish(&pattern);
    return ret;
}

/* The same for numbers, however they are written: "(508) 514" is part of +15085140320. STR_NONE
 * when the text is no part of a number. */
static struct str number_pattern_of(struct str text, struct arena *a)
{
    char *digits = arena_new(a, char, text.n);
    size_t n = 0;

    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] >= '0' && text.p[i] <= '9')
            digits[n++] = text.p[i];
        else if (!memchr(" +-().", text.p[i], 6))
            return STR_NONE;
    return n == 0 ? STR_NONE : pattern_of((struct str){digits, n}, a);
}

static bool asks_missed(const struct conversation_filter *f)
{
    return f->missed;
}

static bool asks_status(const struct conversation_filter *f)
{
    return !str_is_none(f->status);
}

static bool asks_recording(const struct conversation_filter *f)
{
    return f->recording;
}

static bool asks_direction(const struct conversation_filter *f)
{
    return !str_is_none(f->direction);
}

static bool asks_text(const struct conversation_filter *f)
{
    return !str_is_none(f->text);
}

static bool asks_time(const struct conversation_filter *f)
{
    return f->from != TIME_NONE || f->to != TIME_NONE;
}

static bool asks_anything(const struct conversation_filter *f)
{
    (void)f;
    return true;
}

/* How many parameters a way takes, in the order of filter_binds(): up to one of these. */
enum { BINDS_PROJECT = 1, BINDS_TIME = 4, BINDS_TEXT = 6, BINDS_ALL = 10, BINDS_PAGE = 2 };

/* The ways to read the list: by the index of what lets the fewest through. The last is for all, and
 * has been counted. */
struct way {
    bool (*serves)(const struct conversation_filter *f);
    enum query list, count;
    size_t n_binds, n_count_binds;
};

static const struct way *way_of(const struct conversation_filter *f)
{
    static const struct way ways[] = {
        {asks_missed, Q_CONVERSATION_LIST_MISSED, Q_CONVERSATION_COUNT_MISSED, BINDS_ALL,
         BINDS_ALL},
        {asks_status, Q_CONVERSATION_LIST_BY_STATUS, Q_CONVERSATION_COUNT_BY_STATUS, BINDS_ALL,
         BINDS_ALL},
        {asks_recording, Q_CONVERSATION_LIST_RECORDED, Q_CONVERSATION_COUNT_RECORDED, BINDS_ALL,
         BINDS_ALL},
        {asks_direction, Q_CONVERSATION_LIST_BY_DIRECTION, Q_CONVERSATION_COUNT_BY_DIRECTION,
         BINDS_ALL, BINDS_ALL},
        {asks_text, Q_CONVERSATION_LIST_NAMED, Q_CONVERSATION_COUNT_NAMED, BINDS_TEXT, BINDS_TEXT},
        {asks_time, Q_CONVERSATION_LIST, Q_CONVERSATION_COUNT, BINDS_TIME, BINDS_TIME},
        {asks_anything, Q_CONVERSATION_LIST, Q_CONVERSATION_COUNT_ALL, BINDS_TIME, BINDS_PROJECT},
    };
    size_t i = 0;

    while (!ways[i].serves(f))
        i++;
    return &ways[i];
}

/* The earlier of where the page starts and where the time asked for ends. */
static struct call_place start_of(const struct conversation_filter *f, struct call_place cursor)
{
    return f->to != TIME_NONE && f->to <= cursor.time ? (struct call_place){f->to, 0} : cursor;
}

/* Those of the filter; the two behind them are of the page: one row more than it has, to see
 * whether the list goes on. */
static struct binds filter_binds(const struct call_reader *r, const struct conversation_filter *f,
                                 struct call_place cursor, struct arena *a)
{
    const bool any_text = str_is_none(f->text);
    const struct call_place start = start_of(f, cursor);
    const struct bind binds[] = {
        bind_int("project", r->project),
        bind_time("from_time", f->from == TIME_NONE ? 0 : f->from),
        bind_time("before_time", start.time),
        bind_int("before_id", start.id),
        bind_str("name", any_text ? STR_NONE : pattern_of(f->text, a)),
        bind_str("number", any_text ? STR_NONE : number_pattern_of(f->text, a)),
        bind_str("direction", f->direction),
        bind_str("status", f->status),
        bind_bool("recording", f->recording),
        bind_bool("missed", f->missed),
    };
    static_assert(LEN(binds) == BINDS_ALL, "every parameter is counted");
    const size_t n = way_of(f)->n_binds;
    struct bind *ret = arena_new(a, struct bind, BINDS_ALL + BINDS_PAGE);

    memcpy(ret, binds, n * sizeof *ret);
    ret[n] = bind_int("offset", str_is_none(f->cursor) ? call_page_offset(f->page) : 0);
    ret[n + 1] = bind_int("limit", f->page.limit + 1);
    return (struct binds){ret, n};
}

static bool page_rows(const struct call_reader *r, const struct conversation_filter *f,
                      struct binds binds, struct arena *a, struct conversation_list *ret,
                      bool *ret_more, struct err *e)
{
    const size_t limit = (size_t)f->page.limit;
    struct rows *rows;

    if (!db_query(r->db, way_of(f)->list, (struct binds){binds.p, binds.n + BINDS_PAGE}, a, &rows,
                  e) ||
        !read_rows(rows, limit + 1, a, ret, e))
        return err_trace(e);
    *ret_more = ret->n > limit;
    ret->n = *ret_more ? limit : ret->n;
    return load_last(r, a, ret, e) || err_trace(e);
}

static void next_cursor_member(struct json_writer *w, const struct conversation_list *list,
                               bool has_more, struct arena *a)
{
    const struct conversation *last = has_more ? &list->p[list->n - 1] : NULL;

    json_member_str(w, STR("next_cursor"),
                    last ? call_place_text((struct call_place){last->last_message_at, last->id}, a)
                         : STR_NONE);
}

bool conversation_list_json(const struct call_reader *r, const struct conversation_filter *filter,
                            struct arena *a, struct buf *out, struct err *e)
{
    const bool is_first = str_is_none(filter->cursor);
    const struct way *way = way_of(filter);
    struct conversation_list list;
    struct call_place cursor;
    struct json_writer w;
    int64_t total;
    bool has_more;

    if (!call_place_parse(filter->cursor, &cursor, e))
        return err_trace(e);
    const struct binds binds = filter_binds(r, filter, cursor, a);
    if (!page_rows(r, filter, binds, a, &list, &has_more, e))
        return err_trace(e);
    total = (int64_t)list.n; // of a list that is not longer than its first page
    if (is_first && (has_more || filter->page.page > 1) &&
        !call_total_query(r->db, way->count, (struct binds){binds.p, way->n_count_binds}, a, &total,
                          e))
        return err_trace(e);

    json_init(&w, out);
    json_open_object(&w);
    json_key(&w, STR("conversations"));
    conversations_value(&w, &list, a);
    if (is_first) // behind a cursor there is no telling which page it is
        call_page_members(&w, total, filter->page);
    else
        json_member_int(&w, STR("limit"), filter->page.limit);
    next_cursor_member(&w, &list, has_more, a);
    json_close_object(&w);
    return true;
}

/* Each conversation once, in the order of its latest call. */
static size_t conversations_of(const struct call_list *calls, int64_t *ids)
{
    size_t n = 0;

    for (size_t i = 0; i < calls->n; i++) {
        const int64_t id = calls->p[i].conversation_id;
        bool known = id == INT_NONE;

        for (size_t k = 0; k < n && !known; k++)
            known = ids[k] == id;
        if (!known)
            ids[n++] = id;
    }
    return n;
}

bool conversation_active_json(const struct call_reader *r, struct arena *a, struct buf *out,
                              struct err *e)
{
    struct conversation_list list;
    struct call_list calls;
    struct json_writer w;
    int64_t *ids;

    if (!call_active_query(r, a, &calls, e))
        return err_trace(e);
    ids = arena_new(a, int64_t, calls.n);
    if (!load_by_id(r, ids, conversations_of(&calls, ids), a, &list, e))
        return err_trace(e);

    json_init(&w, out);
    json_open_object(&w);
    json_key(&w, STR("conversations"));
    conversations_value(&w, &list, a);
    json_key(&w, STR("calls"));
    call_list_value(&w, &calls);
    json_member_int(&w, STR("total"), (int64_t)list.n);
    json_close_object(&w);
    return true;
}

bool conversation_json(const struct call_reader *r, int64_t id, struct arena *a, struct buf *out,
                       bool *ret_found, struct err *e)
{
    struct conversation_list list;
    struct json_writer w;

    if (!load_by_id(r, &id, 1, a, &list, e))
        return err_trace(e);
    *ret_found = list.n > 0;
    if (list.n == 0)
        return true;

    json_init(&w, out);
    json_open_object(&w);
    conversation_members(&w, &list.p[0], &list.last[0], a);
    json_member_time(&w, STR("last_message_at"), list.p[0].last_message_at);
    json_member_raw(&w, STR("metadata"), list.p[0].metadata);
    json_close_object(&w);
    return true;
}

bool conversation_messages_json(const struct call_reader *r, int64_t id, struct call_page page,
                                struct arena *a, struct buf *out, bool *ret_found, struct err *e)
{
    const struct bind project = bind_int("project", r->project), conversation = bind_int("id", id);
    struct conversation_list list;
    struct call_list calls;
    struct json_writer w;
    int64_t total;

    if (!load_by_id(r, &id, 1, a, &list, e))
        return err_trace(e);
    *ret_found = list.n > 0;
    if (list.n == 0)
        return true;
    if (!call_list_query(r->db, Q_CONVERSATION_CALLS,
                         BINDS(project, conversation, bind_int("offset", call_page_offset(page)),
                               bind_int("limit", page.limit)),
                         a, &calls, e))
        return err_trace(e);
    if (!call_total_query(r->db, Q_CONVERSATION_CALL_COUNT, BINDS(project, conversation), a, &total,
                          e))
        return err_trace(e);

    json_init(&w, out);
    json_open_object(&w);
    json_key(&w, STR("messages"));
    json_open_array(&w);
    for (size_t i = 0; i < calls.n; i++)
        message_value(&w, &calls.p[i], a);
    json_close_array(&w);
    call_page_members(&w, total, page);
    json_close_object(&w);
    return true;
}
