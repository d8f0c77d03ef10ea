#ifndef API_CANARY_H
#define API_CANARY_H
/* What the webhooks of our own met (ops/canary.h), as nodes have told it. */
#include "tenancy/node.h"

struct json_writer;

/* Of those that living nodes sent last: one that was lost, or else the latest. NULL: there is none.
 */
const struct node *canary_of(const struct node *nodes, size_t n);
bool canary_was_lost(const struct node *n);
/* The member `canary`; null for NULL, and for a node that has sent none. */
void canary_write(struct json_writer *w, const struct node *n);

#endif
