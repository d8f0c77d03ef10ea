#ifndef STORE_POSTGRES_LINK_H
#define STORE_POSTGRES_LINK_H
/*
 * One connection to PostgreSQL in libpq's pipeline mode, and every wait on it with a deadline.
 *
 * What goes wrong with the link itself closes it: the next user finds it closed and opens a new
 * one. A statement that takes too long is ended by the server (statement_timeout is shorter than
 * our deadline); when even that answer does not come, the server or the network hangs, and asking
 * it to cancel would hang as well.
 */
#include "base/err.h"
#include "base/time.h"

#include <libpq-fe.h>

struct link {
    PGconn *conn;    /* NULL: closed */
    uint64_t number; /* of this opening: what was sent on an earlier one gets no answer */
    usec_t until;    /* the deadline of the wait under way; 0: none */
};

/* Connects and enters pipeline mode. */
bool link_open(struct link *l, const char *const *keywords, const char *const *values,
               usec_t within, struct err *e) CHECK_RESULT;
/* Harmless when closed. */
void link_close(struct link *l);
/* Whether the server has not hung up meanwhile. Only while nothing is under way. */
bool link_is_alive(struct link *l);

void link_set_deadline(struct link *l, usec_t within);
/* Hands over to the kernel what was queued. */
bool link_flush(struct link *l, struct err *e) CHECK_RESULT;
/* Waits for anything from the server, until `fd` can be read, or until `wait` is over. */
bool link_wait(struct link *l, int fd, usec_t wait, struct err *e) CHECK_RESULT;
/* Waits for the next result; *ret is NULL at the end of a command (see PQgetResult). */
bool link_result(struct link *l, PGresult **ret, struct err *e) CHECK_RESULT;

#endif
