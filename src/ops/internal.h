#ifndef OPS_INTERNAL_H
#define OPS_INTERNAL_H
/*
 * What the parts of the auditor share. verify.c goes from project to project and from page to page;
 * verify_events.c and verify_calls.c hold the walks, one per table.
 */
#include "feed/feed.h"
#include "ops/verify.h"

enum { VERIFY_PAGE = 500 };

/* Where findings go. */
struct verify_findings {
    void (*on_finding)(struct str what, void *arg);
    void *arg;
    int64_t n;
};

PRINTF_LIKE(2, 3) void verify_find(struct verify_findings *f, const char *format, ...);
/* As it is said in a finding: nothing, or not too much of it. */
struct str verify_shown(struct str s);

struct verify_audit {
    struct db *db;
    struct verify_findings findings;
    int64_t project;
    int64_t inbox_first; /* oldest row that is kept; INT_NONE: none seen */
    struct verify_result result;
};

/* What the retention may have deleted is before these. */
struct verify_floors {
    int64_t inbox_from;  /* completed rows of the inbox */
    int64_t log_from;    /* lines of calls that went whole */
    int64_t others_gone; /* so many events of no call, of which the log has no line */
};

/* A page of a walk. */
struct verify_page {
    struct verify_audit *audit;
    struct arena *a;
    int64_t after;  /* the last key of the page before; becomes that of this one */
    int64_t n;      /* rows that were read; fewer than VERIFY_PAGE: the last page */
    int64_t absent; /* from the log, where the feed is not kept any more */
    struct feed_head head;
    struct verify_floors floors;
};

/* A query with the parameters project, after, limit. */
bool verify_query(struct verify_page *p, enum query q, struct rows **ret,
                  struct err *e) CHECK_RESULT;
#define verify_report(p_, ...) verify_find(&(p_)->audit->findings, __VA_ARGS__)
/* Says so when a row refers to another project than the one that is audited. owner: INT_NONE when
 * it refers to nothing. */
void verify_owner(struct verify_page *p, struct str row, const char *refers_to, int64_t owner);

typedef bool verify_walk_fn(struct verify_page *p, struct err *e);

verify_walk_fn verify_calls, verify_owners, verify_conversations, verify_conversation_count;
/* The inbox goes before the log, which asks for its oldest row. */
verify_walk_fn verify_feed, verify_inbox, verify_log;

#endif
