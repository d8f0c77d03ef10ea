#include "loop/turnstile.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/arena.h"
#include "loop/condition.h"

struct turnstile {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct line line;
    size_t n, most, of_one;
    bool closed;
};

struct turnstile *turnstile_create(size_t most, size_t of_one)
{
    struct turnstile *t = NEW(struct turnstile);

    assert(of_one <= most);
    pthread_mutex_init(&t->lock, NULL);
    condition_init(&t->filled);
    t->most = most;
    t->of_one = of_one;
    return t;
}

void turnstile_destroy(struct turnstile *t)
{
    if (!t)
        return;
    assert(t->n == 0);
    pthread_cond_destroy(&t->filled);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

bool turnstile_push(struct turnstile *t, struct line_place *p, int64_t key)
{
    pthread_mutex_lock(&t->lock);
    const bool may = !t->closed && t->n < t->most && line_count(&t->line, key) < t->of_one;
    if (may) {
        line_add(&t->line, p, key);
        t->n++;
        pthread_cond_signal(&t->filled);
    }
    pthread_mutex_unlock(&t->lock);
    return may;
}

/* With the lock held: until there is one, the turnstile is closed or the time is over. */
static void wait_filled(struct turnstile *t, usec_t wait)
{
    const struct timespec deadline = condition_deadline(wait);
    int over = 0;

    while (t->n == 0 && !t->closed && !over)
        over = pthread_cond_timedwait(&t->filled, &t->lock, &deadline);
}

struct line_place *turnstile_take(struct turnstile *t, usec_t wait)
{
    struct line_place *p = NULL;

    pthread_mutex_lock(&t->lock);
    wait_filled(t, wait);
    if (t->n > 0) {
        p = line_take(&t->line);
        t->n--;
    }
    pthread_mutex_unlock(&t->lock);
    return p;
}

void turnstile_close(struct turnstile *t)
{
    pthread_mutex_lock(&t->lock);
    t->closed = true;
    pthread_cond_broadcast(&t->filled);
    pthread_mutex_unlock(&t->lock);
}

bool turnstile_is_closed(const struct turnstile *t)
{
    pthread_mutex_t *lock = (pthread_mutex_t *)&t->lock; // looking changes nothing that is seen

    pthread_mutex_lock(lock);
    const bool closed = t->closed;
    pthread_mutex_unlock(lock);
    return closed;
}
