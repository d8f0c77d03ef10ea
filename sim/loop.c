/*
 * The loop room on fibers: threads, loops and their timers. Mailboxes, bells and conditions are the
 * room's own; they stand on conditions, which posix.c gives them.
 */
#include "loop/loop.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/fault.h"
#include "sim/fiber.h"

// --- threads -------------------------------------------------------------------------------------

struct thread {
    struct fiber *fiber;
};

bool thread_start(const char *name, void (*fn)(void *arg), void *arg, struct thread **ret,
                  struct err *e)
{
    if (FAULT("thread.start"))
        return err_set(e, ERR_UNAVAILABLE, "the system gives no further thread for %s", name);
    struct thread *t = NEW(struct thread);
    t->fiber = fiber_start(process_self(), name, fn, arg);
    *ret = t;
    return true;
}

void thread_join(struct thread *t)
{
    fiber_join(t->fiber);
    free(t);
}

// --- loops ---------------------------------------------------------------------------------------

struct alarm { /* the handle of a timer */
    struct alarm *next;
    struct timer *timer; /* NULL: finished */
    usec_t at, repeat;   /* at NEVER: stopped */
};

struct loop {
    struct thread *thread;
    struct task *first, **last;
    struct alarm *alarms;
    bool ending;
};

static usec_t next_alarm(const struct loop *l)
{
    usec_t next = NEVER;

    for (const struct alarm *a = l->alarms; a; a = a->next)
        next = a->timer && a->at < next ? a->at : next;
    return next;
}

static void ring_due(struct loop *l)
{
    for (struct alarm *a = l->alarms, *next; a; a = next) {
        next = a->next;
        if (!a->timer || a->at > world.now)
            continue;
        a->at = a->repeat > 0 ? world.now + a->repeat : NEVER;
        a->timer->on_timer(a->timer->arg);
    }
}

static void run_posted(struct loop *l)
{
    while (l->first) {
        struct task *t = l->first;
        l->first = t->next;
        if (!l->first)
            l->last = &l->first;
        t->next = NULL;
        t->run(t);
        fiber_step();
    }
}

static void run(void *arg)
{
    struct loop *l = arg;

    while (!l->ending) {
        run_posted(l);
        ring_due(l);
        if (!l->first && !l->ending)
            (void)fiber_wait(l, next_alarm(l));
    }
    run_posted(l);
}

bool loop_start(const char *name, struct loop **ret, struct err *e)
{
    struct loop *l = NEW(struct loop);

    l->last = &l->first;
    if (!thread_start(name, run, l, &l->thread, e)) {
        free(l);
        return err_trace(e);
    }
    *ret = l;
    return true;
}

void loop_stop(struct loop *l)
{
    l->ending = true;
    fiber_wake_all(l);
    thread_join(l->thread);
    free(l);
}

uv_loop_t *loop_uv(struct loop *l)
{
    (void)l;
    assert(false && "nothing in the world has sockets");
    return NULL;
}

bool loop_is_current(const struct loop *l)
{
    return l->thread->fiber == fiber_self();
}

void loop_post(struct loop *l, struct task *t)
{
    fiber_step();
    t->next = NULL;
    *l->last = t;
    l->last = &t->next;
    fiber_wake_all(l);
}

struct call {
    struct task task;
    void (*fn)(void *arg);
    void *arg;
    bool ran;
};

static void run_call(struct task *t)
{
    struct call *c = container_of(t, struct call, task);

    c->fn(c->arg);
    c->ran = true;
    fiber_wake_all(c);
}

void loop_call_wait(struct loop *l, void (*fn)(void *arg), void *arg)
{
    struct call c = {.task.run = run_call, .fn = fn, .arg = arg};

    assert(!loop_is_current(l));
    loop_post(l, &c.task);
    while (!c.ran)
        (void)fiber_wait(&c, NEVER);
}

// --- timers --------------------------------------------------------------------------------------

static struct alarm *alarm_of(const struct timer *t)
{
    return t->handle;
}

void timer_init(struct timer *t, struct loop *l, void (*on_timer)(void *arg), void *arg)
{
    struct alarm *a = NEW(struct alarm);

    *a = (struct alarm){.next = l->alarms, .timer = t, .at = NEVER};
    l->alarms = a;
    *t = (struct timer){.loop = l, .handle = a, .on_timer = on_timer, .arg = arg};
}

void timer_start(struct timer *t, usec_t after, usec_t repeat)
{
    alarm_of(t)->at = world.now + after;
    alarm_of(t)->repeat = repeat;
}

void timer_stop(struct timer *t)
{
    alarm_of(t)->at = NEVER;
}

void timer_finish(struct timer *t)
{
    if (!t->handle)
        return;
    alarm_of(t)->timer = NULL; // the alarm stays in its list, which ends with the loop
    t->handle = NULL;
}
