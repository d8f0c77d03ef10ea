#ifndef INBOX_BUDGET_H
#define INBOX_BUDGET_H
/*
 * How many invalid requests a client may send: a token bucket per address, in bounded memory.
 *
 * Only invalid requests are counted, so a valid one never pays for anybody. Addresses share a
 * fixed table under a keyed hash; when four of them meet in one place the one that has misbehaved
 * least is forgotten. IPv6 clients are counted by their /64, which is what one of them owns.
 * Belongs to one thread.
 */
#include "base/time.h"

struct budget;

/* burst: how many at once; per_minute: how many in the long run. Both at least 1. */
struct budget *budget_create(size_t burst, size_t per_minute);
void budget_destroy(struct budget *b);

/* The client behind an address, as it is counted: the address, or the network of an IPv6 one. */
uint64_t budget_client(struct str peer);

/* Whether nothing is left for this client. */
bool budget_is_spent(const struct budget *b, struct str peer, usec_t now);
/* Counts one invalid request; now is monotonic. */
void budget_spend(struct budget *b, struct str peer, usec_t now);

#endif
