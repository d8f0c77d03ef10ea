#ifndef BENCH_NET_H
#define BENCH_NET_H
/*
 * Sockets on loopback and the one epoll loop of the generator. Whatever waits for a socket embeds
 * a struct ready; the loop calls it back. Level-triggered, one thread, nothing is locked.
 */
#include <stdint.h>

struct ready {
    void (*fn)(struct ready *r);
};

int net_connect(uint16_t port);
int net_listen(uint16_t port);
void net_nonblocking(int fd);
int net_loop(void);
void net_watch(int loop, int fd, uint32_t events, struct ready *r);
/* Calls back what is ready; waits at most until `until` (see now_ns). */
void net_turn(int loop, int64_t until);

#endif
