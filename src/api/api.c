/*
 * From the exchange to the handler: route, thread, asker, handler, answer.
 *
 * The loop only finds the route and has the exchange wait for the pool, where projects take turns;
 * everything that may block happens on the pool's threads. A route that waits for nothing (/health)
 * is answered on the loop, from what the monitor thread has last seen.
 */
#include "api/api.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "api/asker.h"
#include "api/credentials.h"
#include "api/meter.h"
#include "api/request.h"
#include "api/run_wait.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/places.h"
#include "http/route.h"
#include "inbox/backlog.h"
#include "inbox/inbox.h"
#include "loop/loop.h"
#include "loop/turnstile.h"
#include "store/store.h"
#include "tenancy/access_token.h"
#include "tenancy/stream_token.h"
#include "trace/trace.h"

enum { ROUTES_MAX = 256, THREADS_MAX = 256, ANSWER_MAX = 16 * 1024 * 1024 };

/* Passwords take a tenth of a second each. Who waits for one waits in a pool of its own, so that a
 * burst of people who sign in takes no thread from those who are. */
enum pool_kind { POOL_COMMON, POOL_SLOW, POOL_COUNT };
/* Of the API's threads, so many may wait for the end of a run: one in four, and two at most. */
enum { RUN_WAITERS_MAX = 2, THREADS_PER_RUN_WAITER = 4 };
enum { SLOW_THREADS = 2 };

/* How many may wait: in all, of one project, and of one client. */
struct room {
    size_t all, of_project, of_client;
};
static const struct room rooms[] = {
    [POOL_COMMON] = {.all = 2048, .of_project = 1536, .of_client = 1024},
    [POOL_SLOW] = {.all = 32, .of_project = 24, .of_client = 8},
};
static_assert(LEN(rooms) == POOL_COUNT, "each pool has room");

#define RESOURCE(name) extern const struct resource api_##name;
#include "api/list.h"
#undef RESOURCE

static const struct resource *const resources[] = {
#define RESOURCE(name) &api_##name,
#include "api/list.h"
#undef RESOURCE
};

struct pool {
    struct api *api;
    struct turnstile *waiting; /* projects take turns */
    struct places *places;     /* of those who wait, by client */
    struct thread *threads[THREADS_MAX];
    size_t n_threads;
};

struct api {
    struct api_options o;
    struct http_router *router;
    struct http_route table[ROUTES_MAX]; /* what the router was compiled from */
    struct backlog_watch *backlogs;
    struct askers *askers;
    struct throttle *throttle;
    struct meter *meter;
    struct run_wait *runs;
    struct pool pools[POOL_COUNT];
    struct thread *monitor;
    struct mailbox *monitor_end; /* closed to end the monitor */
    _Atomic bool store_up;
};

const struct resource *const *api_resources(size_t *ret_n)
{
    *ret_n = LEN(resources);
    return resources;
}

// --- who asks ------------------------------------------------------------------------------------

static bool is_safe(enum http_method m)
{
    return m == HTTP_GET || m == HTTP_HEAD || m == HTTP_OPTIONS;
}

/* The project that is asked for: by a header, or in the query for what cannot set one. Anything but
 * a number is a project that is not there. */
static bool asked_project(const struct req *rq, int64_t *ret, struct err *e)
{
    const struct str header = http_header(rq->http, STR("X-Project-Id"));
    const struct str named = str_is_empty(header) ? req_query(rq, STR("project_id")) : header;

    *ret = 0;
    if (str_is_empty(named))
        return true;
    return str_to_id(named, ret) || req_not_found(e);
}

/* A bearer is an access token or a key: a key has no dots. */
static bool find_bearer(struct req *rq, struct str bearer, const struct actor_asks *asks,
                        bool *ret_known, struct err *e)
{
    struct access_claims claims;

    *ret_known = false;
    if (!str_contains(bearer, STR(".")))
        return actor_by_api_key(rq->db, bearer, asks, rq->a, &rq->actor, ret_known, e) ||
               err_trace(e);
    if (!access_token_read(rq->app->token_keys, bearer, rq->now, rq->a, &claims))
        return true;
    if (!actor_by_session(rq->db, claims.session, asks, rq->a, &rq->actor, ret_known, e))
        return err_trace(e);
    *ret_known = *ret_known && rq->actor.id == claims.user; // the session is that person's
    return true;
}

