/*
 * A spool on a disk that does not do what it is told: calls that are interrupted, refused or done
 * by halves, one at a time, with what the spool says of it and what it keeps. Sweeps over all that
 * can fail are in spool_look_test.c and writer_fault_test.c.
 */
#include "test/test.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fault.h"
#include "base/files.h"
#include "inbox/record.h"
#include "inbox/spool.h"
#include "test/disk.h"

enum { BATCH = 8, LARGE = 400 * 1024 };

struct rig {
    struct arena *a;
    struct disk *disk;
    struct files files; /* the disk's, for tests to change */
    struct spool_options o;
    struct spool *s;
    struct err e;
    usec_t now;
};

static bool open_spool(struct rig *r)
{
    err_clear(&r->e);
    return spool_open(&r->o, &r->s, &r->e);
}

static void reopen(struct rig *r)
{
    spool_close(TAKE(r->s));
    assert_ok(open_spool(r), &r->e);
}

static int begin(void **state)
{
    struct arena *a = arena_create(0);
    struct rig *r = arena_new(a, struct rig, 1);

    r->a = a;
    r->disk = disk_create(&(struct disk_options){.seed = 1});
    r->files = *disk_files(r->disk);
    r->o = (struct spool_options){.path = STR("data/spool"), .files = &r->files};
    *state = r;
    return 0;
}

static int end(void **state)
{
    struct rig *r = *state;

    spool_close(r->s);
    assert_int_equal(disk_n_open(r->disk), 0);
    disk_destroy(r->disk);
    arena_destroy(r->a);
    return 0;
}

static void fail_next(struct rig *r, enum disk_kind kind, int error)
{
    disk_fail(r->disk, (struct disk_failure){.kinds = DISK_IS(kind), .nth = 1, .error = error});
}

static void all_is_well(struct rig *r)
{
    disk_fail(r->disk, (struct disk_failure){0});
}

/* n of them, each with so large a payload. */
static bool append_large(struct rig *r, const char *key, size_t n, size_t size)
{
    const struct str payload = {arena_alloc(r->a, size), size};
    const struct inbox_item *items[BATCH];

    for (size_t i = 0; i < n; i++) {
        struct inbox_item *it = arena_new(r->a, struct inbox_item, 1);
        *it = (struct inbox_item){.project = 1, .dedupe_key = str_from(key), .payload = payload};
        items[i] = it;
    }
    err_clear(&r->e);
    return spool_append(r->s, items, n, &r->e);
}

static bool append(struct rig *r, const char *key)
{
    return append_large(r, key, 1, 2);
}

static bool read_some(struct rig *r, struct str *all)
{
    struct inbox_item items[BATCH];
    size_t n;

    err_clear(&r->e);
    if (!spool_read(r->s, BATCH, items, &n, &r->e) || n == 0)
        return false;
    for (size_t i = 0; i < n; i++)
        *all = str_fmt(r->a, STR_FMT "%s" STR_FMT, STR_ARG(*all), all->n ? " " : "",
                       STR_ARG(items[i].dedupe_key));
    return spool_done(r->s, false, &r->e);
}

/* All that comes back, until there is no more. */
static const char *drained(struct rig *r)
{
    struct str all = STR("");

    while (read_some(r, &all))
        continue;
    assert_ok(r->e.code == ERR_NONE, &r->e);
    assert_int_equal(spool_damage(r->s).torn + spool_damage(r->s).corrupt, 0);
    return str_z(all, r->a);
}

// --- being opened --------------------------------------------------------------------------------

static void each_step_of_an_opening_can_fail_and_be_tried_again(void **state)
{
    static const struct {
        const char *point, *says;
    } rows[] = {
        {"spool.open", "making its directory"},
        {"spool.sync_above", "making its directory"},
        {"spool.lock", "creating its lock"},
        {"spool.list", "listing its directory"},
    };
    struct rig *r = *state;

    FOR_EACH_ROW (row, rows) {
        fault_arm(row->point, 1, false);
        assert_refused(open_spool(r), &r->e, ERR_UNAVAILABLE);
        fault_disarm();
        assert_row(strstr(r->e.text, row->says), row->point);
    }
    assert_ok(open_spool(r), &r->e);
}

