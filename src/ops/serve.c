#include "ops/serve.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "api/api.h"
#include "base/arena.h"
#include "base/crypto.h"
#include "base/limits.h"
#include "base/log.h"
#include "calls/change.h"
#include "feed/hub.h"
#include "http/http.h"
#include "http/static.h"
#include "inbox/door.h"
#include "inbox/held.h"
#include "inbox/inbox.h"
#include "jobs/engine.h"
#include "jobs/inbox_apply.h"
#include "jobs/world.h"
#include "loop/loop.h"
#include "ops/accounts.h"
#include "ops/canary.h"
#include "ops/flag_watch.h"
#include "ops/identity.h"
#include "ops/metrics.h"
#include "ops/roles.h"
#include "ops/watchdog.h"
#include "providers/call_sources.h"
#include "providers/checks.h"
#include "providers/recordings.h"
#include "queue/queue.h"
#include "store/store.h"
#include "tenancy/people.h"
#include "tenancy/project.h"
#include "tenancy/session.h"
#include "tenancy/watcher.h"
#include "wake/wake.h"

enum {
    LOOPS_MAX = 64,
    RECORDINGS_AT_ONCE = 2,
    SYNCS_AT_ONCE = 1,
    RETRY_MS = 500,
    DRAIN_SECONDS = 5,
    CHECKPOINT_SECONDS = 60
};

struct app {
    const struct config *config;
    struct arena *a;
    unsigned roles;
    struct rng rng;
    struct store *store;
    struct loop *loops[LOOPS_MAX];
    size_t n_loops;
    struct http_server *server;
    int64_t project; /* the default one */
    struct str login_token;
    struct identity identity;
    struct hasher *hasher;
    struct account_shelf *shelf;
    struct accounts *accounts;
    struct connection_presets presets;
    struct flag_board *flags;
    struct flag_watch *flag_watch;
    struct metrics *metrics;
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
    struct call_sources *sources;
    struct api *api;
    struct watchdog *watchdog;
    /* Set once everything above is there; the loops read it. */
    _Atomic bool ready;
    /* From here on the rooms end. */
    _Atomic bool stopping;
};

// --- requests ------------------------------------------------------------------------------------

static bool is_ready(const struct app *app)
{
    return atomic_load_explicit(&app->ready, memory_order_acquire);
}

static void on_header(const struct http_request *rq, struct http_decision *ret, void *arg)
{
    struct app *app = arg;

    ret->max_body = LIMIT_API_BODY;
    struct doors *doors = is_ready(app) ? app->doors : app->steering;
    if (doors)
        (void)doors_on_header(doors, rq, ret); // false: not a door's path
}

static void answer_not_ready(struct http_exchange *x)
{
    struct err e = {0};

    err_set(&e, ERR_UNAVAILABLE, "the server is starting or stopping");
    err_fix(&e, "try again in a moment");
    http_answer_error(x, &e, STR("none"));
}

static void answer_not_found(struct http_exchange *x)
{
    struct err e = {0};

    err_set(&e, ERR_NOT_FOUND, "there is no such page here");
    http_answer_error(x, &e, STR("none"));
}

/* The interface lives under /app/; whoever comes to the front door is sent there. */
static bool serve_interface(struct http_exchange *x)
{
    static const struct http_header to_app[] = {{{"Location", 8}, {"/app/", 5}}};
    struct str path = http_request_of(x)->path;

    if (str_eq(path, STR("/")) || str_eq(path, STR("/app"))) {
        http_answer(
            x, &(struct http_answer){.status = 302, .headers = to_app, .n_headers = LEN(to_app)});
        return true;
    }
    if (!cut_lit(&path, STR("/app")) || !str_starts(path, STR("/")))
        return false;
    http_static_answer(x, path);
    return true;
}

/* Whether or not everything is there already. */
static bool serve_metrics(struct app *app, struct http_exchange *x)
{
    if (atomic_load_explicit(&app->stopping, memory_order_acquire))
        return false;
    const bool all = is_ready(app);
    const struct metrics_rooms rooms = {
        .doors = all ? app->doors : NULL,
        .steering = app->steering,
        .inbox = app->inbox,
        .queue = all ? app->queue : NULL,
        .hub = all ? app->hub : NULL,
    };

    return metrics_handle(app->metrics, &rooms, x);
}

