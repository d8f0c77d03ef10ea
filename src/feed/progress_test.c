/* Progress: told to who names the topic, all there is at once, and only what is new. */
#include "feed/viewer_kit.h"

#include <stdatomic.h>

#include "ws/ws_kit.h"

/* What is told of every project: its number, and this one, so many bytes long. */
static atomic_int n_asked, most_projects, step, bytes;

static bool progress(struct db *db, const int64_t *projects, size_t n, struct arena *a,
                     struct str *ret_runs, struct err *e)
{
    (void)db;
    if (atomic_load(&step) < 0)
        return err_set(e, ERR_UNAVAILABLE, "for the test");
    atomic_fetch_add(&n_asked, 1);
    if ((int)n > atomic_load(&most_projects))
        atomic_store(&most_projects, (int)n);
    for (size_t i = 0; i < n; i++)
        ret_runs[i] = str_fmt(a, "[%lld,%d,\"%0*d\"]", (long long)projects[i], atomic_load(&step),
                              atomic_load(&bytes), 0);
    return true;
}

static struct rig *rig;

/* It is asked in each round of the hub's thread, and there is none but for mail. */
static int begin(void **state)
{
    (void)state;
    atomic_store(&n_asked, 0);
    atomic_store(&most_projects, 0);
    atomic_store(&step, 1);
    atomic_store(&bytes, 1);
    rig = rig_up_with((struct hub_options){.ring = RING,
                                           .keepalive = SECONDS(3600),
                                           .poll = SECONDS(3600),
                                           .progress = progress,
                                           .progress_every = 1});
    return 0;
}

static int end(void **state)
{
    (void)state;
    rig_down(rig);
    return 0;
}

static void listen_to(struct viewer *v, const char *query)
{
    struct event event;

    dial(rig, v, query, 0);
    assert_true(str_starts(head(v), STR("HTTP/1.1 200 ")));
    assert_true(next(v, &event) && str_contains(event.data, STR("feed.connected")));
}

static void expect_data(struct viewer *v, const char *data)
{
    struct event event;

    assert_true(next(v, &event));
    assert_str(event.data, data);
}

static void expect_step(struct viewer *v, int64_t project, int number)
{
    expect_data(v, str_z(str_fmt(rig->a, "{\"type\":\"job.progress\",\"runs\":[%lld,%d,\"0\"]}",
                                 (long long)project, number),
                         rig->a));
}

static void go_to(int number)
{
    atomic_store(&step, number);
    wait_for_a_round(rig);
}

static const char wanted[] = "?view=1&topics=job.*";

static void who_wants_it_is_told_what_is_new_and_who_comes_what_there_is(void **state)
{
    struct viewer v, later;

    (void)state;
    listen_to(&v, wanted);
    go_to(1);
    expect_step(&v, rig->project, 1);
    go_to(1);
    go_to(2);
    expect_step(&v, rig->project, 2);
    listen_to(&later, wanted);
    go_to(2);
    expect_step(&later, rig->project, 2);
    go_to(3);
    leave(&later);
    leave(&v);
}

/* It has no number: the place of who hears it is that of the last event. */
static void it_comes_between_events_and_moves_nobody(void **state)
{
    struct viewer v;
    struct event event;

    (void)state;
    listen_to(&v, "?view=1&topics=job.progress,call.*");
    go_to(1);
    expect_step(&v, rig->project, 1);
    publish(rig, 1);
    assert_true(next(&v, &event) && str_ends(event.id, STR(":1")));
    go_to(2);
    assert_true(next(&v, &event) && str_is_none(event.id));
    leave(&v);
}

static void who_wants_all_events_is_told_of_events_alone(void **state)
{
    struct viewer all, calls, wants;
    struct event event;

    (void)state;
    listen_to(&all, "?view=1");
    watch(rig, &calls, "");
    listen_to(&wants, wanted);
    go_to(1);
    expect_step(&wants, rig->project, 1);
    publish(rig, 1);
    assert_true(next(&all, &event) && str_ends(event.id, STR(":1")));
    expect_seqs(&calls, 1, 1);
    leave(&all);
    leave(&calls);
    leave(&wants);
}

static void where_nobody_wants_it_nothing_is_asked(void **state)
{
    struct viewer v, other;
    int n;

    (void)state;
    listen_to(&other, "?view=1");
    wait_for_a_round(rig);
    assert_int_equal(atomic_load(&n_asked), 0);
    listen_to(&v, wanted);
    go_to(1);
    expect_step(&v, rig->project, 1);
    leave(&v);
    do { // until the server has seen that it left
        n = atomic_load(&n_asked);
        wait_for_a_round(rig);
    } while (atomic_load(&n_asked) != n);
    leave(&other);
}

