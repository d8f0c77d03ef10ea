/* What the hub says of itself: counts of each project, how far it is behind, spans of its work. */
#include "feed/viewer_kit.h"

#include <sched.h>

#include "base/fault.h"
#include "test/origin.h"
#include "trace/trace.h"

static void what_was_sent_is_counted_for_each_project(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up();
    struct hub_stats mine, another;
    struct viewer v[2];

    (void)state;
    for (size_t i = 0; i < LEN(v); i++)
        watch(r, &v[i], "");
    const int64_t last = publish(r, 3);
    for (size_t i = 0; i < LEN(v); i++)
        expect_seqs(&v[i], 1, last);
    do // a frame is counted when it has been handed to the socket
        hub_stats_of(r->hub, r->project, &mine);
    while (mine.events_sent < LEN(v) * (size_t)last);
    assert_int_equal(mine.events_sent, LEN(v) * (size_t)last);
    assert_int_equal(mine.clients, LEN(v));
    hub_stats_of(r->hub, r->project + 1, &another);
    assert_int_equal(another.events_sent, 0);
    assert_int_equal(another.clients, 0);
    for (size_t i = 0; i < LEN(v); i++)
        leave(&v[i]);
}

static void wait_for_lag(struct rig *r, usec_t lag)
{
    const usec_t deadline = clock_monotonic(&clock_system) + SECONDS(20);

    while (stats(r).lag < lag) {
        assert_true(clock_monotonic(&clock_system) < deadline);
        (void)sched_yield();
    }
}

/* Of several that cannot be published, the one that waits longest tells how far it is behind. */
static void the_lag_is_that_of_the_oldest(void **state)
{
    _cleanup_(rig_downp) struct rig *r = rig_up_with(
        (struct hub_options){.ring = RING, .keepalive = SECONDS(3600), .poll = MILLISECONDS(5)});
    struct viewer v, older;

    (void)state;
    sql(r, "INSERT INTO projects (id, org_id, name) SELECT id + 1, org_id, 'b' FROM projects;"
           "INSERT INTO feed_heads (project_id, epoch) SELECT project_id + 1, epoch "
           "FROM feed_heads");
    watch(r, &v, "");
    watch(r, &older, str_z(str_fmt(r->a, "?project=%lld", (long long)r->project + 1), r->a));
    fault_arm("store.query", 1, true);
    hub_announce(r->hub, r->project + 1, 1);
    const usec_t since = clock_monotonic(&clock_system);
    wait_for_lag(r, MILLISECONDS(30));
    hub_announce(r->hub, r->project, 1);
    wait_for_lag(r, MILLISECONDS(60)); // some polls that come to nothing
    const usec_t now = clock_monotonic(&clock_system);
    assert_true(stats(r).lag >= now - since);
    fault_disarm();
    leave(&v);
    leave(&older);
}

// --- traces --------------------------------------------------------------------------------------

#define TRACE "01ARYZ6S41TSV4RRFFQ69G5FAV"

static struct tracer *tracer_up(struct arena *a)
{
    struct tracer *t = NULL;
    struct err e = {0};

    assert_ok(tracer_start(
                  &(struct tracer_options){
                      .clock = &clock_system,
                      .endpoint = origin_url(origin_start("", a), "/status/200/", a),
                      .service = STR("calls"),
                      .sampler = STR("always_on"),
                      .share = STR("1"),
                  },
                  &t, &e),
              &e);
    return t;
}

static void wait_for_spans(const struct tracer *t, uint64_t n)
{
    const usec_t deadline = clock_monotonic(&clock_system) + SECONDS(20);
    struct tracer_stats s;

    do {
        assert_true(clock_monotonic(&clock_system) < deadline);
        (void)sched_yield();
        tracer_stats(t, &s);
    } while (s.exported < n);
    assert_int_equal(s.exported, n);
}

static int64_t append_traced(struct rig *r, size_t n, struct str payload)
{
    struct feed_item *items = arena_new(r->a, struct feed_item, n);
    struct err e = {0};

    for (size_t i = 0; i < n; i++)
        items[i] = (struct feed_item){.project = r->project,
                                      .type = STR("call.state_changed"),
                                      .ts = SECONDS(1800000000),
                                      .entity_type = STR("call"),
                                      .entity_id = STR("CA1"),
                                      .payload = payload,
                                      .trace_id = STR(TRACE)};
    assert_ok(db_begin(r->db, &e), &e);
    assert_ok(feed_append(r->db, items, n, SECONDS(1800000000), r->a, &e), &e);
    assert_ok(db_commit(r->db, &e), &e);
    return items[n - 1].seq;
}

/* Also of those that come in parts, because they are large: each once. */
static void each_event_that_was_announced_is_one_span(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    enum { LARGE = 400 * 1024 };
    char *text = arena_alloc(a, LARGE);
    struct tracer *t = tracer_up(a);
    struct viewer v;

    (void)state;
    memset(text, 'x', LARGE);
    _cleanup_(rig_downp) struct rig *r = rig_up_with((struct hub_options){
        .ring = RING, .keepalive = SECONDS(3600), .poll = SECONDS(3600), .tracer = t});
    watch(r, &v, "");
    hub_announce(r->hub, r->project,
                 append_traced(r, 3, str_fmt(a, "{\"call\":{\"a\":\"%.*s\"}}", LARGE, text)));
    expect_seqs(&v, 1, 3);
    hub_announce(r->hub, r->project, append_traced(r, 2, str_from(call_json)));
    expect_seqs(&v, 4, 5);
    wait_for_spans(t, 5);
    leave(&v);
    rig_down(TAKE(r));
    tracer_stop(t);
}

static void what_nobody_announced_is_no_span(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct tracer *t = tracer_up(a);
    struct viewer v;

    (void)state;
    _cleanup_(rig_downp) struct rig *r = rig_up_with((struct hub_options){
        .ring = RING, .keepalive = SECONDS(3600), .poll = MILLISECONDS(5), .tracer = t});
    watch(r, &v, "");
    append_traced(r, 2, str_from(call_json)); // when it came is not known
    expect_seqs(&v, 1, 2);
    leave(&v);
    rig_down(TAKE(r));
    wait_for_spans(t, 0);
    tracer_stop(t);
}

TEST_MAIN(cmocka_unit_test(what_was_sent_is_counted_for_each_project),
          cmocka_unit_test(the_lag_is_that_of_the_oldest),
          cmocka_unit_test(each_event_that_was_announced_is_one_span),
          cmocka_unit_test(what_nobody_announced_is_no_span))
