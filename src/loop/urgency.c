/*
 * Linux runs a thread for a slice of a few milliseconds before it looks at who else has woken.
 * Since 6.12 a thread may ask for a slice of its own (sched_setattr(2), "runtime" of SCHED_OTHER,
 * from 100 µs): one with a shorter slice than the running one's is let in at once, and one with a
 * short slice is not kept for longer. No privilege is needed for that, nor for being nicer.
 */
#include "loop/urgency.h"

#include <linux/sched.h>
#include <linux/sched/types.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
    int nice;
    unsigned slice_us;
} manners[] = {
    [URGENCY_PROMPT] = {0, 100},
    [URGENCY_PATIENT] = {10, 200},
};

void urgency_set(enum urgency u)
{
    const int before = getpriority(PRIO_PROCESS, 0); // a process that was started nicely stays so
    const struct sched_attr a = {
        .size = sizeof a,
        .sched_policy = SCHED_NORMAL,
        .sched_nice = before > manners[u].nice ? before : manners[u].nice,
        .sched_runtime = manners[u].slice_us * 1000ull,
    };

    if (syscall(SYS_sched_getscheduler, 0) == SCHED_NORMAL) // another is the operator's choice
        (void)syscall(SYS_sched_setattr, 0, &a, 0);
}
