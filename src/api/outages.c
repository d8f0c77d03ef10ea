#include "api/outages.h"

void req_tell_outages(struct req *rq, struct heard_all all)
{
    const struct outages_teller t = {.db = rq->db,
                                     .project = rq->actor.project,
                                     .now = clock_wall(rq->app->clock),
                                     .trace_id = rq->trace_id,
                                     .a = rq->a,
                                     .on_committed = rq->app->on_committed,
                                     .arg = rq->app->arg};
    struct err untold = {0};

    (void)outages_tell(&t, all, &untold); // no failure of what was asked for
}
