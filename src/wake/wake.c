/*
 * One thread gathers what this node has to tell, and tells it in one go, at most once per PAUSE:
 * NOTIFY takes a lock of the whole database at commit, so its number must not follow the traffic.
 */
#include "wake/wake.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "loop/loop.h"
#include "wake/bus.h"
#include "wake/hint.h"

#define PAUSE MILLISECONDS(5)
#define HELLO_EVERY SECONDS(10)
#define COMPANY_LASTS SECONDS(30) /* since another node was heard of */
#define DEAF_WAIT MILLISECONDS(250)
enum { UNTOLD_MAX = 4096, NODE_LEN = 16 };

struct wakeups {
    struct wake_options o;
    const struct wake_bus *kind;
    void *bus;
    struct mailbox *untold;
    int bell; /* eventfd */
    _Atomic bool is_rung;
    struct thread *thread;
    char node[NODE_LEN + 1];
    _Atomic usec_t heard_at;  /* of another node; monotonic; 0: never */
    _Atomic bool must_answer; /* a node said hello */
    _Atomic uint64_t told, heard, dropped;
    /* The thread's own. */
    struct hint due;
    usec_t told_at, hello_at;
    bool is_deaf;
};

struct telling {
    struct task task;
    int64_t project, last_seq; /* project 0: the inbox */
};

static usec_t now(void)
{
    return clock_monotonic(&clock_system);
}

static bool is_in_company(const struct wakeups *w)
{
    const usec_t at = atomic_load_explicit(&w->heard_at, memory_order_relaxed);

    return at != 0 && now() - at < COMPANY_LASTS;
}

static void ring(struct wakeups *w)
{
    const uint64_t one = 1;

    if (!atomic_exchange_explicit(&w->is_rung, true, memory_order_acq_rel))
        (void)!write(w->bell, &one, sizeof one); // fails only when it rings already
}

// --- hearing -------------------------------------------------------------------------------------

static void on_hint(struct str text, void *arg)
{
    struct wakeups *w = arg;
    struct hint h;

    if (!hint_parse(text, &h) || str_eq(h.node, str_from(w->node)))
        return;
    log_debug(NULL, "wake.heard", "node=" STR_FMT " inbox=%d feeds=%zu", STR_ARG(h.node), h.inbox,
              h.n_feeds);
    if (!is_in_company(w))
        log_info(NULL, "wake.company", "node=" STR_FMT, STR_ARG(h.node));
    atomic_store_explicit(&w->heard_at, now(), memory_order_relaxed);
    atomic_fetch_add_explicit(&w->heard, 1, memory_order_relaxed);
    if (h.hello) {
        atomic_store_explicit(&w->must_answer, true, memory_order_release);
        ring(w);
    }
    if (h.inbox)
        w->o.on_inbox(w->o.arg);
    for (size_t i = 0; i < h.n_feeds; i++)
        w->o.on_feed(h.feeds[i].project, h.feeds[i].last_seq, w->o.arg);
}

// --- telling -------------------------------------------------------------------------------------

static void leave(struct wakeups *w, int64_t project, int64_t last_seq)
{
    if (!w || !is_in_company(w))
        return;
    if (mailbox_length(w->untold) >= UNTOLD_MAX) {
        atomic_fetch_add_explicit(&w->dropped, 1, memory_order_relaxed);
        return;
    }
    struct telling *t = NEW(struct telling);
    t->project = project;
    t->last_seq = last_seq;
    if (mailbox_push(w->untold, &t->task))
        ring(w);
    else
        free(t);
}

void wakeups_tell_inbox(struct wakeups *w)
{
    leave(w, 0, 0);
}

void wakeups_tell_feed(struct wakeups *w, int64_t project, int64_t last_seq)
{
    leave(w, project, last_seq);
}

/* As many projects as one hint has room for; the others follow in the next. */
static void gather(struct wakeups *w)
{
    struct task *t;

    while (w->due.n_feeds < HINT_PROJECTS && (t = mailbox_take_one(w->untold, 0))) {
        struct telling *one = container_of(t, struct telling, task);
        if (one->project == 0)
            w->due.inbox = true;
        else
            (void)hint_add_feed(&w->due, one->project, one->last_seq); // there is room
        free(one);
    }
    if (mailbox_length(w->untold) > 0)
        ring(w);
}

static bool tell(struct wakeups *w, struct err *e)
{
    struct buf text;

    buf_init(&text, HINT_MAX);
    hint_write(&text, &w->due);
    w->told_at = now();
    const bool ok = w->kind->tell(w->bus, buf_view(&text), e);
    buf_finish(&text);
    w->due = (struct hint){.node = str_from(w->node)};
    if (!ok) {
        atomic_fetch_add_explicit(&w->dropped, 1, memory_order_relaxed);
        return err_trace(e);
    }
    atomic_fetch_add_explicit(&w->told, 1, memory_order_relaxed);
    return true;
}

