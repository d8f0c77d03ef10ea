#ifndef API_API_H
#define API_API_H
/*
 * The REST API: takes an exchange, finds its route, signs the asker in, runs the handler.
 *
 * Handlers are straight-line blocking code on the API's own threads, each with its own database
 * connection. Resources register in list.h; their tables of routes are the API, held against
 * docs/openapi.yaml by a test. A route cannot be served without saying which right it takes.
 */
#include "base/clock.h"
#include "base/err.h"
#include "tenancy/quota.h"

struct api;
struct doors;
struct flag_board;
struct http_exchange;
struct hasher;
struct hub;
struct job;
struct job_count;
struct jobs;
struct inbox;
struct account_shelf;
struct call_sources;
struct checks;
struct connection_presets;
struct places;
struct queue;
struct recordings;
struct secret;
struct store;
struct token_keys;
struct tracer;
struct vault;

struct api_options {
    struct store *store;
    const struct clock *clock;
    struct tracer *tracer;     /* NULL: no traces */
    struct hub *hub;           /* NULL when this process has no such role */
    struct inbox *inbox;       /* likewise */
    struct queue *queue;       /* likewise */
    const struct doors *doors; /* likewise */
    struct jobs *jobs;         /* likewise */
    struct recordings *recordings;
    struct checks *checks;
    struct call_sources *sources;
    struct places *outside; /* of the threads that wait for others */
    struct account_shelf *accounts;
    bool demo_calls; /* the provider is a sandbox that plays calls */
    const struct vault *vault;
    const struct connection_presets *presets;
    /* The accounts or numbers of a project have changed. May be NULL. */
    void (*on_connections_changed)(void *arg);
    /* A project's feed has come so far. */
    void (*on_committed)(int64_t project, int64_t last_seq, void *arg);
    /* A request has done what is counted as the run of a job; as in jobs_options. May be NULL. */
    void (*on_job_ended)(const struct job *j, bool ok, const struct job_count *counts, size_t n,
                         void *arg);
    void *arg;
    const struct token_keys *token_keys;
    struct hasher *hasher;
    size_t threads;
    const struct secret *stream_key; /* what tokens of streams are signed with */
    int64_t project;                 /* the default one */
    struct quotas quotas;            /* of a project, where the store says nothing else */
    int64_t projects_most;           /* of one organisation that makes them itself */
    size_t stream_clients_most;      /* of one project, whatever its quota; 0: as that says */
    bool secure_cookies;             /* the public URL is https */
    struct flag_board *flags;
    void (*on_flags_changed)(void *arg); /* by this node; may be NULL */
    struct str webhook_base_url; /* shown to people who set up their provider; may be empty */
};

bool api_start(const struct api_options *o, struct api **ret, struct err *e) CHECK_RESULT;

/* Takes the exchange if its path is one of ours (a wrong method is answered 405); on its loop. */
bool api_handle(struct api *api, struct http_exchange *x);

/* What GET /health says; by a node without an API as well. */
void api_health_answer(struct http_exchange *x, bool up);

/* Answers what was taken, then joins the threads. */
void api_stop(struct api *api);

#endif
