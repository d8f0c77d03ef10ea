#include "api/watching.h"

#include "api/meter.h"
#include "sse/sse.h"
#include "tenancy/flags.h"
#include "tenancy/watcher.h"

bool watching_is_on(const struct req *rq, struct err *e)
{
    if (rq->app->hub && flag_board_value(rq->app->flags, rq->actor.project, FLAG_PUSH))
        return true;
    err_set(e, ERR_UNAVAILABLE, "live push is switched off here");
    return err_fix(e, "read the feed as pages: GET /api/events?after_seq=N");
}

/*
 * Last-Event-ID (sent by browsers when they reconnect) wins over ?last_seq. It is our `id:`: the
 * seq, or epoch:seq, which tells of another history too.
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

/* A moment's count, not a lock: of many who come at once, a few too many may be let in. */
static bool has_room(const struct req *rq, struct err *e)
{
    const size_t quota = (size_t)meter_quotas(rq).of[QUOTA_LIVE_CLIENTS];
    const size_t most = rq->app->stream_clients_most;
    const size_t max = most > 0 && most < quota ? most : quota;

    if (hub_clients(rq->app->hub, rq->actor.project) < max)
        return true;
    err_set(e, ERR_RATE, "this project has %zu live clients already, as many as it may", max);
    err_fix(e, "close streams that nobody watches any more");
    return err_fix(e, "share one stream among the readers of one program");
}

bool watching_begin(struct req *rq, struct hub_subscriber *ret, struct err *e)
{
    struct hub_subscriber s = {.topics = FEED_TOPICS_ALL};

    if (!watching_is_on(rq, e) || !resume_point(rq, &s.from, e) || !has_room(rq, e))
        return err_trace(e);
    watcher_of(&rq->actor, rq->a, &s.who);
    *ret = s;
    return true;
}
