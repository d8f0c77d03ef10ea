#ifndef API_OUTAGES_H
#define API_OUTAGES_H
/* A request that asks providers tells what it heard of the project's accounts, as jobs do. */
#include "api/request.h"
#include "providers/outages.h"

/* In no transaction. What cannot be told now is told by who asks next. */
void req_tell_outages(struct req *rq, struct heard_all all);

#endif
