/* The writer on both engines: what is answered, what is kept, and what happens when it is not. */
#include "test/store.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/limits.h"
#include "inbox/inbox.h"

#define SOON SECONDS(20) /* a deadline, never a pause */

/* A clock that the test moves by hand. */
struct hands {
    struct clock clock;
    _Atomic usec_t now;
};

static usec_t shown(const struct clock *c)
{
    return atomic_load(&((struct hands *)c->arg)->now);
}

struct sent {
    struct inbox_append append;
    struct mailbox *done;
    enum inbox_result result;
};

struct rig {
    struct store *store;
    struct arena *a;
    struct hands hands;
    struct mailbox *done;
    struct mailbox *stored; /* one task for each call of on_stored */
    struct inbox *inbox;
    const char *spool;
    bool held;
};

static void on_done(struct inbox_append *ap, enum inbox_result result)
{
    struct sent *s = container_of(ap, struct sent, append);
    s->result = result;
    assert_true(mailbox_push(s->done, &ap->task));
}

static void on_stored(size_t n, void *arg)
{
    struct rig *r = arg;
    assert_true(n > 0);
    assert_true(mailbox_push(r->stored, NEW(struct task)));
}

static bool project_of(struct str provider, struct str account, int64_t *ret, void *arg,
                       struct err *e)
{
    (void)arg, (void)e;
    assert_str(provider, "twilio");
    if (str_eq(account, STR("AC7")))
        *ret = 7;
    return true;
}

static void start(struct rig *r)
{
    struct err e;
    assert_ok(inbox_start(&(struct inbox_options){.store = r->store,
                                                  .clock = &r->hands.clock,
                                                  .spool_path = str_from(r->spool),
                                                  .held = r->held,
                                                  .project_of = project_of,
                                                  .on_stored = on_stored,
                                                  .arg = r},
                          &r->inbox, &e),
              &e);
}

static void forget(struct mailbox *m)
{
    for (struct task *t = mailbox_take(m, 0), *next; t; t = next) {
        next = t->next;
        free(t);
    }
}

static void rig_up(struct rig *r, struct store *store, struct arena *a)
{
    *r = (struct rig){.store = store, .a = a};
    atomic_store(&r->hands.now, SECONDS(1000));
    r->hands.clock = (struct clock){.wall = shown, .monotonic = shown, .arg = &r->hands};
    r->done = mailbox_create();
    r->stored = mailbox_create();
    r->spool = test_path(test_tmpdir(a), "spool", a);
    start(r);
}

static void rig_down(struct rig *r)
{
    inbox_stop(r->inbox);
    forget(r->stored);
    mailbox_destroy(r->stored);
    mailbox_destroy(r->done);
}

static void wait_stored(struct rig *r)
{
    struct task *t = mailbox_take_one(r->stored, SOON);
    assert_non_null(t);
    free(t);
}

static struct inbox_item item(int64_t project, struct str key)
{
    return (struct inbox_item){
        .project = project,
        .provider = STR("twilio"),
        .source = STR("twilio_voice"),
        .event_type = STR("call-status"),
        .call_sid = STR("CA1"),
        .lane = STR("CA1"),
        .dedupe_key = key,
        .payload = STR("{\"CallSid\":\"CA1\"}"),
        .trace_id = STR("trace"),
        .received_at = SECONDS(1700000000),
    };
}

static struct sent *send(struct rig *r, struct inbox_item it)
{
    struct sent *s = arena_new(r->a, struct sent, 1);
    s->done = r->done;
    s->append = (struct inbox_append){.item = it, .on_done = on_done};
    if (!inbox_submit(r->inbox, &s->append)) {
        assert_true(fault_struck());
        on_done(&s->append, INBOX_REFUSED);
    }
    return s;
}

static void wait_done(struct rig *r, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_non_null(mailbox_take_one(r->done, SOON));
}

