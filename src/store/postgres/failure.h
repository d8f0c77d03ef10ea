#ifndef STORE_POSTGRES_FAILURE_H
#define STORE_POSTGRES_FAILURE_H
/* What the server's SQLSTATE means for who called: see db_lost() and db_conflicted(). */
#include "base/err.h"

#include <libpq-fe.h>

struct db;

/* Sets what went wrong while `doing`; closes the link when it is of no use any more. False. */
bool failure_set(struct db *db, const PGresult *result, const char *doing, struct err *e);
/* The same for a failure of the link itself, which is in e already. */
bool failure_of_link(struct db *db, struct err *e);

#endif
