#include "test/machine.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "inbox/internal.h"
#include "jobs/inbox_apply.h"
#include "loop/bell.h"
#include "ops/verify.h"
#include "providers/provider.h"
#include "tenancy/project.h"

enum { CALLS = 60, STEPS = MACHINE_EVENTS / CALLS, BATCH = 16, ROUNDS = 1000, POISON = 41 };

#define LOG_SIZE                                                                                   \
    (256 * 1024) /* so small that copying back and truncating are part of every trace */

static const struct str owned[] = {{"+16175006181", 12}};
static const struct call_rules rules = {.owned = owned, .n_owned = 1, .region = {"US", 2}};

// --- the events ----------------------------------------------------------------------------------

/* One of so many says nothing usable, and is to be buried. */
static struct str payload_of(size_t event, struct arena *a)
{
    static const char *const steps[STEPS] = {"queued", "initiated", "ringing", "in-progress",
                                             "completed"};
    const size_t call = event / STEPS, step = event % STEPS;

    if (event % POISON == POISON - 1)
        return STR("[1]");
    return str_fmt(a,
                   "{\"AccountSid\":\"AC1\",\"CallSid\":\"CA%zu\",\"CallStatus\":\"%s\","
                   "\"From\":\"+150851403%02zu\",\"To\":\"+16175006181\",\"Direction\":\"inbound\","
                   "\"SequenceNumber\":\"%zu\",\"Timestamp\":\"Fri, 15 Jan 2027 08:%02zu:%02zu "
                   "+0000\"}",
                   call, steps[step], call % 7, step, call, step);
}

static struct inbox_item item_of(const struct machine *m, size_t event)
{
    const struct str sid = str_fmt(m->a, "CA%zu", event / STEPS);
    return (struct inbox_item){
        .project = 1,
        .provider = STR("twilio"),
        .source = STR("twilio_voice"),
        .event_type = STR("call-status"),
        .call_sid = sid,
        .lane = sid,
        .dedupe_key = str_fmt(m->a, "event:%zu", event),
        .payload = payload_of(event, m->a),
        .received_at = m->now,
    };
}

static void on_done(struct inbox_append *ap, enum inbox_result result)
{
    struct told *told = container_of(ap, struct told, append);
    told->waits = false;
    told->result = result;
    if (result == INBOX_REFUSED || told->promised)
        return;
    told->promised = true;
    told->promised_at = disk_n_ops(told->machine->disk);
}

// --- driving it ----------------------------------------------------------------------------------

void machine_tell(struct machine *m, size_t event)
{
    struct told *told = &m->told[event];
    assert(!told->waits);
    told->waits = true;
    told->machine = m;
    told->append.item = item_of(m, event);
    told->append.on_done = on_done;
    if (!inbox_submit(m->inbox, &told->append))
        on_done(&told->append, INBOX_REFUSED);
}

static bool is_answered(const struct machine *m)
{
    for (size_t i = 0; i < MACHINE_EVENTS; i++)
        if (m->told[i].waits)
            return false;
    return true;
}

void machine_keep(struct machine *m)
{
    for (int i = 0; i < ROUNDS && !is_answered(m); i++)
        inbox_step(m->inbox, 0);
    assert(is_answered(m));
}

bool machine_bring_back(struct machine *m)
{
    struct inbox_stats stats;
    for (int i = 0; i < ROUNDS && inbox_is_busy(m->inbox) && !disk_is_cut(m->disk); i++) {
        m->now += SECONDS(2);
        inbox_step(m->inbox, 0);
    }
    inbox_stats(m->inbox, &stats);
    return stats.spool_bytes == 0;
}

bool machine_work(struct machine *m)
{
    atomic_store(&m->queue.stopping, disk_is_cut(m->disk));
    return worker_round(m->worker);
}

void machine_work_all(struct machine *m)
{
    for (int i = 0; i < ROUNDS && machine_work(m); i++)
        m->now += MILLISECONDS(1);
}

// --- looking -------------------------------------------------------------------------------------

static void add_line(struct str what, void *arg)
{
    struct buf *out = arg;
    buf_str(out, what);
    buf_char(out, '\n');
}

static void query_into(struct machine *m, const char *sql, struct buf *out)
{
    sqlite3_stmt *stmt = NULL;

    if (!m->beside)
        (void)sqlite3_open_v2("db/calls.db", &m->beside, SQLITE_OPEN_READWRITE,
                              disk_files(m->disk)->sqlite_vfs);
    sqlite3 *db = m->beside;

    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
        add_line(str_from(sqlite3_errmsg(db)), out);
    while (stmt && sqlite3_step(stmt) == SQLITE_ROW)
        add_line(str_from((const char *)sqlite3_column_text(stmt, 0)), out);
    if (sqlite3_finalize(stmt) != SQLITE_OK)
        add_line(str_from(sqlite3_errmsg(db)), out);
}

