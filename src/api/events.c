/*
 * GET /api/events has two documented meanings: with after_seq it is the feed, a page at a time;
 * without, the list of received webhooks, filtered or by their ids. The feed tells of calls, and
 * needs no more right than they do; what providers sent needs one of its own. What is below is the
 * inbox.
 */
#include "api/request.h"

#include "base/limits.h"
#include "calls/read.h"
#include "feed/feed.h"
#include "inbox/read.h"
#include "queue/queue.h"

enum { REPROCESS_IDS_MAX = 1000, REASON_MAX = 1000 };

static bool feed_page(struct req *rq, struct err *e)
{
    struct json_writer *w = &rq->json;
    struct feed_page page;
    int64_t after, limit;
    static const struct http_range seqs = {0, INT64_MAX, 0}, limits = {1, LIMIT_FEED_PAGE, 100};

    if (!http_query_int(&rq->query, STR("after_seq"), &seqs, &after, e) ||
        !http_query_int(&rq->query, STR("limit"), &limits, &limit, e) ||
        !feed_read(rq->db, rq->actor.project, after, (size_t)limit, rq->a, &page, e))
        return err_trace(e);

    json_open_object(w);
    json_key(w, STR("events"));
    json_open_array(w);
    for (size_t i = 0; i < page.n; i++) {
        if (i > 0)
            buf_char(rq->out, ',');
        feed_envelope(rq->out, &page.items[i], page.head.epoch);
    }
    w->comma = page.n > 0;
    json_close_array(w);
    json_member_str(w, STR("epoch"), page.head.epoch);
    json_member_int(w, STR("last_seq"), page.head.last_seq);
    json_member_bool(w, STR("has_more"), page.has_more);
    if (page.resync) {
        json_member_bool(w, STR("resync"), true);
        json_member_int(w, STR("first_seq"), page.head.first_seq);
    }
    json_close_object(w);
    return reply(rq, 200, e);
}

/* `ids`: numbers with commas between them, as many as a page holds. */
static bool ids_param(struct req *rq, struct str param, struct inbox_ids *ret, struct err *e)
{
    int64_t *ids = arena_new(rq->a, int64_t, LIMIT_PAGE);
    struct str one;
    size_t n = 0;

    for (; cut_field(&param, ',', &one); n++) {
        if (n == LIMIT_PAGE)
            return err_set(e, ERR_INVALID, "ids: at most %d expected", LIMIT_PAGE);
        if (!str_to_i64(one, &ids[n]))
            return err_set(e, ERR_INVALID, "ids: item %zu is not an identifier", n);
    }
    *ret = (struct inbox_ids){ids, n};
    return true;
}

static bool inbox_selection(struct req *rq, struct str param, struct err *e)
{
    struct inbox_ids ids;

    if (!ids_param(rq, param, &ids, e) ||
        !inbox_among_json(rq->db, rq->actor.project, ids, rq->a, &rq->json, e))
        return err_trace(e);
    return reply(rq, 200, e);
}

static bool inbox_page(struct req *rq, struct err *e)
{
    static const struct str statuses[] = {
        STR("pending"), STR("processing"), STR("completed"), STR("failed"), STR("dead_letter"),
    };
    struct inbox_filter filter = {
        .source = req_query(rq, STR("source")),
        .event_type = req_query(rq, STR("event_type")),
        .call_sid = req_query(rq, STR("call_sid")),
    };
    struct req_page page;

    if (!req_query_word(rq, STR("processing_status"), WORDS(statuses), &filter.processing_status,
                        e) ||
        !req_query_text(rq, STR("error"), REASON_MAX, &filter.reason, e) ||
        !req_query_time(rq, STR("from"), &filter.from, e) ||
        !req_query_time(rq, STR("to"), &filter.to, e) || !req_page(rq, &page, e) ||
        !inbox_list_json(rq->db, rq->actor.project, &filter,
                         (struct inbox_page){page.page, page.limit}, rq->a, &rq->json, e))
        return err_trace(e);
    return reply(rq, 200, e);
}

static bool list(struct req *rq, struct err *e)
{
    const struct str ids = req_query(rq, STR("ids"));

    if (!str_is_none(req_query(rq, STR("after_seq"))))
        return feed_page(rq, e);
    if (!req_may(rq, RIGHT_EVENTS_READ, e))
        return err_trace(e);
    return str_is_none(ids) ? inbox_page(rq, e) : inbox_selection(rq, ids, e);
}

static bool reasons(struct req *rq, struct err *e)
{
    struct req_page page;

    if (!req_page(rq, &page, e) ||
        !inbox_reasons_json(rq->db, rq->actor.project, (struct inbox_page){page.page, page.limit},
                            rq->a, &rq->json, e))
        return err_trace(e);
    return reply(rq, 200, e);
}

static bool show(struct req *rq, struct err *e)
{
    int64_t id;
    bool found;

    if (!req_id(rq, STR("id"), &id, e))
        return err_trace(e);
    json_open_object(&rq->json);
    if (!inbox_event_json(rq->db, rq->actor.project, id, rq->a, &rq->json, &found, e))
        return err_trace(e);
    if (!found)
        return req_not_found(e);
    json_key(&rq->json, STR("call_events"));
    if (!call_events_of_inbox_json(READER(rq), id, rq->a, rq->out, e))
        return err_trace(e);
    json_close_object(&rq->json);
    return reply(rq, 200, e);
}

