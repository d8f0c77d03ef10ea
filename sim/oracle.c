#include "sim/oracle.h"

#include <json-c/json.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/json.h"
#include "ops/verify.h"
#include "sim/fate.h"
#include "sim/node.h"
#include "sim/refold.h"
#include "sim/source.h"
#include "sim/trace.h"
#include "store/store.h"

enum { BUCKETS = 4096, VERDICT_MAX = 1024, SEQS_MAX = 100000, SID_MAX = 40, ATTEMPTS = 8 };

struct sent {
    struct sent *next;
    struct str identity;
    bool poison;
    uint64_t n_sent, n_acknowledged;
    usec_t acknowledged_at;
    uint64_t n_stored; /* found at the end */
};

static struct {
    char verdict[VERDICT_MAX];
    bool failed;
    struct arena *a;
    struct sent *buckets[BUCKETS];
    uint64_t n_sent, n_acknowledged;
    char (*seen)[SID_MAX]; /* by seq: which call its event was about */
} it;

void oracle_begin(void)
{
    memset(&it, 0, sizeof it);
    it.a = arena_create(0);
    it.seen = mem_alloc(SEQS_MAX * sizeof *it.seen);
}

void oracle_fail(const char *format, ...)
{
    va_list args;

    if (it.failed)
        return;
    it.failed = true;
    va_start(args, format);
    (void)vsnprintf(it.verdict, sizeof it.verdict, format, args);
    va_end(args);
    trace_text("WRONG: %s", it.verdict);
    world.over = true;
}

const char *oracle_verdict(void)
{
    return it.failed ? it.verdict : NULL;
}

uint64_t oracle_n_sent(void)
{
    return it.n_sent;
}

uint64_t oracle_n_acknowledged(void)
{
    return it.n_acknowledged;
}

// --- what identifies an event to its sender ------------------------------------------------------

/* Not the product's keys: what Twilio's documentation says tells two requests apart. */
static const struct {
    const char *path, *event_type;
    const char *fields[5];
} kinds[] = {
    {"/webhooks/twilio/voice-inbound", "call-inbound", {"CallSid"}},
    {"/webhooks/twilio/voice-status",
     "call-status",
     {"CallSid", "CallStatus", "Timestamp", "SequenceNumber", "Poison"}},
    {"/webhooks/twilio/recording-status",
     "recording-complete",
     {"RecordingSid", "RecordingStatus"}},
    {"/webhooks/twilio/dial-action", "dial-action", {"CallSid", "DialCallSid", "DialCallStatus"}},
};

typedef struct str field_fn(const void *from, const char *name);

static struct str identity_of(size_t kind, field_fn *field, const void *from, struct arena *a)
{
    struct str s = str_from(kinds[kind].event_type);

    for (size_t i = 0; i < LEN(kinds[kind].fields) && kinds[kind].fields[i]; i++) {
        const struct str value = field(from, kinds[kind].fields[i]);
        s = str_fmt(a, STR_FMT "|" STR_FMT, STR_ARG(s), STR_ARG(value));
    }
    return s;
}

static struct sent **find(struct str identity)
{
    struct sent **at = &it.buckets[str_hash(identity) % BUCKETS];

    while (*at && !str_eq((*at)->identity, identity))
        at = &(*at)->next;
    return at;
}

static struct str field_of_form(const void *from, const char *name)
{
    return form_get(from, str_from(name));
}

struct sent *oracle_sent(struct str path, const struct form *fields, bool poison)
{
    for (size_t i = 0; i < LEN(kinds); i++) {
        if (!str_eq(path, str_from(kinds[i].path)))
            continue;
        const struct str identity = identity_of(i, field_of_form, fields, it.a);
        struct sent **at = find(identity);
        if (!*at) {
            *at = arena_new(it.a, struct sent, 1);
            **at = (struct sent){.identity = identity, .poison = poison};
            it.n_sent++;
        }
        (*at)->n_sent++;
        return *at;
    }
    oracle_fail("the provider was told to send something to " STR_FMT, STR_ARG(path));
    return NULL;
}

