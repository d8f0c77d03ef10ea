#ifndef CALLS_VERIFY_H
#define CALLS_VERIFY_H
/*
 * snapshot == fold(log): folds a call's log anew and compares, column by column. And whether the
 * list of conversations is as long as it is said to be.
 */
#include "calls/read.h"

struct call_difference {
    int64_t id; /* of the row in calls */
    struct str call_sid;
    struct str column;         /* where the two differ first; "log": it cannot be folded */
    struct str stored, folded; /* as text; may be personal data */
};

struct call_verification {
    int64_t n_checked; /* calls looked at; 0: there were no more */
    int64_t last_id;   /* where to go on */
    struct call_difference *differences;
    size_t n_differences;
};

/* Walks a project's calls in the order of their ids: at most `limit` of those after `after`. */
bool call_verify(const struct call_reader *r, int64_t after, int64_t limit, struct arena *a,
                 struct call_verification *ret, struct err *e) CHECK_RESULT;

/* How many conversations the list of a project is said to have, and has: one view of both. Nothing
 * of either where the project has no feed. */
struct conversation_count {
    int64_t told, counted;
};

bool conversation_count_held(struct db *db, int64_t project, struct arena *a,
                             struct conversation_count *ret, struct err *e) CHECK_RESULT;

#endif
