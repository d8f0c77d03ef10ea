/*
 * Disks that cannot be read, and processes without a descriptor, while a machine works on what an
 * earlier one has left: events in the log, on which it was at work, and events in the spool. Any
 * reading, looking or opening fails once, or from there on. Nothing of it may be taken for absent,
 * empty or damaged because it could not be seen.
 */
#include "store/disk_kit.h"

#define LOOKING (DISK_IS(DISK_READ) | DISK_IS(DISK_STAT) | DISK_IS(DISK_MAP))
#define OPENING DISK_IS(DISK_OPEN)

static void tell_share(struct machine *m, size_t from)
{
    for (size_t i = from; i < from + SHARE; i++)
        machine_tell(m, i);
    machine_keep(m);
}

static int log_refuses(struct disk *d, const struct disk_op *op, void *arg)
{
    (void)d, (void)arg;
    return str_ends(str_from(op->path), STR("-wal")) ? ENOSPC : 0;
}

/* A process was killed: a share of its events is in the store's log, another in the spool. */
static struct disk *left_behind(void)
{
    struct disk *d = disk_create(&(struct disk_options){.seed = 1});
    struct machine m;
    struct err e;

    assert_ok(machine_start(&m, d, START, &e), &e);
    tell_share(&m, TOLD);
    assert_true(machine_work(&m));
    disk_set_hook(d, log_refuses, NULL);
    tell_share(&m, TOLD + SHARE);
    for (size_t i = TOLD; i < ALL; i++)
        assert_int_equal(m.told[i].result, i < TOLD + SHARE ? INBOX_STORED : INBOX_SPOOLED);
    struct disk *left = disk_after_cut(d, &(struct disk_options){.seed = 2}, NULL);
    disk_set_hook(d, NULL, NULL);
    machine_stop(&m);
    disk_destroy(d);
    return left;
}

static uint64_t sweep_left(struct trouble t)
{
    struct disk *left = left_behind();

    t.heir = true;
    const uint64_t n = sweep(left, t);
    disk_destroy(left);
    return n;
}

static void what_cannot_be_read_is_not_taken_for_absent(void **state)
{
    (void)state;
    assert_true(sweep_left((struct trouble){.kinds = LOOKING, .error = EIO}) > 50 / STRIDE);
    assert_true(sweep_left((struct trouble){.kinds = LOOKING, .error = EIO, .lasts = true}) >
                15 / STRIDE);
}

static void what_cannot_be_opened_is_not_taken_for_absent(void **state)
{
    (void)state;
    assert_true(sweep_left((struct trouble){.kinds = OPENING, .error = EMFILE}) > 10 / STRIDE);
    assert_true(sweep_left((struct trouble){.kinds = OPENING, .error = EMFILE, .lasts = true}) >
                3 / STRIDE);
}

/* The n-th opening fails. Whether the store was opened all the same, and wrote only when it was
 * asked once more. */
static bool reopens(const struct disk *left, uint64_t nth, bool *ret_struck)
{
    _cleanup_(disk_destroyp) struct disk *d = copy_of(left);
    const struct store_options o = {.url = STR("sqlite:db/calls.db"),
                                    .clock = &clock_system,
                                    .exclusive = true,
                                    .files = disk_files(d)};
    _cleanup_(store_closep) struct store *store = NULL;
    struct err e;

    disk_fail(d, (struct disk_failure){.kinds = OPENING, .nth = nth, .error = EMFILE});
    const bool opened = store_open(&o, &store, &e);
    *ret_struck = disk_struck(d);
    if (!opened)
        return false;
    _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
    const bool at_once = db_begin(db, &e);
    *ret_struck = disk_struck(d);
    if (!at_once)
        assert_ok(db_begin(db, &e), &e);
    return !at_once;
}

/* For want of a descriptor SQLite opens a file, or its log, for reading alone: not for ever. */
static void what_was_opened_for_reading_alone_is_opened_again(void **state)
{
    struct disk *left = left_behind();
    uint64_t n = 0, nth = 1;
    bool struck = true;

    (void)state;
    for (; struck; nth++)
        n += reopens(left, nth, &struck);
    assert_int_equal(n, 2); // the file and its log
    assert_true(nth > 10);
    disk_destroy(left);
}

/* Short reads are completed: nobody notices. */
static void a_short_read_is_completed(void **state)
{
    struct disk *left = left_behind();
    bool struck = true;

    (void)state;
    for (uint64_t nth = 1; struck; nth += 15 * STRIDE) { // all later ones are short too
        struct disk *d = copy_of(left);
        struct machine m;
        struct err e;
        disk_fail(d,
                  (struct disk_failure){
                      .kinds = DISK_IS(DISK_READ), .nth = nth, .persistent = true, .halves = true});
        assert_ok(machine_start(&m, d, START, &e), &e);
        inherit(&m);
        some_work(&m);
        struck = disk_struck(d);
        expect_kept(&m, "short reads");
        expect_goes_on(&m, "short reads");
        machine_stop(&m);
        disk_destroy(d);
    }
    disk_destroy(left);
}

TEST_MAIN_QUIET(cmocka_unit_test(what_cannot_be_read_is_not_taken_for_absent),
                cmocka_unit_test(what_cannot_be_opened_is_not_taken_for_absent),
                cmocka_unit_test(what_was_opened_for_reading_alone_is_opened_again),
                cmocka_unit_test(a_short_read_is_completed))
