#include "http/internal.h"

#include <stdlib.h>

#include "base/arena.h"
#include "http/forwarded.h"

/*
 * An exchange lives from the moment when a head is complete until its answer is on the way. The
 * free list keeps what it is made of, its arena and its body's buffer, as long as they are small.
 */

static void link_live(struct http_exchange *x)
{
    x->prev = NULL;
    x->next = x->home->live;
    if (x->next)
        x->next->prev = x;
    x->home->live = x;
}

static void unlink_live(struct http_exchange *x)
{
    if (x->prev)
        x->prev->next = x->next;
    else
        x->home->live = x->next;
    if (x->next)
        x->next->prev = x->prev;
}

static struct http_exchange *take_free(struct listener *home)
{
    struct http_exchange *x = home->free;

    if (x) {
        home->free = x->next;
        home->n_free--;
        return x;
    }
    x = NEW(struct http_exchange);
    x->home = home;
    x->arena = arena_create(EXCHANGE_ARENA);
    buf_init(&x->body, 0);
    return x;
}

static void read_head(struct http_exchange *x, const struct http_head *h, struct str in)
{
    struct http_request *rq = &x->rq;

    *rq = (struct http_request){
        .method = h->method,
        .target = http_span_of(in, h->target),
        .path = h->path.n > 0 ? http_span_of(in, h->path) : STR("/"),
        .query = h->has_query ? http_span_of(in, h->query) : STR_NONE,
        .headers = arena_new(x->arena, struct http_header, h->n_fields),
        .n_headers = h->n_fields,
        .body = STR(""),
        .scheme = STR("http"),
        .is_http_1_0 = h->is_http_1_0,
    };
    for (size_t i = 0; i < h->n_fields; i++)
        rq->headers[i] = (struct http_header){http_span_of(in, h->fields[i].name),
                                              http_span_of(in, h->fields[i].value)};
}

/* The authority of an absolute-form target takes the place of Host (RFC 9112 section 3.2.2). */
static void override_host(struct http_request *rq, struct str authority)
{
    for (size_t i = 0; i < rq->n_headers; i++)
        if (str_eq_nocase(rq->headers[i].name, STR("host")))
            rq->headers[i].value = authority;
}

struct http_exchange *exchange_create(struct conn *c, const struct http_head *h, struct str in)
{
    struct http_exchange *x = take_free(c->home);
    const struct str head = str_dup(in, x->arena);

    read_head(x, h, head);
    if (h->authority.n > 0)
        override_host(&x->rq, http_span_of(head, h->authority));
    x->conn = c;
    x->is_chunked = h->chunked;
    x->keeps_alive = http_head_keeps_alive(h);
    x->is_http_1_0 = h->is_http_1_0;
    x->expects_continue = h->expects_continue;
    x->chunked = (struct http_chunked){.state = CHUNK_SIZE};
    x->user = NULL;
    x->rq.peer = str_dup(str_from(c->peer), x->arena);
    if (c->trusted)
        http_forwarded(&x->rq, &c->home->server->trusted, x->arena);
    link_live(x);
    return x;
}

void exchange_destroy(struct http_exchange *x)
{
    arena_destroy(x->arena);
    buf_finish(&x->body);
    free(x);
}

void exchange_release(struct http_exchange *x)
{
    struct listener *home = x->home;

    unlink_live(x);
    if (home->n_free >= EXCHANGES_FREE_MAX || arena_used(x->arena) > EXCHANGE_KEEP) {
        exchange_destroy(x);
        return;
    }
    arena_reset(x->arena);
    if (x->body.cap > BODY_KEEP)
        buf_finish(&x->body);
    x->next = home->free;
    home->free = x;
    home->n_free++;
}

// --- what its owner sees -------------------------------------------------------------------------

const struct http_request *http_request_of(const struct http_exchange *x)
{
    return &x->rq;
}

struct arena *http_arena(struct http_exchange *x)
{
    return x->arena;
}

struct loop *http_loop(const struct http_exchange *x)
{
    return x->home->loop;
}

usec_t http_received_at(const struct http_exchange *x)
{
    return x->received_at;
}

struct task *http_task(struct http_exchange *x)
{
    return &x->task;
}

void http_set_user(struct http_exchange *x, void *p)
{
    x->user = p;
}

void *http_user(const struct http_exchange *x)
{
    return x->user;
}

struct http_exchange *http_exchange_of_task(struct task *t)
{
    return container_of(t, struct http_exchange, task);
}

// --- answering -----------------------------------------------------------------------------------

void exchange_tell(const struct http_exchange *x, int status)
{
    const struct http_server_options *o = &x->home->server->o;

    if (o->on_answered)
        o->on_answered(x, status, o->arg);
}

void http_answer(struct http_exchange *x, const struct http_answer *answer)
{
    assert(loop_is_current(x->home->loop));
    exchange_tell(x, answer->status ? answer->status : 200);
    if (!x->conn)
        exchange_release(x); // nobody is there to hear it
    else
        conn_answer(x->conn, answer);
}

static void answer_posted(struct task *t)
{
    struct http_exchange *x = container_of(t, struct http_exchange, answer_task);

    listener_touch(x->home);
    http_answer(x, &x->answer);
}

void http_answer_from(struct http_exchange *x, const struct http_answer *answer)
{
    struct http_header *headers = arena_new(x->arena, struct http_header, answer->n_headers);

    for (size_t i = 0; i < answer->n_headers; i++)
        headers[i] = (struct http_header){str_dup(answer->headers[i].name, x->arena),
                                          str_dup(answer->headers[i].value, x->arena)};
    x->answer = *answer;
    x->answer.type = str_dup(answer->type, x->arena);
    x->answer.headers = headers;
    if (!answer->body_is_static)
        x->answer.body = str_dup(answer->body, x->arena);
    x->answer_task.run = answer_posted;
    loop_post(x->home->loop, &x->answer_task);
}

void exchange_answer(struct http_exchange *x, const struct http_answer *answer)
{
    if (loop_is_current(x->home->loop))
        http_answer(x, answer);
    else
        http_answer_from(x, answer);
}
