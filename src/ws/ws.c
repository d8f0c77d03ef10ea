/*
 * OPEN, then CLOSING when we have said Close and wait for the peer's, then ENDED: both have said
 * it, or the peer is heard no more. A timer pings while OPEN, and is the patience of the other two.
 *
 * The owner sends whole frames on the stream, and so do we: they never cut into one another.
 */
#include "ws/ws.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/limits.h"
#include "loop/loop.h"
#include "ws/handshake.h"
#include "ws/reader.h"

enum { OUT_MAX = 64 * 1024 }; // control frames that answer one read

enum state { OPEN, CLOSING, ENDED };

struct ws {
    struct ws_options o;
    struct http_stream *stream;
    struct ws_reader *reader;
    struct timer timer;
    enum state state;
    bool heard; /* something came since the last ping */
};

static void send_control(struct ws *w, const struct buf *frames)
{
    struct http_chunk *chunk = http_chunk_create(buf_view(frames));

    const bool sent = http_stream_send(w->stream, &chunk, 1, SIZE_MAX);
    assert(sent);
    http_chunk_unref(chunk);
}

static void send_close(struct ws *w, enum ws_code code, struct str reason)
{
    struct buf out;

    buf_init(&out, OUT_MAX);
    ws_frame_close_write(&out, code, reason);
    send_control(w, &out);
    buf_finish(&out);
}

static void ping(struct ws *w)
{
    struct buf out;

    buf_init(&out, OUT_MAX);
    ws_frame_write(&out, WS_PING, STR(""));
    send_control(w, &out);
    buf_finish(&out);
    w->heard = false;
}

static void on_timer(void *arg)
{
    struct ws *w = arg;

    if (w->state == OPEN && w->heard)
        ping(w);
    else
        http_stream_close(w->stream); // it had its time
}

static void set_deadline(struct ws *w)
{
    timer_start(&w->timer, w->o.close_timeout, 0);
}

void ws_close(struct ws *w, enum ws_code code, struct str reason)
{
    if (w->state != OPEN)
        return;
    send_close(w, code, reason);
    w->state = CLOSING;
    set_deadline(w);
}

void ws_drop(struct ws *w, enum ws_code code, struct str reason)
{
    if (w->state == OPEN)
        send_close(w, code, reason);
    w->state = ENDED;
    http_stream_close(w->stream);
}

/* Nothing is heard any more, and nothing more is said: the peer may read what it was sent. */
static void end(struct ws *w)
{
    if (w->state == OPEN)
        set_deadline(w);
    w->state = ENDED;
    http_stream_end(w->stream);
}

/* A peer that does not read is not sent Pongs for ever. */
static void answer(struct ws *w, const struct buf *out, bool last)
{
    if (out->n > 0 && (last || http_stream_backlog(w->stream) <= LIMIT_SSE_BACKLOG))
        send_control(w, out);
}

static void on_bytes(struct str bytes, void *arg)
{
    struct ws *w = arg;
    struct buf out;

    w->heard = true;
    buf_init(&out, OUT_MAX);
    const bool more = ws_read(w->reader, bytes, &out);
    if (w->state == OPEN) // after a Close of ours nothing is said
        answer(w, &out, !more);
    buf_finish(&out);
    if (!more)
        end(w);
}

static void on_text(struct str message, void *arg)
{
    struct ws *w = arg;

    if (w->state == OPEN)
        w->o.on_text(message, w->o.arg);
}

static void on_stream_closed(void *arg)
{
    struct ws *w = arg;
    const struct ws_options o = w->o;

    timer_finish(&w->timer);
    ws_reader_destroy(w->reader);
    free(w);
    o.on_closed(o.arg);
}

/* The answer to the handshake; the request is gone when it has been given. */
static struct http_stream *upgrade(struct http_exchange *x, struct ws *w)
{
    char accept[WS_ACCEPT_LEN];
    const struct http_header field = {STR("Sec-WebSocket-Accept"), {accept, sizeof accept}};

    ws_accept(http_header(http_request_of(x), STR("Sec-WebSocket-Key")), accept);
    return http_stream_upgrade(x, &(struct http_upgrade){
                                      .protocol = STR("websocket"),
                                      .headers = &field,
                                      .n_headers = 1,
                                      .on_bytes = on_bytes,
                                      .on_closed = on_stream_closed,
                                      .arg = w,
                                  });
}

struct ws *ws_open(struct http_exchange *x, const struct ws_options *o)
{
    struct ws *w = NEW(struct ws);

    w->o = *o;
    w->o.ping_every = o->ping_every ? o->ping_every : SECONDS(30);
    w->o.close_timeout = o->close_timeout ? o->close_timeout : SECONDS(5);
    w->heard = true;
    w->reader = ws_reader_create(&(struct ws_reader_options){
        .clock = o->clock, .max_message = o->max_message, .on_text = on_text, .arg = w});
    timer_init(&w->timer, http_loop(x), on_timer, w);
    timer_start(&w->timer, w->o.ping_every, w->o.ping_every);
    w->stream = upgrade(x, w);
    return w;
}

struct http_stream *ws_stream(const struct ws *w)
{
    return w->stream;
}
