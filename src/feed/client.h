#ifndef FEED_CLIENT_H
#define FEED_CLIENT_H
/* A client of the hub, on its loop: where it stands, and what it is sent. */
#include "feed/internal.h"

struct ws;

enum standing {
    RESUMING, /* has not been up to date yet */
    LIVE,
    CLOSING
};

struct client {
    struct client *next, **link; /* in `abreast` or `behind` of the channel */
    struct channel *channel;
    struct http_stream *stream;
    struct ws *ws;      /* whose stream it is; or NULL */
    struct page *page;  /* under way; or NULL */
    bool page_is_stale; /* it was asked for from another place, or for other topics */
    int64_t sent;       /* the last event that it was given, or that it does not want */
    int64_t told;       /* the last place that it knows of */
    feed_topics topics;
    enum standing standing;
    bool is_behind;
    unsigned progress_no;  /* of the channel's progress, the last that it was given; 0: none */
    unsigned char beat;    /* at which of the beats it gets its keepalive */
    unsigned char strikes; /* how often it made no sense */
    enum err_language language;
    struct hub_watcher who;
};

/* Takes the exchange, and begins. */
void client_open(struct channel *ch, struct subscription *sub, unsigned char beat);
/* Brings it as far as its socket allows, and into the list where it belongs. */
void client_advance(struct client *c);
void client_advance_all(struct client *first);
/* History is another one. */
void client_reset(struct client *c, enum feed_resync reason, int64_t first_seq);
/* A keepalive that all of the channel share, or where it is if it does not know. */
void client_keep_alive(struct client *c, struct http_chunk *keepalive);
/* Says why; at once, or as its protocol wants it. */
void client_end(struct client *c, struct str reason);
void client_drop(struct client *c, struct str reason);

#endif
