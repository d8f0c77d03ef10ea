/* Two nodes on one PostgreSQL: what the one tells, the other hears; all of it, and to the end. */
#include "wake/wake.h"

#include <stdatomic.h>

#include "loop/bell.h"
#include "test/store.h"

enum { PROJECTS = 300 }; /* more than one hint has room for */

struct node {
    struct wakeups *wakeups;
    struct rng rng;
    struct bell *heard;
    _Atomic int64_t inbox, feeds, sum;
};

static void on_inbox(void *arg)
{
    struct node *n = arg;

    atomic_fetch_add(&n->inbox, 1);
    bell_ring(n->heard);
}

static void on_feed(int64_t project, int64_t last_seq, void *arg)
{
    struct node *n = arg;

    assert_int_equal(last_seq, project * 10);
    atomic_fetch_add(&n->feeds, 1);
    atomic_fetch_add(&n->sum, project);
    bell_ring(n->heard);
}

static void start(struct node *n, struct store *store, uint64_t seed)
{
    struct err e = {0};

    *n = (struct node){.rng = rng_seeded(seed), .heard = bell_create()};
    const struct wake_options o = {
        .store = store, .rng = &n->rng, .on_inbox = on_inbox, .on_feed = on_feed, .arg = n};
    assert_ok(wakeups_start(&o, &n->wakeups, &e), &e);
}

static void end(struct node *n)
{
    wakeups_stop(n->wakeups);
    wakeups_tell_inbox(n->wakeups); // by a room that has not ended yet: heard by nobody
    wakeups_close(n->wakeups);
    bell_destroy(n->heard);
}

static void wait_until(struct node *n, bool (*holds)(const struct node *n))
{
    for (int i = 0; i < 3000 && !holds(n); i++)
        (void)bell_wait(n->heard, MILLISECONDS(10));
    assert_true(holds(n));
}

static bool has_company(const struct node *n)
{
    struct wakeups_stats s;

    wakeups_stats(n->wakeups, &s);
    return s.in_company;
}

static bool heard_the_inbox(const struct node *n)
{
    return atomic_load(&n->inbox) > 0;
}

static bool heard_all_feeds(const struct node *n)
{
    return atomic_load(&n->feeds) >= PROJECTS;
}

static void hears_all_that_is_told(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct node one, other;
        struct wakeups_stats s;
        (void)a;
        if (store_engine(store) == STORE_SQLITE)
            continue; // belongs to one node
        start(&one, store, 1);
        start(&other, store, 2);
        wait_until(&one, has_company);
        wait_until(&other, has_company);
        wakeups_tell_inbox(one.wakeups);
        for (int64_t p = 1; p <= PROJECTS; p++)
            wakeups_tell_feed(one.wakeups, p, p * 10);
        wait_until(&other, heard_the_inbox);
        wait_until(&other, heard_all_feeds);
        assert_int_equal(atomic_load(&other.sum), PROJECTS * (PROJECTS + 1) / 2);
        wakeups_stats(one.wakeups, &s);
        assert_int_equal(s.dropped, 0);
        assert_true(s.told < PROJECTS / 2);           // gathered
        assert_int_equal(atomic_load(&one.feeds), 0); // nobody hears themselves
        end(&one);
        end(&other);
    }
}

static void there_may_be_none(void **state)
{
    (void)state;
    wakeups_tell_inbox(NULL);
    wakeups_tell_feed(NULL, 1, 1);
    wakeups_stop(NULL);
    wakeups_close(NULL);
}

TEST_MAIN_QUIET(cmocka_unit_test(hears_all_that_is_told), cmocka_unit_test(there_may_be_none))
