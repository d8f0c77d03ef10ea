#include "loop/loop.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/arena.h"
#include "loop/condition.h"

/*
 * A list under a mutex. The consumer takes the whole of it at once: while it works, producers only
 * meet each other.
 */
struct mailbox {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct task *first;
    struct task **last; /* where the next one is linked */
    size_t n;
    size_t n_waiting; /* consumers inside the wait: without any, a push need not wake */
    bool closed;
};

struct mailbox *mailbox_create(void)
{
    struct mailbox *m = NEW(struct mailbox);

    pthread_mutex_init(&m->lock, NULL);
    condition_init(&m->filled);
    m->last = &m->first;
    return m;
}

void mailbox_destroy(struct mailbox *m)
{
    if (!m)
        return;
    assert(m->n_waiting == 0);
    pthread_cond_destroy(&m->filled);
    pthread_mutex_destroy(&m->lock);
    free(m);
}

bool mailbox_push(struct mailbox *m, struct task *t)
{
    pthread_mutex_lock(&m->lock);
    bool open = !m->closed;
    bool wake = false;
    if (open) {
        t->next = NULL;
        *m->last = t;
        m->last = &t->next;
        m->n++;
        wake = m->n_waiting > 0;
    }
    pthread_mutex_unlock(&m->lock);

    if (wake)
        pthread_cond_signal(&m->filled);
    return open;
}

/* With the lock held: until there is something, the mailbox is closed or the time is over. */
static void wait_filled(struct mailbox *m, usec_t wait)
{
    if (m->first || m->closed || wait <= 0)
        return;

    const struct timespec deadline = condition_deadline(wait);
    int over = 0;
    m->n_waiting++;
    while (!m->first && !m->closed && !over)
        over = pthread_cond_timedwait(&m->filled, &m->lock, &deadline);
    m->n_waiting--;
}

struct task *mailbox_take(struct mailbox *m, usec_t wait)
{
    pthread_mutex_lock(&m->lock);
    wait_filled(m, wait);
    struct task *all = TAKE(m->first);
    m->last = &m->first;
    m->n = 0;
    pthread_mutex_unlock(&m->lock);
    return all;
}

struct task *mailbox_take_one(struct mailbox *m, usec_t wait)
{
    pthread_mutex_lock(&m->lock);
    wait_filled(m, wait);
    struct task *t = m->first;
    if (t) {
        m->first = t->next;
        if (!m->first)
            m->last = &m->first;
        m->n--;
        t->next = NULL;
    }
    pthread_mutex_unlock(&m->lock);
    return t;
}

size_t mailbox_length(const struct mailbox *m)
{
    pthread_mutex_t *lock = (pthread_mutex_t *)&m->lock; // looking changes nothing that is seen

    pthread_mutex_lock(lock);
    size_t n = m->n;
    pthread_mutex_unlock(lock);
    return n;
}

void mailbox_close(struct mailbox *m)
{
    pthread_mutex_lock(&m->lock);
    m->closed = true;
    pthread_mutex_unlock(&m->lock);
    pthread_cond_broadcast(&m->filled);
}

bool mailbox_is_closed(const struct mailbox *m)
{
    pthread_mutex_t *lock = (pthread_mutex_t *)&m->lock;

    pthread_mutex_lock(lock);
    bool closed = m->closed;
    pthread_mutex_unlock(lock);
    return closed;
}
