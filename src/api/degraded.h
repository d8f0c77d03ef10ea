#ifndef API_DEGRADED_H
#define API_DEGRADED_H
/*
 * When something is wrong enough to be told: by GET /api/health/sync of a project, by
 * sync_degraded of /metrics of the whole installation. What somebody has switched is not among it.
 */
#include "base/clock.h"

enum degraded {
    DEGRADED_STORE,        /* the database cannot be reached */
    DEGRADED_INBOX,        /* the inbox cannot write to it */
    DEGRADED_SPOOL,        /* events wait in the spool */
    DEGRADED_BACKLOG,      /* the oldest that waits is too old */
    DEGRADED_DEAD_LETTERS, /* events failed for good */
    DEGRADED_PUSH,         /* the oldest that is not sent on is too old */
    DEGRADED_JOB_LATE,     /* nobody runs a job that is due */
    DEGRADED_JOB_FAILS,    /* again and again */
    DEGRADED_COUNT
};

/* What is 0 is well. */
struct degraded_figures {
    bool store_down, inbox_down;
    uint64_t spool_bytes;
    usec_t backlog_age;
    int64_t dead_letters;
    usec_t push_lag; /* of what waits now in the hub */
    usec_t job_late; /* of the job that fares worst, or of one */
    int64_t job_failures;
};

/* Bits, 1 << DEGRADED_…; 0: all is well. */
unsigned degraded_of(const struct degraded_figures *f);
/* "spool", "dead_letters" … */
const char *degraded_name(enum degraded d);

#endif