static enum inbox_result result_of(struct rig *r, struct inbox_item it)
{
    struct sent *s = send(r, it);
    wait_done(r, 1);
    return s->result;
}

/* All keys of a project in the order of their ids, separated by blanks. */
static struct str keys_of(struct rig *r, int64_t project)
{
    _cleanup_(db_closep) struct db *db = store_connect(r->store, STORE_READ);
    struct rows *rows;
    struct err e;
    struct str all = STR("");
    assert_ok(
        db_query(db, Q_INBOX_LIST,
                 BINDS(bind_int("project", project), bind_str("source", STR_NONE),
                       bind_str("event_type", STR_NONE), bind_str("processing_status", STR_NONE),
                       bind_str("call_sid", STR_NONE), bind_str("error", STR_NONE),
                       bind_time("from_time", TIME_NONE), bind_time("to_time", TIME_NONE),
                       bind_int("limit", 100000), bind_int("offset", 0)),
                 r->a, &rows, &e),
        &e);
    while (rows_next(rows)) {
        const struct str key = rows_str(rows, "dedupe_key");
        all = str_fmt(r->a, STR_FMT "%s" STR_FMT, STR_ARG(key), all.n ? " " : "", STR_ARG(all));
    }
    assert_ok(rows_end(rows, &e), &e);
    return all;
}

static struct inbox_stats stats_of(struct rig *r)
{
    struct inbox_stats s;
    inbox_stats(r->inbox, &s);
    return s;
}

// --- the good days -------------------------------------------------------------------------------

static void an_event_is_stored_once(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct rig r;
        rig_up(&r, store, a);
        assert_int_equal(result_of(&r, item(1, STR("k1"))), INBOX_STORED);
        assert_int_equal(result_of(&r, item(1, STR("k1"))), INBOX_DUPLICATE);
        assert_int_equal(result_of(&r, item(2, STR("k1"))), INBOX_STORED);
        assert_str(keys_of(&r, 1), "k1");
        assert_str(keys_of(&r, 2), "k1");
        assert_int_equal(stats_of(&r).stored, 2);
        assert_int_equal(stats_of(&r).duplicates, 1);
        assert_int_equal(stats_of(&r).waiting, 0);
        rig_down(&r);
    }
}

static void every_field_is_kept(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct rig r;
        rig_up(&r, store, a);
        struct inbox_item full = item(1, STR("k1"));
        full.recording_sid = STR("RE1");
        full.raw_body = (struct str){"a=\0\xff", 4};
        assert_int_equal(result_of(&r, full), INBOX_STORED);

        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_READ);
        struct rows *rows;
        struct err e;
        assert_ok(db_query(db, Q_INBOX_BY_ID, BINDS(bind_int("project", 1), bind_int("id", 1)), a,
                           &rows, &e),
                  &e);
        assert_true(rows_next(rows));
        assert_str(rows_str(rows, "source"), "twilio_voice");
        assert_str(rows_str(rows, "event_type"), "call-status");
        assert_str(rows_str(rows, "call_sid"), "CA1");
        assert_str(rows_str(rows, "recording_sid"), "RE1");
        assert_str(rows_str(rows, "dedupe_key"), "k1");
        assert_str(rows_str(rows, "processing_status"), "pending");
        assert_true(str_contains(rows_str(rows, "payload"), STR("CallSid")));
        assert_true(rows_time(rows, "received_at") == SECONDS(1700000000));
        assert_false(rows_next(rows));
        rig_down(&r);
    }
}

/* Holds the writer inside of a completion until the test lets it go. */
struct gate {
    struct inbox_append append;
    struct mailbox *reached, *opened;
    struct task task;
};

static void hold(struct inbox_append *ap, enum inbox_result result)
{
    struct gate *g = container_of(ap, struct gate, append);
    assert_int_equal(result, INBOX_STORED);
    assert_true(mailbox_push(g->reached, &g->task));
    (void)mailbox_take(g->opened, SOON); // closed by the test
}

