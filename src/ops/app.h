#ifndef OPS_APP_H
#define OPS_APP_H
/*
 * One running server: what `serve` has started. serve.c goes from start to end, prepare.c makes the
 * store fit, rooms.c starts the rooms and tells them of one another, front.c leads requests to
 * them.
 */
#include <stdatomic.h>

#include "api/api.h"
#include "jobs/world.h"
#include "ops/accounts.h"
#include "ops/config.h"
#include "ops/identity.h"
#include "store/store.h"

enum { LOOPS_MAX = 64 };

struct app {
    const struct config *config;
    struct arena *a;
    unsigned roles;
    struct rng rng;
    struct store *store;
    struct loop *loops[LOOPS_MAX];
    size_t n_loops;
    struct http_server *server;
    struct tracer *tracer; /* NULL: no traces */
    int64_t project;       /* the default one */
    struct str login_token;
    struct identity identity;
    struct hasher *hasher;
    struct account_shelf *shelf;
    struct accounts *accounts;
    struct connection_presets presets;
    struct flag_board *flags;
    struct flag_watch *flag_watch;
    struct heartbeat *heart;
    struct metrics *metrics;
    struct traffic *traffic;
    struct asked *asked; /* of providers */
    struct canary *canary;
    struct inbox *inbox;
    struct doors *doors;
    struct doors
        *steering; /* before: what comes is spooled; after: callers still get their TwiML */
    struct inbox_apply *apply;
    struct queue *queue;
    struct job_world job_world;
    struct jobs *jobs;
    struct hub *hub;
    struct wakeups *wakeups;
    struct recordings *recordings;
    struct checks *checks;
    struct places *outside; /* of the API's threads, those that wait for others */
    struct call_sources *sources;
    struct api *api;
    struct watchdog *watchdog;
    /* Set once everything above is there; the loops read it. */
    _Atomic bool ready;
    /* From here on the rooms end. */
    _Atomic bool stopping;
};

static inline bool app_is_ready(const struct app *app)
{
    return atomic_load_explicit(&app->ready, memory_order_acquire);
}

/* The port is open from here on; who asks before the rooms are ready is told so. */
bool app_listen(struct app *app, struct err *e) CHECK_RESULT;

/* The schema, the default project and its owner, the master key, the one-time link. Fails while the
 * database is down, and may be called again. */
bool app_prepare_store(struct app *app, struct err *e) CHECK_RESULT;

/* The accounts of all projects, before the doors and for the workers, who need to know each
 * project's numbers. Fails while the database is down, and may be called again. */
bool app_read_accounts(struct app *app, struct err *e) CHECK_RESULT;

/* Before the database is there: whatever comes is kept in the spool, under its account. */
bool app_start_spooling(struct app *app, struct err *e) CHECK_RESULT;
/* All that the roles ask for. After a failure, app_stop_rooms() ends what has been started. */
bool app_start_rooms(struct app *app, struct err *e) CHECK_RESULT;
/* From the outside in; the server has been drained. */
void app_stop_rooms(struct app *app);

#endif
