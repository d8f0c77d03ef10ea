#ifndef INBOX_BATCH_H
#define INBOX_BATCH_H
/*
 * A group of items as one statement (Q_INBOX_APPEND), and which of its rows were new.
 *
 * The statement gives back the keys that it inserted; the rest were there already. A key that
 * stands twice in one group is inserted once, for the first of its items.
 */
#include "inbox/inbox.h"
#include "store/store.h"

struct batch;

struct batch *batch_create(void);
void batch_destroy(struct batch *b);

/* The parameters for n items, at most LIMIT_GROUP; they borrow from the batch and the items. */
struct binds batch_fill(struct batch *b, const struct inbox_item *const *items, size_t n);
/* Reads the answer to the same items, to its end. */
bool batch_read(struct batch *b, struct rows *rows, const struct inbox_item *const *items, size_t n,
                bool *ret_is_new, struct err *e) CHECK_RESULT;

#endif
