/* A NATS server that is away, or cut off: played by the test, which listens where it likes. */
#include <arpa/inet.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "test/peer.h"
#include "wake/bus.h"

#define INFO                                                                                       \
    "INFO {\"server_id\":\"test\",\"version\":\"2.9.0\",\"proto\":1,\"host\":\"127.0.0.1\","       \
    "\"port\":1,\"max_payload\":1048576}\r\n"
#define HINT_LINE "PUB hookswitch.hints 100\r\n"
#define LAST "the last"

enum { PATIENCE = 20, HINT = 100, HINTS = WAKE_NATS_UNSENT / HINT };

struct played {
    struct arena *a;
    int fd;
    uint16_t port;
    void *bus;
};

static void on_hint(struct str text, void *arg)
{
    (void)text, (void)arg;
}

/* A place at which nobody listens yet: who comes is refused. port 0: any. */
static void bind_at(struct played *p, uint16_t port)
{
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;
    const int on = 1;

    p->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(p->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    assert_int_equal(bind(p->fd, (struct sockaddr *)&at, n), 0);
    assert_int_equal(getsockname(p->fd, (struct sockaddr *)&at, &n), 0);
    p->port = ntohs(at.sin_port);
}

static void begin(struct played *p, struct arena *a)
{
    struct err e = {0};

    *p = (struct played){.a = a};
    bind_at(p, 0);
    const struct wake_bus_options o = {.nats_url = str_fmt(a, "nats://127.0.0.1:%u", p->port),
                                       .on_hint = on_hint};
    assert_ok(wake_bus_nats.open(&o, &p->bus, &e), &e);
}

static void end(struct played *p)
{
    wake_bus_nats.close(p->bus);
    close(p->fd);
}

/* By itself, within a second or so. */
static struct peer came(const struct played *p)
{
    const struct timeval patience = {.tv_sec = PATIENCE};
    struct peer client = {.a = p->a};

    assert_int_equal(setsockopt(p->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    client.fd = accept(p->fd, NULL, NULL);
    assert_true(client.fd >= 0);
    assert_int_equal(setsockopt(client.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    return client;
}

static struct peer connected(const struct played *p)
{
    struct peer client = came(p);

    peer_say(&client, STR(INFO));
    (void)peer_until(&client, STR("PING\r\n"));
    peer_say(&client, STR("PONG\r\n"));
    return client;
}

static bool tell(const struct played *p, struct str hint)
{
    struct err e = {0};

    return wake_bus_nats.tell(p->bus, hint, &e);
}

/* Until as much was not kept as there is room for. */
static void tell_too_much(const struct played *p)
{
    char text[HINT];
    int n_dropped = 0;

    memset(text, 'x', sizeof text);
    for (int i = 0; i < 4 * HINTS && n_dropped < HINTS; i++)
        n_dropped += !tell(p, (struct str){text, sizeof text});
    assert_int_equal(n_dropped, HINTS);
}

static int count(struct str in, struct str what)
{
    int n = 0;

    for (size_t i = 0; i + what.n <= in.n; i++)
        n += memcmp(in.p + i, what.p, what.n) == 0;
    return n;
}

/* Bytes of the hints that come up to one that is told now. */
static size_t kept(const struct played *p, struct peer *client)
{
    const usec_t deadline = clock_monotonic(&clock_system) + SECONDS(PATIENCE);

    while (!tell(p, STR(LAST))) { // what was kept is on its way
        assert_true(clock_monotonic(&clock_system) < deadline);
        sched_yield();
    }
    const int n = count(peer_until(client, STR(LAST "\r\n")), STR(HINT_LINE));
    return (size_t)n * (sizeof HINT_LINE - 1 + HINT + 2);
}

/* What it is given, once it listens, of all that it was told before. */
static void is_bounded(struct played *p, struct peer *ret)
{
    tell_too_much(p);
    assert_int_equal(listen(p->fd, 1), 0);
    *ret = connected(p);
    const size_t n = kept(p, ret);
    assert_in_range(n, WAKE_NATS_UNSENT / 2, WAKE_NATS_UNSENT);
}

/* When it comes again it has noticed. Who is refused holds nobody up, as one who gets no answer
 * does. */
static void cut_off(struct played *p, struct peer *client)
{
    peer_close(client);
    struct peer again = came(p);
    close(p->fd);
    bind_at(p, p->port);
    peer_close(&again);
}

/* Before the server was there for the first time, and between two times. */
static void f064_what_could_not_be_told_is_bounded(void **unused)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct played p;
    struct peer client;

    (void)unused;
    begin(&p, a);
    is_bounded(&p, &client);
    cut_off(&p, &client);
    is_bounded(&p, &client);
    end(&p);
    peer_close(&client);
}

TEST_MAIN_QUIET(cmocka_unit_test(f064_what_could_not_be_told_is_bounded))
