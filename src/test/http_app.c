#include "test/http_app.h"

#include <sched.h>
#include <stdlib.h>

#include "http/internal.h"

static const usec_t patience = SECONDS(20);

static usec_t app_now(const struct clock *c)
{
    return atomic_load((_Atomic(usec_t) *)c->arg);
}

// --- what the paths do ---------------------------------------------------------------------------

static struct str echo_of(struct http_exchange *x)
{
    const struct http_request *rq = http_request_of(x);

    return str_fmt(http_arena(x), "%d " STR_FMT " " STR_FMT " " STR_FMT "\n" STR_FMT,
                   (int)rq->method, STR_ARG(rq->target), STR_ARG(rq->peer), STR_ARG(rq->scheme),
                   STR_ARG(rq->body));
}

static void on_echo(struct app *app, struct http_exchange *x)
{
    (void)app;
    http_answer(x, &(struct http_answer){.type = STR("text/plain"), .body = echo_of(x)});
}

static void on_later(struct app *app, struct http_exchange *x)
{
    if (!mailbox_push(app->requests, http_task(x)))
        on_echo(app, x); // the application is being stopped
}

static void on_hold(struct app *app, struct http_exchange *x)
{
    bool open = mailbox_push(app->held, http_task(x));
    assert(open);
}

static void on_close(struct app *app, struct http_exchange *x)
{
    (void)app;
    http_answer(x, &(struct http_answer){.body = STR("bye"), .close = true});
}

static void on_large(struct app *app, struct http_exchange *x)
{
    const bool is_static = !str_is_none(http_request_of(x)->query);

    http_answer(
        x, &(struct http_answer){.body = {app->large, APP_LARGE}, .body_is_static = is_static});
}

static void on_204(struct app *app, struct http_exchange *x)
{
    (void)app;
    http_answer(x, &(struct http_answer){.status = 204, .body = STR("not sent")});
}

void app_stream_ended(void *arg)
{
    struct app *app = arg;

    app->stream = NULL;
    atomic_fetch_add(&app->n_streams_closed, 1);
}

static void on_stream(struct app *app, struct http_exchange *x)
{
    app->stream = http_stream_start(x, STR("text/event-stream"), app_stream_ended, app);
    atomic_fetch_add(&app->n_streams, 1);
}

static void repeat(struct str bytes, void *arg)
{
    struct app *app = arg;
    struct http_chunk *chunk = http_chunk_create(bytes);

    const bool sent = http_stream_send(app->stream, &chunk, 1, SIZE_MAX);
    assert(sent);
    http_chunk_unref(chunk);
    if (str_eq(bytes, STR("end")))
        http_stream_end(app->stream);
}

static void on_both(struct app *app, struct http_exchange *x)
{
    const struct http_header field = {STR("X-Echo"), STR("yes\r\nno")};

    app->stream = http_stream_upgrade(x, &(struct http_upgrade){.protocol = STR("echo"),
                                                                .headers = &field,
                                                                .n_headers = 1,
                                                                .on_bytes = repeat,
                                                                .on_closed = app_stream_ended,
                                                                .arg = app});
    atomic_fetch_add(&app->n_streams, 1);
}

static const struct {
    const char *path;
    void (*on_request)(struct app *app, struct http_exchange *x);
} paths[] = {
    {"/echo", on_echo},   {"/later", on_later}, {"/hold", on_hold},     {"/close", on_close},
    {"/large", on_large}, {"/204", on_204},     {"/stream", on_stream}, {"/both", on_both},
};

static void on_request(struct http_exchange *x, void *arg)
{
    struct app *app = arg;
    const struct str path = http_request_of(x)->path;

    atomic_fetch_add(&app->n_requests, 1);
    for (size_t i = 0; i < LEN(paths); i++)
        if (str_eq(path, str_from(paths[i].path))) {
            paths[i].on_request(app, x);
            return;
        }
    on_echo(app, x);
}

static void on_header(const struct http_request *rq, struct http_decision *ret, void *arg)
{
    (void)arg;
    if (str_eq(rq->path, STR("/tiny")))
        ret->max_body = APP_TINY;
    if (str_eq(rq->path, STR("/refuse")))
        ret->refuse = 403;
}

static void on_refused(const struct loop *loop, int status, void *arg)
{
    struct app *app = arg;

    (void)loop;
    (void)status;
    atomic_fetch_add(&app->n_refused, 1);
}

static void on_answered(const struct http_exchange *x, int status, void *arg)
{
    struct app *app = arg;

    assert_true(http_request_of(x)->path.n > 0 && status >= 101);
    atomic_fetch_add(&app->n_answered, 1);
}

