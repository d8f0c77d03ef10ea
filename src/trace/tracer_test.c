/* Spans on their way to a collector that takes them, refuses them, or says nothing. */
#include "trace/trace.h"

#include <sched.h>

#include "test/origin.h"

#define TRACE "01ARYZ6S41TSV4RRFFQ69G5FAV"
#define BASIC "Basic eDp5"

enum { QUEUE_MAX = 8192 };

struct rig {
    struct arena *a;
    struct origin *collector;
    struct tracer *tracer;
};

static int begin(void **state)
{
    struct arena *a = arena_create(0);
    struct rig *r = arena_new(a, struct rig, 1);

    r->a = a;
    r->collector = origin_start(BASIC, a);
    *state = r;
    return 0;
}

static int end(void **state)
{
    struct rig *r = *state;

    tracer_stop(r->tracer);
    arena_destroy(r->a);
    return 0;
}

/* path: what the collector does. */
static struct tracer_options options(const struct rig *r, const char *path)
{
    return (struct tracer_options){.clock = &clock_system,
                                   .endpoint = origin_url(r->collector, path, r->a),
                                   .headers = STR("Authorization=Basic%20eDp5"),
                                   .service = STR("calls"),
                                   .sampler = STR("always_on"),
                                   .share = STR("1")};
}

static void start(struct rig *r, const char *path)
{
    const struct tracer_options o = options(r, path);
    struct err e = {0};

    assert_ok(tracer_start(&o, &r->tracer, &e), &e);
}

static void note(const struct rig *r, int n)
{
    for (int i = 0; i < n; i++)
        tracer_note(r->tracer,
                    &(struct span){.trace = STR(TRACE), .name = "a", .kind = SPAN_INTERNAL});
}

static struct tracer_stats wait_for(const struct rig *r, uint64_t settled)
{
    const usec_t deadline = clock_monotonic(&clock_system) + SECONDS(20);
    struct tracer_stats s;

    do {
        assert_true(clock_monotonic(&clock_system) < deadline);
        sched_yield();
        tracer_stats(r->tracer, &s);
    } while (s.exported + s.dropped < settled);
    return s;
}

static void wait_for_requests(const struct rig *r, int n)
{
    const usec_t deadline = clock_monotonic(&clock_system) + SECONDS(60);

    while (atomic_load(&r->collector->n_requests) < n) {
        assert_true(clock_monotonic(&clock_system) < deadline);
        sched_yield();
    }
}

static void spans_reach_the_collector_with_our_header_fields(void **state)
{
    struct rig *r = *state;

    start(r, "/status/200/");
    note(r, 1000);
    const struct tracer_stats s = wait_for(r, 1000);
    assert_int_equal(s.exported, 1000);
    assert_int_equal(s.dropped, 0);
    assert_true(atomic_load(&r->collector->n_basic) >= 2); // batches
}

static void what_the_collector_refuses_is_counted(void **state)
{
    struct rig *r = *state;

    start(r, "/status/400");
    note(r, 3);
    const struct tracer_stats s = wait_for(r, 3);
    assert_int_equal(s.exported, 0);
    assert_int_equal(s.dropped, 3);
}

static void what_it_cannot_take_now_is_sent_again(void **state)
{
    struct rig *r = *state;
    struct tracer_stats s;

    start(r, "/status/503");
    note(r, 3);
    wait_for_requests(r, 2);
    tracer_stats(r->tracer, &s);
    assert_int_equal(s.exported + s.dropped, 0);
}

static void a_silent_collector_costs_spans_and_no_memory(void **state)
{
    struct rig *r = *state;

    start(r, "/silent");
    note(r, QUEUE_MAX + 100);
    const struct tracer_stats s = wait_for(r, 100);
    assert_int_equal(s.exported, 0);
    assert_int_equal(s.dropped, 100);
}

static void no_tracer_and_no_trace_are_nothing(void **state)
{
    struct rig *r = *state;
    struct tracer_stats s;

    note(r, 1); // there is none
    tracer_stats(r->tracer, &s);
    assert_int_equal(s.exported + s.dropped, 0);
    start(r, "/status/200");
    tracer_note(r->tracer, &(struct span){.trace = STR("none"), .name = "a"});
    tracer_note(r->tracer, &(struct span){.trace = STR_NONE, .name = "a"});
    note(r, 1);
    assert_int_equal(wait_for(r, 1).exported, 1);
}

static void options_that_cannot_be_read_are_refused(void **state)
{
    struct rig *r = *state;
    struct tracer_options bad[] = {options(r, "/"), options(r, "/"), options(r, "/")};

    bad[0].sampler = STR("sometimes");
    bad[1].share = STR("2"), bad[1].sampler = STR("traceidratio");
    bad[2].headers = STR("a");
    for (size_t i = 0; i < LEN(bad); i++) {
        struct err e = {0};
        assert_refused(tracer_start(&bad[i], &r->tracer, &e), &e, ERR_INVALID);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

TEST_MAIN_QUIET(TEST(spans_reach_the_collector_with_our_header_fields),
                TEST(what_the_collector_refuses_is_counted),
                TEST(what_it_cannot_take_now_is_sent_again),
                TEST(a_silent_collector_costs_spans_and_no_memory),
                TEST(no_tracer_and_no_trace_are_nothing),
                TEST(options_that_cannot_be_read_are_refused))