static void gate_shut(struct gate *g, struct rig *r, struct str key)
{
    *g = (struct gate){.reached = mailbox_create(), .opened = mailbox_create()};
    g->append = (struct inbox_append){.item = item(1, key), .on_done = hold};
    assert_true(inbox_submit(r->inbox, &g->append));
    assert_non_null(mailbox_take(g->reached, SOON));
}

static void gate_open(struct gate *g)
{
    mailbox_close(g->opened);
}

static void gate_finish(struct gate *g)
{
    mailbox_destroy(g->reached);
    mailbox_destroy(g->opened);
}

static void what_waits_goes_as_one_group(void **state)
{
    enum { N = LIMIT_GROUP };
    (void)state;
    TEST_STORES(store, a)
    {
        struct rig r;
        struct gate g;
        struct sent *sent[N];
        rig_up(&r, store, a);
        gate_shut(&g, &r, STR("first"));
        for (size_t i = 0; i < N; i++)
            sent[i] = send(&r, item(1, str_fmt(a, "k%zu", i / 2))); // each key twice
        gate_open(&g);
        wait_done(&r, N);
        for (size_t i = 0; i < N; i++)
            assert_int_equal(sent[i]->result, i % 2 ? INBOX_DUPLICATE : INBOX_STORED);
        assert_int_equal(stats_of(&r).groups, 2);
        assert_int_equal(stats_of(&r).stored, 1 + N / 2);
        rig_down(&r);
        gate_finish(&g);
    }
}

static void a_crowd_is_answered_completely(void **state)
{
    enum { N = 5 * LIMIT_GROUP + 7 };
    (void)state;
    TEST_STORES(store, a)
    {
        struct rig r;
        rig_up(&r, store, a);
        for (size_t i = 0; i < N; i++)
            (void)send(&r, item((int64_t)(1 + i % 3), str_fmt(a, "k%zu", i)));
        wait_done(&r, N);
        assert_int_equal(stats_of(&r).stored, N);
        assert_int_equal(stats_of(&r).waiting, 0);
        rig_down(&r);
    }
}

static void stopping_completes_what_was_submitted(void **state)
{
    enum { N = 3000 };
    (void)state;
    TEST_STORES(store, a)
    {
        struct rig r;
        rig_up(&r, store, a);
        for (size_t i = 0; i < N; i++)
            (void)send(&r, item(1, str_fmt(a, "k%zu", i)));
        inbox_stop(r.inbox);
        wait_done(&r, N);
        start(&r);
        assert_int_equal(result_of(&r, item(1, STR("k2999"))), INBOX_DUPLICATE);
        rig_down(&r);
    }
}

// --- one bad row ---------------------------------------------------------------------------------

static void f008_a_bad_row_is_refused_alone(void **state)
{
    enum { N = 9, BAD = 4 };
    (void)state;
    TEST_STORES(store, a)
    {
        struct rig r;
        struct gate g;
        struct sent *sent[N];
        rig_up(&r, store, a);
        gate_shut(&g, &r, STR("first"));
        for (size_t i = 0; i < N; i++) {
            struct inbox_item it = item(1, str_fmt(a, "k%zu", i));
            if (i == BAD)
                it.source = STR_NONE;
            sent[i] = send(&r, it);
        }
        gate_open(&g);
        wait_done(&r, N);
        for (size_t i = 0; i < N; i++)
            assert_int_equal(sent[i]->result, i == BAD ? INBOX_REFUSED : INBOX_STORED);
        assert_false(stats_of(&r).store_down);
        assert_int_equal(result_of(&r, item(1, STR("after"))), INBOX_STORED);
        rig_down(&r);
        gate_finish(&g);
    }
}

// --- the store is away ---------------------------------------------------------------------------

static void pass_time(struct rig *r, usec_t t)
{
    atomic_fetch_add(&r->hands.now, t);
}

