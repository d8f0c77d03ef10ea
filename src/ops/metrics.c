/*
 * The rooms count for themselves, without waiting; here it is only read and written down. What the
 * store knows is asked by a thread of its own, for a small share of the time, so that reading the
 * page costs the store nothing.
 */
#include "ops/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "api/degraded.h"
#include "base/arena.h"
#include "base/crypto.h"
#include "feed/hub.h"
#include "http/cidr.h"
#include "http/route.h"
#include "inbox/inbox.h"
#include "ops/gauges.h"
#include "ops/traffic.h"
#include "providers/asked.h"
#include "queue/queue.h"
#include "tenancy/password.h"
#include "trace/trace.h"
#include "version.h"
#include "wake/wake.h"

enum { PAGE_MAX = 512 * 1024 };

struct metrics {
    struct metrics_options o;
    struct arena *a;
    const char *spool_dir;
    const char *store_file, *wal_file; /* of SQLite, else NULL */
    struct secret *token;              /* NULL: none */
    struct cidr_list allowed;
    struct gauges *gauges;
};

// --- the rooms -----------------------------------------------------------------------------------

static void write_outcomes(struct buf *out, const struct doors_stats *s, const char *name,
                           bool invalid_only)
{
    for (size_t i = 0; i < DOOR_OUTCOME_COUNT; i++) {
        char label[64];
        if (invalid_only && !door_outcome_is_invalid((enum door_outcome)i))
            continue;
        (void)snprintf(label, sizeof label, "%s=\"%s\"", invalid_only ? "reason" : "outcome",
                       door_outcome_name((enum door_outcome)i));
        metric_value(out, name, label, (double)s->outcomes[i]);
    }
}

static void write_doors(struct buf *out, const struct metrics_rooms *r)
{
    struct doors_stats s = {0}, first = {0};

    if (r->steering)
        doors_stats(r->steering, &first);
    if (r->doors)
        doors_stats(r->doors, &s);
    for (size_t i = 0; i < DOOR_OUTCOME_COUNT; i++)
        s.outcomes[i] += first.outcomes[i];
    for (size_t i = 0; i <= HISTOGRAM_STEPS; i++)
        s.answer_time.counts[i] += first.answer_time.counts[i];
    s.answer_time.sum += first.answer_time.sum;
    metric_head(out, "webhook_received_total", METRIC_COUNTER,
                "Webhook requests, by what became of them.");
    write_outcomes(out, &s, "webhook_received_total", false);
    metric_head(out, "webhook_invalid_signature_total", METRIC_COUNTER,
                "Webhook requests that were refused as invalid, by reason.");
    write_outcomes(out, &s, "webhook_invalid_signature_total", true);
    metric_histogram(out, "webhook_answer_latency_seconds", &metric_seconds,
                     "From a validly signed webhook request to its answer.", &s.answer_time);
}

static void write_inbox(struct buf *out, const struct inbox *inbox)
{
    struct inbox_stats s;

    if (!inbox)
        return;
    inbox_stats(inbox, &s);
    metric_histogram(out, "inbox_append_latency_seconds", &metric_seconds,
                     "From a webhook handed to the writer to its being durable.", &s.append_time);
    metric_histogram(out, "inbox_commit_latency_seconds", &metric_seconds,
                     "From a group sent to the store to its commit, sync included.",
                     &s.commit_time);
    metric_histogram(out, "inbox_group_events", &metric_sizes, "Events of one group commit.",
                     &s.group_size);
    metric_plain(out, "inbox_waiting", METRIC_GAUGE, "Webhooks that wait for the writer.",
                 (double)s.waiting);
    metric_plain(out, "inbox_spool_bytes", METRIC_GAUGE, "Events that wait in the spool.",
                 (double)s.spool_bytes);
    metric_histogram(out, "inbox_spool_latency_seconds", &metric_seconds,
                     "A group's way into the spool, sync included.", &s.spool_time);
    metric_histogram(out, "inbox_spool_sync_latency_seconds", &metric_seconds,
                     "What the spool's disk takes to make a group durable: the sync alone.",
                     &s.sync_time);
    metric_plain(out, "inbox_spool_replayed_total", METRIC_COUNTER,
                 "Events that were brought back from the spool.", (double)s.replayed);
    metric_plain(out, "inbox_spool_corrupt_total", METRIC_COUNTER,
                 "Records of the spool that cannot be read.", (double)s.corrupt_records);
    metric_plain(out, "inbox_store_up", METRIC_GAUGE, "1 while the writer reaches the store.",
                 s.store_down ? 0 : 1);
}

