#include "http/internal.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/fault.h"

/*
 * A stream sends chunks that many streams share: a frame is rendered once and referred to by every
 * client's queue. The common send finds the queue empty and the socket willing, and is one system
 * call. What the socket does not take waits in the queue, at most a batch of it in libuv's hands.
 *
 * After an upgrade the peer is heard too; what its bytes mean is its owner's business.
 */

enum { BATCH = 64 }; // iovecs of one write

// --- chunks --------------------------------------------------------------------------------------

struct http_chunk {
    atomic_uint refs;
    size_t n;
    char bytes[];
};

struct http_chunk *http_chunk_create(struct str bytes)
{
    struct http_chunk *c = malloc(sizeof(*c) + bytes.n);
    if (!c)
        mem_exhausted();

    atomic_init(&c->refs, 1);
    c->n = bytes.n;
    if (bytes.n > 0)
        memcpy(c->bytes, bytes.p, bytes.n);
    return c;
}

struct http_chunk *http_chunk_ref(struct http_chunk *c)
{
    atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
    return c;
}

void http_chunk_unref(struct http_chunk *c)
{
    if (c && atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) == 1)
        free(c);
}

struct str http_chunk_bytes(const struct http_chunk *c)
{
    return (struct str){c->bytes, c->n};
}

// --- streams -------------------------------------------------------------------------------------

struct http_stream {
    struct conn *conn; /* NULL: the peer was gone before the stream began */
    void (*on_bytes)(struct str bytes, void *arg); /* of a two-way stream */
    void (*on_closed)(void *arg);
    void *arg;
    struct http_chunk **queue; /* what waits, from `first` on */
    size_t first, n, cap;
    size_t offset;  /* bytes of the first one that are sent */
    size_t backlog; /* bytes that wait */
    bool writing;   /* a batch is in libuv's hands */
    bool ending;    /* nothing more is sent; it closes when nothing waits */
    struct task task;
};

struct batch {
    uv_write_t req;
    struct http_stream *stream;
    size_t n;
};

static bool is_open(const struct http_stream *s)
{
    return s->conn && s->conn->state == CONN_STREAM;
}

static void drop_first(struct http_stream *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct http_chunk *c = s->queue[s->first++];
        s->backlog -= c->n - s->offset;
        s->offset = 0;
        http_chunk_unref(c);
    }
    s->n -= n;
    if (s->n == 0) {
        free(TAKE(s->queue));
        s->first = s->cap = 0;
    }
}

/* Room for n more behind what waits. */
static void reserve(struct http_stream *s, size_t n)
{
    if (n <= s->cap - s->first - s->n)
        return;
    if (s->first > 0) {
        memmove(s->queue, s->queue + s->first, s->n * sizeof(struct http_chunk *));
        s->first = 0;
    }
    if (n <= s->cap - s->n)
        return;
    s->cap = (s->n + n) * 2;
    s->queue = mem_realloc(s->queue, s->cap * sizeof(struct http_chunk *));
}

static void enqueue(struct http_stream *s, struct http_chunk *const *chunks, size_t n)
{
    reserve(s, n);
    for (size_t i = 0; i < n; i++) {
        s->queue[s->first + s->n++] = http_chunk_ref(chunks[i]);
        s->backlog += chunks[i]->n;
    }
}

static size_t fill(uv_buf_t bufs[BATCH], struct http_chunk *const *chunks, size_t n, size_t offset)
{
    size_t i;

    for (i = 0; i < n && i < BATCH; i++) {
        bufs[i] = (uv_buf_t){.base = chunks[i]->bytes + offset, .len = chunks[i]->n - offset};
        offset = 0;
    }
    return i;
}

static void write_queue(struct http_stream *s);

static void on_batch_written(uv_write_t *req, int status)
{
    struct batch *b = container_of(req, struct batch, req);
    struct http_stream *s = b->stream;

    s->writing = false;
    drop_first(s, b->n);
    free(b);
    if (!is_open(s))
        return;
    if (status < 0)
        conn_close(s->conn);
    else
        write_queue(s);
}

static void write_queue(struct http_stream *s)
{
    uv_buf_t bufs[BATCH];

    if (s->writing)
        return;
    if (s->n == 0) {
        if (s->ending)
            conn_linger(s->conn);
        return;
    }
    struct batch *b = NEW(struct batch);
    b->stream = s;
    b->n = fill(bufs, s->queue + s->first, s->n, s->offset);
    s->writing = true;
    int failed =
        uv_write(&b->req, (uv_stream_t *)&s->conn->tcp, bufs, (unsigned)b->n, on_batch_written);
    if (failed) {
        s->writing = false;
        free(b);
        conn_close(s->conn);
    }
}

