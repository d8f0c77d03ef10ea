/*
 * Whatever fails, once or for a while, in whatever place that the way from a webhook to a call
 * passes: what was received is applied once. The real worker runs on one thread, on both stores;
 * the n-th passage of any fault point fails, n = 1, 2, 3 …, and in the second form those after it
 * too.
 */
#include "test/inbox.h"

#include "base/fault.h"
#include "base/log.h"
#include "jobs/inbox_apply.h"
#include "loop/bell.h"
#include "ops/verify.h"
#include "providers/provider.h"
#include "queue/internal.h"

enum { ROUNDS = 2000, LONG = 30 };

static const struct str owned[] = {{"+16175006181", 12}};
static const struct call_rules rules = {.owned = owned, .n_owned = 1, .region = {"US", 2}};

struct bench {
    struct test_inbox *t;
    usec_t *now;
    struct queue q;
    struct inbox_apply *apply;
    size_t n_calls;
};

static call_normalise_fn *normaliser_of(struct str provider)
{
    const struct provider *p = provider_find(provider);
    return p ? p->normalise : NULL;
}

static void bench_init(struct bench *b, struct test_inbox *t, const struct clock *clock,
                       usec_t *now)
{
    *b = (struct bench){.t = t, .now = now};
    b->apply = inbox_apply_create(&(struct inbox_apply_options){
        .rules = call_rules_same(&rules), .clock = clock, .normaliser_of = normaliser_of});
    const struct queue_options o = {.name = "inbox",
                                    .store = t->store,
                                    .clock = clock,
                                    .queries = inbox_queue_queries,
                                    .handler = inbox_apply_handler(b->apply),
                                    .policy = {.max_attempts = 1000,
                                               .first_wait = 1,
                                               .last_wait = 2,
                                               .lease = MILLISECONDS(1),
                                               .batch = 2}};
    queue_open(&b->q, &o);
    bell_ring_for_ever(b->q.heartbeat_end);
}

static void bench_finish(struct bench *b)
{
    queue_close(&b->q);
    inbox_apply_destroy(b->apply);
}

static void append_call(struct bench *b)
{
    static const char *const steps[] = {"ringing", "in-progress", "completed"};
    struct test_webhook w[LEN(steps)];
    const struct str sid = str_fmt(b->t->a, "CA%zu", b->n_calls++);

    for (size_t i = 0; i < LEN(steps); i++)
        w[i] = (struct test_webhook){
            .event_type = STR("call-status"),
            .call_sid = sid,
            .lane = str_fmt(b->t->a, STR_FMT ".%zu", STR_ARG(sid), i),
            .payload = str_fmt(b->t->a,
                               "{\"AccountSid\":\"AC1\",\"CallSid\":\"" STR_FMT
                               "\",\"CallStatus\":\"%s\",\"From\":\"+15085140320\","
                               "\"To\":\"+16175006181\",\"Direction\":\"inbound\","
                               "\"SequenceNumber\":\"%zu\","
                               "\"Timestamp\":\"Fri, 15 Jan 2027 08:00:%02zu +0000\"}",
                               STR_ARG(sid), steps[i], i, i)};
    test_inbox_append(b->t, w, LEN(steps));
}

static void on_finding(struct str what, void *arg)
{
    (void)arg;
    print_error(STR_FMT "\n", STR_ARG(what));
}

static void expect_sound(struct bench *b)
{
    _cleanup_(db_closep) struct db *db = store_connect(b->t->store, STORE_READ);
    struct verify_result r;
    struct err e = {0};

    assert_ok(verify_all(db, on_finding, NULL, &r, &e), &e);
    assert_int_equal(r.findings, 0);
    assert_int_equal(r.calls, b->n_calls);
    assert_int_equal(r.log_lines, 3 * b->n_calls); // once each
}

/* Three webhooks are worked off by a new worker while it happens; how far the outage was passed. */
static bool attempt(struct bench *b, uint64_t nth, uint64_t length)
{
    append_call(b);
    fault_arm_outage(NULL, nth, length);
    struct worker *w = worker_create(&b->q);
    worker_take_name(w);
    for (int i = 0; i < ROUNDS && (worker_round(w) || i < 2); i++)
        *b->now += SECONDS(1);
    const bool struck = fault_struck();
    fault_disarm();
    for (int i = 0; i < ROUNDS && test_inbox_count(b->t, "completed") < 3 * (int64_t)b->n_calls;
         i++) {
        *b->now += SECONDS(1);
        (void)worker_round(w);
    }
    worker_destroy(w);
    if (test_inbox_count(b->t, "completed") != 3 * (int64_t)b->n_calls)
        fail_msg("passage %llu of any point, %llu in all: not everything was done",
                 (unsigned long long)nth, (unsigned long long)length);
    return struck;
}

/* How many are open when nothing befell it. */
static size_t descriptors_in_peace(struct bench *b)
{
    (void)attempt(b, UINT64_MAX, 1);
    expect_sound(b);
    return test_descriptors();
}

static void sweep(struct bench *b, uint64_t length)
{
    const size_t most = descriptors_in_peace(b);
    uint64_t nth = 1;
    while (attempt(b, nth, length)) {
        test_expect_no_leak(most, nth);
        if (nth++ % 16 == 0)
            expect_sound(b);
    }
    assert_true(nth > 20);
    expect_sound(b);
}

static void f016_f019_no_fault_and_no_outage_applies_anything_twice_or_never(void **state)
{
    usec_t now = SECONDS(1900000000);
    const struct clock clock = clock_fixed(&now);

    (void)state;
    log_configure(LOG_ERROR + 1, LOG_LOGFMT);
    TEST_INBOXES_BY(t, &clock)
    {
        struct bench b;
        bench_init(&b, t, &clock, &now);
        sweep(&b, 1);
        sweep(&b, LONG);
        bench_finish(&b);
    }
}

TEST_MAIN(cmocka_unit_test(f016_f019_no_fault_and_no_outage_applies_anything_twice_or_never))
