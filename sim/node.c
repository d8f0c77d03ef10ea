#include "sim/node.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "base/limits.h"
#include "http/http.h"
#include "inbox/inbox.h"
#include "providers/account_book.h"
#include "providers/provider.h"
#include "sim/disk.h"
#include "sim/exchange.h"
#include "sim/fate.h"
#include "sim/handler.h"
#include "sim/net.h"
#include "sim/oracle.h"
#include "sim/files.h"
#include "sim/trace.h"
#include "sim/vfs.h"
#include "store/store.h"
#include "tenancy/project.h"

enum { DOORS_MAX = 16, CHECKPOINT_SECONDS = 60 };

struct cluster cluster;

// --- between the rooms ---------------------------------------------------------------------------

static void on_stored(size_t n, void *arg)
{
    const struct node *node = arg;

    (void)n;
    if (node->queue)
        queue_wake(node->queue);
}

static void on_committed(int64_t project, int64_t last_seq, void *arg)
{
    const struct node *node = arg;

    trace_note("committed", project, last_seq);
    if (node->hub)
        hub_announce(node->hub, project, last_seq);
}

static call_normalise_fn *normaliser_of(struct str name)
{
    const struct provider *p = provider_find(name);

    return p ? p->normalise : NULL;
}

static bool resume_of(struct str query, struct hub_resume *ret)
{
    uint64_t seq;

    *ret = (struct hub_resume){0};
    if (str_is_empty(query))
        return true;
    if (!cut_lit(&query, STR("last_seq=")) || !cut_u64(&query, &seq))
        return false;
    ret->given = true;
    ret->last_seq = (int64_t)seq;
    if (cut_lit(&query, STR("&epoch=")))
        ret->epoch = query;
    return true;
}

void node_on_request(struct node *n, struct http_exchange *x)
{
    struct hub_subscriber who = {.topics = FEED_TOPICS_ALL, .who.project = n->project};
    struct err e = {0};

    struct doors *doors = n->ready ? n->doors : n->steering;

    if (n->listening && doors && doors_handle(doors, x))
        return;
    if (n->ready && n->hub && resume_of(http_request_of(x)->query, &who.from)) {
        hub_subscribe(n->hub, x, &who);
        return;
    }
    (void)err_set(&e, ERR_UNAVAILABLE, "the server is starting or stopping");
    http_answer_error(x, &e, STR_NONE);
}

static uint64_t spool_bytes_of(const struct node *n)
{
    struct inbox_stats stats;

    if (!n->inbox)
        return 0;
    inbox_stats(n->inbox, &stats);
    return stats.spool_bytes;
}

bool node_has_kept(const struct http_exchange *x)
{
    const enum door_outcome outcome = doors_outcome(x);

    if (outcome == DOOR_SPOOLED)
        fate_struck(FATE_SPOOLED);
    return outcome <= DOOR_SPOOLED;
}

// --- starting ------------------------------------------------------------------------------------

/* No disk of this world loses what was synced, so no start may miss anything. */
static void check_loss(const struct store *s)
{
    if (store_lost_pages(s) > 0)
        oracle_fail("the store misses %lld pages of its log", (long long)store_lost_pages(s));
}

static bool prepare_store(struct node *n, struct err *e)
{
    _cleanup_(db_closep) struct db *db = store_connect(n->store, STORE_TOOL);
    struct rng rng = rng_system();
    const struct project_bootstrap in = {
        .rng = &rng,
        .now = clock_wall(&clock_system),
        .provider = STR("twilio"),
        .account_sid = STR(SIM_ACCOUNT),
    };
    int applied = 0;

    check_loss(n->store);
    return (db_ping(db, e) && store_migrate_up(n->store, &applied, e) &&
            store_schema_check(n->store, e) && project_bootstrap(db, &in, &n->project, e)) ||
           err_trace(e);
}

static bool start_loops(struct node *n, struct err *e)
{
    for (size_t i = 0; i < n->n_loops; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "loop-%d", (int)(i % 10));
        if (!loop_start(name, &n->loops[i], e))
            return err_trace(e);
    }
    return true;
}

