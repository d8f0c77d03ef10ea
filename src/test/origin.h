#ifndef TEST_ORIGIN_H
#define TEST_ORIGIN_H
/*
 * Somebody else's server, for what asks over HTTP: a real one on port 0. What a path does, whatever
 * follows it:
 *
 *   /audio        answers a few bytes of type audio/x-wav; charset=binary
 *   /page         answers text/html
 *   /large        answers ORIGIN_LARGE bytes of type audio/mpeg
 *   /status/N     answers with that status
 *   /later/N      answers 429 with Retry-After: N
 *   /to/P         leads to /audio on that port of this machine
 *   /round        leads to itself
 *   /to-file      leads to file:///etc/passwd
 *   /silent       does not answer
 *   /echo         answers with the body that it was sent
 *   /says/W       answers that its status is W, up to the next slash, as JSON
 */
#include "loop/loop.h"
#include "test/test.h"

#include <stdatomic.h>

enum { ORIGIN_LARGE = 256 * 1024 };
#define ORIGIN_AUDIO "RIFF and so on"

struct origin {
    struct loop *loop;
    struct http_server *server;
    /* Requests, those that had this Authorization (basic), any (told), that wait at /silent. */
    atomic_int n_requests, n_basic, n_told, n_silent;
    const char *basic; /* borrowed, before the first request */
};

/* Stops with the arena. basic: the one header field that counts as the right one, or NULL. */
struct origin *origin_start(const char *basic, struct arena *a);
/* http://127.0.0.1:PORT and the path. */
struct str origin_url(const struct origin *o, const char *path, struct arena *a);
uint16_t origin_port(const struct origin *o);
/* Waits until so many requests wait at /silent. */
void origin_wait_silent(struct origin *o, int n);

#endif
