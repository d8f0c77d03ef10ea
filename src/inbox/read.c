#include "inbox/read.h"

#include <assert.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/json.h"

enum { REVIVED_AT_ONCE = 1000, DETAILS_MAX = 48 * 1024 };
static_assert((int)REVIVED_AT_ONCE == (int)INBOX_REVIVED_NAMED, "the first batch is what is named");

struct event_row {
    int64_t id, retry_count;
    usec_t received_at, processed_at, next_attempt_at;
    struct str source, event_type, call_sid, recording_sid, dedupe_key, processing_status, error;
    struct str payload;
};

#define AT(member) offsetof(struct event_row, member)

static const struct column event_columns[] = {
    {"id", COLUMN_INT, AT(id)},
    {"source", COLUMN_STR, AT(source)},
    {"event_type", COLUMN_STR, AT(event_type)},
    {"call_sid", COLUMN_STR, AT(call_sid)},
    {"recording_sid", COLUMN_STR, AT(recording_sid)},
    {"dedupe_key", COLUMN_STR, AT(dedupe_key)},
    {"received_at", COLUMN_TIME, AT(received_at)},
    {"processed_at", COLUMN_TIME, AT(processed_at)},
    {"processing_status", COLUMN_STR, AT(processing_status)},
    {"error", COLUMN_STR, AT(error)},
    {"retry_count", COLUMN_INT, AT(retry_count)},
    {"next_attempt_at", COLUMN_TIME, AT(next_attempt_at)},
    {"payload", COLUMN_STR, AT(payload)}, // last: lists do not ask for it
};
enum { LIST_COLUMNS = LEN(event_columns) - 1 };

/* A row that was never tried is due since ever, which is no time worth showing. */
static usec_t next_attempt(const struct event_row *row)
{
    const bool waits = str_eq(row->processing_status, STR("pending")) ||
                       str_eq(row->processing_status, STR("failed"));
    return waits && row->next_attempt_at > 0 ? row->next_attempt_at : TIME_NONE;
}

static void event_members(struct json_writer *w, const struct event_row *row, struct arena *a)
{
    json_member_str(w, STR("id"), str_fmt(a, "%lld", (long long)row->id));
    json_member_str(w, STR("source"), row->source);
    json_member_str(w, STR("event_type"), row->event_type);
    json_member_str(w, STR("call_sid"), row->call_sid);
    json_member_str(w, STR("recording_sid"), row->recording_sid);
    json_member_str(w, STR("dedupe_key"), row->dedupe_key);
    json_member_time(w, STR("received_at"), row->received_at);
    json_member_time(w, STR("processed_at"), row->processed_at);
    json_member_str(w, STR("processing_status"), row->processing_status);
    json_member_str(w, STR("error"), row->error);
    json_member_int(w, STR("retry_count"), row->retry_count);
    json_member_time(w, STR("next_attempt_at"), next_attempt(row));
}

#define FILTER_BINDS(project, f)                                                                   \
    bind_int("project", (project)), bind_str("source", (f)->source),                               \
        bind_str("event_type", (f)->event_type),                                                   \
        bind_str("processing_status", (f)->processing_status),                                     \
        bind_str("call_sid", (f)->call_sid), bind_str("error", (f)->reason),                       \
        bind_time("from_time", (f)->from), bind_time("to_time", (f)->to)

/* States with few rows have statements that name them; see inbox_read.sql. */
struct list_queries {
    struct str status;
    enum query list, count;
};

static const struct list_queries *queries_for(struct str status)
{
    static const struct list_queries any = {.list = Q_INBOX_LIST, .count = Q_INBOX_COUNT};
    static const struct list_queries few[] = {
        {STR("dead_letter"), Q_INBOX_LIST_DEAD, Q_INBOX_COUNT_DEAD},
        {STR("pending"), Q_INBOX_LIST_PENDING, Q_INBOX_COUNT_PENDING},
        {STR("failed"), Q_INBOX_LIST_FAILED, Q_INBOX_COUNT_FAILED},
    };

    for (size_t i = 0; i < LEN(few); i++)
        if (str_eq(status, few[i].status))
            return &few[i];
    return &any;
}

static bool count(struct db *db, enum query q, struct binds binds, struct arena *a, int64_t *ret,
                  struct err *e)
{
    static const struct column columns[] = {{"total", COLUMN_INT, 0}};
    bool counted;

