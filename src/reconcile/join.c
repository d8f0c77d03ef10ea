/*
 * From what was found to what is kept.
 *
 * As a rule there is no news in a page of a thousand calls. So it is first looked at without locks
 * and outside of a transaction (nobody waits for us, nothing is written); then the calls with news
 * in them, and only those, go the way of every change, where it is looked at again, as a webhook
 * may have come meanwhile.
 *
 * One call that cannot be kept must not hold up those beside it: when a page fails for what stands
 * in it, its calls are taken one by one, and who fails alone is counted and left out.
 */
#include "base/arena.h"

#include "base/log.h"
#include "calls/batch.h"
#include "reconcile/internal.h"

enum { TRIES = 5 };

/* What is_news() counts in one pass. */
struct tally {
    int64_t counts[RECONCILE_COUNT_COUNT];
    struct str seen, mended; /* the last call that was told of, and the last with news */
};

/* The changes of a call follow one another. */
static bool is_another(struct str *last, const struct call *c)
{
    if (str_eq(*last, c->twilio_sid))
        return false;
    *last = c->twilio_sid;
    return true;
}

static bool is_news(const struct call *before, const struct call *after, void *arg)
{
    struct tally *t = arg;
    const unsigned drift = reconcile_drift(before, after);

    if (is_another(&t->seen, after))
        t->counts[RECONCILE_SKIPPED] += after->visibility != CALL_VISIBLE;
    if (!drift)
        return false;
    t->counts[RECONCILE_SYNCED] += is_another(&t->mended, after);
    for (unsigned c = 0; c < RECONCILE_COUNT_COUNT; c++)
        t->counts[c] += (drift >> c) & 1;
    return true;
}

/* Whether it was taken: what the provider says may be of no use. */
static bool add(struct call_batch *b, const struct reconcile_step *s,
                const struct reconcile_found *found, enum call_source as)
{
    const struct call_origin origin = {.inbox_id = INT_NONE, .payload = found->raw};
    struct call_change change = found->change;
    struct err e = {0};

    change.source = as;
    return call_batch_add(b, s->project, s->source->provider, &change, &origin, &e);
}

static struct call_batch *begin(const struct reconcile_step *s, struct tally *t)
{
    struct call_batch *b = call_batch_create(s->rules, clock_wall(s->clock), s->a);

    *t = (struct tally){0};
    call_batch_keep_only(b, is_news, t);
    call_batch_tell_once(b);
    return b;
}

// --- the look ------------------------------------------------------------------------------------

static bool has_entry(struct call_batch *b, struct str sid)
{
    size_t n;
    const struct call_entry *entries = call_batch_entries(b, &n);

    for (size_t i = 0; i < n; i++)
        if (str_eq(entries[i].call_sid, sid))
            return true;
    return false;
}

/* Leaves those of which something is news, and counts the others. */
static bool look(struct reconcile_step *s, enum call_source as, struct reconcile_found *found,
                 size_t *n, struct err *e)
{
    struct tally t;
    struct call_batch *b = begin(s, &t);
    size_t n_taken = 0, n_news = 0;

    for (size_t i = 0; i < *n; i++)
        if (found[i].answer == RECONCILE_FOUND && add(b, s, &found[i], as))
            found[n_taken++] = found[i];
    if (n_taken > 0 && !call_batch_peek(b, s->db, e))
        return err_trace(e);
    for (size_t i = 0; i < n_taken; i++)
        if (has_entry(b, found[i].change.call_sid))
            found[n_news++] = found[i];
    if (n_taken > 0 && found[0].change.kind != CALL_CHANGE_RECORDING) {
        s->counts[RECONCILE_CHECKED] += (int64_t)n_taken;
        s->counts[RECONCILE_SKIPPED] += t.counts[RECONCILE_SKIPPED];
    }
    *n = n_news;
    return true;
}

// --- the writing ---------------------------------------------------------------------------------

