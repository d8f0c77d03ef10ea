#ifndef INBOX_SPOOL_H
#define INBOX_SPOOL_H
/*
 * The spool: where the inbox keeps events while the store is away. Files of records, synced before
 * anybody is told; read back in order; removed when what they held is durable elsewhere.
 *
 * Belongs to one thread, and its directory to one process (a lock says so). What was reported as
 * kept is given back at least once, whatever happened in between. A file whose sync failed is never
 * written to again. What cannot be read is never thrown away: the file stays, renamed to *.corrupt,
 * for a person to look at; only the torn end of a last write, which nobody was promised, is
 * dropped.
 */
#include "inbox/inbox.h"

struct arena;
struct files;
struct spool;

struct spool_options {
    struct str path;             /* directory; made when missing */
    size_t file_size;            /* a file that reached it is followed by a new one; 0: 8 MB */
    uint64_t max_size;           /* of all files together; 0: 1 GB */
    const struct files *files;   /* NULL: the system's */
    struct histogram *sync_time; /* how long the disk takes for each; NULL: nobody asks */
    const struct clock *clock;   /* for that; else it may be NULL */
};

/* Finds what an earlier run left. Fails when the directory cannot be used or another process has
 * it. */
bool spool_open(const struct spool_options *o, struct spool **ret, struct err *e) CHECK_RESULT;
/* Leaves the files as they are. Accepts NULL. */
void spool_close(struct spool *s);
DEFINE_CLEANUP(struct spool, spool_close)

/* All of them, durable when it returns true; after false nothing was promised to anybody. */
bool spool_append(struct spool *s, const struct inbox_item *const *items, size_t n,
                  struct err *e) CHECK_RESULT;

/* Bytes that wait to be read back. */
uint64_t spool_bytes(const struct spool *s);

/* Something was wrong with a file: counted here, logged once where it was found. */
struct spool_damage {
    uint64_t torn, corrupt;
};
struct spool_damage spool_damage(const struct spool *s);

/*
 * The next items, oldest first, at most max and of one file; 0 when nothing waits. Views live until
 * spool_done(), which is called once they are durable elsewhere, or spool_rewind(), after which
 * they come again. `keep`: the store refused one of them for its own sake; the file is kept aside.
 */
bool spool_read(struct spool *s, size_t max, struct inbox_item *ret, size_t *ret_n,
                struct err *e) CHECK_RESULT;
bool spool_done(struct spool *s, bool keep, struct err *e) CHECK_RESULT;
void spool_rewind(struct spool *s);

#endif
