#ifndef PROVIDERS_TURNS_H
#define PROVIDERS_TURNS_H
/*
 * When a provider may be asked: of a project, as often as it may; with an account, not before what
 * a refusal has told. From any thread.
 */
#include "base/clock.h"

struct turns;

struct turns *turns_create(const struct clock *clock);
/* Accepts NULL. */
void turns_destroy(struct turns *t);

/* So many nodes may ask, this one among them: 1 until somebody says otherwise. */
void turns_share(struct turns *t, int64_t n_nodes);
/* From one request to the next on this node, where all may send so many per second. */
usec_t turns_interval(const struct turns *t, int64_t most);

/* Who wants to ask. */
struct wish {
    int64_t project;
    struct str account;
    usec_t time;     /* what is asked takes of the project's: an interval each */
    usec_t patience; /* waits no longer */
};
/* How long until it may; it is taken as asked when that is not longer than its patience. */
usec_t turns_take(struct turns *t, const struct wish *wish);

/* The account was asked too often: everybody waits, by what the provider said (0: nothing) or
 * longer each time, and a random half more. How long. */
usec_t turns_step_back(struct turns *t, struct str account, usec_t told);
/* It was not. */
void turns_answered(struct turns *t, struct str account);

#endif
