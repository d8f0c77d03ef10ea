#include "api/degraded.h"

/* What is told within five seconds must be called late before they are over. */
#define BACKLOG_LATE SECONDS(4)
#define PUSH_LATE SECONDS(4)
/* A job that nobody does anything for so long after it was due is late. */
#define JOB_LATE MINUTES(2)
/* A job that failed so often in a row is told of; a provider may hiccup. */
#define JOB_FAILURES 3

unsigned degraded_of(const struct degraded_figures *f)
{
    const bool holds[] = {
        [DEGRADED_STORE] = f->store_down,
        [DEGRADED_INBOX] = f->inbox_down,
        [DEGRADED_SPOOL] = f->spool_bytes > 0,
        [DEGRADED_BACKLOG] = f->backlog_age > BACKLOG_LATE,
        [DEGRADED_DEAD_LETTERS] = f->dead_letters > 0,
        [DEGRADED_PUSH] = f->push_lag > PUSH_LATE,
        [DEGRADED_JOB_LATE] = f->job_late > JOB_LATE,
        [DEGRADED_JOB_FAILS] = f->job_failures >= JOB_FAILURES,
    };
    unsigned bits = 0;

    static_assert(LEN(holds) == DEGRADED_COUNT, "each is asked for");
    for (size_t i = 0; i < LEN(holds); i++)
        bits |= (unsigned)holds[i] << i;
    return bits;
}

const char *degraded_name(enum degraded d)
{
    static const char *const names[] = {
        [DEGRADED_STORE] = "store",
        [DEGRADED_INBOX] = "inbox",
        [DEGRADED_SPOOL] = "spool",
        [DEGRADED_BACKLOG] = "backlog",
        [DEGRADED_DEAD_LETTERS] = "dead_letters",
        [DEGRADED_PUSH] = "push",
        [DEGRADED_JOB_LATE] = "job_late",
        [DEGRADED_JOB_FAILS] = "job_fails",
    };
    static_assert(LEN(names) == DEGRADED_COUNT, "each has a name");

    return names[d];
}
