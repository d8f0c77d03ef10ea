#ifndef STORE_POSTGRES_COMMAND_H
#define STORE_POSTGRES_COMMAND_H
/*
 * Commands on an open connection in pipeline mode, and their answers. Whatever goes wrong with the
 * link closes it; a command that fails in the server leaves it in step.
 */
#include "base/err.h"

#include <libpq-fe.h>

struct db;
struct postgres_db;

/* For _cleanup_. */
void result_clear(PGresult **result);

void command_start_deadline(struct db *db);
/* Queues a command without parameters. */
bool command_queue_text(struct postgres_db *d, const char *sql) CHECK_RESULT;
/* What a failure to queue means. False. */
bool command_not_queued(struct db *db, struct err *e);
/* Ends the unit with a sync and hands it over to the kernel. */
bool command_flush(struct db *db, struct err *e) CHECK_RESULT;

bool command_succeeded(const PGresult *result);
/* The result of one command and the NULL behind it. *ret is set also for a command that failed. */
bool command_next_answer(struct db *db, PGresult **ret, struct err *e) CHECK_RESULT;
/* Reads the answer of a command whose result is not needed; *ok stays false after a failure. */
bool command_skip_answer(struct db *db, const char *doing, bool *ok, struct err *e) CHECK_RESULT;
bool command_skip_sync(struct db *db, struct err *e) CHECK_RESULT;

/* Runs a command without parameters to its end; *ret (or NULL) is its result. */
bool command_run(struct db *db, const char *sql, PGresult **ret, struct err *e) CHECK_RESULT;
/* The same behind another (or NULL), which costs no round trip of its own. When that fails it is
 * what failed. */
bool command_run_behind(struct db *db, const char *first, const char *sql, PGresult **ret,
                        struct err *e) CHECK_RESULT;

#endif