static void a_failing_group_among_many_loses_nothing(void **state)
{
    enum { N = 3 * LIMIT_GROUP };
    static const char *const points[] = {"inbox.send", "inbox.receive", "store.send",
                                         "store.receive"};
    (void)state;
    TEST_STORES(store, a)
    {
        struct rig r;
        rig_up(&r, store, a);
        for (size_t p = 0; p < LEN(points); p++) {
            for (uint64_t nth = 1; nth <= 3; nth++) {
                struct gate g;
                const int64_t project = (int64_t)(100 + 10 * p + nth);
                gate_shut(&g, &r, str_fmt(a, "gate %lld", (long long)project));
                fault_arm(points[p], nth, false);
                for (size_t i = 0; i < N; i++)
                    (void)send(&r, item(project, str_fmt(a, "k%05zu", i)));
                gate_open(&g);
                wait_done(&r, N);
                fault_disarm();
                gate_finish(&g);
                pass_time(&r, SECONDS(100));
                while (result_of(&r, item(1, str_fmt(a, "%zu.%d", p, (int)nth))) == INBOX_SPOOLED)
                    pass_time(&r, SECONDS(100));
                assert_int_equal(keys_of(&r, project).n, N * 7 - 1);
            }
        }
        assert_int_equal(stats_of(&r).refused, 0);
        rig_down(&r);
    }
}

static void a_lost_store_sends_events_to_the_spool_and_back(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct rig r;
        rig_up(&r, store, a);
        assert_int_equal(result_of(&r, item(1, STR("before"))), INBOX_STORED);
        forget(r.stored);

        fault_arm("store.send", 1, true);
        assert_int_equal(result_of(&r, item(1, STR("k1"))), INBOX_SPOOLED);
        assert_true(stats_of(&r).store_down);
        assert_true(stats_of(&r).spool_bytes > 0);
        assert_int_equal(result_of(&r, item(1, STR("before"))), INBOX_SPOOLED);
        assert_int_equal(result_of(&r, item(1, STR("k2"))), INBOX_SPOOLED);
        assert_int_equal(fault_passed(), 1); // the store is left alone for a while
        fault_disarm();

        pass_time(&r, SECONDS(10));
        assert_int_equal(result_of(&r, item(1, STR("k3"))), INBOX_STORED);
        assert_str(keys_of(&r, 1), "before k1 k2 k3");
        assert_int_equal(stats_of(&r).replayed, 3);
        assert_int_equal(stats_of(&r).spool_bytes, 0);
        assert_false(stats_of(&r).store_down);
        rig_down(&r);
    }
}

static void a_spool_is_brought_back_though_nothing_new_comes(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct rig r;
        rig_up(&r, store, a);
        fault_arm("store.receive", 1, false);
        assert_int_equal(result_of(&r, item(1, STR("k1"))), INBOX_SPOOLED);
        pass_time(&r, SECONDS(10));
        wait_stored(&r);
        fault_disarm();
        assert_str(keys_of(&r, 1), "k1");
        rig_down(&r);
    }
}

static void a_spool_left_by_an_earlier_run_comes_first(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct rig r;
        rig_up(&r, store, a);
        fault_arm("store.send", 1, true);
        assert_int_equal(result_of(&r, item(1, STR("k1"))), INBOX_SPOOLED);
        assert_int_equal(result_of(&r, item(1, STR("k2"))), INBOX_SPOOLED);
        inbox_stop(r.inbox);
        fault_disarm();

        start(&r);
        assert_int_equal(result_of(&r, item(1, STR("k3"))), INBOX_STORED);
        assert_str(keys_of(&r, 1), "k1 k2 k3");
        rig_down(&r);
    }
}

