/* A station while the hub's thread is busy: sights come and go, and what was under way is not lost
 * on the wrong one. */
#include "feed/viewer_kit.h"

#include <sched.h>
#include <stdatomic.h>

#include "base/fault.h"

#define ROUND MILLISECONDS(16) /* of keepalives */

static atomic_int n_asked, n_answered;

/* The hub's thread waits here, as long as the test wants. */
static bool all_in_time(struct db *db, const struct hub_watcher *who, size_t n, usec_t now,
                        struct arena *a, bool *ret_may, struct err *e)
{
    const int nth = atomic_fetch_add(&n_asked, 1) + 1;

    (void)db;
    (void)who;
    (void)now;
    (void)a;
    (void)e;
    for (size_t i = 0; i < n; i++)
        ret_may[i] = true;
    while (atomic_load(&n_answered) < nth)
        (void)sched_yield();
    return true;
}

static void wait_until_asked(int n)
{
    const usec_t deadline = clock_monotonic(&clock_system) + SECONDS(20);

    while (atomic_load(&n_asked) < n) {
        assert_true(clock_monotonic(&clock_system) < deadline);
        (void)sched_yield();
    }
}

static void wait_for_clients(struct rig *r, size_t n)
{
    const usec_t deadline = clock_monotonic(&clock_system) + SECONDS(20);

    while (hub_clients(r->hub, r->project) != n) {
        assert_true(clock_monotonic(&clock_system) < deadline);
        (void)sched_yield();
    }
}

/* Long enough for a sight that nobody watches to be given back. */
static void pass_some_rounds(struct viewer *v)
{
    const usec_t until = clock_monotonic(&clock_system) + 4 * ROUND;
    struct event event;

    do // some may have waited in the socket
        expect(v, "keepalive", &event);
    while (clock_monotonic(&clock_system) < until);
}

static void watch_events(struct rig *r, struct viewer *v, const char *query)
{
    dial(r, v, query, 0);
    assert_true(str_starts(head(v), STR("HTTP/1.1 200 ")));
}

/* An event is on its way to a sight that is given back meanwhile, and perhaps wanted again. */
static void publish_to_nobody(bool again)
{
    struct viewer stays, v;
    struct event event;

    atomic_store(&n_asked, 0);
    atomic_store(&n_answered, 0);
    _cleanup_(rig_downp) struct rig *r =
        rig_up_with((struct hub_options){.n_loops = 1,
                                         .ring = RING,
                                         .keepalive = ROUND,
                                         .poll = SECONDS(3600),
                                         .recheck = SECONDS(3600),
                                         .may_watch = all_in_time});
    watch(r, &stays, "");
    watch_events(r, &v, "?view=1");
    hub_ask_again(r->hub);
    wait_until_asked(1);
    publish(r, 1);
    hub_ask_again(r->hub);
    atomic_store(&n_answered, 1);
    wait_until_asked(2); // the event is due, and nothing was sent
    leave(&v);
    wait_for_clients(r, 1);
    pass_some_rounds(&stays);
    if (again) {
        dial(r, &v, "?view=1&last_seq=0", 0);
        wait_for_clients(r, 2);
        pass_some_rounds(&stays);
    }
    atomic_store(&n_answered, INT32_MAX);
    next_but(&stays, "keepalive", &event);
    assert_str(event.id, "1");
    if (!again)
        dial(r, &v, "?view=1&last_seq=0", 0);
    assert_true(str_starts(head(&v), STR("HTTP/1.1 200 ")));
    assert_true(next(&v, &event));
    assert_true(str_contains(event.data, STR("feed.connected")));
    do
        assert_true(next(&v, &event));
    while (str_contains(event.data, STR("feed.keepalive")));
    assert_true(str_contains(event.data, STR("\"seq\":1,")));
    leave(&v);
    leave(&stays);
}

static void what_comes_for_a_sight_that_was_given_back_is_not_lost(void **state)
{
    (void)state;
    publish_to_nobody(false);
}

static void who_waits_for_a_busy_hub_is_let_in(void **state)
{
    (void)state;
    publish_to_nobody(true);
}

static void the_page_of_who_has_gone_is_not_asked_for_for_ever(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up_with((struct hub_options){
        .n_loops = 1, .ring = RING, .keepalive = ROUND, .poll = MILLISECONDS(2)});
    const usec_t deadline = clock_monotonic(&clock_system) + SECONDS(20);
    struct viewer stays, early, v;
    struct event event;
    uint64_t reads;

    (void)state;
    append(r, 5 * RING);
    watch(r, &stays, "");
    watch_events(r, &early, "?view=1");
    fault_arm("store.query", 1, true);
    watch_events(r, &v, "?view=1&last_seq=2");
    for (reads = stats(r).store_reads; stats(r).store_reads < reads + 2;)
        (void)sched_yield(); // in vain, and again at each poll
    leave(&early);
    leave(&v);
    do {
        assert_true(clock_monotonic(&clock_system) < deadline);
        reads = stats(r).store_reads;
        pass_some_rounds(&stays);
    } while (stats(r).store_reads != reads);
    fault_disarm();
    const int64_t last = publish(r, 1);
    next_but(&stays, "keepalive", &event);
    assert_str(event.id, str_z(str_fmt(r->a, "%lld", (long long)last), r->a));
    leave(&stays);
}

TEST_MAIN(cmocka_unit_test(what_comes_for_a_sight_that_was_given_back_is_not_lost),
          cmocka_unit_test(who_waits_for_a_busy_hub_is_let_in),
          cmocka_unit_test(the_page_of_who_has_gone_is_not_asked_for_for_ever))
