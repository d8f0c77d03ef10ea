/*
 * Disks that fail while the machine goes on: full, broken, short of breath, read-only. One machine
 * per fault, each at another operation of the same small piece of work. Whatever it answered must
 * hold: a cut right after the fault finds all that was promised. When the fault goes away, the same
 * process goes on, unless a sync of the database had failed: then a new one has to.
 */
#include "store/disk_kit.h"

#include <sqlite3.h>

#define WRITING                                                                                    \
    (DISK_IS(DISK_WRITE) | DISK_IS(DISK_TRUNCATE) | DISK_IS(DISK_CREATE) |                         \
     DISK_IS(DISK_MAKE_DIR) | DISK_IS(DISK_RENAME))
#define SYNCING (DISK_IS(DISK_SYNC) | DISK_IS(DISK_SYNC_DIR))

static uint64_t sweep_used(struct trouble t)
{
    struct disk *used = used_disk();
    const uint64_t n = sweep(used, t);

    disk_destroy(used);
    return n;
}

static void f029_f030_f042_a_full_disk_at_any_write_loses_no_promise(void **state)
{
    (void)state;
    assert_true(sweep_used((struct trouble){.kinds = WRITING, .error = ENOSPC}) > 50 / STRIDE);
    assert_true(sweep_used((struct trouble){.kinds = WRITING, .error = EDQUOT, .lasts = true}) >
                15 / STRIDE);
}

static void f032_a_failed_sync_is_never_taken_for_one_that_worked(void **state)
{
    (void)state;
    assert_true(sweep_used((struct trouble){.kinds = SYNCING, .error = EIO}) > 5 / STRIDE);
    assert_true(sweep_used((struct trouble){.kinds = SYNCING, .error = EIO, .lasts = true}) >
                1 / STRIDE);
}

/* Somebody who reads the log keeps it from being begun anew. */
static sqlite3 *reader_of(struct disk *d)
{
    sqlite3 *h = NULL;

    assert_int_equal(
        sqlite3_open_v2("db/calls.db", &h, SQLITE_OPEN_READWRITE, disk_files(d)->sqlite_vfs),
        SQLITE_OK);
    assert_int_equal(sqlite3_exec(h, "BEGIN; SELECT 1 FROM webhook_inbox", NULL, NULL, NULL),
                     SQLITE_OK);
    return h;
}

static void tell_share(struct machine *m, size_t first)
{
    for (size_t i = first; i < first + SHARE; i++)
        machine_tell(m, i);
    machine_keep(m);
}

/* A process ended because its sync failed; its pages are still seen, and no sync will write them.
 * The next process waits for the log to be free, or loses what it builds on it. */
static void build_on_what_is_left(struct disk *d, uint64_t nth)
{
    struct machine m;
    struct trouble t = {.machine = &m, .kinds = SYNCING, .nth = nth, .error = EIO, .lasts = true};
    struct err e;

    assert_ok(machine_start(&m, d, START, &e), &e);
    disk_set_hook(d, on_op, &t);
    for (size_t i = 0; i < SHARE; i++) {
        machine_tell(&m, i);
        machine_keep(&m);
    }
    assert_true(store_is_broken(m.store));
    machine_stop(&m);
    t.over = true;

    sqlite3 *reader = reader_of(d);
    if (!machine_start(&m, d, START + LATER, &e)) {
        assert_int_equal(e.code, ERR_UNAVAILABLE);
        machine_stop(&m);
        sqlite3_close(TAKE(reader));
        assert_ok(machine_start(&m, d, START + LATER, &e), &e);
    }
    tell_share(&m, SHARE);
    for (size_t i = SHARE; i < TOLD; i++)
        assert_true(m.told[i].promised);
    expect_kept(&m, "behind a failed sync");
    machine_stop(&m);
    sqlite3_close(reader);
}

/* One world: a start that finds a reader tries for ten seconds. In this one luck keeps too little
 * of the third sync for what comes behind it. */
static void f032_nothing_is_built_on_what_a_failed_sync_left(void **state)
{
    struct disk *used = used_disk();
    struct rng rng = rng_seeded(1);
    struct disk *d = disk_after_cut(used, &(struct disk_options){.seed = 2}, &rng);

    (void)state;
    build_on_what_is_left(d, 3);
    disk_destroy(d);
    disk_destroy(used);
}

