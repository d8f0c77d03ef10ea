/* What only SQLite can do wrong: the file. */
#include "store/store_kit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/sqlite/tend.h"

static struct str path_of(struct str url)
{
    return str_sub(url, strlen("sqlite:"), url.n);
}

static bool open_again(struct str url, struct err *e)
{
    struct store *s;

    if (!store_open(&(struct store_options){.url = url, .clock = &clock_system, .exclusive = true},
                    &s, e))
        return false;
    store_close(s);
    return true;
}

static void f015_a_second_process_is_refused(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct err e = {.code = ERR_NONE};
    struct str url;

    (void)state;
    assert_non_null(test_store_empty(STORE_SQLITE, &clock_system, a, &url));
    const pid_t child = fork();
    if (child == 0)
        _exit(open_again(url, &e) ? 1 : 0);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);

    assert_refused(open_again(url, &e), &e, ERR_UNAVAILABLE);
    const struct str pid = str_fmt(a, "process %ld", (long)getpid());
    assert_true(str_contains(str_from(e.text), pid));
    assert_true(e.n_fix > 0);
}

static void the_lock_ends_with_the_store(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct err e = {.code = ERR_NONE};
    const struct str url = str_fmt(a, "sqlite:%s", test_path(test_tmpdir(a), "new/x.db", a));

    (void)state;
    assert_ok(open_again(url, &e), &e); // makes the directory
    assert_ok(open_again(url, &e), &e);
}

static void what_cannot_be_a_database_is_refused(void **state)
{
    static const struct {
        const char *tail;
        enum err_code code;
    } refused[] = {
        {"", ERR_UNAVAILABLE}, // a directory
        {"/no/such/directory/x.db", ERR_UNAVAILABLE},
        {"/text", ERR_UNAVAILABLE},
    };
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const char *dir = test_tmpdir(a);
    FILE *f = fopen(test_path(dir, "text", a), "we");

    (void)state;
    for (int i = 0; i < 1000; i++)
        fputs("This is not a database. ", f);
    fclose(f);
    FOR_EACH_ROW (row, refused) {
        struct err e = {.code = ERR_NONE};
        const bool ok = open_again(str_fmt(a, "sqlite:%s%s", dir, row->tail), &e);
        assert_row(!ok && e.code == row->code && e.n_fix > 0, row->tail);
    }
    struct err e = {.code = ERR_NONE};
    assert_refused(open_again(STR("sqlite::memory:"), &e), &e, ERR_INVALID);
    err_clear(&e);
    assert_refused(open_again(STR("sqlite:"), &e), &e, ERR_INVALID);
    err_clear(&e);
    assert_refused(open_again(STR("mysql://x"), &e), &e, ERR_INVALID);
}

static void the_file_is_for_its_owner_only(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct str url;
    struct stat st;

    (void)state;
    assert_non_null(test_store_empty(STORE_SQLITE, &clock_system, a, &url));
    assert_int_equal(stat(str_z(path_of(url), a), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

/* The first look is taken when the store opens, the next one a second later at the earliest; so the
 * store is opened, robbed, and asked until the second is over. */
static void loses(const char *tail)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct err e = {.code = ERR_NONE};
    struct str url;
    struct store *s = test_store_empty(STORE_SQLITE, &clock_system, a, &url);
    struct db *db = store_connect(s, STORE_WORK);
    const usec_t start = clock_monotonic(&clock_system);

    assert_ok(db_ping(db, &e), &e);
    const char *path = str_z(str_fmt(a, STR_FMT "%s", STR_ARG(path_of(url)), tail), a);
    const char *away = str_z(str_fmt(a, "%s.away", path), a);
    assert_int_equal(rename(path, away), 0);
    const int fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600); // another file of that name
    assert_true(fd >= 0);
    close(fd);
    bool noticed = false;
    while (!noticed && clock_monotonic(&clock_system) - start < SECONDS(30)) {
        noticed = !db_begin(db, &e);
        db_rollback(db);
    }
    assert_true(noticed && db_lost(db));
    assert_int_equal(e.code, ERR_UNAVAILABLE);
    err_clear(&e);
    assert_int_equal(rename(away, path), 0); // put back: it goes on
    assert_ok(db_ping(db, &e), &e);
    db_close(db);
}

static void f040_a_file_that_was_replaced_is_noticed(void **state)
{
    (void)state;
    loses("");
}

static void f040_a_log_that_was_replaced_is_noticed(void **state)
{
    (void)state;
    loses("-wal");
}

/* Also within the second in which nobody looks. */
static void f040_nothing_is_written_into_what_took_the_place_of_the_file(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct err e = {.code = ERR_NONE};
    struct str url;
    struct store *s = test_store_empty(STORE_SQLITE, &clock_system, a, &url);
    _cleanup_(db_closep) struct db *db = store_connect(s, STORE_WORK);
    const char *path = str_z(path_of(url), a), *away = str_z(str_fmt(a, "%s.away", path), a);

    (void)state;
    assert_int_equal(rename(path, away), 0);
    close(open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600));
    assert_refused(db_begin(db, &e), &e, ERR_UNAVAILABLE);
    assert_true(db_lost(db));
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, 0);

    assert_int_equal(rename(away, path), 0);
    assert_ok(db_begin(db, &e), &e);
    db_rollback(db);
}

