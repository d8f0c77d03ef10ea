#ifndef INBOX_HELD_H
#define INBOX_HELD_H
/*
 * Events that are kept and not processed for now: in shadow mode all of a project's, else those of
 * the calls beyond the share that is let through. A call has its turn by the hash of its lane, so
 * that its events, and those of its legs, are processed or held together.
 *
 * The worker puts them aside (queue_options.held); they are let go when more is let through.
 */
#include "store/store.h"

/* 1…100: the share of the calls at which this one is let through. */
int64_t inbox_turn(struct str lane);

struct held_project {
    int64_t project, least; /* the first share at which something is let go */
};
/* Whose events are held, of all projects. */
bool inbox_held_projects(struct db *db, struct arena *a, struct held_project **ret, size_t *ret_n,
                         struct err *e) CHECK_RESULT;
/* Lets go what this share lets through, in bounded batches. */
bool inbox_let_go(struct db *db, int64_t project, int64_t share, int64_t *ret_n,
                  struct err *e) CHECK_RESULT;

#endif
