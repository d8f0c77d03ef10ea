#include "ops/heartbeat.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "ops/roles.h"
#include "version.h"

#define BEAT_EVERY SECONDS(5)

enum { HOST_MAX = 256 };

struct heartbeat {
    const struct clock *clock;
    struct call_sources *sources;
    struct arena *a;
    usec_t next_at; /* monotonic */
    pthread_mutex_t lock;
    struct node self; /* what its canary tells is under the lock */
};

static struct str host_name(struct arena *a)
{
    char name[HOST_MAX] = "";

    if (gethostname(name, sizeof name - 1) != 0 || name[0] == '\0')
        return STR("unknown");
    return str_dup(str_from(name), a);
}

struct heartbeat *heartbeat_create(const struct heartbeat_options *o)
{
    struct heartbeat *h = NEW(struct heartbeat);

    h->clock = o->clock;
    h->sources = o->sources;
    h->a = arena_create(0);
    pthread_mutex_init(&h->lock, NULL);
    h->self = (struct node){
        .host = host_name(h->a),
        .port = o->port,
        .roles = roles_text(o->roles, h->a),
        .version = STR(HOOKSWITCH_VERSION),
        .started_at = clock_wall(o->clock),
        .canary_at = TIME_NONE,
        .canary_us = INT_NONE,
    };
    return h;
}

void heartbeat_destroy(struct heartbeat *h)
{
    if (!h)
        return;
    pthread_mutex_destroy(&h->lock);
    arena_destroy(h->a);
    free(h);
}

void heartbeat_canary(struct heartbeat *h, usec_t took)
{
    pthread_mutex_lock(&h->lock);
    h->self.canary_at = clock_wall(h->clock);
    h->self.canary_us = took == TIME_NONE ? INT_NONE : took;
    pthread_mutex_unlock(&h->lock);
}

void heartbeat_no_canary(struct heartbeat *h)
{
    pthread_mutex_lock(&h->lock);
    h->self.canary_at = TIME_NONE;
    h->self.canary_us = INT_NONE;
    pthread_mutex_unlock(&h->lock);
}

/* A node that asks nobody by its roles is not counted; where nobody is, it asks as one of one. */
static bool share_budget(struct heartbeat *h, struct db *db, struct err *e)
{
    int64_t n;

    if (!node_askers(db, &n, e))
        return err_trace(e);
    call_sources_share(h->sources, n > 0 ? n : 1);
    return true;
}

void heartbeat_beat(struct heartbeat *h, struct db *db)
{
    const usec_t now = clock_monotonic(h->clock);
    struct err e = {0};

    if (now < h->next_at)
        return;
    h->next_at = now + BEAT_EVERY;
    pthread_mutex_lock(&h->lock);
    const struct node self = h->self;
    pthread_mutex_unlock(&h->lock);
    if (!node_beat(db, &self, clock_wall(h->clock), &e) || !share_budget(h, db, &e))
        log_failure(NULL, LOG_DEBUG, "node.beat", &e);
}