static bool start_hub(struct node *n, struct err *e)
{
    return hub_start(&(struct hub_options){.store = n->store,
                                           .clock = &clock_system,
                                           .loops = n->loops,
                                           .n_loops = n->n_loops,
                                           .ring = fate_plan()->ring},
                     &n->hub, e) ||
           err_trace(e);
}

static bool start_worker(struct node *n, struct err *e)
{
    n->apply = inbox_apply_create(&(struct inbox_apply_options){
        .rules = call_rules_same(&cluster.rules),
        .clock = &clock_system,
        .normaliser_of = normaliser_of,
        .on_committed = on_committed,
        .arg = n,
    });
    struct queue_policy policy = queue_policy_default;
    policy.batch = fate_plan()->batch;
    const struct queue_options o = {
        .name = "inbox",
        .store = n->store,
        .clock = &clock_system,
        .queries = inbox_queue_queries,
        .handler = handler_watch(inbox_apply_handler(n->apply)),
        .policy = policy,
        .workers = n->n_workers,
    };
    return queue_start(&o, &n->queue, e) || err_trace(e);
}

/* The rules are the account's; nobody reads its secrets here. */
static bool write_book(struct node *n, struct err *e)
{
    struct account_book *b = account_book_create();
    const struct book_project p = {
        .project = n->project, .owned_numbers = STR("+15085140320"), .region = STR("US")};

    n->accounts = account_shelf_create();
    if (!account_book_add_project(b, &p, e)) {
        account_book_drop(b);
        return err_trace(e);
    }
    account_shelf_put(n->accounts, b);
    return true;
}

static bool start_jobs(struct node *n, struct err *e)
{
    const struct job *jobs[SOURCE_JOBS];

    if (!fate_plan()->asks)
        return true;
    source_jobs(n->asking);
    for (size_t i = 0; i < SOURCE_JOBS; i++)
        jobs[i] = &n->asking[i];
    const struct jobs_options o = {
        .store = n->store,
        .clock = &clock_system,
        .jobs = memcpy(arena_new(n->a, const struct job *, SOURCE_JOBS), jobs, sizeof jobs),
        .n_jobs = SOURCE_JOBS,
        .threads = 2,
        .arg = &n->world,
    };
    if (!write_book(n, e))
        return err_trace(e);
    n->world = (struct job_world){.accounts = n->accounts, .on_committed = on_committed, .arg = n};
    return jobs_start(&o, &n->jobs, e) || err_trace(e);
}

static bool project_of(struct str provider, struct str account, int64_t *ret, void *arg,
                       struct err *e)
{
    const struct node *n = arg;

    (void)provider, (void)account, (void)e; // there is one account
    *ret = n->project;
    return true;
}

static bool start_inbox(struct node *n, struct err *e)
{
    const struct inbox_options o = {
        .store = n->store,
        .clock = &clock_system,
        .spool_path = str_fmt(n->a, SIM_DATA "/spool-%d", n->number),
        .files = &sim_files,
        .held = true,
        .project_of = project_of,
        .on_stored = on_stored,
        .arg = n,
    };

    return inbox_start(&o, &n->inbox, e) || err_trace(e);
}

static bool open_doors(struct node *n, struct doors **ret, struct err *e)
{
    const struct door *list[DOORS_MAX];
    size_t n_doors = 0;

    for (size_t p = 0; p < n_providers; p++)
        for (size_t d = 0; d < providers[p]->n_doors && n_doors < DOORS_MAX; d++)
            list[n_doors++] = &providers[p]->doors[d];
    if (!n->token)
        n->token = secret_create(STR(SIM_TOKEN));
    n->routing = (struct twilio_routing){.sip_user = STR("dispatcher"),
                                         .sip_domain = STR("abchomes.sip.us1.twilio.com"),
                                         .caller_id = STR("+15085140320")};
    const struct door_account account = {
        .provider = STR("twilio"),
        .account = STR(SIM_ACCOUNT),
        .project = n->project,
        .secrets = {n->token},
        .config = &n->routing,
    };
    const struct doors_options o = {
        .doors = list,
        .n_doors = n_doors,
        .accounts = {.p = &account, .n = 1},
        .base_url = STR(SIM_PUBLIC),
        .inbox = n->inbox,
        .clock = &clock_system,
        .loops = n->loops,
        .n_loops = n->n_loops,
        .invalid_burst = 100000, // forged copies come from the same network as the others
    };
    return doors_open(&o, ret, e) || err_trace(e);
}

