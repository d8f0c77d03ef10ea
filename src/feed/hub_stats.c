/* What the hub says of itself, to any thread. */
#include "feed/internal.h"

static void add_delivery(int64_t project, void *delivery, void *arg)
{
    const struct delivery *d = delivery;
    struct hub_stats *sum = arg;

    (void)project;
    sum->events_sent += atomic_load(&d->events_sent);
    sum->slow_closed += atomic_load(&d->slow_closed);
}

void hub_stats_of(const struct hub *h, int64_t project, struct hub_stats *ret)
{
    *ret = (struct hub_stats){.started_at = h->started_at, .clients = hub_clients(h, project)};
    for (size_t i = 0; i < h->o.n_loops; i++) {
        struct delivery *d = keyed_find(h->stations[i].deliveries, project);
        if (d)
            add_delivery(project, d, ret);
    }
}

static usec_t lag(const struct hub *h)
{
    const usec_t told = atomic_load(&h->told_at), due = atomic_load(&h->due_since);
    const usec_t since = due == TIME_NONE || (told != TIME_NONE && told < due) ? told : due;
    const usec_t now = clock_monotonic(h->o.clock);

    return since == TIME_NONE || since > now ? 0 : now - since;
}

void hub_stats(const struct hub *h, struct hub_stats *ret)
{
    *ret = (struct hub_stats){
        .store_reads = atomic_load(&h->store_reads),
        .last_seq = atomic_load(&h->last_seq),
        .publish_lag = atomic_load(&h->publish_lag),
        .lag = lag(h),
        .started_at = h->started_at,
    };
    for (size_t i = 0; i < h->o.n_loops; i++) {
        const struct station *s = &h->stations[i];
        ret->clients += atomic_load(&s->n_clients);
        histogram_add(&ret->publish_time, &s->publish_time);
        keyed_each(s->deliveries, add_delivery, ret);
        ret->resyncs += atomic_load(&s->resyncs);
        ret->ring_hits += atomic_load(&s->ring_hits);
    }
}

struct tally {
    struct station *station;
    int64_t project;
    size_t n;
};

static void count_clients(void *arg)
{
    struct tally *t = arg;

    t->n += station_clients_of(t->station, t->project);
}

size_t hub_clients(const struct hub *h, int64_t project)
{
    struct tally t = {.project = project};

    for (size_t i = 0; i < h->o.n_loops; i++) {
        t.station = &h->stations[i];
        loop_call_wait(t.station->loop, count_clients, &t);
    }
    return t.n;
}
