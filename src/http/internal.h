#ifndef HTTP_INTERNAL_H
#define HTTP_INTERNAL_H
/*
 * What the files of this room share.
 *
 *   listener   one per loop: the accepting socket, the connections of the loop, and what they share
 *              (read buffer, parser, output buffer, free exchanges). server.c
 *   conn       a connection; small, because most of them are idle. conn.c
 *   exchange   a request, its memory, its answer; there is one only while it is being handled. It
 *              outlives its connection when the peer goes away. exchange.c
 *   stream     a connection's second life, one-way or (after an upgrade) two-way. stream.c
 *
 * Everything here belongs to one loop's thread, except where it says otherwise.
 */
#include "base/buf.h"
#include "base/clock.h"
#include "http/chunked.h"
#include "http/cidr.h"
#include "http/head.h"
#include "http/http.h"
#include "loop/loop.h"

#include <stdatomic.h>
#include <uv.h>

struct sockaddr_storage;

enum {
    READ_MAX = 64 * 1024,           /* one read */
    WAITING_MAX = 4 * READ_MAX,     /* pipelined bytes behind a request under way */
    EXCHANGE_ARENA = 4096,          /* first block of an exchange's arena */
    EXCHANGE_KEEP = 64 * 1024,      /* more memory than this does not go back to the free list */
    EXCHANGES_FREE_MAX = 256,       /* free exchanges kept per loop */
    BODY_KEEP = 16 * 1024,          /* a body's buffer up to this size is kept */
    ANSWER_IN_ONE_PIECE = 16 * 1024 /* bodies up to this size are copied behind their head */
};

// --- exchange ------------------------------------------------------------------------------------

struct http_exchange {
    struct listener *home;
    struct conn *conn; /* NULL: the peer is gone, the answer will be dropped */
    struct http_exchange *prev, *next;
    struct arena *arena;
    struct http_request rq;
    struct buf body;
    struct http_chunked chunked;
    size_t max_body;
    bool is_chunked, keeps_alive, is_http_1_0, expects_continue;
    usec_t received_at;
    void *user;
    struct task task;          /* the owner's */
    struct task answer_task;   /* http_answer_from() */
    struct http_answer answer; /* of http_answer_from(), copied */
};

/* in: the head's bytes. The exchange copies them. */
struct http_exchange *exchange_create(struct conn *c, const struct http_head *h, struct str in);
/* Back to the free list, or freed. */
void exchange_release(struct http_exchange *x);
void exchange_destroy(struct http_exchange *x);
/* Tells who counts. */
void exchange_tell(const struct http_exchange *x, int status);
/* http_answer() on its loop, http_answer_from() elsewhere. */
void exchange_answer(struct http_exchange *x, const struct http_answer *answer);

// --- connection ----------------------------------------------------------------------------------

enum conn_state {
    CONN_IDLE,     /* between requests */
    CONN_HEAD,     /* a part of a head is there */
    CONN_BODY,     /* a part of a body is there */
    CONN_EXCHANGE, /* the request is in its handler's hands */
    CONN_ANSWER,   /* the answer did not fit into the socket at once */
    CONN_STREAM,
    CONN_LINGER, /* half closed behind the last answer; what still comes is dropped */
    CONN_CLOSED,
    CONN_STATE_COUNT
};

/* Bytes that wait: an unfinished head, or what was pipelined behind a request. */
struct partial {
    struct http_head head;
    struct buf bytes;
};

struct conn {
    uv_tcp_t tcp;
    struct listener *home;
    struct conn *prev, *next;
    enum conn_state state;
    bool peer_ended;   /* it has sent its last byte */
    bool read_paused;  /* enough is waiting */
    bool processing;   /* process() is on the stack and will go on by itself */
    bool keep, linger; /* what comes after the answer */
    bool trusted;      /* the peer is a configured proxy */
    usec_t since;      /* when the state began, or last made progress */
    size_t progress;   /* bytes of a body received, or unsent when last looked */
    usec_t sending_since;
    size_t sending; /* bytes that the socket, and in LINGER the peer, had not taken then */
    struct partial *partial;
    struct http_exchange *x;
    struct http_stream *stream;
    char peer[IP_TEXT_MAX];
};

