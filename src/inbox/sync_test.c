/*
 * What is acknowledged was synced before. The test stands between the program (SQLite included) and
 * the calls of the system that sync, looks at which file is meant, and can let one fail.
 */
#include "test/store.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "inbox/inbox.h"
#include "inbox/spool.h"

#define SOON SECONDS(20) /* a deadline, never a pause */

static atomic_int n_log, n_spool, n_spool_dir; /* syncs of each that succeeded */
static atomic_bool log_fails_once;

static bool ends_in(const char *path, const char *end)
{
    return str_ends(str_from(path), str_from(end));
}

static int sync_of(long number, int fd)
{
    char link[64], path[4096] = "";

    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if (readlink(link, path, sizeof path - 1) < 0)
        path[0] = '\0';
    if (ends_in(path, "-wal") && atomic_exchange(&log_fails_once, false)) {
        errno = EIO;
        return -1;
    }
    if (syscall(number, fd) != 0)
        return -1;
    atomic_fetch_add(&n_log, ends_in(path, "-wal"));
    atomic_fetch_add(&n_spool, ends_in(path, ".spool"));
    atomic_fetch_add(&n_spool_dir, ends_in(path, "/spool"));
    return 0;
}

int fdatasync(int fd)
{
    return sync_of(SYS_fdatasync, fd);
}

int fsync(int fd)
{
    return sync_of(SYS_fsync, fd);
}

// --- the store -----------------------------------------------------------------------------------

/* What is written is something else each time: what changes nothing needs no sync. */
static bool commit_one(struct db *db, bool light, struct err *e)
{
    static int64_t now;

    now++;
    if (!(light ? db_begin_light(db, e) : db_begin(db, e)))
        return false;
    if (!db_exec(db, Q_QUEUE_LEASE_HOLD,
                 BINDS(bind_str("token", STR("t")), bind_str("queue", STR("q")),
                       bind_str("owner", STR("o")), bind_time("now", now), bind_int("lease_us", 1)),
                 NULL, e)) {
        db_rollback(db);
        return false;
    }
    return db_commit(db, e);
}

static void a_commit_returns_after_the_log_was_synced(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct store *s = test_store(STORE_SQLITE, &clock_system, a);
    _cleanup_(db_closep) struct db *db = store_connect(s, STORE_WORK);
    struct err e = {0};

    (void)state;
    for (int i = 0; i < 3; i++) {
        const int before = atomic_load(&n_log);
        assert_ok(commit_one(db, false, &e), &e);
        assert_true(atomic_load(&n_log) > before);
        assert_ok(commit_one(db, true, &e), &e); // after which the next is durable again
    }
}

static void f032_a_failed_sync_is_never_taken_for_a_success(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct store *s = test_store(STORE_SQLITE, &clock_system, a);
    _cleanup_(db_closep) struct db *db = store_connect(s, STORE_WORK);
    struct err e = {0};

    (void)state;
    assert_ok(commit_one(db, false, &e), &e);
    atomic_store(&log_fails_once, true);
    assert_refused(commit_one(db, false, &e), &e, ERR_UNAVAILABLE);
    assert_false(atomic_load(&log_fails_once)); // it struck
    assert_true(store_is_broken(s));
    err_clear(&e);
    assert_refused(commit_one(db, false, &e), &e, ERR_UNAVAILABLE); // though it would work
}

// --- the spool -----------------------------------------------------------------------------------

static void the_spool_promises_after_a_sync(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const char *path = test_path(test_tmpdir(a), "spool", a);
    const struct inbox_item item = {.project = 1, .dedupe_key = STR("k"), .payload = STR("{}")};
    const struct inbox_item *const items[] = {&item};
    struct err e = {0};
    struct spool *s;

    (void)state;
    assert_ok(spool_open(&(struct spool_options){.path = str_from(path), .file_size = 1}, &s, &e),
              &e);
    for (int i = 0; i < 3; i++) { // each in a file of its own, whose name must last as well
        const int files = atomic_load(&n_spool), names = atomic_load(&n_spool_dir);
        assert_ok(spool_append(s, items, 1, &e), &e);
        assert_true(atomic_load(&n_spool) > files);
        assert_true(atomic_load(&n_spool_dir) > names);
    }
    spool_close(s);
}

// --- the inbox -----------------------------------------------------------------------------------

struct sent {
    struct inbox_append append;
    struct mailbox *done;
    enum inbox_result result;
    int synced; /* syncs of the log when the answer came */
};

static void on_done(struct inbox_append *ap, enum inbox_result result)
{
    struct sent *s = container_of(ap, struct sent, append);

    s->result = result;
    s->synced = atomic_load(&n_log);
    assert_true(mailbox_push(s->done, &ap->task));
}

static void an_event_is_acknowledged_after_a_sync(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct store *store = test_store(STORE_SQLITE, &clock_system, a);
    const char *spool = test_path(test_tmpdir(a), "spool", a);
    struct mailbox *done = mailbox_create();
    struct err e = {0};
    struct inbox *in;

    (void)state;
    assert_ok(inbox_start(&(struct inbox_options){.store = store,
                                                  .clock = &clock_system,
                                                  .spool_path = str_from(spool)},
                          &in, &e),
              &e);
    for (int i = 0; i < 20; i++) {
        const int before = atomic_load(&n_log);
        struct sent s = {.done = done, .append = {.on_done = on_done}};
        s.append.item = (struct inbox_item){.project = 1,
                                            .provider = STR("twilio"),
                                            .source = STR("twilio_voice"),
                                            .event_type = STR("call-status"),
                                            .lane = STR("CA1"),
                                            .dedupe_key = str_fmt(a, "k%d", i),
                                            .payload = STR("{}"),
                                            .received_at = SECONDS(1700000000)};
        assert_true(inbox_submit(in, &s.append));
        assert_non_null(mailbox_take_one(done, SOON));
        assert_int_equal(s.result, INBOX_STORED);
        assert_true(s.synced > before);
    }
    inbox_stop(in);
    mailbox_destroy(done);
}

TEST_MAIN(cmocka_unit_test(a_commit_returns_after_the_log_was_synced),
          cmocka_unit_test(f032_a_failed_sync_is_never_taken_for_a_success),
          cmocka_unit_test(the_spool_promises_after_a_sync),
          cmocka_unit_test(an_event_is_acknowledged_after_a_sync))
