#include "ops/watchdog.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/log.h"
#include "loop/bell.h"

#define LOOK_EVERY SECONDS(1)

/* Looks without an answer after which nobody waits any longer. A loop never blocks; the writer
 * waits for disks and databases, whose own deadlines are far shorter. */
enum { LOOP_SILENT_MAX = 10, WRITER_SILENT_MAX = 60 };

/* Posted to a loop; it is in one place at a time. */
struct question {
    struct task task;
    atomic_bool answered;
    int silent; /* looks since it was asked */
};

struct watchdog {
    struct watchdog_options o;
    struct thread *thread;
    struct bell *end;
    atomic_bool ending;
    struct question *questions; /* one of each loop */
    usec_t owed_since;
    int writer_silent;
};

static void answer(struct task *t)
{
    struct question *q = container_of(t, struct question, task);

    atomic_store(&q->answered, true);
}

/* Asks again whoever has answered; how long a loop has been silent. */
static int look_at_loop(struct watchdog *w, size_t i)
{
    struct question *q = &w->questions[i];

    if (!atomic_exchange(&q->answered, false))
        return ++q->silent;
    q->silent = 0;
    loop_post(w->o.loops[i], &q->task);
    return 0;
}

/* It is silent while it owes the same answer as at the last look. */
static int look_at_writer(struct watchdog *w)
{
    const usec_t since = w->o.writer_owes_since(w->o.arg);

    w->writer_silent = since != 0 && since == w->owed_since ? w->writer_silent + 1 : 0;
    w->owed_since = since;
    return w->writer_silent;
}

/* The core that is left behind shows where it hangs. */
NO_RETURN static void bite(const char *who, int seconds)
{
    log_error(NULL, "watchdog.blocked", "who=%s seconds=%d text=\"it stands still; start anew\"",
              who, seconds);
    abort();
}

static void look(struct watchdog *w)
{
    for (size_t i = 0; i < w->o.n_loops; i++)
        if (look_at_loop(w, i) >= LOOP_SILENT_MAX)
            bite("loop", LOOP_SILENT_MAX);
    if (look_at_writer(w) >= WRITER_SILENT_MAX)
        bite("writer", WRITER_SILENT_MAX);
    supervisor_tell("WATCHDOG=1");
}

/* A wait may be over early; what counts as a look is a second after the last one. */
static void run(void *arg)
{
    struct watchdog *w = arg;
    usec_t next = clock_monotonic(&clock_system);

    while (!atomic_load(&w->ending)) {
        const usec_t now = clock_monotonic(&clock_system);
        if (now >= next) {
            look(w);
            next = now + w->o.look_every;
        }
        (void)bell_wait(w->end, w->o.look_every);
    }
}

static void destroy(struct watchdog *w)
{
    bell_destroy(w->end);
    free(w->questions);
    free(w);
}

bool watchdog_start(const struct watchdog_options *o, struct watchdog **ret, struct err *e)
{
    struct watchdog *w = NEW(struct watchdog);

    w->o = *o;
    if (w->o.look_every == 0)
        w->o.look_every = LOOK_EVERY;
    w->end = bell_create();
    w->questions = mem_alloc(o->n_loops * sizeof(*w->questions));
    for (size_t i = 0; i < o->n_loops; i++) {
        w->questions[i].task.run = answer;
        atomic_init(&w->questions[i].answered, true);
    }
    if (!thread_start("watchdog", run, w, &w->thread, e)) {
        destroy(w);
        return err_trace(e);
    }
    *ret = w;
    return true;
}

static void nothing(void *arg)
{
    (void)arg;
}

/* A question that is still on its way is waited for: it must not outlive its memory. */
void watchdog_stop(struct watchdog *w)
{
    if (!w)
        return;
    atomic_store(&w->ending, true);
    bell_ring_for_ever(w->end);
    thread_join(w->thread);
    for (size_t i = 0; i < w->o.n_loops; i++)
        loop_call_wait(w->o.loops[i], nothing, NULL);
    destroy(w);
}