static void the_log_is_cut_back(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct err e = {.code = ERR_NONE};
    struct str url;
    struct store *s = test_store_empty(STORE_SQLITE, &clock_system, a, &url);
    struct stat st;

    (void)state;
    kit_prepare(s);
    struct db *reader = store_connect(s, STORE_READ), *db = store_connect(s, STORE_WORK);
    const struct str large = {arena_alloc(a, 4 << 20), 4 << 20};
    memset((char *)(uintptr_t)large.p, 'x', large.n);
    assert_ok(db_begin(reader, &e), &e); // holds the log open, so that it only grows
    assert_int_equal(kit_count(reader, a), 0);
    for (int64_t i = 0; i < 18; i++)
        kit_exec(db, K_INSERT_ONE,
                 BINDS(bind_int("id", i), bind_int("n", 0), bind_str("t", large),
                       bind_int("b", INT_NONE), bind_time("at", TIME_NONE), bind_str("j", STR_NONE),
                       bind_str("r", STR_NONE), bind_str("d", STR_NONE)));
    const char *log = str_z(str_fmt(a, STR_FMT "-wal", STR_ARG(path_of(url))), a);
    assert_int_equal(stat(log, &st), 0);
    assert_true(st.st_size > 64 << 20);
    assert_ok(store_checkpoint(s, &e), &e); // in vain, which is no failure
    assert_int_equal(stat(log, &st), 0);
    assert_true(st.st_size > 64 << 20);
    db_rollback(reader);
    assert_ok(store_checkpoint(s, &e), &e);
    assert_int_equal(stat(log, &st), 0);
    assert_int_equal(st.st_size, 0);
    assert_int_equal(kit_count(db, a), 18);
    db_close(reader);
    db_close(db);
}

/* The log as a store with a small bound has it, and what is known of it. */
struct tended {
    struct sqlite_store *s;
    struct str url;
    struct arena *a;
    int n;
};

enum { BOUND = 1024 * 1024, BOUND_PAGES = BOUND / 4096 };

static struct tended tended_store(struct arena *a)
{
    struct tended t = {.a = a};
    struct store *s = test_store_empty(STORE_SQLITE, &clock_system, a, &t.url);

    t.s = container_of(s, struct sqlite_store, base);
    t.s->log_bound = BOUND;
    kit_prepare(s);
    return t;
}

/* One transaction of a sixteenth of the bound. */
static void grow(struct tended *t, enum store_use use)
{
    _cleanup_(db_closep) struct db *db = store_connect(&t->s->base, use);
    const struct str text = {arena_alloc(t->a, BOUND / 16), BOUND / 16};
    struct err e = {.code = ERR_NONE};

    memset((char *)(uintptr_t)text.p, 'x', text.n);
    assert_ok(db_begin(db, &e), &e);
    kit_exec(db, K_INSERT_ONE,
             BINDS(bind_int("id", t->n++), bind_int("n", 0), bind_str("t", text),
                   bind_int("b", INT_NONE), bind_time("at", TIME_NONE), bind_str("j", STR_NONE),
                   bind_str("r", STR_NONE), bind_str("d", STR_NONE)));
    assert_ok(db_commit(db, &e), &e);
}

static void grow_to(struct tended *t, enum store_use use, int percent)
{
    while (t->s->log_pages * 100 < BOUND_PAGES * percent)
        grow(t, use);
}

/* Many commits of these in turn; how large the log was at most. */
static int64_t largest_log(const enum store_use *uses, size_t n_uses)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct tended t = tended_store(a);
    struct stat st;
    int64_t most = 0;

    for (size_t i = 0; i < 200; i++) {
        grow(&t, uses[i % n_uses]);
        assert_int_equal(stat(str_z(str_fmt(a, STR_FMT "-wal", STR_ARG(path_of(t.url))), a), &st),
                         0);
        most = st.st_size > most ? st.st_size : most;
    }
    return most;
}