/* What the step has counted, with what the tally says was mended. */
static void add_up(const struct reconcile_step *s, const struct tally *t, int64_t *ret)
{
    for (size_t c = 0; c < RECONCILE_COUNT_COUNT; c++)
        ret[c] =
            s->counts[c] + (reconcile_counts_mended((enum reconcile_count)c) ? t->counts[c] : 0);
}

/* ret_counts: the step's, when this is committed. */
static bool write_within(struct reconcile_step *s, struct call_batch *b, const struct tally *t,
                         int64_t *ret_counts, struct err *e)
{
    if (!call_batch_fold(b, s->db, e) || !feed_publish(b, s->db, clock_wall(s->clock), s->a, e))
        return err_trace(e);
    add_up(s, t, ret_counts);
    return t->counts[RECONCILE_SYNCED] == 0 || !s->on_mending ||
           s->on_mending(ret_counts, s->mending_arg, e) || err_trace(e);
}

static bool write(struct reconcile_step *s, enum call_source as,
                  const struct reconcile_found *found, size_t n, struct err *e)
{
    struct tally t;
    struct call_batch *b = begin(s, &t);
    int64_t counts[RECONCILE_COUNT_COUNT];

    for (size_t i = 0; i < n; i++)
        (void)add(b, s, &found[i], as); // it was taken before
    if (!db_begin(s->db, e) || !db_end(s->db, write_within(s, b, &t, counts, e), e))
        return err_trace(e);
    memcpy(s->counts, counts, sizeof counts);
    feed_published(b, s->on_committed, s->arg);
    return true;
}

/* Two who hear of a call at the same moment: one of them finds the other's row, and looks again. */
static bool may_try_again(const struct reconcile_step *s, const struct err *e)
{
    return db_conflicted(s->db) || e->code == ERR_CONFLICT;
}

bool reconcile_join(struct reconcile_step *s, const struct reconcile_found *found, size_t n,
                    enum call_source as, struct err *e)
{
    struct reconcile_found *news = arena_new(s->a, struct reconcile_found, n);

    memcpy(news, found, n * sizeof *news);
    if (!look(s, as, news, &n, e))
        return err_trace(e);
    if (n == 0)
        return true;
    for (int i = 1; !write(s, as, news, n, e); i++) {
        if (i == TRIES || !may_try_again(s, e))
            return err_trace(e);
        err_clear(e);
    }
    return true;
}

// --- what cannot be kept -------------------------------------------------------------------------

/* Not of the database, nor of those who write at the same time: it would fail for ever. */
static bool is_of_the_calls(const struct reconcile_step *s, const struct err *e)
{
    return !db_lost(s->db) && !may_try_again(s, e) && e->code != ERR_UNAVAILABLE;
}

static void leave_out(struct reconcile_step *s, const struct reconcile_found *found, struct err *e)
{
    s->counts[RECONCILE_UNKEPT]++;
    log_warn(NULL, "reconcile.unkept", "project=%lld call=%.*s text=\"%s\"", (long long)s->project,
             (int)found->change.call_sid.n, found->change.call_sid.p, e->text);
    err_clear(e);
}

static bool join_each(struct reconcile_step *s, const struct reconcile_found *found, size_t n,
                      enum call_source as, struct err *e)
{
    for (size_t i = 0; i < n; i++) {
        if (reconcile_join(s, &found[i], 1, as, e))
            continue;
        if (!is_of_the_calls(s, e))
            return err_trace(e);
        leave_out(s, &found[i], e);
    }
    return true;
}

bool reconcile_join_page(struct reconcile_step *s, const struct reconcile_found *found, size_t n,
                         enum call_source as, struct err *e)
{
    int64_t counts[RECONCILE_COUNT_COUNT];

    memcpy(counts, s->counts, sizeof counts);
    if (reconcile_join(s, found, n, as, e))
        return true;
    if (!is_of_the_calls(s, e))
        return err_trace(e);
    err_clear(e);
    memcpy(s->counts, counts, sizeof counts); // what was looked at is looked at again
    return join_each(s, found, n, as, e) || err_trace(e);
}
