#include "sim/fate.h"

#include <sqlite3.h>
#include <stdlib.h>

#include "base/fault.h"
#include "sim/disk.h"
#include "sim/handler.h"
#include "sim/node.h"
#include "sim/posix.h"
#include "sim/trace.h"

static const struct {
    const char *text;
    bool drawn;
} fates[] = {
#define X(name, drawn, text) [FATE_##name] = {text, drawn},
    FATES(X)
#undef X
};

static struct {
    struct plan plan;
    struct rng dice;
    struct process *outside;
    usec_t until; /* of the troubles */
    bool over;
    usec_t skew, jumps_at_death;
    usec_t storm_until, slow_until, points_until, outage_until;
    uint64_t strikes[FATE_COUNT];
} it;

const struct plan *fate_plan(void)
{
    return &it.plan;
}

const char *fate_text(enum fate f)
{
    return fates[f].text;
}

void fate_struck(enum fate f)
{
    it.strikes[f]++;
}

uint64_t fate_strikes(enum fate f)
{
    return it.strikes[f];
}

bool fate_is_over(void)
{
    return it.over;
}

usec_t fate_skew(void)
{
    return it.skew;
}

// --- the plan ------------------------------------------------------------------------------------

static double share(struct rng *r, uint64_t percent)
{
    return dice_once_in(r, 3) ? 0 : (double)dice_below(r, percent + 1) / 100;
}

static unsigned draw_troubles(struct rng *r, size_t n_nodes)
{
    unsigned all = 0, some = 0;

    for (unsigned i = 0; i < FATE_COUNT; i++)
        if (fates[i].drawn) {
            all |= 1u << i;
            some |= dice_once_in(r, 4) ? 1u << i : 0;
        }
    // Now and then everything at once; otherwise a few, which then meet often.
    unsigned troubles = dice_once_in(r, 5) ? all : some;
    // Processes on one SQLite file cannot know of one another's failed syncs; the product does not
    // allow them, and the world only has them so that claims and leases meet.
    if (n_nodes > 1)
        troubles &= ~(1u << FATE_SYNC_FAILS);
    return troubles;
}

static void draw(struct plan *p, struct rng *r)
{
    static const unsigned preempt[] = {1, 2, 8, 64};
    static const size_t batches[] = {1, 3, 16, 512}, rings[] = {2, 8, 64, 4096};

    world.preempt = preempt[dice_below(r, LEN(preempt))];
    p->n_nodes = dice_once_in(r, 3) ? 2 + dice_below(r, NODES_MAX - 1) : 1;
    p->n_viewers = 1 + dice_below(r, 4);
    p->batch = batches[dice_below(r, LEN(batches))];
    p->ring = rings[dice_below(r, LEN(rings))];
    p->n_calls = 5 + dice_below(r, 30);
    p->speed = dice_once_in(r, 2) ? 20 : 2;
    p->duplicates = share(r, 40);
    p->reorder = share(r, 50);
    p->lose = share(r, 20);
    p->delay = share(r, 40);
    p->forged = share(r, 20);
    p->poison = share(r, 10);
    p->resigned = share(r, 20);
    p->retries = (uint32_t)dice_below(r, 12);
    p->trouble_lasts = dice_between(r, SECONDS(20), MINUTES(3));
    // At once, or until the troubles end.
    p->calls_per_second = dice_once_in(r, 2) ? (double)(1 + dice_below(r, 20)) / 4
                                             : (double)p->n_calls * 1e6 / (double)p->trouble_lasts;
    p->trouble_every = dice_between(r, MILLISECONDS(300), SECONDS(12));
    p->troubles = draw_troubles(r, p->n_nodes);
    p->ends_dark = dice_once_in(r, 2);
}

/* Drawn apart from the rest, so that those worlds in which nobody asks have stayed what they were
 * before anybody could: the seeds of known.h are among them. */
static void draw_asking(struct plan *p, struct rng *r)
{
    p->asks = dice_once_in(r, 3);
    p->stale = share(r, 60);
    p->late = share(r, 20);
    p->unasked = share(r, 40);
    p->rows = 1 + dice_below(r, 20);
}

