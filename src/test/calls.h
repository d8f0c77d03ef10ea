#ifndef TEST_CALLS_H
#define TEST_CALLS_H
/* Calls in a store, for tests that read them: put there by the way that every call takes. */
#include "calls/batch.h"
#include "test/store.h"

/* A connection, closed with the arena, to a store in which project 1 has come to exist. */
struct db *test_calls_connect(struct store *store, struct arena *a);
/* All that a worker does with a batch of changes of project 1, in one transaction. Our own number
 * is +16175006181; the wall clock shows test_calls_now; all of it comes from row 1 of the inbox. */
bool test_calls_save(struct db *db, const struct call_change *changes, size_t n, struct arena *a,
                     struct err *e) CHECK_RESULT;

/* So many that have ended, "CA0" and so on, each with a number of its own. */
void test_calls_end(struct db *db, size_t n, struct arena *a);

extern const usec_t test_calls_now;

#endif
