/* Who may go on watching: who is asked about, how often, and what those hear who may not. */
#include "feed/viewer_kit.h"

#include <sched.h>
#include <stdatomic.h>

enum { CROWD = 150 };

/* The hub asks these; each test begins with none asked. */
static atomic_size_t most_asked;
static atomic_int closed_project, n_asked;

static bool all_but_13(struct db *db, const struct hub_watcher *who, size_t n, usec_t now,
                       struct arena *a, bool *ret_may, struct err *e)
{
    (void)db;
    (void)now;
    (void)a;
    (void)e;
    if (n > atomic_load(&most_asked))
        atomic_store(&most_asked, n);
    for (size_t i = 0; i < n; i++)
        ret_may[i] = who[i].kind != 13;
    atomic_fetch_add(&n_asked, 1);
    return true;
}

static bool is_not_closed(int64_t project, void *arg)
{
    (void)arg;
    return project != atomic_load(&closed_project);
}

static const struct hub_options asking = {.ring = RING,
                                          .keepalive = SECONDS(3600),
                                          .poll = SECONDS(3600),
                                          .recheck = SECONDS(3600),
                                          .may_watch = all_but_13,
                                          .is_on = is_not_closed};

static int begin(void **state)
{
    (void)state;
    atomic_store(&most_asked, 0);
    atomic_store(&n_asked, 0);
    atomic_store(&closed_project, 0);
    return 0;
}

static void expect_end(struct viewer *v)
{
    struct event event;

    expect_text(v, "ended", "\"reason\":\"revoked\"");
    assert_false(next(v, &event));
    leave(v);
}

static void nobody_watches_a_project_that_is_off(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up_with(asking);
    struct viewer may, may_not;

    (void)state;
    watch(r, &may, "?who=4");
    watch(r, &may_not, "?who=13");
    hub_ask_again(r->hub);
    expect_end(&may_not);
    publish(r, 1);
    expect_seqs(&may, 1, 1); // it was asked about as well
    atomic_store(&closed_project, (int)r->project);
    hub_ask_again(r->hub);
    expect_end(&may);
}

static void all_of_a_crowd_are_asked_about_at_once(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up_with(asking);
    struct viewer *v = arena_new(r->a, struct viewer, CROWD);

    (void)state;
    for (size_t i = 0; i < CROWD; i++)
        watch(r, &v[i], str_z(str_fmt(r->a, "?who=%zu", i), r->a));
    hub_ask_again(r->hub);
    expect_end(&v[13]);
    assert_int_equal(atomic_load(&most_asked), CROWD);
    publish(r, 1);
    for (size_t i = 0; i < CROWD; i++)
        if (i != 13) {
            expect_seqs(&v[i], 1, 1);
            leave(&v[i]);
        }
}

static void where_nobody_watches_nobody_is_asked_about(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up_with(asking);
    struct viewer v;

    (void)state;
    hub_ask_again(r->hub);
    wait_for_a_round(r);
    assert_int_equal(atomic_load(&n_asked), 0);
    watch(r, &v, "");
    hub_ask_again(r->hub);
    wait_for_a_round(r);
    assert_int_equal(atomic_load(&n_asked), 1);
    leave(&v);
}

static void who_was_let_in_stays_where_nothing_is_asked(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up();
    struct viewer v;

    (void)state;
    watch(r, &v, "?who=13");
    hub_ask_again(r->hub);
    wait_for_a_round(r);
    publish(r, 1);
    expect_seqs(&v, 1, 1);
    leave(&v);
}

#define FRESH(test) cmocka_unit_test_setup(test, begin)

TEST_MAIN(FRESH(nobody_watches_a_project_that_is_off),
          FRESH(all_of_a_crowd_are_asked_about_at_once),
          FRESH(where_nobody_watches_nobody_is_asked_about),
          FRESH(who_was_let_in_stays_where_nothing_is_asked))
