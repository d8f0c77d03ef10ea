/* The live feed as a stream of server-sent events, and what the hub says of itself. */
#include "api/request.h"

#include "feed/hub.h"
#include "sse/sse.h"

static bool not_here(struct err *e)
{
    err_set(e, ERR_UNAVAILABLE, "live push is switched off here");
    return err_fix(e, "read the feed as pages: GET /api/events?after_seq=N");
}

/*
 * Last-Event-ID (sent by browsers when they reconnect) wins over ?last_seq. It is our `id:`, the
 * seq, or epoch:seq from a client that wants to be told of another history.
 */
static bool resume_point(const struct req *rq, struct hub_resume *ret, struct err *e)
{
    const struct str header = http_header(rq->http, STR("Last-Event-ID"));
    struct str given = str_is_empty(header) ? req_query(rq, STR("last_seq")) : header;
    struct str epoch = req_query(rq, STR("epoch"));

    if (str_contains(header, STR(":")))
        (void)cut_until(&given, ':', &epoch); // there is one: it cuts
    struct hub_resume from = {.given = !str_is_empty(given), .epoch = epoch};
    if (from.given && !sse_last_event_id_parse(given, &from.last_seq))
        return err_set(e, ERR_INVALID, "last_seq: a number from 0 on expected");
    *ret = from;
    return true;
}

static bool calls(struct req *rq, struct err *e)
{
    struct hub_resume from;

    if (!rq->app->hub || !rq->app->realtime_push)
        return not_here(e);
    if (!resume_point(rq, &from, e))
        return err_trace(e);
    reply_elsewhere(rq);
    hub_subscribe(rq->app->hub, rq->x, rq->actor.project, &from);
    return true;
}

static bool stats(struct req *rq, struct err *e)
{
    struct json_writer *w = &rq->json;
    struct hub_stats s;
    struct feed_head head;

    if (!rq->app->hub)
        return not_here(e);
    if (!feed_head(rq->db, rq->actor.project, rq->a, &head, e))
        return err_trace(e);
    hub_stats(rq->app->hub, &s);
    const int64_t mine = (int64_t)hub_clients(rq->app->hub, rq->actor.project);

    json_open_object(w);
    json_member_int(w, STR("clients"), mine);
    json_member_int(w, STR("events_sent"), (int64_t)s.events_sent);
    json_member_int(w, STR("slow_clients_closed"), (int64_t)s.slow_closed);
    json_member_int(w, STR("last_seq"), head.last_seq);
    json_member_int(w, STR("uptime_seconds"), (rq->now - s.started_at) / SECONDS(1));
    json_key(w, STR("projects"));
    json_open_array(w);
    json_open_object(w);
    json_member_str(w, STR("id"), str_fmt(rq->a, "%lld", (long long)rq->actor.project));
    json_member_int(w, STR("clients"), mine);
    json_member_int(w, STR("last_seq"), head.last_seq);
    json_close_object(w);
    json_close_array(w);
    json_close_object(w);
    return reply(rq, 200, e);
}

static const struct route routes[] = {
    {HTTP_GET, "/events/calls", calls, NEEDS(CALLS_READ)},
    {HTTP_GET, "/events/stats", stats, NEEDS(HEALTH_READ)},
};

const struct resource api_stream = {"stream", routes, LEN(routes)};