static void a_directory_that_cannot_be_made_is_told(void **state)
{
    struct rig *r = *state;

    for (uint64_t nth = 1; nth <= 2; nth++) { // the one above, and its own
        disk_fail(r->disk, (struct disk_failure){
                               .kinds = DISK_IS(DISK_MAKE_DIR), .nth = nth, .error = ENOSPC});
        assert_refused(open_spool(r), &r->e, ERR_UNAVAILABLE);
        assert_true(disk_struck(r->disk));
    }
    all_is_well(r);
    assert_ok(open_spool(r), &r->e);
}

/* As the system does; the disk takes an empty name for its root. */
static int make_dir_with_name(const struct files *f, const char *path, mode_t mode)
{
    errno = ENOENT;
    return *path ? disk_files(f->arg)->make_dir(f, path, mode) : -1;
}

static void it_may_be_the_root(void **state)
{
    struct rig *r = *state;

    r->files.make_dir = make_dir_with_name;
    r->o.path = STR("//");
    assert_ok(open_spool(r), &r->e);
    assert_true(append(r, "a"));
    assert_string_equal(drained(r), "a");
}

static int no_locks(const struct files *f, int fd)
{
    (void)f, (void)fd;
    errno = ENOLCK;
    return -1;
}

static void a_disk_without_locks_is_not_another_process(void **state)
{
    struct rig *r = *state;

    r->files.lock = no_locks;
    assert_refused(open_spool(r), &r->e, ERR_UNAVAILABLE);
}

static void leave(struct rig *r, const char *path)
{
    const int fd = r->files.open(&r->files, FILES_CWD, path, O_WRONLY | O_CREAT, 0600);

    assert_true(fd >= 0);
    assert_int_equal(r->files.write(&r->files, fd, "?", 1), 1);
    assert_int_equal(r->files.close(&r->files, fd), 0);
}

static void what_is_not_ours_is_left_alone(void **state)
{
    static const char *const names[] = {"data/spool/notes", "data/spool/7", "data/spool/7.txt"};
    struct rig *r = *state;

    assert_ok(open_spool(r), &r->e);
    assert_true(append(r, "a"));
    FOR_EACH_ROW (name, names)
        leave(r, *name);
    reopen(r);
    assert_string_equal(drained(r), "a");
    FOR_EACH_ROW (name, names)
        assert_str(disk_read(r->disk, *name, r->a), "?");
}

// --- being written to ----------------------------------------------------------------------------

static void an_interrupted_call_is_made_again(void **state)
{
    struct rig *r = *state;

    assert_ok(open_spool(r), &r->e);
    assert_true(append(r, "a"));
    fail_next(r, DISK_WRITE, EINTR);
    assert_true(append(r, "b"));
    assert_true(disk_struck(r->disk));
    fail_next(r, DISK_READ, EINTR);
    assert_string_equal(drained(r), "a b");
    assert_true(disk_struck(r->disk));
}

static void a_full_disk_says_what_to_do(void **state)
{
    static const struct {
        int error;
        size_t n_fix;
    } rows[] = {{ENOSPC, 1}, {EDQUOT, 1}, {EIO, 0}};
    struct rig *r = *state;

    assert_ok(open_spool(r), &r->e);
    FOR_EACH_ROW (row, rows) {
        fail_next(r, DISK_WRITE, row->error);
        assert_refused(append(r, "lost"), &r->e, ERR_UNAVAILABLE);
        assert_int_equal(r->e.n_fix, row->n_fix);
    }
    all_is_well(r);
    assert_string_equal(drained(r), "");
}

static void refuse_next(struct rig *r, enum disk_kind kind)
{
    fail_next(r, kind, EIO);
    assert_refused(append(r, "x"), &r->e, ERR_UNAVAILABLE);
    all_is_well(r);
}

static void a_refused_beginning_of_a_file_leaves_nothing(void **state)
{
    static const enum disk_kind kinds[] = {DISK_CREATE, DISK_WRITE, DISK_SYNC_DIR, DISK_SYNC};
    struct rig *r = *state;

    assert_ok(open_spool(r), &r->e);
    FOR_EACH_ROW (kind, kinds) {
        refuse_next(r, *kind);
        assert_int_equal(spool_bytes(r->s), 0);
        assert_true(append(r, "a"));
        assert_string_equal(drained(r), "a");
    }
}

