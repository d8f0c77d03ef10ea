#include "test/origin.h"

#include <sched.h>

#include "http/http.h"

static const usec_t patience = SECONDS(20);

static void redirect(struct http_exchange *x, struct str to)
{
    const struct http_header location = {STR("Location"), to};

    http_answer(x, &(struct http_answer){.status = 302, .headers = &location, .n_headers = 1});
}

static void on_audio(struct origin *o, struct http_exchange *x, struct str rest)
{
    (void)o, (void)rest;
    http_answer(x, &(struct http_answer){.type = STR("audio/x-wav; charset=binary"),
                                         .body = STR(ORIGIN_AUDIO)});
}

static void on_page(struct origin *o, struct http_exchange *x, struct str rest)
{
    (void)o, (void)rest;
    http_answer(x, &(struct http_answer){.type = STR("text/html"), .body = STR("<p>no</p>")});
}

static void on_large(struct origin *o, struct http_exchange *x, struct str rest)
{
    static const char zeros[ORIGIN_LARGE];

    (void)o, (void)rest;
    http_answer(x, &(struct http_answer){.type = STR("audio/mpeg"), .body = {zeros, sizeof zeros}});
}

static void on_status(struct origin *o, struct http_exchange *x, struct str rest)
{
    uint32_t status;

    (void)o;
    assert_true(cut_u32(&rest, &status));
    http_answer(x, &(struct http_answer){.status = (int)status, .body = STR("{}")});
}

static void on_later(struct origin *o, struct http_exchange *x, struct str rest)
{
    const struct http_header retry_after = {STR("Retry-After"), rest};

    (void)o;
    http_answer(x, &(struct http_answer){.status = 429, .headers = &retry_after, .n_headers = 1});
}

static void on_to(struct origin *o, struct http_exchange *x, struct str rest)
{
    uint32_t port;

    (void)o;
    assert_true(cut_u32(&rest, &port));
    redirect(x, str_fmt(http_arena(x), "http://127.0.0.1:%u/audio", port));
}

static void on_round(struct origin *o, struct http_exchange *x, struct str rest)
{
    (void)rest;
    redirect(x, origin_url(o, "/round", http_arena(x)));
}

static void on_to_file(struct origin *o, struct http_exchange *x, struct str rest)
{
    (void)o, (void)rest;
    redirect(x, STR("file:///etc/passwd"));
}

static void on_silent(struct origin *o, struct http_exchange *x, struct str rest)
{
    (void)x, (void)rest;
    atomic_fetch_add(&o->n_silent, 1);
}

static void on_posted(struct origin *o, struct http_exchange *x, struct str rest)
{
    const struct http_request *rq = http_request_of(x);

    (void)o, (void)rest;
    http_answer(
        x, &(struct http_answer){.status = rq->method == HTTP_POST && rq->body.n == 0 ? 201 : 405});
}

static void on_echo(struct origin *o, struct http_exchange *x, struct str rest)
{
    (void)o, (void)rest;
    http_answer(x, &(struct http_answer){.body = http_request_of(x)->body});
}

static void on_says(struct origin *o, struct http_exchange *x, struct str rest)
{
    const struct str word = str_sub(rest, 0, str_find(rest, '/'));

    (void)o;
    http_answer(x,
                &(struct http_answer){
                    .body = str_fmt(http_arena(x), "{\"status\":\"" STR_FMT "\"}", STR_ARG(word))});
}

/* The first that fits. */
static const struct {
    struct str path;
    void (*on_request)(struct origin *o, struct http_exchange *x, struct str rest);
} paths[] = {
    {STR("/audio"), on_audio},    {STR("/page"), on_page},       {STR("/large"), on_large},
    {STR("/status/"), on_status}, {STR("/to/"), on_to},          {STR("/round"), on_round},
    {STR("/later/"), on_later},   {STR("/to-file"), on_to_file}, {STR("/silent"), on_silent},
    {STR("/posted"), on_posted},  {STR("/says/"), on_says},      {STR("/echo"), on_echo},
};

static void count(struct origin *o, const struct http_request *rq)
{
    const struct str told = http_header(rq, STR("Authorization"));

    atomic_fetch_add(&o->n_requests, 1);
    atomic_fetch_add(&o->n_told, !str_is_none(told));
    atomic_fetch_add(&o->n_basic, o->basic && str_eq(told, str_from(o->basic)));
}

static void on_request(struct http_exchange *x, void *arg)
{
    struct origin *o = arg;
    struct str rest = http_request_of(x)->path;

    count(o, http_request_of(x));
    for (size_t i = 0; i < LEN(paths); i++)
        if (cut_lit(&rest, paths[i].path)) {
            paths[i].on_request(o, x, rest);
            return;
        }
    http_answer(x, &(struct http_answer){.status = 404});
}

static void stop(void *p)
{
    struct origin *o = p;

    http_server_stop(o->server);
    loop_stop(o->loop);
}

struct origin *origin_start(const char *basic, struct arena *a)
{
    struct origin *o = arena_new(a, struct origin, 1);
    struct err e = {0};

    o->basic = basic;
    assert_ok(loop_start("origin", &o->loop, &e), &e);
    const struct http_server_options options = {.address = STR("127.0.0.1"),
                                                .loops = &o->loop,
                                                .n_loops = 1,
                                                .on_request = on_request,
                                                .arg = o};
    assert_ok(http_server_start(&options, &o->server, &e), &e);
    arena_defer(a, stop, o);
    return o;
}

uint16_t origin_port(const struct origin *o)
{
    return http_server_port(o->server);
}

struct str origin_url(const struct origin *o, const char *path, struct arena *a)
{
    return str_fmt(a, "http://127.0.0.1:%u%s", origin_port(o), path);
}

void origin_wait_silent(struct origin *o, int n)
{
    const usec_t deadline = clock_monotonic(&clock_system) + patience;

    while (atomic_load(&o->n_silent) < n) {
        assert_true(clock_monotonic(&clock_system) < deadline);
        sched_yield();
    }
}