static void on_request(struct http_exchange *x, void *arg)
{
    struct app *app = arg;

    if (serve_metrics(app, x))
        return;
    if (!is_ready(app)) {
        if (!(app->steering && doors_handle(app->steering, x)))
            answer_not_ready(x);
    } else if (!(app->doors && doors_handle(app->doors, x)) &&
               !(app->api && api_handle(app->api, x)) && !serve_interface(x)) {
        answer_not_found(x);
    }
}

// --- between the rooms ---------------------------------------------------------------------------

static void on_stored(size_t n, void *arg)
{
    struct app *app = arg;

    (void)n;
    if (app->queue)
        queue_wake(app->queue);
    wakeups_tell_inbox(app->wakeups);
}

static void on_committed(int64_t project, int64_t last_seq, void *arg)
{
    struct app *app = arg;

    if (app->hub)
        hub_announce(app->hub, project, last_seq);
    wakeups_tell_feed(app->wakeups, project, last_seq);
}

/* Another node has stored events. */
static void on_inbox_hint(void *arg)
{
    struct app *app = arg;

    if (is_ready(app) && app->queue)
        queue_wake(app->queue);
}

/* Another node has applied some. */
static void on_feed_hint(int64_t project, int64_t last_seq, void *arg)
{
    struct app *app = arg;

    if (is_ready(app) && app->hub)
        hub_announce(app->hub, project, last_seq);
}

/* What the flags say, for those who ask at every event. */
static bool takes_events(int64_t project, void *arg)
{
    const struct app *app = arg;

    return flag_board_value(app->flags, project, FLAG_INGESTION) != INGESTION_OFF;
}

static bool may_be_watched(int64_t project, void *arg)
{
    const struct app *app = arg;

    return flag_board_value(app->flags, project, FLAG_PUSH) != 0;
}

static int64_t held_back(const struct queue_row *row, void *arg)
{
    const struct app *app = arg;
    const int64_t share = flag_board_share(app->flags, row->project);

    if (share >= 100)
        return 0;
    const int64_t turn = inbox_turn(row->lane);
    return turn <= share ? 0 : turn;
}

static call_normalise_fn *normaliser_of(struct str name)
{
    const struct provider *p = provider_find(name);

    return p ? p->normalise : NULL;
}

// --- starting ------------------------------------------------------------------------------------

static bool start_loops(struct app *app, struct err *e)
{
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    const int64_t n = app->config->loops ? app->config->loops : cores > 0 ? cores : 1;

    while (app->n_loops < (size_t)n && app->n_loops < LOOPS_MAX) {
        char name[16];
        (void)snprintf(name, sizeof name, "loop-%zu", app->n_loops);
        if (!loop_start(name, &app->loops[app->n_loops], e))
            return err_trace(e);
        app->n_loops++;
    }
    return true;
}

static bool listen_on(struct app *app, struct err *e)
{
    const struct http_server_options o = {
        .port = (uint16_t)app->config->port,
        .address = app->config->listen_address,
        .loops = app->loops,
        .n_loops = app->n_loops,
        .trusted_proxies = app->config->trusted_proxies,
        .on_header = on_header,
        .on_request = on_request,
        .arg = app,
    };

    if (!http_server_start(&o, &app->server, e))
        return err_trace(e);
    return true;
}

/* The store lost commits that had been durable: said loudly, and readers of the feed load anew, as
 * its numbers will be given out again. What providers sent with them has to be fetched from them.
 */
static bool report_loss(struct app *app, struct db *db, struct err *e)
{
    const int64_t pages = store_lost_pages(app->store);
    char epoch[ID_LEN + 1];

    if (pages == 0)
        return true;
    log_error(NULL, "store.commits_lost", "pages=%lld reason=\"the write-ahead log was damaged\"",
              (long long)pages);
    id_make(clock_wall(&clock_system), &app->rng, epoch);
    return db_exec(db, Q_FEED_NEW_EPOCH, BINDS(bind_str("epoch", str_from(epoch))), NULL, e) ||
           err_trace(e);
}

/* The filters of our queries hold without it, but one forgotten would be enough. */
static void warn_without_wall(struct app *app)
{
    struct err e = {0};

    if (!store_wall_check(app->store, &e))
        log_failure(NULL, LOG_WARN, "store.one_wall", &e);
}

