/*
 * The writer: one thread that makes events durable in groups.
 *
 * It takes everything that waits, cuts it into groups of LIMIT_GROUP (projects take turns,
 * base/line.h), sends each as one batch (one transaction, one sync) and completes it when it is
 * committed. It never waits for a fuller group: groups grow by themselves while a commit is under
 * way. On PostgreSQL, when more waits than one group holds, the next is on its way while the last
 * one commits; SQLite executes at once, and holding an answer back there would gain nothing.
 *
 *     waiting ──► sent (up to two groups) ──► committed ──► stored, duplicate
 *        │            │ store lost                │ a row was bad
 *        │            ▼                           ▼
 *        └───────► spool ──► spooled, refused   one by one ──► stored, duplicate, refused
 *
 * On PostgreSQL a group is sent in the hope that all of it is new, which is cheaper; a key that is
 * there already fails it whole. It is then sent again with a look-up for each row, and so are the
 * next ones for a while: duplicates come in swarms.
 *
 * A lock that somebody holds for long is as good as a store that is lost: nobody waits for it, and
 * nothing is refused because of it.
 *
 * While the spool holds anything, new events go behind it, so that what came first is stored first;
 * the writer tries again and again to bring it back (replay.c).
 */
#include "inbox/writer.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/pace.h"
#include "inbox/internal.h"
#include "loop/urgency.h"
#include "trace/trace.h"

enum {
    CONFLICTS_MAX = 2,
    WARY_GROUPS = 64, /* after a duplicate */
};

#define IDLE_WAIT HOURS(1)
#define HELD_WAIT MILLISECONDS(50)
#define LOG_EVERY SECONDS(1)

// --- completions ---------------------------------------------------------------------------------

static void note_span(const struct inbox *in, const struct inbox_append *ap,
                      enum inbox_result result, usec_t took)
{
    static const struct str names[] = {
        [INBOX_STORED] = {"stored", 6},
        [INBOX_DUPLICATE] = {"duplicate", 9},
        [INBOX_SPOOLED] = {"spooled", 7},
        [INBOX_REFUSED] = {"refused", 7},
    };
    tracer_note(in->o.tracer, &(struct span){
                                  .trace = ap->item.trace_id,
                                  .name = "inbox.commit",
                                  .kind = SPAN_INTERNAL,
                                  .failed = result == INBOX_REFUSED,
                                  .took = took,
                                  .facts = {{"hookswitch.result", names[result], 0}},
                              });
}

static void complete(struct inbox *in, struct inbox_append *ap, enum inbox_result result)
{
    _Atomic uint64_t *const counters[] = {
        [INBOX_STORED] = &in->n_stored,
        [INBOX_DUPLICATE] = &in->n_duplicates,
        [INBOX_SPOOLED] = &in->n_spooled,
        [INBOX_REFUSED] = &in->n_refused,
    };
    const usec_t took = clock_monotonic(in->o.clock) - ap->submitted_at;
    writer_add(counters[result], 1);
    histogram_note_time(&in->append_time, took);
    if (in->o.tracer)
        note_span(in, ap, result, took);
    atomic_fetch_sub_explicit(&in->waiting, 1, memory_order_relaxed);
    ap->on_done(ap, result); // last touch
}

static struct inbox_append *append_at(struct line_place *p)
{
    return container_of(p, struct inbox_append, place);
}

/* When the one came that waits longest; 0: none waits. It is the first of its project. */
static usec_t oldest_in_line(const struct line *l)
{
    usec_t oldest = 0;

    for (struct line_place *p = l->first; p; p = p->turn) {
        const usec_t at = append_at(p)->submitted_at;
        if (oldest == 0 || at < oldest)
            oldest = at;
    }
    return oldest;
}

/* When the oldest came that has no answer yet. */
static void note_oldest(struct inbox *in)
{
    usec_t oldest = 0;
    if (in->n_sent > 0)
        oldest = in->groups[in->first].appends[0]->submitted_at;
    else
        oldest = oldest_in_line(&in->line);
    atomic_store_explicit(&in->oldest, oldest, memory_order_relaxed);
}

static void complete_all(struct inbox *in, struct group *g, enum inbox_result result)
{
    note_oldest(in);
    for (size_t i = 0; i < g->n; i++)
        complete(in, g->appends[i], result);
    g->n = 0;
}

static size_t count_new(const bool *is_new, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += is_new[i];
    return count;
}

void writer_tell_stored(struct inbox *in, size_t n)
{
    if (n > 0 && in->o.on_stored)
        in->o.on_stored(n, in->o.arg);
}

/* True also when nobody has its account: then it is refused in the end. */
bool writer_find_project(struct inbox *in, struct inbox_item *item, struct err *e)
{
    if (item->project != PROJECT_UNKNOWN || !in->o.project_of)
        return true;
    return in->o.project_of(item->provider, item->account, &item->project, in->o.arg, e) ||
           err_trace(e);
}

