#ifndef OPS_WATCHDOG_H
#define OPS_WATCHDOG_H
/*
 * The watchdog: ends the process when a part of it stands still, so that a supervisor starts it
 * anew. Nothing that was acknowledged can be lost by that.
 *
 * A thread of its own looks once a second. A loop is asked to answer; the writer must have answered
 * whoever has waited longest. It counts looks and not time: a machine that was suspended, or a
 * process that was stopped and goes on, is not late.
 *
 * While all is well it tells systemd so, when that asks (Type=notify, WatchdogSec=): then the death
 * of the watchdog itself, and a process that is stopped for good, are noticed as well.
 */
#include "base/time.h"
#include "loop/loop.h"

struct watchdog;

struct watchdog_options {
    struct loop *const *loops;
    size_t n_loops;
    /* When what the writer owes longest was handed to it; 0: it owes nothing. Called until
     * watchdog_stop() has returned. */
    usec_t (*writer_owes_since)(void *arg);
    void *arg;
    usec_t look_every; /* 0: a second */
};

bool watchdog_start(const struct watchdog_options *o, struct watchdog **ret,
                    struct err *e) CHECK_RESULT;
/* Before the loops are. NULL is nothing. */
void watchdog_stop(struct watchdog *w);

/* Tells the supervisor "READY=1" and the like, at the socket in NOTIFY_SOCKET; nothing without one.
 */
void supervisor_tell(const char *state);

#endif