/* The one-time link of a start: for the owner. */
static bool make_login_link(struct app *app, struct db *db, struct err *e)
{
    int64_t owner;
    bool found;

    if (!person_owner(db, app->a, &owner, &found, e))
        return err_trace(e);
    return !found ||
           link_create(OFFICE(db, &app->rng, clock_wall(&clock_system)), owner, LINK_SIGN_IN,
                       app->a, &app->login_token, e) ||
           err_trace(e);
}

/* The schema, the default project and its owner, the accounts, the master key, the one-time link.
 * Fails while the database is down. */
static bool prepare_store(struct app *app, struct err *e)
{
    const struct config *c = app->config;
    _cleanup_(db_closep) struct db *db = store_connect(app->store, STORE_TOOL);
    const struct project_bootstrap in = {
        .rng = &app->rng,
        .now = clock_wall(&clock_system),
        .provider = STR("twilio"),
        .account_sid = c->twilio_account_sid,
        .api_key = c->bootstrap_api_key,
        .owner_email = c->bootstrap_admin_email,
    };
    bool switched;
    int n = 0;

    if (!db_ping(db, e) || (c->auto_migrate && !store_migrate_up(app->store, &n, e)) ||
        !store_schema_check(app->store, e) || !project_bootstrap(db, &in, &app->project, e) ||
        !flag_board_load(app->flags, db, &switched, e) || !report_loss(app, db, e) ||
        !identity_open(db, c, &app->rng, app->a, &app->identity, e) ||
        !identity_bootstrap_owner(db, c, app->hasher, app->a, e) || !make_login_link(app, db, e))
        return err_trace(e);
    if (n > 0)
        log_info(NULL, "store.migrated", "applied=%d", n);
    warn_without_wall(app);
    return true;
}

/* What came before the database was there knows its account only. Of those that are connected now
 * the project is at hand; another one was when an earlier run spooled its events. */
static bool project_of(struct str provider, struct str account, int64_t *ret, void *arg,
                       struct err *e)
{
    const struct app *app = arg;
    _cleanup_(account_book_dropp) struct account_book *book = account_shelf_take(app->shelf);
    bool found = false;

    if (account_book_owner(book, provider, account, ret))
        return true;
    _cleanup_(db_closep) struct db *db = store_connect(app->store, STORE_READ);
    return project_of_account(db, provider, account, ret, &found, e) || err_trace(e);
}

static bool start_inbox(struct app *app, struct err *e)
{
    const struct inbox_options o = {
        .store = app->store,
        .clock = &clock_system,
        .spool_path = app->config->spool_dir,
        .held = true,
        .project_of = project_of,
        .on_stored = on_stored,
        .arg = app,
    };

    if (!inbox_start(&o, &app->inbox, e))
        return err_trace(e);
    return true;
}

static bool open_doors_for(struct app *app, struct account_book *book, struct doors **ret,
                           struct err *e)
{
    const struct door *list[PROVIDER_DOORS_MAX];
    const struct doors_options o = {
        .n_doors = provider_doors(list),
        .doors = list,
        .accounts = account_book_doors(book),
        .base_url = app->config->webhook_base_url,
        .allowed_peers = app->config->webhook_allowed_cidrs,
        .inbox = app->inbox,
        .clock = &clock_system,
        .loops = app->loops,
        .n_loops = app->n_loops,
        .takes = takes_events,
        .arg = (void *)app,
        .invalid_per_minute = (size_t)app->config->webhook_invalid_per_minute,
    };
    if (!doors_open(&o, ret, e)) {
        o.accounts.forget(o.accounts.owner);
        return err_trace(e);
    }
    return true;
}

/* For the accounts of the configuration; those that the store keeps come with start_accounts(). */
static bool open_doors(struct app *app, struct doors **ret, struct err *e)
{
    _cleanup_(account_book_dropp) struct account_book *book = NULL;

    return (accounts_of_config(app->config, app->project, &book, e) &&
            open_doors_for(app, book, ret, e)) ||
           err_trace(e);
}

static bool start_accounts(struct app *app, struct err *e)
{
    const struct accounts_options o = {
        .config = app->config,
        .store = app->store,
        .vault = app->identity.vault,
        .project = app->project,
        .shelf = app->shelf,
        .doors = app->doors,
        .copy_directory = app->doors ? app->config->spool_dir : STR_NONE,
    };

    return accounts_start(&o, &app->accounts, e) || err_trace(e);
}

