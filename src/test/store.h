#ifndef TEST_STORE_H
#define TEST_STORE_H
/*
 * Fresh stores for tests, on both engines.
 *
 *     static void keeps_order(void **state) {
 *         TEST_STORES (store, a) {
 *             …                      // runs on SQLite, then on PostgreSQL
 *         }
 *     }
 */
#include "store/store.h"
#include "test/test.h"

/* A new, migrated store that ends with the arena: SQLite in a directory of its own, PostgreSQL in a
 * schema of its own. NULL: no PostgreSQL to test with (said loudly on stderr). */
struct store *test_store(enum store_engine engine, const struct clock *clock, struct arena *a);
/* As above with no table in it. *ret_url (may be NULL): to open it once more. */
struct store *test_store_empty(enum store_engine engine, const struct clock *clock, struct arena *a,
                               struct str *ret_url);

struct test_stores {
    int engine;
    bool empty;
    struct arena *arena;
    struct store *store;
};
bool test_stores_next(struct test_stores *t);

/* The body runs once for each engine that there is, with a fresh store and arena. No `break`. */
#define TEST_STORES(store_, arena_) TEST_STORES_((struct test_stores){.engine = -1}, store_, arena_)
/* The same with no table in it. */
#define TEST_EMPTY_STORES(store_, arena_)                                                          \
    TEST_STORES_(((struct test_stores){.engine = -1, .empty = true}), store_, arena_)
#define TEST_STORES_(first_, store_, arena_)                                                       \
    for (struct test_stores each_ = (first_); test_stores_next(&each_);)                           \
        for (struct store *store_ = each_.store; store_; store_ = NULL)                            \
            for (struct arena *arena_ = each_.arena; arena_; arena_ = NULL)

/* Runs SQL of the test's own, outside of the store: on PostgreSQL's server, in no schema. */
void test_postgres_admin(const char *sql);

/* The same on the store at a URL, past all that the store's own queries promise; says why and gives
 * false when the engine refuses. */
bool test_sql(struct str url, const char *sql);

#endif
