#include "sim/net.h"

#include <stdlib.h>

#include "base/arena.h"
#include "sim/exchange.h"
#include "sim/node.h"
#include "sim/trace.h"

static struct heap heap;
static struct process *outside;

// --- events --------------------------------------------------------------------------------------

struct later {
    struct event event;
    void (*fn)(void *arg);
    void *arg;
};

static void on_event(struct event *ev)
{
    struct later *l = container_of(ev, struct later, event);

    l->fn(l->arg);
    free(l);
}

void net_after(usec_t wait, void (*fn)(void *arg), void *arg)
{
    struct later *l = NEW(struct later);

    *l = (struct later){.event.run = on_event, .fn = fn, .arg = arg};
    heap_put(&heap, &l->event, world.now + wait);
    fiber_wake_all(&heap);
}

static void run(void *arg)
{
    (void)arg;
    for (;;) {
        for (struct event *ev; (ev = heap_take_due(&heap, world.now));)
            ev->run(ev);
        (void)fiber_wait(&heap, world.now + heap_wait(&heap, world.now, HOURS(1)));
    }
}

// --- requests ------------------------------------------------------------------------------------

struct delivery {
    struct delivery *next;
    struct net_request *r; /* NULL: its sender does not wait any more */
    struct node *node;
    const struct process *server;
    struct task task;
    struct loop *loop;
    bool answered;
    int status;
    struct buf body;
    struct wire *wire; /* when it has become a stream */
};

static struct delivery *deliveries;

void net_begin(struct process *p)
{
    outside = p;
    heap = (struct heap){0};
    deliveries = NULL;
    (void)fiber_start(p, "network", run, NULL);
}

static void end(struct delivery *d, int status, struct str body)
{
    struct net_request *r = TAKE(d->r);

    if (r)
        r->on_end(r, status, body);
}

static void comes_back(void *arg)
{
    struct delivery *d = arg;

    end(d, d->status, buf_view(&d->body));
}

static void too_late(void *arg)
{
    end(arg, 0, STR("timeout"));
}

static void is_refused(void *arg)
{
    end(arg, 0, STR("refused"));
}

static usec_t latency(void)
{
    return dice_once_in(&world.dice, 50) ? dice_between(&world.dice, 1000, SECONDS(4))
                                         : dice_between(&world.dice, 300, MILLISECONDS(30));
}

static void on_answer(struct http_exchange *x, int status, struct str body)
{
    struct delivery *d = x->peer;

    d->answered = true;
    d->status = status;
    trace_note("net.answer", status, d->node->number);
    if (d->r && d->r->on_given)
        d->r->on_given(d->r, status, node_has_kept(x));
    buf_str(&d->body, body);
    net_after(latency(), comes_back, d);
}

static struct wire *on_stream(struct http_exchange *x, struct http_stream *s)
{
    struct delivery *d = x->peer;

    d->answered = true;
    if (!d->r || !d->r->wire || d->r->wire->over)
        return NULL;
    struct wire *w = d->r->wire;
    w->stream = s;
    w->progress_at = world.now;
    d->r = NULL; // a stream is told of by its wire
    d->wire = w;
    return w;
}

/* On the node's loop. The exchange has bytes of its own. */
static void on_request(struct task *t)
{
    struct delivery *d = container_of(t, struct delivery, task);
    struct http_exchange *x = NEW(struct http_exchange);

    x->arena = arena_create(0);
    x->loop = d->loop;
    x->received_at = clock_monotonic(&clock_system); // the world's
    x->on_answer = on_answer;
    x->on_stream = on_stream;
    x->peer = d;
    if (!d->r) { // its sender has given up: the bytes came nevertheless
        arena_destroy(x->arena);
        free(x);
        return;
    }
    const struct http_request *rq = &d->r->rq;
    x->rq = *rq;
    x->rq.target = str_dup(rq->target, x->arena);
    x->rq.path = str_dup(rq->path, x->arena);
    x->rq.query = str_dup(rq->query, x->arena);
    x->rq.body = str_dup(rq->body, x->arena);
    x->rq.headers = arena_new(x->arena, struct http_header, rq->n_headers);
    for (size_t i = 0; i < rq->n_headers; i++)
        x->rq.headers[i] = (struct http_header){str_dup(rq->headers[i].name, x->arena),
                                                str_dup(rq->headers[i].value, x->arena)};
    node_on_request(d->node, x);
}

static void arrives(void *arg)
{
    struct delivery *d = arg;
    struct node *n = node_listening(&world.dice);

    if (!d->r)
        return;
    if (!n) {
        net_after(latency(), is_refused, d);
        return;
    }
    d->node = n;
    d->server = n->process;
    d->loop = n->loops[dice_below(&world.dice, n->n_loops)];
    d->task.run = on_request;
    loop_post(d->loop, &d->task);
}

void net_send(struct net_request *r, usec_t patience)
{
    struct delivery *d = NEW(struct delivery);

    d->r = r;
    buf_init(&d->body, SIZE_MAX);
    d->next = deliveries;
    deliveries = d;
    net_after(latency(), arrives, d);
    net_after(patience, too_late, d);
}

/* A reset: what was on its way is lost from some point on. */
static void wire_break(struct wire *w)
{
    w->stream = NULL;
    w->over = true;
    if (w->bytes.n > 0)
        buf_truncate(&w->bytes, dice_below(&world.dice, w->bytes.n + 1));
    fiber_wake_all(w);
}

void net_forget(const struct process *p)
{
    for (struct delivery *d = deliveries; d; d = d->next) {
        if (d->server != p)
            continue;
        if (!d->answered)
            net_after(latency(), is_refused, d);
        if (d->wire && d->wire->stream)
            wire_break(d->wire);
        d->server = NULL;
    }
}
