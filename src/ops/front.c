/* Where a request goes: the metrics, a door, the API, the interface; or nowhere. */
#include "ops/app.h"

#include "base/limits.h"
#include "http/http.h"
#include "http/static.h"
#include "inbox/door.h"
#include "inbox/inbox.h"
#include "ops/flag_watch.h"
#include "ops/metrics.h"
#include "ops/traffic.h"
#include "providers/provider.h"

static void on_header(const struct http_request *rq, struct http_decision *ret, void *arg)
{
    struct app *app = arg;

    ret->max_body = LIMIT_API_BODY;
    struct doors *doors = app_is_ready(app) ? app->doors : app->steering;
    if (doors)
        (void)doors_on_header(doors, rq, ret); // false: not a door's path
}

static void answer_not_ready(struct http_exchange *x)
{
    struct err e = {0};

    err_set(&e, ERR_UNAVAILABLE, "the server is starting or stopping");
    err_fix(&e, "try again in a moment");
    http_answer_error(x, &e, STR_NONE);
}

static void answer_not_found(struct http_exchange *x)
{
    struct err e = {0};

    err_set(&e, ERR_NOT_FOUND, "there is no such page here");
    http_answer_error(x, &e, STR_NONE);
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
    const bool all = app_is_ready(app);
    const struct metrics_rooms rooms = {
        .doors = all ? app->doors : NULL,
        .steering = app->steering,
        .inbox = app->inbox,
        .queue = all ? app->queue : NULL,
        .hub = all ? app->hub : NULL,
        .wakeups = all ? app->wakeups : NULL,
        .tracer = app->tracer,
        .traffic = app->traffic,
        .asked = app->asked,
        .hasher = app->hasher,
    };

    return metrics_handle(app->metrics, &rooms, x);
}

static bool writes_inbox(const struct app *app)
{
    struct inbox_stats s = {0};

    if (app->inbox)
        inbox_stats(app->inbox, &s);
    return !s.store_down;
}

/* Of a node without an API: whoever watches over it asks all nodes the same, and is told the same.
 */
static bool serve_health(const struct app *app, struct http_exchange *x)
{
    const struct http_request *rq = http_request_of(x);

    if (rq->method != HTTP_GET || !str_eq(rq->path, STR("/health")))
        return false;
    api_health_answer(x, flag_watch_sees_store(app->flag_watch) && writes_inbox(app));
    return true;
}

static void on_request(struct http_exchange *x, void *arg)
{
    struct app *app = arg;

    if (serve_metrics(app, x))
        return;
    if (!app_is_ready(app)) {
        if (!(app->steering && doors_handle(app->steering, x)))
            answer_not_ready(x);
    } else if (!(app->doors && doors_handle(app->doors, x)) &&
               !(app->api ? api_handle(app->api, x) : serve_health(app, x)) &&
               !serve_interface(x)) {
        answer_not_found(x);
    }
}

static void on_refused(const struct loop *loop, int status, void *arg)
{
    const struct app *app = arg;

    traffic_refused(app->traffic, loop, status);
}

static void on_answered(const struct http_exchange *x, int status, void *arg)
{
    const struct app *app = arg;

    traffic_answered(app->traffic, x, status);
}

bool app_listen(struct app *app, struct err *e)
{
    const struct http_server_options o = {
        .port = (uint16_t)app->config->port,
        .address = app->config->listen_address,
        .loops = app->loops,
        .n_loops = app->n_loops,
        .trusted_proxies = app->config->trusted_proxies,
        .on_header = on_header,
        .on_request = on_request,
        .on_refused = on_refused,
        .on_answered = on_answered,
        .arg = app,
    };

    app->traffic = traffic_create(app->loops, app->n_loops);
    app->asked = asked_create(providers, n_providers);
    if (!http_server_start(&o, &app->server, e))
        return err_trace(e);
    return true;
}
