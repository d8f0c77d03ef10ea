/* Is it up, and does everything flow? Told honestly: what is late is degraded, with the reason.
 * Figures are of the asker's project. Those of the whole node are told to the default project, as
 * that of who runs the installation; others learn from the reasons what is wrong, and no number. */
#include "api/request.h"

#include <stdarg.h>
#include <stdio.h>

#include "api/canary.h"
#include "api/degraded.h"
#include "api/meter.h"
#include "feed/hub.h"
#include "http/language.h"
#include "jobs/run.h"
#include "providers/account_book.h"
#include "version.h"
#include "inbox/backlog.h"
#include "inbox/inbox.h"
#include "queue/queue.h"
#include "tenancy/flags.h"

/* A lag that was measured longer ago than this says nothing of now. */
#define LAG_STALE SECONDS(5)

void api_health_answer(struct http_exchange *x, bool up)
{
    http_answer(
        x, &(struct http_answer){
               .status = up ? 200 : 503,
               .type = STR("application/json; charset=utf-8"),
               .body = up ? STR("{\"status\":\"healthy\"}") : STR("{\"status\":\"unhealthy\"}"),
               .body_is_static = true,
           });
}

static void health(const struct api *api, struct http_exchange *x)
{
    api_health_answer(x, api_store_is_up(api));
}

struct state {
    bool store_up;
    bool sees_node; /* its figures, to which every project adds */
    struct flags flags;
    struct inbox_backlog backlog;
    struct inbox_stats inbox;
    struct queue_lag applied;
    struct hub_stats hub;
    struct feed_head head;
    struct job_state *jobs;
    size_t n_jobs;
    const struct node *canary; /* NULL: none has been sent */
    usec_t counted_ago;        /* the backlog */
    usec_t backlog_age, lag;
};

/* From received to applied: of what was applied last of the project, unless something has waited
 * longer since. A worker that stands still, here or on another node, measures nothing; what waits
 * for it does. */
static usec_t lag_of(const struct state *s, usec_t now)
{
    const usec_t at = s->applied.measured_at;
    const bool fresh = at != TIME_NONE && now - at < LAG_STALE;
    const usec_t measured = fresh ? s->applied.lag : 0;

    return s->backlog_age > measured ? s->backlog_age : measured;
}

/* From committed to sent on, likewise: a hub that stands still sends nothing that could be timed.
 */
static usec_t publish_lag_of(const struct state *s)
{
    return s->hub.lag > s->hub.publish_lag ? s->hub.lag : s->hub.publish_lag;
}

static bool find_canary(struct req *rq, struct state *s, struct err *e)
{
    struct node *nodes;
    size_t n;

    if (!node_list(rq->db, rq->now, rq->a, &nodes, &n, e))
        return err_trace(e);
    s->canary = canary_of(nodes, n);
    return true;
}

static void gather(struct req *rq, struct state *s)
{
    struct err down = {0};

    s->flags = flag_board_of(rq->app->flags, rq->actor.project);
    s->sees_node = rq->actor.project == rq->app->project;
    s->applied.measured_at = TIME_NONE;
    s->store_up = backlog_watch_read(rq->backlogs, rq->db, rq->actor.project, &s->backlog,
                                     &s->counted_ago, &down) &&
                  feed_head(rq->db, rq->actor.project, rq->a, &s->head, &down) &&
                  job_states(rq->db, rq->actor.project, rq->a, &s->jobs, &s->n_jobs, &down) &&
                  find_canary(rq, s, &down);
    if (!s->store_up) // what a failed query leaves is nothing
        s->backlog = (struct inbox_backlog){.oldest = TIME_NONE};
    if (rq->app->inbox)
        inbox_stats(rq->app->inbox, &s->inbox);
    if (rq->app->queue)
        s->applied = queue_lag_of(rq->app->queue, rq->actor.project);
    if (rq->app->hub) {
        hub_stats(rq->app->hub, &s->hub);
        s->hub.clients = hub_clients(rq->app->hub, rq->actor.project); // no others'
    }
    const usec_t counted_at = rq->now - s->counted_ago;
    if (s->backlog.oldest != TIME_NONE && s->backlog.oldest < counted_at)
        s->backlog_age = counted_at - s->backlog.oldest;
    s->lag = lag_of(s, rq->now);
}

