#ifndef TEST_PEER_H
#define TEST_PEER_H
/*
 * A scripted peer: a raw TCP client that says exactly these bytes, cut exactly there, and states
 * what it expects back. Every wait has a deadline; a peer that waits in vain fails the test.
 */
#include "test/test.h"

struct peer {
    int fd;
    struct arena *a;
    struct str unread; /* received, not yet expected */
};

/* Connects to 127.0.0.1. */
struct peer peer_open(uint16_t port, struct arena *a);
void peer_close(struct peer *p);
/* Closes with a reset instead of a farewell. */
void peer_reset(struct peer *p);
/* Says that nothing more will come; still listens. */
void peer_half_close(struct peer *p);

void peer_say(struct peer *p, struct str bytes);
/* One write for each byte. */
void peer_say_bytewise(struct peer *p, struct str bytes);
/* Without waiting: how much the socket took. */
size_t peer_say_some(struct peer *p, struct str bytes);

/* One whole HTTP answer: its status; head and body, when wanted. No body after a HEAD. */
struct reply {
    int status;
    struct str head, body;
};
struct reply peer_reply(struct peer *p, bool to_head);
/* A field of the answer's head, or STR_NONE. */
struct str reply_field(const struct reply *r, struct str name);
/* Exactly these bytes come next. */
void peer_expect(struct peer *p, struct str bytes);
/* Everything up to and with the next occurrence. */
struct str peer_until(struct peer *p, struct str end);
/* The other side closes, and says nothing before. */
void peer_expect_end(struct peer *p);
/* Reads to the end: whether that was a reset, by which what had not come yet is lost. */
bool peer_was_reset(struct peer *p);
/* Something waits to be read, which it leaves there. */
void peer_wait_heard(struct peer *p);
/* Nothing waits to be read now. */
bool peer_is_silent(struct peer *p);

#endif
