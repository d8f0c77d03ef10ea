#ifndef TENANCY_QUOTA_H
#define TENANCY_QUOTA_H
/*
 * How much each project may use, so that none slows another. The configuration says it for all; who
 * runs the installation grants a project more or less (`hookswitch quota`), and the project itself
 * may choose less than that. What is used counts per node.
 */
#include "tenancy/office.h"

/* quota, its name in the API, the least that somebody may choose or grant, what it is */
#define QUOTAS(X)                                                                                  \
    X(API_REQUESTS, "api_requests_per_minute", 1, "requests to the API, a minute")                 \
    X(WEBHOOKS, "webhooks_per_minute", 1, "webhooks that are taken in, a minute")                  \
    X(EVENTS_WAITING, "events_waiting_max", 1, "events that wait to be processed")                 \
    X(LIVE_CLIENTS, "realtime_clients_max", 1, "live clients at a time")                           \
    X(PROVIDER_REQUESTS, "provider_requests_per_second", 1, "requests to providers, a second")     \
    X(INBOX_DAYS, "inbox_kept_days", 1, "days for which processed webhooks are kept")              \
    X(FEED_DAYS, "feed_kept_days", 1, "days for which events of the feed are kept")                \
    X(CALL_DAYS, "calls_kept_days", QUOTA_CALL_DAYS_LEAST,                                         \
      "days for which calls that are over are kept")

/* No run of reconcile looks further back than three days: what went stays gone. */
#define QUOTA_CALL_DAYS_LEAST 7
#define QUOTA_DAYS_FOREVER 36500 /* so many days, or more, are for ever */

enum quota {
#define X(quota, name, least, meaning) QUOTA_##quota,
    QUOTAS(X)
#undef X
        QUOTA_COUNT
};

#define QUOTA_MOST 6000000 /* more is not told apart from none */

const char *quota_name(enum quota q);
const char *quota_meaning(enum quota q);
int64_t quota_least(enum quota q);
bool quota_parse(struct str name, enum quota *ret);

/* What counts, of each. */
struct quotas {
    int64_t of[QUOTA_COUNT];
};

/* What the store says of each; INT_NONE: nothing. */
struct quota_wishes {
    int64_t granted[QUOTA_COUNT], chosen[QUOTA_COUNT];
};

/* What the project may have at most, and what counts: `preset` is the configuration's. */
int64_t quota_ceiling(const struct quotas *preset, const struct quota_wishes *w, enum quota q);
struct quotas quotas_in_force(const struct quotas *preset, const struct quota_wishes *w);

bool quota_wishes(struct db *db, int64_t project, struct arena *a, struct quota_wishes *ret,
                  struct err *e) CHECK_RESULT;
/* Within the caller's transaction. INT_NONE takes it back. */
struct quota_wish {
    int64_t project;
    enum quota quota;
    int64_t value;
};
bool quota_choose(const struct office *o, const struct quota_wish *w, struct err *e) CHECK_RESULT;
bool quota_grant(const struct office *o, const struct quota_wish *w, struct err *e) CHECK_RESULT;

#endif