static void on_canary(usec_t took, void *arg)
{
    const struct app *app = arg;

    metrics_canary(app->metrics, took);
}

/* Without a public address there is no way to look at. */
static bool start_canary(struct app *app, struct err *e)
{
    const struct canary_options o = {
        .clock = &clock_system,
        .accounts = app->shelf,
        .project = app->project,
        .our_url = app->config->webhook_base_url,
        .every = SECONDS(app->config->canary_seconds),
        .on_back = on_canary,
        .arg = app,
    };

    return o.every == 0 || str_is_empty(o.our_url) || canary_start(&o, &app->canary, e) ||
           err_trace(e);
}

static bool start_flags(struct app *app, struct err *e)
{
    const struct flag_watch_options o = {
        .store = app->store,
        .clock = &clock_system,
        .board = app->flags,
        .hub = app->hub,
        .queue = app->queue,
    };

    return flag_watch_start(&o, &app->flag_watch, e) || err_trace(e);
}

static void on_flags_changed(void *arg)
{
    const struct app *app = arg;

    flag_watch_wake(app->flag_watch);
}

static void on_connections_changed(void *arg)
{
    const struct app *app = arg;

    accounts_wake(app->accounts);
}

/* Of the last run's copy; of the configuration alone where there is none, or none that fits. */
static bool first_book(struct app *app, struct account_book **ret, struct err *e)
{
    _cleanup_(vault_closep) struct vault *v = NULL;
    struct err odd = {0};
    bool found = false;

    if (identity_vault(app->config, app->a, &v, &odd) && v &&
        accounts_of_copy(app->config, v, ret, &found, &odd) && found)
        return true;
    if (odd.code != ERR_NONE)
        log_failure(NULL, LOG_WARN, "accounts.copy", &odd);
    return accounts_of_config(app->config, app->project, ret, e) || err_trace(e);
}

/* Before the database is there: whatever comes is kept in the spool, under its account. */
static bool start_spooling(struct app *app, struct err *e)
{
    _cleanup_(account_book_dropp) struct account_book *book = NULL;

    return (start_inbox(app, e) && first_book(app, &book, e) &&
            open_doors_for(app, book, &app->steering, e)) ||
           err_trace(e);
}

static bool start_worker(struct app *app, struct err *e)
{
    const size_t by_engine = store_engine(app->store) == STORE_SQLITE ? 1 : 2;

    app->apply = inbox_apply_create(&(struct inbox_apply_options){
        .rules = account_shelf_rules(app->shelf),
        .clock = &clock_system,
        .normaliser_of = normaliser_of,
        .on_committed = on_committed,
        .arg = app,
    });
    const struct queue_options o = {
        .name = "inbox",
        .store = app->store,
        .clock = &clock_system,
        .queries = inbox_queue_queries,
        .handler = inbox_apply_handler(app->apply),
        .policy = queue_policy_default,
        .workers = app->config->workers ? (size_t)app->config->workers : by_engine,
        .held = held_back,
        .held_arg = app,
    };
    if (!queue_start(&o, &app->queue, e))
        return err_trace(e);
    return true;
}

static void on_job_ended(const struct job *j, bool ok, const struct job_count *counts, size_t n,
                         void *arg)
{
    const struct job_world *world = arg;
    const struct app *app = world->arg;

    metrics_job_ended(app->metrics, j, ok, counts, n);
}

static bool job_is_on(const struct job *j, int64_t project, void *arg)
{
    const struct job_world *world = arg;
    const struct app *app = world->arg;

    return !j->is_reconcile || flag_board_value(app->flags, project, FLAG_RECONCILE) != 0;
}

/* Of the API's threads, those that may wait for a provider. */
static size_t half_of_api(const struct app *app)
{
    return app->config->api_threads < 2 ? 1 : (size_t)app->config->api_threads / 2;
}

static bool open_sources(struct app *app, struct err *e)
{
    const struct call_sources_options o = {
        .accounts = app->shelf,
        .clock = &clock_system,
        .requests_per_second = app->config->provider_requests_per_second,
        .at_once = half_of_api(app) < SYNCS_AT_ONCE ? half_of_api(app) : SYNCS_AT_ONCE,
    };

    return call_sources_open(&o, &app->sources, e) || err_trace(e);
}