/* Takes over an accepted socket. */
void conn_open(struct listener *home, int fd, const struct sockaddr_storage *peer);
/* At once, whatever is under way. May be repeated. */
void conn_close(struct conn *c);
/* Looks at the deadline. deadline.c */
void conn_sweep(struct conn *c);
/* Tells the peer why, and closes. */
void conn_refuse(struct conn *c, int status);
/* Answers its exchange, and releases it. */
void conn_answer(struct conn *c, const struct http_answer *answer);
/* Its exchange becomes a stream and is released. */
void conn_become_stream(struct conn *c, struct http_stream *s);
/* Nothing more will be sent: half closes, and closes a moment later or when the peer has all. */
void conn_linger(struct conn *c);
/* At once, and what the system holds for the peer is dropped. */
void conn_reset(struct conn *c);
/* At once. One that does not take what it is sent is reset. */
void conn_drop(struct conn *c);
/* Bytes that the peer has not acknowledged of those that the system has; 0 when it is gone. */
size_t conn_unacked(struct conn *c);

// --- answers -------------------------------------------------------------------------------------

/* The language that its client wants to be told of errors in. */
enum err_language exchange_language(struct http_exchange *x);

struct answer_form {
    bool keep;           /* the connection stays */
    bool say_keep_alive; /* and an HTTP/1.0 client wants to be told */
};
/* 204 and 304 have none. */
bool answer_has_body(const struct http_answer *answer);
/* Status line and fields, up to and with the empty line. */
void answer_head_write(struct listener *home, const struct http_answer *answer,
                       const struct answer_form *form, struct buf *out);
/* Head of a stream: no length, ends with the connection. */
void answer_stream_head_write(struct listener *home, struct str type, struct buf *out);
/* 101. */
void answer_upgrade_head_write(struct listener *home, const struct http_upgrade *u,
                               struct buf *out);
/* What a refused request is told; lives in static memory but for the body, which is in `body`. */
void answer_refusal(struct listener *home, int status, enum err_language language, struct buf *body,
                    struct http_answer *ret);
/* http_answer_error() with one field more, which may be NULL. */
void exchange_answer_error(struct http_exchange *x, const struct err *e, struct str trace_id,
                           const struct http_header *more);

// --- streams -------------------------------------------------------------------------------------

/* Last touch: calls on_closed and frees. */
void stream_closed(struct http_stream *s);
bool stream_is_two_way(const struct http_stream *s);
/* What the peer of a two-way stream says; of a one-way stream it is dropped. */
void stream_heard(struct http_stream *s, struct str bytes);

// --- listener ------------------------------------------------------------------------------------

struct listener {
    struct http_server *server;
    struct loop *loop;
    int fd;
    uv_poll_t poll;
    struct timer sweeper;
    bool accepting; /* the poll is on */
    bool draining, stopping;
    usec_t now; /* of the last event */
    struct conn *conns;
    size_t n_conns, n_handles;  /* handles: connections and the poll */
    struct http_exchange *live; /* in somebody's hands */
    struct http_exchange *free;
    size_t n_free;
    uv_sem_t stopped;
    struct http_head head; /* for requests that come in one piece */
    struct buf out;
    struct rng rng; /* of the ids under which refusals are told */
    usec_t warn_at; /* when the log may be warned of the next one */
    usec_t date_at; /* the second that `date` tells */
    char date[TIME_TEXT_MAX];
    size_t date_n;
    char read[READ_MAX];
};

struct http_server {
    struct http_server_options o; /* defaults filled in */
    struct arena *arena;
    struct cidr_list trusted;
    uint16_t port;
    atomic_size_t n_connections;
    struct listener **listeners;
};

/* A handle of the loop is gone; the last one ends a stop, a connection makes room for another. */
void listener_handle_closed(struct listener *home);
void listener_conn_closed(struct listener *home);
/* Reads the clock: once per event, not once per use. */
void listener_touch(struct listener *home);

/* For tests that hold the clock: looks at every deadline now, on all loops, and waits. */
void http_server_sweep(struct http_server *s);

#endif
