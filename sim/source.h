#ifndef SIM_SOURCE_H
#define SIM_SOURCE_H
/*
 * What the provider says when it is asked: the place of providers/call_sources.h. It tells what it
 * truly knows, or what it knew a while ago; late, or not at all. The jobs that ask are those that
 * ship (jobs/reconcile.c), on the engine that ships, only more often.
 */
#include "jobs/job.h"
#include "sim/fiber.h"
#include "store/store.h"

enum { SOURCE_JOBS = 3 };

void source_begin(struct process *outside);
/* The jobs that ask, in memory of the caller's. */
void source_jobs(struct job ret[SOURCE_JOBS]);
/* From now on it tells the truth, at once. */
void source_be_honest(void);
/* Everything was asked for, from beginning to end, since it is honest. */
bool source_was_heard(void);
/* The process is gone; what it was at is counted. */
void source_forget(const struct process *p);
/* Every call that the provider knows is here as the provider has it. Contradictions are told to the
 * oracle; false: the store failed. */
bool source_check(struct db *db, struct err *e) CHECK_RESULT;

#endif
