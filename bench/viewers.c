#include "viewers.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "answer.h"
#include "clock.h"
#include "die.h"
#include "ledger.h"
#include "net.h"
#include "payload.h"

enum { READ_SIZE = 1 << 16, FRAME_MAX = 1 << 14, CONNECTING_MAX = 128 };

enum viewer_state { VIEWER_CONNECTING, VIEWER_OPEN, VIEWER_LOST };

struct viewer {
    struct ready ready;
    struct viewers *owner;
    int fd;
    enum viewer_state state;
    struct {
        bool is_used;
        size_t left; /* bytes of the current chunk that are still to come */
        bool in_size;
    } chunk;
    uint8_t *seen; /* one bit per event */
    uint64_t n_seen_bits;
    char *text; /* the beginning of a frame that has not ended yet */
    size_t n_text;
};

struct viewers {
    struct viewers_options o;
    struct viewers_stats stats;
    int64_t from, to;
    unsigned n_connected;
    struct viewer *pool;
};

// --- one frame -----------------------------------------------------------------------------------

static bool mark_seen(struct viewer *c, uint64_t event)
{
    const uint8_t bit = (uint8_t)(1u << (event % 8));

    if (event >= c->n_seen_bits) {
        const uint64_t bits = (event + 1) * 2 + 4096;
        const uint64_t had = c->n_seen_bits / 8;

        c->seen = realloc(c->seen, bits / 8 + 1);
        if (!c->seen)
            die("out of memory");
        memset(c->seen + had, 0, bits / 8 + 1 - had);
        c->n_seen_bits = bits / 8 * 8;
    }
    if (c->seen[event / 8] & bit)
        return false;
    c->seen[event / 8] |= bit;
    return true;
}

static void on_frame(struct viewer *c, const char *text, size_t n, int64_t now)
{
    struct viewers *v = c->owner;
    uint64_t event;
    int64_t intended;

    if (!payload_event_in(v->o.payload, text, n, &event))
        return;
    if (now >= v->from && now < v->to) {
        v->stats.frames++;
        v->stats.bytes += n;
    }
    if (!v->o.ledger)
        return;
    intended = ledger_at(v->o.ledger, event)->intended;
    if (!mark_seen(c, event)) {
        v->stats.repeated++;
    } else if (intended >= v->from && intended < v->to) {
        v->stats.delivered++;
        histogram_add(&v->stats.latency, now - intended);
    }
}

/* Puts what was kept of an unfinished frame before what came now. */
static const char *joined(struct viewer *c, const char *p, size_t *n)
{
    static char both[FRAME_MAX + READ_SIZE];

    if (c->n_text == 0)
        return p;
    memcpy(both, c->text, c->n_text);
    memcpy(both + c->n_text, p, *n);
    *n += c->n_text;
    c->n_text = 0;
    return both;
}

static void keep(struct viewer *c, const char *p, size_t n)
{
    if (n > FRAME_MAX)
        die("a frame is longer than %d bytes", FRAME_MAX);
    if (!c->text)
        c->text = alloc_or_die(1, FRAME_MAX);
    memcpy(c->text, p, n);
    c->n_text = n;
}

/* Cuts frames (they end with an empty line) off the stream; keeps an unfinished one for later. */
static void on_text(struct viewer *c, const char *p, size_t n, int64_t now)
{
    const char *end;

    p = joined(c, p, &n);
    while ((end = memmem(p, n, "\n\n", 2))) {
        const size_t size = (size_t)(end - p) + 2;

        on_frame(c, p, size, now);
        p += size;
        n -= size;
    }
    if (n > 0)
        keep(c, p, n);
}

// --- chunks --------------------------------------------------------------------------------------

/* Takes one byte of "\r\nSIZE\r\n"; the line end before a size is skipped as an empty line. */
static void on_size_byte(struct viewer *c, char byte)
{
    if (isxdigit((unsigned char)byte)) {
        const int digit = isdigit((unsigned char)byte) ? byte - '0' : (byte | 32) - 'a' + 10;

        c->chunk.left = c->chunk.left * 16 + (size_t)digit;
    } else if (byte == '\n' && c->chunk.left > 0) {
        c->chunk.in_size = false;
    }
}

