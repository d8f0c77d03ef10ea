#include "store/sqlite/turn.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/arena.h"
#include "loop/condition.h"

struct waiter {
    struct waiter *next;
    pthread_cond_t called;
    bool is_mine;
};

struct turn {
    pthread_mutex_t lock;
    bool held;
    struct waiter *first, **last;
};

struct turn *turn_create(void)
{
    struct turn *t = NEW(struct turn);

    pthread_mutex_init(&t->lock, NULL);
    t->last = &t->first;
    return t;
}

void turn_destroy(struct turn *t)
{
    if (!t)
        return;
    assert(!t->held && !t->first);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

static void leave_queue(struct turn *t, struct waiter *w)
{
    struct waiter **at = &t->first;

    while (*at != w)
        at = &(*at)->next;
    *at = w->next;
    if (!*at)
        t->last = at;
}

static bool wait_for(struct turn *t, usec_t within)
{
    struct waiter w = {.next = NULL};
    const struct timespec until = condition_deadline(within);
    int failed = 0;

    condition_init(&w.called);
    *t->last = &w;
    t->last = &w.next;
    while (!w.is_mine && !failed)
        failed = within ? pthread_cond_timedwait(&w.called, &t->lock, &until)
                        : pthread_cond_wait(&w.called, &t->lock);
    if (!w.is_mine)
        leave_queue(t, &w);
    pthread_cond_destroy(&w.called);
    return w.is_mine;
}

bool turn_take(struct turn *t, usec_t within)
{
    bool mine = true;

    pthread_mutex_lock(&t->lock);
    if (t->held)
        mine = wait_for(t, within);
    else
        t->held = true;
    pthread_mutex_unlock(&t->lock);
    return mine;
}

void turn_give(struct turn *t)
{
    pthread_mutex_lock(&t->lock);
    assert(t->held);
    struct waiter *next = t->first;
    if (next) { // the turn stays held and changes hands
        t->first = next->next;
        if (!t->first)
            t->last = &t->first;
        next->is_mine = true;
        pthread_cond_signal(&next->called);
    } else {
        t->held = false;
    }
    pthread_mutex_unlock(&t->lock);
}

size_t turn_waiting(struct turn *t)
{
    size_t n = 0;

    pthread_mutex_lock(&t->lock);
    for (const struct waiter *w = t->first; w; w = w->next)
        n++;
    pthread_mutex_unlock(&t->lock);
    return n;
}