// --- the thread ----------------------------------------------------------------------------------

/* A silent answer to a hello is enough: whoever hears it has company. */
static bool is_due(struct wakeups *w)
{
    const bool answers = atomic_exchange_explicit(&w->must_answer, false, memory_order_acq_rel);
    if (now() - w->hello_at >= HELLO_EVERY) {
        w->due.hello = true;
        w->hello_at = now();
    }
    return answers || !hint_says_nothing(&w->due);
}

static usec_t time_to_wait(const struct wakeups *w)
{
    const usec_t to_hello = w->hello_at + HELLO_EVERY - now();

    return to_hello > MILLISECONDS(1) ? to_hello : MILLISECONDS(1);
}

static bool step(struct wakeups *w, struct err *e)
{
    if (!w->kind->wait(w->bus, w->bell, time_to_wait(w), e))
        return err_trace(e);
    const usec_t rest = w->told_at + PAUSE - now();
    struct pollfd none = {.fd = -1};
    if (rest > 0)
        (void)poll(&none, 1, (int)(rest / MILLISECONDS(1)) + 1); // what comes meanwhile goes along
    uint64_t rings;
    (void)!read(w->bell, &rings, sizeof rings);
    atomic_store_explicit(&w->is_rung, false, memory_order_release); // before it is looked
    gather(w);
    return !is_due(w) || tell(w, e) || err_trace(e);
}

/* Told once: how long it lasts is seen by when it is over. */
static void note(struct wakeups *w, bool ok, const struct err *e)
{
    if (ok == !w->is_deaf)
        return;
    w->is_deaf = !ok;
    if (ok)
        log_info(NULL, "wake.hears", "after=deafness");
    else
        log_failure(NULL, LOG_WARN, "wake.deaf", e);
    w->hello_at = now() - HELLO_EVERY; // who else is there?
}

static void run(void *arg)
{
    struct wakeups *w = arg;

    while (!mailbox_is_closed(w->untold)) {
        struct err e = {0};
        const bool ok = step(w, &e);
        note(w, ok, &e);
        struct pollfd bell = {.fd = w->bell, .events = POLLIN};
        if (!ok)
            (void)poll(&bell, 1, (int)(DEAF_WAIT / MILLISECONDS(1)));
    }
}

// --- start and stop ------------------------------------------------------------------------------

void wakeups_stats(const struct wakeups *w, struct wakeups_stats *ret)
{
    *ret = (struct wakeups_stats){
        .told = atomic_load_explicit(&w->told, memory_order_relaxed),
        .heard = atomic_load_explicit(&w->heard, memory_order_relaxed),
        .dropped = atomic_load_explicit(&w->dropped, memory_order_relaxed),
        .in_company = is_in_company(w),
    };
}

void wakeups_stop(struct wakeups *w)
{
    if (!w)
        return;
    mailbox_close(w->untold);
    ring(w);
    if (w->thread)
        thread_join(w->thread);
    w->thread = NULL;
    if (w->bus)
        w->kind->close(w->bus);
    w->bus = NULL;
}

void wakeups_close(struct wakeups *w)
{
    if (!w)
        return;
    for (struct task *t; (t = mailbox_take_one(w->untold, 0));)
        free(container_of(t, struct telling, task));
    mailbox_destroy(w->untold);
    if (w->bell >= 0)
        (void)close(w->bell);
    free(w);
}

static bool start(struct wakeups *w, struct err *e)
{
    const struct wake_bus_options o = {
        .store = w->o.store, .nats_url = w->o.nats_url, .on_hint = on_hint, .arg = w};

    if (w->bell < 0)
        return err_set(e, ERR_UNAVAILABLE, "no descriptor is left for the hints of other nodes: %s",
                       strerror(errno));
    return (w->kind->open(&o, &w->bus, e) && thread_start("wake", run, w, &w->thread, e)) ||
           err_trace(e);
}

bool wakeups_start(const struct wake_options *o, struct wakeups **ret, struct err *e)
{
    static const char digits[] = "0123456789abcdef";
    struct wakeups *w = NEW(struct wakeups);

    w->o = *o;
    w->kind = str_is_empty(o->nats_url) ? &wake_bus_postgres : &wake_bus_nats;
    w->untold = mailbox_create();
    w->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    for (size_t i = 0; i < NODE_LEN; i++)
        w->node[i] = digits[rng_u64(o->rng) % 16];
    w->due.node = str_from(w->node);
    w->hello_at = now() - HELLO_EVERY;
    if (!start(w, e)) {
        wakeups_stop(w);
        wakeups_close(w);
        return err_trace(e);
    }
    *ret = w;
    return true;
}
