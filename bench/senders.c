#include "senders.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "answer.h"
#include "clock.h"
#include "die.h"
#include "ledger.h"
#include "net.h"
#include "payload.h"

enum { ANSWER_MAX = 4096, BROKEN_MAX = 10000 };

struct sender {
    struct ready ready;
    struct senders *owner;
    int fd;
    bool is_busy;
    bool is_ending; /* it was answered, and the server closes behind the answer */
    uint64_t event;
    int64_t since; /* when its request was meant to be sent */
    size_t n_in;
    char in[ANSWER_MAX + 1];
};

struct senders {
    struct senders_options o;
    struct senders_stats stats;
    int64_t start, from, to;
    bool is_stopped;
    uint64_t next; /* the next event to send */
    size_t request_size;
    struct sender *pool;
    unsigned n_busy;
    struct sender **idle; /* a ring: the connection that rested longest is used next */
    unsigned idle_first, n_idle;
};

static void connect_sender(struct sender *c)
{
    c->fd = net_connect(c->owner->o.port);
    c->n_in = 0;
    net_watch(c->owner->o.loop, c->fd, EPOLLIN, &c->ready);
}

static void rest(struct sender *c)
{
    struct senders *s = c->owner;

    s->idle[(s->idle_first + s->n_idle++) % s->o.connections] = c;
}

static struct sender *take_rested(struct senders *s)
{
    struct sender *c = s->idle[s->idle_first];

    s->idle_first = (s->idle_first + 1) % s->o.connections;
    s->n_idle--;
    return c;
}

static bool all_sent(const struct senders *s)
{
    return s->is_stopped || (s->o.count > 0 && s->next >= s->o.count);
}

static void send_request(struct sender *c, int64_t intended)
{
    struct senders *s = c->owner;
    char stamped[PAYLOAD_MAX];
    const char *request = s->o.request;
    size_t size = s->request_size;

    c->event = s->next++;
    c->since = intended;
    c->is_busy = true;
    s->n_busy++;
    s->stats.sent++;
    if (s->o.body) {
        size = payload_request(s->o.body, c->event, stamped);
        request = stamped;
        ledger_at(s->o.ledger, c->event)->intended = intended;
    }
    // A failure shows as a closed connection when it is read; a short write cannot be mended.
    const ssize_t n = send(c->fd, request, size, MSG_NOSIGNAL);
    if (n >= 0 && (size_t)n < size)
        die("a request did not fit into the socket's buffer");
}

/* What the connection does after its request ended, well or badly. */
static void go_on(struct sender *c, int64_t now)
{
    struct senders *s = c->owner;

    if (c->is_busy)
        s->n_busy--;
    c->is_busy = false;
    if (s->o.rate > 0 || all_sent(s))
        rest(c);
    else
        send_request(c, now);
}

static void answered(struct sender *c, int status, int64_t now)
{
    struct senders *s = c->owner;
    const bool is_open_loop = s->o.rate > 0;
    const int64_t at = is_open_loop ? c->since : now;

    if (status / 100 != 2) {
        s->stats.refused++;
        return;
    }
    s->stats.acked++;
    if (s->o.body)
        ledger_at(s->o.ledger, c->event)->acked = true;
    if (now >= s->from && now < s->to)
        s->stats.answered++;
    if (at >= s->from && at < s->to) {
        s->stats.counted++;
        histogram_add(&s->stats.latency, now - c->since);
    }
}

static void hung_up(struct sender *c)
{
    struct senders *s = c->owner;

    close(c->fd);
    connect_sender(c);
    if (!c->is_busy)
        return; // the server closed a resting connection, as it may
    if (!c->is_ending && ++s->stats.broken > BROKEN_MAX)
        die("the server broke %d connections", BROKEN_MAX);
    c->is_ending = false;
    go_on(c, now_ns());
}

static void on_readable(struct ready *r)
{
    struct sender *c = (struct sender *)r;
    const ssize_t n = recv(c->fd, c->in + c->n_in, ANSWER_MAX - c->n_in, 0);
    int status;
    size_t size;

    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0) {
        hung_up(c);
        return;
    }
    c->n_in += (size_t)n;
    c->in[c->n_in] = '\0';
    size = answer_length(c->in, c->n_in, &status);
    if (size == 0 && c->n_in == ANSWER_MAX)
        die("an answer is longer than %d bytes", ANSWER_MAX);
    if (size == 0)
        return;
    if (size != c->n_in || !c->is_busy)
        die("an answer that nobody asked for: %.60s", c->in);
    const int64_t now = now_ns();

    c->is_ending = answer_closes(c->in, size);
    c->n_in = 0;
    answered(c, status, now);
    if (!c->is_ending)
        go_on(c, now);
}

struct senders *senders_create(const struct senders_options *o)
{
    struct senders *s = alloc_or_die(1, sizeof *s);

    s->o = *o;
    s->request_size = o->request ? strlen(o->request) : 0;
    s->pool = alloc_or_die(o->connections, sizeof *s->pool);
    s->idle = alloc_or_die(o->connections, sizeof *s->idle);
    for (unsigned i = 0; i < o->connections; i++) {
        s->pool[i] = (struct sender){.ready.fn = on_readable, .owner = s};
        connect_sender(&s->pool[i]);
        rest(&s->pool[i]);
    }
    return s;
}

void senders_start(struct senders *s, int64_t now, int64_t from, int64_t to)
{
    s->start = now;
    s->from = from;
    s->to = to;
    while (s->o.rate <= 0 && s->n_idle > 0 && !all_sent(s))
        send_request(take_rested(s), now);
}

int64_t senders_send_due(struct senders *s, int64_t now)
{
    if (s->o.rate <= 0)
        return INT64_MAX;
    while (!all_sent(s)) {
        const int64_t due = s->start + (int64_t)((double)s->next / s->o.rate * 1e9);

        if (due > now)
            return due;
        if (s->n_idle == 0)
            return INT64_MAX; // the next answer frees a connection and turns the loop
        send_request(take_rested(s), due);
    }
    return INT64_MAX;
}

void senders_stop(struct senders *s)
{
    s->is_stopped = true;
}

bool senders_are_done(const struct senders *s)
{
    return all_sent(s) && s->n_busy == 0;
}

const struct senders_stats *senders_stats(const struct senders *s)
{
    return &s->stats;
}

void senders_destroy(struct senders *s)
{
    if (!s)
        return;
    for (unsigned i = 0; i < s->o.connections; i++)
        close(s->pool[i].fd);
    free(s->pool);
    free(s->idle);
    free(s);
}