static void a_store_that_goes_again_while_the_spool_comes_back_is_given_it_anew(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct rig r;
        rig_up(&r, store, a);
        fault_arm("store.send", 1, true);
        assert_int_equal(result_of(&r, item(1, STR("k1"))), INBOX_SPOOLED);
        assert_int_equal(result_of(&r, item(1, STR("k2"))), INBOX_SPOOLED);
        fault_arm("store.step", 1, false);
        pass_time(&r, SECONDS(10));
        assert_int_equal(result_of(&r, item(1, STR("k3"))), INBOX_SPOOLED);
        assert_true(fault_struck());
        fault_disarm();
        assert_int_equal(stats_of(&r).replayed, 0);

        pass_time(&r, SECONDS(100));
        assert_int_equal(result_of(&r, item(1, STR("k4"))), INBOX_STORED);
        assert_str(keys_of(&r, 1), "k1 k2 k3 k4");
        assert_int_equal(stats_of(&r).spool_bytes, 0);
        rig_down(&r);
    }
}

static struct inbox_item nameless(struct str account, struct str key)
{
    struct inbox_item it = item(PROJECT_UNKNOWN, key);
    it.account = account;
    return it;
}

static void before_the_store_is_there_events_are_kept_under_their_account(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct rig r;
        rig_up(&r, store, a);
        inbox_stop(r.inbox);
        r.held = true;
        start(&r);
        assert_int_equal(result_of(&r, nameless(STR("AC7"), STR("k1"))), INBOX_SPOOLED);
        inbox_stop(r.inbox); // and it never was: an earlier run's
        start(&r);
        assert_int_equal(result_of(&r, item(7, STR("k2"))), INBOX_SPOOLED);
        assert_str(keys_of(&r, 7), "");
        inbox_release(r.inbox);
        wait_stored(&r);
        assert_int_equal(result_of(&r, nameless(STR("AC7"), STR("k3"))), INBOX_STORED);
        assert_str(keys_of(&r, 7), "k1 k2 k3");
        assert_str(keys_of(&r, PROJECT_UNKNOWN), "");
        rig_down(&r);
    }
}

static void an_account_without_a_project_is_refused_alone_and_kept_aside(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct rig r;
        rig_up(&r, store, a);
        inbox_stop(r.inbox);
        r.held = true;
        start(&r);
        assert_int_equal(result_of(&r, nameless(STR("AC8"), STR("k1"))), INBOX_SPOOLED);
        assert_int_equal(result_of(&r, nameless(STR("AC7"), STR("k2"))), INBOX_SPOOLED);
        inbox_release(r.inbox);
        wait_stored(&r);
        assert_int_equal(result_of(&r, nameless(STR("AC8"), STR("k3"))), INBOX_REFUSED);
        assert_str(keys_of(&r, 7), "k2");
        assert_str(keys_of(&r, PROJECT_UNKNOWN), "");
        assert_int_equal(access(test_path(r.spool, "00000000000000000001.spool.corrupt", a), F_OK),
                         0);
        rig_down(&r);
    }
}

static void a_long_spool_comes_back_in_order_while_more_arrives(void **state)
{
    enum { N = 4 * LIMIT_GROUP };
    (void)state;
    TEST_STORES(store, a)
    {
        struct rig r;
        rig_up(&r, store, a);
        fault_arm("store.send", 1, true);
        for (size_t i = 0; i < N; i++)
            (void)send(&r, item(1, str_fmt(a, "k%05zu", i)));
        wait_done(&r, N);
        fault_disarm();
        pass_time(&r, SECONDS(10));
        for (size_t i = N; i < N + LIMIT_GROUP; i++)
            (void)send(&r, item(1, str_fmt(a, "k%05zu", i)));
        wait_done(&r, LIMIT_GROUP);
        while (stats_of(&r).stored + stats_of(&r).replayed < N + LIMIT_GROUP)
            wait_stored(&r);

        struct str keys = keys_of(&r, 1), key;
        for (size_t i = 0; i < N + LIMIT_GROUP; i++) {
            assert_true(cut_field(&keys, ' ', &key));
            assert_true(str_eq(key, str_fmt(a, "k%05zu", i)));
        }
        assert_int_equal(keys.n, 0);
        rig_down(&r);
    }
}

