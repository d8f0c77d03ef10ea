#ifndef INBOX_WRITER_H
#define INBOX_WRITER_H
/* The inside of the inbox, for its two halves: writer.c, from senders into the store or the spool,
 * and replay.c, from the spool into the store. Both run on the writer's thread; inbox.c is what
 * others see of it. */
#include "inbox/inbox.h"

#include <stdatomic.h>

#include "base/limits.h"
#include "inbox/batch.h"
#include "inbox/spool.h"
#include "store/store.h"

enum { DEPTH_MAX = 2 /* groups under way; more only makes each smaller */ };
static_assert((int)DEPTH_MAX <= (int)DB_PIPELINE, "the store takes that many");

/* At least, before a store that was lost is asked again: soon at first, as it may have been but the
 * connection; each time that it fails twice as long, up to the second. */
#define FIRST_RETRY_WAIT MILLISECONDS(20)
#define RETRY_WAIT SECONDS(1)

struct group {
    struct inbox_append *appends[LIMIT_GROUP];
    const struct inbox_item *items[LIMIT_GROUP];
    size_t n;
    bool hopeful; /* sent as if all were new */
    usec_t sent_at;
};

struct inbox {
    struct inbox_options o;
    struct thread *thread;
    struct mailbox *mail;
    struct arena *a; /* of one statement */
    struct db *db;
    struct spool *spool;

    struct line line;
    struct group groups[DEPTH_MAX]; /* those under way, in a ring */
    size_t first, n_sent, depth;
    bool may_hope;      /* the engine rewards it */
    unsigned wary_left; /* groups until hope comes back */
    struct batch *batch;
    struct inbox_item replayed[LIMIT_GROUP];
    usec_t tried_at; /* when the store was last asked for something */
    usec_t next_try; /* … and when it may be asked again, after it was lost */
    usec_t wait;     /* at least that long; 0: it was not lost */
    usec_t next_log; /* of a refusal */

    _Atomic size_t waiting;
    _Atomic usec_t oldest; /* when the oldest that is not completed came; 0: none */
    _Atomic uint64_t n_stored, n_duplicates, n_spooled, n_refused, n_groups, n_replayed;
    _Atomic uint64_t n_torn, n_corrupt, n_spool_bytes;
    _Atomic bool store_down, held;
    struct histogram group_size, commit_time, append_time, spool_time, sync_time;
};

static inline void writer_add(_Atomic uint64_t *counter, uint64_t n)
{
    atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

/* One item in a transaction of its own, tried again while others are in its way. */
bool writer_append_one(struct inbox *in, const struct inbox_item *item, bool *ret_new,
                       struct err *e) CHECK_RESULT;
/* At most LIMIT_GROUP items in one, each looked up first. */
bool writer_append_group(struct inbox *in, const struct inbox_item *const *items, size_t n,
                         bool is_new[LIMIT_GROUP], struct err *e) CHECK_RESULT;
/* Who has its account, when that is not known yet. True also when nobody has: then it is refused in
 * the end. */
bool writer_find_project(struct inbox *in, struct inbox_item *item, struct err *e) CHECK_RESULT;
/* So many new rows are in the store. */
void writer_tell_stored(struct inbox *in, size_t n);

/* Whether nothing can be stored at the moment, and nothing is wrong with the row. */
bool writer_is_away(const struct inbox *in);
/* The store failed: when it is tried again; a broken connection is replaced. */
void writer_lose_store(struct inbox *in, const struct err *e);
void writer_set_down(struct inbox *in, bool down, const struct err *e);

bool writer_is_spooling(const struct inbox *in);
/* How the spool stands, for inbox_stats(). */
void writer_note_spool(struct inbox *in);
/* Takes what was submitted into the line, waiting at most so long for it. */
void writer_take_mail(struct inbox *in, usec_t wait);
/* Answers the whole line from the spool. Nothing is under way to the store. */
void writer_spool_line(struct inbox *in);

/* The thread: until the mailbox is closed and nothing waits. */
void writer_run(void *arg);

/* Brings the spool back as far as it goes; senders are served in between. */
void replay_spool(struct inbox *in);

#endif
