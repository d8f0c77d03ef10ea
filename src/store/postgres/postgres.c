/*
 * PostgreSQL, the production engine.
 *
 * A connection is in libpq's pipeline mode all the time. What one call sends is a unit: BEGIN when
 * the transaction has just been opened, PREPARE when this connection runs the query for the first
 * time, the statement, a sync. So beginning a transaction and preparing cost no round trip, and
 * db_send() is the same unit with the waiting left out.
 *
 * Parameters have the types that the query declares, whatever the server would infer. Answers are
 * text under TimeZone UTC. A connection that fails is dropped and opened again at its next use;
 * after two failed attempts all connections of that use wait a little before the next one and fail
 * at once meanwhile, so that a dead server costs its callers no time.
 */
#include "store/internal.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fault.h"
#include "store/postgres/link.h"
#include "store/postgres/wire.h"

#define CONNECT_DEADLINE SECONDS(3)
#define FIRST_WAIT MILLISECONDS(100)
#define LAST_WAIT SECONDS(2)
#define ANSWER_SLACK MILLISECONDS(500) /* the server gives up this much earlier than we do */

enum { LEAST_VERSION = 150000 };

struct backoff {
    usec_t next_try; /* monotonic; 0: at once */
    usec_t wait;
};

struct postgres_store {
    struct store base;
    char *url;
    bool has_several_hosts;
    pthread_mutex_t mutex;
    struct backoff backoff[STORE_USE_COUNT];
};

/* What was sent and is not answered yet. */
struct unit {
    enum query query;
    uint64_t link_number;
    bool begins, prepares;
};

struct postgres_db {
    struct db base;
    struct link link;
    struct wire wire;
    bool begin_due; /* BEGIN goes out with the first statement */
    bool refused;   /* the server answered, but it is not one that we can use */
    struct unit units[DB_PIPELINE];
    size_t first_unit;
    bool prepared[QUERY_SLOTS];
};

static struct postgres_db *postgres_of(struct db *db)
{
    return container_of(db, struct postgres_db, base);
}

static struct postgres_store *store_of(struct db *db)
{
    return container_of(db->store, struct postgres_store, base);
}

// --- failures ------------------------------------------------------------------------------------

enum failure_kind {
    FAILURE_LINK,     /* the connection is of no use any more */
    FAILURE_SERVER,   /* the server cannot now; trying later may work */
    FAILURE_CONFLICT, /* with others at the same time */
    FAILURE_RULE,     /* a constraint */
    FAILURE_VALUE,    /* a value that it does not take */
    FAILURE_OTHER
};

static const struct {
    const char *state; /* first characters of the SQLSTATE; the first match counts */
    enum failure_kind kind;
} failures[] = {
    {"08", FAILURE_LINK},      {"57P", FAILURE_LINK},
    {"25P03", FAILURE_LINK},   // idle in transaction for too long
    {"25006", FAILURE_LINK},   // has become a standby
    {"0A000", FAILURE_LINK},   // a cached plan no longer fits the tables
    {"26000", FAILURE_LINK},   // a prepared statement that somebody dropped
    {"57014", FAILURE_SERVER}, // statement_timeout
    {"53", FAILURE_SERVER},    {"58", FAILURE_SERVER},
    {"40", FAILURE_CONFLICT},  {"55P03", FAILURE_CONFLICT},
    {"23", FAILURE_RULE},      {"22", FAILURE_VALUE},
    {"", FAILURE_OTHER},
};

static enum failure_kind failure_kind(const char *state)
{
    size_t i = 0;

    if (!state)
        return FAILURE_LINK;
    while (!str_starts(str_from(state), str_from(failures[i].state)))
        i++;
    return failures[i].kind;
}

/* The server's sentence up to the value that it quotes: values may be personal. */
static struct str sentence_of(const PGresult *result)
{
    struct str text = str_from(PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));

    for (size_t i = 0; i + 2 < text.n; i++)
        if (memcmp(text.p + i, ": \"", 3) == 0)
            return str_sub(text, 0, i);
    return str_is_none(text) ? STR("the connection was lost") : text;
}

