#include "store/postgres/command.h"

#include "store/postgres/connection.h"
#include "store/postgres/failure.h"

// --- one command's answer ------------------------------------------------------------------------

bool command_succeeded(const PGresult *result)
{
    const ExecStatusType status = PQresultStatus(result);

    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

void result_clear(PGresult **result)
{
    PQclear(*result);
}

bool command_next_answer(struct db *db, PGresult **ret, struct err *e)
{
    struct postgres_db *d = postgres_of(db);
    _cleanup_(result_clear) PGresult *result = NULL;
    PGresult *end = NULL;

    if (!link_result(&d->link, &result, e))
        return failure_of_link(db, e);
    if (!result || PQstatus(d->link.conn) != CONNECTION_OK)
        return failure_set(db, result, "waiting for an answer", e);
    if (PQresultStatus(result) != PGRES_PIPELINE_SYNC && !link_result(&d->link, &end, e))
        return failure_of_link(db, e);
    if (end) {
        PQclear(end);
        link_close(&d->link);
        db->lost = true;
        return err_set(e, ERR_INTERNAL, "PostgreSQL: an answer too many");
    }
    *ret = TAKE(result);
    return true;
}

bool command_skip_answer(struct db *db, const char *doing, bool *ok, struct err *e)
{
    _cleanup_(result_clear) PGresult *result = NULL;

    if (!command_next_answer(db, &result, e))
        return err_trace(e);
    if (!command_succeeded(result) && PQresultStatus(result) != PGRES_PIPELINE_ABORTED && *ok) {
        *ok = false;
        failure_set(db, result, doing, e);
        return postgres_of(db)->link.conn != NULL;
    }
    *ok = *ok && command_succeeded(result);
    return true;
}

bool command_skip_sync(struct db *db, struct err *e)
{
    _cleanup_(result_clear) PGresult *result = NULL;

    if (!command_next_answer(db, &result, e))
        return err_trace(e);
    if (PQresultStatus(result) == PGRES_PIPELINE_SYNC)
        return true;
    link_close(&postgres_of(db)->link);
    db->lost = true;
    return err_set(e, ERR_INTERNAL, "PostgreSQL: an answer out of order");
}

// --- a command without parameters, and waiting for it --------------------------------------------

bool command_not_queued(struct db *db, struct err *e)
{
    db->lost = true;
    err_set(e, ERR_UNAVAILABLE, "PostgreSQL: the connection was lost while sending");
    link_close(&postgres_of(db)->link);
    return false;
}

bool command_queue_text(struct postgres_db *d, const char *sql)
{
    return PQsendQueryParams(d->link.conn, sql, 0, NULL, NULL, NULL, NULL, 0) == 1;
}

bool command_flush(struct db *db, struct err *e)
{
    struct postgres_db *d = postgres_of(db);

    if (!PQpipelineSync(d->link.conn))
        return command_not_queued(db, e);
    return link_flush(&d->link, e) ? true : failure_of_link(db, e);
}

void command_start_deadline(struct db *db)
{
    link_set_deadline(&postgres_of(db)->link, store_use_deadline(db->use));
}

bool command_run_behind(struct db *db, const char *first, const char *sql, PGresult **ret,
                        struct err *e)
{
    struct postgres_db *d = postgres_of(db);
    _cleanup_(result_clear) PGresult *result = NULL;
    bool ok = true;

    command_start_deadline(db);
    if ((first && !command_queue_text(d, first)) || !command_queue_text(d, sql))
        return command_not_queued(db, e);
    if (!command_flush(db, e) || (first && !command_skip_answer(db, first, &ok, e)) ||
        !command_next_answer(db, &result, e) || !command_skip_sync(db, e) || !ok)
        return err_trace(e);
    if (!command_succeeded(result))
        return failure_set(db, result, sql, e);
    if (ret)
        *ret = TAKE(result);
    return true;
}

bool command_run(struct db *db, const char *sql, PGresult **ret, struct err *e)
{
    return command_run_behind(db, NULL, sql, ret, e) || err_trace(e);
}
