#include "ops/gauges.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/metric.h"
#include "base/pace.h"
#include "loop/bell.h"
#include "loop/loop.h"
#include "reconcile/reconcile.h"

enum { TALLIES_MAX = 64, NAME_MAX_BYTES = 48 };
#define LOOK_EVERY SECONDS(5)
#define MEASURE_EVERY MINUTES(1) /* the database asks its disk of each file */

struct backlog_gauge {
    int64_t pending, held, dead;
    usec_t oldest;
};

/* PostgreSQL's. */
struct store_sizes {
    int64_t bytes, kept;
};

/* Of one job, or one kind of drift. Names are of our own tables, so that there are few. */
struct tally {
    char name[NAME_MAX_BYTES];
    uint64_t ok, failed; /* of drift: ok alone */
    /* Of jobs, as the store has it: see metrics_jobs. TIME_NONE: at no time, and not at all. */
    usec_t due, behind;
    int64_t failures;
};

struct tallies {
    struct tally p[TALLIES_MAX];
    size_t n;
};

struct gauges {
    struct store *store;
    const struct clock *clock;
    struct bell *end;
    struct thread *thread;
    _Atomic bool ending;

    pthread_mutex_t lock;     /* of all that follows; held for copying only */
    bool counted, store_down; /* as of the last look */
    bool canary_flies;
    int64_t refused; /* projects */
    struct backlog_gauge backlog;
    bool measured; /* once */
    struct store_sizes sizes;
    struct tallies jobs, drift;
    struct histogram canary;
    uint64_t canary_failed;
    usec_t canary_at; /* wall, of the last that came through; TIME_NONE: none did */
};

// --- the store -----------------------------------------------------------------------------------

static struct tally *tally_of(struct tallies *all, struct str name)
{
    for (size_t i = 0; i < all->n; i++)
        if (str_eq(str_from(all->p[i].name), name))
            return &all->p[i];
    if (all->n == TALLIES_MAX || name.n >= NAME_MAX_BYTES)
        return NULL;
    struct tally *t = &all->p[all->n++];
    *t = (struct tally){.due = TIME_NONE, .behind = TIME_NONE};
    memcpy(t->name, name.p, name.n);
    return t;
}

static bool count_backlog(struct gauges *g, struct db *db, struct arena *a, struct err *e)
{
    static const struct column columns[] = {
        {"pending", COLUMN_INT, offsetof(struct backlog_gauge, pending)},
        {"held", COLUMN_INT, offsetof(struct backlog_gauge, held)},
        {"dead", COLUMN_INT, offsetof(struct backlog_gauge, dead)},
        {"oldest", COLUMN_TIME, offsetof(struct backlog_gauge, oldest)},
    };
    struct backlog_gauge b;
    bool found;

    if (!db_query_one(db, Q_METRICS_BACKLOG, NO_BINDS, columns, LEN(columns), a, &b, &found, e))
        return err_trace(e);
    pthread_mutex_lock(&g->lock);
    g->backlog = b;
    g->counted = true;
    pthread_mutex_unlock(&g->lock);
    return true;
}

struct planned_job {
    struct str name;
    usec_t due, behind;
    int64_t failures;
};

static void set_plan(struct tally *t, const struct planned_job *plan)
{
    t->due = plan->due;
    t->behind = plan->behind;
    t->failures = plan->failures;
}

/* A job that is not among them (nobody has asked for it again) is due at no time. */
static void take_plans(struct tallies *jobs, const struct planned_job *list, size_t n)
{
    static const struct planned_job unplanned = {.due = TIME_NONE, .behind = TIME_NONE};

    for (size_t i = 0; i < jobs->n; i++)
        set_plan(&jobs->p[i], &unplanned);
    for (size_t i = 0; i < n; i++) {
        struct tally *t = tally_of(jobs, list[i].name);
        if (t)
            set_plan(t, &list[i]);
    }
}

