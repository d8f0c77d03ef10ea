#ifndef FEED_WATCH_H
#define FEED_WATCH_H
/* What is open at some station, on the hub's thread: how far it was published, and its ring. */
#include "feed/internal.h"

struct watch {
    struct watch *next; /* in its bucket */
    struct sight of;
    int64_t announced;
    usec_t announced_at; /* TIME_NONE: it was found by asking */
    usec_t due_since;    /* while `announced` is beyond the ring */
    int64_t first_seq;   /* oldest that is kept, as of the last look */
    char epoch[FEED_EPOCH_MAX + 1];
    struct ring ring;
    size_t n_wanting;    /* stations where somebody wants the progress */
    struct buf progress; /* what was told last; empty: it is to be told anew */
    size_t n_open;
    bool open[]; /* by station */
};

struct watch *watch_find(struct hub *h, struct sight of);
/* The next one of a project; after NULL, the first. */
struct watch *watch_next(struct hub *h, int64_t project, const struct watch *after);
void watch_destroy(struct hub *h, const struct watch *w);
void watch_destroy_all(struct hub *h);
/* There is more to publish, up to seq. at: when it was announced; TIME_NONE: it was found. */
void watch_due(struct hub *h, struct watch *w, int64_t seq, usec_t at);
/* The same, when that is news. */
void watch_announced(struct hub *h, struct watch *w, int64_t seq, usec_t at);
void hub_raise(_Atomic int64_t *highest, int64_t seq);

/* Everything of the ring that stands after `after`, to one station. */
void watch_send_frames(const struct watch *w, struct station *s, enum news_kind kind, int64_t after,
                       usec_t announced_at);
/* To all stations where it is open. */
void watch_send_reset(struct hub *h, const struct watch *w, enum feed_resync reason);
void watch_send_progress(struct hub *h, const struct watch *w, struct http_chunk *chunk);
void watch_send_refusal(struct station *s, struct sight of, const struct err *why);

#endif