    if (!db_query_one(db, q, binds, columns, LEN(columns), a, ret, &counted, e))
        return err_trace(e);
    return true;
}

/* Reads the rows to their end. */
static int64_t events_member(struct json_writer *w, struct rows *rows, struct arena *a)
{
    int64_t n = 0;

    json_key(w, STR("events"));
    json_open_array(w);
    for (; rows_next(rows); n++) {
        struct event_row row = {0};
        rows_read(rows, event_columns, LIST_COLUMNS, &row);
        json_open_object(w);
        event_members(w, &row, a);
        json_close_object(w);
    }
    json_close_array(w);
    return n;
}

static void page_members(struct json_writer *w, int64_t total, struct inbox_page page)
{
    json_member_int(w, STR("total"), total);
    json_member_int(w, STR("page"), page.page);
    json_member_int(w, STR("limit"), page.limit);
}

static int64_t offset_of(struct inbox_page page)
{
    return (page.page - 1) * page.limit;
}

bool inbox_list_json(struct db *db, int64_t project, const struct inbox_filter *filter,
                     struct inbox_page page, struct arena *a, struct json_writer *w, struct err *e)
{
    const struct list_queries *q = queries_for(filter->processing_status);
    struct rows *rows;
    int64_t total = 0;

    if (!count(db, q->count, BINDS(FILTER_BINDS(project, filter)), a, &total, e) ||
        !db_query(db, q->list,
                  BINDS(FILTER_BINDS(project, filter), bind_int("limit", page.limit),
                        bind_int("offset", offset_of(page))),
                  a, &rows, e))
        return err_trace(e);

    json_open_object(w);
    events_member(w, rows, a);
    page_members(w, total, page);
    json_close_object(w);
    return rows_end(rows, e) || err_trace(e);
}

/* Each id with its project, as a batch wants them. */
static const int64_t *same_project(int64_t project, size_t n, struct arena *a)
{
    int64_t *projects = arena_new(a, int64_t, n);

    for (size_t i = 0; i < n; i++)
        projects[i] = project;
    return projects;
}

#define IDS_BINDS(project, ids, a)                                                                 \
    bind_ints("project", same_project((project), (ids).n, (a)), (ids).n),                          \
        bind_ints("id", (ids).p, (ids).n)

bool inbox_among_json(struct db *db, int64_t project, struct inbox_ids ids, struct arena *a,
                      struct json_writer *w, struct err *e)
{
    struct rows *rows;

    if (!db_query(db, Q_INBOX_AMONG, BINDS(IDS_BINDS(project, ids, a)), a, &rows, e))
        return err_trace(e);
    json_open_object(w);
    const int64_t n = events_member(w, rows, a);
    page_members(w, n, (struct inbox_page){.page = 1, .limit = (int64_t)ids.n});
    json_close_object(w);
    return rows_end(rows, e) || err_trace(e);
}

struct reason_row {
    struct str error, event_type;
    int64_t n;
    usec_t first_received_at, last_received_at;
};

static void reason_members(struct json_writer *w, const struct reason_row *row)
{
    json_member_str(w, STR("error"), row->error);
    json_member_str(w, STR("event_type"), row->event_type);
    json_member_int(w, STR("count"), row->n);
    json_member_time(w, STR("first_received_at"), row->first_received_at);
    json_member_time(w, STR("last_received_at"), row->last_received_at);
}

bool inbox_reasons_json(struct db *db, int64_t project, struct inbox_page page, struct arena *a,
                        struct json_writer *w, struct err *e)
{
    static const struct column columns[] = {
        {"error", COLUMN_STR, offsetof(struct reason_row, error)},
        {"event_type", COLUMN_STR, offsetof(struct reason_row, event_type)},
        {"n", COLUMN_INT, offsetof(struct reason_row, n)},
        {"first_received_at", COLUMN_TIME, offsetof(struct reason_row, first_received_at)},
        {"last_received_at", COLUMN_TIME, offsetof(struct reason_row, last_received_at)},
    };
    struct rows *rows;
    int64_t total = 0;

    if (!count(db, Q_INBOX_REASON_COUNT, BINDS(bind_int("project", project)), a, &total, e) ||
        !db_query(db, Q_INBOX_REASONS,
                  BINDS(bind_int("project", project), bind_int("limit", page.limit),
                        bind_int("offset", offset_of(page))),
                  a, &rows, e))
        return err_trace(e);