// --- one row -------------------------------------------------------------------------------------

/* One item in a transaction of its own, tried again while others are in its way. */
bool writer_append_one(struct inbox *in, const struct inbox_item *item, bool *ret_new,
                       struct err *e)
{
    if (item->project == PROJECT_UNKNOWN)
        return err_set(e, ERR_NOT_FOUND, "inbox: the account belongs to no project");
    for (int tries = 1;; tries++) {
        struct rows *rows;
        arena_reset(in->a);
        if (FAULT("inbox.append_one"))
            return err_set(e, ERR_INTERNAL, "inbox: the row is bad (injected)");
        if (db_query(in->db, Q_INBOX_APPEND, batch_fill(in->batch, &item, 1), in->a, &rows, e) &&
            batch_read(in->batch, rows, &item, 1, ret_new, e))
            return true;
        if (!db_conflicted(in->db) || tries == CONFLICTS_MAX)
            return err_trace(e);
    }
}

// --- the spool as the way out --------------------------------------------------------------------

void writer_note_spool(struct inbox *in)
{
    atomic_store_explicit(&in->n_spool_bytes, spool_bytes(in->spool), memory_order_relaxed);
    const struct spool_damage damage = spool_damage(in->spool);
    atomic_store_explicit(&in->n_torn, damage.torn, memory_order_relaxed);
    atomic_store_explicit(&in->n_corrupt, damage.corrupt, memory_order_relaxed);
}

bool writer_is_spooling(const struct inbox *in)
{
    return spool_bytes(in->spool) > 0;
}

static bool is_down(const struct inbox *in)
{
    return atomic_load_explicit(&in->store_down, memory_order_relaxed);
}

void writer_set_down(struct inbox *in, bool down, const struct err *e)
{
    if (!down)
        in->wait = 0;
    if (atomic_exchange_explicit(&in->store_down, down, memory_order_relaxed) == down)
        return;
    if (down)
        log_failure(NULL, LOG_ERROR, "inbox.store_lost", e);
    else
        log_info(NULL, "inbox.store_back", "spool_bytes=%llu",
                 (unsigned long long)spool_bytes(in->spool));
}

/* Once a second: a full disk refuses thousands, and each would say the same. */
static void tell_refused(struct inbox *in, struct str trace_id, const struct err *e)
{
    const struct log lg = {.id = trace_id};
    const usec_t now = clock_monotonic(in->o.clock);
    if (now < in->next_log)
        return;
    in->next_log = now + LOG_EVERY;
    log_failure(&lg, LOG_ERROR, "inbox.refused", e);
}

static void spool_group(struct inbox *in, struct group *g)
{
    struct err e;
    if (g->n == 0)
        return;
    const usec_t began = clock_monotonic(in->o.clock);
    const bool kept = spool_append(in->spool, g->items, g->n, &e);
    if (kept)
        histogram_note_time(&in->spool_time, clock_monotonic(in->o.clock) - began);
    else
        tell_refused(in, g->items[0]->trace_id, &e);
    writer_note_spool(in);
    complete_all(in, g, kept ? INBOX_SPOOLED : INBOX_REFUSED);
}

/* Whether nothing can be stored at the moment, and nothing is wrong with the row. */
bool writer_is_away(const struct inbox *in)
{
    return db_lost(in->db) || db_conflicted(in->db);
}

/* The longer an attempt took, the longer the next one waits: a store that hangs must not hold
 * everybody up. What found it gone was no attempt: it says how long an answer was waited for, not
 * what asking costs. */
static usec_t pause_after(usec_t took, bool was_down)
{
    return was_down || 2 * took < RETRY_WAIT ? 2 * took : RETRY_WAIT;
}

/* A connection that failed tells nothing about what is under way on it: start anew. One that only
 * met a lock is kept, as its place at the server may be the last one, and is not asked soon: each
 * time that it meets the lock, it holds up those behind it. */
void writer_lose_store(struct inbox *in, const struct err *e)
{
    const usec_t now = clock_monotonic(in->o.clock);
    const usec_t pause = pause_after(now - in->tried_at, is_down(in));
    in->wait = db_lost(in->db) ? pace_longer(in->wait, FIRST_RETRY_WAIT, RETRY_WAIT) : RETRY_WAIT;
    writer_set_down(in, true, e);
    if (db_lost(in->db) || db_pending(in->db) > 0) {
        db_close(in->db);
        in->db = store_connect(in->o.store, STORE_INGEST);
    }
    in->next_try = now + (pause > in->wait ? pause : in->wait);
}

// --- groups under way ----------------------------------------------------------------------------

