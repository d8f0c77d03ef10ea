#include "store/postgres/session.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/pace.h"
#include "store/postgres/command.h"
#include "store/postgres/connection.h"
#include "store/postgres/failure.h"

#define CONNECT_DEADLINE SECONDS(3)
#define PING_DEADLINE SECONDS(3) /* health tells the truth within five */
#define FIRST_WAIT MILLISECONDS(100)
#define LAST_WAIT SECONDS(2)
#define ANSWER_SLACK MILLISECONDS(500) /* the server gives up this much earlier than we do */

enum { LEAST_VERSION = 150000 };

static const struct {
    usec_t lock_timeout, idle_in_transaction;
} session_limits[] = {
    [STORE_INGEST] = {MILLISECONDS(250), SECONDS(10)}, // a lock is not waited for: there is a spool
    [STORE_WORK] = {SECONDS(5), SECONDS(2)}, // a node that stands still must let go of its locks
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
    // Plans outlive the time when a table was small: row by row, and by an index, is right ever
    // after.
    " set_config('enable_seqscan', 'off', false),"
    " set_config('enable_hashjoin', 'off', false),"
    " set_config('enable_mergejoin', 'off', false),"
    " set_config('enable_bitmapscan', 'off', false),"
    " set_config('hookswitch.scope', '', false),"
    " set_config('statement_timeout', $1, false),"
    " set_config('lock_timeout', $2, false),"
    " set_config('idle_in_transaction_session_timeout', $3, false),"
    " set_config('default_transaction_read_only', $4, false),"
    " set_config('synchronous_commit', CASE current_setting('synchronous_commit')"
    "   WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, false)";

static const char tell_scope[] = "SELECT set_config('hookswitch.scope', $1, false),"
                                 "       set_config('plan_cache_mode', $2, false)";

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
    _cleanup_(result_clear) PGresult *result = NULL;
    bool prepared = true;
    char text[3][24];
    const usec_t deadline = store_use_deadline(db->use);
    const usec_t limits[3] = {deadline ? deadline - ANSWER_SLACK : 0,
                              session_limits[db->use].lock_timeout,
                              session_limits[db->use].idle_in_transaction};

    for (size_t i = 0; i < LEN(limits); i++)
        snprintf(text[i], sizeof text[i], "%lld", (long long)(limits[i] / MILLISECONDS(1)));
    const char *const values[] = {text[0], text[1], text[2], db->use == STORE_READ ? "on" : "off"};
    if (!PQsendQueryParams(d->link.conn, session_setup, LEN(values), NULL, values, NULL, NULL, 0) ||
        !PQsendPrepare(d->link.conn, SCOPE_STATEMENT, tell_scope, 0, NULL))
        return command_not_queued(db, e);
    if (!command_flush(db, e) || !command_next_answer(db, &result, e) ||
        !command_skip_answer(db, SCOPE_STATEMENT, &prepared, e) || !command_skip_sync(db, e))
        return err_trace(e);
    if (command_succeeded(result) && prepared)
        return check_server(db, result, e);
    if (!command_succeeded(result))
        failure_set(db, result, "setting up the session", e);
    link_close(&d->link);
    return err_trace(e);
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
    scope_forget(&d->scope);
    d->refused = d->listens = false;
    d->n_units = 0;
    if (!link_open(&d->link, keywords, values, CONNECT_DEADLINE, e))
        return failure_of_link(db, e);
    return set_up(db, e);
}

static bool wait_is_over(struct db *db, struct err *e)
{
    struct postgres_store *s = store_of(db);
    const usec_t now = clock_monotonic(db->store->clock);

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
        b->next_try = clock_monotonic(db->store->clock) + b->wait;
        b->wait = pace_longer(b->wait, FIRST_WAIT, LAST_WAIT);
    }
    pthread_mutex_unlock(&s->mutex);
}

bool session_ensure_open(struct db *db, struct err *e)
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

struct db *session_create(struct store *s)
{
    struct postgres_db *d = NEW(struct postgres_db);

    (void)s;
    wire_init(&d->wire);
    scope_init(&d->scope);
    return &d->base;
}

void session_destroy(struct db *db)
{
    struct postgres_db *d = postgres_of(db);

    link_close(&d->link);
    wire_finish(&d->wire);
    scope_finish(&d->scope);
    free(d);
}

bool session_ping(struct db *db, struct err *e)
{
    if (!session_ensure_open(db, e))
        return err_trace(e);
    link_set_deadline(&postgres_of(db)->link, PING_DEADLINE);
    return command_flush(db, e) && command_skip_sync(db, e) ? true : err_trace(e);
}

static void hand_out(PGconn *conn, const struct db_ears *ears)
{
    for (PGnotify *n; (n = PQnotifies(conn));) {
        ears->on_hint(str_from(n->extra), ears->arg);
        PQfreemem(n);
    }
}

bool session_hear(struct db *db, const struct db_ears *ears, struct err *e)
{
    struct postgres_db *d = postgres_of(db);

    if (!session_ensure_open(db, e))
        return err_trace(e);
    if (!d->listens && !command_run(db, "LISTEN hookswitch", NULL, e))
        return err_trace(e);
    d->listens = true;
    hand_out(d->link.conn, ears); // those that came with other answers
    if (!link_wait(&d->link, ears->fd, ears->wait, e))
        return failure_of_link(db, e);
    hand_out(d->link.conn, ears);
    return true;
}
