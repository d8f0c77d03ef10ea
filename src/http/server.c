#include "http/internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fault.h"

/*
 * Every loop has a listening socket of its own on the same port (SO_REUSEPORT): the kernel spreads
 * the connections, and nothing is handed from thread to thread.
 *
 * When there are as many connections as allowed, or the system has no descriptor left, the loop
 * stops watching its listening socket: new clients wait in the kernel's queue, and the loop does
 * not spin. A connection that ends, or the next sweep, switches the watch on again.
 */

enum {
    BACKLOG = 4096,
    ACCEPTS_AT_ONCE = 64,      /* then the connections have their turn */
    DESCRIPTORS_RESERVED = 256 /* for the store, files, outgoing connections */
};

static const usec_t sweep_every = SECONDS(1);

void listener_touch(struct listener *home)
{
    home->now = clock_monotonic(home->server->o.clock);
}

// --- accepting -----------------------------------------------------------------------------------

static void on_acceptable(uv_poll_t *poll, int status, int events);

static void watch(struct listener *home, bool on)
{
    if (on == home->accepting || (on && home->fd < 0))
        return;
    home->accepting = on;
    if (on)
        uv_poll_start(&home->poll, UV_READABLE, on_acceptable);
    else
        uv_poll_stop(&home->poll);
}

static bool is_full(const struct listener *home)
{
    return atomic_load(&home->server->n_connections) >= home->server->o.max_connections;
}

/* False when there is nothing to accept, or nothing to accept it with. */
static bool accept_one(struct listener *home)
{
    struct sockaddr_storage peer;
    socklen_t n = sizeof(peer);

    errno = EMFILE;
    int fd = FAULT("http.accept")
                 ? -1
                 : accept4(home->fd, (struct sockaddr *)&peer, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        atomic_fetch_add(&home->server->n_connections, 1);
        home->n_conns++;
        home->n_handles++;
        conn_open(home, fd, &peer);
        return true;
    }
    if (errno == ECONNABORTED || errno == EINTR)
        return true;
    if (errno != EAGAIN)
        watch(home, false); // out of descriptors or memory: wait until something is given back
    return false;
}

static void on_acceptable(uv_poll_t *poll, int status, int events)
{
    struct listener *home = container_of(poll, struct listener, poll);

    (void)events;
    listener_touch(home);
    if (status < 0) {
        watch(home, false);
        return;
    }
    for (int i = 0; i < ACCEPTS_AT_ONCE; i++) {
        if (is_full(home)) {
            watch(home, false);
            return;
        }
        if (!accept_one(home))
            return;
    }
}

static void accept_again(struct listener *home)
{
    if (!home->draining && !is_full(home))
        watch(home, true);
}

void listener_handle_closed(struct listener *home)
{
    if (--home->n_handles == 0 && home->stopping)
        uv_sem_post(&home->stopped);
}

void listener_conn_closed(struct listener *home)
{
    home->n_conns--;
    atomic_fetch_sub(&home->server->n_connections, 1);
    accept_again(home);
    listener_handle_closed(home);
}

// --- on the loop ---------------------------------------------------------------------------------

static void sweep(void *arg)
{
    struct listener *home = arg;

    listener_touch(home);
    for (struct conn *c = home->conns; c; c = c->next)
        conn_sweep(c);
    accept_again(home);
}

static void open_on_loop(void *arg)
{
    struct listener *home = arg;

    listener_touch(home);
    int failed = uv_poll_init(loop_uv(home->loop), &home->poll, home->fd);
    assert(!failed);
    home->n_handles = 1;
    timer_init(&home->sweeper, home->loop, sweep, home);
    timer_start(&home->sweeper, sweep_every, sweep_every);
    watch(home, true);
}

static void on_poll_closed(uv_handle_t *handle)
{
    struct listener *home = container_of((uv_poll_t *)handle, struct listener, poll);

    listener_handle_closed(home);
}

static void close_listening(struct listener *home)
{
    if (home->fd < 0)
        return;
    watch(home, false);
    uv_close((uv_handle_t *)&home->poll, on_poll_closed);
    close(home->fd);
    home->fd = -1;
}

