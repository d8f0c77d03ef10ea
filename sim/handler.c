#include "sim/handler.h"

#include <stdlib.h>

#include "base/arena.h"
#include "sim/fate.h"
#include "sim/oracle.h"
#include "sim/trace.h"

/* A worker that has rows: it claimed them, and has not yet heard that they are concluded. */
struct work {
    struct work *next;
    const struct process *process;
    const struct fiber *fiber;
    enum { CLAIMED, DONE } stage;
    usec_t since;
};

static struct work *all;

void handler_begin(void)
{
    all = NULL;
}

static struct work **find(const struct fiber *f)
{
    struct work **at = &all;

    while (*at && (*at)->fiber != f)
        at = &(*at)->next;
    return at;
}

static struct work *begin(void)
{
    struct work **at = find(fiber_self());

    for (const struct work *w = all; w; w = w->next)
        if (w->fiber != fiber_self()) {
            fate_struck(FATE_TWO_WORKERS);
            break;
        }
    if (!*at)
        *at = NEW(struct work);
    **at = (struct work){
        .next = (*at)->next, .process = process_self(), .fiber = fiber_self(), .since = world.now};
    return *at;
}

static void end(void)
{
    struct work **at = find(fiber_self());

    if (*at)
        *at = (*at)->next;
}

static bool run(struct queue_batch *b, struct err *e)
{
    const struct queue_handler *real = b->arg;
    struct queue_batch inner = *b;
    struct work *w = begin();
    struct process *p = process_self();

    oracle_look();
    if (p->dies_at_work)
        p->dies_in = 1 + dice_below(&world.dice, 200);
    p->dies_at_work = false;
    if (fate_work_fails()) {
        fate_struck(FATE_STORM);
        end();
        return err_set(e, ERR_UPSTREAM, "the handler fails (injected)");
    }
    const usec_t slow = fate_work_takes();
    if (slow > 0) {
        fiber_sleep(slow);
        if (world.now - w->since > SECONDS(2))
            fate_struck(FATE_LONG_WORK);
    }
    inner.arg = real->arg;
    if (!real->run(&inner, e)) {
        end();
        return err_trace(e);
    }
    b->result = inner.result;
    w->stage = DONE;
    fiber_step();
    return true;
}

static void after_commit(struct queue_batch *b)
{
    const struct queue_handler *real = b->arg;
    struct queue_batch inner = *b;

    end();
    inner.arg = real->arg;
    if (real->after_commit)
        real->after_commit(&inner);
}

bool handler_is_uncommitted(void)
{
    const struct work *w = all;

    while (w && w->stage != DONE)
        w = w->next;
    return w;
}

struct queue_handler handler_watch(struct queue_handler real)
{
    struct queue_handler *kept = NEW(struct queue_handler);

    *kept = real;
    return (struct queue_handler){.run = run, .after_commit = after_commit, .arg = kept};
}

void handler_forget(const struct process *p)
{
    for (struct work **at = &all; *at;) {
        if ((*at)->process != p) {
            at = &(*at)->next;
            continue;
        }
        fate_struck((*at)->stage == CLAIMED ? FATE_DEATH_CLAIMED : FATE_DEATH_DONE);
        *at = (*at)->next;
    }
}
