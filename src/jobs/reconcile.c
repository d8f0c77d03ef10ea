/*
 * Reconcile as jobs: the steps are those of reconcile/reconcile.h; here they get a source of the
 * project, and what they count and cannot do now is told to the engine. A project without an
 * account has nobody to ask; one of whose accounts one is refused has the others compared, and a
 * run that has failed.
 */
#include "reconcile/reconcile.h"

#include "jobs/job.h"
#include "jobs/run.h"
#include "jobs/world.h"
#include "providers/call_sources.h"
#include "trace/trace.h"

/* The provider may know more than we expected: then the run is as long as it is by now. A run that
 * goes on from where a failed one was cannot tell. */
static void note_progress(struct job_step *s, const struct reconcile_step *r, bool ok)
{
    const bool is_known = s->n_total > 0 || s->n_done == 0;

    s->n_done += r->counts[RECONCILE_CHECKED];
    if (ok && is_known)
        s->n_total += r->n_expected;
    if (s->n_total > 0 && s->n_done > s->n_total)
        s->n_total = s->n_done;
}

/* The first span of the trace of its requests. */
static void note_span(const struct job_step *s, const char *name, struct str trace, usec_t began,
                      bool ok)
{
    const struct job_world *world = s->arg;

    tracer_note(world->tracer, &(struct span){
                                   .trace = trace,
                                   .name = "job.step",
                                   .of = str_from(name),
                                   .kind = SPAN_INTERNAL,
                                   .is_first = true,
                                   .took = clock_monotonic(s->clock) - began,
                                   .failed = !ok,
                               });
}

static void count(struct job_step *s, const int64_t *counts, bool mended_only)
{
    for (int i = 0; i < RECONCILE_COUNT_COUNT; i++) {
        const enum reconcile_count c = (enum reconcile_count)i;

        if (!mended_only || reconcile_counts_mended(c))
            job_step_count(s, reconcile_count_name(c), counts[c]);
    }
}

/* What was mended would be found by nobody again. */
static bool keep_mended(const int64_t *counts, void *arg, struct err *e)
{
    struct job_step so_far = *(const struct job_step *)arg;

    count(&so_far, counts, true);
    return job_step_keep_counts(&so_far, e) || err_trace(e);
}

/* A provider that refuses us, or is silent, fails the step as a rule: it is told all the same. What
 * cannot be told is no failure, the next step tells it. After a failure of the store nothing is
 * asked of it: the engine wants to know what became of that. */
static void tell_outages(const struct job_step *s, const struct reconcile_source *source, bool ok)
{
    const struct job_world *world = s->arg;
    const struct outages_teller t = {.db = s->db,
                                     .project = s->project,
                                     .now = clock_wall(s->clock),
                                     .trace_id = source->trace,
                                     .a = s->a,
                                     .on_committed = world->on_committed,
                                     .arg = world->arg};
    struct err untold = {0};

    if (ok || (!db_lost(s->db) && !db_conflicted(s->db)))
        (void)outages_tell(&t, call_sources_heard(source), &untold);
}

static bool reconcile(struct job_step *s, const char *name, reconcile_fn *step, struct err *e)
{
    const struct job_world *world = s->arg;
    struct reconcile_source source;

    if (!call_sources_of(world->sources, s->project, s->stopped, s->a, &source)) {
        s->done = true;
        return true;
    }
    struct reconcile_step r = {
        .db = s->db,
        .project = s->project,
        .source = &source,
        .rules = account_shelf_rules(world->accounts),
        .clock = s->clock,
        .last_success = s->last_success,
        .cursor = s->cursor,
        .a = s->a,
        .on_committed = world->on_committed,
        .arg = world->arg,
        .on_mending = keep_mended,
        .mending_arg = s,
        .next_cursor = STR_NONE,
    };
    const usec_t began = clock_monotonic(s->clock);
    const bool ok = step(&r, e);
    note_span(s, name, source.trace, began, ok);
    tell_outages(s, &source, ok);

    count(s, r.counts, false);
    note_progress(s, &r, ok);
    if (!ok && source.retry_after > 0)
        s->not_before = s->now + source.retry_after;
    s->next_cursor = r.next_cursor;
    s->began = r.began;
    s->done = r.done;
    if (r.done && job_step_counted(s, reconcile_count_name(RECONCILE_REFUSED)) > 0)
        err_set(&s->flaw, ERR_INTEGRATION_AUTH,
                "the provider refuses an account of the project: its calls were not compared");
    return ok || err_trace(e);
}

static bool hot(struct job_step *s, struct err *e)
{
    return reconcile(s, "reconcile_hot", reconcile_hot, e) || err_trace(e);
}

/* It lists with each account: when none is refused any more, what was is run again. */
static bool warm(struct job_step *s, struct err *e)
{
    if (!reconcile(s, "reconcile_warm", reconcile_warm, e))
        return err_trace(e);
    return !s->done || s->flaw.code != ERR_NONE || job_mended(s->db, s->project, s->now, e) ||
           err_trace(e);
}

static bool cold(struct job_step *s, struct err *e)
{
    return reconcile(s, "reconcile_cold", reconcile_cold, e) || err_trace(e);
}

static bool recent(struct job_step *s, struct err *e)
{
    return reconcile(s, "sync_recent", reconcile_recent, e) || err_trace(e);
}

static bool today(struct job_step *s, struct err *e)
{
    return reconcile(s, "sync_today", reconcile_today, e) || err_trace(e);
}

#define RECONCILES .is_reconcile = true, .is_offered = true

const struct job job_reconcile_hot = {
    .name = "reconcile_hot",
    .schedule = JOB_EVERY(SECONDS(60), SECONDS(120)),
    .step = hot,
    RECONCILES,
};
const struct job job_reconcile_warm = {
    .name = "reconcile_warm",
    .schedule = JOB_EVERY(MINUTES(10), MINUTES(15)),
    .step = warm,
    RECONCILES,
};
const struct job job_reconcile_cold = {
    .name = "reconcile_cold",
    .schedule = JOB_DAILY(2, 0, HOURS(1)),
    .step = cold,
    RECONCILES,
};
/* By hand, which is what a rollback leaves: no flag holds them. */
const struct job job_sync_recent = {
    .name = "sync_recent",
    .schedule = JOB_ON_REQUEST,
    .step = recent,
    .is_offered = true,
};
const struct job job_sync_today = {
    .name = "sync_today",
    .schedule = JOB_ON_REQUEST,
    .step = today,
    .is_offered = true,
};