void oracle_acknowledged(struct sent *s)
{
    if (!s)
        return;
    if (s->n_acknowledged++ == 0) {
        s->acknowledged_at = world.now;
        it.n_acknowledged++;
    }
    trace_text("acknowledged " STR_FMT, STR_ARG(s->identity));
}

void oracle_saw(const char *viewer, int64_t seq, struct str sid)
{
    if (seq <= 0 || seq >= SEQS_MAX || sid.n >= SID_MAX || sid.n == 0) {
        oracle_fail("%s was sent event %lld of call \"" STR_FMT "\"", viewer, (long long)seq,
                    STR_ARG(sid));
        return;
    }
    char *seen = it.seen[seq];
    if (seen[0] && !str_eq(sid, str_from(seen)))
        oracle_fail("event %lld is about call " STR_FMT " for %s, it was about %s for others",
                    (long long)seq, STR_ARG(sid), viewer, seen);
    memcpy(seen, sid.p, sid.n);
}

// --- asking the store ----------------------------------------------------------------------------

static sqlite3 *db;

static bool open_db(void)
{
    if (sqlite3_open_v2(SIM_DB, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK) {
        sqlite3_busy_timeout(db, 20000);
        return true;
    }
    sqlite3_close(TAKE(db));
    return false;
}

static void close_db(void)
{
    sqlite3_close(TAKE(db));
}

static struct str text_at(sqlite3_stmt *s, int column)
{
    const void *p = sqlite3_column_text(s, column);

    return p ? (struct str){p, (size_t)sqlite3_column_bytes(s, column)} : STR_NONE;
}

/* Each row of a question; false: it cannot be asked. */
static bool each(const char *sql, void (*on_row)(sqlite3_stmt *row))
{
    sqlite3_stmt *s = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &s, NULL);

    while (rc == SQLITE_OK || rc == SQLITE_ROW) {
        rc = sqlite3_step(s);
        if (rc == SQLITE_ROW)
            on_row(s);
    }
    sqlite3_finalize(s);
    if (rc != SQLITE_DONE)
        trace_text("%s: %s", sql, sqlite3_errmsg(db));
    return rc == SQLITE_DONE;
}

static int64_t answer;

static void on_answer(sqlite3_stmt *row)
{
    answer = sqlite3_column_int64(row, 0);
}

static bool ask(const char *sql, int64_t *ret)
{
    answer = 0;
    if (!each(sql, on_answer))
        return false;
    *ret = answer;
    return true;
}

// --- during the run ------------------------------------------------------------------------------

/* While the world stands still nothing is waited for: what cannot be seen now, is seen later. */
static bool begin_look(void)
{
    world.still = true;
    if (!open_db()) {
        world.still = false;
        return false;
    }
    sqlite3_busy_timeout(db, 0);
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    return true;
}

static void end_look(void)
{
    close_db();
    world.still = false;
}

void oracle_look(void)
{
    int64_t n = 0;

    if (!begin_look())
        return;
    if (ask("SELECT count(*) FROM (SELECT 1 FROM webhook_inbox "
            "WHERE processing_status = 'processing' GROUP BY project_id, lane "
            "HAVING count(DISTINCT claim_token) > 1)",
            &n) &&
        n > 0)
        oracle_fail("F021: %lld lanes have two workers", (long long)n);
    end_look();
}

bool oracle_is_settled(int64_t *ret_head)
{
    int64_t waiting = 1;

    if (!begin_look())
        return false;
    const bool ok = ask("SELECT count(*) FROM webhook_inbox "
                        "WHERE processing_status NOT IN ('completed', 'dead_letter')",
                        &waiting) &&
                    ask("SELECT last_seq FROM feed_heads WHERE project_id = 1", ret_head);
    end_look();
    return ok && waiting == 0;
}