static void the_log_begins_anew_whoever_writes(void **state)
{
    static const enum store_use both[] = {STORE_INGEST, STORE_WORK};

    (void)state;
    assert_in_range(largest_log(both, 2), BOUND / 2, BOUND);
    assert_in_range(largest_log(both + 1, 1), BOUND / 2, BOUND);
    assert_in_range(largest_log(both, 1), BOUND / 2, BOUND);
}

static void the_log_is_copied_back_by_who_is_not_waited_for(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct tended t = tended_store(a);

    (void)state;
    grow_to(&t, STORE_INGEST, 75);
    assert_int_equal(t.s->log_tried, 0);
    grow(&t, STORE_WORK);
    assert_int_equal(t.s->log_tried, t.s->log_pages);
    assert_int_equal(t.s->log_copied, t.s->log_pages);
    grow(&t, STORE_INGEST); // into a log that begins anew
    assert_true(t.s->log_pages * 10 < BOUND_PAGES);
    assert_int_equal(t.s->log_tried, 0);
    assert_int_equal(t.s->log_copied, 0);
}

static void what_a_reader_kept_in_the_log_is_not_left_to_the_inbox(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct tended t = tended_store(a);
    _cleanup_(db_closep) struct db *reader = store_connect(&t.s->base, STORE_READ);
    struct err e = {.code = ERR_NONE};

    (void)state;
    grow_to(&t, STORE_INGEST, 30);
    assert_ok(db_begin(reader, &e), &e);
    assert_true(kit_count(reader, a) > 0);
    const int seen = t.s->log_pages;
    grow_to(&t, STORE_WORK, 150);
    assert_int_equal(t.s->log_copied, seen);
    db_rollback(reader);
    grow(&t, STORE_INGEST);
    assert_int_equal(t.s->log_copied, seen);
    grow(&t, STORE_WORK);
    assert_int_equal(t.s->log_copied, t.s->log_pages);
}

static void a_broken_store_copies_nothing_back(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct tended t = tended_store(a);
    struct sqlite_db *d = sqlite_of(store_connect(&t.s->base, STORE_WORK));
    struct err e = {.code = ERR_NONE};

    (void)state;
    grow_to(&t, STORE_INGEST, 75);
    assert_ok(db_ping(&d->base, &e), &e);
    atomic_store(&t.s->broken, true); // by another, since this one has committed
    d->log_pages = t.s->log_pages;
    tend_log(d);
    assert_int_equal(t.s->log_copied, 0);
    db_close(&d->base);
}

/* A limit on the size of files is a full disk that a test can have to itself. */
static void limit_files(rlim_t bytes)
{
    struct rlimit files;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &files), 0);
    files.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &files), 0);
}

static void a_full_disk_is_noticed_by_who_writes(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct err e = {.code = ERR_NONE};
    struct str url;
    struct store *s = test_store_empty(STORE_SQLITE, &clock_system, a, &url);
    _cleanup_(db_closep) struct db *writer = store_connect(s, STORE_INGEST);
    _cleanup_(db_closep) struct db *reader = store_connect(s, STORE_READ);

    (void)state;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_ok(db_ping(writer, &e), &e);
    limit_files(0);
    const bool reads = db_ping(reader, &e), writes = db_ping(writer, &e);
    limit_files(RLIM_INFINITY);
    assert_true(reads);
    assert_refused(writes, &e, ERR_UNAVAILABLE);
    assert_true(db_lost(writer));
    assert_ok(db_ping(writer, &e), &e);
}

TEST_MAIN(cmocka_unit_test(f015_a_second_process_is_refused),
          cmocka_unit_test(the_lock_ends_with_the_store),
          cmocka_unit_test(what_cannot_be_a_database_is_refused),
          cmocka_unit_test(the_file_is_for_its_owner_only),
          cmocka_unit_test(f040_a_file_that_was_replaced_is_noticed),
          cmocka_unit_test(f040_a_log_that_was_replaced_is_noticed),
          cmocka_unit_test(f040_nothing_is_written_into_what_took_the_place_of_the_file),
          cmocka_unit_test(the_log_is_cut_back),
          cmocka_unit_test(the_log_begins_anew_whoever_writes),
          cmocka_unit_test(the_log_is_copied_back_by_who_is_not_waited_for),
          cmocka_unit_test(what_a_reader_kept_in_the_log_is_not_left_to_the_inbox),
          cmocka_unit_test(a_broken_store_copies_nothing_back),
          cmocka_unit_test(a_full_disk_is_noticed_by_who_writes))
