/*
 * Power cuts on SQLite. A machine is told 300 events and works on them; its disk remembers every
 * operation. Then, for each operation: what if the power had gone just before it? The disk that the
 * cut leaves is given to a new machine, and an auditor looks:
 *
 *   - the store opens, SQLite finds it sound, log, feed, snapshots and inbox agree;
 *   - the providers, who heard nothing, tell everything again: what was promised before the cut is
 *     there (a duplicate, not a new event), nothing is there twice;
 *   - after every fourth cut, the work goes on to its end, and the calls are those of the machine
 *     that nothing happened to.
 *
 *     POWER_SEED=7 POWER_INDEX=1234 POWER_OUTCOME=0     one cut again, as a failure prints it
 *     POWER_CUTS=50000                                  so many random cuts of random traces
 */
#include "test/test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "test/crash_vfs.h"
#include "test/machine.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { STRIDE = 16 }; /* of the operations, every so many is cut at */
#else
enum { STRIDE = 1 };
#endif

enum { WORK_EVERY = 4 /* of the cuts after which the work goes on: it is what takes time */ };
enum { GROUP = 40, TRACES_EVERY = 500, LIES_EVERY = 40 };

#define START SECONDS(1800000000)
#define LATER HOURS(1) /* until the machine is switched on again: all leases are over */

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
    uint64_t n;
    return str_to_u64(str_from(getenv(variable)), &n) ? n : otherwise;
}

// --- a trace -------------------------------------------------------------------------------------

struct trace {
    uint64_t seed;
    struct disk *disk;
    struct machine machine; /* off again; what it promised is still to be read */
    struct arena *a;
    struct str snapshots;
    bool log_refuses; /* writes to the database's log fail, so that the spool is used */
    size_t n[DISK_KIND_COUNT], n_copied, n_spooled; /* what it is made of */
};

/* The events, nearly in the order in which they happened. */
static void shuffle(struct rng *rng, size_t order[MACHINE_EVENTS])
{
    for (size_t i = 0; i < MACHINE_EVENTS; i++)
        order[i] = i;
    for (size_t i = 0; i < MACHINE_EVENTS; i++) {
        const size_t reach = MACHINE_EVENTS - i < 8 ? MACHINE_EVENTS - i : 8;
        const size_t k = i + (size_t)rng_below(rng, reach), other = order[k];
        order[k] = order[i];
        order[i] = other;
    }
}

static int on_op(struct disk *d, const struct disk_op *op, void *arg)
{
    struct trace *t = arg;
    (void)d;
    t->n[op->kind]++;
    t->n_copied += op->kind == DISK_WRITE && str_ends(str_from(op->path), STR("calls.db"));
    t->n_spooled += op->kind == DISK_WRITE && str_ends(str_from(op->path), STR(".spool"));
    return t->log_refuses && str_ends(str_from(op->path), STR("-wal")) ? ENOSPC : 0;
}

/* Some new events at once, and now and then one that was told before. */
static size_t tell_some(struct machine *m, const size_t *order, size_t from, struct rng *rng)
{
    size_t to = from + 1 + (size_t)rng_below(rng, GROUP);
    if (to > MACHINE_EVENTS)
        to = MACHINE_EVENTS;
    for (size_t i = from; i < to; i++)
        machine_tell(m, order[i]);
    if (from > 0 && rng_below(rng, 3) == 0)
        machine_tell(m, order[rng_below(rng, from)]);
    machine_keep(m);
    return to;
}

static void live(struct trace *t, struct rng *rng)
{
    struct machine *m = &t->machine;
    size_t order[MACHINE_EVENTS];
    struct err e;

    shuffle(rng, order);
    for (size_t told = 0; told < MACHINE_EVENTS;) {
        t->log_refuses = rng_below(rng, 6) == 0;
        told = tell_some(m, order, told, rng);
        t->log_refuses = false;
        m->now += MILLISECONDS(10);
        if (rng_below(rng, 2) == 0)
            assert_true(machine_bring_back(m));
        if (rng_below(rng, 2) == 0)
            machine_work_all(m);
        if (rng_below(rng, 3) == 0)
            assert_ok(store_checkpoint(m->store, &e), &e);
    }
    assert_true(machine_bring_back(m));
    machine_work_all(m);
}