static struct group *take_sent(struct inbox *in)
{
    struct group *g = &in->groups[in->first];
    in->first = (in->first + 1) % DEPTH_MAX;
    in->n_sent--;
    return g;
}

/* The store is gone: the given groups and all that are under way go into the spool, in order. */
static void spool_sent(struct inbox *in, struct group *const *before, size_t n, const struct err *e)
{
    writer_lose_store(in, e);
    for (size_t i = 0; i < n; i++)
        spool_group(in, before[i]);
    while (in->n_sent > 0)
        spool_group(in, take_sent(in));
}

static void settle_group(struct inbox *in, struct group *g, const bool is_new[LIMIT_GROUP])
{
    writer_set_down(in, false, NULL);
    note_oldest(in);
    writer_add(&in->n_groups, 1);
    histogram_note(&in->group_size, histogram_sizes, g->n);
    histogram_note_time(&in->commit_time, clock_monotonic(in->o.clock) - g->sent_at);
    writer_tell_stored(in, count_new(is_new, g->n));
    for (size_t i = 0; i < g->n; i++)
        complete(in, g->appends[i], is_new[i] ? INBOX_STORED : INBOX_DUPLICATE);
    g->n = 0;
}

static void forget_first(struct group *g, size_t n)
{
    g->n -= n;
    memmove(g->items, g->items + n, g->n * sizeof(*g->items));
    memmove(g->appends, g->appends + n, g->n * sizeof(*g->appends));
}

/* A row spoiled the group: each on its own, so that it alone is refused. */
static void settle_one_by_one(struct inbox *in, struct group *g)
{
    if (writer_is_spooling(in)) { // the store went while others were finished: not before them
        spool_group(in, g);
        return;
    }
    note_oldest(in);
    for (size_t i = 0; i < g->n; i++) {
        struct err e;
        bool is_new;
        if (writer_append_one(in, g->items[i], &is_new, &e)) {
            writer_tell_stored(in, is_new);
            complete(in, g->appends[i], is_new ? INBOX_STORED : INBOX_DUPLICATE);
        } else if (writer_is_away(in)) {
            forget_first(g, i);
            spool_sent(in, &g, 1, &e);
            return;
        } else {
            tell_refused(in, g->items[i]->trace_id, &e);
            complete(in, g->appends[i], INBOX_REFUSED);
        }
    }
    g->n = 0;
}

static bool receive(struct inbox *in, const struct group *g, bool is_new[LIMIT_GROUP],
                    struct err *e)
{
    struct rows *rows;
    arena_reset(in->a);
    if (!db_receive(in->db, in->a, &rows, e))
        return err_trace(e);
    if (FAULT("inbox.receive"))
        return err_set(e, ERR_INTERNAL, "inbox: a row spoiled its group (injected)");
    if (!g->hopeful)
        return batch_read(in->batch, rows, g->items, g->n, is_new, e) || err_trace(e);
    memset(is_new, true, g->n * sizeof(*is_new));
    return true;
}

bool writer_append_group(struct inbox *in, const struct inbox_item *const *items, size_t n,
                         bool is_new[LIMIT_GROUP], struct err *e)
{
    struct rows *rows;
    arena_reset(in->a);
    return (db_query(in->db, Q_INBOX_APPEND, batch_fill(in->batch, items, n), in->a, &rows, e) &&
            batch_read(in->batch, rows, items, n, is_new, e)) ||
           err_trace(e);
}

/* A hope that failed is mostly a duplicate; what fails with a look-up too is worked off singly. */
static void settle_spoiled(struct inbox *in, struct group *g)
{
    bool is_new[LIMIT_GROUP];
    struct err e;
    if (g->hopeful && !writer_is_spooling(in)) {
        in->wary_left = WARY_GROUPS;
        if (writer_append_group(in, g->items, g->n, is_new, &e)) {
            settle_group(in, g, is_new);
            return;
        }
        if (writer_is_away(in)) {
            spool_sent(in, &g, 1, &e);
            return;
        }
    }
    settle_one_by_one(in, g);
}

/* Waits for groups, oldest first, until at most `leave` are under way. One that was spoiled is
 * worked off row by row, which wants the connection for itself: then none is left. */
static void finish_sent(struct inbox *in, size_t leave)
{
    struct group *spoiled[DEPTH_MAX + 1];
    size_t n = 0;
    while (in->n_sent > (n > 0 ? 0 : leave)) {
        struct group *g = take_sent(in);
        bool is_new[LIMIT_GROUP];
        struct err e;
        if (receive(in, g, is_new, &e)) {
            settle_group(in, g, is_new);
            continue;
        }
        spoiled[n++] = g;
        if (db_lost(in->db)) {
            spool_sent(in, spoiled, n, &e);
            return;
        }
    }
    for (size_t i = 0; i < n; i++)
        settle_spoiled(in, spoiled[i]);
}