static bool not_signed_in(struct err *e)
{
    err_set(e, ERR_UNAUTHORIZED, "you are not signed in");
    err_fix(e, "send Authorization: Bearer with an API key or an access token of POST /auth/login");
    return err_fix(e, "in a browser, sign in at /app/, or open the one-time link that the server "
                      "printed at its start");
}

static bool sign_in_by_credentials(struct req *rq, struct err *e)
{
    struct actor_asks asks = {.now = rq->now};
    bool known = false, is_cookie;
    const struct str shown = credentials_shown(rq->http, &is_cookie);

    if (!asked_project(rq, &asks.project, e))
        return err_trace(e);
    if (!str_is_empty(shown)) {
        if (is_cookie && !str_contains(shown, STR(".")))
            return not_signed_in(e); // a key in a cookie is none
        if (!find_bearer(rq, shown, &asks, &known, e))
            return err_trace(e);
        if (known && is_cookie && !is_safe(rq->http->method) && !credentials_same_origin(rq->http))
            return err_set(e, ERR_FORBIDDEN, "this request came from another site");
    }
    if (!known)
        return not_signed_in(e);
    return !asks.project || rq->actor.project == asks.project || req_not_found(e);
}

/* A token that is given counts alone: it says for which project it is. */
static bool sign_in_by_token(struct req *rq, struct str token, struct err *e)
{
    struct stream_claims c;
    bool known = false;

    if (stream_token_read(rq->app->stream_key, token, rq->now, &c) &&
        !actor_by_claims(rq->db, &c, rq->now, rq->a, &rq->actor, &known, e))
        return err_trace(e);
    if (known)
        return true;
    err_set(e, ERR_UNAUTHORIZED, "the token has expired, or never was one");
    return err_fix(e, "get another one for each connection: GET /realtime/token");
}

static bool sign_in(struct req *rq, const struct route *route, struct err *e)
{
    const struct str token = route->takes_stream_token ? req_query(rq, STR("token")) : STR_NONE;

    return str_is_none(token) ? sign_in_by_credentials(rq, e) : sign_in_by_token(rq, token, e);
}

static bool authorise(struct req *rq, const struct route *route, struct err *e)
{
    switch (route->access) {
    case ACCESS_PUBLIC:
        return true;
    case ACCESS_SIGNED_IN:
        return sign_in(rq, route, e) || err_trace(e);
    case ACCESS_RIGHT:
        return (sign_in(rq, route, e) && req_may(rq, route->right, e)) || err_trace(e);
    }
    return err_set(e, ERR_INTERNAL, "a route without access rule");
}

// --- on a thread of the pool ---------------------------------------------------------------------

/* A request that waits; in its own arena. */
struct waiter {
    struct line_place place;
    struct http_exchange *x;
    struct http_match match;
    int64_t client; /* in whose place it waits */
};

struct worker {
    struct api *api;
    struct db *db;
    struct rng rng;
    struct buf out;
};

static bool admit(struct req *rq, const struct route *route, struct err *e)
{
    if (authorise(rq, route, e))
        return true;
    if (!route->without_store || e->code != ERR_UNAVAILABLE || !db_lost(rq->db))
        return err_trace(e);
    err_clear(e);
    rq->actor = (struct actor){.project = 0};
    return true;
}

static bool run(struct worker *w, struct req *rq, const struct route *route, struct err *e)
{
    if (!http_query_parse(rq->http, rq->a, &rq->query, e) || !admit(rq, route, e))
        return err_trace(e);
    askers_note(w->api->askers, rq->http, rq->actor.project);
    return (meter_count(rq, e) && route->run(rq, e)) || err_trace(e);
}

/* The exchange is gone by then. */
struct seen {
    usec_t received_at; /* monotonic */
    char trace[ID_LEN];
};

static void note_span(const struct api *api, const struct route *route, const struct seen *seen,
                      int status)
{
    if (!api->o.tracer)
        return;
    tracer_note(api->o.tracer, &(struct span){
                                   .trace = {seen->trace, sizeof seen->trace},
                                   .name = http_method_name(route->method).p,
                                   .of = str_from(route->pattern),
                                   .kind = SPAN_SERVER,
                                   .is_first = true,
                                   .failed = status >= 500,
                                   .took = clock_monotonic(api->o.clock) - seen->received_at,
                                   .facts = {{"http.route", str_from(route->pattern), 0},
                                             {"http.response.status_code", STR_NONE, status}},
                               });
}