    json_open_object(w);
    json_key(w, STR("reasons"));
    json_open_array(w);
    while (rows_next(rows)) {
        struct reason_row row = {0};
        rows_read(rows, columns, LEN(columns), &row);
        json_open_object(w);
        reason_members(w, &row);
        json_close_object(w);
    }
    json_close_array(w);
    page_members(w, total, page);
    json_close_object(w);
    return rows_end(rows, e) || err_trace(e);
}

static bool event_by_id(struct db *db, int64_t project, int64_t id, struct arena *a,
                        struct event_row *ret, bool *ret_found, struct err *e)
{
    if (!db_query_one(db, Q_INBOX_BY_ID, BINDS(bind_int("project", project), bind_int("id", id)),
                      event_columns, LEN(event_columns), a, ret, ret_found, e))
        return err_trace(e);
    return true;
}

/* An object of parameters, as the doors write it. A dead letter may be one because it is none: then
 * its text is shown. */
static void write_payload(struct json_writer *w, struct str payload)
{
    struct err e;

    json_key(w, STR("payload"));
    if (str_starts(payload, STR("{")) && json_check(payload, &e)) {
        json_raw(w, payload);
        return;
    }
    json_open_object(w);
    json_member_str(w, STR("text"), payload);
    json_close_object(w);
}

bool inbox_event_json(struct db *db, int64_t project, int64_t id, struct arena *a,
                      struct json_writer *w, bool *ret_found, struct err *e)
{
    struct event_row row = {0};

    if (!event_by_id(db, project, id, a, &row, ret_found, e))
        return err_trace(e);
    if (*ret_found) {
        event_members(w, &row, a);
        json_member_int(w, STR("attempts"), row.retry_count);
        write_payload(w, row.payload);
    }
    return true;
}

bool inbox_reprocess(struct db *db, int64_t project, int64_t id, usec_t now, struct arena *a,
                     struct inbox_replay *ret, struct err *e)
{
    struct event_row row = {0};
    int64_t queued;
    bool found;

    if (!db_exec(db, Q_INBOX_REPROCESS,
                 BINDS(bind_int("project", project), bind_int("id", id), bind_time("now", now)),
                 &queued, e) ||
        !event_by_id(db, project, id, a, &row, &found, e))
        return err_trace(e);
    *ret = (struct inbox_replay){found ? row.processing_status : STR_NONE, queued > 0};
    return true;
}

/* Every id that a row names becomes `what`. */
static bool mark(struct rows *rows, struct inbox_ids ids, enum inbox_replayed what,
                 enum inbox_replayed *ret, struct err *e)
{
    while (rows_next(rows)) {
        const int64_t id = rows_int(rows, "id");
        for (size_t i = 0; i < ids.n; i++)
            if (ids.p[i] == id)
                ret[i] = what;
    }
    return rows_end(rows, e) || err_trace(e);
}

bool inbox_reprocess_each(struct db *db, int64_t project, struct inbox_ids ids, usec_t now,
                          struct arena *a, enum inbox_replayed *ret, struct err *e)
{
    struct rows *known, *queued;

    for (size_t i = 0; i < ids.n; i++)
        ret[i] = INBOX_NOT_FOUND;
    if (!db_query(db, Q_INBOX_AMONG, BINDS(IDS_BINDS(project, ids, a)), a, &known, e) ||
        !mark(known, ids, INBOX_UNCHANGED, ret, e) ||
        !db_query(db, Q_INBOX_REPROCESS_EACH,
                  BINDS(IDS_BINDS(project, ids, a), bind_time("now", now)), a, &queued, e) ||
        !mark(queued, ids, INBOX_QUEUED, ret, e))
        return err_trace(e);
    return true;
}

struct revived_batch {
    int64_t ids[REVIVED_AT_ONCE];
    size_t n;
};

static bool read_batch(struct rows *rows, struct revived_batch *ret, struct err *e)
{
    ret->n = 0;
    while (rows_next(rows)) {
        assert(ret->n < REVIVED_AT_ONCE);
        ret->ids[ret->n++] = rows_int(rows, "id");
    }
    return rows_end(rows, e) || err_trace(e);
}