/* Who is told what is wrong, in which language, and as of when. */
struct told {
    struct json_writer *w;
    enum err_language language;
    usec_t now;
    bool any;
};

/* One more reason; what is translated stands in the catalogue (base/err_words.c). */
PRINTF_LIKE(2, 3)
static void say(struct told *t, const char *english, ...)
{
    char text[256];
    va_list ap;

    va_start(ap, english);
    (void)vsnprintf(text, sizeof text, err_sentence(english, t->language), ap);
    va_end(ap);
    json_str(t->w, str_from(text));
    t->any = true;
}

/* What is wrong with jobs; those that are switched off are not late. */
static void say_jobs(struct told *t, const struct state *s)
{
    size_t n;
    const struct job *const *jobs = job_list(&n);
    bool refused = false;

    for (size_t i = 0; i < s->n_jobs; i++) {
        const struct job_state *x = &s->jobs[i];
        const struct job *job = job_find(jobs, n, x->name);
        if (!job || (job->is_reconcile && s->flags.v[FLAG_RECONCILE] == 0))
            continue;
        const usec_t late = job_state_late(x, t->now);
        const bool is_refused = job_state_is_refused(x);
        const unsigned wrong = degraded_of(&(struct degraded_figures){
            .job_late = late, .job_failures = is_refused ? 0 : x->failures});
        refused = refused || is_refused;
        if (wrong & 1u << DEGRADED_JOB_LATE)
            say(t, "The job " STR_FMT " is %lld seconds late.", STR_ARG(x->name),
                (long long)(late / SECONDS(1)));
        if (wrong & 1u << DEGRADED_JOB_FAILS)
            say(t, "The job " STR_FMT " has failed %lld times in a row.", STR_ARG(x->name),
                (long long)x->failures);
    }
    if (refused)
        say(t, "The provider refuses an account of the project: its calls are not compared.");
}

/* What waits, or cannot be written. */
static void say_events(struct told *t, const struct state *s)
{
    const unsigned wrong = degraded_of(&(struct degraded_figures){
        .store_down = !s->store_up,
        .inbox_down = s->inbox.store_down,
        .spool_bytes = s->inbox.spool_bytes,
        .backlog_age = s->backlog_age,
        .dead_letters = s->backlog.dead_letter,
        .push_lag = s->hub.lag,
    });

    if (wrong & 1u << DEGRADED_STORE)
        say(t, "The database cannot be reached.");
    if (wrong & 1u << DEGRADED_INBOX)
        say(t, "The inbox cannot write to the database; events are spooled.");
    if (wrong & 1u << DEGRADED_SPOOL && s->sees_node)
        say(t, "%llu bytes of events wait in the spool.", (unsigned long long)s->inbox.spool_bytes);
    else if (wrong & 1u << DEGRADED_SPOOL)
        say(t, "Events wait in the spool.");
    if (wrong & 1u << DEGRADED_BACKLOG)
        say(t, "The oldest waiting event is %lld seconds old.",
            (long long)(s->backlog_age / SECONDS(1)));
    if (wrong & 1u << DEGRADED_DEAD_LETTERS && s->backlog.dead_letter == 1)
        say(t, "One event is a dead letter.");
    else if (wrong & 1u << DEGRADED_DEAD_LETTERS)
        say(t, "%lld events are dead letters.", (long long)s->backlog.dead_letter);
    if (wrong & 1u << DEGRADED_PUSH && s->sees_node)
        say(t, "The oldest event that is not sent on to browsers has waited %lld seconds.",
            (long long)(s->hub.lag / SECONDS(1)));
    else if (wrong & 1u << DEGRADED_PUSH)
        say(t, "Events wait to be sent on to browsers.");
}

