#include "sim/run.h"

#include <libxml/parser.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/log.h"
#include "calls/phone.h"
#include "sim/files.h"
#include "sim/handler.h"
#include "sim/net.h"
#include "sim/node.h"
#include "sim/oracle.h"
#include "sim/provider.h"
#include "sim/source.h"
#include "sim/vfs.h"
#include "sim/viewer.h"

enum { TURNS_MAX = 20 * 1000 * 1000 };

/* After the last trouble everything that is owed must have happened within this: the longest wait
 * of a row that failed a few times, the provider's last repetitions, and then some. */
#define CALM MINUTES(30)
/* A job that a clock which was ahead has planned is put off by so much at most (job_hasten). */
#define CALM_OF_JOBS HOURS(2)

// --- the course of a run -------------------------------------------------------------------------

/* Every node serves, nothing waits, everybody has seen everything. */
static bool is_quiet(void)
{
    int64_t head;

    return cluster_is_up() && oracle_is_settled(&head) && cluster_has_no_spool() &&
           viewers_have(head);
}

static void wait_within(usec_t calm, bool (*done)(void), const char *what)
{
    const usec_t until = world.now + calm;

    while (!done() && !world.over) {
        if (world.now > until) {
            viewers_report();
            oracle_fail("liveness: after %d minutes without trouble, %s", (int)(calm / MINUTES(1)),
                        what);
        }
        fiber_sleep(SECONDS(1));
    }
}

static void wait_for(bool (*done)(void), const char *what)
{
    wait_within(CALM, done, what);
}

static bool is_over(void)
{
    return fate_is_over() && provider_is_quiet();
}

static void stop_all(void)
{
    cluster_retire();
    while (cluster_is_running())
        fiber_sleep(MILLISECONDS(100));
}

static void direct(void *arg)
{
    (void)arg;
    cluster_supervise();
    wait_for(cluster_is_up, "not every node has started");
    provider_start(cluster.outside);
    viewers_start(cluster.outside, fate_plan()->n_viewers);
    fate_start();
    wait_for(is_over, "the provider has not finished");
    if (fate_plan()->asks) {
        source_be_honest();
        wait_within(CALM_OF_JOBS, source_was_heard, "the provider was not asked for everything");
    }
    wait_for(is_quiet, "not everything has settled");
    if (fate_plan()->ends_dark) {
        cluster_power_cut();
        wait_for(is_quiet, "not everything has settled after the last power cut");
    }
    stop_all();
    oracle_audit();
    world.over = true;
}

// --- preparing -----------------------------------------------------------------------------------

static struct str owned = {"+15085140320", 12};

static void no_death(struct process *p, enum death how)
{
    (void)p, (void)how;
}

void run_prepare(void)
{
    static struct arena *a;
    struct call_rules rules;
    struct err e = {0};

    a = arena_create(0);
    vfs_register();
    xmlInitParser();
    // The numbering plans of the world are loaded at first use.
    if (!call_rules_parse(owned, STR("US"), a, &rules, &e))
        abort();
    cluster.rules = rules;
}

static void begin(uint64_t seed)
{
    world_begin(seed);
    world.on_death = no_death;
    world.steps_max = TURNS_MAX;
    struct process *outside = process_create("outside", NULL);
    sim_files_begin();
    oracle_begin();
    handler_begin();
    fate_begin(seed, outside);
    net_begin(outside);
    cluster_begin(fate_plan()->n_nodes, outside, &world.dice);
    if (fate_plan()->asks)
        source_begin(outside);
    (void)fiber_start(outside, "director", direct, NULL);
}

void run_seed(uint64_t seed, enum trace how, struct outcome *ret)
{
    trace_begin(how);
    log_configure(how == TRACE_OFF ? LOG_ERROR : LOG_DEBUG, LOG_LOGFMT);
    begin(seed);
    if (!world_run())
        oracle_fail(world.n_turns >= TURNS_MAX ? "liveness: a run of %d turns has no end"
                                               : "liveness: after %d turns nobody can go on",
                    (int)world.n_turns);
    *ret = (struct outcome){
        .seed = seed,
        .hash = trace_hashed(),
        .n_turns = world.n_turns,
        .n_steps = world.n_steps,
        .n_sent = oracle_n_sent(),
        .n_acknowledged = oracle_n_acknowledged(),
        .lasted = world.now,
    };
    for (unsigned i = 0; i < FATE_COUNT; i++)
        ret->strikes[i] = fate_strikes((enum fate)i);
    if (oracle_verdict())
        (void)snprintf(ret->wrong, sizeof ret->wrong, "%s", oracle_verdict());
}