static void what_was_promised_before_a_refusal_is_kept(void **state)
{
    static const struct {
        enum disk_kind kind;
        const char *want;
    } rows[] = {
        {DISK_WRITE, "a b"}, {DISK_SYNC, "a x b"}, // x is a true event all the same
    };
    struct rig *r = *state;

    assert_ok(open_spool(r), &r->e);
    FOR_EACH_ROW (row, rows) {
        assert_true(append(r, "a"));
        refuse_next(r, row->kind);
        assert_true(append(r, "b"));
        assert_string_equal(drained(r), row->want);
    }
}

static void what_can_be_neither_synced_nor_removed_is_given_back(void **state)
{
    struct rig *r = *state;

    assert_ok(open_spool(r), &r->e);
    disk_fail(r->disk, (struct disk_failure){.kinds = DISK_IS(DISK_SYNC) | DISK_IS(DISK_REMOVE),
                                             .nth = 1,
                                             .persistent = true,
                                             .error = EIO});
    assert_refused(append(r, "x"), &r->e, ERR_UNAVAILABLE);
    all_is_well(r);
    assert_true(append(r, "a")); // in another file
    assert_string_equal(drained(r), "x a");
}

static void a_write_that_cannot_be_taken_back_ends_its_file(void **state)
{
    struct rig *r = *state;

    assert_ok(open_spool(r), &r->e);
    assert_true(append(r, "a"));
    disk_fail(r->disk, (struct disk_failure){.kinds = DISK_IS(DISK_WRITE) | DISK_IS(DISK_TRUNCATE),
                                             .nth = 1,
                                             .persistent = true,
                                             .error = EIO});
    assert_refused(append(r, "x"), &r->e, ERR_UNAVAILABLE);
    all_is_well(r);
    assert_true(append(r, "b"));
    assert_non_null(disk_read(r->disk, "data/spool/00000000000000000002.spool", r->a).p);
    assert_string_equal(drained(r), "a b");
}

static void more_than_one_write_holds_is_kept_whole_or_not_at_all(void **state)
{
    struct rig *r = *state;

    assert_ok(open_spool(r), &r->e);
    assert_true(append(r, "a"));
    assert_true(append_large(r, "b", 5, LARGE));
    disk_fail(r->disk,
              (struct disk_failure){.kinds = DISK_IS(DISK_WRITE), .nth = 2, .error = ENOSPC});
    assert_refused(append_large(r, "x", 5, LARGE), &r->e, ERR_UNAVAILABLE);
    all_is_well(r);
    assert_true(append(r, "c"));
    assert_string_equal(drained(r), "a b b b b b c");
}

static void an_item_that_is_too_large_is_refused(void **state)
{
    struct rig *r = *state;

    assert_ok(open_spool(r), &r->e);
    assert_refused(append_large(r, "x", 1, RECORD_MAX), &r->e, ERR_LIMIT);
    assert_true(append_large(r, "a", 1, RECORD_MAX - 1024));
    assert_string_equal(drained(r), "a");
}

// --- being read ----------------------------------------------------------------------------------

static int stat_longer(const struct files *f, int dir, const char *name, struct stat *ret,
                       int flags)
{
    const int result = disk_files(f->arg)->stat(f, dir, name, ret, flags);

    ret->st_size++;
    return result;
}

static void a_file_that_is_shorter_than_it_was_cannot_be_read(void **state)
{
    struct rig *r = *state;
    struct str all = STR("");

    assert_ok(open_spool(r), &r->e);
    assert_true(append(r, "a"));
    r->files.stat = stat_longer;
    assert_refused(read_some(r, &all), &r->e, ERR_UNAVAILABLE);
    r->files.stat = disk_files(r->disk)->stat;
    assert_string_equal(drained(r), "a");
}

static void a_file_that_cannot_be_removed_comes_again(void **state)
{
    struct rig *r = *state;
    struct str all = STR("");

    assert_ok(open_spool(r), &r->e);
    assert_true(append(r, "a"));
    fail_next(r, DISK_REMOVE, EIO);
    assert_refused(read_some(r, &all), &r->e, ERR_UNAVAILABLE);
    all_is_well(r);
    assert_string_equal(drained(r), "a");
}