static void write_queue(struct buf *out, const struct queue *queue)
{
    struct queue_stats s;

    if (!queue)
        return;
    queue_stats(queue, &s);
    metric_histogram(out, "worker_processing_latency_ms", &metric_milliseconds,
                     "From an event received to its being applied.", &s.lag);
    metric_histogram(out, "worker_batch_latency_seconds", &metric_seconds,
                     "From a claimed batch to its commit.", &s.batch_time);
    metric_histogram(out, "worker_batch_events", &metric_sizes, "Events of one batch.",
                     &s.batch_size);
    metric_head(out, "worker_events_total", METRIC_COUNTER, "Events, by the verdict.");
    metric_value(out, "worker_events_total", "verdict=\"done\"", (double)s.done);
    metric_value(out, "worker_events_total", "verdict=\"retried\"", (double)s.retried);
    metric_value(out, "worker_events_total", "verdict=\"buried\"", (double)s.buried);
    metric_value(out, "worker_events_total", "verdict=\"held\"", (double)s.held);
    metric_plain(out, "worker_conflicts_total", METRIC_COUNTER,
                 "Batches that the store had run again.", (double)s.conflicts);
    metric_plain(out, "worker_fenced_total", METRIC_COUNTER, "Batches whose lease was lost.",
                 (double)s.fenced);
}

static void write_hub(struct buf *out, const struct hub *hub)
{
    struct hub_stats s;

    if (!hub)
        return;
    hub_stats(hub, &s);
    metric_histogram(out, "realtime_publish_latency_ms", &metric_milliseconds,
                     "From the commit to the fan-out to the clients of a loop.", &s.publish_time);
    metric_plain(out, "realtime_lag_seconds", METRIC_GAUGE,
                 "How long the oldest event has waited that was heard of and is not sent on.",
                 (double)s.lag / 1e6);
    metric_plain(out, "realtime_clients", METRIC_GAUGE, "Streams that are open.",
                 (double)s.clients);
    metric_plain(out, "realtime_events_sent_total", METRIC_COUNTER, "Events sent to clients.",
                 (double)s.events_sent);
    metric_plain(out, "realtime_slow_clients_closed_total", METRIC_COUNTER,
                 "Clients that were cut off.", (double)s.slow_closed);
    metric_plain(out, "realtime_resyncs_total", METRIC_COUNTER,
                 "Clients that were told to load anew.", (double)s.resyncs);
}

static void write_wakeups(struct buf *out, const struct wakeups *wakeups)
{
    struct wakeups_stats s;

    if (!wakeups)
        return;
    wakeups_stats(wakeups, &s);
    metric_plain(out, "wakeups_told_total", METRIC_COUNTER, "Hints told to other nodes.",
                 (double)s.told);
    metric_plain(out, "wakeups_heard_total", METRIC_COUNTER, "Hints heard from other nodes.",
                 (double)s.heard);
    metric_plain(out, "wakeups_dropped_total", METRIC_COUNTER, "Hints that could not be told.",
                 (double)s.dropped);
    metric_plain(out, "wakeups_in_company", METRIC_GAUGE, "1 while other nodes are heard.",
                 s.in_company ? 1 : 0);
}