static void on_body(struct viewer *c, const char *p, size_t n, int64_t now)
{
    if (!c->chunk.is_used) {
        on_text(c, p, n, now);
        return;
    }
    while (n > 0) {
        if (c->chunk.in_size) {
            on_size_byte(c, *p++);
            n--;
            continue;
        }
        const size_t size = n < c->chunk.left ? n : c->chunk.left;

        on_text(c, p, size, now);
        p += size;
        n -= size;
        c->chunk.left -= size;
        c->chunk.in_size = c->chunk.left == 0;
    }
}

// --- one connection ------------------------------------------------------------------------------

static void connect_next(struct viewers *v);

static void on_head(struct viewer *c, char *p, size_t n, int64_t now)
{
    const size_t head = answer_head_length(p, n);

    if (head == 0)
        die("the head of a stream came in pieces");
    if (strncmp(p, "HTTP/1.1 200", 12) != 0)
        die("a stream was refused: %.80s", p);
    p[head - 1] = '\0';
    c->chunk.is_used = c->chunk.in_size = strcasestr(p, "\ntransfer-encoding: chunked") != NULL;
    c->state = VIEWER_OPEN;
    c->owner->stats.open++;
    on_body(c, p + head, n - head, now);
    connect_next(c->owner);
}

static void on_readable(struct ready *r)
{
    static char in[READ_SIZE + 1];
    struct viewer *c = (struct viewer *)r;
    const ssize_t n = recv(c->fd, in, READ_SIZE, 0);

    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0) {
        c->owner->stats.lost++;
        c->state = VIEWER_LOST;
        close(c->fd);
        return;
    }
    in[n] = '\0';
    if (c->state == VIEWER_CONNECTING)
        on_head(c, in, (size_t)n, now_ns());
    else
        on_body(c, in, (size_t)n, now_ns());
}

// --- all of them ---------------------------------------------------------------------------------

static void connect_next(struct viewers *v)
{
    const size_t size = strlen(v->o.request);
    struct viewer *c;

    if (v->n_connected == v->o.connections)
        return;
    c = &v->pool[v->n_connected++];
    *c = (struct viewer){.ready.fn = on_readable, .owner = v, .fd = net_connect(v->o.port)};
    if (send(c->fd, v->o.request, size, MSG_NOSIGNAL) != (ssize_t)size)
        die_errno("send");
    net_watch(v->o.loop, c->fd, EPOLLIN, &c->ready);
}

struct viewers *viewers_create(const struct viewers_options *o)
{
    struct viewers *v = alloc_or_die(1, sizeof *v);

    v->o = *o;
    v->from = v->to = INT64_MAX;
    v->pool = alloc_or_die(o->connections + 1, sizeof *v->pool);
    for (unsigned i = 0; i < CONNECTING_MAX; i++)
        connect_next(v);
    return v;
}

bool viewers_are_open(const struct viewers *v)
{
    return v->stats.open == v->o.connections;
}

void viewers_start(struct viewers *v, int64_t from, int64_t to)
{
    v->from = from;
    v->to = to;
}

static uint64_t meant_for_window(const struct viewers *v)
{
    uint64_t n = 0;

    for (uint64_t i = 0; i < v->o.ledger->n; i++) {
        const int64_t intended = v->o.ledger->entries[i].intended;

        n += intended >= v->from && intended < v->to;
    }
    return n;
}

bool viewers_are_done(const struct viewers *v)
{
    return v->stats.delivered >= meant_for_window(v) * v->o.connections;
}

static bool has_seen(const struct viewer *c, uint64_t event)
{
    return event < c->n_seen_bits && (c->seen[event / 8] >> (event % 8) & 1);
}

void viewers_count_missing(struct viewers *v, int64_t now)
{
    for (uint64_t i = 0; i < v->o.ledger->n; i++) {
        const int64_t intended = v->o.ledger->entries[i].intended;

        if (intended < v->from || intended >= v->to)
            continue;
        for (unsigned k = 0; k < v->o.connections; k++) {
            if (has_seen(&v->pool[k], i))
                continue;
            v->stats.missing++;
            histogram_add(&v->stats.latency, now - intended);
        }
    }
}

const struct viewers_stats *viewers_stats(const struct viewers *v)
{
    return &v->stats;
}

void viewers_destroy(struct viewers *v)
{
    if (!v)
        return;
    for (unsigned i = 0; i < v->n_connected; i++) {
        if (v->pool[i].state != VIEWER_LOST)
            close(v->pool[i].fd);
        free(v->pool[i].seen);
        free(v->pool[i].text);
    }
    free(v->pool);
    free(v);
}
