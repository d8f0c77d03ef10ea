/*
 * Runs: which phases they have, and what one phase does.
 *
 *     hot       ongoing (queued ─► ringing ─► in-progress ─► what began with the rest) ─► ask
 *     warm      calls ─► late recordings (new ones) ─► lacking ─► calls ─► recordings ─► ask
 *     the rest  calls ─► recordings
 *
 * A page of a list tells of a thousand calls, a single question of one. So lists are asked for
 * where more than a few calls are in question, and single questions are for what no list has shown:
 * `ask`.
 *
 * Hot runs keep in mind whom they look for: the silent calls stand in the cursor, and each page
 * takes out of it those that it shows. Its phases have the numbers that they had before it went
 * page by page: what an older version wrote, and what it reads of ours during a rolling restart, is
 * what it seems to be (cursor.c).
 *
 * A list is asked for by the time of start, whose upper end is fixed when the run begins: what
 * starts later does not shift its pages.
 */
#include <stdlib.h>

#include "base/arena.h"
#include "reconcile/internal.h"

enum {
    PAGE = 1000,
    PAGES_MAX = 100, /* of a list of a hot run */
    ASK_AT_ONCE = 20,
    ASK_MAX = 5000,     /* of one run; the rest waits for the next */
    SILENT_MAX = 25000, /* each of them is written with each step, as long as no list shows it */
    LACKING_MAX = 20000
};

#define SILENT_FOR MINUTES(1)
#define GIVEN_UP_AFTER HOURS(48)
#define OVERLAP MINUTES(10)
#define LACKING_FROM HOURS(6)
#define LACKING_TO HOURS(2)
#define LATE_RECORDINGS HOURS(6)

struct run;
/* *ret_more: the phase goes on with the next step. */
typedef bool phase_fn(struct run *r, bool *ret_more, struct err *e);

struct plan {
    enum call_source as;
    usec_t least, most; /* how far back its lists go: since the last success, within these */
    phase_fn *const *phases;
    int64_t n_phases;
};

/* A step of a run. */
struct run {
    struct reconcile_step *s;
    const struct plan *plan;
    struct reconcile_cursor c;
    usec_t now;
};

// --- what is expected ----------------------------------------------------------------------------

static bool known_in_window(struct run *r, int64_t *ret, struct err *e)
{
    return db_count(r->s->db, Q_RECONCILE_STARTED,
                    BINDS(bind_int("project", r->s->project), bind_time("from", r->c.from),
                          bind_time("to", r->c.to)),
                    r->s->a, ret, e) ||
           err_trace(e);
}

/* Of a window in which so many calls are known: of calls and of recordings, or, where calls alone
 * are listed, as there may be as many again that we do not know. */
static int64_t pages_of(int64_t n)
{
    return 2 * (n / PAGE + 1);
}

/* The window then holds what started at that time, by clocks that differ a little. */
static void widen(struct run *r, usec_t started)
{
    if (r->c.from == TIME_NONE || started - MINUTES(1) < r->c.from)
        r->c.from = started - MINUTES(1);
    if (r->c.to == TIME_NONE || started + MINUTES(1) > r->c.to)
        r->c.to = started + MINUTES(1);
}

// --- lists ---------------------------------------------------------------------------------------

static int by_bytes(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static bool is_among(struct str sid, const struct str *sorted, size_t n)
{
    return n > 0 && bsearch(&sid, sorted, n, sizeof *sorted, by_bytes);
}

/* Whoever stands on a page is looked for no more; the others keep their order. */
static void take_out(struct run *r, const struct reconcile_page *found, struct arena *a)
{
    struct str *seen = arena_new(a, struct str, found->n);
    size_t n = 0;

    if (found->n == 0)
        return;
    for (size_t i = 0; i < found->n; i++)
        seen[i] = found->found[i].change.call_sid;
    qsort(seen, found->n, sizeof *seen, by_bytes);
    for (size_t i = 0; i < r->c.n_ask; i++)
        if (!is_among(r->c.ask[i], seen, found->n))
            r->c.ask[n++] = r->c.ask[i];
    r->c.n_ask = n;
}

static bool fetch_and_join(struct run *r, const struct reconcile_query *q,
                           struct reconcile_page *ret, struct err *e)
{
    struct reconcile_source *source = r->s->source;

    if (!source->list(source, q, r->s->a, ret, e) ||
        !reconcile_join_page(r->s, ret->found, ret->n, r->plan->as, e))
        return err_trace(e);
    return true;
}

/* One page, in an arena of its own: it takes megabytes. */
static bool page(struct run *r, const struct reconcile_query *q, struct err *e)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct arena *of_step = r->s->a;
    struct reconcile_page found;

    r->s->a = a;
    const bool ok = fetch_and_join(r, q, &found, e);
    r->s->a = of_step;
    if (!ok)
        return err_trace(e);
    take_out(r, &found, a);
    r->c.next = str_dup(found.next, of_step);
    return true;
}