/* What GET /api/health/sync would call degraded, of the whole installation. */
static void write_degraded(struct buf *out, const struct metrics *m, const struct metrics_rooms *r)
{
    struct degraded_figures f = {0};
    char label[64];

    if (r->inbox) {
        struct inbox_stats s;
        inbox_stats(r->inbox, &s);
        f.inbox_down = s.store_down;
        f.spool_bytes = s.spool_bytes;
    }
    if (r->hub) {
        struct hub_stats s;
        hub_stats(r->hub, &s);
        f.push_lag = s.lag;
    }
    gauges_degraded(m->gauges, &f);
    const unsigned wrong = degraded_of(&f);
    metric_head(out, "sync_degraded", METRIC_GAUGE,
                "1 for each reason for which health is degraded, switches aside.");
    for (int d = 0; d < DEGRADED_COUNT; d++) {
        (void)snprintf(label, sizeof label, "reason=\"%s\"", degraded_name((enum degraded)d));
        metric_value(out, "sync_degraded", label, (wrong >> d) & 1);
    }
}

static void write_passwords(struct buf *out, const struct hasher *hasher)
{
    if (hasher)
        metric_plain(out, "password_hashes_total", METRIC_COUNTER,
                     "Passwords that were hashed, to keep them or to compare them.",
                     (double)hasher_count(hasher));
}

static void write_traces(struct buf *out, const struct tracer *tracer)
{
    struct tracer_stats s;

    if (!tracer)
        return;
    tracer_stats(tracer, &s);
    metric_plain(out, "traces_exported_total", METRIC_COUNTER, "Spans that the collector has.",
                 (double)s.exported);
    metric_plain(out, "traces_dropped_total", METRIC_COUNTER,
                 "Spans that were let go, as the collector was slow, away, or refused them.",
                 (double)s.dropped);
}

// --- the process ---------------------------------------------------------------------------------

