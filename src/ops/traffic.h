#ifndef OPS_TRAFFIC_H
#define OPS_TRAFFIC_H
/*
 * What the HTTP server was asked and answered, by classes of paths: a table of ours, so that nobody
 * outside adds a series. Each loop counts for itself; any thread reads.
 */
#include "base/buf.h"
#include "base/time.h"

struct http_exchange;
struct loop;
struct traffic;

/* The loops are borrowed. */
struct traffic *traffic_create(struct loop *const *loops, size_t n_loops);
/* No request is answered any more. Accepts NULL. */
void traffic_destroy(struct traffic *t);

/* For http_server_options: on the exchange's loop. */
void traffic_answered(struct traffic *t, const struct http_exchange *x, int status);
/* What was refused before it was anybody's: of the class "other". On that loop. */
void traffic_refused(struct traffic *t, const struct loop *loop, int status);

/* For /metrics. */
void traffic_write(const struct traffic *t, struct buf *out);

#endif
