#ifndef PROVIDERS_CALL_SOURCES_H
#define PROVIDERS_CALL_SOURCES_H
/*
 * The providers' own word about a project's calls, asked for with its accounts. How often they are
 * asked for one project is bounded here, by its quota, for all threads of this process together; of
 * several nodes each takes an equal share of it.
 */
#include "providers/account_book.h"
#include "providers/outages.h"
#include "reconcile/source.h"

struct call_sources;

struct asked;
struct places;
struct tracer;

struct call_sources_options {
    struct account_shelf *accounts;
    const struct clock *clock;
    struct tracer *tracer;       /* NULL: no traces */
    int64_t requests_per_second; /* for one project, where its quota is not known */
    struct places *places;       /* borrowed; see call_sources_enter() */
    struct asked *asked;         /* borrowed; NULL: nothing is counted */
};

bool call_sources_open(const struct call_sources_options *o, struct call_sources **ret,
                       struct err *e) CHECK_RESULT;
/* What is under way fails within a second, if its source has no `ended` of its own. */
void call_sources_stop(struct call_sources *cs);
/* No source of it is used any more. Accepts NULL. */
void call_sources_close(struct call_sources *cs);

/* So many nodes may ask, this one among them: 1 until somebody says otherwise. From any thread. */
void call_sources_share(struct call_sources *cs, int64_t n_nodes);

/* A source of this project, in the arena, as long as the arena lasts. ended: NULL, until
 * call_sources_stop(). False: the project has no account whose provider can be asked. */
bool call_sources_of(struct call_sources *cs, int64_t project, const _Atomic bool *ended,
                     struct arena *a, struct reconcile_source *ret) CHECK_RESULT;

/* What was last heard of its accounts, those that were not asked among them; of a source that
 * call_sources_of() made. */
struct heard_all call_sources_heard(const struct reconcile_source *s);

/* For those whose threads others wait for (outside.h). Who was let in leaves. */
bool call_sources_enter(struct call_sources *cs, int64_t project, struct err *e) CHECK_RESULT;
void call_sources_leave(struct call_sources *cs, int64_t project);

#endif
