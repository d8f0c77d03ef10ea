#ifndef TEST_HTTP_APP_H
#define TEST_HTTP_APP_H
/*
 * A real HTTP server on port 0 with an application made for tests. Its clock stands until the test
 * moves it. What a path does:
 *
 *   /echo    answers at once: method, target, peer, scheme and body, one per line
 *   /later   the same, from another thread
 *   /hold    keeps the exchange until app_release()
 *   /close   answers and closes
 *   /large   answers with APP_LARGE bytes
 *   /204     no content
 *   /stream  becomes a stream, see app_stream_*
 *   /both    becomes a two-way stream, which repeats what it is told; "end" ends it
 *   /tiny    as /echo, but its body may have 10 bytes only
 *   /refuse  is refused with 403 as soon as its head is there
 */
#include "http/http.h"
#include "loop/loop.h"
#include "test/test.h"

#include <stdatomic.h>

enum { APP_LARGE = 8 * 1024 * 1024, APP_TINY = 10 };

struct app {
    struct loop *loop;
    struct http_server *server;
    struct clock clock;
    _Atomic(usec_t) now;
    struct mailbox *requests; /* to the other thread */
    struct thread *thread;
    struct mailbox *held;
    char *large;
    struct http_stream *stream; /* the last one; on the loop */
    atomic_int n_requests, n_answered, n_refused, n_streams, n_streams_closed;
};

/* o: what differs from the defaults; port, loops, clock, callbacks are filled in. NULL: nothing. */
struct app *app_start(const struct http_server_options *o);
/* Every stream has ended when the server has. */
void app_stop(struct app *app);
uint16_t app_port(const struct app *app);
/* Moves the clock, then looks at all deadlines. */
void app_pass(struct app *app, usec_t time);
/* Waits for an exchange at /hold, and keeps it from then on. */
struct http_exchange *app_wait_held(struct app *app);
/* Answers it. */
void app_release(struct app *app, struct http_exchange *x);
/* Waits until the server has so many connections. */
void app_wait_connections(struct app *app, size_t n);
/* Moves the clock step by step until the server has none, for whom the system has to do something
 * meanwhile. */
void app_pass_until_gone(struct app *app, usec_t step);
/* Waits until an atomic counter has reached n. */
void app_wait_count(const atomic_int *counter, int n);

/* On the last stream: sends n bytes of c in chunks of the given size; false: over the backlog. */
bool app_stream_send(struct app *app, char c, size_t n, size_t chunk, size_t max_backlog);
size_t app_stream_backlog(struct app *app);
void app_stream_close(struct app *app);
/* The on_closed of the application's streams. */
void app_stream_ended(void *app);

#endif
