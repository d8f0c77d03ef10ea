#include "ops/canary.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/log.h"
#include "http/fetch.h"
#include "loop/bell.h"
#include "loop/loop.h"

enum { ANSWER_MAX = 64 * 1024, FOUND = 204 /* of a door, and of hardly anybody else */ };

#define PATIENCE SECONDS(15) /* a provider waits no longer */

struct canary {
    struct canary_options o;
    struct bell *end;
    struct thread *thread;
    _Atomic bool ending;
    bool idle; /* of the thread: nobody's account can sign */
};

static bool fly(struct canary *c, const struct provider_canary *p, struct arena *a, struct err *e)
{
    const struct http_header signature = {str_from(p->header), p->signature};
    const struct http_fetch f = {
        .peer = "our own public address",
        .url = p->url,
        .post = true,
        .form = p->form,
        .stays = true,
        .headers = &signature,
        .n_headers = 1,
        .connect_timeout = SECONDS(5),
        .total_timeout = PATIENCE,
        .ended = &c->ending,
    };
    struct http_fetched answer;
    struct buf body;

    buf_init(&body, ANSWER_MAX);
    const bool ok = http_fetch(&f, a, &body, &answer, e);
    buf_finish(&body);
    if (!ok)
        return err_trace(e);
    return answer.status == FOUND ||
           err_set(e, ERR_UPSTREAM, "our own public address answered %d", answer.status);
}

static void send(struct canary *c, const struct provider *provider,
                 const struct provider_account *account)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const usec_t began = clock_monotonic(c->o.clock);
    struct provider_canary p;
    struct err e = {0};

    provider->canary(account, c->o.our_url, a, &p);
    const bool ok = fly(c, &p, a, &e);
    if (atomic_load(&c->ending))
        return;
    if (!ok)
        log_failure(NULL, LOG_WARN, "canary.failed", &e);
    c->o.on_back(ok ? clock_monotonic(c->o.clock) - began : TIME_NONE, c->o.arg);
}

/* The way is the same for all of a provider's accounts: that of the project, or else any. */
static const struct provider_account *signs(const struct canary *c, const struct account_book *book,
                                            struct str provider)
{
    const struct provider_account *ours = account_book_find(book, c->o.project, provider);

    return ours ? ours : account_book_any(book, provider);
}

/* Told when it changes, and counted always. */
static void note_flying(struct canary *c, bool flies)
{
    if (!flies && !c->idle)
        log_warn(NULL, "canary.idle", "reason=\"no project has an account that can sign\"");
    c->idle = !flies;
    c->o.on_state(flies, c->o.arg);
}

/* One of each provider that anybody has an account at. */
static void send_all(struct canary *c)
{
    _cleanup_(account_book_dropp) struct account_book *book = account_shelf_take(c->o.accounts);
    bool any = false;

    for (size_t i = 0; i < n_providers; i++) {
        const struct provider_account *account =
            providers[i]->canary ? signs(c, book, str_from(providers[i]->name)) : NULL;
        if (account)
            send(c, providers[i], account);
        any = any || account;
    }
    note_flying(c, any);
}

static void run(void *arg)
{
    struct canary *c = arg;

    while (!atomic_load(&c->ending))
        if (!bell_wait(c->end, c->o.every))
            send_all(c);
}

void canary_stop(struct canary *c)
{
    if (!c)
        return;
    atomic_store(&c->ending, true);
    bell_ring_for_ever(c->end);
    if (c->thread)
        thread_join(c->thread);
    bell_destroy(c->end);
    free(c);
}

DEFINE_CLEANUP(struct canary, canary_stop)

bool canary_start(const struct canary_options *o, struct canary **ret, struct err *e)
{
    _cleanup_(canary_stopp) struct canary *c = NEW(struct canary);

    c->o = *o;
    c->end = bell_create();
    if (!http_fetch_init(e) || !thread_start("canary", run, c, &c->thread, e))
        return err_trace(e);
    *ret = TAKE(c);
    return true;
}
