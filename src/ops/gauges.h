#ifndef OPS_GAUGES_H
#define OPS_GAUGES_H
/* The part of /metrics that stands in the store or happens seldom: backlog, jobs, drift, canary. */
#include "api/degraded.h"
#include "base/buf.h"
#include "jobs/job.h"
#include "store/store.h"

struct gauges;

struct gauges *gauges_create(struct store *store, const struct clock *clock);
/* Stopped, or never started. Accepts NULL. */
void gauges_destroy(struct gauges *g);
/* A thread that asks the store from now on. */
bool gauges_start(struct gauges *g, struct err *e) CHECK_RESULT;
void gauges_stop(struct gauges *g);
/* One look at the store, as the thread takes it now and then. */
bool gauges_look(struct gauges *g, struct db *db, struct arena *a, struct err *e) CHECK_RESULT;
/* How large PostgreSQL's database is: seldomer, as it costs more. Nothing on SQLite. */
bool gauges_measure(struct gauges *g, struct db *db, struct arena *a, struct err *e) CHECK_RESULT;

/* From any thread. */
void gauges_job_ended(struct gauges *g, const struct job *j, bool ok,
                      const struct job_count *counts, size_t n);
void gauges_canary(struct gauges *g, usec_t took); /* TIME_NONE: it failed */
void gauges_canary_state(struct gauges *g, bool flies);
/* What is known here of health, and of the store itself; the rest stays as it is. */
void gauges_degraded(struct gauges *g, struct degraded_figures *f);
void gauges_write(struct gauges *g, struct buf *out);

#endif
