#ifndef JOBS_WORLD_H
#define JOBS_WORLD_H
/* What the steps of jobs work with besides the database: their `arg`. */
#include "tenancy/quota.h"

struct account_shelf;
struct call_sources;
struct tracer;

struct job_world {
    struct account_shelf *accounts; /* every project's, with their secrets */
    struct call_sources *sources;   /* what providers tell of a project's calls */
    struct tracer *tracer;          /* NULL: no traces */
    struct quotas quotas;           /* the configuration's; how long things are kept */
    /* A project's feed has come so far. From any thread. */
    void (*on_committed)(int64_t project, int64_t last_seq, void *arg);
    void *arg;
};

#endif
