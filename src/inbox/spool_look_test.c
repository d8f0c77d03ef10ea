/*
 * A spool on a disk that cannot be read, or without a descriptor: what an earlier run left, what is
 * added, and what is read back. Any opening, reading or looking fails once, or from there on.
 * Everything that was promised comes back in order when the trouble is over, and nothing is taken
 * for torn or damaged because it could not be read.
 */
#include "test/test.h"

#include <errno.h>

#include "inbox/spool.h"
#include "test/disk.h"

enum { FILE_SIZE = 400, BATCH = 4, LEFT = 9, ADDED = 6, ALL = LEFT + ADDED };

#define OPENING DISK_IS(DISK_OPEN)
#define READING DISK_IS(DISK_READ)
#define LOOKING (READING | DISK_IS(DISK_STAT))

struct story {
    struct disk *disk;
    struct arena *a;
    bool promised[ALL], given[ALL];
};

static bool open_spool(const struct story *t, struct spool **ret, struct err *e)
{
    return spool_open(&(struct spool_options){.path = STR("spool"),
                                              .file_size = FILE_SIZE,
                                              .files = disk_files(t->disk)},
                      ret, e);
}

static bool append(struct story *t, struct spool *s, size_t i)
{
    const struct inbox_item item = {.project = 1,
                                    .dedupe_key = str_fmt(t->a, "%zu", i),
                                    .payload = str_fmt(t->a, "{\"filling\":\"%0*d\"}", 100, 0)};
    const struct inbox_item *one = &item;
    struct err e;

    t->promised[i] = spool_append(s, &one, 1, &e);
    return t->promised[i];
}

/* A batch at most; whether there was one. */
static bool give_back(struct story *t, struct spool *s)
{
    struct inbox_item items[BATCH];
    size_t n, next = 0;
    struct err e;

    if (!spool_read(s, BATCH, items, &n, &e) || n == 0)
        return false;
    for (size_t i = 0; i < n; i++) {
        uint64_t number;
        assert_true(str_to_u64(items[i].dedupe_key, &number) && number >= next && number < ALL);
        next = (size_t)number + 1;
        t->given[number] = true;
    }
    assert_ok(spool_done(s, false, &e), &e);
    return true;
}

static void begin(struct story *t)
{
    struct spool *s;
    struct err e;

    *t = (struct story){.a = arena_create(0),
                        .disk = disk_create(&(struct disk_options){.seed = 1})};
    assert_ok(open_spool(t, &s, &e), &e);
    for (size_t i = 0; i < LEFT; i++)
        assert_true(append(t, s, i));
    spool_close(s);
}

static void while_it_lasts(struct story *t, struct spool *s)
{
    for (size_t i = LEFT; i < ALL; i++) {
        (void)append(t, s, i);
        (void)give_back(t, s);
    }
}

/* The same run, when it is over. */
static void expect_all(struct story *t, struct spool *s, const char *label)
{
    while (give_back(t, s))
        continue;
    assert_row(spool_bytes(s) == 0, label);
    assert_int_equal(spool_damage(s).torn + spool_damage(s).corrupt, 0);
    for (size_t i = 0; i < ALL; i++)
        assert_row(t->given[i] || !t->promised[i], label);
}

/* A run that is not begun is begun again. Whether the failure struck. */
static bool attempt(struct disk_failure f)
{
    struct story t;
    struct spool *s;
    struct err e;

    begin(&t);
    const char *label = str_z(str_fmt(t.a, "errno %d at look %llu of kinds %x", f.error,
                                      (unsigned long long)f.nth, f.kinds),
                              t.a);
    disk_fail(t.disk, f);
    const bool opened = open_spool(&t, &s, &e);
    if (opened)
        while_it_lasts(&t, s);
    const bool struck = disk_struck(t.disk);
    disk_fail(t.disk, (struct disk_failure){0});
    if (!opened)
        assert_ok(open_spool(&t, &s, &e), &e);
    expect_all(&t, s, label);
    spool_close(s);
    assert_row(disk_n_open(t.disk) == 0, label);
    disk_destroy(t.disk);
    arena_destroy(t.a);
    return struck;
}

static void what_cannot_be_seen_is_not_taken_for_absent(void **state)
{
    static const struct disk_failure rows[] = {
        {.kinds = LOOKING, .error = EIO},
        {.kinds = LOOKING, .error = EIO, .persistent = true},
        {.kinds = OPENING, .error = EMFILE},
        {.kinds = OPENING, .error = EMFILE, .persistent = true},
        {.kinds = READING, .halves = true},
        {.kinds = READING, .halves = true, .persistent = true},
    };

    (void)state;
    FOR_EACH_ROW (row, rows) {
        struct disk_failure f = *row;
        for (f.nth = 1; attempt(f);)
            f.nth++;
        assert_true(f.nth > 5);
    }
}

TEST_MAIN_QUIET(cmocka_unit_test(what_cannot_be_seen_is_not_taken_for_absent))
