/*
 * Power cuts on the spool: appends, files that follow one another, readings and new runs, recorded
 * on a disk; then a cut before each of its operations, and what comes back after it.
 */
#include "test/test.h"

#include <stdio.h>

#include "base/clock.h"
#include "inbox/spool.h"
#include "test/disk.h"

enum { APPENDS = 150, PER_APPEND = 6, ITEMS = APPENDS * PER_APPEND, BATCH = 16, OUTCOMES = 4 };

struct story {
    struct disk *disk;
    struct spool *spool;
    struct arena *a;
    size_t n; /* items so far */
    /* Operations of the disk when the item was promised; when it was given back; when it was gone
     * for good. UINT64_MAX: never. */
    uint64_t promised[ITEMS], given[ITEMS], gone[ITEMS];
};

static void open_spool(struct disk *d, struct spool **ret)
{
    struct err e;
    assert_ok(spool_open(&(struct spool_options){.path = STR("data/spool"),
                                                 .file_size = 4000,
                                                 .files = disk_files(d)},
                         ret, &e),
              &e);
}

static struct inbox_item item_of(size_t i, struct arena *a)
{
    return (struct inbox_item){.project = 1,
                               .provider = STR("twilio"),
                               .dedupe_key = str_fmt(a, "%zu", i),
                               .payload = str_fmt(a, "{\"filling\":\"%0*d\"}", (int)(i % 700), 0)};
}

/* False: nothing of it was promised. */
static bool append(struct spool *s, size_t from, size_t n, struct arena *a)
{
    struct inbox_item items[PER_APPEND];
    const struct inbox_item *pointers[PER_APPEND];
    struct err e;

    for (size_t i = 0; i < n; i++) {
        items[i] = item_of(from + i, a);
        pointers[i] = &items[i];
    }
    return spool_append(s, pointers, n, &e);
}

static void append_some(struct story *t, struct rng *rng)
{
    const size_t n = 1 + (size_t)rng_below(rng, PER_APPEND);
    const bool kept = append(t->spool, t->n, n, t->a);
    for (size_t i = t->n; i < t->n + n; i++) {
        t->promised[i] = kept ? disk_n_ops(t->disk) : UINT64_MAX;
        t->given[i] = t->gone[i] = UINT64_MAX;
    }
    t->n += n;
}

static size_t number_of(const struct inbox_item *item)
{
    uint64_t n = 0;
    assert_true(str_to_u64(item->dedupe_key, &n) && n < ITEMS);
    return (size_t)n;
}

static void give_back_some(struct story *t)
{
    struct inbox_item items[BATCH];
    struct err e;
    size_t n;

    assert_ok(spool_read(t->spool, BATCH, items, &n, &e), &e);
    for (size_t i = 0; i < n; i++)
        t->given[number_of(&items[i])] = disk_n_ops(t->disk);
    if (n > 0)
        assert_ok(spool_done(t->spool, false, &e), &e);
    for (size_t i = 0; spool_bytes(t->spool) == 0 && i < t->n; i++)
        if (t->gone[i] == UINT64_MAX)
            t->gone[i] = disk_n_ops(t->disk);
}

static void tell(struct story *t, bool lies)
{
    struct rng rng = rng_seeded(5);

    *t = (struct story){.a = arena_create(0)};
    t->disk = disk_create(&(struct disk_options){.seed = 1, .history = true, .lies = lies});
    open_spool(t->disk, &t->spool);
    for (int i = 0; i < APPENDS; i++) {
        append_some(t, &rng);
        if (rng_below(&rng, 20) == 0) { // another run
            spool_close(t->spool);
            open_spool(t->disk, &t->spool);
        }
        for (uint64_t k = rng_below(&rng, 12); k > 8; k--)
            give_back_some(t);
        while (rng_below(&rng, 25) == 0 && spool_bytes(t->spool) > 0)
            give_back_some(t);
    }
    spool_close(t->spool);
}

static void forget(struct story *t)
{
    disk_destroy(t->disk);
    arena_destroy(t->a);
}

struct left {
    bool there[ITEMS];
    struct spool_damage damage;
    struct str wrong; /* "" when nothing is */
};

