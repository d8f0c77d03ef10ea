#include "test/http_app.h"

#include <sys/socket.h>

#include "test/peer.h"

/*
 * Peers without manners: many connections at once say pieces of requests, good ones and bad ones,
 * in any order, and leave in the middle, by a reset, a close or a half close. A seed makes it the
 * same each time up to the threads' timing. Afterwards nothing is left over and the server still
 * serves; the sanitizers watch.
 */

enum { PEERS = 48, STEPS = 6000, SEEDS = 3 };

static const struct str pieces[] = {
#define PIECE(text)                                                                                \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }
    PIECE("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"),
    PIECE("GET /later HTTP/1.1\r\nHost: a\r\n\r\n"),
    PIECE("GET /later HTTP/1.1\r\nHost: a\r\n\r\nGET /echo HTTP/1.1\r\nHost: a\r\n\r\n"),
    PIECE("HEAD /later HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
    PIECE("GET /close HTTP/1.1\r\nHost: a\r\n\r\n"),
    PIECE("GET /large HTTP/1.1\r\nHost: a\r\n\r\n"),
    PIECE("GET /large?static HTTP/1.1\r\nHost: a\r\n\r\n"),
    PIECE("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n"),
    PIECE("POST /later HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\n\r\n"),
    PIECE("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 12\r\n\r\n"),
    PIECE("POST /later HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"),
    PIECE("4\r\nabcd\r\n"),
    PIECE("0\r\n\r\n"),
    PIECE("abcdefghijkl"),
    PIECE("GET /ec"),
    PIECE("ho HTTP/1.1\r\nHos"),
    PIECE("t: a\r\n\r\n"),
    PIECE("POST /tiny HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n"),
    PIECE("POST /refuse HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n"),
    PIECE("\r\n"),
#undef PIECE
};

struct crowd {
    struct app *app;
    struct arena *a;
    struct rng rng;
    struct peer peers[PEERS];
};

static void read_some(struct peer *p)
{
    char piece[8192];

    // What came, an end or nothing: all the same here.
    ssize_t n = recv(p->fd, piece, sizeof(piece), MSG_DONTWAIT);
    (void)n;
}

static void dial_again(struct crowd *c, struct peer *p)
{
    *p = peer_open(app_port(c->app), c->a);
}

static void act(struct crowd *c, struct peer *p)
{
    switch (rng_below(&c->rng, 24)) {
    case 0:
        peer_reset(p);
        dial_again(c, p);
        break;
    case 1:
        peer_close(p);
        dial_again(c, p);
        break;
    case 2:
        shutdown(p->fd, SHUT_WR);
        break;
    case 3:
        app_pass(c->app, MILLISECONDS(300));
        break;
    case 4:
    case 5:
    case 6:
    case 7:
        read_some(p);
        break;
    default:
        (void)peer_say_some(p, pieces[rng_below(&c->rng, LEN(pieces))]);
    }
}

static void run_crowd(uint64_t seed)
{
    struct crowd c = {.app = app_start(NULL), .a = arena_create(0), .rng = rng_seeded(seed)};

    for (int i = 0; i < PEERS; i++)
        dial_again(&c, &c.peers[i]);
    for (int i = 0; i < STEPS; i++)
        act(&c, &c.peers[rng_below(&c.rng, PEERS)]);

    struct peer polite = peer_open(app_port(c.app), c.a);
    peer_say(&polite, STR("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_int_equal(peer_reply(&polite, false).status, 200);
    peer_close(&polite);

    // One half of the crowd leaves before the server stops, the other is thrown out.
    for (int i = 0; i < PEERS / 2; i++)
        peer_close(&c.peers[i]);
    app_stop(c.app);
    for (int i = PEERS / 2; i < PEERS; i++)
        peer_close(&c.peers[i]);
    arena_destroy(c.a);
}

static void survives_peers_without_manners(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        run_crowd(seed);
}

TEST_MAIN(cmocka_unit_test(survives_peers_without_manners))