static bool look_at_jobs(struct gauges *g, struct db *db, struct arena *a, struct err *e)
{
    static const struct column columns[] = {
        {"job_name", COLUMN_STR, offsetof(struct planned_job, name)},
        {"due", COLUMN_TIME, offsetof(struct planned_job, due)},
        {"behind", COLUMN_TIME, offsetof(struct planned_job, behind)},
        {"failures", COLUMN_INT, offsetof(struct planned_job, failures)},
    };
    static const struct row_shape shape = ROW_SHAPE(struct planned_job, columns);
    struct rows *rows;
    size_t n;

    if (!db_query(db, Q_METRICS_JOBS, NO_BINDS, a, &rows, e))
        return err_trace(e);
    const struct planned_job *list = rows_list(rows, &shape, TALLIES_MAX, a, &n, e);
    if (!list)
        return err_trace(e);
    pthread_mutex_lock(&g->lock);
    take_plans(&g->jobs, list, n);
    pthread_mutex_unlock(&g->lock);
    return true;
}

static bool count_refused(struct gauges *g, struct db *db, struct arena *a, struct err *e)
{
    static const struct column columns[] = {{"refused", COLUMN_INT, 0}};
    int64_t n;
    bool found;

    if (!db_query_one(db, Q_METRICS_REFUSED, NO_BINDS, columns, LEN(columns), a, &n, &found, e))
        return err_trace(e);
    pthread_mutex_lock(&g->lock);
    g->refused = n;
    pthread_mutex_unlock(&g->lock);
    return true;
}

bool gauges_look(struct gauges *g, struct db *db, struct arena *a, struct err *e)
{
    const bool ok =
        count_backlog(g, db, a, e) && look_at_jobs(g, db, a, e) && count_refused(g, db, a, e);

    pthread_mutex_lock(&g->lock);
    g->store_down = !ok;
    pthread_mutex_unlock(&g->lock);
    return ok || err_trace(e);
}

bool gauges_measure(struct gauges *g, struct db *db, struct arena *a, struct err *e)
{
    static const struct column columns[] = {
        {"bytes", COLUMN_INT, offsetof(struct store_sizes, bytes)},
        {"kept", COLUMN_INT, offsetof(struct store_sizes, kept)},
    };
    struct store_sizes sizes;
    bool found;

    if (!db_query_one(db, Q_METRICS_SIZES, NO_BINDS, columns, LEN(columns), a, &sizes, &found, e))
        return err_trace(e);
    pthread_mutex_lock(&g->lock);
    if (found)
        g->sizes = sizes;
    g->measured |= found;
    pthread_mutex_unlock(&g->lock);
    return true;
}

/* When it is to be measured again. What our role may not see is not asked for any more. */
static usec_t measure(struct gauges *g, struct db *db, struct arena *a)
{
    struct err e = {0};

    if (gauges_measure(g, db, a, &e) || db_lost(db))
        return clock_monotonic(g->clock) + MEASURE_EVERY;
    log_failure(NULL, LOG_WARN, "metrics.measure", &e);
    return INT64_MAX;
}

static void watch(void *arg)
{
    struct gauges *g = arg;
    _cleanup_(db_closep) struct db *db = store_connect(g->store, STORE_READ);
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    usec_t measure_at = 0;

    while (!atomic_load(&g->ending)) {
        const usec_t began = clock_monotonic(g->clock);
        struct err e = {0};
        arena_reset(a);
        if (!gauges_look(g, db, a, &e)) {
            if (!db_lost(db))
                log_failure(NULL, LOG_WARN, "metrics.look", &e);
        } else if (began >= measure_at) {
            measure_at = measure(g, db, a);
        }
        const usec_t now = clock_monotonic(g->clock), wait = pace_next(began, now) - now;
        (void)bell_wait(g->end, wait > LOOK_EVERY ? wait : LOOK_EVERY);
    }
}

// --- what happens seldom -------------------------------------------------------------------------

/* Of the kind that a count is of; NULL: it is no drift. */
static struct tally *drift_of(struct gauges *g, struct str count)
{
    return cut_lit(&count, STR("drift.")) ? tally_of(&g->drift, count) : NULL;
}

/* A series that begins above 0 hides its first step from increase(). */
static void begin_drift(struct gauges *g)
{
    for (int c = 0; c < RECONCILE_COUNT_COUNT; c++)
        (void)drift_of(g, reconcile_count_name((enum reconcile_count)c)); // there is room for all
}

