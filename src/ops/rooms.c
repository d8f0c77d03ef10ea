/* The rooms: what each is given when it starts, and what they tell one another. */
#include "ops/app.h"

#include "base/log.h"
#include "base/places.h"
#include "calls/change.h"
#include "feed/hub.h"
#include "http/http.h"
#include "inbox/door.h"
#include "inbox/held.h"
#include "inbox/inbox.h"
#include "jobs/engine.h"
#include "jobs/inbox_apply.h"
#include "jobs/run.h"
#include "loop/cores.h"
#include "ops/canary.h"
#include "ops/flag_watch.h"
#include "ops/heartbeat.h"
#include "ops/metrics.h"
#include "ops/roles.h"
#include "providers/call_sources.h"
#include "providers/checks.h"
#include "providers/recordings.h"
#include "queue/queue.h"
#include "tenancy/project.h"
#include "tenancy/watcher.h"
#include "wake/wake.h"

enum { OUTSIDE_MOST = 6 }; /* recordings are large */

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

    if (app_is_ready(app) && app->queue)
        queue_wake(app->queue);
}

/* Another node has applied some. */
static void on_feed_hint(int64_t project, int64_t last_seq, void *arg)
{
    struct app *app = arg;

    if (app_is_ready(app) && app->hub)
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
        .tracer = app->tracer,
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
        .accounts_are_old = ret == &app->steering,
        .base_url = app->config->webhook_base_url,
        .allowed_peers = app->config->webhook_allowed_cidrs,
        .inbox = app->inbox,
        .clock = &clock_system,
        .tracer = app->tracer,
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

/* For the accounts of the configuration; those that the store keeps come with open_accounts(). */
static bool open_doors(struct app *app, struct doors **ret, struct err *e)
{
    _cleanup_(account_book_dropp) struct account_book *book = NULL;

    return (accounts_of_config(app->config, app->project, &book, e) &&
            open_doors_for(app, book, ret, e)) ||
           err_trace(e);
}

static bool open_accounts(struct app *app, struct err *e)
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

    return accounts_open(&o, &app->accounts, e) || err_trace(e);
}

/* The doors once, the accounts until they are there. */
bool app_read_accounts(struct app *app, struct err *e)
{
    if (has_role(app->roles, ROLE_DOOR) && !app->doors && !open_doors(app, &app->doors, e))
        return err_trace(e);
    return open_accounts(app, e) || err_trace(e);
}

static void on_canary(usec_t took, void *arg)
{
    const struct app *app = arg;

    metrics_canary(app->metrics, took);
    heartbeat_canary(app->heart, took);
}

static void on_canary_state(bool flies, void *arg)
{
    const struct app *app = arg;

    metrics_canary_state(app->metrics, flies);
    if (!flies)
        heartbeat_no_canary(app->heart);
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
        .on_state = on_canary_state,
        .arg = app,
    };

    return o.every == 0 || str_is_empty(o.our_url) || canary_start(&o, &app->canary, e) ||
           err_trace(e);
}

