/*
 * Any requests to the REST API, and any answer to what the calls ask for that they place: each is
 * answered once, with JSON that can be read; what goes out is well-formed; and every call ends.
 *
 * Input: what is answered to who asks for a document, line feed, then requests, each of a target, a
 * line feed, a form, a line feed. Without a form it is a GET. Beside the REST API only what it
 * stands on is here: exchanges and the sender are this file's own.
 */
#include "sandbox/twilio/rest.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/json.h"
#include "http/internal.h"
#include "sandbox/twilio/post.h"
#include "sandbox/twilio/scene.h"
#include "sandbox/twilio/sender.h"

enum { REQUESTS_MAX = 16, STEPS = 8, STEPS_MAX = 20000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// --- an exchange ---------------------------------------------------------------------------------

const struct http_request *http_request_of(const struct http_exchange *x)
{
    return &x->rq;
}

struct arena *http_arena(struct http_exchange *x)
{
    return x->arena;
}

void http_answer_from(struct http_exchange *x, const struct http_answer *answer)
{
    int *n_answers = x->user;
    struct json_object *o;
    struct err e = {0};

    ++*n_answers;
    if (str_starts(answer->type, STR("audio/")))
        return;
    const bool reads = json_parse(str_dup(answer->body, x->arena), x->arena, &o, &e);
    assert(reads && o);
    assert(answer->status < 500);
}

/* The router's, which the sandbox does not let answer. */
void exchange_answer_error(struct http_exchange *x, const struct err *e, struct str trace_id,
                           const struct http_header *more)
{
    (void)x, (void)e, (void)trace_id, (void)more;
    abort();
}

// --- the sender ----------------------------------------------------------------------------------

struct sender {
    struct str document; /* what everybody answers */
    struct request *first, **last;
};

static struct str document;

struct sender *sender_create(size_t max_in_flight)
{
    struct sender *s = NEW(struct sender);

    (void)max_in_flight;
    s->document = document;
    s->last = &s->first;
    return s;
}

void sender_submit(struct sender *s, struct request *rq)
{
    rq->next = NULL;
    *s->last = rq;
    s->last = &rq->next;
}

static struct request *take_first(struct sender *s)
{
    struct request *rq = s->first;

    if (!rq)
        return NULL;
    s->first = rq->next;
    if (!s->first)
        s->last = &s->first;
    return rq;
}

void sender_destroy(struct sender *s)
{
    for (struct request *rq; (rq = take_first(s));)
        arena_destroy(rq->a);
    free(s);
}

void sender_work(struct sender *s, usec_t wait, int fd)
{
    const struct sender_answer answer = {.status = 200, .body = s->document};

    (void)wait, (void)fd;
    for (struct request *rq; (rq = take_first(s));) {
        rq->on_answer(rq, &answer);
        arena_destroy(rq->a);
    }
}

void sender_wake(struct sender *s)
{
    (void)s;
}

size_t sender_pending(const struct sender *s)
{
    return s->first != NULL;
}

// --- the world -----------------------------------------------------------------------------------

struct place {
    struct sim sim;
    struct clock clock;
    usec_t now;
    struct rest *rest;
};

static void open_place(struct place *p, const struct sim_options *o)
{
    struct err e = {0};

    *p = (struct place){.now = SECONDS(1800000000)};
    p->clock = clock_fixed(&p->now);
    p->sim = (struct sim){.o = o, .clock = &p->clock, .rng = rng_seeded(7)};
    p->sim.rest_url = STR("http://127.0.0.1:1");
    const bool made = post_create(&p->sim, &p->sim.post, &e);
    assert(made);
    p->rest = rest_create(&p->sim);
}

static void close_place(struct place *p)
{
    rest_destroy(p->rest);
    scene_destroy_all(&p->sim);
    post_destroy(p->sim.post);
    world_finish(&p->sim.world);
    heap_finish(&p->sim.heap);
}

static void ask(struct place *p, struct str target, struct str form)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct http_header who[] = {{STR("Authorization"), STR("Basic QUMxOnQ=")}}; // AC1:t
    const size_t end = str_find(target, '?');
    int n_answers = 0;
    struct http_exchange x = {.arena = a, .user = &n_answers};

    x.rq = (struct http_request){
        .method = str_is_empty(form) ? HTTP_GET : HTTP_POST,
        .target = target,
        .path = str_sub(target, 0, end),
        .query = end < target.n ? str_sub(target, end + 1, target.n) : STR_NONE,
        .headers = who,
        .n_headers = LEN(who),
        .body = form,
    };
    rest_answer(p->rest, &x);
    assert(n_answers == 1);
}

/* What was sent is answered, and what is due next happens, or time goes by. */
static void step(struct place *p, usec_t most)
{
    struct event *ev;

    post_work(p->sim.post, 0, -1);
    ev = heap_take_due(&p->sim.heap, p->now);
    if (ev)
        ev->run(ev);
    else
        p->now += heap_wait(&p->sim.heap, p->now, most);
}

static void let_end(struct place *p)
{
    for (int i = 0; i < STEPS_MAX && p->sim.n_playing > 0; i++)
        step(p, HOURS(5));
    assert(p->sim.n_playing == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct str number = {"+15085140320", 12};
    static const struct sim_options o = {
        .to = {"http://127.0.0.1:1", 18},
        .account = {"AC1", 3},
        .token = {"t", 1},
        .sip_user = {"d@a.sip.us1.twilio.com", 22},
        .numbers = {&number, 1},
        .speed = 1,
        .connections = 1,
    };
    struct str in = {(const char *)data, size}, target, form;
    struct place p;

    document = STR("");
    (void)!cut_until(&in, '\n', &document);
    open_place(&p, &o);
    for (int i = 0; i < REQUESTS_MAX && cut_until(&in, '\n', &target); i++) {
        form = STR("");
        (void)!cut_field(&in, '\n', &form);
        ask(&p, target, form);
        for (int k = 0; k < STEPS; k++)
            step(&p, SECONDS(2));
    }
    let_end(&p);
    close_place(&p);
    return 0;
}
