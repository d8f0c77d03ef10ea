#include "loop/loop.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/fault.h"

enum { NAME_MAX_LEN = 15 }; // the kernel's limit

struct thread {
    pthread_t id;
    char name[NAME_MAX_LEN + 1];
    void (*fn)(void *arg);
    void *arg;
};

static void *run(void *p)
{
    struct thread *t = p;

    pthread_setname_np(pthread_self(), t->name);
    t->fn(t->arg);
    return NULL;
}

/*
 * A thread starts with every signal blocked: they are the main thread's to handle, and a peer that
 * went away gives EPIPE to the writer instead of killing the process with SIGPIPE.
 */
static int create_blocked(struct thread *t)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&t->id, NULL, run, t);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed;
}

bool thread_start(const char *name, void (*fn)(void *arg), void *arg, struct thread **ret,
                  struct err *e)
{
    struct thread *t = NEW(struct thread);

    assert(strlen(name) <= NAME_MAX_LEN);
    memcpy(t->name, name, strlen(name));
    t->fn = fn;
    t->arg = arg;
    if (FAULT("thread.start") || create_blocked(t) != 0) {
        free(t);
        return err_set(e, ERR_UNAVAILABLE, "the system gives no further thread for %s", name);
    }
    *ret = t;
    return true;
}

void thread_join(struct thread *t)
{
    int failed = pthread_join(t->id, NULL);

    assert(!failed);
    free(t);
}
