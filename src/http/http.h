#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H
/*
 * The HTTP/1.1 server side (RFC 9110, RFC 9112): strict requests in, answers out.
 *
 * The server listens on every loop (SO_REUSEPORT). For each request whose body has arrived it
 * calls on_request() once, on the connection's loop. An exchange lives until it is answered: by
 * http_answer() on its loop, or by http_answer_from() on any thread. Requests of one connection
 * are handled one after the other; a pipelined one waits.
 *
 * Every connection has limits (base/limits.h) and deadlines: idle, header, and a least rate for
 * bodies and answers. What is wrong with a request is answered with its status, and the connection
 * is closed.
 */
#include "base/err.h"

#include "base/time.h"

struct arena;
struct clock;
struct loop;
struct task;
struct http_server;
struct http_exchange;
struct http_stream;

enum http_method {
    HTTP_GET,
    HTTP_HEAD,
    HTTP_POST,
    HTTP_PUT,
    HTTP_PATCH,
    HTTP_DELETE,
    HTTP_OPTIONS,
    HTTP_METHOD_COUNT
};
/* "GET". */
struct str http_method_name(enum http_method m);

struct http_header {
    struct str name, value;
};

struct http_request {
    enum http_method method;
    struct str target; /* as received */
    struct str path;   /* as received, up to '?' */
    struct str query;  /* after '?', or none */
    struct http_header *headers;
    size_t n_headers;
    struct str body;
    struct str peer;   /* address of the client: of the connection, or as a trusted proxy says */
    struct str scheme; /* http, or as a trusted proxy says */
    bool is_http_1_0;
};

/* The field's value; STR_NONE when absent. More than one of that name: n_values tells. */
struct str http_header(const struct http_request *rq, struct str name);
size_t http_header_count(const struct http_request *rq, struct str name);

struct http_answer {
    int status;      /* 0: 200 */
    struct str type; /* Content-Type; none: no such field */
    struct str body; /* copied, unless `body_is_static` */
    bool body_is_static;
    bool close; /* close the connection after it */
    const struct http_header *headers;
    size_t n_headers;
};

/* What a request's size may be is decided when its header has arrived, by path. */
struct http_decision {
    size_t max_body; /* larger: 413 at once */
    int refuse;      /* a status: answer it now, without reading the body, and close */
};

struct http_server_options {
    uint16_t port;      /* 0: any; http_server_port() tells */
    struct str address; /* none: all */
    struct loop **loops;
    size_t n_loops;
    size_t max_connections;     /* 0: derived from the descriptor limit */
    struct str trusted_proxies; /* comma list of addresses and CIDR blocks, or none */
    usec_t idle_timeout, header_timeout, write_timeout; /* 0: 60 s, 10 s, 30 s */
    /* Bytes per second, of a body after a grace of 5 s, of an answer after write_timeout. 0: 500 */
    size_t least_rate;
    const struct clock *clock; /* for Date, deadlines, http_received_at(); NULL: the system's */
    /* On the loop. May be NULL: then LIMIT_API_BODY for all. */
    void (*on_header)(const struct http_request *rq, struct http_decision *ret, void *arg);
    void (*on_request)(struct http_exchange *x, void *arg);
    /* A request that the parser or on_header refused, on that loop; for counting. May be NULL. */
    void (*on_refused)(const struct loop *loop, int status, void *arg);
    /* One that on_request was called for, when it is answered or becomes a stream; on its loop,
     * also when nobody is there any more to hear it. For counting. May be NULL. */
    void (*on_answered)(const struct http_exchange *x, int status, void *arg);
    void *arg;
};

bool http_server_start(const struct http_server_options *o, struct http_server **ret,
                       struct err *e) CHECK_RESULT;
uint16_t http_server_port(const struct http_server *s);
/* Stops accepting; idle connections are closed, exchanges under way are finished. */
void http_server_drain(struct http_server *s);
/* Closes what is left and frees; call before the loops are stopped. */
void http_server_stop(struct http_server *s);
/* How many there are, and how many there can be. */
size_t http_server_connections(const struct http_server *s);
size_t http_server_capacity(const struct http_server *s);

const struct http_request *http_request_of(const struct http_exchange *x);
/* Memory that lives as long as the exchange. Used by one thread at a time. */
struct arena *http_arena(struct http_exchange *x);
struct loop *http_loop(const struct http_exchange *x);
/* When the request was complete, monotonic. */
usec_t http_received_at(const struct http_exchange *x);
/* A place for the owner of the exchange: a task for mailboxes and a pointer. */
struct task *http_task(struct http_exchange *x);
void http_set_user(struct http_exchange *x, void *p);
void *http_user(const struct http_exchange *x);
struct http_exchange *http_exchange_of_task(struct task *t);

/* Exactly one of these, once, for every exchange; it is gone afterwards. */
void http_answer(struct http_exchange *x, const struct http_answer *answer);
/* The same from any thread: what the answer refers to is copied first. */
void http_answer_from(struct http_exchange *x, const struct http_answer *answer);
/*
 * Turns the connection into a one-way stream: sends 200 with the header fields, then what
 * http_stream_send() gives. On the loop. on_closed comes once, whatever the cause, and is the last
 * touch; the stream is gone when it returns.
 */
struct http_stream *http_stream_start(struct http_exchange *x, struct str type,
                                      void (*on_closed)(void *arg), void *arg);

struct http_upgrade {
    struct str protocol;               /* of the field Upgrade */
    const struct http_header *headers; /* and what else the answer says; copied */
    size_t n_headers;
    /* As it comes, never before the upgrade has returned; nothing comes after on_closed. */
    void (*on_bytes)(struct str bytes, void *arg);
    void (*on_closed)(void *arg);
    void *arg;
};
/* The same for another protocol: 101, then bytes both ways. A peer that did not wait for the 101
 * is closed. */
struct http_stream *http_stream_upgrade(struct http_exchange *x, const struct http_upgrade *u);

/* Bytes shared by many streams, counted; made on any thread, immutable afterwards. */
struct http_chunk;
struct http_chunk *http_chunk_create(struct str bytes);
struct http_chunk *http_chunk_ref(struct http_chunk *c);
void http_chunk_unref(struct http_chunk *c);
struct str http_chunk_bytes(const struct http_chunk *c);

/* Sends or queues. False when more than `max_backlog` bytes would wait unsent: then close it. */
bool http_stream_send(struct http_stream *s, struct http_chunk *const *chunks, size_t n,
                      size_t max_backlog) CHECK_RESULT;
size_t http_stream_backlog(const struct http_stream *s);
/* Closes at once; may be repeated. on_closed follows. */
void http_stream_close(struct http_stream *s);
/* Closes when the socket has all that was sent, and leaves the peer a moment to read it. What it
 * says is no longer heard. */
void http_stream_end(struct http_stream *s);

/*
 * The error's answer in the one JSON form and the client's language, for any exchange and thread.
 * trace_id: of the log that tells of it. None, on the loop alone: it gets one, and is told of here.
 */
void http_answer_error(struct http_exchange *x, const struct err *e, struct str trace_id);
/* The same body, for those who write it themselves. */
struct buf;
void http_error_body(struct buf *out, const struct err *e, enum err_language language,
                     struct str trace_id);

#endif
