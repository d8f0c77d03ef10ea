#ifndef INBOX_WRITER_KIT_H
#define INBOX_WRITER_KIT_H
/* For tests of the writer: one with its thread, a clock that the test moves, and senders that wait.
 */
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
    _Atomic usec_t fault_takes; /* so long until the next fault is noticed */
};

static inline usec_t shown(const struct clock *c)
{
    struct hands *h = c->arg;

    if (fault_struck())
        atomic_fetch_add(&h->now, atomic_exchange(&h->fault_takes, 0));
    return atomic_load(&h->now);
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

static inline void on_done(struct inbox_append *ap, enum inbox_result result)
{
    struct sent *s = container_of(ap, struct sent, append);
    s->result = result;
    assert_true(mailbox_push(s->done, &ap->task));
}

static inline void on_stored(size_t n, void *arg)
{
    struct rig *r = arg;
    assert_true(n > 0);
    assert_true(mailbox_push(r->stored, NEW(struct task)));
}

static inline bool project_of(struct str provider, struct str account, int64_t *ret, void *arg,
                              struct err *e)
{
    (void)arg, (void)e;
    assert_str(provider, "twilio");
    if (str_eq(account, STR("AC7")))
        *ret = 7;
    return true;
}

static inline void start(struct rig *r)
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

static inline void forget(struct mailbox *m)
{
    for (struct task *t = mailbox_take(m, 0), *next; t; t = next) {
        next = t->next;
        free(t);
    }
}

static inline struct rig *rig_up(struct store *store, struct arena *a)
{
    struct rig *r = arena_new(a, struct rig, 1);

    *r = (struct rig){.store = store, .a = a};
    atomic_store(&r->hands.now, SECONDS(1000));
    r->hands.clock = (struct clock){.wall = shown, .monotonic = shown, .arg = &r->hands};
    r->done = mailbox_create();
    r->stored = mailbox_create();
    r->spool = test_path(test_tmpdir(a), "spool", a);
    start(r);
    return r;
}

static inline void rig_down(struct rig *r)
{
    inbox_stop(r->inbox);
    forget(r->stored);
    mailbox_destroy(r->stored);
    mailbox_destroy(r->done);
}
DEFINE_CLEANUP(struct rig, rig_down)

static inline void wait_stored(struct rig *r)
{
    struct task *t = mailbox_take_one(r->stored, SOON);
    assert_non_null(t);
    free(t);
}

static inline void pass_time(struct rig *r, usec_t t)
{
    atomic_fetch_add(&r->hands.now, t);
}

static inline struct inbox_item item(int64_t project, struct str key)
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

static inline struct sent *send(struct rig *r, struct inbox_item it)
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

static inline void wait_done(struct rig *r, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_non_null(mailbox_take_one(r->done, SOON));
}

static inline enum inbox_result result_of(struct rig *r, struct inbox_item it)
{
    struct sent *s = send(r, it);
    wait_done(r, 1);
    return s->result;
}

/* All keys of a project in the order of their ids, separated by blanks. */
static inline struct str keys_of(struct rig *r, int64_t project)
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

static inline struct inbox_stats stats_of(struct rig *r)
{
    struct inbox_stats s;
    inbox_stats(r->inbox, &s);
    return s;
}

// --- a gate --------------------------------------------------------------------------------------

/* Holds the writer inside of a completion until the test lets it go. */
struct gate {
    struct inbox_append append;
    struct mailbox *reached, *opened;
    struct task task;
};

static inline void hold(struct inbox_append *ap, enum inbox_result result)
{
    struct gate *g = container_of(ap, struct gate, append);
    assert_int_equal(result, INBOX_STORED);
    assert_true(mailbox_push(g->reached, &g->task));
    (void)mailbox_take(g->opened, SOON); // closed by the test
}

static inline void gate_shut(struct gate *g, struct rig *r, struct str key)
{
    *g = (struct gate){.reached = mailbox_create(), .opened = mailbox_create()};
    g->append = (struct inbox_append){.item = item(1, key), .on_done = hold};
    assert_true(inbox_submit(r->inbox, &g->append));
    assert_non_null(mailbox_take(g->reached, SOON));
}

static inline void gate_open(struct gate *g)
{
    mailbox_close(g->opened);
}

static inline void gate_finish(struct gate *g)
{
    mailbox_destroy(g->reached);
    mailbox_destroy(g->opened);
}

#endif
