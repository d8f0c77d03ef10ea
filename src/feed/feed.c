#include "feed/feed.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/json.h"

/* The columns of one insert, in the order of the items. */
struct batch {
    int64_t *projects, *seqs;
    usec_t *ts;
    struct str *types, *entity_types, *entity_ids, *payloads, *trace_ids;
};

/* What the items of one project come to. */
struct sum {
    int64_t project, n, listed;
};

static struct sum sum_of(const struct feed_item *items, size_t n, int64_t project)
{
    struct sum sum = {.project = project};

    for (size_t i = 0; i < n; i++) {
        if (items[i].project != project)
            continue;
        sum.n++;
        sum.listed += items[i].listed;
    }
    return sum;
}

static bool reserve(struct db *db, const struct sum *sum, struct arena *a, int64_t *ret_last,
                    struct err *e)
{
    static const struct column columns[] = {{"last_seq", COLUMN_INT, 0}};
    bool found;

    if (FAULT("feed.reserve"))
        return err_set(e, ERR_UNAVAILABLE, "feed: numbering failed (injected)");
    if (!db_query_one(db, Q_FEED_RESERVE,
                      BINDS(bind_int("project", sum->project), bind_int("n", sum->n),
                            bind_int("listed", sum->listed)),
                      columns, LEN(columns), a, ret_last, &found, e))
        return err_trace(e);
    if (!found)
        return err_set(e, ERR_INTERNAL, "project %lld has no feed", (long long)sum->project);
    return true;
}

/* Numbers the items of one project that have none yet. */
static bool number_project(struct db *db, struct feed_item *items, size_t n, size_t first,
                           struct arena *a, struct err *e)
{
    const struct sum sum = sum_of(items, n, items[first].project);
    int64_t last;

    if (!reserve(db, &sum, a, &last, e))
        return err_trace(e);
    int64_t seq = last - sum.n;
    for (size_t i = first; i < n; i++)
        if (items[i].project == sum.project)
            items[i].seq = ++seq;
    return true;
}

/* The lowest project that is not numbered yet, so that two workers lock in the same order. */
static size_t next_project(const struct feed_item *items, size_t n)
{
    size_t found = n;

    for (size_t i = 0; i < n; i++)
        if (items[i].seq == 0 && (found == n || items[i].project < items[found].project))
            found = i;
    return found;
}

static bool number(struct db *db, struct feed_item *items, size_t n, struct arena *a, struct err *e)
{
    for (size_t i = 0; i < n; i++)
        items[i].seq = 0;
    for (size_t at = next_project(items, n); at < n; at = next_project(items, n))
        if (!number_project(db, items, n, at, a, e))
            return err_trace(e);
    return true;
}

static bool insert(struct db *db, const struct feed_item *items, size_t n, usec_t now,
                   struct arena *a, struct err *e)
{
    const struct batch b = {
        .projects = arena_new(a, int64_t, n),
        .seqs = arena_new(a, int64_t, n),
        .ts = arena_new(a, usec_t, n),
        .types = arena_new(a, struct str, n),
        .entity_types = arena_new(a, struct str, n),
        .entity_ids = arena_new(a, struct str, n),
        .payloads = arena_new(a, struct str, n),
        .trace_ids = arena_new(a, struct str, n),
    };

    for (size_t i = 0; i < n; i++) {
        b.projects[i] = items[i].project;
        b.seqs[i] = items[i].seq;
        b.ts[i] = items[i].ts;
        b.types[i] = items[i].type;
        b.entity_types[i] = items[i].entity_type;
        b.entity_ids[i] = items[i].entity_id;
        b.payloads[i] = items[i].payload;
        b.trace_ids[i] = items[i].trace_id;
    }
    if (!db_exec(db, Q_FEED_INSERT,
                 BINDS(bind_ints("project", b.projects, n), bind_ints("seq", b.seqs, n),
                       bind_strs("type", b.types, n), bind_times("ts", b.ts, n),
                       bind_strs("entity_type", b.entity_types, n),
                       bind_strs("entity_id", b.entity_ids, n), bind_strs("payload", b.payloads, n),
                       bind_strs("trace_id", b.trace_ids, n), bind_time("now", now)),
                 NULL, e))
        return err_trace(e);
    return true;
}

bool feed_append(struct db *db, struct feed_item *items, size_t n, usec_t now, struct arena *a,
                 struct err *e)
{
    if (n == 0)
        return true;
    if (!number(db, items, n, a, e) || !insert(db, items, n, now, a, e))
        return err_trace(e);
    return true;
}

bool feed_head(struct db *db, int64_t project, struct arena *a, struct feed_head *ret,
               struct err *e)
{
    static const struct column columns[] = {
        {"last_seq", COLUMN_INT, offsetof(struct feed_head, last_seq)},
        {"first_seq", COLUMN_INT, offsetof(struct feed_head, first_seq)},
        {"epoch", COLUMN_STR, offsetof(struct feed_head, epoch)},
    };
    bool found;

