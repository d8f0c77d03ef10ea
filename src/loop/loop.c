#include "loop/loop.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <uv.h>

#include "base/arena.h"
#include "base/fault.h"
#include "loop/urgency.h"

/*
 * Posting is a push onto a stack by compare-and-swap: no lock, no allocation, any number of
 * threads. The loop takes the whole stack with one exchange and turns it round, which restores the
 * order of posting. Only the push that finds the stack empty wakes the loop: a burst of answers
 * from another thread costs one wake-up.
 *
 * That is safe because the loop empties the stack after it was woken and never before: whoever
 * pushes onto an emptied stack wakes it again.
 */
struct loop {
    uv_loop_t uv;
    uv_async_t wake;
    _Atomic(struct task *) posted; /* newest first */
    atomic_bool ending;
    pthread_t self; /* written by the loop's thread before loop_start() returns */
    struct thread *thread;
    uv_sem_t started;
};

static struct task *reversed(struct task *newest)
{
    struct task *oldest = NULL;

    while (newest) {
        struct task *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    return oldest;
}

static void run_posted(struct loop *l)
{
    struct task *t = reversed(atomic_exchange_explicit(&l->posted, NULL, memory_order_acquire));

    while (t) {
        struct task *next = t->next; // the task may be gone, or posted again, once it has run
        t->next = NULL;
        t->run(t);
        t = next;
    }
}

static void on_wake(uv_async_t *wake)
{
    struct loop *l = container_of(wake, struct loop, wake);

    run_posted(l);
    if (atomic_load(&l->ending))
        uv_stop(&l->uv);
}

static void close_left(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

static void run(void *arg)
{
    struct loop *l = arg;

    urgency_set(URGENCY_PROMPT);
    l->self = pthread_self();
    uv_sem_post(&l->started);
    uv_run(&l->uv, UV_RUN_DEFAULT);

    // What a task opens is closed too, and what the closing of a handle posts is still run.
    do {
        run_posted(l);
        uv_walk(&l->uv, close_left, NULL);
        uv_run(&l->uv, UV_RUN_DEFAULT);
    } while (atomic_load(&l->posted));
}

static bool open_uv(struct loop *l, struct err *e)
{
    int failed = FAULT("loop.start") ? UV_EMFILE : uv_loop_init(&l->uv);
    if (failed)
        return err_set(e, ERR_UNAVAILABLE, "event loop: %s", uv_strerror(failed));

    failed = uv_async_init(&l->uv, &l->wake, on_wake);
    if (failed) {
        uv_loop_close(&l->uv);
        return err_set(e, ERR_UNAVAILABLE, "event loop: %s", uv_strerror(failed));
    }
    return true;
}

static void close_uv(struct loop *l)
{
    int busy = uv_loop_close(&l->uv);

    assert(busy == 0);
}

bool loop_start(const char *name, struct loop **ret, struct err *e)
{
    struct loop *l = NEW(struct loop);

    if (!open_uv(l, e)) {
        free(l);
        return err_trace(e);
    }
    uv_sem_init(&l->started, 0);
    if (!thread_start(name, run, l, &l->thread, e)) {
        uv_close((uv_handle_t *)&l->wake, NULL);
        uv_run(&l->uv, UV_RUN_DEFAULT);
        close_uv(l);
        uv_sem_destroy(&l->started);
        free(l);
        return err_trace(e);
    }
    uv_sem_wait(&l->started);
    *ret = l;
    return true;
}

void loop_stop(struct loop *l)
{
    atomic_store(&l->ending, true);
    uv_async_send(&l->wake);
    thread_join(l->thread);
    close_uv(l);
    uv_sem_destroy(&l->started);
    free(l);
}

uv_loop_t *loop_uv(struct loop *l)
{
    return &l->uv;
}

bool loop_is_current(const struct loop *l)
{
    return pthread_equal(l->self, pthread_self());
}

void loop_post(struct loop *l, struct task *t)
{
    struct task *newest = atomic_load_explicit(&l->posted, memory_order_relaxed);

    do
        t->next = newest;
    while (!atomic_compare_exchange_weak_explicit(&l->posted, &newest, t, memory_order_release,
                                                  memory_order_relaxed));
    if (!newest)
        uv_async_send(&l->wake);
}

struct call {
    struct task task;
    void (*fn)(void *arg);
    void *arg;
    uv_sem_t *ran; /* NULL: nobody waits, and the call frees itself */
};

static void run_call(struct task *t)
{
    struct call *c = container_of(t, struct call, task);

    c->fn(c->arg);
    if (c->ran)
        uv_sem_post(c->ran);
    else
        free(c);
}

void loop_call(struct loop *l, void (*fn)(void *arg), void *arg)
{
    struct call *c = NEW(struct call);

    *c = (struct call){.task.run = run_call, .fn = fn, .arg = arg};
    loop_post(l, &c->task);
}

void loop_call_wait(struct loop *l, void (*fn)(void *arg), void *arg)
{
    uv_sem_t ran;
    struct call c = {.task.run = run_call, .fn = fn, .arg = arg, .ran = &ran};

    assert(!loop_is_current(l));
    uv_sem_init(&ran, 0);
    loop_post(l, &c.task);
    uv_sem_wait(&ran);
    uv_sem_destroy(&ran);
}
