#ifndef API_THROTTLE_H
#define API_THROTTLE_H
/*
 * How often somebody may be wrong when signing in: by address, by account, and by both together.
 * Only failures count. Accounts that do not exist are counted like those that do. From any thread;
 * per node.
 */
#include "base/time.h"

struct throttle;

struct throttle *throttle_create(void);
void throttle_destroy(struct throttle *t);

/* now: monotonic. */
bool throttle_is_spent(struct throttle *t, struct str address, struct str account, usec_t now);
void throttle_spend(struct throttle *t, struct str address, struct str account, usec_t now);

#endif
