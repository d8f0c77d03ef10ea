#ifndef RECONCILE_SOURCE_H
#define RECONCILE_SOURCE_H
/*
 * What reconciling needs of a provider: its own word about calls, one by one or listed. The folders
 * of `providers/` give it; nothing here knows which provider it is.
 *
 * A source is made for one project and one piece of work, and used by one thread, which blocks
 * while the provider is asked. It keeps to the budget of requests by itself; it waits a little for
 * its turn, and gives up with ERR_UNAVAILABLE when that takes too long.
 *
 * Errors: ERR_UNAVAILABLE, not now (too many requests, a failure of theirs, no connection, or
 * *ended); retry_after says for how long, when the provider did. ERR_INTEGRATION_TIMEOUT: no answer
 * in time. ERR_INTEGRATION_AUTH: the account
 * or its secret is refused; when the project has several, all of them are. ERR_UPSTREAM: it
 * answers, and not as it should.
 */
#include "calls/change.h"

/* What the provider says of one call. */
enum reconcile_answer {
    RECONCILE_LATER,  /* could not be asked now */
    RECONCILE_ABSENT, /* the provider has no such call */
    RECONCILE_FOUND
};

/* A call, or one of its recordings. */
struct reconcile_found {
    enum reconcile_answer answer;
    struct call_change change; /* its source is not filled in */
    struct str raw;            /* JSON, for the log */
};

/* Which of them: calls, or recordings, each as a change of its call. */
struct reconcile_query {
    bool recordings;
    struct str call_sid; /* recordings of this call alone; or STR_NONE */
    bool has_status;     /* only calls of this status */
    enum call_status status;
    usec_t from, to; /* started at or after, and before; TIME_NONE: whenever */
    size_t page_size;
    struct str cursor; /* `next` of the page before; STR_NONE: the first page */
};

struct reconcile_page {
    const struct reconcile_found *found;
    size_t n;
    struct str next; /* a short text for the next query; STR_NONE: this was the last page */
};

struct reconcile_source {
    struct str provider; /* as in calls.provider */
    struct str trace;    /* of what the provider is asked for; its own, or the asker's */
    size_t at_once;      /* so many at most are asked for in one get(); 0: as many as one likes */
    /* Some calls, asked for at once; ret has room for n. Fails when the provider cannot be reached,
     * has troubles of its own or refuses us; what goes wrong with one call alone is answered
     * RECONCILE_LATER. */
    bool (*get)(struct reconcile_source *s, const struct str *sids, size_t n, struct arena *a,
                struct reconcile_found *ret, struct err *e);
    bool (*list)(struct reconcile_source *s, const struct reconcile_query *q, struct arena *a,
                 struct reconcile_page *ret, struct err *e);
    const _Atomic bool *ended; /* turns true: what is under way fails within a second */
    int64_t requests;          /* sent so far */
    int64_t refused;           /* how often an account was refused, and passed over */
    usec_t retry_after;        /* after a failure: not before so long; 0: nobody said */
    void *arg;
};

#endif
