#ifndef SIM_NODE_H
#define SIM_NODE_H
/*
 * A node: a process in which all rooms of the path run as they do in the server, in the order in
 * which ops/serve.c starts and stops them. It may die at any step, and is started again.
 */
#include "calls/change.h"

#include "feed/hub.h"
#include "inbox/door.h"
#include "jobs/engine.h"
#include "jobs/inbox_apply.h"
#include "jobs/world.h"
#include "providers/twilio/twiml.h"
#include "queue/queue.h"
#include "sim/fiber.h"
#include "sim/files.h"
#include "sim/source.h"

enum { NODES_MAX = 3, NODE_LOOPS_MAX = 2 };

struct node {
    int number;
    struct process *process; /* NULL: not running */
    bool listening;          /* it answers, whether or not the store is there already */
    bool ready;              /* all rooms are open */
    bool stopping;           /* somebody has asked it to end */
    struct arena *a;
    struct store *store;
    struct loop *loops[NODE_LOOPS_MAX];
    size_t n_loops, n_workers;
    int64_t project;
    struct secret *token;
    struct twilio_routing routing;
    struct inbox *inbox;
    struct doors *steering, *doors; /* before and after the store is there */
    struct inbox_apply *apply;
    struct queue *queue;
    struct hub *hub;
    struct account_shelf *accounts; /* of the jobs, which run in worlds that ask */
    struct job_world world;
    struct job asking[SOURCE_JOBS];
    struct jobs *jobs;
    uint64_t n_boots;
};

struct cluster {
    struct node nodes[NODES_MAX];
    size_t n;
    struct call_rules rules;
    struct process *outside;
    bool retired;
};

extern struct cluster cluster;

/* n nodes on one disk; none runs yet. */
void cluster_begin(size_t n, struct process *outside, struct rng *dice);
/* The machine's supervisor: starts what does not run. */
void cluster_supervise(void);
/* Until the fates are over: all of them run and answer. */
bool cluster_is_up(void);
/* Nothing waits in anybody's spool. */
bool cluster_has_no_spool(void);
/* They end in good order, and are not started again. */
void cluster_retire(void);
bool cluster_is_running(void);
void cluster_kill(struct node *n);
/* All processes at once, and what the disk had not kept. */
void cluster_power_cut(void);
/* Whoever listens, by chance; NULL: nobody. */
struct node *node_listening(struct rng *dice);
struct node *node_of(const struct process *p);
void node_on_request(struct node *n, struct http_exchange *x);
/* Whether the request that was just answered was kept: durable, or known to be there. */
bool node_has_kept(const struct http_exchange *x);

#define SIM_DB SIM_DATA "/hookswitch.db"
#define SIM_URL "sqlite:" SIM_DB
#define SIM_PUBLIC "https://calls.example.com"
#define SIM_ACCOUNT "AC5ad0c3e5a1f54b8f9c7d2e6b4a190f37"
#define SIM_TOKEN "the-token-of-the-simulated-account"

#endif