static bool window(struct run *r, bool recordings, bool *ret_more, struct err *e)
{
    const struct reconcile_query q = {.recordings = recordings,
                                      .from = r->c.from,
                                      .to = r->c.to,
                                      .page_size = PAGE,
                                      .cursor = r->c.next};

    *ret_more = false;
    if (r->c.from == TIME_NONE)
        return true;
    if (!page(r, &q, e))
        return err_trace(e);
    *ret_more = !str_is_none(r->c.next);
    return true;
}

static bool phase_calls(struct run *r, bool *ret_more, struct err *e)
{
    return window(r, false, ret_more, e) || err_trace(e);
}

static bool phase_recordings(struct run *r, bool *ret_more, struct err *e)
{
    return window(r, true, ret_more, e) || err_trace(e);
}

/* A recording is listed by when it began, and can be listened to when the call is over and it is
 * made: what the last run saw unfinished, which left no trace, is looked at again. Which calls were
 * recorded nobody knows: all that began so late are listed, a thousand by each request. */
static bool phase_late_recordings(struct run *r, bool *ret_more, struct err *e)
{
    if (r->c.from > r->c.began - LATE_RECORDINGS)
        r->c.from = r->c.began - LATE_RECORDINGS;
    return window(r, true, ret_more, e) || err_trace(e);
}

// --- one by one ----------------------------------------------------------------------------------

/* What was refused for having been asked too often waits for its turn; what the provider could not
 * tell is left for the next run. */
static void take_answers(struct run *r, const struct reconcile_found *found, size_t n)
{
    struct reconcile_step *s = r->s;
    const bool too_often = s->source->retry_after > 0;
    struct str *ask = arena_new(s->a, struct str, r->c.n_ask);
    size_t n_ask = r->c.n_ask - n;

    memcpy(ask, r->c.ask + n, n_ask * sizeof *ask);
    for (size_t i = 0; i < n; i++) {
        s->counts[RECONCILE_UNKNOWN] += found[i].answer == RECONCILE_ABSENT;
        if (found[i].answer == RECONCILE_LATER && too_often)
            ask[n_ask++] = r->c.ask[i];
        else
            s->counts[RECONCILE_UNANSWERED] += found[i].answer == RECONCILE_LATER;
    }
    r->c.ask = ask;
    r->c.n_ask = n_ask;
}

static size_t n_at_once(const struct run *r)
{
    const size_t most = r->s->source->at_once;
    const size_t n = r->c.n_ask < ASK_AT_ONCE ? r->c.n_ask : ASK_AT_ONCE;

    return most > 0 && most < n ? most : n;
}

static bool phase_ask(struct run *r, bool *ret_more, struct err *e)
{
    struct reconcile_step *s = r->s;
    const size_t n = n_at_once(r);
    struct reconcile_found *found = arena_new(s->a, struct reconcile_found, n);

    *ret_more = false;
    if (n == 0)
        return true;
    if (!s->source->get(s->source, r->c.ask, n, s->a, found, e) ||
        !reconcile_join_page(s, found, n, r->plan->as, e))
        return err_trace(e);
    take_answers(r, found, n);
    *ret_more = r->c.n_ask > 0;
    return true;
}

// --- what is going on ----------------------------------------------------------------------------

/* The API has no word for "initiated": it says queued or ringing. */
static const enum call_status going_on[] = {CALL_QUEUED, CALL_RINGING, CALL_IN_PROGRESS};

enum { ENDED_LIST = LEN(going_on) + 1 };

