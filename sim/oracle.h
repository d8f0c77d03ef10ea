#ifndef SIM_ORACLE_H
#define SIM_ORACLE_H
/*
 * What must be true, whatever has happened. During a run it keeps the books: what the provider has
 * sent, what was acknowledged, what every viewer has seen. At the end it audits the store against
 * them. The first contradiction ends the run.
 */
#include "base/compiler.h"

#include <stdbool.h>
#include <stdint.h>

#include "base/form.h"

struct process;

void oracle_begin(void);
PRINTF_LIKE(1, 2) void oracle_fail(const char *format, ...);
/* NULL: nothing is wrong so far. */
const char *oracle_verdict(void);

/* An event, by what identifies it to its sender; poison can never be applied. */
struct sent;
struct sent *oracle_sent(struct str path, const struct form *fields, bool poison);
void oracle_acknowledged(struct sent *s);

/* A viewer was shown the event of that number. */
void oracle_saw(const char *viewer, int64_t seq, struct str sid);

/* What must be true of the store at every moment. Looks while the world stands still; in a fiber of
 * a process that uses the store. */
void oracle_look(void);
/* Whether nothing waits: every event is applied or buried. *ret_head: how far the feed is. In a
 * fiber of any process; false while the store cannot be asked. */
bool oracle_is_settled(int64_t *ret_head);
/* When every node has ended. */
void oracle_audit(void);
uint64_t oracle_n_sent(void);
uint64_t oracle_n_acknowledged(void);

#endif
