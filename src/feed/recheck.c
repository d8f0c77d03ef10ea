/*
 * Who may watch can change while one watches: a key is revoked, a session ends, a role is taken
 * away. So the hub's thread asks about all watchers, each once and all in one question, and has the
 * streams of those who may not ended. A store that does not answer ends nobody's stream.
 */
#include "feed/client.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/log.h"

struct roll {
    struct station *station;
    struct hub_watcher *who;
    size_t n, cap;
};

static void note(struct roll *roll, const struct client *first)
{
    for (const struct client *c = first; c; c = c->next) {
        if (roll->n == roll->cap) {
            roll->cap = roll->cap ? roll->cap * 2 : 64;
            roll->who = mem_realloc(roll->who, roll->cap * sizeof *roll->who);
        }
        roll->who[roll->n++] = c->who;
    }
}

static void collect(void *arg)
{
    struct roll *roll = arg;

    for (size_t i = 0; i < FEED_BUCKETS; i++)
        for (const struct channel *ch = roll->station->channels[i]; ch; ch = ch->next) {
            note(roll, ch->abreast);
            note(roll, ch->behind);
        }
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct hub_watcher));
}

static void sort_and_unite(struct roll *roll)
{
    size_t n = 0;

    if (roll->n > 0)
        qsort(roll->who, roll->n, sizeof *roll->who, compare);
    for (size_t i = 0; i < roll->n; i++)
        if (n == 0 || compare(&roll->who[n - 1], &roll->who[i]) != 0)
            roll->who[n++] = roll->who[i];
    roll->n = n;
}

static void keep_those_who_may_not(struct roll *roll, const bool *may)
{
    size_t n = 0;

    for (size_t i = 0; i < roll->n; i++)
        if (!may[i])
            roll->who[n++] = roll->who[i];
    roll->n = n;
}

static void expel_from(const struct roll *roll, struct client *first)
{
    for (struct client *c = first, *next; c; c = next) {
        next = c->next; // it may change lists
        if (bsearch(&c->who, roll->who, roll->n, sizeof *roll->who, compare))
            client_end(c, STR("revoked"));
    }
}

static void expel(void *arg)
{
    const struct roll *roll = arg;

    for (size_t i = 0; i < FEED_BUCKETS; i++)
        for (const struct channel *ch = roll->station->channels[i]; ch; ch = ch->next) {
            expel_from(roll, ch->behind);
            expel_from(roll, ch->abreast);
        }
}

static void on_every_loop(struct hub *h, void (*fn)(void *arg), struct roll *roll)
{
    for (size_t i = 0; i < h->o.n_loops; i++) {
        roll->station = &h->stations[i];
        loop_call_wait(roll->station->loop, fn, roll);
    }
}

static bool judge(struct hub *h, struct roll *roll, struct err *e)
{
    arena_reset(h->a);
    bool *may = arena_new(h->a, bool, roll->n);
    if (!h->o.may_watch(h->db, roll->who, roll->n, clock_wall(h->o.clock), h->a, may, e))
        return err_trace(e);
    for (size_t i = 0; i < roll->n && h->o.is_on; i++)
        may[i] = may[i] && h->o.is_on(roll->who[i].project, h->o.arg);
    keep_those_who_may_not(roll, may);
    return true;
}

bool hub_recheck(struct hub *h, struct err *e)
{
    struct roll roll = {0};

    on_every_loop(h, collect, &roll);
    sort_and_unite(&roll);
    const bool ok = roll.n == 0 || judge(h, &roll, e);
    if (ok && roll.n > 0) {
        log_info(NULL, "feed.revoked", "watchers=%zu", roll.n);
        on_every_loop(h, expel, &roll);
    }
    free(roll.who);
    return ok || err_trace(e);
}