static void serve(struct worker *w, const struct waiter *waiter)
{
    struct http_exchange *x = waiter->x;
    struct seen seen = {.received_at = http_received_at(x)};
    const struct http_match *match = &waiter->match;
    const struct route *route = match->target;
    struct err e = {0};
    struct req rq = {
        .app = &w->api->o,
        .x = x,
        .http = http_request_of(x),
        .db = w->db,
        .backlogs = w->api->backlogs,
        .throttle = w->api->throttle,
        .meter = w->api->meter,
        .runs = w->api->runs,
        .rng = &w->rng,
        .a = http_arena(x),
        .match = match,
        .now = clock_wall(w->api->o.clock),
        .out = &w->out,
    };

    rq.trace_id = id_new(w->api->o.clock, &w->rng, rq.a);
    memcpy(seen.trace, rq.trace_id.p, sizeof seen.trace);
    buf_reset(&w->out);
    json_init(&rq.json, &w->out);
    if (run(w, &rq, route, &e)) {
        assert(rq.status != 0);
        note_span(w->api, route, &seen, rq.status);
        return;
    }
    const struct log lg = {rq.trace_id};
    log_failure(&lg, err_code_status(e.code) >= 500 ? LOG_ERROR : LOG_DEBUG, "request.failed", &e);
    http_answer_error(x, &e, rq.trace_id);
    note_span(w->api, route, &seen, err_code_status(e.code));
}

static void leave(const struct pool *pool, const struct waiter *waiter)
{
    places_leave(pool->places, waiter->client);
}

static void work(void *arg)
{
    const struct pool *pool = arg;
    struct worker w = {.api = pool->api, .rng = rng_system()};
    struct line_place *p;

    w.db = store_connect(w.api->o.store, STORE_WORK);
    buf_init(&w.out, ANSWER_MAX);
    while ((p = turnstile_take(pool->waiting, SECONDS(60))) || !turnstile_is_closed(pool->waiting))
        if (p) {
            const struct waiter *waiter = container_of(p, struct waiter, place);
            leave(pool, waiter);
            serve(&w, waiter);
        }
    buf_finish(&w.out);
    db_close(w.db);
}

/* Asks the store once a second, so that /health need not. */
static void watch_store(void *arg)
{
    struct api *api = arg;
    _cleanup_(db_closep) struct db *db = store_connect(api->o.store, STORE_READ);

    do {
        struct err e = {0};
        atomic_store_explicit(&api->store_up, db_ping(db, &e), memory_order_relaxed);
        (void)mailbox_take(api->monitor_end, SECONDS(1)); // a wait that can be ended
    } while (!mailbox_is_closed(api->monitor_end));
}

// --- on the loop ---------------------------------------------------------------------------------

bool api_store_is_up(const struct api *api)
{
    struct inbox_stats s = {0};

    if (api->o.inbox)
        inbox_stats(api->o.inbox, &s);
    return atomic_load_explicit(&api->store_up, memory_order_relaxed) && !s.store_down;
}

static void refuse(struct http_exchange *x, enum err_code code, const char *text)
{
    struct err e = {0};

    err_set(&e, code, "%s", text);
    http_answer_error(x, &e, STR_NONE);
}

/* False: its client, its project or all of them have too many here. */
static bool wait_in(const struct pool *pool, struct waiter *waiter, int64_t asker)
{
    waiter->client = asker_client(http_request_of(waiter->x));
    if (!places_enter(pool->places, waiter->client))
        return false;
    if (turnstile_push(pool->waiting, &waiter->place, asker))
        return true;
    leave(pool, waiter);
    return false;
}

/* Who asks too often is told so before it takes a thread and a look into the store. */
static bool has_room(const struct api *api, const struct route *route, int64_t asker, struct err *e)
{
    return route->access == ACCESS_PUBLIC || asker <= 0 ||
           meter_look(api->meter, &api->o, asker, e) || err_trace(e);
}

static void enqueue(struct api *api, struct http_exchange *x, const struct http_match *found)
{
    struct waiter *waiter = arena_new(http_arena(x), struct waiter, 1);
    const struct route *route = found->target;
    const struct pool *pool = &api->pools[route->slow ? POOL_SLOW : POOL_COMMON];
    const int64_t asker = askers_key(api->askers, http_request_of(x));
    struct err e = {0};

    waiter->x = x;
    waiter->match = *found;
    if (!has_room(api, route, asker, &e))
        http_answer_error(x, &e, STR_NONE);
    else if (!wait_in(pool, waiter, asker))
        refuse(x, route->slow ? ERR_RATE : ERR_UNAVAILABLE,
               "too many requests wait; try again in a moment");
}

