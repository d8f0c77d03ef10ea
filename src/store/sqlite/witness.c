#include "store/sqlite/witness.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/arena.h"

enum { SALTS_AT = 16 /* in the log's header, sqlite.org/fileformat2.html section 4.1 */ };

/* A log is known by its two salts. A log that begins anew changes both. */
struct testimony {
    uint32_t salts[2];
    uint32_t n_frames;
};

struct witness {
    const struct files *fs;
    char *log_path;
    int fd;                  /* -1: not to be had */
    struct testimony before; /* of the last run */
};

static char *joined(const char *path, const char *tail)
{
    char *z = mem_alloc(strlen(path) + strlen(tail) + 1);

    memcpy(z, path, strlen(path));
    memcpy(z + strlen(path), tail, strlen(tail));
    return z;
}

/* No lock of SQLite lies on the log itself, so that it may be opened and closed beside it. */
static bool read_salts(const struct witness *w, uint32_t ret[2])
{
    unsigned char head[SALTS_AT + 2 * sizeof(uint32_t)];
    const int fd = w->fs->open(w->fs, FILES_CWD, w->log_path, O_RDONLY | O_CLOEXEC, 0);

    if (fd < 0)
        return false;
    const bool whole = w->fs->read(w->fs, fd, head, sizeof head) == (ssize_t)sizeof head;
    (void)w->fs->close(w->fs, fd); // was only read
    if (whole)
        memcpy(ret, head + SALTS_AT, 2 * sizeof(uint32_t));
    return whole;
}

struct witness *witness_open(const struct files *fs, const char *path)
{
    struct witness *w = NEW(struct witness);
    char *own_path = joined(path, "-witness");

    w->fs = fs;
    w->log_path = joined(path, "-wal");
    w->fd = fs->open(fs, FILES_CWD, own_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (w->fd >= 0 &&
        fs->read(fs, w->fd, &w->before, sizeof w->before) != (ssize_t)sizeof w->before)
        w->before = (struct testimony){0};
    free(own_path);
    return w;
}

void witness_close(struct witness *w)
{
    if (!w)
        return;
    if (w->fd >= 0)
        (void)w->fs->close(w->fs, w->fd); // it is no worse than what was written of it
    free(w->log_path);
    free(w);
}

/* The salts are read each time: nothing else tells surely that the log began anew. A full disk is
 * no failure here; a witness is no reason to refuse anything. */
void witness_note(const struct witness *w, uint32_t n_frames)
{
    struct testimony now = {.n_frames = n_frames};

    if (w->fd >= 0 && read_salts(w, now.salts))
        (void)w->fs->write_at(w->fs, w->fd, &now, sizeof now, 0);
}

uint32_t witness_missing(const struct witness *w, uint32_t n_frames)
{
    const struct testimony *before = &w->before;
    uint32_t salts[2];

    if (before->n_frames <= n_frames || !read_salts(w, salts))
        return 0;
    // One of them is enough: the other may be what was damaged.
    const bool same = salts[0] == before->salts[0] || salts[1] == before->salts[1];
    return same ? before->n_frames - n_frames : 0;
}
