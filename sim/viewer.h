#ifndef SIM_VIEWER_H
#define SIM_VIEWER_H
/*
 * Those who watch the live feed: they follow by number, stop reading, hang up, come back, and hold
 * the stream to its promise: every event once, in order, or a resync that says so.
 */
#include "sim/fiber.h"

void viewers_start(struct process *outside, size_t n);
/* Whether all who watch have seen everything up to there. */
bool viewers_have(int64_t head);
/* Says who has not; for the report. */
void viewers_report(void);

#endif