/* Before the store is there: whatever comes is kept in the spool, under its account. */
static bool start_spooling(struct node *n, struct err *e)
{
    return (start_loops(n, e) && start_inbox(n, e) && open_doors(n, &n->steering, e)) ||
           err_trace(e);
}

static bool start_rooms(struct node *n, struct err *e)
{
    if (!start_hub(n, e) || !start_worker(n, e) || !open_doors(n, &n->doors, e) ||
        !start_jobs(n, e))
        return err_trace(e);
    inbox_release(n->inbox);
    return true;
}

// --- a life --------------------------------------------------------------------------------------

static void fall(struct node *n, const char *why, const struct err *e)
{
    trace_text("node %d ends: %s: %s", n->number, why, e ? e->text : "");
    cluster_kill(n);
}

static void supervise(struct node *n)
{
    for (int second = 1; !n->stopping; second++) {
        struct err late = {0};
        fiber_sleep(SECONDS(1));
        if (store_is_broken(n->store))
            fall(n, "the store is broken", NULL);
        if (second % CHECKPOINT_SECONDS == 0)
            (void)store_checkpoint(n->store, &late); // told to the log there
    }
}

static void nothing(void *arg)
{
    (void)arg;
}

/* Behind it, no request is inside of a room any more: as http_server_drain() has it. */
static void drain(struct node *n)
{
    for (size_t i = 0; i < n->n_loops; i++)
        loop_call_wait(n->loops[i], nothing, NULL);
}

static void stop(struct node *n)
{
    if (n->steering)
        doors_shut(n->steering);
    n->ready = n->listening = false;
    drain(n);
    inbox_stop(TAKE(n->inbox));
    drain(n);
    jobs_stop(TAKE(n->jobs));
    account_shelf_destroy(n->accounts);
    if (n->queue)
        queue_stop(n->queue);
    inbox_apply_destroy(n->apply);
    if (n->hub)
        hub_stop(n->hub);
    doors_close(TAKE(n->doors));
    doors_close(TAKE(n->steering));
    for (size_t i = n->n_loops; i > 0; i--)
        loop_stop(n->loops[i - 1]);
    store_close(n->store);
}

static void open_store(struct node *n)
{
    const struct store_options o = {
        .url = STR(SIM_URL),
        .clock = &clock_system,
        .files = &sim_files,
        .exclusive = cluster.n == 1,
    };
    struct err e = {0};

    if (!store_open(&o, &n->store, &e))
        fall(n, "opening the store", &e);
}

/* False: it is to stop, and never got so far. */
static bool wait_for_store(struct node *n)
{
    struct err e = {0};

    while (!n->stopping) {
        err_clear(&e);
        if (prepare_store(n, &e))
            return true;
        trace_text("node %d waits: %s", n->number, e.text);
        if (e.code != ERR_UNAVAILABLE || store_is_broken(n->store))
            fall(n, "the store", &e);
        fiber_sleep(MILLISECONDS(500));
    }
    return false;
}

static void run(void *arg)
{
    struct node *n = arg;
    struct err e = {0};

    open_store(n);
    if (!start_spooling(n, &e))
        fall(n, "starting", &e);
    n->listening = true;
    trace_note("node.listening", n->number, 0);
    if (wait_for_store(n)) {
        if (!start_rooms(n, &e))
            fall(n, "starting", &e);
        n->ready = true;
        trace_note("node.ready", n->number, 0);
        supervise(n);
    }
    stop(n);
    fall(n, "stopped", NULL);
}