static bool silent_calls(struct run *r, struct rows **ret, struct err *e)
{
    return db_query(r->s->db, Q_RECONCILE_SILENT,
                    BINDS(bind_int("project", r->s->project),
                          bind_str("provider", r->s->source->provider),
                          bind_time("silent_since", r->now - SILENT_FOR),
                          bind_time("given_up", r->now - GIVEN_UP_AFTER),
                          bind_int("limit", SILENT_MAX)),
                    r->s->a, ret, e) ||
           err_trace(e);
}

/* Those of whom nothing was heard, the most silent first, as many as a cursor has room for.
 * *ret_going_on: calls that are not final, these and others. */
static bool look_for_silent(struct run *r, int64_t *ret_going_on, struct err *e)
{
    struct str *sids = arena_new(r->s->a, struct str, SILENT_MAX);
    struct rows *rows;
    size_t n = 0;

    *ret_going_on = 0;
    if (!silent_calls(r, &rows, e))
        return err_trace(e);
    while (rows_next(rows)) {
        sids[n++] = rows_str(rows, "twilio_sid");
        *ret_going_on = rows_int(rows, "n");
    }
    if (!rows_end(rows, e))
        return err_trace(e);
    r->c.ask = sids;
    r->c.n_ask = reconcile_cursor_room(sids, n);
    return true;
}

/* Each status has a page, be it an empty one. */
static int64_t pages_going_on(int64_t n_going_on)
{
    return (int64_t)LEN(going_on) + n_going_on / PAGE;
}

static void begin_list(struct run *r, int64_t list, int64_t n_pages)
{
    r->c.list = list;
    r->c.n_pages = n_pages;
    r->c.next = STR_NONE;
}

/* What no list has shown is asked for singly, the most silent first. */
static void end_lists(struct run *r)
{
    const size_t n = r->c.n_ask < ASK_MAX ? r->c.n_ask : ASK_MAX;

    r->s->counts[RECONCILE_LEFT] += (int64_t)(r->c.n_ask - n);
    r->s->n_expected -= (int64_t)(r->c.n_ask - n);
    r->c.n_ask = n;
    begin_list(r, 0, 0);
}

static int by_time(const void *a, const void *b)
{
    const usec_t x = *(const usec_t *)a, y = *(const usec_t *)b;

    return (x > y) - (x < y);
}

/* When they began that no list has shown, the earliest first; as far as that is known. */
static bool unseen_began(struct run *r, usec_t *ret, size_t *ret_n, struct err *e)
{
    struct str *unseen = arena_new(r->s->a, struct str, r->c.n_ask);
    struct rows *rows;
    size_t n = 0;

    memcpy(unseen, r->c.ask, r->c.n_ask * sizeof *unseen);
    qsort(unseen, r->c.n_ask, sizeof *unseen, by_bytes);
    if (!silent_calls(r, &rows, e))
        return err_trace(e);
    while (rows_next(rows)) {
        const usec_t began = rows_time(rows, "start_time");
        if (began != TIME_NONE && is_among(rows_str(rows, "twilio_sid"), unseen, r->c.n_ask))
            ret[n++] = began;
    }
    if (!rows_end(rows, e))
        return err_trace(e);
    qsort(ret, n, sizeof *ret, by_time);
    *ret_n = n;
    return true;
}

/* Thousands that have ended and were not heard of, after an outage: all that began with them are
 * fewer pages than they are. The oldest
 * tenth makes no window: a few that have been stuck for days would make it one of days. */
static bool ended_window(struct run *r, int64_t *ret_pages, struct err *e)
{
    usec_t *began = arena_new(r->s->a, usec_t, SILENT_MAX);
    int64_t known;
    size_t n;

    *ret_pages = 0;
    if (!unseen_began(r, began, &n, e))
        return err_trace(e);
    if (n == 0)
        return true;
    r->c.from = r->c.to = TIME_NONE;
    widen(r, began[n / 10]);
    widen(r, began[n - 1]);
    if (!known_in_window(r, &known, e))
        return err_trace(e);
    const int64_t pages = pages_of(known) < PAGES_MAX ? pages_of(known) : PAGES_MAX;
    if ((int64_t)(n - n / 10) > pages)
        *ret_pages = pages;
    return true;
}

static bool list_ended(struct run *r, struct err *e)
{
    int64_t pages = 0;

    if (r->c.n_ask > 0 && !ended_window(r, &pages, e))
        return err_trace(e);
    if (pages > 0)
        begin_list(r, ENDED_LIST, pages);
    else
        end_lists(r);
    return true;
}

