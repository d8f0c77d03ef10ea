#include "test/peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE = 20, PIECE = 64 * 1024 }; // seconds; bytes of one read

struct peer peer_open(uint16_t port, struct arena *a)
{
    const struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct timeval patience = {.tv_sec = PATIENCE};
    const int on = 1;
    struct peer p = {.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .a = a};

    assert_true(p.fd >= 0);
    setsockopt(p.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(p.fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    setsockopt(p.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    assert_int_equal(connect(p.fd, (const struct sockaddr *)&to, sizeof(to)), 0);
    return p;
}

void peer_close(struct peer *p)
{
    close(p->fd);
    p->fd = -1;
}

void peer_reset(struct peer *p)
{
    const struct linger at_once = {.l_onoff = 1};

    setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    peer_close(p);
}

void peer_half_close(struct peer *p)
{
    assert_int_equal(shutdown(p->fd, SHUT_WR), 0);
}

void peer_say(struct peer *p, struct str bytes)
{
    while (bytes.n > 0) {
        ssize_t n = send(p->fd, bytes.p, bytes.n, MSG_NOSIGNAL);
        assert_true(n > 0);
        bytes = str_sub(bytes, (size_t)n, bytes.n);
    }
}

void peer_say_bytewise(struct peer *p, struct str bytes)
{
    for (size_t i = 0; i < bytes.n; i++)
        peer_say(p, str_sub(bytes, i, 1));
}

size_t peer_say_some(struct peer *p, struct str bytes)
{
    ssize_t n = send(p->fd, bytes.p, bytes.n, MSG_NOSIGNAL | MSG_DONTWAIT);

    return n > 0 ? (size_t)n : 0;
}

/* False at the end of the connection, orderly or by a reset. */
static bool read_more(struct peer *p)
{
    char *piece = arena_alloc(p->a, p->unread.n + PIECE);
    ssize_t n = recv(p->fd, piece + p->unread.n, PIECE, 0);

    if (n == 0 || (n < 0 && errno == ECONNRESET))
        return false;
    if (n < 0)
        fail_msg("the peer waited in vain (%s) behind \"%.*s\"", strerror(errno), (int)p->unread.n,
                 p->unread.p);
    if (p->unread.n > 0)
        memcpy(piece, p->unread.p, p->unread.n);
    p->unread = (struct str){piece, p->unread.n + (size_t)n};
    return true;
}

static struct str take(struct peer *p, size_t n)
{
    while (p->unread.n < n)
        if (!read_more(p))
            fail_msg("closed before %zu bytes had come", n);
    const struct str taken = str_sub(p->unread, 0, n);
    p->unread = str_sub(p->unread, n, p->unread.n);
    return taken;
}

struct str peer_until(struct peer *p, struct str end)
{
    size_t from = 0;

    for (;;) {
        for (size_t i = from; i + end.n <= p->unread.n; i++)
            if (memcmp(p->unread.p + i, end.p, end.n) == 0)
                return take(p, i + end.n);
        from = p->unread.n > end.n ? p->unread.n - end.n : 0;
        if (!read_more(p))
            fail_msg("closed before \"%.*s\" behind \"%.*s\"", (int)end.n, end.p, (int)p->unread.n,
                     p->unread.p);
    }
}

struct str reply_field(const struct reply *r, struct str name)
{
    struct str head = r->head, line, key;

    while (cut_until(&head, '\n', &line))
        if (cut_until(&line, ':', &key) && str_eq_nocase(key, name))
            return str_sub(line, 1, line.n - 2); // without the blank and the CR
    return STR_NONE;
}

struct reply peer_reply(struct peer *p, bool to_head)
{
    struct reply r = {.head = peer_until(p, STR("\r\n\r\n"))};
    struct str in = r.head;
    uint32_t status = 0;
    uint64_t n = 0;

    assert_true(cut_lit(&in, STR("HTTP/1.1 ")) && cut_u32(&in, &status));
    r.status = (int)status;
    const struct str length = reply_field(&r, STR("content-length"));
    if (!str_is_none(length))
        assert_true(str_to_u64(length, &n));
    r.body = to_head ? STR("") : take(p, n);
    return r;
}

void peer_expect(struct peer *p, struct str bytes)
{
    const struct str got = take(p, bytes.n);

    if (!str_eq(got, bytes))
        fail_msg("expected \"%.*s\", got \"%.*s\"", (int)bytes.n, bytes.p, (int)got.n, got.p);
}

void peer_expect_end(struct peer *p)
{
    if (p->unread.n > 0 || read_more(p))
        fail_msg("expected the end, got \"%.*s\"", (int)p->unread.n, p->unread.p);
}

bool peer_was_reset(struct peer *p)
{
    char piece[4096];
    ssize_t n;

    while ((n = recv(p->fd, piece, sizeof(piece), 0)) > 0) {
    }
    return n < 0 && errno == ECONNRESET;
}

void peer_wait_heard(struct peer *p)
{
    char c;

    assert_true(p->unread.n > 0 || recv(p->fd, &c, 1, MSG_PEEK) == 1);
}

bool peer_is_silent(struct peer *p)
{
    char c;

    return p->unread.n == 0 && recv(p->fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           (errno == EAGAIN || errno == EWOULDBLOCK);
}
