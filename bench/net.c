#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "die.h"

enum { TURN = 512 };

static struct sockaddr_in loopback(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int tcp_socket(void)
{
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        die_errno("socket");
    return fd;
}

static void no_delay(int fd)
{
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
}

int net_connect(uint16_t port)
{
    const struct sockaddr_in to = loopback(port);
    const int fd = tcp_socket();

    if (connect(fd, (const struct sockaddr *)&to, sizeof to) != 0)
        die_errno("connect");
    no_delay(fd);
    net_nonblocking(fd);
    return fd;
}

int net_listen(uint16_t port)
{
    const struct sockaddr_in at = loopback(port);
    const int fd = tcp_socket();

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (bind(fd, (const struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 4096) != 0)
        die_errno("listen");
    net_nonblocking(fd);
    return fd;
}

void net_nonblocking(int fd)
{
    if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
        die_errno("O_NONBLOCK");
}

int net_loop(void)
{
    const int loop = epoll_create1(EPOLL_CLOEXEC);

    if (loop < 0)
        die_errno("epoll_create1");
    return loop;
}

void net_watch(int loop, int fd, uint32_t events, struct ready *r)
{
    struct epoll_event e = {.events = events, .data.ptr = r};

    if (epoll_ctl(loop, EPOLL_CTL_ADD, fd, &e) != 0)
        die_errno("epoll_ctl");
}

static int wait_until(int loop, struct epoll_event *events, int64_t until)
{
    const int64_t left = until - now_ns();
    struct timespec timeout = {0};

    if (left > 0)
        timeout = (struct timespec){.tv_sec = left / SECOND_NS, .tv_nsec = left % SECOND_NS};
    return epoll_pwait2(loop, events, TURN, &timeout, NULL);
}

void net_turn(int loop, int64_t until)
{
    struct epoll_event events[TURN];
    const int n = wait_until(loop, events, until);

    if (n < 0 && errno != EINTR)
        die_errno("epoll_pwait2");
    for (int i = 0; i < n; i++) {
        struct ready *r = events[i].data.ptr;

        r->fn(r);
    }
}