static bool fail(struct db *db, const PGresult *result, const char *doing, struct err *e)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const struct str why = sentence_of(result);

    switch (failure_kind(state)) {
    case FAILURE_LINK:
        db->lost = true;
        err_set(e, ERR_UNAVAILABLE, "PostgreSQL: %s: " STR_FMT, doing, STR_ARG(why));
        link_close(&postgres_of(db)->link);
        return false;
    case FAILURE_SERVER:
        db->lost = true;
        return err_set(e, ERR_UNAVAILABLE, "PostgreSQL: %s: " STR_FMT, doing, STR_ARG(why));
    case FAILURE_CONFLICT:
        db->conflicted = true;
        return err_set(e, ERR_UNAVAILABLE, "PostgreSQL: %s: " STR_FMT, doing, STR_ARG(why));
    case FAILURE_RULE:
        return err_set(e, ERR_CONFLICT, "%s: " STR_FMT, doing, STR_ARG(why));
    case FAILURE_VALUE:
        return err_set(e, ERR_INVALID, "%s: " STR_FMT, doing, STR_ARG(why));
    case FAILURE_OTHER:
        break;
    }
    return err_set(e, ERR_INTERNAL, "PostgreSQL: %s: " STR_FMT " (%s)", doing, STR_ARG(why), state);
}

// --- one command's answer ------------------------------------------------------------------------

