#ifndef INBOX_EXPLAIN_H
#define INBOX_EXPLAIN_H
/*
 * Why a door refuses a request, in words: for the engineer who has captured one.
 *
 * A door itself says no more than 403, and spends no time on whoever cannot sign. Here the request
 * is held against what usually goes wrong: another address than the provider was given, a body that
 * was changed on the way, another account, another token. Nothing said contains a secret, or what
 * would be the right signature.
 */
#include "inbox/door.h"

struct door_case {
    const struct door *const *doors;
    size_t n_doors;
    const struct door_account *accounts;
    size_t n_accounts;
    struct str base_url;
    /* A number of bytes that the request said its body has; INT_NONE: nothing was said. */
    int64_t announced;
};

struct door_explained {
    struct str account;
    int64_t project;
    size_t secret; /* which of the account's fits: 0, or 1 while they are rotated */
};

/* Whether the request would be taken, and as whose; or else the reason and what to do. Text of the
 * result is borrowed from the request and the arena. */
bool door_explain(const struct door_case *c, const struct http_request *rq, struct arena *a,
                  struct door_explained *ret, struct err *e) CHECK_RESULT;

#endif