/* Everything that a spool gives, each once and in order. */
static void drain(struct spool *s, struct left *ret, struct arena *a)
{
    struct inbox_item items[BATCH];
    size_t n, next = 0;
    struct err e;

    for (;;) {
        assert_ok(spool_read(s, BATCH, items, &n, &e), &e);
        if (n == 0)
            break;
        for (size_t i = 0; i < n; i++) {
            const size_t number = number_of(&items[i]);
            if (number < next)
                ret->wrong = str_fmt(a, "%zu comes after %zu", number, next - 1);
            next = number + 1;
            ret->there[number] = true;
        }
        assert_ok(spool_done(s, false, &e), &e);
    }
    ret->damage = spool_damage(s);
}

static void check_left(const struct story *t, uint64_t index, struct left *l, struct arena *a)
{
    for (size_t i = 0; i < t->n; i++) {
        if (t->promised[i] <= index && t->given[i] > index && !l->there[i])
            l->wrong = str_fmt(a, "%zu was promised and is lost", i);
        if (t->gone[i] <= index && l->there[i])
            l->wrong = str_fmt(a, "%zu comes back, though it was done", i);
    }
}

/* It goes on as ever, and nothing that is over comes again. */
static void go_on(const struct story *t, struct disk *d, struct left *l, struct arena *a)
{
    struct left again = {.wrong = STR("")};
    struct spool *s;

    open_spool(d, &s);
    assert_true(append(s, 0, 3, t->a));
    spool_close(s);
    open_spool(d, &s);
    drain(s, &again, a);
    spool_close(s);
    for (size_t i = 0; i < ITEMS; i++)
        if (again.there[i] != (i < 3))
            l->wrong = str_fmt(a, "%zu in the run after", i);
}

static struct left cut_at(const struct story *t, struct disk *past, uint64_t index,
                          uint64_t outcome, struct arena *a)
{
    struct rng rng = rng_seeded(index * 16 + outcome);
    struct left l = {.wrong = STR("")};
    struct spool *s;

    disk_follow(past, t->disk, index);
    _cleanup_(disk_destroyp) struct disk *d = disk_after_cut(past, &(struct disk_options){0}, &rng);
    open_spool(d, &s);
    drain(s, &l, a);
    spool_close(s);
    check_left(t, index, &l, a);
    if (l.wrong.n == 0)
        go_on(t, d, &l, a);
    return l;
}

static void a_cut_at_any_operation_loses_no_promise(void **state)
{
    struct spool_damage damage = {0};
    struct story t;

    (void)state;
    tell(&t, false);
    struct disk *past = disk_create(&(struct disk_options){.seed = 1});
    for (uint64_t index = 0; index <= disk_n_ops(t.disk); index++)
        for (uint64_t outcome = 0; outcome < OUTCOMES; outcome++) {
            _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
            const struct left l = cut_at(&t, past, index, outcome, a);
            if (l.wrong.n > 0)
                fail_msg("index %llu, outcome %llu: " STR_FMT, (unsigned long long)index,
                         (unsigned long long)outcome, STR_ARG(l.wrong));
            damage.torn += l.damage.torn;
            damage.corrupt += l.damage.corrupt;
        }
    assert_true(damage.torn > 0); // cut-off ends were met, and reported
    print_message("%llu operations, %llu torn and %llu damaged records reported\n",
                  (unsigned long long)disk_n_ops(t.disk), (unsigned long long)damage.torn,
                  (unsigned long long)damage.corrupt);
    disk_destroy(past);
    forget(&t);
}

static void a_lying_disk_is_found_out(void **state)
{
    struct story t;
    size_t found = 0;

    (void)state;
    tell(&t, true);
    struct disk *past = disk_create(&(struct disk_options){.seed = 1, .lies = true});
    for (uint64_t index = 0; index <= disk_n_ops(t.disk); index += 10) {
        _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
        found += cut_at(&t, past, index, 0, a).wrong.n > 0;
    }
    assert_true(found > 10);
    disk_destroy(past);
    forget(&t);
}

TEST_MAIN_QUIET(cmocka_unit_test(a_cut_at_any_operation_loses_no_promise),
                cmocka_unit_test(a_lying_disk_is_found_out))
