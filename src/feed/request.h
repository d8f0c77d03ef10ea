#ifndef FEED_REQUEST_H
#define FEED_REQUEST_H
/* What a client of a WebSocket may say:
 * {"type":"subscribe","topics":[…],"last_seq":N,"epoch":"…"}. */
#include "feed/hub.h"

struct feed_request {
    feed_topics topics;
    struct hub_resume from; /* the epoch lives in the arena */
};

bool feed_request_parse(struct str message, struct arena *a, struct feed_request *ret,
                        struct err *e) CHECK_RESULT;

#endif
