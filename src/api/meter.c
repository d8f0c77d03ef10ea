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
struct quotas meter_quotas(const struct req *rq)
{
    _cleanup_(account_book_dropp) struct account_book *book = account_shelf_take(rq->app->accounts);
    const struct quotas *q = account_book_quotas(book, rq->actor.project);

    return q ? *q : rq->app->quotas;
}

bool meter_count(const struct req *rq, struct err *e)
{
    if (rq->actor.project == 0)
        return true;
    const int64_t most = meter_quotas(rq).of[QUOTA_API_REQUESTS];
    struct spending *s = keyed_at(rq->meter->projects, rq->actor.project);
    const usec_t wait =
        bucket_take(&s->requests, bucket_per_minute(most), clock_monotonic(rq->app->clock));
    if (wait == 0)
        return true;
    err_set(e, ERR_RATE, "this project asks more than %lld times a minute, which is all it may",
            (long long)most);
    return err_later(e, wait);
}
