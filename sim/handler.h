#ifndef SIM_HANDLER_H
#define SIM_HANDLER_H
/*
 * The handler of a node's queue, watched: where in its work a process died is what the faults of
 * workers are about. A fate may make it slow, or make it fail for a while.
 */
#include "queue/queue.h"

#include "sim/fiber.h"

void handler_begin(void);
struct queue_handler handler_watch(struct queue_handler real);
/* Some worker has numbered its events and not yet committed. */
bool handler_is_uncommitted(void);
/* The process is gone; what it was at is counted. */
void handler_forget(const struct process *p);

#endif
