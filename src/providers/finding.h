#ifndef PROVIDERS_FINDING_H
#define PROVIDERS_FINDING_H
/*
 * What a check of a project's connections has found: one thing each, good or bad, with what was
 * found and what was expected. People are told in words by who shows it; `code` is what it is.
 */
#include "base/str.h"

enum finding_state {
    FINDING_GOOD,
    FINDING_UNKNOWN, /* could not be found out, or not yet */
    FINDING_WARN,    /* works, but not for everything */
    FINDING_BAD,
    FINDING_STATE_COUNT
};

/* code, name in the API, state */
#define FINDINGS(X)                                                                                \
    X(ADDRESS_OK, "address_ok", GOOD)              /* found: the address */                        \
    X(ADDRESS_NOT_HTTPS, "address_not_https", BAD) /* likewise, and of all of ADDRESS */           \
    X(ADDRESS_PRIVATE, "address_private", BAD)                                                     \
    X(ADDRESS_UNREACHABLE, "address_unreachable", WARN) /* from here */                            \
    X(ADDRESS_ELSEWHERE, "address_elsewhere", BAD)      /* something else answers there */         \
    X(NO_ACCOUNT, "no_account", BAD)                                                               \
    X(ACCOUNT_OK, "account_ok", GOOD)                                                              \
    X(ACCOUNT_REFUSED, "account_refused", BAD)   /* wrong secret */                                \
    X(ACCOUNT_INACTIVE, "account_inactive", BAD) /* found: suspended, closed */                    \
    X(ACCOUNT_UNKNOWN, "account_unknown", UNKNOWN)                                                 \
    X(NO_NUMBERS, "no_numbers", WARN) /* the project names none of its own */                      \
    X(NUMBER_OK, "number_ok", GOOD)                                                                \
    X(NUMBER_MISSING, "number_missing", BAD)         /* in none of the accounts */                 \
    X(NUMBER_ELSEWHERE, "number_elsewhere", BAD)     /* its calls go to another address */         \
    X(NUMBER_METHOD, "number_method", BAD)           /* found: GET */                              \
    X(NUMBER_APPLICATION, "number_application", BAD) /* … to an application; found: its sid */   \
    X(NUMBER_TRUNK, "number_trunk", BAD)             /* … to a trunk; found: its sid */          \
    X(NUMBER_STATUS, "number_status", WARN)          /* the end of a call is told elsewhere */     \
    X(NUMBER_STATUS_METHOD, "number_status_method", WARN)                                          \
    X(NUMBER_UNLISTED, "number_unlisted", WARN) /* leads here, but is none of the project's own */ \
    X(EVENTS_ARRIVE, "events_arrive", GOOD)     /* found: when the latest came */                  \
    X(EVENTS_NONE, "events_none", UNKNOWN)                                                         \
    X(EVENTS_REFUSED, "events_refused", BAD) /* found: why */

enum finding_code {
#define X(code, name, state) FINDING_##code,
    FINDINGS(X)
#undef X
        FINDING_CODE_COUNT
};

struct finding {
    enum finding_code code;
    struct str provider, account, number; /* what it is about; each may be none */
    struct str found, expected;           /* likewise */
};

const char *finding_name(enum finding_code code);
enum finding_state finding_state(enum finding_code code);
/* "good", "unknown", "warn", "bad" */
const char *finding_state_name(enum finding_state state);

enum { FINDINGS_MAX = 1000 };

/* In the order in which they were found. */
struct findings {
    struct finding *p;
    size_t n, n_room;
};

/* Its texts are borrowed. More than FINDINGS_MAX are dropped. */
void findings_add(struct findings *f, struct arena *a, const struct finding *x);

#endif
