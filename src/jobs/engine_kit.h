#ifndef JOBS_ENGINE_KIT_H
#define JOBS_ENGINE_KIT_H
/* The engine by hand: two runners on one store, a clock that stands still, jobs that take notes. */
#include "jobs/internal.h"

#include "base/fault.h"
#include "base/json.h"
#include "jobs/run.h"
#include "tenancy/project.h"
#include "test/store.h"

enum { STEPS = 4 };

struct bench {
    struct store *store;
    struct arena *a;
    struct db *db;
    usec_t now;
    struct clock clock;
    struct jobs *jobs;
    struct runner *first, *second;
    int64_t project;
    /* of the counting job */
    int steps;
    enum err_code fails; /* at the second step; ERR_NONE: it does not */
    bool off, store_fails, ends_at_once, fails_when_robbed, is_flawed;
    int n_ended[2]; /* runs that failed, and that did not */
    usec_t not_before, began;
    struct runner *stolen_by; /* runs the job within the first one's step */
};

static inline bool lose_store(struct job_step *s, struct err *e)
{
    fault_arm("store.begin", 1, false);
    const bool ok = db_begin(s->db, e);
    fault_disarm();
    assert_true(!ok && db_lost(s->db));
    return false;
}

/* Counts from 0 to STEPS, one per step. */
static inline bool count_up(struct job_step *s, struct err *e)
{
    struct bench *b = s->arg;
    struct json_object *cursor;
    int64_t at = 0;

    assert_ok(json_parse(s->cursor, s->a, &cursor, e), e);
    (void)json_get_int(cursor, "at", &at);
    b->steps++;
    if (b->stolen_by) {
        struct runner *thief = b->stolen_by;
        b->stolen_by = NULL;
        assert_ok(drop_lease(b->first, e), e); // it has run out
        assert_true(runner_round(thief));
        if (b->fails_when_robbed)
            return err_set(e, ERR_UPSTREAM, "the provider has failed");
    }
    if (b->store_fails)
        return lose_store(s, e) || err_trace(e);
    if (b->fails && at > 0) {
        s->not_before = b->not_before;
        return err_set(e, b->fails, "the provider has failed");
    }
    at++;
    job_step_count(s, STR("counted"), 1);
    s->n_done = at;
    s->n_total = STEPS;
    s->done = at == STEPS || b->ends_at_once;
    s->began = b->began;
    if (s->done && b->is_flawed)
        err_set(&s->flaw, ERR_UPSTREAM, "something was left out");
    s->next_cursor = str_fmt(s->a, "{\"at\": %lld}", (long long)at);
    return true;
}

static inline bool is_on(const struct job *j, int64_t project, void *arg)
{
    (void)j;
    (void)project;
    return !((const struct bench *)arg)->off;
}

static inline void on_ended(const struct job *j, bool ok, const struct job_count *counts, size_t n,
                            void *arg)
{
    (void)j;
    (void)counts;
    (void)n;
    ((struct bench *)arg)->n_ended[ok]++;
}

static struct job counting, asked, once;
static const struct job *const list[] = {&counting, &asked, &once};

static inline void add_project(struct bench *b, const char *name, int64_t *ret)
{
    struct rng rng = rng_seeded(1);
    struct err e = {0};

    assert_ok(project_create(OFFICE(b->db, &rng, b->now), 1, str_from(name), b->a, ret, &e), &e);
}

static inline void bench_init(struct bench *b, struct store *store, struct arena *a)
{
    struct rng rng = rng_seeded(1);
    struct err e = {0};

    *b = (struct bench){.store = store, .a = a, .now = SECONDS(1900000000), .began = TIME_NONE};
    b->clock = clock_fixed(&b->now);
    b->db = store_connect(store, STORE_WORK);
    assert_ok(project_bootstrap(b->db,
                                &(struct project_bootstrap){.rng = &rng,
                                                            .now = b->now,
                                                            .provider = STR("twilio"),
                                                            .account_sid = STR("AC1")},
                                &b->project, &e),
              &e);
    counting = (struct job){
        .name = "counting", .schedule = JOB_EVERY(SECONDS(60), SECONDS(120)), .step = count_up};
    asked = (struct job){.name = "asked", .schedule = JOB_ON_REQUEST, .step = count_up};
    once = (struct job){.name = "once",
                        .scope = JOB_INSTALLATION,
                        .schedule = JOB_DAILY(3, 0, HOURS(1)),
                        .step = count_up};
    b->jobs = jobs_create(&(struct jobs_options){.store = store,
                                                 .clock = &b->clock,
                                                 .jobs = list,
                                                 .n_jobs = LEN(list),
                                                 .threads = 2,
                                                 .is_on = is_on,
                                                 .on_ended = on_ended,
                                                 .arg = b});
    b->first = b->jobs->runners[0];
    b->second = b->jobs->runners[1];
}

static inline void bench_finish(struct bench *b)
{
    jobs_stop(b->jobs);
    db_close(b->db);
}

#define BENCH(b)                                                                                   \
    TEST_STORES(store_, a_)                                                                        \
    for (struct bench bench_, *b = (bench_init(&bench_, store_, a_), &bench_); b;                  \
         bench_finish(b), b = NULL)

static inline void plan(struct bench *b)
{
    struct err e = {0};

    assert_ok(plan_jobs(b->first, &e), &e);
}

static inline struct job_state state(struct bench *b, int64_t project, const char *name)
{
    struct job_state *states;
    struct err e = {0};
    size_t n;

    assert_ok(job_states(b->db, project, b->a, &states, &n, &e), &e);
    for (size_t i = 0; i < n; i++)
        if (str_eq(states[i].name, str_from(name)))
            return states[i];
    return (struct job_state){.name = STR_NONE};
}

static inline int64_t ask(struct bench *b, const struct job *job)
{
    const struct job_asker by = {STR("api"), STR("ann@example.com"), b->now};
    struct err e = {0};
    int64_t run;

    assert_ok(db_begin(b->db, &e), &e);
    assert_ok(job_ask(b->db, b->project, job, &by, &run, &e), &e);
    assert_ok(db_commit(b->db, &e), &e);
    return run;
}

/* As if the runner had died: nobody renews its lease. On PostgreSQL the time is the database's. */
static inline void bury(struct bench *b, struct runner *r)
{
    struct err e = {0};

    if (store_engine(b->store) == STORE_SQLITE)
        b->now += JOB_LEASE + 1;
    else
        assert_ok(drop_lease(r, &e), &e);
}

#endif