// --- the audit: events ---------------------------------------------------------------------------

static struct str field_of_json(const void *from, const char *name)
{
    struct json_object *o = (struct json_object *)(uintptr_t)from, *v;

    if (!json_object_object_get_ex(o, name, &v))
        return STR_NONE;
    return (struct str){json_object_get_string(v), (size_t)json_object_get_string_len(v)};
}

static void check_verdict(const struct sent *s, struct str status, struct str error, int64_t tries)
{
    const bool dead = str_eq(status, STR("dead_letter"));

    if (s->poison && !dead)
        oracle_fail("I8: " STR_FMT " can never be applied, and is " STR_FMT, STR_ARG(s->identity),
                    STR_ARG(status));
    if (dead && str_is_empty(error))
        oracle_fail("I8: " STR_FMT " is a dead letter without a reason", STR_ARG(s->identity));
    if (dead && !s->poison && tries < ATTEMPTS)
        oracle_fail("I8: " STR_FMT " was given up after %lld attempts: " STR_FMT,
                    STR_ARG(s->identity), (long long)tries, STR_ARG(error));
    if (!dead && !str_eq(status, STR("completed")))
        oracle_fail("liveness: " STR_FMT " is " STR_FMT " for ever", STR_ARG(s->identity),
                    STR_ARG(status));
}

static void on_event(sqlite3_stmt *row)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const struct str type = text_at(row, 0);
    struct json_object *payload;
    struct err e = {0};
    size_t kind = 0;

    while (kind < LEN(kinds) && !str_eq(type, str_from(kinds[kind].event_type)))
        kind++;
    if (kind == LEN(kinds) || !json_parse(text_at(row, 1), a, &payload, &e)) {
        oracle_fail("an event is stored that nobody has sent: " STR_FMT, STR_ARG(type));
        return;
    }
    const struct str identity = identity_of(kind, field_of_json, payload, a);
    struct sent *s = *find(identity);
    if (!s)
        oracle_fail("an event is stored that nobody has sent: " STR_FMT, STR_ARG(identity));
    else if (s->n_stored++ > 0)
        oracle_fail("I1: " STR_FMT " is stored twice", STR_ARG(identity));
    else
        check_verdict(s, text_at(row, 2), text_at(row, 3), sqlite3_column_int64(row, 4));
}

static void audit_events(void)
{
    if (!each("SELECT event_type, payload, processing_status, error, retry_count "
              "FROM webhook_inbox ORDER BY id",
              on_event))
        oracle_fail("the inbox cannot be read");
    for (size_t i = 0; i < BUCKETS; i++)
        for (const struct sent *s = it.buckets[i]; s; s = s->next)
            if (s->n_acknowledged > 0 && s->n_stored == 0)
                oracle_fail("I1: " STR_FMT " was acknowledged at %.6f s and is not stored",
                            STR_ARG(s->identity), (double)s->acknowledged_at / 1e6);
}

// --- the audit: log and feed ---------------------------------------------------------------------