static void boot(struct node *n)
{
    char name[16];

    (void)snprintf(name, sizeof name, "node-%d.%d", n->number, (int)(n->n_boots++ % 1000));
    const int number = n->number;
    const uint64_t boots = n->n_boots;
    *n = (struct node){.number = number,
                       .n_boots = boots,
                       .n_loops = n->n_loops,
                       .n_workers = n->n_workers,
                       .a = arena_create(0)};
    n->process = process_create(name, n);
    n->process->skew = fate_skew();
    (void)fiber_start(n->process, "main", run, n);
}

// --- all of them ---------------------------------------------------------------------------------

void cluster_begin(size_t n, struct process *outside, struct rng *dice)
{
    cluster.n = n;
    cluster.outside = outside;
    for (size_t i = 0; i < n; i++)
        cluster.nodes[i] = (struct node){
            .number = (int)i,
            .n_loops = 1 + dice_below(dice, NODE_LOOPS_MAX),
            .n_workers = 1 + dice_below(dice, 3),
        };
}

static void supervisor(void *arg)
{
    (void)arg;
    for (;;) {
        for (size_t i = 0; i < cluster.n; i++)
            if (!cluster.nodes[i].process && !cluster.retired)
                boot(&cluster.nodes[i]);
        fiber_sleep(dice_between(&world.dice, MILLISECONDS(20), MILLISECONDS(300)));
    }
}

void cluster_supervise(void)
{
    (void)fiber_start(cluster.outside, "supervisor", supervisor, NULL);
}

bool cluster_is_up(void)
{
    for (size_t i = 0; i < cluster.n; i++)
        if (!cluster.nodes[i].process || !cluster.nodes[i].ready)
            return false;
    return true;
}

bool cluster_has_no_spool(void)
{
    for (size_t i = 0; i < cluster.n; i++) {
        struct inbox_stats stats;
        inbox_stats(cluster.nodes[i].inbox, &stats);
        if (stats.spool_bytes > 0 || stats.waiting > 0 || stats.store_down)
            return false;
    }
    return true;
}

void cluster_retire(void)
{
    cluster.retired = true;
    for (size_t i = 0; i < cluster.n; i++)
        cluster.nodes[i].stopping = true;
}

bool cluster_is_running(void)
{
    for (size_t i = 0; i < cluster.n; i++)
        if (cluster.nodes[i].process)
            return true;
    return false;
}

struct node *node_of(const struct process *p)
{
    return p ? p->owner : NULL;
}

struct node *node_listening(struct rng *dice)
{
    struct node *found = NULL;
    uint64_t n = 0;

    for (size_t i = 0; i < cluster.n; i++)
        if (cluster.nodes[i].listening && dice_once_in(dice, ++n))
            found = &cluster.nodes[i];
    return found;
}

/* Everything but leaving the running fiber, which may be one of its own. */
static void forget(struct process *p)
{
    handler_forget(p);
    source_forget(p);
    vfs_forget(p);
    sim_files_forget(p);
    net_forget(p);
}

void cluster_kill(struct node *n)
{
    struct process *p = TAKE(n->process);

    if (!p)
        return;
    trace_note("node.dead", n->number, 0);
    // Only who has the file to himself settles what the dead have left in the log.
    if (cluster.n > 1)
        disk_write_back();
    n->ready = n->listening = false;
    forget(p);
    process_end(p);
}

void cluster_power_cut(void)
{
    struct process *mine = NULL;

    for (size_t i = 0; i < cluster.n; i++) {
        struct node *n = &cluster.nodes[i];
        struct process *p = TAKE(n->process);
        n->ready = n->listening = false;
        if (!p)
            continue;
        if (spool_bytes_of(n) > 0)
            fate_struck(FATE_DARK_SPOOL);
        forget(p);
        if (p == process_self())
            mine = p;
        else
            process_end(p);
    }
    disk_cut(&world.dice);
    if (mine)
        process_end(mine); // does not return
}
