/*
 * PostgreSQL, the production engine.
 *
 * A connection is in libpq's pipeline mode all the time. What one call sends is a unit: BEGIN when
 * the transaction has just been opened, for whom the session works when that changes (scope.h),
 * PREPARE when this connection runs the query for the first time, the statement, a sync. So none of
 * these costs a round trip, and db_send() is the same unit with the waiting left out.
 *
 * Parameters have the types that the query declares, whatever the server would infer. Answers are
 * text under TimeZone UTC. A connection that fails is dropped and opened again at its next use;
 * after two failed attempts all connections of that use wait a little before the next one and fail
 * at once meanwhile, so that a dead server costs its callers no time.
 */
#include <stdio.h>
#include <stdlib.h>

#include "store/postgres/command.h"
#include "store/postgres/connection.h"
#include "store/postgres/failure.h"
#include "store/postgres/session.h"

// --- transactions --------------------------------------------------------------------------------

static const char *begin_text(const struct db *db)
{
    return db->use == STORE_READ ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" : "BEGIN";
}

static bool begin(struct db *db, struct err *e)
{
    if (!session_ensure_open(db, e))
        return err_trace(e);
    postgres_of(db)->begin_due = true;
    return true;
}

static void rollback(struct db *db)
{
    struct postgres_db *d = postgres_of(db);
    struct err ignored = {.code = ERR_NONE};

    if (d->link.conn && !d->begin_due && !command_run(db, "ROLLBACK", NULL, &ignored))
        link_close(&d->link); // ends the transaction as well
    d->begin_due = false;
    scope_forget(&d->scope);
}

