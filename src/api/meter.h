#ifndef API_METER_H
#define API_METER_H
/* How many requests each project makes of this node, held against what it may (tenancy/quota.h). */
#include "api/request.h"

struct meter;

struct meter *meter_create(void);
/* Accepts NULL. */
void meter_destroy(struct meter *m);

/* Counts a request whose asker is known. ERR_RATE, and when to come again: it is one too many. */
bool meter_count(const struct req *rq, struct err *e) CHECK_RESULT;
/* Whether one more of the project would be too many now, in the same words. Counts nothing. */
bool meter_look(struct meter *m, const struct api_options *app, int64_t project,
                struct err *e) CHECK_RESULT;
/* What the asker's project may use of this node now. */
struct quotas meter_quotas(const struct req *rq);

#endif
