#include "inbox/share.h"

#include "base/bucket.h"
#include "base/limits.h"
#include "inbox/read.h"

/* Of what may wait for the writer, one project leaves half to others. */
enum { UNDER_WAY_MAX = LIMIT_INBOX_WAITING / 2 };

#define WAIT_BACKLOG SECONDS(10) /* workers take their time */

void tally_count(struct tally *t, enum door_outcome outcome, usec_t wall)
{
    atomic_fetch_add_explicit(&t->outcomes[outcome], 1, memory_order_relaxed);
    if (door_outcome_is_refusal(outcome))
        atomic_store_explicit(&t->last_refused[outcome], wall, memory_order_relaxed);
}

void tally_read(const struct tally *t, struct doors_stats *sum)
{
    for (size_t i = 0; i < DOOR_OUTCOME_COUNT; i++) {
        const uint64_t n = atomic_load_explicit(&t->outcomes[i], memory_order_relaxed);
        const usec_t at = atomic_load_explicit(&t->last_refused[i], memory_order_relaxed);
        sum->outcomes[i] += n;
        sum->received += n;
        if (at != 0 && at > sum->last_refused[i]) // TIME_NONE is the least
            sum->last_refused[i] = at;
    }
}

static bool has_backlog(const struct share *s)
{
    const int64_t max = atomic_load_explicit(&s->waiting_max, memory_order_relaxed);

    return (max > 0 && atomic_load_explicit(&s->waiting, memory_order_relaxed) >= max) ||
           atomic_load_explicit(&s->under_way, memory_order_relaxed) >= UNDER_WAY_MAX;
}

bool share_take(struct share *s, usec_t now, usec_t *ret_wait)
{
    const int64_t per_minute = atomic_load_explicit(&s->per_minute, memory_order_relaxed);

    if (has_backlog(s)) {
        *ret_wait = WAIT_BACKLOG;
        return false;
    }
    *ret_wait = per_minute > 0 ? bucket_take(&s->bucket, bucket_per_minute(per_minute), now) : 0;
    return *ret_wait == 0;
}

void share_take_always(struct share *s, usec_t now)
{
    const int64_t per_minute = atomic_load_explicit(&s->per_minute, memory_order_relaxed);

    if (per_minute > 0)
        (void)bucket_take(&s->bucket, bucket_per_minute(per_minute), now);
}

static void forget_waiting(int64_t project, void *share, void *arg)
{
    (void)project;
    (void)arg;
    atomic_store_explicit(&((struct share *)share)->waiting, 0, memory_order_relaxed);
}

void shares_set_waiting(struct keyed *shares, const struct inbox_waiting *counted, size_t n)
{
    keyed_each(shares, forget_waiting, NULL);
    for (size_t i = 0; i < n; i++) {
        struct share *s = keyed_find(shares, counted[i].project);
        if (s)
            atomic_store_explicit(&s->waiting, counted[i].n, memory_order_relaxed);
    }
}
