#ifndef CALLS_VERIFY_H
#define CALLS_VERIFY_H
/*
 * snapshot == fold(log): folds a call's log again and compares, field by field.
 */
#include "store/store.h"

struct call_difference {
    struct str field;          /* STR_NONE: none, the call is sound */
    struct str stored, folded; /* as text */
};

/* The first difference of one call; *ret_found says whether there is such a call. */
bool call_verify(struct db *db, int64_t project, struct str provider, struct str sid,
                 struct arena *a, struct call_difference *ret, bool *ret_found,
                 struct err *e) CHECK_RESULT;

/* Walks a project's calls: the ids after `after`, at most limit; *ret_n is how many were checked,
 * *ret_last the last id. Each difference is handed to on_difference. Stop when *ret_n is 0. */
typedef void call_difference_fn(struct str sid, const struct call_difference *d, void *arg);
bool call_verify_some(struct db *db, int64_t project, int64_t after, int64_t limit, struct arena *a,
                      call_difference_fn *on_difference, void *arg, int64_t *ret_last,
                      int64_t *ret_n, struct err *e) CHECK_RESULT;

#endif