static bool is_success(const PGresult *result)
{
    const ExecStatusType status = PQresultStatus(result);

    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

static void clear(PGresult **result)
{
    PQclear(*result);
}

static bool link_failed(struct db *db, struct err *e)
{
    db->lost = true;
    return err_trace(e);
}

/* The result of one command and the NULL behind it. *ret is set also for a command that failed. */
static bool next_answer(struct db *db, PGresult **ret, struct err *e)
{
    struct postgres_db *d = postgres_of(db);
    _cleanup_(clear) PGresult *result = NULL;
    PGresult *end = NULL;

    if (!link_result(&d->link, &result, e))
        return link_failed(db, e);
    if (!result || PQstatus(d->link.conn) != CONNECTION_OK)
        return fail(db, result, "waiting for an answer", e);
    if (PQresultStatus(result) != PGRES_PIPELINE_SYNC && !link_result(&d->link, &end, e))
        return link_failed(db, e);
    if (end) {
        PQclear(end);
        link_close(&d->link);
        db->lost = true;
        return err_set(e, ERR_INTERNAL, "PostgreSQL: an answer too many");
    }
    *ret = TAKE(result);
    return true;
}

/* Reads the answer of a command whose result is not needed; *ok stays false after a failure. */
static bool skip_answer(struct db *db, const char *doing, bool *ok, struct err *e)
{
    _cleanup_(clear) PGresult *result = NULL;

    if (!next_answer(db, &result, e))
        return err_trace(e);
    if (!is_success(result) && PQresultStatus(result) != PGRES_PIPELINE_ABORTED && *ok) {
        *ok = false;
        fail(db, result, doing, e);
        return postgres_of(db)->link.conn != NULL;
    }
    *ok = *ok && is_success(result);
    return true;
}

static bool skip_sync(struct db *db, struct err *e)
{
    _cleanup_(clear) PGresult *result = NULL;

    if (!next_answer(db, &result, e))
        return err_trace(e);
    if (PQresultStatus(result) == PGRES_PIPELINE_SYNC)
        return true;
    link_close(&postgres_of(db)->link);
    db->lost = true;
    return err_set(e, ERR_INTERNAL, "PostgreSQL: an answer out of order");
}

// --- a command without parameters, and waiting for it --------------------------------------------

static bool not_queued(struct db *db, struct err *e)
{
    db->lost = true;
    err_set(e, ERR_UNAVAILABLE, "PostgreSQL: the connection was lost while sending");
    link_close(&postgres_of(db)->link);
    return false;
}

static bool queue_text(struct postgres_db *d, const char *sql)
{
    return PQsendQueryParams(d->link.conn, sql, 0, NULL, NULL, NULL, NULL, 0) == 1;
}

static bool sync_and_flush(struct db *db, struct err *e)
{
    struct postgres_db *d = postgres_of(db);

    if (!PQpipelineSync(d->link.conn))
        return not_queued(db, e);
    return link_flush(&d->link, e) ? true : link_failed(db, e);
}

static void start_deadline(struct db *db)
{
    link_set_deadline(&postgres_of(db)->link, store_use_deadline(db->use));
}

/* Runs a command; *ret is its result, also of a failure in the statement. */
static bool command(struct db *db, const char *sql, PGresult **ret, struct err *e)
{
    struct postgres_db *d = postgres_of(db);
    _cleanup_(clear) PGresult *result = NULL;

    start_deadline(db);
    if (!queue_text(d, sql))
        return not_queued(db, e);
    if (!sync_and_flush(db, e) || !next_answer(db, &result, e) || !skip_sync(db, e))
        return err_trace(e);
    if (!is_success(result))
        return fail(db, result, sql, e);
    if (ret)
        *ret = TAKE(result);
    return true;
}

// --- connecting ----------------------------------------------------------------------------------

static const struct {
    usec_t lock_timeout, idle_in_transaction;
} session_limits[] = {
    [STORE_INGEST] = {SECONDS(2), SECONDS(10)},
    [STORE_WORK] = {SECONDS(5), SECONDS(5)}, // a node that was stopped must not hold up the others
    [STORE_READ] = {SECONDS(5), SECONDS(20)},
    [STORE_TOOL] = {MILLISECONDS(900), MINUTES(10)}, // a migration must not hold up others
};
static_assert(LEN(session_limits) == STORE_USE_COUNT, "every use has its limits");

/* One statement, so that one round trip sets the session up and tells whether the server is fit.
 * A stronger synchronous_commit of the operator's choice is left alone. */
static const char session_setup[] =
    "SELECT pg_is_in_recovery() AS is_standby,"
    " set_config('TimeZone', 'UTC', false),"
    " set_config('DateStyle', 'ISO, MDY', false),"
    " set_config('bytea_output', 'hex', false),"
    " set_config('client_min_messages', 'warning', false),"
    " set_config('jit', 'off', false),"
    " set_config('statement_timeout', $1, false),"
    " set_config('lock_timeout', $2, false),"
    " set_config('idle_in_transaction_session_timeout', $3, false),"
    " set_config('default_transaction_read_only', $4, false),"
    " set_config('synchronous_commit', CASE current_setting('synchronous_commit')"
    "   WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, false)";

static bool refuse(struct db *db, struct err *e)
{
    link_close(&postgres_of(db)->link);
    postgres_of(db)->refused = true;
    db->lost = true;
    return err_trace(e);
}

static bool check_server(struct db *db, const PGresult *setup, struct err *e)
{
    const int version = PQserverVersion(postgres_of(db)->link.conn);

    if (version < LEAST_VERSION) {
        err_set(e, ERR_UNAVAILABLE, "PostgreSQL: version %d is too old, 15 is the oldest supported",
                version / 10000);
        err_fix(e, "upgrade the server, or point DATABASE_URL at another one");
        return refuse(db, e);
    }
    if (strcmp(PQgetvalue(setup, 0, 0), "f") != 0) {
        err_set(e, ERR_UNAVAILABLE, "PostgreSQL: the server is a hot standby and takes no writes");
        err_fix(e, "point DATABASE_URL at the primary (it may name several hosts)");
        return refuse(db, e);
    }
    return true;
}

static bool set_up(struct db *db, struct err *e)
{
    struct postgres_db *d = postgres_of(db);
    _cleanup_(clear) PGresult *result = NULL;
    char text[3][24];
    const usec_t deadline = store_use_deadline(db->use);
    const usec_t limits[3] = {deadline ? deadline - ANSWER_SLACK : 0,
                              session_limits[db->use].lock_timeout,
                              session_limits[db->use].idle_in_transaction};

    for (size_t i = 0; i < LEN(limits); i++)
        snprintf(text[i], sizeof text[i], "%lld", (long long)(limits[i] / MILLISECONDS(1)));
    const char *const values[] = {text[0], text[1], text[2], db->use == STORE_READ ? "on" : "off"};
    if (!PQsendQueryParams(d->link.conn, session_setup, LEN(values), NULL, values, NULL, NULL, 0))
        return not_queued(db, e);
    if (!sync_and_flush(db, e) || !next_answer(db, &result, e) || !skip_sync(db, e))
        return err_trace(e);
    if (!is_success(result))
        return fail(db, result, "setting up the session", e);
    return check_server(db, result, e);
}

static bool open_link(struct db *db, struct err *e)
{
    struct postgres_db *d = postgres_of(db);
    const struct postgres_store *s = store_of(db);
    char name[32];

    snprintf(name, sizeof name, "hookswitch-%s", store_use_name(db->use));
    // What stands before the URL are defaults; what stands behind it is ours to say.
    const char *const keywords[] = {"keepalives_idle",  "keepalives_interval",  "keepalives_count",
                                    "tcp_user_timeout", "target_session_attrs", "dbname",
                                    "application_name", "client_encoding",      NULL};
    const char *const values[] = {
        "10",   "3",  "3",    "15000", s->has_several_hosts ? "primary" : "any",
        s->url, name, "UTF8", NULL};
    memset(d->prepared, 0, sizeof d->prepared);
    d->refused = false;
    if (!link_open(&d->link, keywords, values, CONNECT_DEADLINE, e))
        return link_failed(db, e);
    return set_up(db, e);
}

static bool wait_is_over(struct db *db, struct err *e)
{
    struct postgres_store *s = store_of(db);
    const usec_t now = clock_monotonic(&clock_system);

    pthread_mutex_lock(&s->mutex);
    const usec_t left = s->backoff[db->use].next_try - now;
    pthread_mutex_unlock(&s->mutex);
    if (left <= 0)
        return true;
    db->lost = true;
    return err_set(e, ERR_UNAVAILABLE, "PostgreSQL: not reachable; the next try is in %lld ms",
                   (long long)(left / MILLISECONDS(1)) + 1);
}

static void note_attempt(struct db *db, bool success)
{
    struct postgres_store *s = store_of(db);
    struct backoff *b = &s->backoff[db->use];

    pthread_mutex_lock(&s->mutex);
    if (success) {
        *b = (struct backoff){.next_try = 0};
    } else { // once more at once, then ever later
        b->next_try = clock_monotonic(&clock_system) + b->wait;
        b->wait = b->wait ? b->wait * 2 : FIRST_WAIT;
        b->wait = b->wait > LAST_WAIT ? LAST_WAIT : b->wait;
    }
    pthread_mutex_unlock(&s->mutex);
}

static bool ensure_open(struct db *db, struct err *e)
{
    struct postgres_db *d = postgres_of(db);

    if (db->n_pending > 0 || db->in_transaction) { // a new link would not be the one it began on
        if (d->link.conn)
            return true;
        db->lost = true;
        return err_set(e, ERR_UNAVAILABLE, "PostgreSQL: the connection was lost");
    }
    if (link_is_alive(&d->link))
        return true;
    if (!wait_is_over(db, e))
        return err_trace(e);
    const bool opened = open_link(db, e);
    note_attempt(db, opened);
    return opened ? true : err_trace(e);
}

static struct db *new_connection(struct store *s)
{
    struct postgres_db *d = NEW(struct postgres_db);

    (void)s;
    wire_init(&d->wire);
    return &d->base;
}

static void disconnect(struct db *db)
{
    struct postgres_db *d = postgres_of(db);

    link_close(&d->link);
    wire_finish(&d->wire);
    free(d);
}

static bool ping(struct db *db, struct err *e)
{
    if (!ensure_open(db, e))
        return err_trace(e);
    start_deadline(db);
    return sync_and_flush(db, e) && skip_sync(db, e) ? true : err_trace(e);
}

// --- transactions --------------------------------------------------------------------------------

static const char *begin_text(const struct db *db)
{
    return db->use == STORE_READ ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" : "BEGIN";
}

static bool begin(struct db *db, struct err *e)
{
    if (!ensure_open(db, e))
        return err_trace(e);
    postgres_of(db)->begin_due = true;
    return true;
}

static void rollback(struct db *db)
{
    struct postgres_db *d = postgres_of(db);
    struct err ignored = {.code = ERR_NONE};

    if (d->link.conn && !d->begin_due && !command(db, "ROLLBACK", NULL, &ignored))
        link_close(&d->link); // ends the transaction as well
    d->begin_due = false;
}

static bool commit(struct db *db, struct err *e)
{
    struct postgres_db *d = postgres_of(db);
    _cleanup_(clear) PGresult *result = NULL;

    if (!ensure_open(db, e))
        return err_trace(e);
    if (d->begin_due) { // nothing was done in it
        d->begin_due = false;
        return true;
    }
    if ((db->light && !command(db, "SET LOCAL synchronous_commit TO off", NULL, e)) ||
        !command(db, "COMMIT", &result, e))
        return err_trace(e);
    if (strcmp(PQcmdStatus(result), "COMMIT") != 0)
        return err_set(e, ERR_CONFLICT, "PostgreSQL: the transaction was rolled back");
    return true;
}

// --- statements ----------------------------------------------------------------------------------

static const char *statement_name(enum query q, char name[16])
{
    snprintf(name, 16, "q%d", (int)q);
    return name;
}

static bool queue_prepare(struct postgres_db *d, const struct bound *b)
{
    char name[16];

    return PQsendPrepare(d->link.conn, statement_name(b->number, name),
                         b->query->sql[STORE_POSTGRES], d->wire.n, d->wire.types) == 1;
}

static bool queue_run(struct postgres_db *d, const struct bound *b)
{
    const struct wire *w = &d->wire;
    char name[16];

    return PQsendQueryPrepared(d->link.conn, statement_name(b->number, name), w->n, w->values,
                               w->lengths, w->formats, 0) == 1;
}

static bool send_unit(struct db *db, const struct bound *b, struct unit *ret, struct err *e)
{
    struct postgres_db *d = postgres_of(db);
    const struct unit unit = {.query = b->number,
                              .link_number = d->link.number,
                              .begins = d->begin_due,
                              .prepares = !d->prepared[b->number]};

    if (!wire_encode(&d->wire, b, e))
        return err_trace(e);
    start_deadline(db);
    if ((unit.begins && !queue_text(d, begin_text(db))) ||
        (unit.prepares && !queue_prepare(d, b)) || !queue_run(d, b))
        return not_queued(db, e);
    d->begin_due = false;
    d->prepared[b->number] = true; // what follows in the pipeline may count on it
    if (!sync_and_flush(db, e))
        return err_trace(e);
    *ret = unit;
    return true;
}

/* All answers of a unit. After a failed statement the link is still good and in step. */
static bool receive_unit(struct db *db, const struct unit *unit, PGresult **ret, struct err *e)
{
    struct postgres_db *d = postgres_of(db);
    const char *name = store_query(db->store, unit->query)->name;
    _cleanup_(clear) PGresult *result = NULL;
    bool ok = true;

    start_deadline(db);
    if (unit->begins && !skip_answer(db, "BEGIN", &ok, e))
        return err_trace(e);
    if (unit->prepares) {
        if (!skip_answer(db, name, &ok, e))
            return err_trace(e);
        d->prepared[unit->query] = ok;
    }
    if (!next_answer(db, &result, e))
        return err_trace(e);
    if (ok && !is_success(result)) {
        ok = false;
        fail(db, result, name, e);
        if (!d->link.conn)
            return false;
    }
    if (ok)
        return skip_sync(db, e) ? (*ret = TAKE(result), true) : err_trace(e);

    struct err in_sync = {.code = ERR_NONE}; // the statement's own failure is the one to report
    if (!skip_sync(db, &in_sync))
        link_close(&d->link);
    return err_trace(e);
}

static void clear_deferred(void *result)
{
    PQclear(result);
}

static struct rows *rows_of(PGresult *result, struct arena *a)
{
    const int n_columns = PQnfields(result), n_rows = PQntuples(result);
    struct rows *rows = rows_create(a, (size_t)n_columns);

    arena_defer(a, clear_deferred, result); // the cells point into it
    for (int i = 0; i < n_columns; i++)
        rows_name(rows, (size_t)i, PQfname(result, i));
    for (int row = 0; row < n_rows; row++) {
        struct cell *cells = rows_add(rows);
        for (int i = 0; i < n_columns; i++)
            wire_read(result, row, i, a, &cells[i]);
    }
    return rows;
}

static int64_t changed_by(PGresult *result)
{
    int64_t n;

    if (str_starts(str_from(PQcmdStatus(result)), STR("SELECT")))
        return 0;
    return str_to_i64(str_from(PQcmdTuples(result)), &n) ? n : 0;
}

static bool run(struct db *db, const struct bound *b, struct arena *a, struct rows **ret_rows,
                int64_t *ret_changed, struct err *e)
{
    struct unit unit;
    PGresult *result = NULL;

    if (!ensure_open(db, e) || !send_unit(db, b, &unit, e) || !receive_unit(db, &unit, &result, e))
        return err_trace(e);
    if (ret_changed)
        *ret_changed = changed_by(result);
    if (ret_rows)
        *ret_rows = rows_of(result, a); // takes the result
    else
        PQclear(result);
    return true;
}

// --- pipelining ----------------------------------------------------------------------------------

static bool send_now(struct db *db, const struct bound *b, struct err *e)
{
    struct postgres_db *d = postgres_of(db);
    struct unit *unit = &d->units[(d->first_unit + db->n_pending) % DB_PIPELINE];

    if (!ensure_open(db, e) || !send_unit(db, b, unit, e))
        return err_trace(e);
    return true;
}

static bool receive(struct db *db, struct arena *a, struct rows **ret, struct err *e)
{
    struct postgres_db *d = postgres_of(db);
    const struct unit *unit = &d->units[d->first_unit];
    PGresult *result = NULL;

    d->first_unit = (d->first_unit + 1) % DB_PIPELINE;
    if (!d->link.conn || unit->link_number != d->link.number) {
        db->lost = true;
        return err_set(e, ERR_UNAVAILABLE, "PostgreSQL: the connection was lost before the answer");
    }
    if (!receive_unit(db, unit, &result, e))
        return err_trace(e);
    *ret = rows_of(result, a);
    return true;
}

// --- migrations and plans ------------------------------------------------------------------------

/* Several statements in one text go by the simple protocol only, outside of pipeline mode. */
static bool run_script(struct db *db, const char *sql, struct err *e)
{
    struct postgres_db *d = postgres_of(db);
    bool ok = true;

    if (!PQexitPipelineMode(d->link.conn) || !PQsendQuery(d->link.conn, sql))
        return not_queued(db, e);
    if (!link_flush(&d->link, e))
        return link_failed(db, e);
    for (;;) {
        _cleanup_(clear) PGresult *result = NULL;
        if (!link_result(&d->link, &result, e))
            return link_failed(db, e);
        if (!result)
            break;
        if (ok && !is_success(result)) {
            ok = false;
            fail(db, result, "migration", e);
            if (!d->link.conn)
                return false;
        }
    }
    if (!PQenterPipelineMode(d->link.conn))
        return not_queued(db, e);
    return ok;
}

static bool script(struct db *db, const char *sql, struct err *e)
{
    struct postgres_db *d = postgres_of(db);

    if (!ensure_open(db, e))
        return err_trace(e);
    if (d->begin_due && !command(db, begin_text(db), NULL, e))
        return err_trace(e);
    d->begin_due = false;
    start_deadline(db);
    return run_script(db, sql, e) ? true : err_trace(e);
}

static bool explain_inside(struct db *db, const struct bound *b, struct arena *a, PGresult **ret,
                           struct err *e)
{
    struct postgres_db *d = postgres_of(db);
    const struct str sql = str_fmt(a, "EXPLAIN (COSTS OFF) %s", b->query->sql[STORE_POSTGRES]);
    _cleanup_(clear) PGresult *result = NULL;

    if (!command(db, "BEGIN", NULL, e) || !command(db, "SET LOCAL enable_seqscan = off", NULL, e) ||
        !wire_encode(&d->wire, b, e))
        return err_trace(e);
    const struct wire *w = &d->wire;
    if (!PQsendQueryParams(d->link.conn, sql.p, w->n, w->types, w->values, w->lengths, w->formats,
                           0))
        return not_queued(db, e);
    if (!sync_and_flush(db, e) || !next_answer(db, &result, e) || !skip_sync(db, e))
        return err_trace(e);
    if (!is_success(result))
        return fail(db, result, b->query->name, e);
    *ret = TAKE(result);
    return true;
}

static bool explain(struct db *db, const struct bound *b, struct arena *a, struct rows **ret,
                    struct err *e)
{
    PGresult *result = NULL;

    assert(!db->in_transaction);
    if (!ensure_open(db, e))
        return err_trace(e);
    const bool ok = explain_inside(db, b, a, &result, e);
    rollback(db);
    if (!ok)
        return err_trace(e);
    *ret = rows_of(result, a);
    rows_name(*ret, 0, "plan");
    return true;
}

// --- the store -----------------------------------------------------------------------------------

static bool never_broken(const struct store *s)
{
    (void)s;
    return false;
}

static bool no_backup(struct store *s, const char *to, struct err *e)
{
    (void)s, (void)to;
    err_set(e, ERR_INVALID, "backup: PostgreSQL is backed up by its own tools");
    return err_fix(e, "pg_dump --format=custom --file=FILE \"$DATABASE_URL\", or pg_basebackup");
}

static bool no_checkpoint(struct store *s, struct err *e)
{
    (void)s, (void)e; // the server keeps its own log short
    return true;
}

/* Says nothing of what it was given: there may be a password in it. */
static bool check_url(struct postgres_store *s, struct err *e)
{
    char *ignored = NULL;
    PQconninfoOption *options = PQconninfoParse(s->url, &ignored);

    PQfreemem(ignored);
    if (!options) {
        err_set(e, ERR_INVALID, "DATABASE_URL: not a valid PostgreSQL address");
        return err_fix(e, "write it as postgres://user:password@host:5432/database, with special "
                          "characters of the password as %%XX");
    }
    for (const PQconninfoOption *o = options; o->keyword; o++)
        if (o->val && strncmp(o->keyword, "host", 4) == 0 && strchr(o->val, ','))
            s->has_several_hosts = true;
    PQconninfoFree(options);
    return true;
}

/* A server that is down is no reason not to start; one that can never serve us is. */
static bool check_reachable(struct postgres_store *s, struct err *e)
{
    struct err down = {.code = ERR_NONE};
    struct db *db = new_connection(&s->base);

    db->store = &s->base;
    db->use = STORE_TOOL;
    const bool usable = ensure_open(db, &down) || !postgres_of(db)->refused;
    disconnect(db);
    if (usable)
        return true;
    *e = down;
    return err_trace(e);
}

static void close_store(struct store *base)
{
    struct postgres_store *s = container_of(base, struct postgres_store, base);

    explicit_bzero(s->url, strlen(s->url));
    free(s->url);
    pthread_mutex_destroy(&s->mutex);
    free(s);
}

static bool open_store(const struct store_options *o, struct store **ret, struct err *e)
{
    struct postgres_store *s = NEW(struct postgres_store);

    pthread_mutex_init(&s->mutex, NULL);
    s->url = mem_alloc(o->url.n + 1);
    memcpy(s->url, o->url.p, o->url.n);
    if (!check_url(s, e) || !check_reachable(s, e)) {
        close_store(&s->base);
        return err_trace(e);
    }
    *ret = &s->base;
    return true;
}

const struct engine engine_postgres = {
    .open = open_store,
    .close = close_store,
    .is_broken = never_broken,
    .checkpoint = no_checkpoint,
    .backup = no_backup,
    .connect = new_connection,
    .disconnect = disconnect,
    .ping = ping,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .run = run,
    .send = send_now,
    .receive = receive,
    .script = script,
    .explain = explain,
};
