#include "ops/flag_watch.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/pace.h"
#include "feed/hub.h"
#include "inbox/held.h"
#include "loop/bell.h"
#include "ops/heartbeat.h"
#include "queue/queue.h"

#define LOOK_EVERY SECONDS(1)
#define NO_ANSWER SECONDS(10) /* as long as the API's own watch waits for one */

struct flag_watch {
    struct flag_watch_options o;
    struct bell *bell;
    struct thread *thread;
    struct db *db;             /* the thread's */
    usec_t release_at;         /* when held events are looked for; monotonic */
    _Atomic bool sees_store;   /* as of the last look */
    _Atomic usec_t asks_since; /* monotonic: a look waits for its first answer; 0: none does */
    _Atomic bool ending;
};

struct flags flags_of_config(const struct config *c)
{
    struct flags f = flags_widest();

    if (!c->webhook_ingestion_enabled)
        f.v[FLAG_INGESTION] = INGESTION_OFF;
    f.v[FLAG_PUSH] = c->realtime_push_enabled;
    f.v[FLAG_RECONCILE] = c->reconcile_jobs_enabled;
    f.v[FLAG_WORKER_SHARE] = c->worker_percentage;
    return f;
}

static void tell(const struct flag_watch *w)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const struct flags all = flag_board_of(w->o.board, FLAGS_INSTALLATION);

    log_info(NULL, "flags.changed", STR_FMT, STR_ARG(flags_text(&all, a)));
}

/* What is allowed by now. */
static bool release(struct flag_watch *w, struct err *e)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct held_project *held;
    int64_t released = 0;
    size_t n;

    if (!inbox_held_projects(w->db, a, &held, &n, e))
        return err_trace(e);
    for (size_t i = 0; i < n; i++) {
        const int64_t share = flag_board_share(w->o.board, held[i].project);
        int64_t some = 0;
        if (held[i].least <= share && !inbox_let_go(w->db, held[i].project, share, &some, e))
            return err_trace(e);
        released += some;
    }
    if (released > 0) {
        log_info(NULL, "flags.released", "events=%lld", (long long)released);
        queue_wake(w->o.queue);
    }
    return true;
}

static bool release_when_due(struct flag_watch *w, bool at_once, struct err *e)
{
    const usec_t began = clock_monotonic(w->o.clock);

    if (!w->o.queue || (!at_once && began < w->release_at))
        return true;
    if (!release(w, e))
        return err_trace(e);
    w->release_at = pace_next(began, clock_monotonic(w->o.clock));
    return true;
}

/* Whether the store answers is known by this: what comes after it may rightly take its time. */
static bool load(struct flag_watch *w, bool *ret_changed, struct err *e)
{
    atomic_store_explicit(&w->asks_since, clock_monotonic(w->o.clock), memory_order_relaxed);
    const bool ok = flag_board_load(w->o.board, w->db, ret_changed, e);
    atomic_store_explicit(&w->asks_since, 0, memory_order_relaxed);
    return ok || err_trace(e);
}

static bool look(struct flag_watch *w, struct err *e)
{
    bool changed;

    if (!load(w, &changed, e))
        return err_trace(e);
    if (changed) {
        tell(w);
        if (w->o.hub)
            hub_ask_again(w->o.hub);
    }
    if (w->o.heart)
        heartbeat_beat(w->o.heart, w->db);
    return release_when_due(w, changed, e) || err_trace(e);
}

/* While the store is away the board stays as it is. */
static void look_and_tell(struct flag_watch *w)
{
    struct err e = {0};
    const bool done = look(w, &e), found = done || !db_lost(w->db);

    atomic_store_explicit(&w->sees_store, found, memory_order_relaxed);
    if (!done && found)
        log_failure(NULL, LOG_ERROR, "flags.look", &e);
}

static void watch(void *arg)
{
    struct flag_watch *w = arg;

    while (!atomic_load(&w->ending)) {
        (void)bell_wait(w->bell, LOOK_EVERY);
        if (!atomic_load(&w->ending))
            look_and_tell(w);
    }
}

bool flag_watch_sees_store(const struct flag_watch *w)
{
    const usec_t since = atomic_load_explicit(&w->asks_since, memory_order_relaxed);

    return atomic_load_explicit(&w->sees_store, memory_order_relaxed) &&
           (since == 0 || clock_monotonic(w->o.clock) - since < NO_ANSWER);
}

// --- start and stop ------------------------------------------------------------------------------

void flag_watch_wake(struct flag_watch *w)
{
    bell_ring(w->bell);
}

void flag_watch_stop(struct flag_watch *w)
{
    if (!w)
        return;
    atomic_store(&w->ending, true);
    bell_ring_for_ever(w->bell);
    if (w->thread)
        thread_join(w->thread);
    bell_destroy(w->bell);
    db_close(w->db);
    free(w);
}

DEFINE_CLEANUP(struct flag_watch, flag_watch_stop)

bool flag_watch_start(const struct flag_watch_options *o, struct flag_watch **ret, struct err *e)
{
    _cleanup_(flag_watch_stopp) struct flag_watch *w = NEW(struct flag_watch);

    w->o = *o;
    w->bell = bell_create();
    w->db = store_connect(o->store, STORE_WORK);
    look_and_tell(w);
    if (!thread_start("flags", watch, w, &w->thread, e))
        return err_trace(e);
    *ret = TAKE(w);
    return true;
}
