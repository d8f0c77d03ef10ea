#include "sim/posix.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "sim/trace.h"

// As the linker names them: what is asked for, and what libc has.
#define WRAP(type, name, parameters)                                                               \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters

// --- time and chance -----------------------------------------------------------------------------

WRAP(int, clock_gettime, (clockid_t which, struct timespec *ret))
{
    const struct process *p = process_self();

    if (!p)
        return __real_clock_gettime(which, ret);
    const usec_t t = world.now + (which == CLOCK_REALTIME ? SIM_EPOCH + p->skew : SIM_BOOT);
    *ret = (struct timespec){.tv_sec = t / SECONDS(1), .tv_nsec = t % SECONDS(1) * 1000};
    return 0;
}

WRAP(ssize_t, getrandom, (void *dst, size_t n, unsigned flags))
{
    if (!process_self())
        return __real_getrandom(dst, n, flags);
    rng_fill(&world.luck, dst, n);
    return (ssize_t)n;
}

WRAP(pid_t, getpid, (void))
{
    return process_self() ? 1000 + process_self()->number : __real_getpid();
}

WRAP(int, gethostname, (char *dst, size_t n))
{
    if (!process_self())
        return __real_gethostname(dst, n);
    (void)snprintf(dst, n, "%s", process_self()->name);
    return 0;
}

// --- threads that meet ---------------------------------------------------------------------------

/* No fiber ever leaves while it holds a mutex, so the mutex itself is never waited for. */
WRAP(int, pthread_mutex_lock, (pthread_mutex_t * m))
{
    fiber_step();
    return __real_pthread_mutex_lock(m);
}

static bool wait_without(pthread_mutex_t *m, const pthread_cond_t *c, usec_t until)
{
    pthread_mutex_unlock(m);
    const bool woken = fiber_wait(c, until);
    __real_pthread_mutex_lock(m);
    return woken;
}

WRAP(int, pthread_cond_wait, (pthread_cond_t * c, pthread_mutex_t *m))
{
    if (!process_self())
        return __real_pthread_cond_wait(c, m);
    (void)wait_without(m, c, NEVER);
    return 0;
}

WRAP(int, pthread_cond_timedwait,
     (pthread_cond_t * c, pthread_mutex_t *m, const struct timespec *t))
{
    if (!process_self())
        return __real_pthread_cond_timedwait(c, m, t);
    const usec_t until = SECONDS(t->tv_sec) + t->tv_nsec / 1000 - SIM_BOOT;
    return wait_without(m, c, until) ? 0 : ETIMEDOUT;
}

WRAP(int, pthread_cond_signal, (pthread_cond_t * c))
{
    if (!process_self())
        return __real_pthread_cond_signal(c);
    fiber_wake_one(c);
    return 0;
}

WRAP(int, pthread_cond_broadcast, (pthread_cond_t * c))
{
    if (!process_self())
        return __real_pthread_cond_broadcast(c);
    fiber_wake_all(c);
    return 0;
}

// --- the log -------------------------------------------------------------------------------------

/* What the rooms log is a part of the trace. */
WRAP(ssize_t, write, (int fd, const void *p, size_t n))
{
    if (fd != STDERR_FILENO || !process_self())
        return __real_write(fd, p, n);
    trace_text("%.*s", (int)(n > 0 ? n - 1 : 0), (const char *)p);
    return (ssize_t)n;
}
