#ifndef PROVIDERS_OUTAGES_H
#define PROVIDERS_OUTAGES_H
/*
 * What becomes of having asked a project's accounts: one that is refused (ERR_INTEGRATION_AUTH) or
 * does not answer (ERR_INTEGRATION_TIMEOUT) goes down, one that answers comes up again. It is kept
 * with the connection, and told in the feed as integration.down and integration.up, once, whoever
 * else finds out the same.
 */
#include "feed/publish.h"
#include "providers/account_book.h"
#include "tenancy/connection.h"

/* What was last heard of an account. Anything else than these (too many requests, a failure of
 * theirs that passes, a trouble of our own) says nothing, and leaves what was heard before. */
struct heard {
    struct str provider, account;
    usec_t changed_at; /* of what was asked with */
    bool anything;
    enum err_code code; /* ERR_NONE: it answered */
};
struct heard_all {
    struct heard *p;
    size_t n;
};

/* Of each account nothing yet, as it is before it is asked; they outlive the book. */
struct heard_all outages_listen(const struct book_accounts *accounts, struct arena *a);
/* why: NULL, it answered. */
void outages_hear(struct heard *h, const struct err *why);

struct outages_teller {
    struct db *db; /* STORE_WORK, in no transaction; given back so */
    int64_t project;
    usec_t now;
    struct str trace_id;
    struct arena *a;
    feed_committed_fn *on_committed; /* may be NULL */
    void *arg;
};

/* Reads which accounts are down, and writes nothing when that is no news. */
bool outages_tell(const struct outages_teller *t, struct heard_all all, struct err *e) CHECK_RESULT;

#endif