/* Who are looked for, and whether in lists: a few are asked for without. */
static bool take_in(struct run *r, bool *ret_more, struct err *e)
{
    int64_t n_going_on;

    if (!look_for_silent(r, &n_going_on, e))
        return err_trace(e);
    r->s->n_expected = (int64_t)r->c.n_ask;
    *ret_more = (int64_t)r->c.n_ask > pages_going_on(n_going_on);
    if (*ret_more)
        begin_list(r, 1, PAGES_MAX);
    return true;
}

static struct reconcile_query query_of(const struct run *r)
{
    struct reconcile_query q = {.page_size = PAGE, .cursor = r->c.next};

    q.has_status = r->c.list != ENDED_LIST;
    q.from = q.has_status ? TIME_NONE : r->c.from;
    q.to = q.has_status ? TIME_NONE : r->c.to;
    if (q.has_status)
        q.status = going_on[r->c.list - 1];
    return q;
}

/* Besides those that are looked for it shows others, of which nobody knew that it would. */
static bool list_page(struct run *r, struct err *e)
{
    const struct reconcile_query q = query_of(r);
    const int64_t n_told = r->s->counts[RECONCILE_CHECKED];
    const size_t n_wanted = r->c.n_ask;

    if (!page(r, &q, e))
        return err_trace(e);
    r->s->n_expected += r->s->counts[RECONCILE_CHECKED] - n_told - (int64_t)(n_wanted - r->c.n_ask);
    r->c.n_pages--;
    return true;
}

static bool next_list(struct run *r, struct err *e)
{
    if (r->c.list == ENDED_LIST)
        end_lists(r);
    else if (r->c.list < ENDED_LIST - 1)
        begin_list(r, r->c.list + 1, PAGES_MAX);
    else
        return list_ended(r, e) || err_trace(e);
    return true;
}

static bool phase_ongoing(struct run *r, bool *ret_more, struct err *e)
{
    if (r->c.list == 0)
        return take_in(r, ret_more, e) || err_trace(e);
    if (r->c.list > ENDED_LIST)
        return err_set(e, ERR_INTERNAL, "there is no list %lld", (long long)r->c.list);
    if (!list_page(r, e))
        return err_trace(e);
    if ((r->c.n_pages <= 0 || str_is_none(r->c.next)) && !next_list(r, e))
        return err_trace(e);
    *ret_more = r->c.list > 0;
    return true;
}

// --- what is lacking -----------------------------------------------------------------------------

static bool lacking_calls(struct run *r, struct rows **ret, struct err *e)
{
    return db_query(r->s->db, Q_RECONCILE_LACKING,
                    BINDS(bind_int("project", r->s->project),
                          bind_str("provider", r->s->source->provider),
                          bind_time("from", r->now - LACKING_FROM),
                          bind_time("to", r->now - LACKING_TO), bind_int("limit", LACKING_MAX)),
                    r->s->a, ret, e) ||
           err_trace(e);
}

/* Either the window in which they all started is listed, or they are asked for one by one. */
static bool phase_lacking(struct run *r, bool *ret_more, struct err *e)
{
    struct str *sids = arena_new(r->s->a, struct str, LACKING_MAX);
    struct rows *rows;
    int64_t known;
    size_t n = 0;

    *ret_more = false;
    r->c.from = r->c.to = TIME_NONE;
    if (!lacking_calls(r, &rows, e))
        return err_trace(e);
    while (rows_next(rows)) {
        sids[n++] = rows_str(rows, "twilio_sid");
        widen(r, rows_time(rows, "start_time"));
    }
    if (!rows_end(rows, e))
        return err_trace(e);
    n = reconcile_cursor_room(sids, n);
    if (n == 0)
        return true;
    if (!known_in_window(r, &known, e))
        return err_trace(e);
    const bool is_listed = (int64_t)n > pages_of(known);
    r->s->n_expected += is_listed ? known : (int64_t)n;
    if (is_listed)
        return true;
    r->c.from = r->c.to = TIME_NONE;
    r->c.ask = sids;
    r->c.n_ask = n;
    return true;
}

// --- a step --------------------------------------------------------------------------------------

