#ifndef FEED_FLOW_H
#define FEED_FLOW_H
/* How fast a project's events go through the stages of the path, by what is stored: on whichever
 * node each was done. */
#include "base/clock.h"
#include "store/store.h"

enum flow_stage { FLOW_RECEIVED, FLOW_PROCESSED, FLOW_PUBLISHED, FLOW_STAGE_COUNT };

/* Of the last minute, or of the last few hundred events where so many came in less. */
struct flow {
    int64_t per_minute[FLOW_STAGE_COUNT];
};

bool flow_of(struct db *db, int64_t project, usec_t now, struct arena *a, struct flow *ret,
             struct err *e) CHECK_RESULT;

#endif