void gauges_job_ended(struct gauges *g, const struct job *j, bool ok,
                      const struct job_count *counts, size_t n)
{
    pthread_mutex_lock(&g->lock);
    struct tally *t = tally_of(&g->jobs, str_from(j->name));
    if (t && ok)
        t->ok++;
    else if (t)
        t->failed++;
    for (size_t i = 0; i < n; i++) {
        t = drift_of(g, counts[i].name);
        if (t && counts[i].n > 0)
            t->ok += (uint64_t)counts[i].n;
    }
    pthread_mutex_unlock(&g->lock);
}

void gauges_canary(struct gauges *g, usec_t took)
{
    pthread_mutex_lock(&g->lock);
    if (took == TIME_NONE) {
        g->canary_failed++;
    } else {
        histogram_note_time(&g->canary, took);
        g->canary_at = clock_wall(g->clock);
    }
    pthread_mutex_unlock(&g->lock);
}

void gauges_canary_state(struct gauges *g, bool flies)
{
    pthread_mutex_lock(&g->lock);
    g->canary_flies = flies;
    pthread_mutex_unlock(&g->lock);
}

// --- the text ------------------------------------------------------------------------------------

static usec_t since(usec_t at, usec_t now)
{
    return at == TIME_NONE || at > now ? 0 : now - at;
}

static double age(usec_t at, usec_t now)
{
    return (double)since(at, now) / 1e6;
}

static void write_backlog(struct buf *out, const struct gauges *g, usec_t now)
{
    if (!g->counted)
        return;
    metric_plain(out, "webhook_inbox_pending", METRIC_GAUGE,
                 "Events that wait to be processed, of the whole installation.",
                 (double)g->backlog.pending);
    metric_plain(out, "webhook_inbox_held", METRIC_GAUGE, "Events that a flag keeps back.",
                 (double)g->backlog.held);
    metric_plain(out, "webhook_inbox_dead_letter", METRIC_GAUGE, "Events that failed for good.",
                 (double)g->backlog.dead);
    metric_plain(out, "webhook_inbox_oldest_pending_seconds", METRIC_GAUGE,
                 "How long the first of those that were never tried has waited.",
                 age(g->backlog.oldest, now));
}

static void write_sizes(struct buf *out, const struct gauges *g)
{
    if (!g->measured)
        return;
    metric_plain(out, "store_file_bytes", METRIC_GAUGE, "What the database takes of its disk.",
                 (double)g->sizes.bytes);
    metric_plain(out, "store_slot_wal_bytes", METRIC_GAUGE,
                 "PostgreSQL's log that the replication slot keeps which is furthest behind.",
                 (double)g->sizes.kept);
}

static double late_of(const struct tally *t, usec_t now)
{
    return age(t->due, now);
}

static double behind_of(const struct tally *t, usec_t now)
{
    return age(t->behind, now);
}

static double failures_of(const struct tally *t, usec_t now)
{
    (void)now;
    return (double)t->failures;
}

static void write_plans(struct buf *out, const struct gauges *g, usec_t now)
{
    static const struct {
        const char *name, *help;
        double (*of)(const struct tally *t, usec_t now);
    } table[] = {
        {"job_late_seconds", "How long a job has been due, for the project that waits longest.",
         late_of},
        {"job_behind_seconds", "How old the last good run is where a job fails or is not done yet.",
         behind_of},
        {"job_failures", "How often a job has failed in a row, where it fails most.", failures_of},
    };
    char label[NAME_MAX_BYTES + 32];

    for (size_t k = 0; k < LEN(table); k++) {
        metric_head(out, table[k].name, METRIC_GAUGE, table[k].help);
        for (size_t i = 0; i < g->jobs.n; i++) {
            (void)snprintf(label, sizeof label, "job_name=\"%s\"", g->jobs.p[i].name);
            metric_value(out, table[k].name, label, table[k].of(&g->jobs.p[i], now));
        }
    }
}

