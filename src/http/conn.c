#include "http/internal.h"

#include <arpa/inet.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fault.h"

/*
 * A connection takes one request after the other.
 *
 *            ┌──────────── answered, and the connection stays ───────────┐
 *            ▼                                                           │
 *          IDLE ──► HEAD ──► BODY ──► EXCHANGE ──► ANSWER ───────────────┤
 *            │        │        │         └───────────│────► STREAM ──────┤
 *            ├────────┴────────┴─── refused ────────►┘                   ├──► LINGER ──► CLOSED
 *            └──────────────────── idle, or ended by the peer ───────────┘
 *
 * The common request comes in one read: it is parsed where it was read to, in the loop's buffer,
 * and only its head is copied, into the exchange. A part of a head is kept in a `partial` until the
 * rest arrives; an idle connection has none. What a peer pipelines behind a request waits in a
 * partial too, and reading stops meanwhile, so that a peer cannot make it grow.
 *
 * After a last answer the socket is half closed and what still comes is dropped for a moment: a
 * close with unread bytes would reset the connection, and the peer would lose the answer. It also
 * lets us see whether the peer takes the answer: what a closed socket holds, nobody looks after.
 */

#define TO(s) (1u << CONN_##s)
static const unsigned moves[] = {
    [CONN_IDLE] = TO(HEAD) | TO(BODY) | TO(EXCHANGE) | TO(ANSWER) | TO(LINGER) | TO(CLOSED),
    [CONN_HEAD] = TO(IDLE) | TO(ANSWER) | TO(LINGER) | TO(CLOSED),
    [CONN_BODY] = TO(EXCHANGE) | TO(ANSWER) | TO(LINGER) | TO(CLOSED),
    [CONN_EXCHANGE] = TO(ANSWER) | TO(STREAM) | TO(CLOSED),
    [CONN_ANSWER] = TO(IDLE) | TO(LINGER) | TO(CLOSED),
    [CONN_STREAM] = TO(LINGER) | TO(CLOSED),
    [CONN_LINGER] = TO(CLOSED),
    [CONN_CLOSED] = 0,
};
static_assert(LEN(moves) == CONN_STATE_COUNT, "every state of a connection has a row");

static void move(struct conn *c, enum conn_state to)
{
    assert(moves[c->state] & 1u << to);
    c->state = to;
    c->since = c->home->now;
}

static uv_stream_t *stream_of(struct conn *c)
{
    return (uv_stream_t *)&c->tcp;
}

// --- bytes that wait -----------------------------------------------------------------------------

static void partial_destroy(struct partial *p)
{
    if (!p)
        return;
    buf_finish(&p->bytes);
    free(p);
}
DEFINE_CLEANUP(struct partial, partial_destroy)

static void keep_bytes(struct conn *c, const struct http_head *h, struct str in)
{
    if (!c->partial) {
        c->partial = NEW(struct partial);
        c->partial->head = *h;
        buf_init(&c->partial->bytes, WAITING_MAX);
    }
    buf_str(&c->partial->bytes, in);
}

/* Behind a request that is not answered yet. One read at most, then the socket holds the rest. */
static void keep_pipelined(struct conn *c, struct str in)
{
    struct http_head fresh;

    http_head_init(&fresh);
    keep_bytes(c, &fresh, in);
    if (!c->read_paused) {
        uv_read_stop(stream_of(c));
        c->read_paused = true;
    }
}

// --- the end -------------------------------------------------------------------------------------

static void on_closed(uv_handle_t *handle)
{
    struct conn *c = container_of((uv_tcp_t *)handle, struct conn, tcp);
    struct listener *home = c->home;

    if (c->stream)
        stream_closed(c->stream);
    if (c->prev)
        c->prev->next = c->next;
    else
        home->conns = c->next;
    if (c->next)
        c->next->prev = c->prev;
    free(c);
    listener_conn_closed(home);
}

