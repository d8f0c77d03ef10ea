/* The disk that loses its power, held against what it says of itself; then SQLite upon it. */
#include "test/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>

#include "test/crash_vfs.h"
#include "test/test.h"

enum { CUTS = 200, PAGE = 4096 };

static const struct disk_options plain = {.seed = 1};

static int make(struct disk *d, const char *name)
{
    const struct files *f = disk_files(d);
    const int fd = f->open(f, FILES_CWD, name, O_RDWR | O_CREAT, 0600);
    assert_true(fd >= 0);
    return fd;
}

static void put(struct disk *d, int fd, const char *text)
{
    const struct files *f = disk_files(d);
    assert_int_equal(f->write(f, fd, text, strlen(text)), strlen(text));
}

static void sync_file(struct disk *d, int fd)
{
    const struct files *f = disk_files(d);
    assert_int_equal(f->sync(f, fd), 0);
}

static void sync_root(struct disk *d)
{
    const struct files *f = disk_files(d);
    const int dir = f->open(f, FILES_CWD, ".", O_RDONLY | O_DIRECTORY, 0);
    assert_true(dir >= 0);
    assert_int_equal(f->sync_dir(f, dir), 0);
    assert_int_equal(f->close(f, dir), 0);
}

/* What a file is after each of many cuts: how often it is one of these texts. */
struct seen {
    size_t n[8], absent, other;
};

static struct seen look(const struct disk *d, const char *name, const char *const *texts, size_t n)
{
    struct rng rng = rng_seeded(7);
    struct seen seen = {0};

    for (int i = 0; i < CUTS; i++) {
        _cleanup_(disk_destroyp) struct disk *left = disk_after_cut(d, &plain, &rng);
        _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
        const struct str got = disk_read(left, name, a);
        size_t k = 0;
        while (k < n && !str_eq(got, str_from(texts[k])))
            k++;
        if (str_is_none(got))
            seen.absent++;
        else if (k < n)
            seen.n[k]++;
        else
            seen.other++;
    }
    return seen;
}

static void what_was_synced_is_there(void **state)
{
    static const char *const texts[] = {"kept"};
    _cleanup_(disk_destroyp) struct disk *d = disk_create(&plain);
    const int fd = make(d, "a");

    (void)state;
    put(d, fd, "kept");
    sync_file(d, fd);
    struct seen seen = look(d, "a", texts, 1);
    assert_true(seen.absent > 0 && seen.n[0] > 0); // its name was not
    sync_root(d);
    seen = look(d, "a", texts, 1);
    assert_int_equal(seen.n[0], CUTS);
}

static void what_was_not_synced_is_there_or_not_in_any_order(void **state)
{
    static const char *const texts[] = {"....", "one.", "..tw", "ontw"};
    _cleanup_(disk_destroyp) struct disk *d = disk_create(&plain);
    const struct files *f = disk_files(d);
    const int fd = make(d, "a"), again = make(d, "a");

    (void)state;
    put(d, fd, "....");
    sync_file(d, fd);
    sync_root(d);
    put(d, again, "one");
    assert_int_equal(f->close(f, again), 0);
    const int third = make(d, "a");
    char skipped[2];
    assert_int_equal(f->read(f, third, skipped, 2), 2);
    put(d, third, "tw");
    const struct seen seen = look(d, "a", texts, LEN(texts));
    for (size_t i = 0; i < LEN(texts); i++) // the third: the later one alone
        assert_true(seen.n[i] > 0);
    assert_int_equal(seen.other, 0);
}

static void a_write_is_torn_between_sectors_only(void **state)
{
    _cleanup_(disk_destroyp) struct disk *d = disk_create(&plain);
    const int fd = make(d, "a");
    struct rng rng = rng_seeded(3);
    char page[2 * PAGE];
    size_t torn = 0;

    (void)state;
    memset(page, 'x', sizeof page);
    assert_int_equal(disk_files(d)->write(disk_files(d), fd, page, sizeof page), sizeof page);
    sync_root(d);
    for (int i = 0; i < CUTS; i++) {
        _cleanup_(disk_destroyp) struct disk *left = disk_after_cut(d, &plain, &rng);
        _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
        const struct str got = disk_read(left, "a", a);
        size_t filled = 0;
        for (size_t at = 0; at < got.n; at += 512) {
            for (size_t k = at; k < at + 512; k++)
                assert_int_equal(got.p[k], got.p[at]);
            filled += got.p[at] == 'x';
        }
        torn += filled > 0 && filled < sizeof page / 512;
    }
    assert_true(torn > 0);
}