static void record(struct trace *t, uint64_t seed, bool lies)
{
    struct rng rng = rng_seeded(seed);
    struct err e;

    *t = (struct trace){.seed = seed, .a = arena_create(0)};
    t->disk = disk_create(&(struct disk_options){.seed = seed, .history = true, .lies = lies});
    crash_vfs_seed((uint32_t)seed);
    disk_set_hook(t->disk, on_op, t);
    assert_ok(machine_start(&t->machine, t->disk, START, &e), &e);
    live(t, &rng);
    assert_str(machine_audit(&t->machine, t->a), "");
    t->snapshots = machine_snapshots(&t->machine, t->a);
    machine_stop(&t->machine);
}

static void forget(struct trace *t)
{
    disk_destroy(t->disk);
    arena_destroy(t->a);
}

// --- after a cut ---------------------------------------------------------------------------------

static struct str complaint(struct arena *a, const char *what, struct str more)
{
    return str_is_empty(more) ? STR("") : str_fmt(a, "%s: " STR_FMT, what, STR_ARG(more));
}

/* All that was promised before operation `index` is a duplicate now, the rest may be new. */
static struct str tell_again(struct machine *m, const struct trace *t, uint64_t index,
                             struct arena *a)
{
    struct str lost = STR("");

    for (size_t i = 0; i < MACHINE_EVENTS; i++)
        machine_tell(m, i);
    machine_keep(m);
    for (size_t i = 0; i < MACHINE_EVENTS; i++) {
        const struct told *before = &t->machine.told[i];
        if (before->promised && before->promised_at <= index &&
            m->told[i].result != INBOX_DUPLICATE)
            lost = str_fmt(a, STR_FMT " %zu", STR_ARG(lost), i);
        if (m->told[i].result == INBOX_REFUSED)
            lost = str_fmt(a, STR_FMT " %zu (refused)", STR_ARG(lost), i);
    }
    return complaint(a, "acknowledged events are lost", lost);
}

static struct str finish_work(struct machine *m, const struct trace *t, struct arena *a)
{
    struct str found;

    machine_work_all(m);
    found = complaint(a, "at the end", machine_audit(m, a));
    if (found.n > 0)
        return found;
    const struct str snapshots = machine_snapshots(m, a);
    return str_eq(snapshots, t->snapshots)
               ? STR("")
               : str_fmt(a, "other calls:\n" STR_FMT "instead of\n" STR_FMT, STR_ARG(snapshots),
                         STR_ARG(t->snapshots));
}

static struct str look(struct machine *m, const struct trace *t, uint64_t index, struct arena *a)
{
    m->queue.o.policy.batch = MACHINE_EVENTS; // what is left is done at once
    struct str found = complaint(a, "after the cut", machine_audit(m, a));
    if (found.n > 0)
        return found;
    if (!machine_bring_back(m))
        return STR("the spool does not come back");
    found = tell_again(m, t, index, a);
    return found.n > 0 || index % WORK_EVERY != 0 ? found : finish_work(m, t, a);
}

/* What is wrong after a cut just before an operation; "" when nothing is. */
static struct str cut_at(const struct trace *t, struct disk *past, uint64_t index, uint64_t outcome,
                         struct arena *a)
{
    struct rng rng = rng_seeded(t->seed + index * UINT64_C(1000003) + outcome);
    struct disk *left;
    struct machine m;
    struct err e;

    disk_follow(past, t->disk, index);
    left = disk_after_cut(past, &(struct disk_options){.seed = t->seed}, &rng);
    crash_vfs_seed((uint32_t)(index + outcome));
    const bool started = machine_start(&m, left, START + LATER, &e);
    const struct str found =
        started ? look(&m, t, index, a) : complaint(a, "does not start", str_from(e.text));
    const struct str kept = str_dup(found, a);
    machine_stop(&m);
    disk_destroy(left);
    return kept;
}

static void fail_cut(const struct trace *t, uint64_t index, uint64_t outcome, struct str found)
{
    fail_msg("POWER_SEED=%llu POWER_INDEX=%llu POWER_OUTCOME=%llu\n" STR_FMT,
             (unsigned long long)t->seed, (unsigned long long)index, (unsigned long long)outcome,
             STR_ARG(found));
}

static struct disk *beginning(const struct trace *t, bool lies)
{
    return disk_create(&(struct disk_options){.seed = t->seed, .lies = lies});
}