static void when_the_spool_fails_too_nothing_is_acknowledged(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct rig r;
        rig_up(&r, store, a);
        assert_int_equal(unlink(test_path(r.spool, "lock", a)), 0);
        assert_int_equal(rmdir(r.spool), 0);
        fault_arm("store.send", 1, true);
        assert_int_equal(result_of(&r, item(1, STR("k1"))), INBOX_REFUSED);
        assert_int_equal(result_of(&r, item(1, STR("k2"))), INBOX_REFUSED);
        fault_disarm();
        assert_true(stats_of(&r).store_down);
        pass_time(&r, SECONDS(10));
        assert_int_equal(result_of(&r, item(1, STR("k3"))), INBOX_STORED);
        assert_false(stats_of(&r).store_down);
        assert_str(keys_of(&r, 1), "k3");
        rig_down(&r);
    }
}

// --- waiting is bounded --------------------------------------------------------------------------

static void too_many_that_wait_are_turned_away(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct rig r;
    struct gate g;

    (void)state;
    rig_up(&r, test_store(STORE_SQLITE, &clock_system, a), a);
    gate_shut(&g, &r, STR("first"));
    const size_t room = LIMIT_INBOX_WAITING - stats_of(&r).waiting;
    for (size_t i = 0; i < room; i++)
        (void)send(&r, item(1, STR("k")));
    struct sent one_more = {.done = r.done, .append = {.item = item(1, STR("x"))}};
    assert_false(inbox_submit(r.inbox, &one_more.append));
    gate_open(&g);
    wait_done(&r, room);
    assert_int_equal(result_of(&r, item(1, STR("x"))), INBOX_STORED);
    rig_down(&r);
    gate_finish(&g);
}

static void who_would_wait_too_long_is_turned_away(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct rig r;
    struct gate g;

    (void)state;
    rig_up(&r, test_store(STORE_SQLITE, &clock_system, a), a);
    gate_shut(&g, &r, STR("first"));
    pass_time(&r, INBOX_PATIENCE);
    struct sent *patient = send(&r, item(1, STR("k1")));
    pass_time(&r, INBOX_PATIENCE);
    pass_time(&r, SECONDS(1));
    struct sent late = {.done = r.done, .append = {.item = item(1, STR("k2"))}};
    assert_false(inbox_submit(r.inbox, &late.append));
    gate_open(&g);
    wait_done(&r, 1);
    assert_int_equal(patient->result, INBOX_STORED);
    rig_down(&r);
    gate_finish(&g);
}

// --- whatever fails, a promise is kept -----------------------------------------------------------

struct sweep {
    struct rig *r;
    size_t round;
};

enum { SWEEP = 3 };

static void check_promises(struct rig *r, struct sent *const *sent)
{
    const struct str keys = keys_of(r, 1);
    for (size_t i = 0; i < SWEEP; i++)
        if (sent[i]->result != INBOX_REFUSED)
            assert_true(str_contains(keys, sent[i]->append.item.dedupe_key));
}

static void attempt(void *arg)
{
    struct sweep *s = arg;
    struct rig *r = s->r;
    struct sent *sent[SWEEP];
    struct err e;

    s->round++;
    if (!inbox_start(&(struct inbox_options){.store = r->store,
                                             .clock = &r->hands.clock,
                                             .spool_path = str_from(r->spool)},
                     &r->inbox, &e)) {
        assert_true(fault_struck());
        fault_disarm(); // an outage would last
        start(r);
    }
    for (size_t i = 0; i < SWEEP; i++) {
        sent[i] = send(r, item(1, str_fmt(r->a, "<%zu.%zu>", s->round, i)));
        wait_done(r, 1);
    }
    inbox_stop(r->inbox);
    const bool struck = fault_struck();
    fault_disarm();

    start(r); // the next run finds what this one left
    assert_int_equal(result_of(r, item(1, str_fmt(r->a, "<%zu.end>", s->round))), INBOX_STORED);
    inbox_stop(r->inbox);
    check_promises(r, sent);
    if (struck) // so that the sweep sees it: disarming keeps the mark
        assert_true(fault_struck());
}

