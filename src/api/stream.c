/* The live feed of calls as server-sent events, and what the hub says of itself. */
#include "api/watching.h"

static bool calls(struct req *rq, struct err *e)
{
    struct hub_subscriber s;

    if (!watching_begin(rq, &s, e))
        return err_trace(e);
    reply_elsewhere(rq);
    hub_subscribe(rq->app->hub, rq->x, &s);
    return true;
}

static bool stats(struct req *rq, struct err *e)
{
    struct json_writer *w = &rq->json;
    struct hub_stats s;
    struct feed_head head;

    if (!rq->app->hub)
        return err_set(e, ERR_UNAVAILABLE, "live push is switched off here");
    if (!feed_head(rq->db, rq->actor.project, rq->a, &head, e))
        return err_trace(e);
    hub_stats_of(rq->app->hub, rq->actor.project, &s);
    const int64_t mine = (int64_t)s.clients;

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
    {HTTP_GET, "/events/calls", calls, NEEDS(CALLS_READ), .takes_stream_token = true},
    {HTTP_GET, "/events/stats", stats, NEEDS(HEALTH_READ)},
};

const struct resource api_stream = {"stream", routes, LEN(routes)};
