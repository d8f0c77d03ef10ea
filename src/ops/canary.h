#ifndef OPS_CANARY_H
#define OPS_CANARY_H
/*
 * The canary: a thread sends a webhook of our own, signed, to the public address and on through
 * names, certificates, proxies and the door, as a provider's would come; and tells how long that
 * took, or that it did not come through. The door knows it and keeps nothing of it.
 */
#include "base/clock.h"
#include "providers/account_book.h"

struct canary;

struct canary_options {
    const struct clock *clock;
    struct account_shelf *accounts; /* outlives this */
    int64_t project;                /* whose account signs; where it has none, another's */
    struct str our_url;             /* WEBHOOK_BASE_URL */
    usec_t every;                   /* the first one after so long */
    /* TIME_NONE: it did not come through. On the canary's thread. */
    void (*on_back)(usec_t took, void *arg);
    /* After each round: whether anybody has an account at all; without one nothing is sent. */
    void (*on_state)(bool flies, void *arg);
    void *arg;
};

bool canary_start(const struct canary_options *o, struct canary **ret, struct err *e) CHECK_RESULT;
/* Accepts NULL. */
void canary_stop(struct canary *c);

#endif