static void wake(const struct req *rq)
{
    if (rq->app->queue)
        queue_wake(rq->app->queue);
}

static bool reprocess(struct req *rq, struct err *e)
{
    int64_t id;
    struct str status;

    if (!req_id(rq, STR("id"), &id, e) ||
        !inbox_reprocess(rq->db, rq->actor.project, id, rq->now, rq->a, &status, e))
        return err_trace(e);
    if (str_is_none(status))
        return req_not_found(e);
    wake(rq);
    json_open_object(&rq->json);
    json_member_str(&rq->json, STR("id"), str_fmt(rq->a, "%lld", (long long)id));
    json_member_str(&rq->json, STR("processing_status"), status);
    json_close_object(&rq->json);
    return reply(rq, 202, e);
}

static bool ids_of(struct req *rq, struct json_object *array, struct inbox_ids *ret, struct err *e)
{
    size_t n;

    if (!json_list_length(array, &n))
        return err_set(e, ERR_INVALID, "ids: a list of identifiers expected");
    if (n < 1 || n > REPROCESS_IDS_MAX)
        return err_set(e, ERR_INVALID, "ids: 1 to %d identifiers expected, got %zu",
                       REPROCESS_IDS_MAX, n);

    int64_t *ids = arena_new(rq->a, int64_t, n);
    for (size_t i = 0; i < n; i++)
        if (!str_to_i64(json_list_str(array, i), &ids[i]))
            return err_set(e, ERR_INVALID, "ids: item %zu is not an identifier", i);
    *ret = (struct inbox_ids){ids, n};
    return true;
}

static void results_member(struct req *rq, struct inbox_ids ids, const enum inbox_replayed *became)
{
    static const struct str words[] = {
        [INBOX_NOT_FOUND] = STR("not_found"),
        [INBOX_UNCHANGED] = STR("unchanged"),
        [INBOX_QUEUED] = STR("queued"),
    };
    static_assert(LEN(words) == INBOX_REPLAYED_COUNT, "every outcome has a word");
    struct json_writer *w = &rq->json;

    json_key(w, STR("results"));
    json_open_array(w);
    for (size_t i = 0; i < ids.n; i++) {
        json_open_object(w);
        json_member_str(w, STR("id"), str_fmt(rq->a, "%lld", (long long)ids.p[i]));
        json_member_str(w, STR("result"), words[became[i]]);
        json_close_object(w);
    }
    json_close_array(w);
}

/* Both write what they did into the open object. */
static bool reprocess_ids(struct req *rq, struct json_object *array, struct err *e)
{
    struct inbox_ids ids;
    int64_t n = 0;

    if (!ids_of(rq, array, &ids, e))
        return err_trace(e);
    enum inbox_replayed *became = arena_new(rq->a, enum inbox_replayed, ids.n);
    if (!inbox_reprocess_each(rq->db, rq->actor.project, ids, rq->now, rq->a, became, e))
        return err_trace(e);
    for (size_t i = 0; i < ids.n; i++)
        n += became[i] == INBOX_QUEUED;
    json_member_int(&rq->json, STR("requested"), n);
    results_member(rq, ids, became);
    return true;
}

static bool reprocess_filter(struct req *rq, struct json_object *filter, struct err *e)
{
    int64_t n;

    const struct inbox_dead which = {
        .source = json_get_str(filter, "source"),
        .event_type = json_get_str(filter, "event_type"),
        .reason = json_get_str(filter, "error"),
    };

    if (!str_eq(json_get_str(filter, "processing_status"), STR("dead_letter")))
        return err_set(e, ERR_INVALID, "filter.processing_status: dead_letter expected");
    if (!inbox_reprocess_dead(rq->db, rq->actor.project, &which, rq->now, &n, e))
        return err_trace(e);
    json_member_int(&rq->json, STR("requested"), n);
    return true;
}

static bool reprocess_many(struct req *rq, struct err *e)
{
    struct json_object *body;

    if (!req_body(rq, &body, e))
        return err_trace(e);
    struct json_object *ids = json_get(body, "ids"), *filter = json_get(body, "filter");
    if (!ids == !filter)
        return err_set(e, ERR_INVALID, "either ids or filter expected");
    json_open_object(&rq->json);
    if (ids ? !reprocess_ids(rq, ids, e) : !reprocess_filter(rq, filter, e))
        return err_trace(e);
    wake(rq);
    json_close_object(&rq->json);
    return reply(rq, 202, e);
}

static const struct route routes[] = {
    {HTTP_GET, "/api/events", list, NEEDS(CALLS_READ)},
    {HTTP_GET, "/api/events/reasons", reasons, NEEDS(EVENTS_READ)},
    {HTTP_GET, "/api/events/:id", show, NEEDS(EVENTS_READ)},
    {HTTP_POST, "/api/events/:id/reprocess", reprocess, NEEDS(EVENTS_REPLAY)},
    {HTTP_POST, "/api/events/reprocess", reprocess_many, NEEDS(EVENTS_REPLAY)},
};

const struct resource api_events = {"events", routes, LEN(routes)};
