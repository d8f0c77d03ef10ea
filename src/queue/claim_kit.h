#ifndef QUEUE_CLAIM_KIT_H
#define QUEUE_CLAIM_KIT_H
/* Claims and conclusions, one statement at a time: two workers by hand, and a held clock. */
#include "test/inbox.h"

#include "jobs/inbox_apply.h"
#include "queue/internal.h"

enum { FRESH = true, TRIED = false };

struct bench {
    struct test_inbox *t;
    usec_t now, up; /* on the clock's two faces */
    struct clock clock;
    struct queue q;
    struct worker *first, *second;
};

static inline usec_t wall(const struct clock *c)
{
    return ((const struct bench *)c->arg)->now;
}

static inline usec_t monotonic(const struct clock *c)
{
    return ((const struct bench *)c->arg)->up;
}

static inline struct bench *bench_init(struct bench *b, struct test_inbox *t)
{
    *b = (struct bench){.t = t, .now = SECONDS(1900000000), .up = SECONDS(1)};
    b->clock = (struct clock){wall, monotonic, b};
    b->q.o = (struct queue_options){.name = "inbox",
                                    .store = t->store,
                                    .clock = &b->clock,
                                    .queries = inbox_queue_queries,
                                    .policy = queue_policy_default};
    b->first = worker_create(&b->q);
    b->second = worker_create(&b->q);
    worker_take_name(b->first);
    worker_take_name(b->second);
    return b;
}

static inline void bench_finish(struct bench *b)
{
    worker_destroy(b->first);
    worker_destroy(b->second);
}

/* The body runs once for each engine that there is, at a bench of its own. No `break`. */
#define TEST_BENCHES(b_)                                                                           \
    TEST_INBOXES(t_)                                                                               \
    for (struct bench bench_, *b_ = bench_init(&bench_, t_); b_; bench_finish(b_), b_ = NULL)

/* Rows 1, 2, 3 … with these lanes: "aab". */
static inline void append_lanes(struct bench *b, const char *lanes)
{
    for (const char *lane = lanes; *lane; lane++) {
        const struct test_webhook w = {.event_type = STR("call-status"),
                                       .call_sid = str_dup((struct str){lane, 1}, b->t->a),
                                       .payload = STR("{}")};
        test_inbox_append(b->t, &w, 1);
    }
}

static inline struct claim take(struct bench *b, struct worker *w, bool fresh)
{
    struct err e = {0};
    struct claim c;

    assert_ok(db_begin(w->db, &e), &e);
    assert_ok(claim_take(w, fresh, b->t->a, &c, &e), &e);
    assert_ok(db_commit(w->db, &e), &e);
    return c;
}

/* "1 2 5": the ids of a claim. */
static inline void expect_ids(struct bench *b, struct claim c, const char *want)
{
    struct str got = STR("");

    for (size_t i = 0; i < c.n; i++)
        got =
            str_fmt(b->t->a, STR_FMT "%s%lld", STR_ARG(got), i ? " " : "", (long long)c.rows[i].id);
    assert_str(got, want);
}

/* Gives each row of a claim its verdict; whether they were still the worker's. */
static inline bool conclude_each(struct bench *b, struct worker *w, struct claim c,
                                 struct queue_verdict *verdicts)
{
    const struct queue_batch batch = {
        .db = w->db, .rows = c.rows, .n = c.n, .a = b->t->a, .verdicts = verdicts};
    struct err e = {0};
    bool held;

    assert_ok(db_begin(w->db, &e), &e);
    assert_ok(claim_conclude(w, &batch, &held, &e), &e);
    if (held)
        assert_ok(db_commit(w->db, &e), &e);
    else
        db_rollback(w->db);
    return held;
}

static inline bool conclude(struct bench *b, struct worker *w, struct claim c,
                            struct queue_verdict v)
{
    struct queue_verdict *verdicts = arena_new(b->t->a, struct queue_verdict, c.n);

    for (size_t i = 0; i < c.n; i++)
        verdicts[i] = v;
    return conclude_each(b, w, c, verdicts);
}

static const struct queue_verdict done = {.outcome = QUEUE_DONE};

static inline void reap(struct worker *w)
{
    struct err e = {0};

    assert_ok(claim_reap(w, &e), &e);
}

#endif