static void names_change_or_not(void **state)
{
    static const char *const texts[] = {"1", "2"};
    _cleanup_(disk_destroyp) struct disk *d = disk_create(&plain);
    const struct files *f = disk_files(d);
    const int one = make(d, "a"), two = make(d, "b");

    (void)state;
    put(d, one, "1");
    put(d, two, "2");
    sync_file(d, one);
    sync_file(d, two);
    sync_root(d);
    assert_int_equal(f->rename(f, FILES_CWD, "b", "a"), 0);
    struct seen seen = look(d, "a", texts, 2);
    assert_true(seen.n[0] > 0 && seen.n[1] > 0 && seen.n[0] + seen.n[1] == CUTS);
    sync_root(d);
    seen = look(d, "a", texts, 2);
    assert_int_equal(seen.n[1], CUTS);
    assert_int_equal(f->remove(f, FILES_CWD, "a"), 0);
    seen = look(d, "a", texts, 2);
    assert_true(seen.n[1] > 0 && seen.absent > 0 && seen.n[1] + seen.absent == CUTS);
}

static void what_a_failed_sync_lost_no_later_sync_brings_back(void **state)
{
    static const char *const texts[] = {"oldnew", "old"};
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    size_t lost = 0;

    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        _cleanup_(disk_destroyp) struct disk *d = disk_create(&(struct disk_options){.seed = seed});
        const int fd = make(d, "a");
        put(d, fd, "old");
        sync_file(d, fd);
        sync_root(d);
        put(d, fd, "new");
        disk_fail(d, (struct disk_failure){.kinds = DISK_IS(DISK_SYNC), .nth = 1, .error = EIO});
        assert_int_equal(disk_files(d)->sync(disk_files(d), fd), -1);
        assert_int_equal(errno, EIO);
        sync_file(d, fd); // it says that all is well
        assert_str(disk_read(d, "a", a), "oldnew");
        const struct seen seen = look(d, "a", texts, 2);
        assert_true(seen.n[0] == CUTS || seen.n[1] == CUTS || seen.other == CUTS); // zeros
        lost += seen.n[0] == 0;
    }
    assert_true(lost > 0 && lost < 20);
}

static void a_full_disk_takes_what_fits(void **state)
{
    _cleanup_(disk_destroyp) struct disk *d =
        disk_create(&(struct disk_options){.seed = 1, .capacity = 6});
    const struct files *f = disk_files(d);
    const int fd = make(d, "a");

    (void)state;
    put(d, fd, "four");
    assert_int_equal(f->write(f, fd, "four", 4), 2);
    assert_int_equal(f->write(f, fd, "ur", 2), -1);
    assert_int_equal(errno, ENOSPC);
    disk_set_capacity(d, 0);
    put(d, fd, "ur");
}

// --- looks ---------------------------------------------------------------------------------------

static void fail_look(struct disk *d, enum disk_kind kind, int error)
{
    disk_fail(d, (struct disk_failure){.kinds = DISK_IS(kind), .nth = 1, .error = error});
}

static void a_look_fails_once_and_changes_nothing(void **state)
{
    _cleanup_(disk_destroyp) struct disk *d = disk_create(&plain);
    const struct files *f = disk_files(d);
    const int fd = make(d, "a");
    const uint64_t n_ops = disk_n_ops(d);
    struct stat st;
    char c;

    (void)state;
    fail_look(d, DISK_OPEN, EMFILE);
    assert_int_equal(f->open(f, FILES_CWD, "b", O_RDWR | O_CREAT, 0600), -1);
    assert_int_equal(errno, EMFILE);
    fail_look(d, DISK_READ, EIO);
    assert_int_equal(f->read(f, fd, &c, 1), -1);
    assert_int_equal(errno, EIO);
    assert_int_equal(f->read(f, fd, &c, 1), 0);
    fail_look(d, DISK_STAT, EIO);
    assert_int_equal(f->stat(f, FILES_CWD, "a", &st, 0), -1);
    assert_int_equal(errno, EIO);
    assert_int_equal(f->stat(f, FILES_CWD, "a", &st, 0), 0);
    fail_look(d, DISK_STAT, EIO);
    assert_int_equal(f->fstat(f, fd, &st), -1);
    assert_int_equal(errno, EIO);
    assert_int_equal(f->fstat(f, fd, &st), 0);
    assert_int_equal(disk_n_ops(d), n_ops);
    assert_int_equal(disk_n_open(d), 1);
    assert_int_equal(f->close(f, fd), 0);
    assert_int_equal(disk_n_open(d), 0);
}

