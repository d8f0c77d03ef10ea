/* How fast the project's own events go through each stage; what waits and how late it is tells
 * /api/health/sync. */
#include "feed/flow.h"

#include "api/request.h"

static bool show(struct req *rq, struct err *e)
{
    struct json_writer *w = &rq->json;
    struct flow f;

    if (!flow_of(rq->db, rq->actor.project, rq->now, rq->a, &f, e))
        return err_trace(e);
    json_open_object(w);
    json_member_time(w, STR("at"), rq->now);
    json_member_int(w, STR("received_per_minute"), f.per_minute[FLOW_RECEIVED]);
    json_member_int(w, STR("processed_per_minute"), f.per_minute[FLOW_PROCESSED]);
    json_member_int(w, STR("published_per_minute"), f.per_minute[FLOW_PUBLISHED]);
    json_close_object(w);
    return reply(rq, 200, e) || err_trace(e);
}

static const struct route routes[] = {
    {HTTP_GET, "/api/pipeline", show, NEEDS(HEALTH_READ)},
};

const struct resource api_pipeline = {"pipeline", routes, LEN(routes)};