static void answer_later(void *arg)
{
    struct app *app = arg;

    for (struct task *t; (t = mailbox_take_one(app->requests, HOURS(1)));) {
        struct http_exchange *x = http_exchange_of_task(t);
        http_answer_from(x, &(struct http_answer){.body = echo_of(x)});
    }
}

// --- starting and stopping -----------------------------------------------------------------------

struct app *app_start(const struct http_server_options *o)
{
    struct app *app = NEW(struct app);
    struct http_server_options options = o ? *o : (struct http_server_options){0};
    struct err e = {0};

    atomic_init(&app->now, SECONDS(1800000000));
    app->clock = (struct clock){.wall = app_now, .monotonic = app_now, .arg = &app->now};
    app->large = malloc(APP_LARGE);
    memset(app->large, 'L', APP_LARGE);
    app->requests = mailbox_create();
    app->held = mailbox_create();
    assert_ok(thread_start("later", answer_later, app, &app->thread, &e), &e);
    assert_ok(loop_start("loop", &app->loop, &e), &e);

    options.loops = &app->loop;
    options.n_loops = 1;
    options.clock = &app->clock;
    options.on_header = on_header;
    options.on_request = on_request;
    options.on_refused = on_refused;
    options.on_answered = on_answered;
    options.arg = app;
    assert_ok(http_server_start(&options, &app->server, &e), &e);
    return app;
}

void app_stop(struct app *app)
{
    mailbox_close(app->requests);
    thread_join(app->thread);
    http_server_stop(app->server);
    loop_stop(app->loop);
    assert_int_equal(app->n_streams, app->n_streams_closed);
    mailbox_destroy(app->requests);
    mailbox_destroy(app->held);
    free(app->large);
    free(app);
}

uint16_t app_port(const struct app *app)
{
    return http_server_port(app->server);
}

void app_pass(struct app *app, usec_t time)
{
    atomic_fetch_add(&app->now, time);
    http_server_sweep(app->server);
}

struct http_exchange *app_wait_held(struct app *app)
{
    struct task *t = mailbox_take_one(app->held, patience);

    assert_non_null(t);
    return http_exchange_of_task(t);
}

void app_release(struct app *app, struct http_exchange *x)
{
    (void)app;
    http_answer_from(x, &(struct http_answer){.body = echo_of(x)});
}

void app_wait_connections(struct app *app, size_t n)
{
    const usec_t deadline = clock_monotonic(&clock_system) + patience;

    while (http_server_connections(app->server) != n) {
        assert_true(clock_monotonic(&clock_system) < deadline);
        sched_yield();
    }
}

void app_pass_until_gone(struct app *app, usec_t step)
{
    const usec_t deadline = clock_monotonic(&clock_system) + patience;

    while (http_server_connections(app->server) > 0) {
        assert_true(clock_monotonic(&clock_system) < deadline);
        app_pass(app, step);
        sched_yield();
    }
}

void app_wait_count(const atomic_int *counter, int n)
{
    const usec_t deadline = clock_monotonic(&clock_system) + patience;

    while (atomic_load(counter) < n) {
        assert_true(clock_monotonic(&clock_system) < deadline);
        sched_yield();
    }
}

// --- streams -------------------------------------------------------------------------------------

struct sending {
    struct app *app;
    char c;
    size_t n, chunk, max_backlog, backlog;
    bool fits;
};

static void send_on_loop(void *arg)
{
    struct sending *s = arg;
    char *bytes = malloc(s->chunk);

    memset(bytes, s->c, s->chunk);
    for (s->fits = true; s->fits && s->n > 0; s->n -= s->chunk) {
        struct http_chunk *chunks[] = {http_chunk_create((struct str){bytes, s->chunk})};
        s->fits = http_stream_send(s->app->stream, chunks, 1, s->max_backlog);
        http_chunk_unref(chunks[0]);
    }
    free(bytes);
}

bool app_stream_send(struct app *app, char c, size_t n, size_t chunk, size_t max_backlog)
{
    struct sending s = {app, c, n, chunk, max_backlog, 0, false};

    loop_call_wait(app->loop, send_on_loop, &s);
    return s.fits;
}

static void ask_backlog(void *arg)
{
    struct sending *s = arg;

    s->backlog = s->app->stream ? http_stream_backlog(s->app->stream) : 0;
}

size_t app_stream_backlog(struct app *app)
{
    struct sending s = {.app = app};

    loop_call_wait(app->loop, ask_backlog, &s);
    return s.backlog;
}

static void close_on_loop(void *arg)
{
    struct app *app = arg;

    if (app->stream) {
        http_stream_close(app->stream);
        http_stream_close(app->stream); // may be repeated
    }
}

void app_stream_close(struct app *app)
{
    loop_call_wait(app->loop, close_on_loop, app);
}