static void a_short_read_gives_half_and_goes_on_behind_it(void **state)
{
    _cleanup_(disk_destroyp) struct disk *d = disk_create(&plain);
    const struct files *f = disk_files(d);
    char got[4] = {0};

    (void)state;
    put(d, make(d, "a"), "four");
    const int fd = make(d, "a");
    disk_fail(d, (struct disk_failure){.kinds = DISK_IS(DISK_READ), .nth = 1, .halves = true});
    assert_int_equal(f->read(f, fd, got, 4), 2);
    assert_int_equal(f->read(f, fd, got + 2, 2), 2);
    assert_memory_equal(got, "four", 4);
}

static void count_name(const char *name, void *arg)
{
    (void)name;
    ++*(size_t *)arg;
}

static void a_directory_that_cannot_be_read_names_some(void **state)
{
    _cleanup_(disk_destroyp) struct disk *d = disk_create(&plain);
    const struct files *f = disk_files(d);
    size_t n = 0;

    (void)state;
    (void)make(d, "a");
    (void)make(d, "b");
    const int dir = f->open(f, FILES_CWD, ".", O_RDONLY | O_DIRECTORY, 0);
    fail_look(d, DISK_READ, EIO);
    assert_false(f->list(f, dir, count_name, &n));
    assert_int_equal(errno, EIO);
    assert_int_equal(n, 1);
    assert_true(f->list(f, dir, count_name, &n));
    assert_int_equal(n, 3);
}

static int cut_at_second_write(struct disk *d, const struct disk_op *op, void *arg)
{
    int *n = arg;
    if (op->kind == DISK_WRITE && ++*n == 2)
        disk_cut(d);
    return 0;
}

static void nothing_works_without_power_and_old_handles_never_again(void **state)
{
    static const char *const texts[] = {"1", "12"};
    _cleanup_(disk_destroyp) struct disk *d = disk_create(&plain);
    const struct files *f = disk_files(d);
    const int fd = make(d, "a");
    struct rng rng = rng_seeded(1);
    struct stat st;
    int n = 0;
    char c;

    (void)state;
    disk_set_hook(d, cut_at_second_write, &n);
    put(d, fd, "1");
    sync_file(d, fd);
    sync_root(d);
    assert_int_equal(f->write(f, fd, "2", 1), -1); // and may have happened all the same
    assert_int_equal(f->read(f, fd, &c, 1), -1);
    assert_int_equal(f->stat(f, FILES_CWD, "a", &st, 0), -1);
    const struct seen seen = look(d, "a", texts, 2);
    assert_true(seen.n[0] > 0 && seen.n[1] > 0 && seen.absent == 0);

    disk_set_hook(d, NULL, NULL);
    disk_reboot(d, &rng);
    assert_int_equal(f->read(f, fd, &c, 1), -1);
    assert_int_equal(errno, EBADF);
    const int other = make(d, "a");
    assert_int_not_equal(other, fd);
    assert_int_equal(f->read(f, other, &c, 1), 1);
    assert_int_equal(f->close(f, fd), 0);
    assert_int_equal(f->close(f, other), 0);
}

// --- SQLite --------------------------------------------------------------------------------------

static sqlite3 *open_db(struct disk *d)
{
    sqlite3 *db;
    if (sqlite3_open_v2("a.db", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                        disk_files(d)->sqlite_vfs) != SQLITE_OK)
        fail_msg("%s", sqlite3_errmsg(db));
    return db;
}

static void must(sqlite3 *db, const char *sql)
{
    char *why = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", sql, why);
}

/* -1: the table is not there, or cannot be read. */
static int number(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    const bool found = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
                       sqlite3_step(stmt) == SQLITE_ROW;
    const int n = found ? sqlite3_column_int(stmt, 0) : -1;
    sqlite3_finalize(stmt);
    return n;
}

