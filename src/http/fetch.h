#ifndef HTTP_FETCH_H
#define HTTP_FETCH_H
/*
 * The client side: somebody else's resource, asked for by a thread that may block (libcurl).
 *
 * The account's name and password are told to the host that is asked, and to no other that it sends
 * us to. A redirect never leads from https to http. What went wrong on the way is an error that
 * names the peer and neither the URL nor the password; an answer, whatever its status, is none.
 */
#include <stdatomic.h>

#include "base/buf.h"
#include "base/crypto.h"
#include "base/err.h"
#include "base/time.h"
#include "http/http.h"

/* Once, before the first thread that fetches. */
bool http_fetch_init(struct err *e) CHECK_RESULT;

/* Where a URL leads, as the fetch will read it; the default port is filled in. */
struct http_place {
    struct str scheme, host, port;
};
/* False when it is no http or https URL, or has a user or a fragment in it. */
bool http_place_of(struct str url, struct arena *a, struct http_place *ret) CHECK_RESULT;
bool http_place_eq(const struct http_place *x, const struct http_place *y);

/* How a request ended that was sent. */
struct http_outcome {
    int status;  /* 0: there was no answer that could be taken */
    bool late;   /* as none came in time */
    usec_t took; /* as below */
};
typedef void http_asked_fn(const struct http_outcome *o, void *arg);

struct http_fetch {
    const char *peer; /* "Twilio", for sentences */
    struct str url;
    bool post;       /* instead of GET */
    struct str form; /* its body, any bytes, the caller's until the answer; none: an empty one */
    bool stays;      /* a redirect is the answer, and not followed */
    const struct http_header *headers; /* of our own; one may say that the body is no form */
    size_t n_headers;
    struct str user;
    const struct secret *password; /* NULL: asked without name and password */
    usec_t connect_timeout, total_timeout;
    const _Atomic bool *ended; /* turns true: the fetch fails within a second */
    http_asked_fn *on_asked;   /* once, by the thread that asked, before it goes on; may be NULL */
    void *arg;
};

struct http_fetched {
    int status;
    struct str type;    /* Content-Type; none when there was no such field */
    usec_t retry_after; /* Retry-After; 0 when there was no such field */
    usec_t took;        /* from the first byte sent to the last that came, connecting included */
};

/* The body is appended to a buf; larger than its ceiling is ERR_LIMIT. Not now, but perhaps later
 * (no connection): ERR_UNAVAILABLE, or ERR_INTEGRATION_TIMEOUT when there was no answer in time.
 * Anything else: ERR_UPSTREAM. */
bool http_fetch(const struct http_fetch *f, struct arena *a, struct buf *body,
                struct http_fetched *ret, struct err *e) CHECK_RESULT;

/*
 * A line is for who asks again and again: several fetches at once, over connections that stay open
 * until the next time. For one thread at a time.
 */
struct http_line;

/* at_once: connections at most. */
bool http_line_open(size_t at_once, struct http_line **ret, struct err *e) CHECK_RESULT;
/* Accepts NULL. */
void http_line_close(struct http_line *l);

struct http_errand {
    struct http_fetch fetch;
    struct buf body;            /* with its ceiling, empty; the caller finishes it */
    bool ok;                    /* there was an answer */
    struct http_fetched answer; /* when ok */
    struct err e;               /* when not */
};

/* All of them, each as http_fetch() does one; blocks until the last one has ended. */
void http_line_fetch(struct http_line *l, struct http_errand *errands, size_t n, struct arena *a);

#endif
