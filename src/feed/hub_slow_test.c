/* The hub and those who make it hard: slow readers, large frames, crowds, clients that go at once.
 */
#include "feed/viewer_kit.h"

#include <stdio.h>
#include <sys/resource.h>

#include "base/limits.h"

enum { CROWD = 1000 };

/* With a large ring. However long it takes, nothing is said but what happens. */
static const struct hub_options silent = {.keepalive = SECONDS(3600), .poll = SECONDS(3600)};

/* One stops reading, and is cut off while another follows so many events at a time; it comes back
 * and misses none. */
static void expect_cut_off_and_resumed(struct rig *r, size_t step)
{
    struct viewer slow, v;
    struct event event;
    int64_t last = 0, seq, seen = 0;
    char query[64];

    dial(r, &slow, "", 4096);
    head(&slow);
    expect(&slow, "connected", &event);
    watch(r, &v, "");
    while (stats(r).slow_closed == 0) {
        last = publish(r, step);
        expect_seqs(&v, last - (int64_t)step + 1, last);
    }
    while (next(&slow, &event)) {
        assert_true(str_to_i64(event.id, &seq));
        assert_int_equal(seq, seen + 1);
        seen = seq;
    }
    leave(&slow);
    assert_true(seen < last);
    snprintf(query, sizeof query, "?last_seq=%lld", (long long)seen);
    watch(r, &slow, query);
    expect_seqs(&slow, seen + 1, last);
    leave(&slow);
    leave(&v);
}

static void a_slow_reader_is_cut_off_and_resumes(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up_with(silent);

    (void)state;
    expect_cut_off_and_resumed(r, 100);
}

/* In a ring that holds fewer bytes than a client may be late. */
static void who_falls_out_of_the_ring_is_cut_off_and_resumes(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up();

    (void)state;
    expect_cut_off_and_resumed(r, RING / 4);
}

static void a_burst_cuts_nobody_off(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up_with(silent);
    struct viewer v;

    (void)state;
    dial(r, &v, "", 4096);
    head(&v);
    expect_text(&v, "connected", "\"last_seq\":0,");
    const int64_t last = publish(r, 1000); // three quarters of a megabyte
    expect_seqs(&v, 1, last);
    assert_int_equal(stats(r).slow_closed, 0);
    leave(&v);
}

static void a_frame_larger_than_the_backlog_passes(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up_with(silent);
    struct viewer v[2];
    struct buf payload;

    (void)state;
    buf_init(&payload, 2 * 1024 * 1024);
    buf_str(&payload, STR("{\"call\":{\"twilio_sid\":\"CA1\",\"metadata\":\""));
    for (size_t i = 0; i < LIMIT_SSE_BACKLOG + 20000; i++)
        buf_char(&payload, 'x');
    buf_str(&payload, STR("\"}}"));
    dial(r, &v[0], "", 4096);
    head(&v[0]);
    expect_text(&v[0], "connected", "\"last_seq\":0,");
    for (int i = 0; i < 3; i++)
        hub_announce(r->hub, r->project,
                     append_as(r, 1, STR("call.state_changed"), buf_view(&payload)));
    publish(r, 1);
    expect_seqs(&v[0], 1, 4);
    dial(r, &v[1], "?last_seq=0", 4096);
    head(&v[1]);
    expect_text(&v[1], "connected", "\"last_seq\":4,");
    expect_seqs(&v[1], 1, 4);
    leave(&v[0]);
    leave(&v[1]);
    buf_finish(&payload);
}

/* However much it still has to take: it is sent whole frames, and no keepalive between them. */
static void who_resumes_slowly_is_not_cut_off(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up_with(
        (struct hub_options){.n_loops = 1, .keepalive = MILLISECONDS(40), .poll = SECONDS(3600)});
    enum { LARGE = 400 * 1024, FRAMES = 20 };
    char *text = arena_alloc(r->a, LARGE);
    struct viewer stays, slow;
    struct event event;
    int64_t seq;

    (void)state;
    memset(text, 'x', LARGE);
    watch(r, &stays, "");
    for (int64_t i = 1; i <= FRAMES; i++) {
        const struct str payload = str_fmt(r->a, "{\"call\":{\"a\":\"%.*s\"}}", LARGE, text);
        hub_announce(r->hub, r->project, append_as(r, 1, STR("call.state_changed"), payload));
        next_but(&stays, "keepalive", &event);
    }
    dial(r, &slow, "?last_seq=0", 4096);
    head(&slow);
    expect(&slow, "connected", &event);
    for (int i = 0; i < 4; i++)
        expect(&stays, "keepalive", &event); // on the same loop, which looks after both
    for (int64_t want = 1; want <= FRAMES; want++) {
        next_but(&slow, "keepalive", &event);
        assert_true(str_to_i64(event.id, &seq));
        assert_int_equal(seq, want);
    }
    assert_int_equal(stats(r).slow_closed, 0);
    leave(&slow);
    leave(&stays);
}

/* How many a server takes, it asks the system when it starts. */
static struct rig *rig_up_for_a_crowd(void)
{
    struct rlimit files;

    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    return rig_up();
}

static void a_crowd_costs_little_and_misses_nothing(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up_for_a_crowd();
    struct viewer *v = arena_new(r->a, struct viewer, CROWD);
    int64_t last = 0;

    (void)state;
    for (size_t i = 0; i < CROWD; i++)
        watch(r, &v[i], i % 2 ? "" : "?last_seq=0");
    assert_int_equal(hub_clients(r->hub, r->project), CROWD);
    assert_int_equal(hub_clients(r->hub, r->project + 1), 0);
    for (int i = 0; i < 10; i++)
        last = publish(r, 2);
    for (size_t i = 0; i < CROWD; i++) {
        expect_seqs(&v[i], 1, last);
        leave(&v[i]);
    }
}

static void clients_may_go_at_any_moment(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up();
    struct viewer v[40];

    (void)state;
    append(r, 2000);
    for (int round = 0; round < 5; round++) {
        for (size_t i = 0; i < LEN(v); i++)
            dial(r, &v[i], i % 2 ? "?last_seq=1" : "?last_seq=1990", 0);
        publish(r, 5);
        for (size_t i = 0; i < LEN(v); i++)
            leave(&v[i]);
    }
}

TEST_MAIN(cmocka_unit_test(a_slow_reader_is_cut_off_and_resumes),
          cmocka_unit_test(who_falls_out_of_the_ring_is_cut_off_and_resumes),
          cmocka_unit_test(a_burst_cuts_nobody_off),
          cmocka_unit_test(a_frame_larger_than_the_backlog_passes),
          cmocka_unit_test(who_resumes_slowly_is_not_cut_off),
          cmocka_unit_test(a_crowd_costs_little_and_misses_nothing),
          cmocka_unit_test(clients_may_go_at_any_moment))