/* A request whose body is not complete is nobody's yet; a handler keeps its exchange. */
static void drop_exchange(struct conn *c)
{
    struct http_exchange *x = TAKE(c->x);

    if (!x)
        return;
    x->conn = NULL;
    if (c->state != CONN_EXCHANGE)
        exchange_release(x);
}

void conn_close(struct conn *c)
{
    if (c->state == CONN_CLOSED)
        return;
    drop_exchange(c);
    move(c, CONN_CLOSED);
    partial_destroy(TAKE(c->partial));
    uv_close((uv_handle_t *)&c->tcp, on_closed);
}

// --- answers -------------------------------------------------------------------------------------

static void resume(struct conn *c);

size_t conn_unacked(struct conn *c)
{
    struct tcp_info info = {.tcpi_state = TCP_CLOSE};
    socklen_t size = sizeof(info);
    uv_os_fd_t fd;
    int n;

    if (uv_fileno((uv_handle_t *)&c->tcp, &fd) != 0 ||
        getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 || ioctl(fd, SIOCOUTQ, &n) != 0 ||
        info.tcpi_state == TCP_CLOSE || n == 0)
        return 0;
    return c->state == CONN_LINGER ? (size_t)n - 1 : (size_t)n; // our FIN counts as a byte
}

void conn_reset(struct conn *c)
{
    const struct linger at_once = {.l_onoff = 1};
    uv_os_fd_t fd;

    if (uv_fileno((uv_handle_t *)&c->tcp, &fd) == 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    conn_close(c);
}

void conn_drop(struct conn *c)
{
    if (c->tcp.write_queue_size > 0 || (c->state == CONN_LINGER && conn_unacked(c) > 0))
        conn_reset(c);
    else
        conn_close(c);
}

/* Notes how much waits, for the deadline. */
static void begin_sending(struct conn *c, size_t n)
{
    c->progress = 0;
    c->sending_since = c->home->now;
    c->sending = n;
}

void conn_linger(struct conn *c)
{
    uv_os_fd_t fd;

    assert(c->tcp.write_queue_size == 0);
    drop_exchange(c);
    move(c, CONN_LINGER);
    partial_destroy(TAKE(c->partial));
    if (uv_fileno((uv_handle_t *)&c->tcp, &fd) != 0 || shutdown(fd, SHUT_WR) != 0) {
        conn_close(c);
        return;
    }
    begin_sending(c, conn_unacked(c));
    if (c->peer_ended && c->sending == 0)
        conn_close(c);
    else
        resume(c);
}

static void answered(struct conn *c)
{
    if (c->home->draining && !c->linger) {
        conn_close(c);
    } else if (c->linger || !c->keep) {
        conn_linger(c);
    } else {
        move(c, CONN_IDLE);
        resume(c);
    }
}

/* What did not fit into the socket: the rest of the head and of a short body, copied. */
struct pending {
    uv_write_t req;
    char bytes[];
};

static void on_written(uv_write_t *req, int status)
{
    struct conn *c = req->data;

    free(container_of(req, struct pending, req));
    if (c->state == CONN_CLOSED)
        return;
    listener_touch(c->home);
    if (status < 0)
        conn_close(c);
    else
        answered(c);
}

static void send_later(struct conn *c, struct str front, struct str body, bool body_is_static)
{
    const size_t copied = front.n + (body_is_static ? 0 : body.n);
    struct pending *p = malloc(sizeof(*p) + copied);
    if (!p)
        mem_exhausted();

    memcpy(p->bytes, front.p, front.n);
    if (!body_is_static && body.n > 0)
        memcpy(p->bytes + front.n, body.p, body.n);
    p->req.data = c;
    const uv_buf_t bufs[] = {
        {.base = p->bytes, .len = copied},
        {.base = (char *)body.p, .len = body.n}, // libuv only reads it
    };
    begin_sending(c, front.n + body.n);
    int failed =
        uv_write(&p->req, stream_of(c), bufs, body_is_static && body.n > 0 ? 2 : 1, on_written);
    if (failed) {
        free(p);
        conn_close(c);
    }
}

/* Written at once if the socket takes it, which it nearly always does. True: all is on its way. */
static bool send_now(struct conn *c, struct str front, struct str body, bool body_is_static)
{
    const uv_buf_t bufs[] = {{.base = (char *)front.p, .len = front.n},
                             {.base = (char *)body.p, .len = body.n}};
    int n = FAULT("http.write") ? UV_EPIPE : uv_try_write(stream_of(c), bufs, body.n > 0 ? 2 : 1);

    if (n < 0 && n != UV_EAGAIN) {
        conn_close(c);
        return false;
    }
    const size_t sent = n < 0 ? 0 : (size_t)n;
    if (sent == front.n + body.n)
        return true;
    if (sent < front.n)
        send_later(c, str_sub(front, sent, front.n), body, body_is_static);
    else
        send_later(c, STR(""), str_sub(body, sent - front.n, body.n), body_is_static);
    return false;
}

/* True: all of it is on its way, and answered() is to follow. */
static bool send_answer(struct conn *c, const struct http_answer *answer,
                        const struct answer_form *form, bool head_only)
{
    struct buf *out = &c->home->out;
    struct str body = head_only || !answer_has_body(answer) ? STR("") : answer->body;

    buf_reset(out);
    answer_head_write(c->home, answer, form, out);
    if (body.n <= ANSWER_IN_ONE_PIECE) {
        buf_str(out, body);
        body = STR("");
    }
    assert(buf_ok(out));
    c->keep = form->keep;
    return send_now(c, buf_view(out), body, answer->body_is_static);
}

void conn_answer(struct conn *c, const struct http_answer *answer)
{
    struct http_exchange *x = TAKE(c->x);
    const struct answer_form form = {
        .keep = x->keeps_alive && !answer->close && !c->home->draining &&
                (!c->peer_ended || c->partial),
        .say_keep_alive = x->is_http_1_0,
    };

    move(c, CONN_ANSWER);
    const bool sent = send_answer(c, answer, &form, x->rq.method == HTTP_HEAD);
    exchange_release(x); // the answer may have lived in its arena
    if (sent)
        answered(c);
}

void conn_refuse(struct conn *c, int status)
{
    const struct http_server_options *o = &c->home->server->o;
    const enum err_language language = c->x ? exchange_language(c->x) : ERR_ENGLISH;
    struct http_answer answer;
    struct buf body;

    if (o->on_refused)
        o->on_refused(c->home->loop, status, o->arg);
    drop_exchange(c);
    move(c, CONN_ANSWER);
    c->linger = true;
    buf_init(&body, READ_MAX);
    answer_refusal(c->home, status, language, &body, &answer);
    const bool sent = send_answer(c, &answer, &(struct answer_form){.keep = false}, false);
    buf_finish(&body);
    if (sent)
        answered(c);
}

// --- requests ------------------------------------------------------------------------------------

/* The request is whole. It may be answered before this returns. */
static void hand_over(struct conn *c)
{
    const struct http_server_options *o = &c->home->server->o;
    struct http_exchange *x = c->x;

    x->received_at = c->home->now;
    if (x->body.n > 0)
        x->rq.body = buf_view(&x->body);
    move(c, CONN_EXCHANGE);
    o->on_request(x, o->arg);
}

static void ask_for_body(struct conn *c)
{
    static const char interim[] = "HTTP/1.1 100 Continue\r\n\r\n";
    const uv_buf_t buf = {.base = (char *)interim, .len = sizeof(interim) - 1};

    if (uv_try_write(stream_of(c), &buf, 1) != (int)buf.len)
        conn_close(c);
}

static bool take_counted(struct http_exchange *x, struct str *in)
{
    const size_t left = x->body.max - x->body.n;
    const size_t n = left < in->n ? left : in->n;

    buf_str(&x->body, str_sub(*in, 0, n));
    *in = str_sub(*in, n, in->n);
    return n == left;
}

/* Takes from *in what belongs to the body. */
static void take_body(struct conn *c, struct str *in)
{
    struct http_exchange *x = c->x;
    const size_t before = in->n;
    enum http_parse found;

    if (x->is_chunked)
        found = http_chunked_feed(&x->chunked, in, x->max_body, &x->body);
    else
        found = take_counted(x, in) ? HTTP_PARSE_DONE : HTTP_PARSE_MORE;
    switch (found) {
    case HTTP_PARSE_MORE:
        c->progress += before - in->n;
        break;
    case HTTP_PARSE_DONE:
        hand_over(c);
        break;
    case HTTP_PARSE_REFUSED:
        conn_refuse(c, x->chunked.status);
        break;
    }
}

static struct http_decision decide(struct http_exchange *x)
{
    const struct http_server_options *o = &x->home->server->o;
    struct http_decision d = {.max_body = LIMIT_API_BODY};

    if (o->on_header)
        o->on_header(&x->rq, &d, o->arg);
    return d;
}

static void begin_body(struct conn *c, uint64_t length, struct str *in)
{
    struct http_exchange *x = c->x;

    move(c, CONN_BODY);
    c->progress = 0;
    buf_reset(&x->body);
    x->body.max = x->is_chunked ? x->max_body : (size_t)length;
    if (in->n > 0)
        take_body(c, in);
    else if (x->expects_continue)
        ask_for_body(c);
}

/* A head is complete; *in moves behind it. */
static void take_head(struct conn *c, const struct http_head *h, struct str *in)
{
    struct http_exchange *x = exchange_create(c, h, str_sub(*in, 0, h->line));

    c->x = x;
    *in = str_sub(*in, h->line, in->n);
    const struct http_decision d = decide(x);
    x->max_body = d.max_body;
    if (d.refuse) {
        conn_refuse(c, d.refuse);
    } else if (h->length > d.max_body) {
        conn_refuse(c, 413);
    } else if (h->chunked || h->length > 0) {
        begin_body(c, h->length, in);
    } else {
        buf_reset(&x->body);
        hand_over(c);
    }
}

static void begin_head(struct conn *c, struct str *in)
{
    struct http_head *h = &c->home->head;

    http_head_init(h);
    switch (http_head_parse(h, *in)) {
    case HTTP_PARSE_MORE:
        keep_bytes(c, h, *in);
        *in = STR("");
        move(c, CONN_HEAD);
        break;
    case HTTP_PARSE_DONE:
        take_head(c, h, in);
        break;
    case HTTP_PARSE_REFUSED:
        conn_refuse(c, h->status);
        break;
    }
}

/*
 * Serves what `in` holds, request by request, as far as the state allows: an answer that is given
 * at once leads back to IDLE. What is behind a request under way waits; behind a refusal it is
 * dropped.
 */
static void process(struct conn *c, struct str in)
{
    c->processing = true;
    while (in.n > 0 && (c->state == CONN_IDLE || c->state == CONN_BODY)) {
        if (c->state == CONN_BODY)
            take_body(c, &in);
        else
            begin_head(c, &in);
    }
    c->processing = false;
    if (in.n > 0 && (c->state == CONN_EXCHANGE || (c->state == CONN_ANSWER && !c->linger)))
        keep_pipelined(c, in);
    if (in.n > 0 && c->state == CONN_STREAM && stream_is_two_way(c->stream))
        conn_close(c); // it speaks another protocol before it knows that we do
}

static void continue_head(struct conn *c, struct str in)
{
    struct partial *kept = c->partial;

    buf_str(&kept->bytes, in);
    struct str all = buf_view(&kept->bytes);
    const enum http_parse found = http_head_parse(&kept->head, all);
    if (found == HTTP_PARSE_MORE)
        return;

    _cleanup_(partial_destroyp) struct partial *p = TAKE(c->partial);
    if (found == HTTP_PARSE_REFUSED) {
        conn_refuse(c, p->head.status);
        return;
    }
    move(c, CONN_IDLE);
    c->processing = true; // process() below goes on
    take_head(c, &p->head, &all);
    process(c, all);
}

static bool between_requests(const struct conn *c)
{
    return c->state == CONN_IDLE || c->state == CONN_HEAD || c->state == CONN_BODY;
}

// --- the socket ----------------------------------------------------------------------------------

static void on_bytes(struct conn *c, struct str in)
{
    switch (c->state) {
    case CONN_IDLE:
    case CONN_BODY:
        process(c, in);
        break;
    case CONN_HEAD:
        continue_head(c, in);
        break;
    case CONN_EXCHANGE:
    case CONN_ANSWER:
        keep_pipelined(c, in);
        break;
    case CONN_STREAM:
        stream_heard(c->stream, in);
        break;
    case CONN_LINGER:
    case CONN_CLOSED:
    case CONN_STATE_COUNT:
        break;
    }
}

/* A client may half close after its last request and still wants the answers. */
static void on_peer_ended(struct conn *c)
{
    c->peer_ended = true;
    if (c->state == CONN_STREAM)
        conn_drop(c);
    else if (c->state == CONN_LINGER && conn_unacked(c) == 0)
        conn_close(c);
    else if (between_requests(c))
        conn_linger(c);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct conn *c = container_of((uv_tcp_t *)stream, struct conn, tcp);

    if (n == 0)
        return;
    listener_touch(c->home);
    if (n > 0)
        on_bytes(c, (struct str){buf->base, (size_t)n});
    else if (n == UV_EOF)
        on_peer_ended(c);
    else
        conn_close(c);
}

static void give_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *ret)
{
    struct conn *c = container_of((uv_tcp_t *)handle, struct conn, tcp);

    (void)suggested;
    *ret = (uv_buf_t){.base = c->home->read, .len = READ_MAX};
}