static void any_fault_leaves_the_promises_kept(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        struct rig r;
        rig_up(&r, store, a);
        inbox_stop(r.inbox);
        struct sweep s = {.r = &r};
        assert_true(test_every_fault(NULL, attempt, &s) > 3);
        if (store_engine(store) == STORE_SQLITE) // the other one waits between tries, in real time
            assert_true(test_every_outage(NULL, 30, attempt, &s) > 3);
        start(&r);
        rig_down(&r);
    }
}

static void a_fault_in_the_spool_leaves_the_promises_kept(void **state)
{
    static const char *const points[] = {"spool.write",    "spool.sync",   "spool.sync_dir",
                                         "spool.create",   "spool.read",   "spool.remove",
                                         "spool.truncate", "inbox.replay", "inbox.append_one"};
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct rig r;

    (void)state;
    rig_up(&r, test_store(STORE_SQLITE, &clock_system, a), a);
    size_t round = 0;
    FOR_EACH_ROW (point, points) {
        bool struck = true;
        for (uint64_t nth = 1; struck; nth++, round++) {
            struct sent *sent[SWEEP];
            fault_arm("store.send", 1, false);
            assert_int_equal(result_of(&r, item(1, str_fmt(a, "<%zu>", round))), INBOX_SPOOLED);
            fault_arm(*point, nth, true);
            for (size_t i = 0; i < SWEEP; i++) {
                sent[i] = send(&r, item(1, str_fmt(a, "<%zu.%zu>", round, i)));
                wait_done(&r, 1);
                pass_time(&r, SECONDS(2));
            }
            struck = fault_struck();
            fault_disarm();
            pass_time(&r, SECONDS(100));
            while (result_of(&r, item(1, str_fmt(a, "<%zu.end>", round))) == INBOX_SPOOLED)
                pass_time(&r, SECONDS(100));
            check_promises(&r, sent);
            assert_true(str_contains(keys_of(&r, 1), str_fmt(a, "<%zu>", round)));
        }
    }
    rig_down(&r);
}

TEST_MAIN(cmocka_unit_test(an_event_is_stored_once), cmocka_unit_test(every_field_is_kept),
          cmocka_unit_test(what_waits_goes_as_one_group),
          cmocka_unit_test(a_crowd_is_answered_completely),
          cmocka_unit_test(stopping_completes_what_was_submitted),
          cmocka_unit_test(f008_a_bad_row_is_refused_alone),
          cmocka_unit_test(a_failing_group_among_many_loses_nothing),
          cmocka_unit_test(a_lost_store_sends_events_to_the_spool_and_back),
          cmocka_unit_test(a_spool_is_brought_back_though_nothing_new_comes),
          cmocka_unit_test(a_spool_left_by_an_earlier_run_comes_first),
          cmocka_unit_test(a_store_that_goes_again_while_the_spool_comes_back_is_given_it_anew),
          cmocka_unit_test(before_the_store_is_there_events_are_kept_under_their_account),
          cmocka_unit_test(an_account_without_a_project_is_refused_alone_and_kept_aside),
          cmocka_unit_test(a_long_spool_comes_back_in_order_while_more_arrives),
          cmocka_unit_test(when_the_spool_fails_too_nothing_is_acknowledged),
          cmocka_unit_test(too_many_that_wait_are_turned_away),
          cmocka_unit_test(who_would_wait_too_long_is_turned_away),
          cmocka_unit_test(any_fault_leaves_the_promises_kept),
          cmocka_unit_test(a_fault_in_the_spool_leaves_the_promises_kept))