static bool start_flags(struct app *app, struct err *e)
{
    app->heart = heartbeat_create(&(struct heartbeat_options){
        .clock = &clock_system,
        .roles = app->roles,
        .port = http_server_port(app->server),
        .sources = app->sources,
    });
    const struct flag_watch_options o = {
        .store = app->store,
        .clock = &clock_system,
        .board = app->flags,
        .hub = app->hub,
        .queue = app->queue,
        .heart = app->heart,
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

bool app_start_spooling(struct app *app, struct err *e)
{
    _cleanup_(account_book_dropp) struct account_book *book = NULL;

    return (start_inbox(app, e) && first_book(app, &book, e) &&
            open_doors_for(app, book, &app->steering, e)) ||
           err_trace(e);
}

/* SQLite writes one transaction at a time. Where PostgreSQL is, the second works while the first
 * waits for it; on a single core the two would only delay each other, and the door. */
static size_t count_workers(const struct app *app)
{
    if (app->config->workers)
        return (size_t)app->config->workers;
    return store_engine(app->store) == STORE_SQLITE || cores_allowed() == 1 ? 1 : 2;
}

static bool start_worker(struct app *app, struct err *e)
{
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
        .tracer = app->tracer,
        .queries = inbox_queue_queries,
        .handler = inbox_apply_handler(app->apply),
        .policy = queue_policy_default,
        .workers = count_workers(app),
        .held = held_back,
        .held_arg = app,
    };
    if (!queue_start(&o, &app->queue, e))
        return err_trace(e);
    return true;
}

/* By the API. */
static void on_job_noted(const struct job *j, bool ok, const struct job_count *counts, size_t n,
                         void *arg)
{
    const struct app *app = arg;

    metrics_job_ended(app->metrics, j, ok, counts, n);
}

static void on_job_ended(const struct job *j, bool ok, const struct job_count *counts, size_t n,
                         void *arg)
{
    const struct job_world *world = arg;

    on_job_noted(j, ok, counts, n, world->arg);
}

static bool job_is_on(const struct job *j, int64_t project, void *arg)
{
    const struct job_world *world = arg;
    const struct app *app = world->arg;

    return !j->is_reconcile || flag_board_value(app->flags, project, FLAG_RECONCILE) != 0;
}

/* Of the API's threads so many may wait for others: half of them answer all else. Of these a
 * project takes half, rounded up, so that it never has the last one where there are two. */
static struct places *open_places(const struct app *app)
{
    const size_t half = (size_t)app->config->api_threads / 2;
    const size_t n = half > OUTSIDE_MOST ? OUTSIDE_MOST : half > 0 ? half : 1;

    return places_create(n, (n + 1) / 2);
}

static bool open_sources(struct app *app, struct err *e)
{
    app->outside = open_places(app);
    const struct call_sources_options o = {
        .accounts = app->shelf,
        .clock = &clock_system,
        .tracer = app->tracer,
        .requests_per_second = app->config->provider_requests_per_second,
        .places = app->outside,
        .asked = app->asked,
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
        .tracer = app->tracer,
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
        .tracer = app->tracer,
        .loops = app->loops,
        .n_loops = app->n_loops,
        .may_watch = watchers_may,
        .progress = job_progress,
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

static bool open_recordings(struct app *app, struct err *e)
{
    const struct recordings_options o = {
        .accounts = app->shelf, .places = app->outside, .asked = app->asked};

    return recordings_open(&o, &app->recordings, e) || err_trace(e);
}

static void open_checks(struct app *app)
{
    app->checks = checks_open(&(struct checks_options){
        .accounts = app->shelf,
        .places = app->outside,
        .asked = app->asked,
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
        .tracer = app->tracer,
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
        .on_job_ended = on_job_noted,
        .arg = app,
        .recordings = app->recordings,
        .checks = app->checks,
        .sources = app->sources,
        .outside = app->outside,
        .token_keys = app->identity.token_keys,
        .hasher = app->hasher,
        .threads = (size_t)app->config->api_threads,
        .stream_key = app->identity.stream_key,
        .project = app->project,
        .quotas = accounts_quotas(app->config),
        .projects_most = app->config->projects_max,
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

/* No room asks the store before it is there: what a start needs of it has been read by now. */
bool app_start_rooms(struct app *app, struct err *e)
{
    const bool has_doors = has_role(app->roles, ROLE_DOOR);

    if ((has_role(app->roles, ROLE_HUB) && !start_hub(app, e)) ||
        !accounts_start(app->accounts, e) || !open_sources(app, e) || !start_wakeups(app, e) ||
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

// --- ending --------------------------------------------------------------------------------------

/* Each before those that it calls: the API asks all of them, the inbox wakes the queue, the queue
 * tells the hub. */
void app_stop_rooms(struct app *app)
{
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
    heartbeat_destroy(app->heart);
    accounts_stop(app->accounts);
    identity_close(&app->identity);
    hasher_stop(app->hasher);
    recordings_close(app->recordings);
    checks_close(app->checks);
    call_sources_close(app->sources);
    places_destroy(app->outside);
    if (app->inbox)
        inbox_stop(app->inbox);
    wakeups_stop(app->wakeups);
    if (app->queue)
        queue_stop(app->queue);
    inbox_apply_destroy(app->apply);
    if (app->hub)
        hub_stop(app->hub);
    wakeups_close(app->wakeups);
}
