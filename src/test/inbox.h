#ifndef TEST_INBOX_H
#define TEST_INBOX_H
/* A store with a project and received webhooks in it, for tests of what comes behind the doors. */
#include "test/store.h"

struct test_inbox {
    struct arena *a;
    enum store_engine engine;
    struct str url;
    struct store *store;
    struct db *db; /* for appending and looking */
    int64_t project;
    int64_t n_appended;
};

/* False: there is no such engine to test with. Ends with test_inbox_finish. */
bool test_inbox_init(struct test_inbox *t, enum store_engine engine, const struct clock *clock);
void test_inbox_finish(struct test_inbox *t);

struct test_webhook {
    struct str event_type, call_sid, lane; /* lane none: the call_sid */
    struct str payload;
};
/* Appends them in this order, in one transaction; none is a duplicate. */
void test_inbox_append(struct test_inbox *t, const struct test_webhook *webhooks, size_t n);

/* How many rows have this status. */
int64_t test_inbox_count(struct test_inbox *t, const char *status);
/* The one row of the inbox, as inbox_event_json writes it. */
struct str test_inbox_row(struct test_inbox *t, int64_t id);

/* SQL of the test's own, in one transaction; both engines must understand it. */
void test_inbox_sql(struct test_inbox *t, const char *sql);

/* The body runs once for each engine that there is. No `break`. */
#define TEST_INBOXES(t_) TEST_INBOXES_BY(t_, &clock_system)
/* The same with a clock of the test's own: by it a store waits between its tries to connect. */
#define TEST_INBOXES_BY(t_, clock_)                                                                \
    for (int engine_ = STORE_SQLITE; engine_ <= STORE_POSTGRES; engine_++)                         \
        for (struct test_inbox in_,                                                                \
             *t_ = test_inbox_init(&in_, (enum store_engine)engine_, (clock_)) ? &in_ : NULL;      \
             t_; test_inbox_finish(t_), t_ = NULL)

#endif
