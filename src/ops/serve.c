#include "ops/serve.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/pace.h"
#include "http/http.h"
#include "inbox/inbox.h"
#include "loop/cores.h"
#include "loop/loop.h"
#include "ops/app.h"
#include "ops/flag_watch.h"
#include "ops/metrics.h"
#include "ops/roles.h"
#include "ops/traffic.h"
#include "ops/watchdog.h"
#include "providers/asked.h"
#include "trace/trace.h"

#define FIRST_WAIT MILLISECONDS(500) /* for a store that is down */
#define LAST_WAIT SECONDS(4)

enum { DRAIN_SECONDS = 5, CHECKPOINT_SECONDS = 60 };

// --- starting ------------------------------------------------------------------------------------

static bool start_loops(struct app *app, struct err *e)
{
    const size_t n = app->config->loops ? (size_t)app->config->loops : cores_allowed();

    while (app->n_loops < n && app->n_loops < LOOPS_MAX) {
        char name[16];
        (void)snprintf(name, sizeof name, "loop-%zu", app->n_loops);
        if (!loop_start(name, &app->loops[app->n_loops], e))
            return err_trace(e);
        app->n_loops++;
    }
    return true;
}

/* The one-time link of every start: who can read our output may sign in. */
static void greet(const struct app *app)
{
    if (!has_role(app->roles, ROLE_API))
        return;
    (void)printf("\n  Hookswitch is listening: http://localhost:%u/app/\n"
                 "  Sign in once with:       http://localhost:%u/login?token=" STR_FMT "\n\n",
                 http_server_port(app->server), http_server_port(app->server),
                 STR_ARG(app->login_token));
    (void)fflush(stdout);
}

/* What the inbox's writer owes longest. The inbox is there as long as the watchdog may ask. */
static usec_t writer_owes_since(void *arg)
{
    const struct app *app = arg;

    return app->inbox ? inbox_owes_since(app->inbox) : 0;
}

static bool start_watchdog(struct app *app, struct err *e)
{
    const struct watchdog_options o = {
        .loops = app->loops,
        .n_loops = app->n_loops,
        .writer_owes_since = writer_owes_since,
        .arg = app,
    };

    if (!watchdog_start(&o, &app->watchdog, e))
        return err_trace(e);
    return true;
}

// --- running and ending --------------------------------------------------------------------------

/* Waits so long at most for SIGTERM or SIGINT. */
static bool told_to_stop(usec_t most)
{
    const struct timespec wait = {most / SECONDS(1), most % SECONDS(1) * 1000};
    sigset_t stop;

    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    return sigtimedwait(&stop, NULL, &wait) > 0;
}

/* A sync has failed: what is on disk is unknown, and only a new process can read it anew. */
static bool check_store(struct app *app, struct err *e)
{
    if (!store_is_broken(app->store))
        return true;
    err_set(e, ERR_UNAVAILABLE, "the disk failed to keep what was written; start anew");
    return err_fix(e, "look for disk errors in the system's log before you do");
}

/* Until a signal comes: keeps the store's log bounded, and ends the process when the store can only
 * be used by a new one. */
static bool supervise(struct app *app, struct err *e)
{
    for (int second = 1; !told_to_stop(SECONDS(1)); second++) {
        struct err late = {0};
        if (!check_store(app, e))
            return err_trace(e);
        if (second % CHECKPOINT_SECONDS == 0 && !store_checkpoint(app->store, &late))
            log_failure(NULL, LOG_WARN, "store.checkpoint", &late);
    }
    return true;
}

/* All that a start needs of the store; the rooms then start without it. */
static bool read_store(struct app *app, struct err *e)
{
    return (app_prepare_store(app, e) && app_read_accounts(app, e)) || err_trace(e);
}

/* Again and again, ever more rarely: the store may be down, or go away at any step. *ret_ready
 * false: a signal came first. */
static bool wait_for_store(struct app *app, bool *ret_ready, struct err *e)
{
    struct err told = {0};

    for (usec_t wait = FIRST_WAIT;; wait = pace_longer(wait, FIRST_WAIT, LAST_WAIT)) {
        err_clear(e);
        *ret_ready = read_store(app, e);
        if (*ret_ready)
            return true;
        if (e->code != ERR_UNAVAILABLE)
            return err_trace(e);
        if (strcmp(told.text, e->text) != 0)
            log_failure(NULL, LOG_WARN, "store.waiting", e);
        told = *e;
        if (!check_store(app, e))
            return err_trace(e);
        if (told_to_stop(wait))
            return true;
    }
}