static struct str taken(struct buf *b, struct arena *a)
{
    const struct str text = str_dup(buf_view(b), a);
    buf_finish(b);
    return text;
}

struct str machine_query(struct machine *m, const char *sql, struct arena *a)
{
    struct buf out;
    buf_init(&out, 1024 * 1024);
    query_into(m, sql, &out);
    return taken(&out, a);
}

struct str machine_audit(struct machine *m, struct arena *a)
{
    _cleanup_(db_closep) struct db *db = store_connect(m->store, STORE_READ);
    struct verify_result result;
    struct err e = {0};
    struct buf out;

    buf_init(&out, 1024 * 1024);
    if (!verify_all(db, add_line, &out, &result, &e))
        add_line(str_from(e.text), &out);
    query_into(m,
               "SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
               &out);
    query_into(m,
               "SELECT 'twice: ' || dedupe_key FROM webhook_inbox NOT INDEXED"
               " GROUP BY project_id, dedupe_key HAVING count(*) > 1",
               &out);
    return taken(&out, a);
}

struct str machine_snapshots(struct machine *m, struct arena *a)
{
    return machine_query(
        m,
        "SELECT * FROM (SELECT json_array(twilio_sid, parent_call_sid, direction, status,"
        " display_status, visibility, from_number, to_number, duration, total_duration, talk_time,"
        " wait_time, start_time, answered_at, end_time, is_final, last_event_time, sync_state)"
        " FROM calls ORDER BY twilio_sid)"
        " UNION ALL SELECT * FROM (SELECT json_array(external_id, status, last_message_at, "
        "metadata)"
        " FROM conversations ORDER BY external_id)",
        a);
}

// --- life ----------------------------------------------------------------------------------------

static call_normalise_fn *normaliser_of(struct str provider)
{
    const struct provider *p = provider_find(provider);
    return p ? p->normalise : NULL;
}

static bool prepare_store(struct machine *m, struct err *e)
{
    _cleanup_(db_closep) struct db *db = store_connect(m->store, STORE_WORK);
    struct rng rng = rng_seeded(1);
    int64_t project;
    int n;

    if (!store_migrate_up(m->store, &n, e) ||
        !project_bootstrap(
            db, &(struct project_bootstrap){.rng = &rng, .now = m->now, .provider = STR("twilio")},
            &project, e))
        return err_trace(e);
    assert(project == 1);
    return true;
}

static void start_worker(struct machine *m)
{
    m->apply = inbox_apply_create(&(struct inbox_apply_options){
        .rules = call_rules_same(&rules), .clock = &m->clock, .normaliser_of = normaliser_of});
    queue_open(&m->queue, &(struct queue_options){.name = "inbox",
                                                  .store = m->store,
                                                  .clock = &m->clock,
                                                  .queries = inbox_queue_queries,
                                                  .handler = inbox_apply_handler(m->apply),
                                                  .policy = queue_policy_default});
    m->queue.o.policy.batch = BATCH;
    bell_ring_for_ever(m->queue.heartbeat_end); // nobody waits in real time
    m->worker = worker_create(&m->queue);
    m->worker->rng = rng_seeded((uint64_t)m->now);
    worker_take_name(m->worker);
}

bool machine_start(struct machine *m, struct disk *d, usec_t now, struct err *e)
{
    const struct files *files = disk_files(d);

    *m = (struct machine){.disk = d, .now = now, .a = arena_create(0)};
    m->clock = clock_fixed(&m->now);
    if (!store_open(&(struct store_options){.url = STR("sqlite:db/calls.db"),
                                            .clock = &m->clock,
                                            .exclusive = true,
                                            .files = files,
                                            .log_bound = LOG_SIZE},
                    &m->store, e) ||
        !prepare_store(m, e) ||
        !inbox_create(&(struct inbox_options){.store = m->store,
                                              .clock = &m->clock,
                                              .spool_path = STR("db/spool"),
                                              .files = files},
                      &m->inbox, e))
        return err_trace(e);
    start_worker(m);
    return true;
}

void machine_stop(struct machine *m)
{
    inbox_destroy(m->inbox);
    if (m->worker) {
        worker_destroy(m->worker);
        queue_close(&m->queue);
    }
    inbox_apply_destroy(m->apply);
    sqlite3_close(m->beside);
    store_close(m->store);
    arena_destroy(m->a);
}