static void read_again(struct conn *c)
{
    if (!c->read_paused || c->peer_ended)
        return;
    c->read_paused = false;
    if (uv_read_start(stream_of(c), give_buffer, on_read) != 0)
        conn_close(c);
}

/* After an answer: the requests that were pipelined behind it, then the socket again. */
static void resume(struct conn *c)
{
    if (c->processing)
        return;
    if (c->state == CONN_IDLE && c->partial) {
        _cleanup_(partial_destroyp) struct partial *p = TAKE(c->partial);
        process(c, buf_view(&p->bytes));
    }
    if (between_requests(c) && c->peer_ended)
        conn_linger(c);
    else if (between_requests(c) || c->state == CONN_LINGER || c->state == CONN_STREAM)
        read_again(c);
}

void conn_become_stream(struct conn *c, struct http_stream *s)
{
    struct http_exchange *x = TAKE(c->x);
    const bool too_early = c->partial && stream_is_two_way(s);

    c->stream = s;
    move(c, CONN_STREAM);
    exchange_release(x);
    partial_destroy(TAKE(c->partial));
    if (c->peer_ended || too_early)
        conn_close(c);
    else
        resume(c);
}

// --- the beginning -------------------------------------------------------------------------------

static struct ip address_of(const struct sockaddr_storage *peer)
{
    struct ip ip = {{[10] = 0xff, [11] = 0xff}};

    if (peer->ss_family == AF_INET6)
        memcpy(ip.bytes, &((const struct sockaddr_in6 *)peer)->sin6_addr, 16);
    else
        memcpy(ip.bytes + 12, &((const struct sockaddr_in *)peer)->sin_addr, 4);
    return ip;
}

void conn_open(struct listener *home, int fd, const struct sockaddr_storage *peer)
{
    struct conn *c = NEW(struct conn);
    const struct ip ip = address_of(peer);

    c->home = home;
    c->since = home->now;
    c->trusted = cidr_list_has(&home->server->trusted, &ip);
    ip_format(&ip, c->peer);
    uv_tcp_init(loop_uv(home->loop), &c->tcp);
    c->next = home->conns;
    if (c->next)
        c->next->prev = c;
    home->conns = c;
    if (uv_tcp_open(&c->tcp, fd) != 0) {
        close(fd);
        conn_close(c);
    } else if (uv_read_start(stream_of(c), give_buffer, on_read) != 0) {
        conn_close(c);
    }
}