enum { CUTS_MAX = 200 };

/* What a cut before each operation would leave. */
struct cuts {
    struct disk *left[CUTS_MAX];
    size_t n;
    struct rng rng;
};

static int cut_before(struct disk *d, const struct disk_op *op, void *arg)
{
    struct cuts *c = arg;

    (void)op;
    if (c->n < LEN(c->left))
        c->left[c->n++] = disk_after_cut(d, &(struct disk_options){.seed = 3}, &c->rng);
    return 0;
}

/* The log that the next process finds is not the one on the disk: it sees the commit whose sync
 * failed, copies it into the file, and then the power goes. */
static void cut_while_copying_back(const struct disk *used, uint64_t nth)
{
    struct disk *d = copy_of(used);
    struct machine before, m;
    struct trouble t = {.machine = &before, .kinds = SYNCING, .nth = nth, .error = EIO};
    struct cuts cuts = {.rng = rng_seeded(nth)};
    struct err e;

    assert_ok(machine_start(&before, d, START, &e), &e);
    disk_set_hook(d, on_op, &t);
    for (size_t i = 0; i < SHARE; i++) {
        machine_tell(&before, i);
        machine_keep(&before);
        (void)machine_work(&before); // it may fail now
    }
    assert_true(store_is_broken(before.store));
    disk_set_hook(d, cut_before, &cuts);
    machine_stop(&before);
    assert_ok(machine_start(&m, d, START + LATER, &e), &e);
    disk_set_hook(d, NULL, NULL);
    machine_stop(&m);
    assert_true(cuts.n > 0);
    for (size_t i = 0; i < cuts.n; i++) {
        assert_ok(machine_start(&m, cuts.left[i], START + LATER, &e), &e);
        expect_promises(&before, &m, "cut while copying back");
        expect_sound(&m, "cut while copying back");
        machine_stop(&m);
        disk_destroy(cuts.left[i]);
    }
    disk_destroy(d);
}

static void f032_a_cut_while_a_lost_commit_is_copied_back_leaves_no_mixture(void **state)
{
    struct disk *used = used_disk();

    (void)state;
    for (uint64_t nth = 1; nth <= SHARE; nth++)
        cut_while_copying_back(used, nth);
    disk_destroy(used);
}

static void f036_a_disk_that_becomes_read_only_refuses_and_comes_back(void **state)
{
    (void)state;
    assert_true(sweep_used((struct trouble){.kinds = WRITING | DISK_IS(DISK_REMOVE),
                                            .error = EROFS,
                                            .lasts = true}) > 15 / STRIDE);
}

/* Short writes are completed: nobody notices. */
static void f034_a_short_write_is_completed(void **state)
{
    struct disk *used = used_disk();

    (void)state;
    for (uint64_t nth = 1; nth < FOR_EVER; nth += 15) { // all later ones are short too
        struct disk *d = copy_of(used);
        struct machine m;
        struct err e;
        disk_fail(
            d, (struct disk_failure){
                   .kinds = DISK_IS(DISK_WRITE), .nth = nth, .persistent = true, .halves = true});
        assert_ok(machine_start(&m, d, START, &e), &e);
        some_work(&m);
        const bool struck = disk_struck(d);
        for (size_t i = 0; i < TOLD; i++)
            assert_int_equal(m.told[i].result, INBOX_STORED);
        expect_kept(&m, "short writes");
        machine_stop(&m);
        disk_destroy(d);
        if (!struck)
            break;
    }
    disk_destroy(used);
}

/* The disk fills up for real: the last write takes what fits, the next one nothing. */
static void f034_f029_a_write_that_fits_in_part_leaves_no_hole(void **state)
{
    struct disk *used = used_disk();

    (void)state;
    for (uint64_t room = 0; room < 200000; room += 4777 * STRIDE) {
        struct disk *d = copy_of(used);
        struct machine m;
        struct err e;
        struct trouble t = {.machine = &m, .over = true};
        assert_ok(machine_start(&m, d, START, &e), &e);
        atomic_store(&m.queue.stopping, false);
        disk_set_hook(d, on_op, &t);
        disk_set_room(d, room);
        for (size_t i = 0; i < TOLD; i++) {
            machine_tell(&m, i);
            if (i % 7 == 6)
                machine_keep(&m);
        }
        machine_keep(&m);
        expect_kept(&m, "a full disk");
        disk_set_room(d, UINT64_MAX);
        expect_goes_on(&m, "a full disk");
        machine_stop(&m);
        disk_destroy(d);
    }
    disk_destroy(used);
}

