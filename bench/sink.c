#include "sink.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "answer.h"
#include "clock.h"
#include "die.h"
#include "net.h"

enum { CLIENTS = 1024, REQUEST_MAX = 8192 };

struct client {
    struct ready ready;
    struct sink *owner;
    int fd;
    size_t n_in;
    char in[REQUEST_MAX + 1];
};

struct sink {
    struct ready ready;
    int loop, fd;
    const char *frame;
    unsigned n_streams;
    int streams[CLIENTS];
};

static const char no_content[] = "HTTP/1.1 204 No Content\r\n\r\n";
static const char stream_head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";

static void answer(struct client *c)
{
    struct sink *s = c->owner;

    if (strncmp(c->in, "GET /stream ", 12) != 0) {
        (void)send(c->fd, no_content, sizeof no_content - 1, MSG_NOSIGNAL);
        return;
    }
    (void)send(c->fd, stream_head, sizeof stream_head - 1, MSG_NOSIGNAL);
    if (s->n_streams < CLIENTS)
        s->streams[s->n_streams++] = c->fd;
}

static void on_request(struct ready *r)
{
    struct client *c = (struct client *)r;
    const ssize_t n = recv(c->fd, c->in + c->n_in, REQUEST_MAX - c->n_in, 0);
    size_t size;
    int status;

    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0) {
        close(c->fd); // its place is not used again: a sink lives for one proof
        return;
    }
    c->n_in += (size_t)n;
    c->in[c->n_in] = '\0';
    while ((size = answer_length(c->in, c->n_in, &status)) > 0) {
        answer(c);
        memmove(c->in, c->in + size, c->n_in - size + 1);
        c->n_in -= size;
    }
}

static void on_connection(struct ready *r)
{
    struct sink *s = (struct sink *)r;
    struct client *c = alloc_or_die(1, sizeof *c);

    *c = (struct client){.ready.fn = on_request, .owner = s};
    c->fd = accept(s->fd, NULL, NULL);
    if (c->fd < 0)
        die_errno("accept");
    net_nonblocking(c->fd);
    net_watch(s->loop, c->fd, EPOLLIN, &c->ready);
}

void sink_run(uint16_t port, const char *frame, double seconds)
{
    struct sink s = {.ready.fn = on_connection, .loop = net_loop(), .frame = frame};
    const int64_t end = now_ns() + (int64_t)(seconds * 1e9);
    const size_t size = strlen(frame);

    s.fd = net_listen(port);
    net_watch(s.loop, s.fd, EPOLLIN, &s.ready);
    puts("{\"at\":\"ready\"}");
    fflush(stdout);
    while (now_ns() < end) {
        net_turn(s.loop, s.n_streams ? 0 : now_ns() + SECOND_NS / 10);
        for (unsigned i = 0; i < s.n_streams; i++)
            (void)send(s.streams[i], frame, size, MSG_NOSIGNAL);
    }
}
