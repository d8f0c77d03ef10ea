#ifndef STORE_POSTGRES_SCOPE_H
#define STORE_POSTGRES_SCOPE_H
/*
 * For whom a session works, as row-level security reads it (migration 0012): the setting
 * hookswitch.scope is a multirange of ids, those of organisations negated. '{(,)}' is everybody,
 * '{[7,7]}' project 7, '{[1,1],[7,7]}' two projects, '{[-3,-3]}' organisation 3. Without it a
 * session sees nothing.
 *
 * A statement brings its scope with it, in the same unit, when it is not what the session surely
 * has. Sure is what an answer has confirmed, and only as long as nothing can have taken it back: a
 * setting is undone with its transaction, so a rollback, a failure, another unit under way that
 * tells, and a new connection make it unsure, and the next statement tells again. It costs no round
 * trip, and nothing at all while a session goes on for the same.
 *
 * Told with it is whether the statement is planned anew for its parameters (plan_cache_mode): with
 * row-level security that costs several times what a short statement itself does.
 */
#include "base/buf.h"
#include "store/internal.h"

/* Whose: sorted, each once; and whether their statement is planned anew. */
struct owners {
    enum query_scope scope;
    bool plans_anew;
    int64_t *p;
    size_t n, room;
};

struct scope {
    bool is_sure;
    size_t n_telling; /* units under way that tell */
    struct owners told, wanted;
    struct buf text;
};

void scope_init(struct scope *s);
void scope_finish(struct scope *s);
/* The session is a new one, or its transaction was rolled back. */
void scope_forget(struct scope *s);
/* Whether b needs another scope than the session surely has. Then *ret is what to tell, until the
 * next call. */
bool scope_differs(struct scope *s, const struct bound *b, struct str *ret);
/* A unit that tells what scope_differs() has said is under way. */
void scope_telling(struct scope *s);
/* A unit was answered: whether it had told, and whether it succeeded. */
void scope_settle(struct scope *s, bool told, bool succeeded);

#endif