static void must_survive(const struct trace *t, struct disk *past, uint64_t index, uint64_t outcome)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const struct str found = cut_at(t, past, index, outcome, a);
    if (found.n > 0)
        fail_cut(t, index, outcome, found);
}

// --- tests ---------------------------------------------------------------------------------------

/* F003, F004, F007, F013, F017, F019: before and after each step, in any order of sectors. */
static void f003_f004_f007_f013_f017_f019_a_cut_at_any_operation_loses_nothing(void **state)
{
    const uint64_t only = number_from("POWER_INDEX", UINT64_MAX);
    struct trace t;

    (void)state;
    record(&t, number_from("POWER_SEED", 1), false);
    struct disk *past = beginning(&t, false);
    const uint64_t n = disk_n_ops(t.disk);
    if (only != UINT64_MAX)
        must_survive(&t, past, only, number_from("POWER_OUTCOME", 0));
    for (uint64_t index = 0; only == UINT64_MAX && index <= n; index += STRIDE)
        must_survive(&t, past, index, 0);
    // Copying back, cutting off the log, and the spool are part of what was cut.
    assert_true(t.n_copied > 0 && t.n[DISK_TRUNCATE] > 0 && t.n_spooled > 0 &&
                t.n[DISK_REMOVE] > 0);
    print_message("%llu operations: %zu writes (%zu copied back, %zu spooled), %zu syncs, "
                  "%zu truncations, %zu removals\n",
                  (unsigned long long)n, t.n[DISK_WRITE], t.n_copied, t.n_spooled,
                  t.n[DISK_SYNC] + t.n[DISK_SYNC_DIR], t.n[DISK_TRUNCATE], t.n[DISK_REMOVE]);
    disk_destroy(past);
    forget(&t);
}

/* Whoever finds nothing on a disk that does not sync would find nothing anywhere. */
static void the_auditor_finds_what_a_lying_disk_lost(void **state)
{
    struct trace t;
    size_t found = 0, tried = 0;

    (void)state;
    record(&t, 1, true);
    struct disk *past = beginning(&t, true);
    for (uint64_t index = 0; index <= disk_n_ops(t.disk); index += LIES_EVERY, tried++) {
        _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
        found += cut_at(&t, past, index, 0, a).n > 0;
    }
    assert_true(found > tried / 4);
    disk_destroy(past);
    forget(&t);
}

static int by_value(const void *x, const void *y)
{
    const uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;
    return (a > b) - (a < b);
}

/* Random cuts of one random trace, in the order of the trace. */
static void cut_randomly(uint64_t seed, uint64_t n)
{
    struct rng rng = rng_seeded(~seed);
    uint64_t *at = mem_alloc(n * sizeof(*at));
    struct trace t;

    record(&t, seed, false);
    struct disk *past = beginning(&t, false);
    for (uint64_t i = 0; i < n; i++)
        at[i] = rng_below(&rng, disk_n_ops(t.disk) + 1);
    qsort(at, n, sizeof(*at), by_value);
    for (uint64_t i = 0; i < n; i++)
        must_survive(&t, past, at[i], i);
    disk_destroy(past);
    forget(&t);
    free(at);
}

static void any_cut_of_any_trace_loses_nothing(void **state)
{
    const uint64_t cuts = number_from("POWER_CUTS", 0);
    struct rng rng = rng_system();
    uint64_t seed = number_from("POWER_SEED", rng_below(&rng, UINT32_MAX));

    (void)state;
    for (uint64_t done = 0; done < cuts; seed++) {
        const uint64_t n = cuts - done < TRACES_EVERY ? cuts - done : TRACES_EVERY;
        cut_randomly(seed, n);
        done += n;
        (void)fprintf(stderr, "power: %llu of %llu cuts, seed %llu\n", (unsigned long long)done,
                      (unsigned long long)cuts, (unsigned long long)seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(f003_f004_f007_f013_f017_f019_a_cut_at_any_operation_loses_nothing),
        cmocka_unit_test(the_auditor_finds_what_a_lying_disk_lost),
    };
    const struct CMUnitTest long_form[] = {cmocka_unit_test(any_cut_of_any_trace_loses_nothing)};

    return getenv("POWER_CUTS") ? cmocka_run_group_tests(long_form, test_be_quiet, NULL)
                                : cmocka_run_group_tests(tests, test_be_quiet, NULL);
}