static bool open_metrics(struct app *app, struct err *e)
{
    const struct metrics_options o = {
        .store = app->store,
        .clock = &clock_system,
        .token = app->config->metrics_token,
        .allowed = app->config->metrics_allowed_cidrs,
        .spool_dir = app->config->spool_dir,
        .database_url = app->config->database_url,
    };

    return metrics_create(&o, &app->metrics, e) || err_trace(e);
}

/* Without a collector there is none. */
static bool start_tracer(struct app *app, struct err *e)
{
    const struct tracer_options o = {
        .clock = &clock_system,
        .endpoint = app->config->otel_endpoint,
        .headers = app->config->otel_headers,
        .service = app->config->otel_service_name,
        .sampler = app->config->otel_sampler,
        .share = app->config->otel_sampler_arg,
    };

    return str_is_empty(o.endpoint) || tracer_start(&o, &app->tracer, e) || err_trace(e);
}

static bool run(struct app *app, struct err *e)
{
    const struct store_options o = {
        .url = app->config->database_url,
        .clock = &clock_system,
        .exclusive = true,
        .cache_mb = app->config->sqlite_cache_mb,
    };
    struct account_book *book;
    bool ready;

    const struct flags preset = flags_of_config(app->config);
    app->flags = flag_board_create(&preset);
    app->shelf = account_shelf_create();
    if (!accounts_of_config(app->config, 0, &book, e))
        return err_trace(e);
    account_shelf_put(app->shelf, book);
    if (!store_open(&o, &app->store, e) || !open_metrics(app, e) || !start_tracer(app, e) ||
        !start_loops(app, e) || !hasher_start(identity_hashers(), &app->hasher, e) ||
        (has_role(app->roles, ROLE_DOOR) && !app_start_spooling(app, e)) || !app_listen(app, e) ||
        !start_watchdog(app, e))
        return err_trace(e);
    log_info(NULL, "server.listening", "port=%u", http_server_port(app->server));
    supervisor_tell("READY=1"); // it answers, whether or not the database is there already
    if (!wait_for_store(app, &ready, e))
        return err_trace(e);
    if (!ready)
        return true;
    if (!app_start_rooms(app, e))
        return err_trace(e);
    greet(app);
    atomic_store_explicit(&app->ready, true, memory_order_release);
    log_info(NULL, "server.ready", "port=%u", http_server_port(app->server));
    if (!supervise(app, e))
        return err_trace(e);
    log_info(NULL, "server.stopping", "connections=%zu", http_server_connections(app->server));
    return true;
}

/* From the outside in: nothing new comes, what is under way is finished, then the rooms end. The
 * drain goes through every loop, so that behind it no request is inside a room that came before
 * `ready` was taken back; one that becomes whole later is told to come again. */
static void stop(struct app *app)
{
    alarm(DRAIN_SECONDS); // whatever hangs: the store is durable
    supervisor_tell("STOPPING=1");
    watchdog_stop(app->watchdog);
    if (app->steering)
        doors_shut(app->steering);
    atomic_store_explicit(&app->stopping, true, memory_order_release);
    atomic_store_explicit(&app->ready, false, memory_order_release);
    if (app->server)
        http_server_drain(app->server);
    app_stop_rooms(app);
    if (app->server)
        http_server_stop(app->server);
    doors_close(app->doors);
    doors_close(app->steering);
    for (size_t i = app->n_loops; i > 0; i--)
        loop_stop(app->loops[i - 1]);
    tracer_stop(app->tracer);
    store_close(app->store);
    account_shelf_destroy(app->shelf);
    metrics_destroy(app->metrics);
    traffic_destroy(app->traffic);
    asked_destroy(app->asked);
    flag_board_destroy(app->flags);
}

int serve(struct command *cmd)
{
    struct app app = {.config = &cmd->config, .a = cmd->a, .rng = rng_system()};
    struct err e = {0};
    sigset_t blocked;

    // Threads inherit the mask: only this one is woken by signals. A write to a closed pipe or over
    // the limit of a file's size fails, and that is told.
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGINT);
    sigaddset(&blocked, SIGPIPE);
    sigaddset(&blocked, SIGXFSZ);
    sigprocmask(SIG_BLOCK, &blocked, NULL);

    // libpq resolves in the thread that connects, the inbox writer's among them: a name server that
    // is silent must not hold it up for longer than its senders wait.
    (void)setenv("RES_OPTIONS", "timeout:1 attempts:2", 0);

    if (!roles_parse(cmd->args, cmd->n_args, &app.roles, &e))
        return tool_fail(&e);
    const bool ok = run(&app, &e);
    stop(&app);
    return ok ? EXIT_SUCCESS : tool_fail(&e);
}