static bool start_jobs(struct app *app, struct err *e)
{
    struct jobs_options o = {
        .store = app->store,
        .clock = &clock_system,
        .threads = (size_t)app->config->job_threads,
        .is_on = job_is_on,
        .on_ended = on_job_ended,
        .arg = &app->job_world,
    };

    o.jobs = job_list(&o.n_jobs);
    app->job_world = (struct job_world){
        .accounts = app->shelf,
        .sources = app->sources,
        .quotas = accounts_quotas(app->config),
        .on_committed = on_committed,
        .arg = app,
    };
    return jobs_start(&o, &app->jobs, e) || err_trace(e);
}

static bool start_hub(struct app *app, struct err *e)
{
    const struct hub_options o = {
        .store = app->store,
        .clock = &clock_system,
        .loops = app->loops,
        .n_loops = app->n_loops,
        .may_watch = watchers_may,
        .is_on = may_be_watched,
        .arg = app,
    };

    if (!hub_start(&o, &app->hub, e))
        return err_trace(e);
    return true;
}

/* SQLite belongs to one node, which has nobody to tell. */
static bool start_wakeups(struct app *app, struct err *e)
{
    const struct wake_options o = {
        .store = app->store,
        .rng = &app->rng,
        .nats_url = app->config->nats_url,
        .on_inbox = on_inbox_hint,
        .on_feed = on_feed_hint,
        .arg = app,
    };

    return store_engine(app->store) == STORE_SQLITE || wakeups_start(&o, &app->wakeups, e) ||
           err_trace(e);
}

/* Half of the API's threads answer all else. */
static bool open_recordings(struct app *app, struct err *e)
{
    const size_t half = half_of_api(app);
    const struct recordings_options o = {
        .accounts = app->shelf,
        .at_once = half < RECORDINGS_AT_ONCE ? half : RECORDINGS_AT_ONCE,
    };

    return recordings_open(&o, &app->recordings, e) || err_trace(e);
}

static void open_checks(struct app *app)
{
    app->checks = checks_open(&(struct checks_options){
        .accounts = app->shelf,
        .our_url = app->config->webhook_base_url,
        .is_near = app->config->demo_calls,
    });
}

/* Of all the connections that this node can have, others are left a quarter. */
static size_t most_streams(const struct http_server *server)
{
    const size_t all = http_server_capacity(server);

    return all - all / 4;
}

static bool start_api(struct app *app, struct err *e)
{
    if (!open_recordings(app, e))
        return err_trace(e);
    open_checks(app);
    app->presets = accounts_presets(app->config, app->project);
    const struct api_options o = {
        .store = app->store,
        .clock = &clock_system,
        .hub = app->hub,
        .inbox = app->inbox,
        .queue = app->queue,
        .doors = app->doors,
        .jobs = app->jobs,
        .accounts = app->shelf,
        .demo_calls = app->config->demo_calls,
        .vault = app->identity.vault,
        .presets = &app->presets,
        .on_connections_changed = on_connections_changed,
        .on_committed = on_committed,
        .arg = app,
        .recordings = app->recordings,
        .checks = app->checks,
        .sources = app->sources,
        .token_keys = app->identity.token_keys,
        .hasher = app->hasher,
        .threads = (size_t)app->config->api_threads,
        .stream_key = app->identity.stream_key,
        .project = app->project,
        .quotas = accounts_quotas(app->config),
        .stream_clients_most = most_streams(app->server),
        .flags = app->flags,
        .on_flags_changed = on_flags_changed,
        .secure_cookies = str_starts(app->config->webhook_base_url, STR("https://")),
        .webhook_base_url = app->config->webhook_base_url,
    };

    if (!api_start(&o, &app->api, e))
        return err_trace(e);
    return true;
}