static void a_log_is_shared_and_locked_like_a_real_one(void **state)
{
    _cleanup_(disk_destroyp) struct disk *d = disk_create(&plain);
    sqlite3 *one = open_db(d), *two = open_db(d);

    (void)state;
    must(one, "PRAGMA journal_mode=WAL; CREATE TABLE t (n); INSERT INTO t VALUES (1)");
    must(two, "BEGIN; SELECT * FROM t");
    must(one, "INSERT INTO t VALUES (2)");
    assert_int_equal(number(two, "SELECT count(*) FROM t"), 1); // a reader keeps its view
    must(two, "COMMIT");
    assert_int_equal(number(two, "SELECT count(*) FROM t"), 2);
    must(one, "BEGIN IMMEDIATE");
    assert_int_equal(sqlite3_exec(two, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_BUSY);
    must(one, "COMMIT");
    must(two, "PRAGMA wal_checkpoint(TRUNCATE)");
    assert_int_equal(number(one, "SELECT count(*) FROM t"), 2);
    sqlite3_close(one);
    sqlite3_close(two);
}

/* As SQLite's own VFS does it. */
static void what_cannot_be_opened_for_writing_is_opened_for_reading(void **state)
{
    _cleanup_(disk_destroyp) struct disk *d = disk_create(&plain);

    (void)state;
    sqlite3 *db = open_db(d);
    must(db, "CREATE TABLE t (n); INSERT INTO t VALUES (1)");
    sqlite3_close(db);
    fail_look(d, DISK_OPEN, EMFILE);
    db = open_db(d);
    assert_int_equal(number(db, "SELECT count(*) FROM t"), 1);
    assert_int_equal(sqlite3_exec(db, "INSERT INTO t VALUES (2)", NULL, NULL, NULL),
                     SQLITE_READONLY);
    fail_look(d, DISK_READ, EIO);
    assert_int_equal(number(db, "SELECT count(*) FROM t, t"), -1);
    sqlite3_close(db);
}

/* The number of rows after every cut, against those whose commits had returned. */
static size_t count_losses(const char *settings, bool lies)
{
    _cleanup_(disk_destroyp) struct disk *d =
        disk_create(&(struct disk_options){.seed = 1, .history = true, .lies = lies});
    _cleanup_(disk_destroyp) struct disk *past =
        disk_create(&(struct disk_options){.seed = 1, .lies = lies});
    enum { ROWS = 20 };
    uint64_t committed_at[ROWS];
    struct rng rng = rng_seeded(2);
    sqlite3 *db = open_db(d);
    size_t losses = 0;

    crash_vfs_seed(1);
    must(db, settings);
    must(db, "CREATE TABLE t (n INTEGER PRIMARY KEY, filling)");
    sync_root(d);
    const uint64_t from = disk_n_ops(d);
    for (int i = 0; i < ROWS; i++) {
        must(db, "INSERT INTO t (filling) VALUES (randomblob(3000))");
        if (i % 7 == 6)
            must(db, "PRAGMA wal_checkpoint(TRUNCATE)");
        committed_at[i] = disk_n_ops(d);
    }
    const uint64_t to = disk_n_ops(d);
    sqlite3_close(db);

    for (uint64_t index = from; index <= to; index++) {
        disk_follow(past, d, index);
        struct disk *left = disk_after_cut(past, &plain, &rng);
        int promised = 0;
        while (promised < ROWS && committed_at[promised] <= index)
            promised++;
        sqlite3 *after = open_db(left);
        const int found = number(after, "SELECT count(*) FROM t");
        losses += found < promised || number(after, "SELECT max(n) FROM t") > promised + 1 ||
                  number(after, "SELECT count(*) FROM pragma_integrity_check"
                                " WHERE integrity_check <> 'ok'") != 0;
        sqlite3_close(after);
        disk_destroy(left);
    }
    return losses;
}

static void sqlite_keeps_its_word_when_the_disk_does(void **state)
{
    (void)state;
    assert_int_equal(count_losses("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL", false), 0);
    assert_int_equal(count_losses("PRAGMA journal_mode=DELETE; PRAGMA synchronous=EXTRA", false),
                     0);
}

/* If these lost nothing, the tests of power cuts would prove nothing. */
static void losses_are_found_where_there_must_be_some(void **state)
{
    (void)state;
    assert_true(count_losses("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL", false) > 0);
    assert_true(count_losses("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF", false) > 0);
    assert_true(count_losses("PRAGMA journal_mode=DELETE; PRAGMA synchronous=OFF", false) > 0);
    assert_true(count_losses("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL", true) > 0);
}

TEST_MAIN(cmocka_unit_test(what_was_synced_is_there),
          cmocka_unit_test(what_was_not_synced_is_there_or_not_in_any_order),
          cmocka_unit_test(a_write_is_torn_between_sectors_only),
          cmocka_unit_test(names_change_or_not),
          cmocka_unit_test(what_a_failed_sync_lost_no_later_sync_brings_back),
          cmocka_unit_test(a_full_disk_takes_what_fits),
          cmocka_unit_test(a_look_fails_once_and_changes_nothing),
          cmocka_unit_test(a_short_read_gives_half_and_goes_on_behind_it),
          cmocka_unit_test(a_directory_that_cannot_be_read_names_some),
          cmocka_unit_test(nothing_works_without_power_and_old_handles_never_again),
          cmocka_unit_test(a_log_is_shared_and_locked_like_a_real_one),
          cmocka_unit_test(what_cannot_be_opened_for_writing_is_opened_for_reading),
          cmocka_unit_test(sqlite_keeps_its_word_when_the_disk_does),
          cmocka_unit_test(losses_are_found_where_there_must_be_some))