    if (!db_query_one(db, Q_FEED_HEAD, BINDS(bind_int("project", project)), columns, LEN(columns),
                      a, ret, &found, e))
        return err_trace(e);
    if (!found)
        return err_set(e, ERR_NOT_FOUND, "project %lld has no feed", (long long)project);
    return true;
}

bool feed_heads(struct db *db, const int64_t *projects, size_t n, struct arena *a,
                struct feed_reach **ret, size_t *ret_n, struct err *e)
{
    static const struct column columns[] = {
        {"project_id", COLUMN_INT, offsetof(struct feed_reach, project)},
        {"last_seq", COLUMN_INT, offsetof(struct feed_reach, last_seq)},
        {"epoch", COLUMN_STR, offsetof(struct feed_reach, epoch)},
    };
    struct feed_reach *heads = arena_new(a, struct feed_reach, n);
    struct rows *rows;
    size_t n_heads = 0;

    if (!db_query(db, Q_FEED_HEADS, BINDS(bind_ints("project", projects, n)), a, &rows, e))
        return err_trace(e);
    while (n_heads < n && rows_next(rows))
        rows_read(rows, columns, LEN(columns), &heads[n_heads++]);
    if (!rows_end(rows, e))
        return err_trace(e);
    *ret = heads;
    *ret_n = n_heads;
    return true;
}

static bool read_items(struct db *db, int64_t project, int64_t after_seq, size_t limit,
                       struct arena *a, struct feed_page *page, struct err *e)
{
    static const struct column columns[] = {
        {"seq", COLUMN_INT, offsetof(struct feed_item, seq)},
        {"type", COLUMN_STR, offsetof(struct feed_item, type)},
        {"ts", COLUMN_TIME, offsetof(struct feed_item, ts)},
        {"created_at", COLUMN_TIME, offsetof(struct feed_item, appended)},
        {"entity_type", COLUMN_STR, offsetof(struct feed_item, entity_type)},
        {"entity_id", COLUMN_STR, offsetof(struct feed_item, entity_id)},
        {"payload", COLUMN_STR, offsetof(struct feed_item, payload)},
        {"trace_id", COLUMN_STR, offsetof(struct feed_item, trace_id)},
    };
    struct rows *rows;

    if (!db_query(db, Q_FEED_AFTER,
                  BINDS(bind_int("project", project), bind_int("after_seq", after_seq),
                        bind_int("limit", (int64_t)limit)),
                  a, &rows, e))
        return err_trace(e);
    page->items = arena_new(a, struct feed_item, limit);
    while (page->n < limit && rows_next(rows)) {
        struct feed_item *item = &page->items[page->n++];
        item->project = project;
        rows_read(rows, columns, LEN(columns), item);
    }
    return rows_end(rows, e) || err_trace(e);
}

bool feed_read(struct db *db, int64_t project, int64_t after_seq, size_t limit, struct arena *a,
               struct feed_page *ret, struct err *e)
{
    struct feed_page page = {0};

    if (FAULT("feed.read"))
        return err_set(e, ERR_UNAVAILABLE, "feed: reading failed (injected)");
    // The head first: what is committed between the two reads is then `more`, never a gap.
    if (!feed_head(db, project, a, &page.head, e))
        return err_trace(e);
    page.resync = after_seq > page.head.last_seq || after_seq + 1 < page.head.first_seq;
    // A client from another history starts anew; one from too far back, where the feed begins.
    const int64_t from = after_seq > page.head.last_seq ? 0 : after_seq;
    if (!read_items(db, project, from, limit, a, &page, e))
        return err_trace(e);

    const int64_t reached = page.n > 0 ? page.items[page.n - 1].seq : from;
    if (reached > page.head.last_seq)
        page.head.last_seq = reached;
    page.has_more = reached < page.head.last_seq;
    *ret = page;
    return true;
}

bool feed_is_late(const struct feed_item *item)
{
    return item->ts < item->appended - FEED_LATE;
}

void feed_envelope(struct buf *out, const struct feed_item *item, struct str epoch)
{
    struct json_writer w;
    char id[24];

    json_init(&w, out);
    json_open_object(&w);
    json_member_int(&w, STR("seq"), item->seq);
    json_member_str(&w, STR("epoch"), epoch);
    json_member_str(&w, STR("type"), item->type);
    json_member_time(&w, STR("ts"), item->ts);
    json_member_bool(&w, STR("late"), feed_is_late(item));
    const int n = snprintf(id, sizeof id, "%lld", (long long)item->project);
    json_member_str(&w, STR("project_id"), (struct str){id, (size_t)n});
    json_key(&w, STR("entity"));
    json_open_object(&w);
    json_member_str(&w, STR("type"), item->entity_type);
    json_member_str(&w, STR("id"), item->entity_id);
    json_close_object(&w);
    json_member_raw(&w, STR("payload"), item->payload);
    json_member_str(&w, STR("trace_id"), item->trace_id);
    json_close_object(&w);
}
