#ifndef FEED_INTERNAL_H
#define FEED_INTERNAL_H
/*
 * What the two halves of the hub share: the hub's thread (hub.c, watch.c, pages.c, recheck.c),
 * which reads and renders, and one station per loop (station.c, client.c), which has the clients.
 * They talk in messages only:
 *
 *   station → hub   open (a project is wanted here), close, page (a client is behind the ring)
 *   hub → station   news: opened, frames, reset, refused; and each page comes back filled
 *
 * Messages from one thread to another arrive in the order of sending: a station that was told
 * "opened at 17" gets 18, 19, 20 … and nothing else.
 */
#include "feed/hub.h"

#include <stdatomic.h>

#include "base/keyed.h"
#include "feed/ring.h"
#include "loop/bell.h"

enum { FEED_EPOCH_MAX = 64, FEED_BUCKETS = 256, FEED_FRAME_MAX = 2 * 1024 * 1024 };

struct station;

/* What is watched: a project, in one view. Each has a ring of its own, at the hub and stations. */
struct sight {
    int64_t project;
    enum feed_view view;
};

static inline bool sight_eq(const struct sight *a, const struct sight *b)
{
    return a->project == b->project && a->view == b->view;
}

// --- hub → station -------------------------------------------------------------------------------

enum news_kind {
    NEWS_OPENED,   /* the frames of (floor, last], and the epoch: clients may come in */
    NEWS_FRAMES,   /* what comes next, up to last */
    NEWS_RESET,    /* history is another one: everybody is told to load anew */
    NEWS_REFUSED,  /* cannot be opened: `error` */
    NEWS_PROGRESS, /* how far what is under way is: one frame, without a number */
};

struct news_frame {
    int64_t seq;
    unsigned type;
    struct http_chunk *chunk; /* a reference of the news' own */
};

struct news {
    struct task task;
    struct station *station;
    struct sight of;
    enum news_kind kind;
    enum feed_resync reason; /* of RESET */
    char epoch[FEED_EPOCH_MAX + 1];
    int64_t floor, last, first_seq;
    usec_t announced_at; /* monotonic; TIME_NONE: nobody announced it */
    struct err *error;
    size_t n;
    struct news_frame frames[];
};

/* Runs on the station's loop. */
void station_on_news(struct task *t);

// --- station → hub → station ---------------------------------------------------------------------

enum page_outcome { PAGE_READ, PAGE_RESYNC, PAGE_DROPPED };

struct client;

struct page {
    struct task task;
    struct station *station;
    struct client *client; /* read and written on the loop only; NULL: it has gone */
    struct sight of;
    feed_topics topics;
    int64_t after; /* the last event that the client has */

    enum page_outcome outcome;
    struct http_chunk *frames; /* NULL: none of these events is shown */
    int64_t last;              /* how far it reaches; of READ */
    int64_t shown;             /* the last event in it; 0: none */
    enum feed_resync reason;   /* of RESYNC */
    int64_t first_seq;
};

void station_on_page(struct task *t);

/* False: the hub is ending, and nothing was sent. */
bool hub_ask_open(struct hub *h, struct station *s, struct sight of) CHECK_RESULT;
bool hub_ask_page(struct hub *h, struct page *p) CHECK_RESULT;
void hub_tell_closed(struct hub *h, struct station *s, struct sight of);
/* Somebody here wants the progress too, who did not before; or nobody does any more. */
void hub_tell_wanted(struct hub *h, struct station *s, struct sight of, bool wanted);

// --- stations ------------------------------------------------------------------------------------

struct client;

/* What went to the clients of a project on one loop; it outlives its channels. */
struct delivery {
    _Atomic uint64_t events_sent, slow_closed;
};

/* What the clients of one sight share. */
struct channel {
    struct channel *next; /* in its bucket */
    struct station *station;
    struct sight of;
    struct delivery *delivery;
    bool open;                    /* the hub has answered */
    bool unused;                  /* nobody was here at the last sweep */
    struct subscription *waiting; /* for the hub's answer, newest first */
    size_t n_waiting;
    struct client *abreast, *behind;
    size_t n_clients;
    struct ring ring;
    int64_t first_seq;           /* oldest that the store has, as of opening */
    size_t n_wanting;            /* clients that want the progress */
    struct http_chunk *progress; /* the last that came while one did; or NULL */
    unsigned progress_no;        /* how many came */
    char epoch[FEED_EPOCH_MAX + 1];
};

struct station {
    struct hub *hub;
    struct loop *loop;
    size_t index;
    struct channel *channels[FEED_BUCKETS]; /* by project */
    struct timer beat, drain;
    unsigned beat_now, next_beat; /* keepalives are spread over KEEPALIVE_BEATS ticks */
    size_t n_behind;              /* clients that are not up to date */
    bool ending;
    struct bell *emptied;
    struct rng rng; /* of the ids under which messages are refused */

    _Atomic size_t n_clients;
    struct histogram publish_time;
    struct keyed *deliveries; /* struct delivery, by project */
    _Atomic uint64_t resyncs, ring_hits;
};

struct hub {
    struct hub_options o;
    struct mailbox *mail;
    struct thread *thread;
    struct station *stations;
    usec_t started_at;
    struct bell *emptied;

    /* Of the hub's thread. */
    struct db *db;
    struct arena *a;
    struct watch *watches[FEED_BUCKETS];
    struct task *pages, **last_page;
    usec_t polled_at, rechecked_at, progress_at;

    _Atomic uint64_t store_reads;
    _Atomic int64_t last_seq, publish_lag;
    /* Monotonic: of the oldest that was told to the hub's thread, and of the oldest that it has not
     * sent on; TIME_NONE. */
    _Atomic usec_t told_at, due_since;
};

/* All sights of a project are in one bucket. */
static inline size_t feed_bucket(int64_t project)
{
    return (uint64_t)project % FEED_BUCKETS;
}

void channel_forget_progress(struct channel *ch);
void station_init(struct station *s, struct hub *h, struct loop *l, size_t index);
/* On the loop: closes every stream; s->emptied rings when the last one is gone. */
void station_close(void *station);
/* On the loop, when no client is left. */
void station_finish(void *station);
/* On the loop: those of a project, with those who wait to be let in. */
size_t station_clients_of(struct station *s, int64_t project);
/* As long as somebody is behind. */
void station_start_draining(struct station *s);

// --- on the hub's thread -------------------------------------------------------------------------

enum { HUB_ROWS = 512 /* of one read, whoever it is for */ };

/* Counted. The rows last until the hub's arena is reset. */
bool hub_read(struct hub *h, int64_t project, int64_t after, size_t limit, struct feed_page *ret,
              struct err *e) CHECK_RESULT;
/* One page; false: there is none, or the store failed and it waits for the next poll. */
bool hub_serve_page(struct hub *h) CHECK_RESULT;
/* Those that wait go back unread. */
void hub_drop_pages(struct hub *h);
/* Asks who may still watch, and ends the streams of who may not. */
bool hub_recheck(struct hub *h, struct err *e) CHECK_RESULT;
/* Asks how far what is under way is, where somebody wants to know, and tells what is new. */
bool hub_look_for_progress(struct hub *h, struct err *e) CHECK_RESULT;

// --- who wants to watch --------------------------------------------------------------------------

struct subscription {
    struct subscription *next;
    struct http_exchange *x;
    struct hub *hub;
    struct hub_subscriber who;
};

/* On the loop of the exchange. */
void station_subscribe(struct station *s, struct subscription *sub);

#endif