/* What providers send takes the same way. */
static void say_canary(struct told *t, const struct state *s)
{
    if (s->canary && canary_was_lost(s->canary))
        say(t, "A webhook of our own did not come through the public address.");
}

/* What is narrowed on purpose. */
static void say_flags(struct told *t, const struct state *s)
{
    if (s->flags.v[FLAG_INGESTION] == INGESTION_OFF)
        say(t, "Webhooks are switched off: none is kept.");
    if (s->flags.v[FLAG_INGESTION] == INGESTION_SHADOW)
        say(t, "Webhooks are in shadow mode: they are kept and not processed.");
    if (s->flags.v[FLAG_INGESTION] == INGESTION_ON && s->flags.v[FLAG_WORKER_SHARE] < 100)
        say(t, "Only %lld percent of the calls are processed.",
            (long long)s->flags.v[FLAG_WORKER_SHARE]);
    if (s->backlog.held == 1)
        say(t, "One event waits until more is let through.");
    else if (s->backlog.held > 0)
        say(t, "%lld events wait until more is let through.", (long long)s->backlog.held);
    if (!s->flags.v[FLAG_PUSH])
        say(t, "Live push is switched off.");
    if (!s->flags.v[FLAG_RECONCILE])
        say(t, "Comparing with providers is switched off.");
}

/* Writes the reasons and tells whether there were any. */
static bool reasons(struct req *rq, const struct state *s)
{
    struct told t = {
        .w = &rq->json,
        .language = http_language_of(rq->http),
        .now = rq->now,
    };

    json_key(t.w, STR("reasons"));
    json_open_array(t.w);
    say_events(&t, s);
    say_canary(&t, s);
    say_flags(&t, s);
    say_jobs(&t, s);
    json_close_array(t.w);
    return t.any;
}

static void write_jobs(struct json_writer *w, const struct state *s)
{
    json_key(w, STR("reconcile"));
    json_open_object(w);
    json_member_bool(w, STR("enabled"), s->flags.v[FLAG_RECONCILE] != 0);
    json_key(w, STR("jobs"));
    json_open_array(w);
    for (size_t i = 0; i < s->n_jobs; i++) {
        const struct job_state *x = &s->jobs[i];
        json_open_object(w);
        json_member_str(w, STR("job_name"), x->name);
        json_member_time(w, STR("next_run_at"), x->next_run_at);
        json_member_time(w, STR("last_success_at"), x->last_success_at);
        json_member_time(w, STR("last_error_at"), x->last_error_at);
        json_member_str(w, STR("last_error"), x->last_error);
        json_member_int(w, STR("failures"), x->failures);
        json_close_object(w);
    }
    json_close_array(w);
    json_close_object(w);
}

/* INT_NONE: null. */
static void member_known(struct json_writer *w, struct str name, int64_t v)
{
    if (v == INT_NONE)
        json_member_null(w, name);
    else
        json_member_int(w, name, v);
}

/* A figure of the whole node, for those who are told it. */
static int64_t of_node(const struct state *s, int64_t figure)
{
    return s->sees_node ? figure : INT_NONE;
}

static void write_state(struct json_writer *w, const struct state *s)
{
    json_key(w, STR("inbox"));
    json_open_object(w);
    json_member_int(w, STR("pending"), s->backlog.pending);
    json_member_int(w, STR("held"), s->backlog.held);
    json_member_int(w, STR("oldest_pending_age_ms"), s->backlog_age / 1000);
    json_member_int(w, STR("dead_letter"), s->backlog.dead_letter);
    json_member_int(w, STR("counted_ago_ms"), s->counted_ago / 1000);
    member_known(w, STR("spool_bytes"), of_node(s, (int64_t)s->inbox.spool_bytes));
    json_close_object(w);
    json_key(w, STR("worker"));
    json_open_object(w);
    json_member_int(w, STR("lag_ms"), s->lag / 1000);
    json_close_object(w);
    json_key(w, STR("feed"));
    json_open_object(w);
    json_member_int(w, STR("last_seq"), s->head.last_seq);
    member_known(w, STR("publish_lag_ms"), of_node(s, publish_lag_of(s) / 1000));
    json_member_int(w, STR("clients"), (int64_t)s->hub.clients);
    json_close_object(w);
    canary_write(w, s->sees_node ? s->canary : NULL);
    write_jobs(w, s);
}