static const struct {
    const char *sql; /* how many there are; none is right */
    const char *wrong;
} nothings[] = {
    {"SELECT count(*) - max(seq) FROM call_events", "I2: the log has gaps"},
    {"SELECT count(*) FROM call_events WHERE seq < 1", "I2: the log begins before 1"},
    {"SELECT (SELECT max(seq) FROM call_events) - last_seq FROM feed_heads WHERE last_seq > 0",
     "I2: the counter is not where the log ends"},
    {"SELECT count(*) FROM feed_events f LEFT JOIN call_events e ON e.seq = f.seq "
     "WHERE e.seq IS NULL OR e.event_type <> f.type OR e.call_sid <> f.entity_id",
     "I2: the feed is not the log"},
    {"SELECT count(*) FROM (SELECT inbox_id FROM call_events WHERE source = 'webhook' "
     "GROUP BY inbox_id HAVING count(*) > 1)",
     "an event was applied twice"},
    {"SELECT count(*) FROM webhook_inbox i WHERE processing_status = 'completed' AND NOT EXISTS "
     "(SELECT 1 FROM call_events e WHERE e.inbox_id = i.id AND e.source = 'webhook')",
     "an event is completed and was not applied"},
    {"SELECT count(*) FROM call_events e JOIN webhook_inbox i ON i.id = e.inbox_id "
     "WHERE i.processing_status <> 'completed'",
     "an event was applied and is not completed"},
    {"SELECT count(*) FROM feed_events a JOIN feed_events b ON b.entity_id = a.entity_id "
     "AND b.seq > a.seq WHERE json_extract(a.payload, '$.call.is_final') "
     "AND NOT json_extract(b.payload, '$.call.is_final')",
     "I4: a call that was over goes on"},
    {"SELECT count(*) FROM calls WHERE duration < 0 OR total_duration < 0 OR talk_time < 0 "
     "OR wait_time < 0",
     "F091: a call lasts less than nothing"},
    {"SELECT count(*) FROM feed_heads h WHERE conversations <> "
     "(SELECT count(*) FROM conversations v "
     "WHERE v.project_id = h.project_id AND last_message_at IS NOT NULL)",
     "the list has another number of conversations than is told"},
    {"SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
     "the file is damaged"},
};

static void audit_tables(void)
{
    for (size_t i = 0; i < LEN(nothings); i++) {
        int64_t n = 1;
        if (!ask(nothings[i].sql, &n))
            oracle_fail("%s: cannot be asked: %s", nothings[i].wrong, sqlite3_errmsg(db));
        else if (n != 0)
            oracle_fail("%s (%lld)", nothings[i].wrong, (long long)n);
    }
}

static void on_line(sqlite3_stmt *row)
{
    const int64_t seq = sqlite3_column_int64(row, 0);
    const struct str sid = text_at(row, 1);

    if (seq < SEQS_MAX && it.seen[seq][0] && !str_eq(sid, str_from(it.seen[seq])))
        oracle_fail("I5: event %lld is about call " STR_FMT ", viewers were shown %s",
                    (long long)seq, STR_ARG(sid), it.seen[seq]);
    if (seq < SEQS_MAX)
        it.seen[seq][0] = 0;
}

static void audit_views(void)
{
    if (!each("SELECT seq, call_sid FROM call_events", on_line))
        oracle_fail("the log cannot be read");
    for (size_t i = 0; i < SEQS_MAX; i++)
        if (it.seen[i][0])
            oracle_fail("I5: viewers were shown event %zu, which the log does not have", i);
}

// --- the audit: snapshots ------------------------------------------------------------------------

static void on_finding(struct str what, void *arg)
{
    (void)arg;
    oracle_fail("verify: " STR_FMT, STR_ARG(what));
}

static void audit_snapshots(void)
{
    struct verify_result result;
    struct store *store;
    struct err e = {0};

    if (!store_open(&(struct store_options){.url = STR(SIM_URL),
                                            .clock = &clock_system,
                                            .files = &sim_files},
                    &store, &e)) {
        oracle_fail("the store cannot be opened: %s", e.text);
        return;
    }
    struct db *reader = store_connect(store, STORE_TOOL);
    if (!verify_all(reader, on_finding, NULL, &result, &e) || !refold_check(reader, &e) ||
        (fate_plan()->asks && !source_check(reader, &e)))
        oracle_fail("the store cannot be audited: %s", e.text);
    db_close(reader);
    store_close(store);
}

void oracle_audit(void)
{
    if (!open_db()) {
        oracle_fail("the database cannot be opened");
        return;
    }
    audit_events();
    audit_tables();
    audit_views();
    close_db();
    audit_snapshots();
}
