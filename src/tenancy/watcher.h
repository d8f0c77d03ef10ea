#ifndef TENANCY_WATCHER_H
#define TENANCY_WATCHER_H
/* Actors as the hub knows them: who watches a stream must be allowed to for as long as it lasts. */
#include "feed/hub.h"
#include "tenancy/actor.h"

/* What names the actor's key or session: for a token, or for the hub. */
struct str watcher_id(const struct actor *who, struct arena *a);
void watcher_of(const struct actor *who, struct arena *a, struct hub_watcher *ret);
/* hub_may_watch_fn: who may still see the calls of the project (and its health, when they
 * saw that), in one question. */
bool watchers_may(struct db *db, const struct hub_watcher *who, size_t n, usec_t now,
                  struct arena *a, bool *ret_may, struct err *e) CHECK_RESULT;

#endif
