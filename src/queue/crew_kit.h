#ifndef QUEUE_CREW_KIT_H
#define QUEUE_CREW_KIT_H
/*
 * For tests of the engine with its threads. The handler leaves one event per row in the feed, in
 * its transaction: what is there twice was applied twice, and what is missing was lost.
 */
#include "test/inbox.h"

#include "feed/feed.h"
#include "jobs/inbox_apply.h"
#include "loop/bell.h"
#include "queue/internal.h"

enum { LANES = 97, LANE_NAMES = 128 };

#define DEADLINE SECONDS(100)

/* What the handler does with a row, by the row's call_sid. */
#define FINE "fine"
#define POISON "poison"       /* the batch fails with ERR_INVALID */
#define UNLUCKY "unlucky"     /* the batch fails, twice */
#define REFUSED "refused"     /* a verdict: bury */
#define RELUCTANT "reluctant" /* a verdict: retry, always */

struct crew {
    struct test_inbox *t;
    struct queue *q;
    struct bell *bell;
    _Atomic int misfortunes;
    _Atomic int runs;                /* of who counts them */
    _Atomic int in_lane[LANE_NAMES]; /* of who watches the lanes: rows under way */
    _Atomic int crowded, out_of_order;
    _Atomic int64_t last_of_lane[LANE_NAMES];
};

static inline bool is(const struct queue_row *row, const char *what)
{
    return str_eq(row->call_sid, str_from(what));
}

static inline bool leave_effects(struct queue_batch *b, struct err *e)
{
    struct feed_item *items = arena_new(b->a, struct feed_item, b->n);
    size_t n = 0;

    for (size_t i = 0; i < b->n; i++)
        if (b->verdicts[i].outcome == QUEUE_DONE)
            items[n++] = (struct feed_item){
                .project = b->rows[i].project,
                .type = STR("test.effect"),
                .entity_type = STR("row"),
                .entity_id = str_fmt(b->a, "%lld", (long long)b->rows[i].id),
                .payload = STR("{}"),
            };
    return feed_append(b->db, items, n, SECONDS(1800000000), b->a, e) || err_trace(e);
}

static inline bool look_at(struct crew *c, const struct queue_row *row, struct queue_verdict *v,
                           struct err *e)
{
    if (is(row, POISON))
        return err_set(e, ERR_INVALID, "this cannot be");
    if (is(row, UNLUCKY) && atomic_fetch_add(&c->misfortunes, 1) < 3) // in its batch, then alone
        return err_set(e, ERR_INTERNAL, "bad luck");
    if (is(row, REFUSED))
        *v = (struct queue_verdict){QUEUE_BURY, STR("no")};
    if (is(row, RELUCTANT))
        *v = (struct queue_verdict){QUEUE_RETRY, STR("not yet")};
    return true;
}

static inline bool run(struct queue_batch *b, struct err *e)
{
    struct crew *c = b->arg;
    bool ok = true;

    for (size_t i = 0; i < b->n && ok; i++)
        ok = look_at(c, &b->rows[i], &b->verdicts[i], e);
    return (ok && leave_effects(b, e)) || err_trace(e);
}

static inline void after_commit(struct queue_batch *b)
{
    bell_ring(((struct crew *)b->arg)->bell);
}

/* On the inbox. What the options leave out: the system's clock, two workers, the handler above. */
static inline bool start_as(struct crew *c, struct test_inbox *t, struct queue_options o,
                            struct err *e)
{
    *c = (struct crew){.t = t, .bell = bell_create()};
    o.name = "inbox";
    o.store = t->store;
    o.queries = inbox_queue_queries;
    o.clock = o.clock ? o.clock : &clock_system;
    o.workers = o.workers ? o.workers : 2;
    o.handler.arg = c;
    if (!o.handler.run)
        o.handler = (struct queue_handler){run, after_commit, c};
    return queue_start(&o, &c->q, e);
}

static inline void start_with(struct crew *c, struct test_inbox *t, struct queue_options o)
{
    struct err e = {0};

    assert_ok(start_as(c, t, o, &e), &e);
}

static inline void start(struct crew *c, struct test_inbox *t, struct queue_policy policy,
                         size_t workers)
{
    start_with(c, t, (struct queue_options){.policy = policy, .workers = workers});
}

static inline void finish(struct crew *c)
{
    queue_stop(c->q);
    bell_destroy(c->bell);
}

/* Until so many rows have this status. */
static inline void await(struct crew *c, const char *status, int64_t n)
{
    const usec_t deadline = clock_monotonic(&clock_system) + DEADLINE;

    while (test_inbox_count(c->t, status) < n) {
        if (clock_monotonic(&clock_system) > deadline)
            fail_msg("%lld rows are %s after a long wait, %lld were expected",
                     (long long)test_inbox_count(c->t, status), status, (long long)n);
        queue_wake(c->q);
        (void)bell_wait(c->bell, MILLISECONDS(20)); // what is buried rings no bell
    }
    assert_int_equal(test_inbox_count(c->t, status), n);
}

/* The queue's figures once it has counted `n` verdicts. It counts after the commit that await()
 * sees. */
static inline struct queue_stats counted(struct crew *c, uint64_t n)
{
    const usec_t deadline = clock_monotonic(&clock_system) + DEADLINE;
    struct queue_stats s;

    for (queue_stats(c->q, &s); s.done + s.buried + s.retried < n; queue_stats(c->q, &s)) {
        if (clock_monotonic(&clock_system) > deadline)
            fail_msg("%llu verdicts are counted after a long wait, %llu were expected",
                     (unsigned long long)(s.done + s.buried + s.retried), (unsigned long long)n);
        (void)bell_wait(c->bell, MILLISECONDS(2));
    }
    return s;
}

static inline void append(struct test_inbox *t, const char *what, size_t n)
{
    struct test_webhook *w = arena_new(t->a, struct test_webhook, n);

    for (size_t i = 0; i < n; i++)
        w[i] = (struct test_webhook){.event_type = STR("call-status"),
                                     .call_sid = str_from(what),
                                     .lane = str_fmt(t->a, "lane %zu", i % LANES),
                                     .payload = STR("{}")};
    test_inbox_append(t, w, n);
}

/* Every row that is completed has left exactly one effect, and no other row has. */
static inline void expect_each_effect_once(struct test_inbox *t)
{
    const int64_t n = t->n_appended;
    int *effects = arena_new(t->a, int, (size_t)n + 1);
    struct feed_page page = {.has_more = true};
    struct err e = {0};
    int64_t after = 0, id, total = 0;

    while (page.has_more) {
        assert_ok(feed_read(t->db, t->project, after, 1000, t->a, &page, &e), &e);
        for (size_t i = 0; i < page.n; i++) {
            assert_true(str_to_i64(page.items[i].entity_id, &id) && id >= 1 && id <= n);
            assert_int_equal(page.items[i].seq, ++after);
            effects[id]++;
            total++;
        }
    }
    for (id = 1; id <= n; id++)
        assert_in_range(effects[id], 0, 1);
    assert_int_equal(total, test_inbox_count(t, "completed"));
}

#endif
