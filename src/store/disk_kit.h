#ifndef STORE_DISK_KIT_H
#define STORE_DISK_KIT_H
/* For tests of disks that fail while a machine works: trouble at any operation of them, and what
 * has to hold after it. */
#include "test/test.h"

#include <errno.h>
#include <stdio.h>

#include "test/crash_vfs.h"
#include "test/machine.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { STRIDE = 5 };
#else
enum { STRIDE = 1 };
#endif

/* The work tells two shares; a third and a fourth are what an earlier process has left. */
enum { SHARE = 10, TOLD = 2 * SHARE, ALL = 4 * SHARE, PATIENCE = 40, FOR_EVER = 100000 };

#define START SECONDS(1800000000)
#define LATER HOURS(1)

/* The nth operation of these kinds fails, and as long as it lasts every later one. */
struct trouble {
    struct machine *machine;
    unsigned int kinds;
    uint64_t nth, n;
    bool lasts, over, struck, database;
    bool heir; /* of what left_behind() keeps */
    int error, refusals;
};

static inline bool strikes(struct trouble *t, const struct disk_op *op)
{
    if (t->over || !(t->kinds & DISK_IS(op->kind)))
        return false;
    t->n++;
    return t->n == t->nth || (t->n > t->nth && t->lasts);
}

/* A worker tries for ever while the store is away: in the end its process is told to stop. */
static inline int on_op(struct disk *d, const struct disk_op *op, void *arg)
{
    struct trouble *t = arg;
    (void)d;
    if (!strikes(t, op))
        return 0;
    t->struck = true;
    if (op->kind == DISK_SYNC)
        t->database = t->database || str_contains(str_from(op->path), STR("calls.db"));
    if (t->database || ++t->refusals > PATIENCE)
        atomic_store(&t->machine->queue.stopping, true);
    return t->error;
}

/* Two more shares, promised by an earlier process: of one, some is worked off. */
static inline void inherit(struct machine *m)
{
    for (size_t i = TOLD; i < ALL; i++)
        m->told[i].promised = true;
}

/* A disk on which a machine was once. */
static inline struct disk *used_disk(void)
{
    struct disk *d = disk_create(&(struct disk_options){.seed = 1});
    struct machine m;
    struct err e;

    assert_ok(machine_start(&m, d, START, &e), &e);
    machine_stop(&m);
    return d;
}

static inline struct disk *copy_of(const struct disk *d)
{
    struct rng rng = rng_seeded(1);
    return disk_after_cut(d, &(struct disk_options){.seed = 2}, &rng);
}

/* Two rounds of events, work and copying back. */
static inline void some_work(struct machine *m)
{
    struct err e;
    for (size_t round = 0; round < 2; round++) {
        for (size_t i = round * SHARE; i < (round + 1) * SHARE; i++)
            machine_tell(m, i);
        machine_keep(m);
        (void)machine_work(m); // it may fail now
        (void)store_checkpoint(m->store, &e);
    }
}

static inline void expect_promises(const struct machine *before, struct machine *m,
                                   const char *when)
{
    bool promised[ALL];
    if (!machine_bring_back(m))
        fail_msg("%s: the spool does not come back", when);
    for (size_t i = 0; i < ALL; i++) {
        promised[i] = before->told[i].promised;
        if (i < TOLD || promised[i])
            machine_tell(m, i);
    }
    machine_keep(m);
    for (size_t i = 0; i < ALL; i++) {
        const enum inbox_result result = m->told[i].result;
        if ((i < TOLD || promised[i]) && result != INBOX_DUPLICATE &&
            (promised[i] || result != INBOX_STORED))
            fail_msg("%s: event %zu: promised %d, now %d", when, i, promised[i], result);
    }
}

/* Nothing on the disk is damaged, so that nothing is to be taken for damaged. */
static inline void expect_no_damage(const struct machine *m, const char *when)
{
    struct inbox_stats stats;
    inbox_stats(m->inbox, &stats);
    if (stats.corrupt_records > 0 || store_lost_pages(m->store) != 0)
        fail_msg("%s: damage is reported where there is none", when);
}

static inline void expect_sound(struct machine *m, const char *when)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    machine_work_all(m);
    const struct str found = machine_audit(m, a);
    if (found.n > 0)
        fail_msg("%s: " STR_FMT, when, STR_ARG(found));
    const struct str waiting =
        machine_query(m,
                      "SELECT count(*) FROM webhook_inbox"
                      " WHERE processing_status NOT IN ('completed', 'dead_letter')",
                      a);
    if (!str_eq(waiting, STR("0\n")))
        fail_msg("%s: left undone: " STR_FMT, when, STR_ARG(waiting));
}

/* What a cut leaves of it, in another machine. */
static inline void expect_kept(const struct machine *before, const char *label)
{
    struct rng rng = rng_seeded(disk_n_ops(before->disk));
    struct disk *left = disk_after_cut(before->disk, &(struct disk_options){.seed = 3}, &rng);
    struct machine m;
    struct err e;

    assert_ok(machine_start(&m, left, START + LATER, &e), &e);
    expect_promises(before, &m, label);
    expect_sound(&m, label);
    machine_stop(&m);
    disk_destroy(left);
}

static inline void expect_goes_on(struct machine *m, const char *label)
{
    m->now += LATER;
    expect_promises(m, m, label);
    expect_sound(m, label);
    expect_no_damage(m, label);
}

static inline void expect_works(struct machine *m, const struct trouble *t, const char *label)
{
    if (t->heir)
        inherit(m);
    some_work(m);
    assert_row(store_is_broken(m->store) || !t->database, label);
    expect_kept(m, label);
}

/* The next process finds all of it. */
static inline void expect_restart(struct disk *d, const struct trouble *t, const char *label)
{
    struct machine m;
    struct err e;

    assert_ok(machine_start(&m, d, START + LATER, &e), &e);
    if (t->heir)
        inherit(&m);
    expect_promises(&m, &m, label);
    expect_sound(&m, label);
    expect_no_damage(&m, label);
    machine_stop(&m);
}

/* One fault, from the opening of the store on. Whether it struck. */
static inline bool attempt(const struct disk *used, struct trouble t)
{
    struct disk *d = copy_of(used);
    struct machine m;
    char label[96];
    struct err e;

    (void)snprintf(label, sizeof label, "errno %d at operation %llu of kinds %x%s", t.error,
                   (unsigned long long)t.nth, t.kinds, t.lasts ? " and all later ones" : "");
    t.machine = &m;
    crash_vfs_seed(1);
    disk_set_hook(d, on_op, &t);
    disk_set_look_hook(d, on_op, &t);
    const bool started = machine_start(&m, d, START, &e);
    if (started)
        expect_works(&m, &t, label);
    else
        assert_row(t.struck && e.code == ERR_UNAVAILABLE, label);
    t.over = true;
    if (started && !store_is_broken(m.store))
        expect_goes_on(&m, label);
    machine_stop(&m);
    assert_row(disk_n_open(d) == 0, label);
    if (!started)
        expect_restart(d, &t, label);
    disk_destroy(d);
    return t.struck;
}

/* Every n, or every so many when it lasts, until none strikes any more; how many did. */
static inline uint64_t sweep(const struct disk *used, struct trouble t)
{
    const uint64_t step = STRIDE * (t.lasts ? 3 : 1);
    uint64_t n = 0;

    for (t.nth = 1; t.nth < FOR_EVER; t.nth += step, n++)
        if (!attempt(used, t))
            break;
    return n;
}

#endif
