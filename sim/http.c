/* The server's side of http/http.h, as far as doors and hub use it, without sockets. */
#include "http/http.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "http/route.h"
#include "loop/loop.h"
#include "sim/exchange.h"
#include "sim/trace.h"

enum { WINDOW = 64 * 1024 }; // bytes that a socket takes before the reader reads
#define WRITE_TIMEOUT SECONDS(30)

// --- exchanges -----------------------------------------------------------------------------------

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
    return x->loop;
}

usec_t http_received_at(const struct http_exchange *x)
{
    return x->received_at;
}

struct task *http_task(struct http_exchange *x)
{
    return &x->task;
}

struct http_exchange *http_exchange_of_task(struct task *t)
{
    return container_of(t, struct http_exchange, task);
}

void http_set_user(struct http_exchange *x, void *p)
{
    x->user = p;
}

void *http_user(const struct http_exchange *x)
{
    return x->user;
}

static void release(struct http_exchange *x)
{
    arena_destroy(x->arena);
    free(x);
}

void http_answer(struct http_exchange *x, const struct http_answer *answer)
{
    x->on_answer(x, answer->status ? answer->status : 200, answer->body);
    release(x);
}

void http_error_body(struct buf *out, const struct err *e, enum err_language language,
                     struct str trace_id)
{
    (void)language;
    (void)trace_id;
    buf_str(out, str_from(e->text));
}

void http_answer_error(struct http_exchange *x, const struct err *e, struct str trace_id)
{
    (void)trace_id;
    x->on_answer(x, err_code_status(e->code), str_from(e->text));
    release(x);
}

void http_answer_wrong_method(struct http_exchange *x, unsigned allowed)
{
    (void)allowed;
    x->on_answer(x, 405, STR(""));
    release(x);
}

// --- chunks --------------------------------------------------------------------------------------

struct http_chunk {
    unsigned refs;
    size_t n;
    char bytes[];
};

struct http_chunk *http_chunk_create(struct str bytes)
{
    struct http_chunk *c = mem_alloc(sizeof *c + bytes.n);

    c->refs = 1;
    c->n = bytes.n;
    if (bytes.n > 0)
        memcpy(c->bytes, bytes.p, bytes.n);
    return c;
}

struct http_chunk *http_chunk_ref(struct http_chunk *c)
{
    c->refs++;
    return c;
}

void http_chunk_unref(struct http_chunk *c)
{
    if (c && --c->refs == 0)
        free(c);
}

struct str http_chunk_bytes(const struct http_chunk *c)
{
    return (struct str){c->bytes, c->n};
}

// --- streams -------------------------------------------------------------------------------------

struct waiting {
    struct waiting *next;
    struct http_chunk *chunk;
    size_t sent;
};

struct http_stream {
    struct loop *loop;
    struct wire *wire; /* NULL: closed */
    struct waiting *first, **last;
    size_t backlog;
    void (*on_closed)(void *arg);
    void *arg;
    struct task task;
};

static void drop_first(struct http_stream *s)
{
    struct waiting *w = s->first;

    s->first = w->next;
    if (!s->first)
        s->last = &s->first;
    http_chunk_unref(w->chunk);
    free(w);
}

/* What the socket takes now. */
static void pump(struct http_stream *s)
{
    while (s->first && s->wire->bytes.n < WINDOW) {
        struct waiting *w = s->first;
        const struct str rest = str_sub(http_chunk_bytes(w->chunk), w->sent, WINDOW);
        buf_str(&s->wire->bytes, rest);
        w->sent += rest.n;
        s->backlog -= rest.n;
        s->wire->progress_at = world.now;
        if (w->sent == w->chunk->n)
            drop_first(s);
    }
    fiber_wake_all(s->wire);
}

static void closed(struct task *t)
{
    struct http_stream *s = container_of(t, struct http_stream, task);

    while (s->first)
        drop_first(s);
    s->on_closed(s->arg);
    free(s);
}

static void close_stream(struct http_stream *s)
{
    struct wire *w = TAKE(s->wire);

    if (!w)
        return;
    w->over = true;
    w->stream = NULL;
    fiber_wake_all(w);
    s->task.run = closed;
    loop_post(s->loop, &s->task);
}

struct http_stream *http_stream_start(struct http_exchange *x, struct str type,
                                      void (*on_closed)(void *arg), void *arg)
{
    struct http_stream *s = NEW(struct http_stream);
    struct wire *gone = NULL;

    (void)type;
    assert(loop_is_current(x->loop));
    *s = (struct http_stream){.loop = x->loop, .on_closed = on_closed, .arg = arg};
    s->last = &s->first;
    s->wire = x->on_stream(x, s);
    if (!s->wire) { // the reader is gone
        gone = NEW(struct wire);
        buf_init(&gone->bytes, SIZE_MAX);
        s->wire = gone;
        close_stream(s);
    }
    release(x);
    return s;
}

bool http_stream_send(struct http_stream *s, struct http_chunk *const *chunks, size_t n,
                      size_t max_backlog)
{
    if (!s->wire)
        return true; // on_closed is on its way
    for (size_t i = 0; i < n; i++) {
        struct waiting *w = NEW(struct waiting);
        w->chunk = http_chunk_ref(chunks[i]);
        *s->last = w;
        s->last = &w->next;
        s->backlog += chunks[i]->n;
    }
    pump(s);
    return s->backlog <= max_backlog;
}

size_t http_stream_backlog(const struct http_stream *s)
{
    return s->backlog;
}

void http_stream_close(struct http_stream *s)
{
    close_stream(s);
}

void http_stream_end(struct http_stream *s)
{
    close_stream(s);
}

/* Readers of the simulated world ask for server-sent events. */
struct http_stream *http_stream_upgrade(struct http_exchange *x, const struct http_upgrade *u)
{
    (void)x;
    (void)u;
    abort(); // nobody does
}

void wire_taken(struct wire *w, size_t n)
{
    memmove(w->bytes.p, w->bytes.p + n, w->bytes.n - n);
    w->bytes.n -= n;
    if (w->stream)
        pump(w->stream);
}

void wire_close(struct wire *w)
{
    w->over = true;
    if (w->stream)
        close_stream(w->stream);
}

/* A reader that takes nothing for so long is taken for dead, as connections do it. */
void stream_expire(struct wire *w)
{
    if (w->stream && w->stream->backlog > 0 && world.now - w->progress_at > WRITE_TIMEOUT) {
        trace_note("stream.timeout", (int64_t)w->stream->backlog, 0);
        close_stream(w->stream);
    }
}