void fate_begin(uint64_t seed, struct process *outside)
{
    memset(&it, 0, sizeof it);
    it.plan.seed = seed;
    it.dice = rng_seeded(seed * 2654435761u + 1);
    it.outside = outside;
    draw(&it.plan, &it.dice);
    struct rng of_asking = rng_seeded(seed * 2654435761u + 21);
    draw_asking(&it.plan, &of_asking);
}

// --- tools that are used while the server runs ---------------------------------------------------

static sqlite3 *open_file(void)
{
    sqlite3 *db = NULL;

    if (sqlite3_open_v2(SIM_DB, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK) {
        sqlite3_busy_timeout(db, 20000);
        return db;
    }
    sqlite3_close(db);
    return NULL;
}

static void run_sql(void *sql)
{
    sqlite3 *db = open_file();

    if (db)
        trace_note("tool", sqlite3_exec(db, sql, NULL, NULL, NULL), 0);
    sqlite3_close(db);
}

static void hold_lock(void *arg)
{
    sqlite3 *db = open_file();

    (void)arg;
    if (db && sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK)
        fiber_sleep(dice_between(&world.dice, SECONDS(1), SECONDS(20)));
    sqlite3_close(db);
}

/* In a fiber of a node's process, and dies with it. */
static void use_tool(struct process *p, void (*tool)(void *sql), const char *sql)
{
    (void)fiber_start(p, "tool", tool, (void *)(uintptr_t)sql);
}

// --- troubles ------------------------------------------------------------------------------------

static struct node *some_node(void)
{
    struct node *n = &cluster.nodes[dice_below(&it.dice, cluster.n)];

    return n->process ? n : NULL;
}

static void doom(struct node *n, enum death how)
{
    n->process->dies_of = how;
    n->process->dies_at_work = dice_once_in(&it.dice, 3);
    if (!n->process->dies_at_work)
        n->process->dies_in = 1 + dice_below(&it.dice, dice_once_in(&it.dice, 4) ? 20000 : 2000);
}

static void jump(usec_t by)
{
    it.skew += by;
    for (size_t i = 0; i < cluster.n; i++)
        if (cluster.nodes[i].process)
            cluster.nodes[i].process->skew = it.skew;
    trace_note("clock", by, it.skew);
}

static void calm_disk(void *arg)
{
    (void)arg;
    disk.full = false;
    disk.sync_least = 200;
    disk.sync_most = 3000;
}

/* Waits so long, in the fiber of the fates. */
static void while_it_lasts(usec_t least, usec_t most)
{
    fiber_sleep(dice_between(&it.dice, least, most));
}

static bool trouble_kill(struct node *n)
{
    doom(n, DEATH_KILL);
    return false; // counted when it happens
}

static bool trouble_power(struct node *n)
{
    doom(n, DEATH_POWER);
    return false;
}

static bool trouble_crash_loop(struct node *n)
{
    for (int i = 0; i < 10; i++) {
        if (n->process)
            doom(n, DEATH_KILL);
        fiber_sleep(SECONDS(2));
    }
    return true;
}

static bool trouble_freeze(struct node *n)
{
    n->process->frozen_until = world.now + dice_between(&it.dice, SECONDS(1), SECONDS(20));
    return true;
}

static bool trouble_freeze_thread(struct node *n)
{
    struct fiber *f = fiber_any(n->process, &it.dice);

    if (f)
        fiber_freeze(f, world.now + dice_between(&it.dice, SECONDS(1), SECONDS(20)));
    return f;
}

/* Now, or with a restart: a machine may come back with another time. */
static bool trouble_clock_hour(struct node *n)
{
    const usec_t by = dice_once_in(&it.dice, 2) ? HOURS(1) : -HOURS(1);

    if (dice_once_in(&it.dice, 2)) {
        doom(n, dice_once_in(&it.dice, 2) ? DEATH_KILL : DEATH_POWER);
        it.jumps_at_death = by;
        return false;
    }
    jump(by);
    return true;
}

static bool trouble_clock_step(struct node *n)
{
    (void)n;
    jump(-SECONDS(2));
    return true;
}

static bool trouble_slow_disk(struct node *n)
{
    (void)n;
    disk.sync_least = MILLISECONDS(500);
    disk.sync_most = dice_between(&it.dice, SECONDS(1), SECONDS(6));
    while_it_lasts(SECONDS(2), SECONDS(15));
    calm_disk(NULL);
    return true;
}

static bool trouble_full_disk(struct node *n)
{
    const uint64_t before = disk.n_full;

    (void)n;
    disk.full = true;
    while_it_lasts(MILLISECONDS(100), SECONDS(10));
    calm_disk(NULL);
    return disk.n_full > before;
}

static bool trouble_write_fails(struct node *n)
{
    const uint64_t before = disk.n_failed;

    (void)n;
    disk.write_fails = 1 + dice_below(&it.dice, 50);
    while_it_lasts(SECONDS(1), SECONDS(3));
    disk.write_fails = 0;
    return disk.n_failed > before;
}

/* One of the store's, or of the spool's while the store is away. The power goes while that is all
 * there is of some events, or when a new process has built on what the last one left. */
static bool trouble_sync_fails(struct node *n)
{
    const uint64_t before = disk.n_failed;
    const bool of_spool = dice_once_in(&it.dice, 3);

    if (of_spool)
        it.outage_until = world.now + SECONDS(12);
    disk.sync_fails = 1 + dice_below(&it.dice, of_spool ? 4 : 10);
    while_it_lasts(SECONDS(1), SECONDS(5));
    disk.sync_fails = 0;
    if (disk.n_failed == before)
        return false;
    if (n->process && !dice_once_in(&it.dice, 4))
        doom(n, DEATH_POWER);
    return true;
}

static bool trouble_outage(struct node *n)
{
    it.outage_until = world.now + dice_between(&it.dice, SECONDS(1), SECONDS(20));
    if (dice_once_in(&it.dice, 2)) {
        while_it_lasts(SECONDS(1), SECONDS(10));
        if (n->process)
            doom(n, DEATH_POWER);
    }
    return true;
}

static bool trouble_locked(struct node *n)
{
    use_tool(n->process, hold_lock, NULL);
    if (dice_once_in(&it.dice, 3)) {
        while_it_lasts(SECONDS(5), SECONDS(12));
        if (n->process)
            doom(n, DEATH_POWER);
    }
    return true;
}

static bool trouble_points(struct node *n)
{
    (void)n;
    it.points_until = world.now + dice_between(&it.dice, SECONDS(1), SECONDS(10));
    return false;
}

static bool trouble_storm(struct node *n)
{
    (void)n;
    it.storm_until = world.now + dice_between(&it.dice, SECONDS(1), SECONDS(15));
    return false;
}

static bool trouble_long_work(struct node *n)
{
    (void)n;
    it.slow_until = world.now + dice_between(&it.dice, SECONDS(1), SECONDS(10));
    return false;
}

static bool trouble_restart(struct node *n)
{
    n->stopping = true;
    return true;
}

static bool trouble_checkpoint(struct node *n)
{
    use_tool(n->process, run_sql,
             dice_once_in(&it.dice, 2) ? "PRAGMA wal_checkpoint(TRUNCATE)"
                                       : "PRAGMA wal_checkpoint(PASSIVE)");
    return true;
}

static bool trouble_retention(struct node *n)
{
    use_tool(n->process, run_sql,
             "DELETE FROM feed_events WHERE seq < "
             "(SELECT last_seq - 5 FROM feed_heads WHERE project_id = 1)");
    return true;
}

static bool (*const troubles[])(struct node *n) = {
    [FATE_KILL] = trouble_kill,
    [FATE_POWER] = trouble_power,
    [FATE_CRASH_LOOP] = trouble_crash_loop,
    [FATE_FREEZE] = trouble_freeze,
    [FATE_FREEZE_THREAD] = trouble_freeze_thread,
    [FATE_CLOCK_HOUR] = trouble_clock_hour,
    [FATE_CLOCK_STEP] = trouble_clock_step,
    [FATE_SLOW_DISK] = trouble_slow_disk,
    [FATE_FULL_DISK] = trouble_full_disk,
    [FATE_WRITE_FAILS] = trouble_write_fails,
    [FATE_SYNC_FAILS] = trouble_sync_fails,
    [FATE_OUTAGE] = trouble_outage,
    [FATE_LOCKED] = trouble_locked,
    [FATE_POINTS] = trouble_points,
    [FATE_STORM] = trouble_storm,
    [FATE_LONG_WORK] = trouble_long_work,
    [FATE_RESTART] = trouble_restart,
    [FATE_CHECKPOINT] = trouble_checkpoint,
    [FATE_RETENTION] = trouble_retention,
};

static void on_death(struct process *p, enum death how)
{
    fate_struck(how == DEATH_POWER ? FATE_POWER : FATE_KILL);
    trace_text("%s dies: %s", p->name, how == DEATH_POWER ? "power cut" : "kill -9");
    if (it.jumps_at_death != 0) {
        fate_struck(FATE_CLOCK_HOUR);
        jump(it.jumps_at_death);
        it.jumps_at_death = 0;
    }
    if (how == DEATH_POWER)
        cluster_power_cut();
    else if (node_of(p) && node_of(p)->process == p)
        cluster_kill(node_of(p));
}

static void let_happen(enum fate f)
{
    struct node *n = some_node();

    if (!n)
        return;
    trace_text("trouble: %s (node %d)", fates[f].text, n->number);
    trace_hash(f);
    if (troubles[f](n))
        fate_struck(f);
}

static void end(void)
{
    calm_disk(NULL);
    disk.write_fails = disk.sync_fails = 0;
    it.storm_until = it.slow_until = it.points_until = it.outage_until = 0;
    for (size_t i = 0; i < cluster.n; i++) {
        struct process *p = cluster.nodes[i].process;
        if (p)
            p->dies_in = 0;
        if (p)
            p->dies_at_work = false;
    }
    if (it.plan.asks && it.skew != 0)
        jump(-it.skew); // who asks for what has started until now has to know when that is
    it.over = true;
    trace_note("calm", 0, 0);
}

static enum fate one_of(unsigned set)
{
    unsigned n = (unsigned)dice_below(&it.dice, (uint64_t)__builtin_popcount(set));

    for (; n > 0; n--)
        set &= set - 1;
    return (enum fate)__builtin_ctz(set);
}

static void run(void *arg)
{
    (void)arg;
    while (world.now < it.until) {
        fiber_sleep(dice_between(&it.dice, it.plan.trouble_every / 4, it.plan.trouble_every * 2));
        if (it.plan.troubles)
            let_happen(one_of(it.plan.troubles));
    }
    end();
}

void fate_start(void)
{
    it.until = world.now + it.plan.trouble_lasts;
    world.on_death = on_death;
    (void)fiber_start(it.outside, "fate", run, NULL);
}

// --- what is asked of it -------------------------------------------------------------------------

bool fate_work_fails(void)
{
    return world.now < it.storm_until && !dice_once_in(&world.dice, 4);
}

usec_t fate_work_takes(void)
{
    return world.now < it.slow_until && dice_once_in(&world.dice, 3)
               ? dice_between(&world.dice, SECONDS(1), SECONDS(7))
               : 0;
}

/* The rooms' fault points are steps; in bad times they fail. A row that is refused for its own sake
 * while the spool is replayed is kept aside for a person, which the oracle would miss. */
bool fault_hit(const char *name)
{
    static const char *const never[] = {"inbox.append_one", "store.open"};

    fiber_step();
    if (process_self() && strcmp(fiber_name(fiber_self()), "hub") == 0 && handler_is_uncommitted())
        fate_struck(FATE_LATE_COMMIT);
    if (!process_self())
        return false;
    if (world.now < it.outage_until && strcmp(name, "store.command") == 0)
        return true;
    if (world.now >= it.points_until || !dice_once_in(&world.dice, 40))
        return false;
    for (size_t i = 0; i < LEN(never); i++)
        if (strcmp(name, never[i]) == 0)
            return false;
    fate_struck(FATE_POINTS);
    trace_text("fault point %s", name);
    return true;
}