/* The worker needs to know each project's numbers, so the accounts come before it. */
static bool start_rooms(struct app *app, struct err *e)
{
    const bool has_doors = has_role(app->roles, ROLE_DOOR);

    if ((has_role(app->roles, ROLE_HUB) && !start_hub(app, e)) ||
        (has_doors && !open_doors(app, &app->doors, e)) || !start_accounts(app, e) ||
        !open_sources(app, e) || !start_wakeups(app, e) ||
        (has_role(app->roles, ROLE_WORKER) && !start_worker(app, e)) ||
        (has_role(app->roles, ROLE_SCHEDULER) && !start_jobs(app, e)) || !start_flags(app, e))
        return err_trace(e);
    if (!metrics_start(app->metrics, e))
        return err_trace(e);
    if (has_doors && !start_canary(app, e))
        return err_trace(e);
    if (has_doors)
        inbox_release(app->inbox);
    return !has_role(app->roles, ROLE_API) || start_api(app, e) || err_trace(e);
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

/* Waits at most `ms` for SIGTERM or SIGINT. */
static bool told_to_stop(int ms)
{
    const struct timespec wait = {ms / 1000, (long)(ms % 1000) * 1000000L};
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
    for (int second = 1; !told_to_stop(1000); second++) {
        struct err late = {0};
        if (!check_store(app, e))
            return err_trace(e);
        if (second % CHECKPOINT_SECONDS == 0 && !store_checkpoint(app->store, &late))
            log_failure(NULL, LOG_WARN, "store.checkpoint", &late);
    }
    return true;
}

/* False when a signal came first. */
static bool wait_for_store(struct app *app, bool *ret_ready, struct err *e)
{
    enum err_code told = ERR_NONE;

    for (;;) {
        err_clear(e);
        if (prepare_store(app, e)) {
            *ret_ready = true;
            return true;
        }
        if (e->code != ERR_UNAVAILABLE)
            return err_trace(e);
        if (told != e->code)
            log_failure(NULL, LOG_WARN, "store.waiting", e);
        told = e->code;
        if (!check_store(app, e))
            return err_trace(e);
        if (told_to_stop(RETRY_MS)) {
            *ret_ready = false;
            return true;
        }
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
    if (!store_open(&o, &app->store, e) || !open_metrics(app, e) || !start_loops(app, e) ||
        !hasher_start(identity_hashers(), &app->hasher, e) ||
        (has_role(app->roles, ROLE_DOOR) && !start_spooling(app, e)) || !listen_on(app, e) ||
        !start_watchdog(app, e))
        return err_trace(e);
    log_info(NULL, "server.listening", "port=%u", http_server_port(app->server));
    supervisor_tell("READY=1"); // it answers, whether or not the database is there already
    if (!wait_for_store(app, &ready, e))
        return err_trace(e);
    if (!ready)
        return true;
    if (!start_rooms(app, e))
        return err_trace(e);
    greet(app);
    atomic_store_explicit(&app->ready, true, memory_order_release);
    log_info(NULL, "server.ready", "port=%u", http_server_port(app->server));
    if (!supervise(app, e))
        return err_trace(e);
    log_info(NULL, "server.stopping", "connections=%zu", http_server_connections(app->server));
    return true;
}

/* From the outside in: nothing new comes, what is under way is finished, then the rooms end, each
 * before those that it calls: the API asks all of them, the inbox wakes the queue, the queue tells
 * the hub. The drain goes through every loop, so that behind it no request is inside a room that
 * came before `ready` was taken back; one that becomes whole later is told to come again. */
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
    if (app->recordings)
        recordings_stop(app->recordings);
    if (app->checks)
        checks_stop(app->checks);
    if (app->sources)
        call_sources_stop(app->sources);
    if (app->api)
        api_stop(app->api);
    jobs_stop(app->jobs);
    canary_stop(app->canary);
    metrics_stop(app->metrics);
    flag_watch_stop(app->flag_watch);
    accounts_stop(app->accounts);
    identity_close(&app->identity);
    hasher_stop(app->hasher);
    recordings_close(app->recordings);
    checks_close(app->checks);
    call_sources_close(app->sources);
    if (app->inbox)
        inbox_stop(app->inbox);
    wakeups_stop(app->wakeups);
    if (app->queue)
        queue_stop(app->queue);
    inbox_apply_destroy(app->apply);
    if (app->hub)
        hub_stop(app->hub);
    wakeups_close(app->wakeups);
    if (app->server)
        http_server_stop(app->server);
    doors_close(app->doors);
    doors_close(app->steering);
    for (size_t i = app->n_loops; i > 0; i--)
        loop_stop(app->loops[i - 1]);
    store_close(app->store);
    account_shelf_destroy(app->shelf);
    metrics_destroy(app->metrics);
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
