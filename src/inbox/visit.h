#ifndef INBOX_VISIT_H
#define INBOX_VISIT_H
/* The inside of the doors: door.c leads a visit through, visit_answer.c gives it its answer. */
#include "inbox/door.h"

#include <stdatomic.h>

#include "http/cidr.h"
#include "inbox/budget.h"
#include "inbox/roster.h"

/* What belongs to one loop. */
struct place {
    struct loop *loop;
    size_t index;
    struct roster *roster;         /* who may knock here */
    _Atomic(struct roster *) next; /* … from the next visit on; NULL: nothing has changed */
    struct budget *budget;
    struct rng rng;
    usec_t next_log;
    uint64_t unlogged;
    struct histogram answer_time;
    struct tally strangers; /* what named nobody's account */
};

struct doors {
    struct doors_options o;
    struct arena *a;
    struct cidr_list allowed; /* empty: all */
    _Atomic size_t n_accounts;
    struct keyed *shares; /* of projects, by their ids */
    struct place *places;
    _Atomic bool shut;
};

struct visit {
    struct inbox_append append;
    struct door_visit seen;
    struct doors *doors;
    struct place *place;
    struct share *share;   /* NULL as long as it names nobody's account */
    struct roster *roster; /* held from the signature to the answer, which may need its config */
    struct http_exchange *x;
    enum inbox_result result;
    enum door_outcome outcome; /* once it is decided */
    char trace_id[ID_LEN + 1];
};

/* Each is the last that is done with the visit, and leaves a span of it; its outcome is set. */
void visit_thank(struct visit *v);
/* A live call waits for this. */
void visit_steer(struct visit *v);
void visit_answer_unavailable(struct visit *v);
void visit_answer_over_limit(struct visit *v, usec_t wait);
/* e: what is wrong with the body, where it is that. */
void visit_answer_invalid(struct visit *v, enum door_outcome outcome, struct err *e);

#endif
