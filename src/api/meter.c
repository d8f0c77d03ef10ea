#include "api/meter.h"

#include <stdlib.h>

#include "base/bucket.h"
#include "base/keyed.h"
#include "providers/account_book.h"

struct meter {
    struct keyed *projects;
};

struct spending {
    _Atomic usec_t requests;
};

struct meter *meter_create(void)
{
    struct meter *m = NEW(struct meter);

    m->projects = keyed_create(sizeof(struct spending));
    return m;
}

void meter_destroy(struct meter *m)
{
    if (!m)
        return;
    keyed_destroy(m->projects);
    free(m);
}

/* A project that was made a moment ago is in no book yet. */
static struct quotas quotas_of(const struct api_options *app, int64_t project)
{
    _cleanup_(account_book_dropp) struct account_book *book = account_shelf_take(app->accounts);
    const struct quotas *q = account_book_quotas(book, project);

    return q ? *q : app->quotas;
}

struct quotas meter_quotas(const struct req *rq)
{
    return quotas_of(rq->app, rq->actor.project);
}

static bool refuse(int64_t most, usec_t wait, struct err *e)
{
    err_set(e, ERR_RATE, "this project asks more than %lld times a minute, which is all it may",
            (long long)most);
    return err_later(e, wait);
}

bool meter_count(const struct req *rq, struct err *e)
{
    if (rq->actor.project == 0)
        return true;
    const int64_t most = meter_quotas(rq).of[QUOTA_API_REQUESTS];
    struct spending *s = keyed_at(rq->meter->projects, rq->actor.project);
    const usec_t wait =
        bucket_take(&s->requests, bucket_per_minute(most), clock_monotonic(rq->app->clock));
    return wait == 0 || refuse(most, wait, e);
}

bool meter_look(struct meter *m, const struct api_options *app, int64_t project, struct err *e)
{
    struct spending *s = keyed_find(m->projects, project);

    if (!s)
        return true;
    const int64_t most = quotas_of(app, project).of[QUOTA_API_REQUESTS];
    const usec_t wait = bucket_wait(atomic_load_explicit(&s->requests, memory_order_relaxed),
                                    bucket_per_minute(most), clock_monotonic(app->clock));
    return wait == 0 || refuse(most, wait, e);
}