static bool commit(struct db *db, struct err *e)
{
    struct postgres_db *d = postgres_of(db);
    _cleanup_(result_clear) PGresult *result = NULL;

    if (!session_ensure_open(db, e))
        return err_trace(e);
    if (d->begin_due) { // nothing was done in it
        d->begin_due = false;
        return true;
    }
    if (!command_run_behind(db, db->light ? "SET LOCAL synchronous_commit TO off" : NULL, "COMMIT",
                            &result, e))
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

static bool queue_scope(struct postgres_db *d, struct str scope, bool plans_anew)
{
    const struct str mode = plans_anew ? STR("force_custom_plan") : STR("force_generic_plan");
    const char *const values[] = {scope.p, mode.p};
    const int lengths[] = {(int)scope.n, (int)mode.n}, formats[] = {1, 1};

    if (!PQsendQueryPrepared(d->link.conn, SCOPE_STATEMENT, LEN(values), values, lengths, formats,
                             0))
        return false;
    scope_telling(&d->scope);
    return true;
}

static bool queue_run(struct postgres_db *d, const struct bound *b)
{
    const struct wire *w = &d->wire;
    char name[16];

    return PQsendQueryPrepared(d->link.conn, statement_name(b->number, name), w->n, w->values,
                               w->lengths, w->formats, 0) == 1;
}

/* Plans are made once, for tables as they are then: of a new installation they are small, and any
 * index will do. So they are made again each time that the session has done as much as before. */
static bool plans_are_old(uint64_t n_units)
{
    return n_units >= 8 && (n_units & (n_units - 1)) == 0;
}

static bool send_unit(struct db *db, const struct bound *b, struct unit *ret, struct err *e)
{
    struct postgres_db *d = postgres_of(db);
    struct str scope = STR_NONE;
    const struct unit unit = {.query = b->number,
                              .link_number = d->link.number,
                              .begins = d->begin_due,
                              .replans = plans_are_old(d->n_units),
                              .tells_scope = scope_differs(&d->scope, b, &scope),
                              .prepares = !d->prepared[b->number]};

    if (!wire_encode(&d->wire, b, e))
        return err_trace(e);
    command_start_deadline(db);
    if ((unit.begins && !command_queue_text(d, begin_text(db))) ||
        (unit.replans && !command_queue_text(d, "DISCARD PLANS")) ||
        (unit.tells_scope && !queue_scope(d, scope, b->query->plans_anew)) ||
        (unit.prepares && !queue_prepare(d, b)) || !queue_run(d, b))
        return command_not_queued(db, e);
    d->begin_due = false;
    d->n_units++;
    d->prepared[b->number] = true; // what follows in the pipeline may count on it
    if (!command_flush(db, e))
        return err_trace(e);
    *ret = unit;
    return true;
}

/* What goes before the statement; *ok: whether all of it succeeded. */
static bool receive_preface(struct db *db, const struct unit *unit, const char *name, bool *ok,
                            struct err *e)
{
    struct postgres_db *d = postgres_of(db);

    if ((unit->begins && !command_skip_answer(db, "BEGIN", ok, e)) ||
        (unit->replans && !command_skip_answer(db, "DISCARD PLANS", ok, e)) ||
        (unit->tells_scope && !command_skip_answer(db, SCOPE_STATEMENT, ok, e)))
        return err_trace(e);
    if (unit->prepares) {
        if (!command_skip_answer(db, name, ok, e))
            return err_trace(e);
        d->prepared[unit->query] = *ok;
    }
    return true;
}

/* All answers of a unit. After a failed statement the link is still good and in step. */
static bool receive_unit(struct db *db, const struct unit *unit, PGresult **ret, struct err *e)
{
    struct postgres_db *d = postgres_of(db);
    const char *name = store_query(db->store, unit->query)->name;
    _cleanup_(result_clear) PGresult *result = NULL;
    bool ok = true;

    command_start_deadline(db);
    if (!receive_preface(db, unit, name, &ok, e))
        return err_trace(e);
    if (!command_next_answer(db, &result, e))
        return err_trace(e);
    if (ok && !command_succeeded(result)) {
        ok = false;
        failure_set(db, result, name, e);
        if (!d->link.conn)
            return false;
    }
    scope_settle(&d->scope, unit->tells_scope, ok);
    if (ok)
        return command_skip_sync(db, e) ? (*ret = TAKE(result), true) : err_trace(e);

    struct err in_sync = {.code = ERR_NONE}; // the statement's own failure is the one to report
    if (!command_skip_sync(db, &in_sync))
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
    struct unit unit = {0};
    PGresult *result = NULL;

    if (!session_ensure_open(db, e) || !send_unit(db, b, &unit, e) ||
        !receive_unit(db, &unit, &result, e))
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

    if (!session_ensure_open(db, e) || !send_unit(db, b, unit, e))
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
        return command_not_queued(db, e);
    if (!link_flush(&d->link, e))
        return failure_of_link(db, e);
    for (;;) {
        _cleanup_(result_clear) PGresult *result = NULL;
        if (!link_result(&d->link, &result, e))
            return failure_of_link(db, e);
        if (!result)
            break;
        if (ok && !command_succeeded(result)) {
            ok = false;
            failure_set(db, result, "migration", e);
            if (!d->link.conn)
                return false;
        }
    }
    if (!PQenterPipelineMode(d->link.conn))
        return command_not_queued(db, e);
    return ok;
}

static bool script(struct db *db, const char *sql, struct err *e)
{
    struct postgres_db *d = postgres_of(db);

    if (!session_ensure_open(db, e))
        return err_trace(e);
    if (d->begin_due && !command_run(db, begin_text(db), NULL, e))
        return err_trace(e);
    d->begin_due = false;
    if (!command_run(db, "SET LOCAL hookswitch.scope = '{(,)}'", NULL, e))
        return err_trace(e);
    scope_forget(&d->scope);
    command_start_deadline(db);
    return run_script(db, sql, e) ? true : err_trace(e);
}

/* Of a statement that is planned once: its plan for any parameters. */
static bool explain_any(struct db *db, const struct bound *b, struct arena *a, PGresult **ret,
                        struct err *e)
{
    struct postgres_db *d = postgres_of(db);
    bool prepared = true;
    char name[16];
    struct buf sql;

    if (!d->prepared[b->number] &&
        (!queue_prepare(d, b) || !command_flush(db, e) ||
         !command_skip_answer(db, b->query->name, &prepared, e) || !command_skip_sync(db, e)))
        return err_trace(e);
    if (!prepared)
        return err_set(e, ERR_INTERNAL, "%s: cannot be prepared", b->query->name);
    d->prepared[b->number] = true;
    buf_init(&sql, 4 * 1024);
    buf_fmt(&sql, "EXPLAIN (COSTS OFF) EXECUTE %s", statement_name(b->number, name));
    for (int i = 0; i < d->wire.n; i++)
        buf_fmt(&sql, "%sNULL", i == 0 ? "(" : ", ");
    buf_str(&sql, d->wire.n > 0 ? STR(")") : STR(""));
    const struct str text = str_fmt(a, STR_FMT, STR_ARG(buf_view(&sql)));
    buf_finish(&sql);
    return (command_run(db, "SET LOCAL plan_cache_mode = force_generic_plan", NULL, e) &&
            command_run(db, text.p, ret, e)) ||
           err_trace(e);
}

static bool explain_inside(struct db *db, const struct bound *b, struct arena *a, PGresult **ret,
                           struct err *e)
{
    struct postgres_db *d = postgres_of(db);
    const struct str sql = str_fmt(a, "EXPLAIN (COSTS OFF) %s", b->query->sql[STORE_POSTGRES]);
    _cleanup_(result_clear) PGresult *result = NULL;

    if (!command_run(db, "BEGIN", NULL, e) || !wire_encode(&d->wire, b, e))
        return err_trace(e);
    if (!b->query->plans_anew)
        return explain_any(db, b, a, ret, e) || err_trace(e);
    const struct wire *w = &d->wire;
    if (!PQsendQueryParams(d->link.conn, sql.p, w->n, w->types, w->values, w->lengths, w->formats,
                           0))
        return command_not_queued(db, e);
    if (!command_flush(db, e) || !command_next_answer(db, &result, e) || !command_skip_sync(db, e))
        return err_trace(e);
    if (!command_succeeded(result))
        return failure_set(db, result, b->query->name, e);
    *ret = TAKE(result);
    return true;
}

static bool explain(struct db *db, const struct bound *b, struct arena *a, struct rows **ret,
                    struct err *e)
{
    PGresult *result = NULL;

    assert(!db->in_transaction);
    if (!session_ensure_open(db, e))
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
    return err_fix(e, "PGOPTIONS=\"-c hookswitch.scope={(,)}\" pg_dump --enable-row-security "
                      "--format=custom --file=FILE \"$DATABASE_URL\", or pg_basebackup");
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
    struct db *db = session_create(&s->base);

    db->store = &s->base;
    db->use = STORE_TOOL;
    const bool usable = session_ensure_open(db, &down) || !postgres_of(db)->refused;
    session_destroy(db);
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
    s->base.clock = o->clock; // the first look at the server goes by it
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
    .connect = session_create,
    .disconnect = session_destroy,
    .ping = session_ping,
    .hear = session_hear,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .run = run,
    .send = send_now,
    .receive = receive,
    .script = script,
    .explain = explain,
};