static void drain_on_loop(void *arg)
{
    struct listener *home = arg;

    home->draining = true;
    close_listening(home);
    for (struct conn *c = home->conns; c; c = c->next)
        if (c->state == CONN_IDLE)
            conn_close(c);
}

static void stop_on_loop(void *arg)
{
    struct listener *home = arg;

    home->stopping = true;
    home->draining = true;
    home->n_handles++; // so that the last one is counted after this function
    close_listening(home);
    timer_finish(&home->sweeper);
    for (struct conn *c = home->conns; c; c = c->next)
        conn_close(c);
    listener_handle_closed(home);
}

/* What handlers never answered goes too: whoever held it has ended before the server. */
static void free_exchanges(void *arg)
{
    struct listener *home = arg;

    while (home->live)
        exchange_release(home->live);
    while (home->free) {
        struct http_exchange *x = home->free;
        home->free = x->next;
        exchange_destroy(x);
    }
}

// --- sockets -------------------------------------------------------------------------------------

struct bound {
    int family;
    struct sockaddr_storage address;
    socklen_t n;
};

static struct bound bound_v4(const struct in_addr *ip, uint16_t port)
{
    struct bound b = {.family = AF_INET, .n = sizeof(struct sockaddr_in)};
    struct sockaddr_in *sin = (struct sockaddr_in *)&b.address;

    sin->sin_family = AF_INET;
    sin->sin_port = htons(port);
    sin->sin_addr = *ip;
    return b;
}

static struct bound bound_v6(const struct in6_addr *ip, uint16_t port)
{
    struct bound b = {.family = AF_INET6, .n = sizeof(struct sockaddr_in6)};
    struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)&b.address;

    sin6->sin6_family = AF_INET6;
    sin6->sin6_port = htons(port);
    sin6->sin6_addr = *ip;
    return b;
}

/* The first socket takes the port for itself, so that one on which somebody else listens is
 * refused, were it another of us; from then on ours share it. */
static bool take_port(int fd, const struct bound *b, bool is_first)
{
    const int on = 1;
    const bool shares = is_first || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0;

    return shares && bind(fd, (const struct sockaddr *)&b->address, b->n) == 0 &&
           (!is_first || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0);
}

/* -1 and errno. IPv6 sockets take IPv4 as well; TCP_NODELAY is inherited by what is accepted. */
static int open_socket(const struct bound *b, bool is_first)
{
    const int on = 1, off = 0;
    int fd = FAULT("http.listen")
                 ? -1
                 : socket(b->family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (b->family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    if (take_port(fd, b, is_first) && listen(fd, BACKLOG) == 0)
        return fd;
    const int why = errno;
    close(fd);
    errno = why;
    return -1;
}

static uint16_t port_of(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address = {.v6 = {0}};
    socklen_t n = sizeof(address);

    getsockname(fd, &address.any, &n);
    return ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
}

/* All addresses: both families where there is IPv6, otherwise IPv4. */
static int open_everywhere(uint16_t port, bool is_first)
{
    const struct bound v6 = bound_v6(&in6addr_any, port);
    const struct bound v4 = bound_v4(&(struct in_addr){INADDR_ANY}, port);
    int fd = open_socket(&v6, is_first);

    return fd < 0 && errno != EADDRINUSE && errno != EACCES ? open_socket(&v4, is_first) : fd;
}

/* One address, of the family in which it is written. */
static int open_at(const struct ip *ip, struct str text, uint16_t port, bool is_first)
{
    const bool is_v6 = memchr(text.p, ':', text.n);
    struct in_addr v4;

    memcpy(&v4, ip->bytes + 12, sizeof(v4));
    const struct bound b =
        is_v6 ? bound_v6((const struct in6_addr *)ip->bytes, port) : bound_v4(&v4, port);
    return open_socket(&b, is_first);
}

static bool open_listening(const struct http_server *s, bool is_first, int *ret, struct err *e)
{
    struct ip ip;

    if (!str_is_empty(s->o.address) && !ip_parse(s->o.address, &ip))
        return err_set(e, ERR_INVALID, "listen: \"" STR_FMT "\" is no IP address",
                       STR_ARG(s->o.address));
    const int fd = str_is_empty(s->o.address) ? open_everywhere(s->port, is_first)
                                              : open_at(&ip, s->o.address, s->port, is_first);
    if (fd < 0) {
        (void)err_set(e, ERR_UNAVAILABLE, "port %u cannot be opened: %s", s->port, strerror(errno));
        return err_fix(e, "stop what listens there, or set PORT to another one");
    }
    *ret = fd;
    return true;
}

// --- start and stop ------------------------------------------------------------------------------

static void listener_destroy(struct listener *home)
{
    if (!home)
        return;
    if (home->fd >= 0)
        close(home->fd);
    buf_finish(&home->out);
    uv_sem_destroy(&home->stopped);
    free(home);
}

static void server_destroy(struct http_server *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->o.n_loops; i++)
        listener_destroy(s->listeners[i]);
    arena_destroy(s->arena);
    free(s);
}
DEFINE_CLEANUP(struct http_server, server_destroy)

static size_t default_connections(void)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY)
        return 1000000;
    if (files.rlim_cur < 2 * DESCRIPTORS_RESERVED)
        return files.rlim_cur / 2;
    return files.rlim_cur - DESCRIPTORS_RESERVED;
}

