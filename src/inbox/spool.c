/*
 * One directory, files numbered in the order of writing; the last may be open for appending, the
 * first may be loaded for reading. A file is written by one run only: what an earlier run left is
 * read, never continued, so that a torn end is always the end of its file.
 *
 * A write that fails is taken back by truncating; when even that fails, or when a sync fails, the
 * file is closed for good. Records that a refused append left behind are harmless: they are true
 * events, and the store knows duplicates.
 */
#include "inbox/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/files.h"
#include "base/log.h"
#include "inbox/record.h"

enum {
    FILE_SIZE = 8 * 1024 * 1024,
    MAX_SIZE = 1024 * 1024 * 1024,
    WRITE_SIZE = 1024 * 1024, /* gathered before a write */
    NAME_MAX_ = 48,
};

struct file {
    uint64_t number;
    uint64_t size;
};

struct spool {
    struct spool_options o;
    const struct files *fs;
    struct arena *a;
    int dir, lock;

    struct file *files; /* oldest first */
    size_t n_files, cap_files;
    uint64_t next_number;

    int out; /* of the last file, when it is open for appending; else -1 */

    char *loaded; /* the first file, when it is being read; else NULL */
    struct str start, rest;
    bool keep;
    struct spool_damage found, damage; /* since spool_done(); before */
};

// --- small steps that can fail -------------------------------------------------------------------

static bool failed(struct err *e, const char *what)
{
    const int no = errno;
    (void)err_set(e, ERR_UNAVAILABLE, "spool: %s: %s", what, strerror(no));
    if (no == ENOSPC || no == EDQUOT)
        (void)err_fix(e, "make room on the disk that holds the spool");
    return false;
}

/* A fault point that looks like the system call failing. */
#define FAILS(name, error) (FAULT(name) ? (errno = (error), true) : false)

static void file_name(uint64_t number, const char *suffix, char dst[NAME_MAX_])
{
    (void)snprintf(dst, NAME_MAX_, "%020" PRIu64 ".spool%s", number, suffix);
}

static bool sync_dir(struct spool *s, struct err *e)
{
    if (FAILS("spool.sync_dir", EIO) || s->fs->sync_dir(s->fs, s->dir) < 0)
        return failed(e, "syncing its directory");
    return true;
}

static bool write_all(struct spool *s, struct str bytes, struct err *e)
{
    if (FAILS("spool.write", ENOSPC) || !files_write_all(s->fs, s->out, bytes))
        return failed(e, "writing");
    return true;
}

static bool read_all(struct spool *s, int fd, char *p, size_t n, struct err *e)
{
    const ssize_t got = FAILS("spool.read", EIO) ? -1 : files_read_all(s->fs, fd, p, n);

    if (got >= 0 && (size_t)got < n)
        errno = EIO; // shorter than it was
    return got == (ssize_t)n || failed(e, "reading");
}

// --- the list of files ---------------------------------------------------------------------------

static void add_file(struct spool *s, struct file f)
{
    if (s->n_files == s->cap_files) {
        s->cap_files = s->cap_files ? 2 * s->cap_files : 16;
        s->files = mem_realloc(s->files, s->cap_files * sizeof(*s->files));
    }
    s->files[s->n_files++] = f;
    if (f.number >= s->next_number)
        s->next_number = f.number + 1;
}

static struct file *last_file(struct spool *s)
{
    return &s->files[s->n_files - 1];
}

static int by_number(const void *x, const void *y)
{
    const struct file *a = x, *b = y;
    return (a->number > b->number) - (a->number < b->number);
}

struct search {
    struct spool *spool;
    int error; /* the first; 0: none */
};

/* A file of ours by its name; those kept aside do not match, but their numbers stay taken. One that
 * cannot be looked at may hold what was promised. */
