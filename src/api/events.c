/*
 * GET /api/events has two documented meanings: with after_seq it is the feed, a page at a time;
 * without, the list of received webhooks, filtered or by their ids. The feed tells of calls, and
 * when a provider cannot be asked for them, and needs no more right than they do; what providers
 * sent needs one of its own. What is below is the inbox.
 */
#include "api/body.h"

#include <json-c/json.h>

#include "api/deed.h"
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

struct replay_one {
    int64_t id;
    struct inbox_replay became;
};

/* What was put back is noted; what was left as it is was no deed. */
static bool note_replay(struct req *rq, struct str id, struct str details, struct err *e)
{
    const struct deed d = {.action = "event.replayed",
                           .entity = "event",
                           .id = id,
                           .project = rq->actor.project,
                           .details = details};

    return req_audit(rq, &d, e) || err_trace(e);
}

static bool replay_within(struct req *rq, void *arg, struct err *e)
{
    struct replay_one *in = arg;

    if (!inbox_reprocess(rq->db, rq->actor.project, in->id, rq->now, rq->a, &in->became, e))
        return err_trace(e);
    return !in->became.queued || note_replay(rq, req_id_text(rq, in->id), STR_NONE, e) ||
           err_trace(e);
}

static bool reprocess(struct req *rq, struct err *e)
{
    struct replay_one in = {0};

    if (!req_id(rq, STR("id"), &in.id, e) || !req_transaction(rq, replay_within, &in, e))
        return err_trace(e);
    const int64_t id = in.id;
    const struct str status = in.became.status;
    if (str_is_none(status))
        return req_not_found(e);
    wake(rq);
    json_open_object(&rq->json);
    json_member_id(&rq->json, STR("id"), id);
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
        json_member_id(w, STR("id"), ids.p[i]);
        json_member_str(w, STR("result"), words[became[i]]);
        json_close_object(w);
    }
    json_close_array(w);
}

struct replay_many {
    struct inbox_ids ids;
    enum inbox_replayed *became;
    int64_t requested;
};

static bool replay_each(struct req *rq, void *arg, struct err *e)
{
    struct replay_many *in = arg;

    if (!inbox_reprocess_each(rq->db, rq->actor.project, in->ids, rq->now, rq->a, in->became, e))
        return err_trace(e);
    const struct inbox_revived queued = inbox_revived_of(in->ids, in->became, rq->a);
    in->requested = queued.n;
    return queued.n == 0 ||
           note_replay(rq, STR("many"), inbox_revived_details(&queued, rq->a), e) || err_trace(e);
}

/* Both write what they did into the open object. */
static bool reprocess_ids(struct req *rq, struct json_object *array, struct err *e)
{
    struct replay_many in = {0};

    if (!ids_of(rq, array, &in.ids, e))
        return err_trace(e);
    in.became = arena_new(rq->a, enum inbox_replayed, in.ids.n);
    if (!req_transaction(rq, replay_each, &in, e))
        return err_trace(e);
    json_member_int(&rq->json, STR("requested"), in.requested);
    results_member(rq, in.ids, in.became);
    return true;
}

static bool filter_text(struct json_object *filter, const char *name, struct str *ret,
                        struct err *e)
{
    struct json_object *v = json_get(filter, name);
    const struct str text = json_get_str(filter, name);

    if (v && (str_is_none(text) || text.n > REASON_MAX || str_contains(text, (struct str){"", 1})))
        return err_set(e, ERR_INVALID, "filter.%s: a text of at most %d bytes expected", name,
                       REASON_MAX);
    *ret = text;
    return true;
}

static bool read_filter(struct json_object *filter, struct inbox_dead *ret, struct err *e)
{
    static const struct str names[] = {STR("processing_status"), STR("source"), STR("event_type"),
                                       STR("error")};

    if (!str_eq(json_get_str(filter, "processing_status"), STR("dead_letter")))
        return err_set(e, ERR_INVALID, "filter.processing_status: dead_letter expected");
    return (body_knows_all(filter, WORDS(names), e) &&
            filter_text(filter, "source", &ret->source, e) &&
            filter_text(filter, "event_type", &ret->event_type, e) &&
            filter_text(filter, "error", &ret->reason, e)) ||
           err_trace(e);
}

struct replay_dead {
    struct str details;
};

static bool note_dead(struct req *rq, void *arg, struct err *e)
{
    const struct replay_dead *in = arg;

    return note_replay(rq, STR("many"), in->details, e) || err_trace(e);
}

/* The replay is many short transactions, so that its line in the audit log comes right after. */
static bool reprocess_filter(struct req *rq, struct json_object *filter, struct err *e)
{
    struct inbox_dead which = {0};
    struct inbox_revived revived;

    if (!read_filter(filter, &which, e) ||
        !inbox_reprocess_dead(rq->db, rq->actor.project, &which, rq->now, rq->a, &revived, e))
        return err_trace(e);
    struct replay_dead done = {
        str_fmt(rq->a, "{\"requested\":%lld,\"filter\":%s}", (long long)revived.n,
                json_object_to_json_string_ext(filter, JSON_C_TO_STRING_PLAIN))};
    if (revived.n > 0 && !req_transaction(rq, note_dead, &done, e))
        return err_trace(e);
    enum inbox_replayed *became = arena_new(rq->a, enum inbox_replayed, revived.first.n);
    for (size_t i = 0; i < revived.first.n; i++)
        became[i] = INBOX_QUEUED;
    json_member_int(&rq->json, STR("requested"), revived.n);
    results_member(rq, revived.first, became);
    return true;
}

static bool reprocess_many(struct req *rq, struct err *e)
{
    static const struct str names[] = {STR("ids"), STR("filter")};
    struct json_object *body;

    if (!req_body(rq, &body, e) || !body_knows_all(body, WORDS(names), e))
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
