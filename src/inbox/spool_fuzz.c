/*
 * Any bytes as a file that an earlier run left: every record in it comes out, in order; what could
 * not be read is kept aside; and a spool that has been read empty has none of it left.
 */
#include "inbox/spool.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "inbox/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FILE_NAME "00000000000000000001.spool"

static char dir[] = "/tmp/hookswitch-spool-fuzz-XXXXXX";

static void path_of(const char *name, char dst[128])
{
    (void)snprintf(dst, 128, "%s/%s", dir, name);
}

static void remove_dir(void)
{
    static const char *const names[] = {FILE_NAME, FILE_NAME ".corrupt", "lock"};
    char path[128];
    for (size_t i = 0; i < LEN(names); i++) {
        path_of(names[i], path);
        (void)unlink(path);
    }
    (void)rmdir(dir);
}

static bool exists(const char *name)
{
    char path[128];
    path_of(name, path);
    return access(path, F_OK) == 0;
}

static void leave_file(struct str bytes)
{
    char path[128];
    path_of(FILE_NAME, path);
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert(fd >= 0);
    const ssize_t n = write(fd, bytes.p, bytes.n);
    assert(n == (ssize_t)bytes.n);
    (void)close(fd);
}

/* What the format alone says of the bytes. */
struct expected {
    struct str rest;
    uint64_t corrupt;
    bool head;
};

static bool next_expected(struct expected *x, struct inbox_item *ret)
{
    while (x->head) {
        switch (record_next(&x->rest, ret)) {
        case RECORD_ITEM:
            return true;
        case RECORD_DAMAGED:
            x->corrupt++;
            break;
        case RECORD_TORN:
            break;
        case RECORD_END:
            return false;
        }
    }
    return false;
}

static void check_item(const struct inbox_item *got, const struct inbox_item *want)
{
    assert(got->project == want->project && got->received_at == want->received_at);
    assert(str_eq(got->payload, want->payload) && str_eq(got->dedupe_key, want->dedupe_key));
}

/* Reads all of it, in batches; each is seen twice, as after a store that failed once. */
static void drain(struct spool *s, struct expected *x, size_t batch)
{
    struct inbox_item items[4], want;
    struct err e;
    size_t n;

    for (;;) {
        bool ok = spool_read(s, batch, items, &n, &e);
        assert(ok);
        if (n == 0)
            break;
        spool_rewind(s);
        ok = spool_read(s, batch, items, &n, &e);
        assert(ok && n > 0);
        for (size_t i = 0; i < n; i++) {
            const bool there = next_expected(x, &want);
            assert(there);
            check_item(&items[i], &want);
        }
        ok = spool_done(s, false, &e);
        assert(ok);
    }
    const bool more = next_expected(x, &want);
    assert(!more);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool made;
    if (size == 0)
        return 0;
    if (!made) {
        made = mkdtemp(dir) != NULL;
        assert(made);
        (void)atexit(remove_dir);
        log_configure(LOG_ERROR, LOG_LOGFMT);
    }
    const struct str bytes = {(const char *)data + 1, size - 1};
    struct expected x = {.rest = bytes};
    x.head = cut_lit(&x.rest, RECORD_FILE_HEAD);
    x.corrupt = !x.head && bytes.n >= RECORD_FILE_HEAD.n;
    leave_file(bytes);

    struct spool *s;
    struct err e;
    const bool opened = spool_open(&(struct spool_options){.path = str_from(dir)}, &s, &e);
    assert(opened);
    drain(s, &x, 1 + data[0] % 4);
    assert(spool_bytes(s) == 0 && spool_damage(s).corrupt == x.corrupt);
    assert(!exists(FILE_NAME) && exists(FILE_NAME ".corrupt") == (x.corrupt > 0));
    spool_close(s);
    remove_dir();
    (void)mkdir(dir, 0700);
    return 0;
}