static void f043_a_network_file_system_is_refused(void **state)
{
    static const struct {
        long type;
        const char *name;
    } rows[] = {{0x6969, "NFS"}, {0xff534d42, "CIFS"}, {0x00c36400, "Ceph"}, {0x01021997, "9P"}};

    (void)state;
    FOR_EACH_ROW (row, rows) {
        _cleanup_(disk_destroyp) struct disk *d =
            disk_create(&(struct disk_options){.seed = 1, .fs_type = row->type});
        struct machine m;
        struct err e;
        assert_refused(machine_start(&m, d, START, &e), &e, ERR_UNAVAILABLE);
        assert_row(str_contains(str_from(e.text), str_from(row->name)), row->name);
        machine_stop(&m);
    }
}

/* The process was killed, and a bit of the log turned over before the next one came. */
static int64_t start_damaged(const struct disk *d, const struct machine *before, uint64_t at,
                             struct arena *a)
{
    struct disk *left = disk_after_cut(d, &(struct disk_options){.seed = 4}, NULL);
    const struct str log = disk_read(left, "db/calls.db-wal", a);
    const char flipped = (char)(log.p[at] ^ 4);
    int64_t lost = -1;
    struct machine m;
    struct err e;

    disk_damage(left, "db/calls.db-wal", at, (struct str){&flipped, 1});
    if (machine_start(&m, left, START + LATER, &e)) {
        lost = store_lost_pages(m.store);
        expect_sound(&m, "a bit of the log");
        for (size_t i = 0; i < TOLD; i++)
            machine_tell(&m, i);
        machine_keep(&m);
        for (size_t i = 0; i < TOLD && lost == 0; i++)
            assert_true(m.told[i].result == INBOX_DUPLICATE || !before->told[i].promised);
    } else {
        assert_true(str_contains(str_from(e.text), STR("is not sound")));
    }
    machine_stop(&m);
    disk_destroy(left);
    return lost;
}

static void f038_a_bit_flip_in_the_log_loses_its_tail_and_is_reported(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct disk *used = used_disk(), *d = copy_of(used);
    struct machine m;
    struct err e;

    (void)state;
    assert_ok(machine_start(&m, d, START, &e), &e);
    assert_int_equal(store_lost_pages(m.store), 0);
    for (size_t i = 0; i < SHARE; i++) {
        machine_tell(&m, i);
        machine_keep(&m);
    }
    const size_t n = disk_read(d, "db/calls.db-wal", a).n;
    size_t reported = 0;
    assert_true(n > 10000);                             // bytes
    for (size_t at = 33; at < n; at += 2997 * STRIDE) { // behind the header
        _cleanup_(arena_destroyp) struct arena *scratch = arena_create(0);
        reported += start_damaged(d, &m, at, scratch) != 0;
    }
    assert_true(reported > 3); // the rest was of a log before this one, and nothing is missing
    for (size_t at = 8; at < 32; at++) // the header: with it, all of the log
        assert_true(start_damaged(d, &m, at, a) != 0);
    machine_stop(&m);
    disk_destroy(d);
    disk_destroy(used);
}

TEST_MAIN_QUIET(cmocka_unit_test(f029_f030_f042_a_full_disk_at_any_write_loses_no_promise),
                cmocka_unit_test(f032_a_failed_sync_is_never_taken_for_one_that_worked),
                cmocka_unit_test(f032_nothing_is_built_on_what_a_failed_sync_left),
                cmocka_unit_test(f032_a_cut_while_a_lost_commit_is_copied_back_leaves_no_mixture),
                cmocka_unit_test(f036_a_disk_that_becomes_read_only_refuses_and_comes_back),
                cmocka_unit_test(f034_a_short_write_is_completed),
                cmocka_unit_test(f034_f029_a_write_that_fits_in_part_leaves_no_hole),
                cmocka_unit_test(f038_a_bit_flip_in_the_log_loses_its_tail_and_is_reported),
                cmocka_unit_test(f043_a_network_file_system_is_refused))