static int by_age(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* One short transaction: very many dead letters must not hold up the inbox. */
static bool revive_batch(struct db *db, int64_t project, const struct inbox_dead *which, usec_t now,
                         struct revived_batch *ret, struct err *e)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct rows *rows;

    return (db_query(db, Q_INBOX_REPROCESS_DEAD,
                     BINDS(bind_int("project", project), bind_str("source", which->source),
                           bind_str("event_type", which->event_type),
                           bind_str("error", which->reason), bind_time("now", now),
                           bind_int("limit", REVIVED_AT_ONCE)),
                     a, &rows, e) &&
            read_batch(rows, ret, e)) ||
           err_trace(e);
}

bool inbox_reprocess_dead(struct db *db, int64_t project, const struct inbox_dead *which,
                          usec_t now, struct arena *a, struct inbox_revived *ret, struct err *e)
{
    struct revived_batch *first = arena_new(a, struct revived_batch, 1);
    struct revived_batch *later = arena_new(a, struct revived_batch, 1), *last = first;

    if (!revive_batch(db, project, which, now, first, e))
        return err_trace(e);
    qsort(first->ids, first->n, sizeof *first->ids, by_age);
    *ret = (struct inbox_revived){(int64_t)first->n, {first->ids, first->n}};
    while (last->n == REVIVED_AT_ONCE) {
        last = later;
        if (!revive_batch(db, project, which, now, later, e))
            return err_trace(e);
        ret->n += (int64_t)later->n;
    }
    return true;
}

struct inbox_revived inbox_revived_of(struct inbox_ids ids, const enum inbox_replayed *became,
                                      struct arena *a)
{
    int64_t *queued = arena_new(a, int64_t, ids.n);
    size_t n = 0;

    for (size_t i = 0; i < ids.n; i++)
        if (became[i] == INBOX_QUEUED)
            queued[n++] = ids.p[i];
    return (struct inbox_revived){(int64_t)n, {queued, n}};
}

struct str inbox_revived_details(const struct inbox_revived *r, struct arena *a)
{
    _cleanup_(buf_finish) struct buf text = {.max = DETAILS_MAX};
    struct json_writer w;

    json_init(&w, &text);
    json_open_object(&w);
    json_member_int(&w, STR("requested"), r->n);
    json_key(&w, STR("ids"));
    json_open_array(&w);
    for (size_t i = 0; i < r->first.n; i++)
        json_str(&w, str_fmt(a, "%lld", (long long)r->first.p[i]));
    json_close_array(&w);
    json_close_object(&w);
    return str_dup(buf_view(&text), a);
}

bool inbox_latest(struct db *db, int64_t project, struct arena *a, usec_t *ret, struct err *e)
{
    static const struct column columns[] = {{"received_at", COLUMN_TIME, 0}};
    usec_t at = TIME_NONE;
    bool found;

    if (!db_query_one(db, Q_INBOX_LATEST, BINDS(bind_int("project", project)), columns,
                      LEN(columns), a, &at, &found, e))
        return err_trace(e);
    *ret = found ? at : TIME_NONE;
    return true;
}

bool inbox_waiting(struct db *db, size_t max, struct arena *a, struct inbox_waiting **ret,
                   size_t *ret_n, struct err *e)
{
    static const struct column columns[] = {
        {"project_id", COLUMN_INT, offsetof(struct inbox_waiting, project)},
        {"n", COLUMN_INT, offsetof(struct inbox_waiting, n)},
    };
    static const struct row_shape shape = ROW_SHAPE(struct inbox_waiting, columns);
    struct rows *rows;

    if (!db_query(db, Q_INBOX_WAITING_BY_PROJECT, BINDS(bind_int("limit", (int64_t)max)), a, &rows,
                  e))
        return err_trace(e);
    *ret = rows_list(rows, &shape, max, a, ret_n, e);
    return *ret || err_trace(e);
}

bool inbox_backlog(struct db *db, int64_t project, struct inbox_backlog *ret, struct err *e)
{
    static const struct column columns[] = {
        {"pending", COLUMN_INT, offsetof(struct inbox_backlog, pending)},
        {"held", COLUMN_INT, offsetof(struct inbox_backlog, held)},
        {"oldest", COLUMN_TIME, offsetof(struct inbox_backlog, oldest)},
        {"dead_letter", COLUMN_INT, offsetof(struct inbox_backlog, dead_letter)},
    };
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    bool found;

    if (!db_query_one(db, Q_INBOX_BACKLOG, BINDS(bind_int("project", project)), columns,
                      LEN(columns), a, ret, &found, e))
        return err_trace(e);
    return true;
}