static void write_tallies(struct buf *out, const struct gauges *g, usec_t now)
{
    char label[NAME_MAX_BYTES + 32];

    metric_head(out, "reconcile_drift_detected_total", METRIC_COUNTER,
                "What providers knew better than we did, by kind.");
    for (size_t i = 0; i < g->drift.n; i++) {
        (void)snprintf(label, sizeof label, "kind=\"%s\"", g->drift.p[i].name);
        metric_value(out, "reconcile_drift_detected_total", label, (double)g->drift.p[i].ok);
    }
    metric_head(out, "job_runs_total", METRIC_COUNTER, "Runs of jobs that ended here.");
    for (size_t i = 0; i < g->jobs.n; i++) {
        (void)snprintf(label, sizeof label, "job_name=\"%s\",result=\"ok\"", g->jobs.p[i].name);
        metric_value(out, "job_runs_total", label, (double)g->jobs.p[i].ok);
        (void)snprintf(label, sizeof label, "job_name=\"%s\",result=\"failed\"", g->jobs.p[i].name);
        metric_value(out, "job_runs_total", label, (double)g->jobs.p[i].failed);
    }
    write_plans(out, g, now);
    metric_plain(out, "reconcile_refused_projects", METRIC_GAUGE,
                 "Projects whose credentials their provider refuses.", (double)g->refused);
}

void gauges_degraded(struct gauges *g, struct degraded_figures *f)
{
    const usec_t now = clock_wall(g->clock);

    pthread_mutex_lock(&g->lock);
    f->store_down = g->store_down;
    if (g->counted) {
        f->backlog_age = since(g->backlog.oldest, now);
        f->dead_letters = g->backlog.dead;
    }
    for (size_t i = 0; i < g->jobs.n; i++) {
        const struct tally *t = &g->jobs.p[i];
        const usec_t late = since(t->due, now);
        f->job_late = late > f->job_late ? late : f->job_late;
        f->job_failures = t->failures > f->job_failures ? t->failures : f->job_failures;
    }
    pthread_mutex_unlock(&g->lock);
}

static void write_canary(struct buf *out, const struct gauges *g)
{
    struct histogram_view v = {0};

    histogram_add(&v, &g->canary);
    metric_histogram(out, "canary_latency_seconds", &metric_seconds,
                     "A webhook of our own through the public address, to its answer.", &v);
    metric_plain(out, "canary_enabled", METRIC_GAUGE,
                 "1 while there is a canary, and an account that it can sign for.",
                 g->canary_flies ? 1 : 0);
    metric_plain(out, "canary_failed_total", METRIC_COUNTER, "Canaries that did not come through.",
                 (double)g->canary_failed);
    if (g->canary_at != TIME_NONE)
        metric_plain(out, "canary_last_success_timestamp_seconds", METRIC_GAUGE,
                     "When one came through.", (double)g->canary_at / 1e6);
}

/* Names that are promised to those who build upon the agents of the other provider. */
static void write_reserved(struct buf *out)
{
    static const char *const names[] = {
        "elevenlabs_webhook_received_total",          "elevenlabs_webhook_invalid_signature_total",
        "elevenlabs_webhook_retried_total",           "elevenlabs_analyses_total",
        "elevenlabs_analysis_duration_seconds_total",
    };

    for (size_t i = 0; i < LEN(names); i++)
        metric_plain(out, names[i], METRIC_COUNTER, "Reserved: there is no such provider yet.", 0);
}

void gauges_write(struct gauges *g, struct buf *out)
{
    const usec_t now = clock_wall(g->clock);

    pthread_mutex_lock(&g->lock);
    write_backlog(out, g, now);
    write_sizes(out, g);
    write_tallies(out, g, now);
    write_canary(out, g);
    pthread_mutex_unlock(&g->lock);
    write_reserved(out);
}

// --- life ----------------------------------------------------------------------------------------

struct gauges *gauges_create(struct store *store, const struct clock *clock)
{
    struct gauges *g = NEW(struct gauges);

    g->store = store;
    g->clock = clock;
    g->end = bell_create();
    g->canary_at = TIME_NONE;
    pthread_mutex_init(&g->lock, NULL);
    begin_drift(g);
    return g;
}

bool gauges_start(struct gauges *g, struct err *e)
{
    return thread_start("metrics", watch, g, &g->thread, e) || err_trace(e);
}

void gauges_stop(struct gauges *g)
{
    if (!g->thread)
        return;
    atomic_store(&g->ending, true);
    bell_ring_for_ever(g->end);
    thread_join(g->thread);
    g->thread = NULL;
}

void gauges_destroy(struct gauges *g)
{
    if (!g)
        return;
    bell_destroy(g->end);
    pthread_mutex_destroy(&g->lock);
    free(g);
}