static void take(struct api *api, struct http_exchange *x, const struct http_match *match)
{
    const struct route *route = match->target;

    if (route->on_loop)
        route->on_loop(api, x);
    else
        enqueue(api, x, match);
}

bool api_handle(struct api *api, struct http_exchange *x)
{
    const struct http_request *rq = http_request_of(x);
    struct http_match match;

    switch (http_router_find(api->router, rq->method, rq->path, http_arena(x), &match)) {
    case HTTP_FOUND:
        take(api, x, &match);
        return true;
    case HTTP_WRONG_METHOD:
        http_answer_wrong_method(x, match.methods);
        return true;
    case HTTP_BAD_PATH:
        refuse(x, ERR_INVALID, "the path has an escape that is none");
        return true;
    case HTTP_NOT_FOUND:
        return false;
    }
    return false;
}

// --- start and stop ------------------------------------------------------------------------------

static struct http_router *build_router(struct http_route *table)
{
    size_t n = 0;

    for (size_t r = 0; r < LEN(resources); r++)
        for (size_t i = 0; i < resources[r]->n_routes; i++) {
            const struct route *route = &resources[r]->routes[i];
            assert(n < ROUTES_MAX);
            table[n++] = (struct http_route){route->method, route->pattern, route};
        }
    return http_router_create(table, n);
}

static void pool_init(struct api *api, enum pool_kind kind)
{
    const struct room *room = &rooms[kind];

    api->pools[kind] = (struct pool){.api = api,
                                     .waiting = turnstile_create(room->all, room->of_project),
                                     .places = places_create(room->all, room->of_client)};
}

static bool pool_start(struct pool *pool, const char *name, size_t threads, struct err *e)
{
    while (pool->n_threads < threads && pool->n_threads < THREADS_MAX) {
        if (!thread_start(name, work, pool, &pool->threads[pool->n_threads], e))
            return err_trace(e);
        pool->n_threads++;
    }
    return true;
}

static void pool_finish(struct pool *pool)
{
    for (size_t i = 0; i < pool->n_threads; i++)
        thread_join(pool->threads[i]);
    turnstile_destroy(pool->waiting);
    places_destroy(pool->places);
}

static size_t run_waiters(size_t threads)
{
    const size_t share = threads / THREADS_PER_RUN_WAITER;

    return share < RUN_WAITERS_MAX ? share : RUN_WAITERS_MAX;
}

void api_stop(struct api *api)
{
    if (!api)
        return;
    for (size_t i = 0; i < POOL_COUNT; i++)
        turnstile_close(api->pools[i].waiting);
    mailbox_close(api->monitor_end);
    run_wait_stop(api->runs);
    for (size_t i = 0; i < POOL_COUNT; i++)
        pool_finish(&api->pools[i]);
    if (api->monitor)
        thread_join(api->monitor);
    backlog_watch_destroy(api->backlogs);
    askers_destroy(api->askers);
    throttle_destroy(api->throttle);
    meter_destroy(api->meter);
    run_wait_destroy(api->runs);
    mailbox_destroy(api->monitor_end);
    http_router_destroy(api->router);
    free(api);
}

DEFINE_CLEANUP(struct api, api_stop)

bool api_start(const struct api_options *o, struct api **ret, struct err *e)
{
    _cleanup_(api_stopp) struct api *api = NEW(struct api);

    api->o = *o;
    api->router = build_router(api->table);
    api->backlogs = backlog_watch_create(o->clock);
    api->askers = askers_create();
    api->throttle = throttle_create();
    api->meter = meter_create();
    api->runs = run_wait_create(o->clock, run_waiters(o->threads), o->outside);
    pool_init(api, POOL_COMMON);
    pool_init(api, POOL_SLOW);
    api->monitor_end = mailbox_create();
    atomic_store(&api->store_up, true);
    if (!thread_start("api-monitor", watch_store, api, &api->monitor, e) ||
        !pool_start(&api->pools[POOL_COMMON], "api", o->threads, e) ||
        !pool_start(&api->pools[POOL_SLOW], "api-slow", SLOW_THREADS, e))
        return err_trace(e);
    *ret = TAKE(api);
    return true;
}
