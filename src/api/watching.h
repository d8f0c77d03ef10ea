#ifndef API_WATCHING_H
#define API_WATCHING_H
/* What the two streams of the feed share: where to go on, who watches, how many may. */
#include "api/request.h"

#include "feed/hub.h"

/* The hub of this node, unless live push is off. */
bool watching_is_on(const struct req *rq, struct err *e) CHECK_RESULT;
/* Where to go on, and as whom; the rest is the stream's own. Refuses one client too many. */
bool watching_begin(struct req *rq, struct hub_subscriber *ret, struct err *e) CHECK_RESULT;

#endif