static void nor_is_an_empty_one_passed_over_that_cannot_be_removed(void **state)
{
    struct rig *r = *state;
    struct str all = STR("");

    assert_ok(open_spool(r), &r->e);
    leave(r, "data/spool/00000000000000000001.spool"); // what a run left that was killed there
    reopen(r);
    fail_next(r, DISK_REMOVE, EIO);
    assert_refused(read_some(r, &all), &r->e, ERR_UNAVAILABLE);
    all_is_well(r);
    assert_false(read_some(r, &all));
    assert_ok(r->e.code == ERR_NONE, &r->e);
    assert_int_equal(spool_bytes(r->s), 0);
    assert_true(str_is_none(disk_read(r->disk, "data/spool/00000000000000000001.spool", r->a)));
}

static void a_damaged_one_that_cannot_be_put_aside_stays(void **state)
{
    struct rig *r = *state;
    struct str all = STR("");

    assert_ok(open_spool(r), &r->e);
    assert_true(append(r, "a"));
    disk_damage(r->disk, "data/spool/00000000000000000001.spool", 0, STR("HSSPOOL9"));
    fail_next(r, DISK_RENAME, EIO);
    assert_refused(read_some(r, &all), &r->e, ERR_UNAVAILABLE);
    all_is_well(r);
    assert_false(read_some(r, &all));
    assert_ok(r->e.code == ERR_NONE, &r->e);
    assert_false(
        str_is_none(disk_read(r->disk, "data/spool/00000000000000000001.spool.corrupt", r->a)));
}

static void there_may_be_many_files(void **state)
{
    struct rig *r = *state;

    r->o.file_size = 1;
    assert_ok(open_spool(r), &r->e);
    for (const char *key = "abcdefghijklmnopqrstuvwxyz"; *key; key++)
        assert_true(append(r, str_z(str_fmt(r->a, "%c", *key), r->a)));
    reopen(r);
    assert_string_equal(drained(r), "a b c d e f g h i j k l m n o p q r s t u v w x y z");
}

static int sync_slowly(const struct files *f, int fd)
{
    struct rig *r = container_of((struct files *)(uintptr_t)f, struct rig, files);

    r->now += MILLISECONDS(30);
    return disk_files(f->arg)->sync(f, fd);
}

static void how_long_the_disk_takes_is_noted(void **state)
{
    struct rig *r = *state;
    const struct clock clock = clock_fixed(&r->now);
    struct histogram took = {0};
    struct histogram_view v = {0};

    r->files.sync = sync_slowly;
    r->o.sync_time = &took;
    r->o.clock = &clock;
    reopen(r);
    assert_true(append(r, "a"));
    fail_next(r, DISK_SYNC, EIO);
    assert_false(append(r, "b")); // so long it took to fail, and errno is the disk's
    assert_true(str_contains(str_from(r->e.text), str_from(strerror(EIO))));
    all_is_well(r);
    histogram_add(&v, &took);
    assert_int_equal(v.sum, 2 * MILLISECONDS(30));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

TEST_MAIN(TEST(each_step_of_an_opening_can_fail_and_be_tried_again),
          TEST(a_directory_that_cannot_be_made_is_told), TEST(it_may_be_the_root),
          TEST(a_disk_without_locks_is_not_another_process), TEST(what_is_not_ours_is_left_alone),
          TEST(an_interrupted_call_is_made_again), TEST(a_full_disk_says_what_to_do),
          TEST(a_refused_beginning_of_a_file_leaves_nothing),
          TEST(what_was_promised_before_a_refusal_is_kept),
          TEST(what_can_be_neither_synced_nor_removed_is_given_back),
          TEST(a_write_that_cannot_be_taken_back_ends_its_file),
          TEST(more_than_one_write_holds_is_kept_whole_or_not_at_all),
          TEST(an_item_that_is_too_large_is_refused),
          TEST(a_file_that_is_shorter_than_it_was_cannot_be_read),
          TEST(a_file_that_cannot_be_removed_comes_again),
          TEST(nor_is_an_empty_one_passed_over_that_cannot_be_removed),
          TEST(a_damaged_one_that_cannot_be_put_aside_stays), TEST(there_may_be_many_files),
          TEST(how_long_the_disk_takes_is_noted))