static void write_sync(struct req *rq, const struct state *s)
{
    struct json_writer *w = &rq->json;

    json_member_str(w, STR("version"), STR(HOOKSWITCH_VERSION));
    const bool any = reasons(rq, s);
    json_member_str(w, STR("status"),
                    !s->store_up ? STR("down")
                    : any        ? STR("degraded")
                                 : STR("ok"));
    write_state(w, s);
}

static bool sync_health(struct req *rq, struct err *e)
{
    struct state s = {0};

    gather(rq, &s);
    json_open_object(&rq->json);
    write_sync(rq, &s);
    json_close_object(&rq->json);
    return reply(rq, s.store_up ? 200 : 503, e);
}

// --- all of it -----------------------------------------------------------------------------------

/* What is used of a quota; INT_NONE: it is of a time, and not counted here. */
static int64_t used_of(const struct state *s, enum quota q)
{
    return q == QUOTA_EVENTS_WAITING ? s->backlog.pending
           : q == QUOTA_LIVE_CLIENTS ? (int64_t)s->hub.clients
                                     : INT_NONE;
}

static void write_limits(struct req *rq, const struct state *s)
{
    const struct quotas most = meter_quotas(rq);
    struct json_writer *w = &rq->json;

    json_key(w, STR("limits"));
    json_open_array(w);
    for (size_t q = 0; q < QUOTA_COUNT; q++) {
        const int64_t used = used_of(s, (enum quota)q);
        json_open_object(w);
        json_member_str(w, STR("name"), str_from(quota_name((enum quota)q)));
        json_member_int(w, STR("most"), most.of[q]);
        member_known(w, STR("used"), used);
        json_close_object(w);
    }
    json_close_array(w);
}

/* How many accounts of the project have secrets that this node can read. */
static void write_keys(struct req *rq)
{
    _cleanup_(account_book_dropp) struct account_book *book = account_shelf_take(rq->app->accounts);
    struct json_writer *w = &rq->json;

    json_key(w, STR("keys"));
    json_open_object(w);
    json_member_int(w, STR("accounts"),
                    (int64_t)account_book_list(book, rq->actor.project, rq->a).n);
    json_close_object(w);
}

static void write_database(struct req *rq, const struct state *s)
{
    const usec_t began = clock_monotonic(rq->app->clock);
    struct json_writer *w = &rq->json;
    struct err down = {0};
    const bool answers = s->store_up && db_ping(rq->db, &down);

    json_key(w, STR("database"));
    json_open_object(w);
    json_member_str(w, STR("engine"),
                    store_engine(rq->app->store) == STORE_SQLITE ? STR("sqlite") : STR("postgres"));
    json_member_bool(w, STR("answers"), answers);
    json_member_int(w, STR("answered_in_us"), clock_monotonic(rq->app->clock) - began);
    json_close_object(w);
}

static bool full_health(struct req *rq, struct err *e)
{
    struct state s = {0};

    gather(rq, &s);
    json_open_object(&rq->json);
    write_sync(rq, &s);
    write_database(rq, &s);
    write_keys(rq);
    write_limits(rq, &s);
    json_close_object(&rq->json);
    return reply(rq, s.store_up ? 200 : 503, e);
}

static const struct route routes[] = {
    {HTTP_GET, "/health", .on_loop = health, PUBLIC},
    {HTTP_GET, "/api/health/sync", sync_health, NEEDS(HEALTH_READ), .without_store = true},
    {HTTP_GET, "/api/health/full", full_health, NEEDS(HEALTH_READ), .without_store = true},
};

const struct resource api_health = {"health", routes, LEN(routes)};