static void each_project_is_told_of_its_own_and_all_are_one_question(void **state)
{
    struct viewer ours, also_ours, theirs;

    (void)state;
    sql(rig, "INSERT INTO projects (id, org_id, name) SELECT 77, org_id, 'theirs' FROM projects;"
             "INSERT INTO feed_heads (project_id, last_seq, epoch) VALUES (77, 0, 'theirs')");
    listen_to(&ours, wanted);
    listen_to(&also_ours, wanted);
    listen_to(&theirs, "?view=1&topics=job.*&project=77");
    publish(rig, 1); // a round
    expect_step(&theirs, 77, 1);
    expect_step(&ours, rig->project, 1);
    expect_step(&also_ours, rig->project, 1);
    assert_int_equal(atomic_load(&most_projects), 2);
    leave(&ours);
    leave(&also_ours);
    leave(&theirs);
}

static void a_store_that_fails_is_asked_again(void **state)
{
    struct viewer v;

    (void)state;
    listen_to(&v, wanted);
    go_to(-1);
    go_to(5);
    struct event event;
    do // the first may have been told before it failed
        assert_true(next(&v, &event));
    while (str_contains(event.data, STR(",1,")));
    assert_true(str_contains(event.data, STR(",5,")));
    leave(&v);
}

/* What it missed is nothing: it gets the last, and is not cut off. */
static void a_slow_reader_skips_what_is_old(void **state)
{
    enum { STEPS = 80 };
    struct viewer v;
    struct event event;
    int n = 0;

    (void)state;
    atomic_store(&bytes, 200 * 1024);
    dial(rig, &v, wanted, 4096);
    assert_true(str_starts(head(&v), STR("HTTP/1.1 200 ")));
    for (int i = 1; i <= STEPS; i++)
        go_to(i);
    const char *const last = str_z(str_fmt(rig->a, ",%d,\"", STEPS), rig->a);
    do {
        assert_true(next(&v, &event));
        n++;
    } while (!str_contains(str_sub(event.data, 0, 100), str_from(last)));
    assert_true(n < STEPS);
    assert_int_equal(stats(rig).slow_closed, 0);
    leave(&v);
}

// --- as a WebSocket ------------------------------------------------------------------------------

static void dial_socket(struct viewer *v, const char *query)
{
    dial_as(rig, v, query,
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
            0);
    assert_true(str_starts(head(v), STR("HTTP/1.1 101 ")));
}

static void subscribe(const struct viewer *v)
{
    struct buf out;

    buf_init(&out, SIZE_MAX);
    client_frame(&out, FRAME_TEXT, STR("{\"type\":\"subscribe\",\"topics\":[\"job.progress\"]}"));
    assert_int_equal(send(v->fd, out.p, out.n, MSG_NOSIGNAL), out.n);
    buf_finish(&out);
}

static void a_socket_may_ask_for_it_later(void **state)
{
    struct viewer v;

    (void)state;
    dial_socket(&v, "?view=2&sees=1&topics=call.*");
    subscribe(&v);
    assert_false(str_is_none(cut_text(&v, STR("\"topics\":[\"job.progress\"],"))));
    go_to(1);
    assert_false(str_is_none(cut_text(&v, STR("{\"type\":\"job.progress\",\"runs\":["))));
    leave(&v);
}

static void who_may_not_have_it_is_told_so(void **state)
{
    struct viewer v;

    (void)state;
    dial_socket(&v, "?view=2&topics=call.*");
    subscribe(&v);
    assert_false(str_is_none(cut_text(&v, STR("\"FORBIDDEN\""))));
    wait_for_a_round(rig);
    assert_int_equal(atomic_load(&n_asked), 0);
    leave(&v);
}

#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, begin, end)

TEST_MAIN(WITH_RIG(who_wants_it_is_told_what_is_new_and_who_comes_what_there_is),
          WITH_RIG(it_comes_between_events_and_moves_nobody),
          WITH_RIG(who_wants_all_events_is_told_of_events_alone),
          WITH_RIG(where_nobody_wants_it_nothing_is_asked),
          WITH_RIG(each_project_is_told_of_its_own_and_all_are_one_question),
          WITH_RIG(a_store_that_fails_is_asked_again), WITH_RIG(a_slow_reader_skips_what_is_old),
          WITH_RIG(a_socket_may_ask_for_it_later), WITH_RIG(who_may_not_have_it_is_told_so))
