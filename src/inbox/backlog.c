#include "inbox/backlog.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/pace.h"

#define QUICK MILLISECONDS(50) /* who asks then hears what is so, not what was */

struct watched {
    struct watched *next;
    int64_t project;
    struct inbox_backlog backlog;
    usec_t counted_at; /* monotonic, like the next */
    usec_t next_at;
    bool is_slow; /* the last count was */
};

struct backlog_watch {
    const struct clock *clock;
    pthread_mutex_t lock;
    struct watched *projects; /* all that were ever asked for */
};

struct backlog_watch *backlog_watch_create(const struct clock *clock)
{
    struct backlog_watch *w = NEW(struct backlog_watch);

    w->clock = clock;
    pthread_mutex_init(&w->lock, NULL);
    return w;
}

void backlog_watch_destroy(struct backlog_watch *w)
{
    if (!w)
        return;
    while (w->projects) {
        struct watched *p = w->projects;
        w->projects = p->next;
        free(p);
    }
    pthread_mutex_destroy(&w->lock);
    free(w);
}

static struct watched *find(struct backlog_watch *w, int64_t project)
{
    struct watched *p = w->projects;

    while (p && p->project != project)
        p = p->next;
    if (!p) {
        p = NEW(struct watched);
        p->next = w->projects;
        p->project = project;
        w->projects = p;
    }
    return p;
}

/* What is remembered, if that will do. Otherwise the asker is to count; where that is slow, those
 * who ask meanwhile are not. */
static bool recall(struct backlog_watch *w, int64_t project, usec_t now, struct inbox_backlog *ret,
                   usec_t *ret_counted_at)
{
    pthread_mutex_lock(&w->lock);
    struct watched *p = find(w, project);
    const bool will_do = p->is_slow && now < p->next_at;
    if (!will_do)
        p->next_at = now + PACE_LONGEST;
    *ret = p->backlog;
    *ret_counted_at = p->counted_at;
    pthread_mutex_unlock(&w->lock);
    return will_do;
}

static void remember(struct backlog_watch *w, int64_t project, const struct inbox_backlog *b,
                     usec_t began, usec_t ended)
{
    pthread_mutex_lock(&w->lock);
    struct watched *p = find(w, project);
    p->backlog = *b;
    p->counted_at = ended;
    p->next_at = pace_next(began, ended);
    p->is_slow = ended - began > QUICK;
    pthread_mutex_unlock(&w->lock);
}

static void forget(struct backlog_watch *w, int64_t project)
{
    pthread_mutex_lock(&w->lock);
    find(w, project)->is_slow = false;
    pthread_mutex_unlock(&w->lock);
}

bool backlog_watch_read(struct backlog_watch *w, struct db *db, int64_t project,
                        struct inbox_backlog *ret, usec_t *ret_age, struct err *e)
{
    const usec_t began = clock_monotonic(w->clock);
    usec_t counted_at;

    if (!recall(w, project, began, ret, &counted_at)) {
        if (!inbox_backlog(db, project, ret, e)) {
            forget(w, project);
            return err_trace(e);
        }
        counted_at = clock_monotonic(w->clock);
        remember(w, project, ret, began, counted_at);
    }
    *ret_age = clock_monotonic(w->clock) - counted_at;
    return true;
}
