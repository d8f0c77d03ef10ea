#ifndef STORE_POSTGRES_WIRE_H
#define STORE_POSTGRES_WIRE_H
/*
 * Parameters in PostgreSQL's wire form: everything binary, except decimals, which are text.
 * Arrays are the columns of a batch, one parameter each, however many rows there are.
 */
#include "base/buf.h"
#include "store/internal.h"

#include <libpq-fe.h>

enum { WIRE_MAX = 512 * 1024 * 1024 }; /* of one statement; a message ends at 1 GB */

struct wire {
    struct buf bytes; /* reused from statement to statement */
    int n;
    Oid types[QUERY_PARAMS_MAX];
    const char *values[QUERY_PARAMS_MAX]; /* in bytes, or in the binds */
    int lengths[QUERY_PARAMS_MAX];
    int formats[QUERY_PARAMS_MAX];
};

void wire_init(struct wire *w);
void wire_finish(struct wire *w);
/* False (ERR_LIMIT) when the statement would be larger than WIRE_MAX. */
bool wire_encode(struct wire *w, const struct bound *b, struct err *e) CHECK_RESULT;

/* The cell of a result's text form; bytea is decoded into the arena, the rest stays where it is. */
void wire_read(const PGresult *result, int row, int column, struct arena *a, struct cell *ret);

#endif