// --- the line ------------------------------------------------------------------------------------

static bool is_held(const struct inbox *in)
{
    return atomic_load_explicit(&in->held, memory_order_acquire);
}

static void take_group(struct inbox *in, struct group *g)
{
    struct err e;
    for (g->n = 0; g->n < LIMIT_GROUP && !line_is_empty(&in->line); g->n++) {
        g->appends[g->n] = append_at(line_take(&in->line));
        g->items[g->n] = &g->appends[g->n]->item;
        if (!is_held(in))
            (void)writer_find_project(in, &g->appends[g->n]->item, &e); // without one it is refused
    }
}

static bool is_owned(const struct group *g)
{
    for (size_t i = 0; i < g->n; i++)
        if (g->items[i]->project == PROJECT_UNKNOWN)
            return false;
    return true;
}

static void send_group(struct inbox *in)
{
    struct group *g = &in->groups[(in->first + in->n_sent) % DEPTH_MAX];
    struct err e;

    take_group(in, g);
    g->hopeful = in->may_hope && in->wary_left == 0;
    in->wary_left -= in->wary_left > 0;
    in->tried_at = g->sent_at = clock_monotonic(in->o.clock);
    if (!FAULT("inbox.send") && is_owned(g) &&
        db_send(in->db, g->hopeful ? Q_INBOX_APPEND_NEW : Q_INBOX_APPEND,
                batch_fill(in->batch, g->items, g->n), &e)) {
        in->n_sent++;
        return;
    }
    if (db_lost(in->db)) {
        in->n_sent++; // behind the others, into the spool with them
        spool_sent(in, NULL, 0, &e);
        return;
    }
    finish_sent(in, 0);
    settle_one_by_one(in, g);
}

/* Whether the store may be asked: it is there, or it was away long enough. */
static bool may_try(const struct inbox *in)
{
    return !is_held(in) && ((!is_down(in) && !writer_is_spooling(in)) ||
                            clock_monotonic(in->o.clock) >= in->next_try);
}

/* A group that finds the store gone is spooled; those behind it must not overtake it. */
static void send_line(struct inbox *in)
{
    while (!line_is_empty(&in->line) && in->n_sent < in->depth && !writer_is_spooling(in) &&
           may_try(in))
        send_group(in);
    if (in->n_sent > 0)
        finish_sent(in, in->n_sent - 1);
}

void writer_spool_line(struct inbox *in)
{
    assert(in->n_sent == 0);
    while (!line_is_empty(&in->line)) {
        take_group(in, &in->groups[0]);
        spool_group(in, &in->groups[0]);
    }
}

void writer_take_mail(struct inbox *in, usec_t wait)
{
    for (struct task *t = mailbox_take(in->mail, wait); t; t = t->next) {
        struct inbox_append *ap = container_of(t, struct inbox_append, task);
        line_add(&in->line, &ap->place, ap->item.project);
    }
}

// --- the thread ----------------------------------------------------------------------------------

/* Nothing to do: until something comes, or the store may be tried again. */
static usec_t patience(const struct inbox *in)
{
    if (!line_is_empty(&in->line) || in->n_sent > 0)
        return 0;
    if (is_held(in))
        return HELD_WAIT;
    if (!writer_is_spooling(in) && !is_down(in))
        return IDLE_WAIT;
    const usec_t left = in->next_try - clock_monotonic(in->o.clock);
    return left > 0 ? left : 0;
}

/* Nobody comes, but health wants to know. */
static void knock(struct inbox *in)
{
    struct err e;
    in->tried_at = clock_monotonic(in->o.clock);
    if (db_ping(in->db, &e))
        writer_set_down(in, false, NULL);
    else
        writer_lose_store(in, &e);
}

static void work(struct inbox *in)
{
    if (writer_is_spooling(in) && may_try(in))
        replay_spool(in);
    else if (is_down(in) && line_is_empty(&in->line) && may_try(in))
        knock(in);

    if (writer_is_spooling(in) || !may_try(in))
        writer_spool_line(in);
    else
        send_line(in);
}

void inbox_step(struct inbox *in, usec_t wait)
{
    writer_take_mail(in, wait);
    note_oldest(in);
    work(in);
}

static bool has_appends(const struct inbox *in)
{
    return mailbox_length(in->mail) > 0 || !line_is_empty(&in->line) || in->n_sent > 0;
}

bool inbox_is_busy(const struct inbox *in)
{
    return has_appends(in) || writer_is_spooling(in);
}

void writer_run(void *arg)
{
    struct inbox *in = arg;

    urgency_set(URGENCY_PROMPT);
    while (!mailbox_is_closed(in->mail) || has_appends(in))
        inbox_step(in, mailbox_is_closed(in->mail) ? 0 : patience(in));
}
