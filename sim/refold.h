#ifndef SIM_REFOLD_H
#define SIM_REFOLD_H
/*
 * A second opinion on every snapshot: the stored events, and what the provider has said when it was
 * asked, in an order of chance, folded without queue, batches or log. Applying is a join, so the
 * result must be the stored one.
 */
#include "store/store.h"

/* Contradictions are told to the oracle; false: the store failed. */
bool refold_check(struct db *db, struct err *e) CHECK_RESULT;

#endif