static void find_file(const char *name, void *arg)
{
    struct search *search = arg;
    struct spool *s = search->spool;
    struct str rest = str_from(name);
    struct stat st;
    uint64_t number;
    if (!cut_u64(&rest, &number) || !cut_lit(&rest, STR(".spool")))
        return;
    if (number >= s->next_number)
        s->next_number = number + 1;
    if (rest.n > 0)
        return;
    if (s->fs->stat(s->fs, s->dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        search->error = search->error ? search->error : errno;
    else if (S_ISREG(st.st_mode))
        add_file(s, (struct file){number, (uint64_t)st.st_size});
}

static bool find_files(struct spool *s, struct err *e)
{
    struct search search = {.spool = s};

    if (FAILS("spool.list", EIO) || !s->fs->list(s->fs, s->dir, find_file, &search))
        return failed(e, "listing its directory");
    errno = search.error;
    if (errno)
        return failed(e, "looking at its files");
    if (s->n_files > 0)
        qsort(s->files, s->n_files, sizeof(*s->files), by_number);
    return true;
}

// --- appending -----------------------------------------------------------------------------------

/* Closes the file for good; the next append starts another. Its content was synced, or not
 * promised. */
static void seal(struct spool *s)
{
    if (s->out >= 0)
        (void)s->fs->close(s->fs, s->out);
    s->out = -1;
}

/* Nothing in it was promised to anybody. */
static void drop_last_file(struct spool *s)
{
    char name[NAME_MAX_];
    seal(s);
    file_name(last_file(s)->number, "", name);
    if (s->fs->remove(s->fs, s->dir, name) == 0)
        s->n_files--;
}

static bool start_file(struct spool *s, struct err *e)
{
    char name[NAME_MAX_];
    file_name(s->next_number, "", name);
    const int fd =
        FAILS("spool.create", ENOSPC)
            ? -1
            : s->fs->open(s->fs, s->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return failed(e, "creating a file");

    s->out = fd;
    add_file(s, (struct file){.number = s->next_number});
    if (!write_all(s, RECORD_FILE_HEAD, e) || !sync_dir(s, e)) {
        drop_last_file(s);
        return err_trace(e);
    }
    last_file(s)->size = RECORD_FILE_HEAD.n;
    return true;
}

static bool write_records(struct spool *s, const struct inbox_item *const *items, size_t n,
                          uint64_t *ret_size, struct err *e)
{
    struct buf b;
    bool ok = true;
    buf_init(&b, WRITE_SIZE + RECORD_MAX + RECORD_HEAD);
    for (size_t i = 0; ok && i < n; i++) {
        record_write(&b, items[i]);
        if (!buf_ok(&b)) {
            ok = err_set(e, ERR_LIMIT, "spool: an item of more than %d bytes", RECORD_MAX);
        } else if (b.n >= WRITE_SIZE || i + 1 == n) {
            ok = write_all(s, buf_view(&b), e);
            *ret_size += b.n;
            buf_reset(&b);
        }
    }
    buf_finish(&b);
    return ok;
}

/* Takes a failed append back, so that the file ends where its last promise ended. */
static void take_back(struct spool *s)
{
    const off_t size = (off_t)last_file(s)->size;
    if (FAULT("spool.truncate") || s->fs->truncate(s->fs, s->out, size) < 0)
        seal(s);
}

/* A disk that fails late has been slow as well: that is noted before. */
static int timed_sync(struct spool *s)
{
    if (!s->o.sync_time)
        return s->fs->sync(s->fs, s->out);
    const usec_t began = clock_monotonic(s->o.clock);
    const int rc = s->fs->sync(s->fs, s->out);
    const int no = errno;
    histogram_note_time(s->o.sync_time, clock_monotonic(s->o.clock) - began);
    errno = no;
    return rc;
}

static bool sync_file(struct spool *s, struct err *e)
{
    if (FAILS("spool.sync", EIO) || timed_sync(s) < 0) {
        (void)failed(e, "syncing");
        if (last_file(s)->size == RECORD_FILE_HEAD.n)
            drop_last_file(s);
        else
            seal(s); // what was synced before stays promised; nothing is added any more
        return false;
    }
    return true;
}

bool spool_append(struct spool *s, const struct inbox_item *const *items, size_t n, struct err *e)
{
    uint64_t added = 0;
    if (spool_bytes(s) >= s->o.max_size)
        return err_set(e, ERR_LIMIT, "spool: it is full (%" PRIu64 " bytes)", s->o.max_size);
    if (s->out >= 0 && last_file(s)->size >= s->o.file_size)
        seal(s);
    if (s->out < 0 && !start_file(s, e))
        return err_trace(e);

    if (!write_records(s, items, n, &added, e)) {
        take_back(s);
        return err_trace(e);
    }
    if (!sync_file(s, e))
        return err_trace(e);
    last_file(s)->size += added;
    return true;
}

uint64_t spool_bytes(const struct spool *s)
{
    uint64_t n = 0;
    for (size_t i = 0; i < s->n_files; i++)
        n += s->files[i].size;
    return n;
}

struct spool_damage spool_damage(const struct spool *s)
{
    return s->damage;
}

// --- reading back --------------------------------------------------------------------------------

static bool load_bytes(struct spool *s, const char *name, int fd, struct err *e)
{
    struct stat st;
    if (FAILS("spool.stat", EIO) || s->fs->stat(s->fs, s->dir, name, &st, 0) < 0)
        return failed(e, "reading");
    char *p = mem_alloc((size_t)st.st_size + 1);
    if (!read_all(s, fd, p, (size_t)st.st_size, e)) {
        free(p);
        return err_trace(e);
    }
    s->loaded = p;
    s->rest = (struct str){p, (size_t)st.st_size};
    return true;
}

/* The first file into memory. A head that is cut short is a torn end like any other. */
static bool load(struct spool *s, struct err *e)
{
    char name[NAME_MAX_];
    if (s->n_files == 1)
        seal(s);
    file_name(s->files[0].number, "", name);
    const int fd = FAILS("spool.load", EIO)
                       ? -1
                       : s->fs->open(s->fs, s->dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0);
    if (fd < 0)
        return failed(e, "opening a file");
    const bool ok = load_bytes(s, name, fd, e);
    (void)s->fs->close(s->fs, fd); // was only read
    if (!ok)
        return err_trace(e);

    if (!cut_lit(&s->rest, RECORD_FILE_HEAD)) {
        const bool torn = s->rest.n < RECORD_FILE_HEAD.n;
        s->found = (struct spool_damage){.torn = torn && s->rest.n > 0, .corrupt = !torn};
        s->keep = !torn;
        s->rest = str_sub(s->rest, s->rest.n, 0);
    }
    s->start = s->rest;
    return true;
}

static void tell_damage(struct spool *s)
{
    if (s->found.torn + s->found.corrupt > 0)
        log_warn(NULL, "spool.damaged", "file=%" PRIu64 " torn=%" PRIu64 " corrupt=%" PRIu64,
                 s->files[0].number, s->found.torn, s->found.corrupt);
    s->damage.torn += s->found.torn;
    s->damage.corrupt += s->found.corrupt;
    s->keep |= s->found.corrupt > 0;
    s->found = (struct spool_damage){0};
}

/* Out of the directory, or aside when something in it is left to look at. */
static bool remove_file(struct spool *s, struct err *e)
{
    char name[NAME_MAX_], aside[NAME_MAX_];
    file_name(s->files[0].number, "", name);
    file_name(s->files[0].number, ".corrupt", aside);
    if (FAILS("spool.remove", EIO) || (s->keep ? s->fs->rename(s->fs, s->dir, name, aside)
                                               : s->fs->remove(s->fs, s->dir, name)) < 0)
        return failed(e, "removing a file");
    if (s->keep)
        log_error(NULL, "spool.kept_aside", "file=%s", aside);
    return true;
}

static void unload(struct spool *s)
{
    free(s->loaded);
    s->loaded = NULL;
    s->start = s->rest = STR_NONE;
    s->keep = false;
    s->found = (struct spool_damage){0};
}

/* The first file has given all it had. After a failure it is read again, to no harm. */
static bool finish_file(struct spool *s, struct err *e)
{
    tell_damage(s);
    const bool removed = remove_file(s, e);
    unload(s);
    if (!removed)
        return err_trace(e);
    memmove(s->files, s->files + 1, --s->n_files * sizeof(*s->files));
    return sync_dir(s, e) || err_trace(e);
}

static size_t take_items(struct spool *s, size_t max, struct inbox_item *ret)
{
    size_t n = 0;
    while (n < max) {
        switch (record_next(&s->rest, &ret[n])) {
        case RECORD_ITEM:
            n++;
            break;
        case RECORD_DAMAGED:
            s->found.corrupt++;
            break;
        case RECORD_TORN:
            s->found.torn++;
            break;
        case RECORD_END:
            return n;
        }
    }
    return n;
}

bool spool_read(struct spool *s, size_t max, struct inbox_item *ret, size_t *ret_n, struct err *e)
{
    assert(max > 0);
    for (; s->n_files > 0;) {
        if (!s->loaded && !load(s, e))
            return err_trace(e);
        *ret_n = take_items(s, max, ret);
        if (*ret_n > 0)
            return true;
        if (!finish_file(s, e))
            return err_trace(e);
    }
    *ret_n = 0;
    return true;
}

bool spool_done(struct spool *s, bool keep, struct err *e)
{
    assert(s->loaded);
    tell_damage(s);
    s->keep |= keep;
    s->start = s->rest;
    if (s->rest.n == 0 && !finish_file(s, e))
        return err_trace(e);
    return true;
}

void spool_rewind(struct spool *s)
{
    s->rest = s->start;
    s->found = (struct spool_damage){0};
}

// --- life ----------------------------------------------------------------------------------------

/* The name of a directory is durable when the one above it was synced. */
static bool sync_above(struct spool *s, struct str path)
{
    return !FAILS("spool.sync_above", EIO) && files_sync_above(s->fs, str_z(path, s->a));
}

static bool make_dir(struct spool *s, struct str path, mode_t mode)
{
    if (s->fs->make_dir(s->fs, str_z(path, s->a), mode) == 0)
        return sync_above(s, path);
    return errno == EEXIST;
}

/* With those above it, as far as they are missing. The last name is synced in any case: who made it
 * may have been killed before. */
static bool make_dirs(struct spool *s)
{
    struct str path = s->o.path;
    while (path.n > 1 && path.p[path.n - 1] == '/')
        path.n--;
    for (size_t n = 1; n < path.n; n++)
        if (path.p[n] == '/' && !make_dir(s, str_sub(path, 0, n), 0777))
            return false;
    return make_dir(s, path, 0700) && sync_above(s, path);
}

static bool open_dir(struct spool *s, struct err *e)
{
    if (FAILS("spool.open", EACCES) || !make_dirs(s))
        return failed(e, "making its directory");
    s->dir = s->fs->open(s->fs, FILES_CWD, str_z(s->o.path, s->a),
                         O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    return s->dir >= 0 || failed(e, "opening its directory");
}

static bool lock_dir(struct spool *s, struct err *e)
{
    s->lock = FAILS("spool.lock", ENOSPC)
                  ? -1
                  : s->fs->open(s->fs, s->dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (s->lock < 0)
        return failed(e, "creating its lock");
    if (s->fs->lock(s->fs, s->lock) == 0)
        return true;
    if (errno != EWOULDBLOCK)
        return failed(e, "locking its directory");
    (void)err_set(e, ERR_CONFLICT, "spool: another process uses this directory");
    return err_fix(e, "give each process a spool directory of its own");
}

bool spool_open(const struct spool_options *o, struct spool **ret, struct err *e)
{
    _cleanup_(spool_closep) struct spool *s = NEW(struct spool);
    s->o = *o;
    s->fs = o->files ? o->files : &files_system;
    s->a = arena_create(0);
    s->dir = s->lock = s->out = -1;
    s->next_number = 1;
    if (s->o.file_size == 0)
        s->o.file_size = FILE_SIZE;
    if (s->o.max_size == 0)
        s->o.max_size = MAX_SIZE;

    if (!open_dir(s, e) || !lock_dir(s, e) || !find_files(s, e))
        return err_trace(e);
    *ret = TAKE(s);
    return true;
}

void spool_close(struct spool *s)
{
    if (!s)
        return;
    seal(s);
    unload(s);
    if (s->lock >= 0)
        (void)s->fs->close(s->fs, s->lock);
    if (s->dir >= 0)
        (void)s->fs->close(s->fs, s->dir);
    free(s->files);
    arena_destroy(s->a);
    free(s);
}
