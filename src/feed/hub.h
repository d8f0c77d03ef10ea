#ifndef FEED_HUB_H
#define FEED_HUB_H
/*
 * The hub of this node: told "project P has reached seq N", it reads the new rows once and fans
 * them out to every watching client of the project, over all loops.
 *
 * The hub's thread reads and renders; each loop keeps its own clients and a ring of the recent
 * frames of every project that is being watched (frames are shared, counted, immutable). A client
 * that resumes from inside the ring costs no query; one from further back is fed by the hub's
 * thread until it meets the ring. A client that cannot keep up is cut off, and resumes by seq.
 */
#include "feed/feed.h"

#include "feed/view.h"
#include "base/metric.h"
#include "http/http.h"
#include "loop/loop.h"

struct hub;
struct tracer;

/* Who watches, in the words of whoever let it in. Equal ones are asked about once. */
enum { HUB_WATCHER_ID_MAX = 80 };
struct hub_watcher {
    int64_t project;
    int kind;
    int sees_progress; /* whether it may have that topic, too */
    char id[HUB_WATCHER_ID_MAX];
};

/* Which of these may go on watching: *ret_may, one for each. On the hub's thread. */
typedef bool hub_may_watch_fn(struct db *db, const struct hub_watcher *who, size_t n, usec_t now,
                              struct arena *a, bool *ret_may, struct err *e);

/* How far what is under way in these projects is: *ret_runs, a JSON array for each, or STR_NONE
 * when there is nothing to tell. On the hub's thread. */
typedef bool hub_progress_fn(struct db *db, const int64_t *projects, size_t n, struct arena *a,
                             struct str *ret_runs, struct err *e);

struct hub_options {
    struct store *store;
    const struct clock *clock;
    struct tracer *tracer; /* NULL: no traces */
    struct loop **loops;
    size_t n_loops;
    size_t ring;      /* frames kept per watched project, at least 2; 0: 4096 */
    usec_t keepalive; /* 0: 30 s */
    usec_t poll;      /* asks the store even when nobody announced (other nodes); 0: 1 s */
    hub_may_watch_fn *may_watch; /* NULL: whoever was let in stays */
    usec_t recheck;              /* how often that is asked; 0: 10 s */
    hub_progress_fn *progress;   /* NULL: nobody is told of any */
    usec_t progress_every;       /* how often that is asked, while somebody wants it; 0: 1 s */
    /* Whether anybody may watch that project now; asked together with may_watch. NULL: yes. */
    bool (*is_on)(int64_t project, void *arg);
    void *arg;
};

struct hub_stats {
    size_t clients;
    uint64_t events_sent, slow_closed, resyncs, ring_hits, store_reads;
    int64_t last_seq;                   /* highest published of any project */
    struct histogram_view publish_time; /* the same, of all of them and each loop */
    usec_t publish_lag;                 /* commit to fan-out of the last event, microseconds */
    usec_t lag; /* since when the hub's thread has heard of what it has not sent on yet; or 0 */
    usec_t started_at; /* wall */
};

bool hub_start(const struct hub_options *o, struct hub **ret, struct err *e) CHECK_RESULT;
/* From any thread, after the commit. */
void hub_announce(struct hub *h, int64_t project, int64_t last_seq);

/* Where a client wants to go on. */
struct hub_resume {
    bool given;       /* false: from now on */
    int64_t last_seq; /* the last that it has seen */
    struct str epoch; /* or none: not checked */
};

struct hub_subscriber {
    enum feed_view view; /* FEED_SOCKET: ws_handshake() has found the request good */
    feed_topics topics;  /* FEED_TOPICS_ALL in FEED_CALLS */
    struct hub_resume from;
    struct hub_watcher who; /* and of which project */
};

/* Whether it may hear of these topics: the progress of jobs is a matter of health, as it is in
 * /api/jobs. */
bool hub_may_have(const struct hub_watcher *who, feed_topics topics, struct err *e) CHECK_RESULT;
/* Turns the exchange into a stream of the project's events. From any thread; always answers x. */
void hub_subscribe(struct hub *h, struct http_exchange *x, const struct hub_subscriber *s);
/* Something has changed in who may watch: asked again at once. From any thread. */
void hub_ask_again(struct hub *h);
void hub_stats(const struct hub *h, struct hub_stats *ret);
/* Of one project: its clients, events_sent, slow_closed, started_at; nothing else is filled. */
void hub_stats_of(const struct hub *h, int64_t project, struct hub_stats *ret);
/* Clients of one project. */
size_t hub_clients(const struct hub *h, int64_t project);
/* Ends every stream, joins the thread. Before the loops are stopped. */
void hub_stop(struct hub *h);

#endif
