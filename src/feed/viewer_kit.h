#ifndef FEED_VIEWER_KIT_H
#define FEED_VIEWER_KIT_H
/* For tests of the hub: a client that reads the stream byte by byte, as the standard says. */
#include "feed/hub_kit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"

struct viewer {
    int fd;
    struct buf in;
    size_t read; /* bytes of `in` that were looked at */
};

struct event {
    struct str name, id, data;
};

/* fields: lines of the request's head, each with its end. */
static inline void dial_as(struct rig *r, struct viewer *v, const char *query, const char *fields,
                           int receive_buffer)
{
    const struct sockaddr_in to = {.sin_family = AF_INET,
                                   .sin_port = htons(http_server_port(r->server)),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct timeval deadline = {.tv_sec = 20};

    v->read = 0;
    buf_init(&v->in, 64 * 1024 * 1024);
    v->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receive_buffer > 0)
        setsockopt(v->fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    setsockopt(v->fd, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof deadline);
    assert_int_equal(connect(v->fd, (const struct sockaddr *)&to, sizeof to), 0);
    const struct str rq = str_fmt(r->a, "GET /%s HTTP/1.1\r\nHost: x\r\n%s\r\n", query, fields);
    assert_int_equal(send(v->fd, rq.p, rq.n, MSG_NOSIGNAL), rq.n);
}

static inline void dial(struct rig *r, struct viewer *v, const char *query, int receive_buffer)
{
    dial_as(r, v, query, "", receive_buffer);
}

/* More bytes; false at the end. No byte within the deadline fails the test. */
static inline bool receive(struct viewer *v)
{
    char *room = buf_room(&v->in, 64 * 1024);
    const ssize_t got = recv(v->fd, room, 64 * 1024, 0);

    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        fail_msg("nothing came");
    buf_added(&v->in, got > 0 ? (size_t)got : 0);
    return got > 0;
}

/* The text up to the next `end`, or STR_NONE when the stream has ended before. */
static inline struct str cut_text(struct viewer *v, struct str end)
{
    for (;;) {
        const struct str rest = str_sub(buf_view(&v->in), v->read, v->in.n);
        const char *at = rest.n ? memmem(rest.p, rest.n, end.p, end.n) : NULL;
        if (at) {
            const struct str text = {rest.p, (size_t)(at - rest.p)};
            v->read += text.n + end.n;
            return text;
        }
        if (!receive(v))
            return STR_NONE;
    }
}

static inline struct str head(struct viewer *v)
{
    return cut_text(v, STR("\r\n\r\n"));
}

/* The next frame; false when the stream has ended. Views live until the next one. */
static inline bool next(struct viewer *v, struct event *ret)
{
    struct str frame = cut_text(v, STR("\n\n")), line;

    *ret = (struct event){0};
    if (str_is_none(frame))
        return false;
    while (cut_field(&frame, '\n', &line)) {
        if (cut_lit(&line, STR("id: ")))
            ret->id = line;
        else if (cut_lit(&line, STR("event: ")))
            ret->name = line;
        else if (cut_lit(&line, STR("data: ")))
            ret->data = line;
        else
            fail_msg("a strange line: " STR_FMT, STR_ARG(line));
    }
    return true;
}

static inline void expect(struct viewer *v, const char *name, struct event *ret)
{
    if (!next(v, ret))
        fail_msg("the stream ended before %s", name);
    assert_str(ret->name, name);
}

static inline void next_but(struct viewer *v, const char *not_this, struct event *ret)
{
    do
        assert_true(next(v, ret));
    while (str_eq(ret->name, str_from(not_this)));
}

static inline void expect_text(struct viewer *v, const char *name, const char *part)
{
    struct event event;

    expect(v, name, &event);
    if (!str_contains(event.data, str_from(part)))
        fail_msg("%s is not in " STR_FMT, part, STR_ARG(event.data));
}

/* Connects, and reads `connected`. */
static inline void watch(struct rig *r, struct viewer *v, const char *query)
{
    struct event event;

    dial(r, v, query, 0);
    assert_true(str_starts(head(v), STR("HTTP/1.1 200 ")));
    expect(v, "connected", &event);
    assert_true(str_is_none(event.id));
}

static inline void leave(struct viewer *v)
{
    close(v->fd);
    buf_finish(&v->in);
}

/* A round of the hub's thread: it answers whoever comes in the next one. */
static inline void wait_for_a_round(struct rig *r)
{
    struct viewer v;

    for (int i = 0; i < 2; i++) {
        dial(r, &v, "?project=77", 0);
        assert_true(str_starts(head(&v), STR("HTTP/1.1 404 ")));
        leave(&v);
    }
}

/* Events first … last come next: each once, in order. */
static inline void expect_seqs(struct viewer *v, int64_t first, int64_t last)
{
    struct event event;
    int64_t seq;

    for (int64_t want = first; want <= last; want++) {
        expect(v, "call.updated", &event);
        assert_true(str_to_i64(event.id, &seq));
        assert_int_equal(seq, want);
    }
}

#endif