static usec_t or_else(usec_t given, usec_t otherwise)
{
    return given ? given : otherwise;
}

static void set_defaults(struct http_server_options *o)
{
    o->max_connections = o->max_connections ? o->max_connections : default_connections();
    o->idle_timeout = or_else(o->idle_timeout, SECONDS(60));
    o->header_timeout = or_else(o->header_timeout, SECONDS(10));
    o->write_timeout = or_else(o->write_timeout, SECONDS(30));
    o->least_rate = o->least_rate ? o->least_rate : 500;
    o->clock = o->clock ? o->clock : &clock_system;
}

static bool listener_create(struct http_server *s, size_t i, struct err *e)
{
    struct listener *home = NEW(struct listener);

    s->listeners[i] = home;
    home->server = s;
    home->loop = s->o.loops[i];
    home->fd = -1;
    home->rng = rng_system();
    uv_sem_init(&home->stopped, 0);
    buf_init(&home->out, 16 * READ_MAX);
    if (!open_listening(s, i == 0, &home->fd, e))
        return err_trace(e);
    if (s->port == 0)
        s->port = port_of(home->fd); // the other loops take the same one
    return true;
}

bool http_server_start(const struct http_server_options *o, struct http_server **ret, struct err *e)
{
    _cleanup_(server_destroyp) struct http_server *s = NEW(struct http_server);

    assert(o->n_loops > 0 && o->on_request);
    s->arena = arena_create(0);
    s->o = *o;
    set_defaults(&s->o);
    s->port = o->port;
    s->listeners = arena_new(s->arena, struct listener *, o->n_loops);
    s->o.loops = arena_new(s->arena, struct loop *, o->n_loops);
    memcpy(s->o.loops, o->loops, o->n_loops * sizeof(struct loop *));
    if (!cidr_list_parse(o->trusted_proxies, s->arena, &s->trusted, e))
        return err_trace(e);
    for (size_t i = 0; i < o->n_loops; i++)
        if (!listener_create(s, i, e))
            return err_trace(e);

    for (size_t i = 0; i < o->n_loops; i++)
        loop_call_wait(s->o.loops[i], open_on_loop, s->listeners[i]);
    *ret = TAKE(s);
    return true;
}

uint16_t http_server_port(const struct http_server *s)
{
    return s->port;
}

size_t http_server_capacity(const struct http_server *s)
{
    return s->o.max_connections;
}

size_t http_server_connections(const struct http_server *s)
{
    return atomic_load(&s->n_connections);
}

static void on_every_loop(struct http_server *s, void (*fn)(void *listener))
{
    for (size_t i = 0; i < s->o.n_loops; i++)
        loop_call_wait(s->o.loops[i], fn, s->listeners[i]);
}

void http_server_sweep(struct http_server *s)
{
    on_every_loop(s, sweep);
}

void http_server_drain(struct http_server *s)
{
    on_every_loop(s, drain_on_loop);
}

void http_server_stop(struct http_server *s)
{
    if (!s)
        return;
    on_every_loop(s, stop_on_loop);
    for (size_t i = 0; i < s->o.n_loops; i++)
        uv_sem_wait(&s->listeners[i]->stopped);
    on_every_loop(s, free_exchanges);
    server_destroy(s);
}