static double resident_bytes(void)
{
    char line[128];
    struct str in = STR_NONE, size, resident;
    int64_t pages = 0;
    FILE *f = fopen("/proc/self/statm", "re");

    if (f) {
        if (fgets(line, sizeof line, f))
            in = str_from(line);
        (void)fclose(f); // only read from
    }
    if (!cut_field(&in, ' ', &size) || !cut_field(&in, ' ', &resident) ||
        !str_to_i64(resident, &pages))
        return 0;
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static double seconds_of(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

struct disk_names {
    const char *free, *size;
};

static void write_disk(struct buf *out, const char *path, const struct disk_names *names)
{
    struct statvfs disk;

    if (statvfs(path, &disk) != 0)
        return;
    metric_plain(out, names->free, METRIC_GAUGE, "What is free on the disk.",
                 (double)disk.f_bavail * (double)disk.f_frsize);
    metric_plain(out, names->size, METRIC_GAUGE, "Its size.",
                 (double)disk.f_blocks * (double)disk.f_frsize);
}

static void write_store_file(struct buf *out, const struct metrics *m)
{
    struct stat file, wal;

    if (!m->store_file)
        return;
    if (stat(m->store_file, &file) == 0)
        metric_plain(out, "store_file_bytes", METRIC_GAUGE, "What the database takes of its disk.",
                     (double)file.st_size);
    write_disk(out, m->store_file,
               &(struct disk_names){"store_disk_free_bytes", "store_disk_size_bytes"});
    if (stat(m->wal_file, &wal) == 0)
        metric_plain(out, "store_wal_bytes", METRIC_GAUGE, "SQLite's write-ahead log.",
                     (double)wal.st_size);
}

static void write_process(struct buf *out, const struct metrics *m)
{
    struct rusage used = {0};

    (void)getrusage(RUSAGE_SELF, &used);
    metric_plain(out, "process_cpu_seconds_total", METRIC_COUNTER, "Time of the processor.",
                 seconds_of(used.ru_utime) + seconds_of(used.ru_stime));
    metric_plain(out, "process_resident_memory_bytes", METRIC_GAUGE, "Memory.", resident_bytes());
    write_disk(out, m->spool_dir,
               &(struct disk_names){"spool_disk_free_bytes", "spool_disk_size_bytes"});
    write_store_file(out, m);
    metric_head(out, "hookswitch_info", METRIC_GAUGE, "The version that runs.");
    metric_value(out, "hookswitch_info", "version=\"" HOOKSWITCH_VERSION "\"", 1);
}

// --- who may read --------------------------------------------------------------------------------

static bool may_read(const struct metrics *m, const struct http_request *rq)
{
    struct str bearer = http_header(rq, STR("Authorization"));
    struct ip ip;

    if (m->token && cut_lit(&bearer, STR("Bearer ")) && secret_eq(m->token, bearer))
        return true;
    return m->allowed.n > 0 && ip_parse(rq->peer, &ip) && cidr_list_has(&m->allowed, &ip);
}

static void answer(const struct metrics *m, const struct metrics_rooms *rooms,
                   struct http_exchange *x)
{
    struct buf out;

    buf_init(&out, PAGE_MAX);
    traffic_write(rooms->traffic, &out);
    write_doors(&out, rooms);
    write_inbox(&out, rooms->inbox);
    write_queue(&out, rooms->queue);
    write_hub(&out, rooms->hub);
    write_wakeups(&out, rooms->wakeups);
    write_degraded(&out, m, rooms);
    write_traces(&out, rooms->tracer);
    write_passwords(&out, rooms->hasher);
    gauges_write(m->gauges, &out);
    if (rooms->asked)
        asked_write(rooms->asked, &out);
    write_process(&out, m);
    http_answer(x, &(struct http_answer){.type = STR("text/plain; version=0.0.4; charset=utf-8"),
                                         .body = buf_view(&out)});
    buf_finish(&out);
}

bool metrics_handle(struct metrics *m, const struct metrics_rooms *rooms, struct http_exchange *x)
{
    const struct http_request *rq = http_request_of(x);

    if (!str_eq(rq->path, STR("/metrics")) || !may_read(m, rq))
        return false;
    if (rq->method == HTTP_GET || rq->method == HTTP_HEAD)
        answer(m, rooms, x);
    else
        http_answer_wrong_method(x, 1u << HTTP_GET);
    return true;
}

// --- life ----------------------------------------------------------------------------------------

void metrics_job_ended(struct metrics *m, const struct job *j, bool ok,
                       const struct job_count *counts, size_t n)
{
    gauges_job_ended(m->gauges, j, ok, counts, n);
}

void metrics_canary(struct metrics *m, usec_t took)
{
    gauges_canary(m->gauges, took);
}

void metrics_canary_state(struct metrics *m, bool flies)
{
    gauges_canary_state(m->gauges, flies);
}

static void find_store_file(struct metrics *m)
{
    struct str path = m->o.database_url;

    if (!cut_lit(&path, STR("sqlite:")))
        return;
    m->store_file = str_z(path, m->a);
    m->wal_file = str_z(str_fmt(m->a, STR_FMT "-wal", STR_ARG(path)), m->a);
}

void metrics_destroy(struct metrics *m)
{
    if (!m)
        return;
    gauges_destroy(m->gauges);
    secret_destroy(m->token);
    arena_destroy(m->a);
    free(m);
}

DEFINE_CLEANUP(struct metrics, metrics_destroy)

bool metrics_create(const struct metrics_options *o, struct metrics **ret, struct err *e)
{
    _cleanup_(metrics_destroyp) struct metrics *m = NEW(struct metrics);

    m->o = *o;
    m->a = arena_create(0);
    m->spool_dir = str_z(o->spool_dir, m->a);
    find_store_file(m);
    m->token = str_is_empty(o->token) ? NULL : secret_create(o->token);
    m->gauges = gauges_create(o->store, o->clock);
    if (!cidr_list_parse(o->allowed, m->a, &m->allowed, e))
        return err_trace(e);
    *ret = TAKE(m);
    return true;
}

bool metrics_start(struct metrics *m, struct err *e)
{
    const bool asked_for = m->token || m->allowed.n > 0;

    return !asked_for || gauges_start(m->gauges, e) || err_trace(e);
}

void metrics_stop(struct metrics *m)
{
    if (m)
        gauges_stop(m->gauges);
}