static bool is_beginning(struct str cursor)
{
    return str_is_empty(cursor) || str_eq(cursor, STR("{}"));
}

static struct reconcile_cursor beginning(const struct run *r)
{
    const usec_t longest = r->now - r->plan->most, shortest = r->now - r->plan->least;
    struct reconcile_cursor c = {.began = r->now, .from = shortest, .to = r->now, .next = STR_NONE};

    if (r->s->last_success != TIME_NONE && r->s->last_success - OVERLAP < shortest)
        c.from = r->s->last_success - OVERLAP > longest ? r->s->last_success - OVERLAP : longest;
    return c;
}

/* Phases that have nothing to ask for are passed over: a step is as a rule one request. */
static bool go_on(struct run *r, struct err *e)
{
    const int64_t asked = r->s->source->requests;
    bool more;

    while (r->c.phase < r->plan->n_phases && r->s->source->requests == asked) {
        if (!r->plan->phases[r->c.phase](r, &more, e))
            return err_trace(e);
        if (more)
            continue;
        r->c.phase++;
        r->c.next = STR_NONE;
    }
    return true;
}

/* Where a run lists a window it is expected to be told of what we know in it. */
static bool begin(struct run *r, struct err *e)
{
    r->c = beginning(r);
    return r->plan->most == 0 || known_in_window(r, &r->s->n_expected, e) || err_trace(e);
}

static bool resume(struct run *r, struct err *e)
{
    if (is_beginning(r->s->cursor))
        return begin(r, e) || err_trace(e);
    return reconcile_cursor_parse(r->s->cursor, r->s->a, &r->c, e) || err_trace(e);
}

static bool step(struct reconcile_step *s, const struct plan *plan, struct err *e)
{
    const int64_t asked = s->source->requests, refused = s->source->refused;
    struct run r = {.s = s, .plan = plan, .now = clock_wall(s->clock)};

    if (!resume(&r, e))
        return err_trace(e);
    const bool ok = go_on(&r, e);
    s->counts[RECONCILE_REQUESTS] += s->source->requests - asked;
    s->counts[RECONCILE_REFUSED] += s->source->refused - refused;
    if (!ok)
        return err_trace(e);
    s->began = r.c.began;
    s->done = r.c.phase >= plan->n_phases;
    return reconcile_cursor_text(&r.c, s->a, &s->next_cursor, e) || err_trace(e);
}

// --- the runs ------------------------------------------------------------------------------------

#define PHASES(array) .phases = (array), .n_phases = LEN(array)

bool reconcile_hot(struct reconcile_step *s, struct err *e)
{
    static phase_fn *const phases[] = {phase_ongoing, phase_ask};
    static const struct plan plan = {.as = CALL_SOURCE_RECONCILE_HOT, PHASES(phases)};

    return step(s, &plan, e) || err_trace(e);
}

bool reconcile_warm(struct reconcile_step *s, struct err *e)
{
    static phase_fn *const phases[] = {phase_calls, phase_late_recordings, phase_lacking,
                                       phase_calls, phase_recordings,      phase_ask};
    static const struct plan plan = {
        .as = CALL_SOURCE_RECONCILE_WARM, .least = MINUTES(30), .most = HOURS(6), PHASES(phases)};

    return step(s, &plan, e) || err_trace(e);
}

static phase_fn *const span_phases[] = {phase_calls, phase_recordings};

bool reconcile_cold(struct reconcile_step *s, struct err *e)
{
    static const struct plan plan = {.as = CALL_SOURCE_RECONCILE_COLD,
                                     .least = HOURS(24),
                                     .most = HOURS(72),
                                     PHASES(span_phases)};

    return step(s, &plan, e) || err_trace(e);
}

bool reconcile_recent(struct reconcile_step *s, struct err *e)
{
    static const struct plan plan = {
        .as = CALL_SOURCE_RECONCILE_COLD, .least = HOURS(1), .most = HOURS(1), PHASES(span_phases)};

    return step(s, &plan, e) || err_trace(e);
}

bool reconcile_today(struct reconcile_step *s, struct err *e)
{
    static const struct plan plan = {.as = CALL_SOURCE_RECONCILE_COLD,
                                     .least = HOURS(72),
                                     .most = HOURS(72),
                                     PHASES(span_phases)};

    return step(s, &plan, e) || err_trace(e);
}
