/* Calls: the snapshots, and one call with its legs and its log. */
#include "api/request.h"

#include "calls/read.h"

enum { SID_MAX = 100 };

static bool list(struct req *rq, struct err *e)
{
    static const struct str visibilities[] = {STR("visible"), STR("filtered"), STR("all")};
    struct call_filter filter;
    struct req_page page;

    if (!req_query_direction(rq, &filter.direction, e) ||
        !req_query_status(rq, &filter.status, e) ||
        !req_query_word(rq, STR("visibility"), WORDS(visibilities), &filter.visibility, e) ||
        !req_page(rq, &page, e))
        return err_trace(e);
    filter.page = (struct call_page){page.page, page.limit};
    if (!call_list_json(READER(rq), &filter, rq->a, rq->out, e))
        return err_trace(e);
    return reply(rq, 200, e);
}

static bool active(struct req *rq, struct err *e)
{
    if (!call_active_json(READER(rq), rq->a, rq->out, e))
        return err_trace(e);
    return reply(rq, 200, e);
}

static bool show(struct req *rq, struct err *e)
{
    static const struct http_range ids = {1, INT64_MAX, INT_NONE};
    const struct str sid = req_param(rq, STR("sid"));
    int64_t as_of;
    bool found;

    if (sid.n > SID_MAX)
        return req_not_found(e);
    if (!http_query_int(&rq->query, STR("as_of"), &ids, &as_of, e) ||
        !call_detail_json(READER(rq), sid, as_of, rq->a, rq->out, &found, e))
        return err_trace(e);
    return found ? reply(rq, 200, e) : req_not_found(e);
}

static const struct route routes[] = {
    {HTTP_GET, "/api/calls", list, NEEDS(CALLS_READ)},
    {HTTP_GET, "/api/calls/active", active, NEEDS(CALLS_READ)},
    {HTTP_GET, "/api/calls/:sid", show, NEEDS(CALLS_READ)},
};

const struct resource api_calls = {"calls", routes, LEN(routes)};