/* How many whole chunks the socket took at once; *offset: bytes of the next one. */
static bool write_now(struct http_stream *s, struct http_chunk *const *chunks, size_t n,
                      size_t *ret_whole, size_t *offset)
{
    uv_buf_t bufs[BATCH];
    size_t whole = 0;

    *offset = 0;
    while (whole < n && *offset == 0) {
        const size_t count = fill(bufs, chunks + whole, n - whole, 0);
        int sent = FAULT("http.stream.write")
                       ? UV_EPIPE
                       : uv_try_write((uv_stream_t *)&s->conn->tcp, bufs, (unsigned)count);
        if (sent == UV_EAGAIN)
            break;
        if (sent < 0)
            return false;
        size_t left = (size_t)sent;
        const size_t before = whole;
        while (whole < before + count && left >= chunks[whole]->n)
            left -= chunks[whole++]->n;
        *offset = left;
        if (whole < before + count)
            break;
    }
    *ret_whole = whole;
    return true;
}

bool http_stream_send(struct http_stream *s, struct http_chunk *const *chunks, size_t n,
                      size_t max_backlog)
{
    size_t whole = 0, offset = 0;

    if (!is_open(s) || s->ending)
        return true; // on_closed is on its way
    if (s->n == 0 && !write_now(s, chunks, n, &whole, &offset)) {
        conn_close(s->conn);
        return true;
    }
    if (whole < n) {
        enqueue(s, chunks + whole, n - whole);
        s->offset += offset;
        s->backlog -= offset;
        write_queue(s);
    }
    return s->backlog <= max_backlog;
}

size_t http_stream_backlog(const struct http_stream *s)
{
    return s->backlog;
}

void http_stream_close(struct http_stream *s)
{
    if (s->conn)
        conn_drop(s->conn); // also one that is only waiting for its peer to go
}

void http_stream_end(struct http_stream *s)
{
    if (!is_open(s) || s->ending)
        return;
    s->ending = true;
    write_queue(s);
}

bool stream_is_two_way(const struct http_stream *s)
{
    return s->on_bytes != NULL;
}

void stream_heard(struct http_stream *s, struct str bytes)
{
    if (s->on_bytes && !s->ending)
        s->on_bytes(bytes, s->arg);
}

void stream_closed(struct http_stream *s)
{
    drop_first(s, s->n);
    s->on_closed(s->arg); // last touch: the owner forgets the stream in here
    free(s);
}

static void never_opened(struct task *t)
{
    stream_closed(container_of(t, struct http_stream, task));
}

static void send_head(struct http_stream *s, struct str bytes)
{
    struct http_chunk *head = http_chunk_create(bytes);

    const bool sent = http_stream_send(s, &head, 1, SIZE_MAX);
    assert(sent);
    http_chunk_unref(head);
}

/* Of the exchange nothing is left, but of its connection, when it is still there. */
static void begin(struct http_stream *s, struct http_exchange *x, int status)
{
    struct listener *home = x->home;

    assert(loop_is_current(home->loop));
    exchange_tell(x, status);
    s->conn = x->conn;
    s->task.run = never_opened;
    if (s->conn) {
        conn_become_stream(s->conn, s);
        return;
    }
    exchange_release(x);
    loop_post(home->loop, &s->task);
}

struct http_stream *http_stream_start(struct http_exchange *x, struct str type,
                                      void (*on_closed)(void *arg), void *arg)
{
    struct http_stream *s = NEW(struct http_stream);
    struct listener *home = x->home;
    const bool head_only = x->rq.method == HTTP_HEAD;

    s->on_closed = on_closed;
    s->arg = arg;
    buf_reset(&home->out);
    answer_stream_head_write(home, type, &home->out); // the type may live in the exchange
    begin(s, x, 200);
    send_head(s, buf_view(&home->out));
    if (head_only)
        http_stream_close(s);
    return s;
}

struct http_stream *http_stream_upgrade(struct http_exchange *x, const struct http_upgrade *u)
{
    struct http_stream *s = NEW(struct http_stream);
    struct listener *home = x->home;

    s->on_bytes = u->on_bytes;
    s->on_closed = u->on_closed;
    s->arg = u->arg;
    buf_reset(&home->out);
    answer_upgrade_head_write(home, u, &home->out);
    begin(s, x, 101);
    send_head(s, buf_view(&home->out));
    return s;
}
