#ifndef OPS_VERIFY_H
#define OPS_VERIFY_H
/*
 * The auditor: holds the store against what it promises, and says each contradiction in words.
 */
#include "store/store.h"

struct verify_result {
    int64_t calls, log_lines, feed_events, inbox_rows, audit_entries, findings;
};

/* All projects, a page at a time, in memory that does not grow. on_finding is called once per
 * contradiction. On a reading connection (STORE_READ) it may run beside a server. */
bool verify_all(struct db *db, void (*on_finding)(struct str what, void *arg), void *arg,
                struct verify_result *ret, struct err *e) CHECK_RESULT;

#endif
