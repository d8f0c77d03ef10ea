/*
 * The registers and their orders.
 *
 * Each join below is "take the greater": claims by rank, then authority, then the earlier; texts by
 * authority, then the smaller bytes (nobody expects a conflict, but two orders of arrival must
 * agree on its outcome); durations by authority, then the longer; times by the earliest or latest.
 * A register never looks at another one, nor at the order of arrival.
 *
 * Rejected: last-writer-wins by arrival (differs between orders), by event time alone (the
 * provider's clock has a resolution of one second), and keeping all events in the snapshot (a call
 * with many recordings and legs would be rewritten whole for each event).
 */
#include "calls/fold.h"

#include "base/arena.h"

const struct call_fold call_fold_none = {
    .claim = {.time = TIME_NONE, .sequence = INT_NONE},
    .first_event = TIME_NONE,
    .last_event = TIME_NONE,
    .answered_at = TIME_NONE,
    .start = {.value = TIME_NONE},
    .end = {.value = TIME_NONE},
    .duration = {.value = INT_NONE},
    .price = {.value = INT_NONE, .at = TIME_NONE},
};

// --- orders --------------------------------------------------------------------------------------

static int compare(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* Absent text is the least; otherwise the smaller bytes are the greater register. */
static int prefer_text(struct str a, struct str b)
{
    if (str_is_none(a) || str_is_none(b))
        return compare(!str_is_none(a), !str_is_none(b));
    return -str_cmp(a, b);
}

/* The first non-zero of a chain of comparisons. */
#define THEN(first, next) ((first) != 0 ? (first) : (next))

static int compare_claims(const struct call_claim *a, const struct call_claim *b)
{
    if (a->by == CALL_BY_NOBODY || b->by == CALL_BY_NOBODY)
        return compare(a->by != CALL_BY_NOBODY, b->by != CALL_BY_NOBODY);
    int order = compare(call_status_rank(a->status), call_status_rank(b->status));
    order = THEN(order, compare((int)a->by, (int)b->by));
    order = THEN(order, compare(b->time, a->time));
    order = THEN(order, compare(b->sequence, a->sequence));
    return THEN(order, compare((int)b->status, (int)a->status));
}

bool call_claim_wins(const struct call_claim *challenger, const struct call_claim *holder)
{
    return compare_claims(challenger, holder) > 0;
}

/* Whoever knows both ends knows more than who knows one. a is somebody's word. */
static int compare_ends(const struct call_ends *a, const struct call_ends *b)
{
    if (b->by == CALL_BY_NOBODY)
        return 1;
    int order = compare(a->parties.given, b->parties.given);
    order = THEN(order, compare((int)a->by, (int)b->by));
    order = THEN(order, prefer_text(a->from, b->from));
    order = THEN(order, prefer_text(a->to, b->to));
    order = THEN(order, compare((int)b->parties.direction, (int)a->parties.direction));
    order = THEN(order, prefer_text(a->parties.contact, b->parties.contact));
    order = THEN(order, prefer_text(a->parties.from_e164, b->parties.from_e164));
    return THEN(order, prefer_text(a->parties.to_e164, b->parties.to_e164));
}

static int compare_dials(const struct call_dial *a, const struct call_dial *b)
{
    int order = compare((int)a->bridged, (int)b->bridged);
    order = THEN(order, compare(a->duration, b->duration));
    return THEN(order, prefer_text(a->status, b->status));
}

/* in-progress < absent, failed < completed; words that we do not know count as the least. */
static int recording_rank(struct str status)
{
    if (str_eq(status, STR("completed")))
        return 2;
    return str_eq(status, STR("absent")) || str_eq(status, STR("failed"));
}

// --- joins: true when the register has become another one ----------------------------------------

static bool join_least(usec_t *at, usec_t t)
{
    if (t == TIME_NONE || (*at != TIME_NONE && *at <= t))
        return false;
    *at = t;
    return true;
}

static bool join_greatest(int64_t *at, int64_t v)
{
    if (v <= *at) // absent is the least of all
        return false;
    *at = v;
    return true;
}

static bool join_claim(struct call_claim *at, const struct call_claim *claim)
{
    if (!call_claim_wins(claim, at))
        return false;
    *at = *claim;
    return true;
}

static bool join_plain_text(struct str *at, struct str value)
{
    if (prefer_text(value, *at) <= 0)
        return false;
    *at = value;
    return true;
}

static bool join_text(struct call_text *at, struct str value, enum call_authority by)
{
    if (str_is_none(value))
        return false;
    if (THEN(compare((int)by, (int)at->by), prefer_text(value, at->value)) <= 0)
        return false;
    *at = (struct call_text){value, by};
    return true;
}

/* sign: which of two values of equal authority is the greater register. */
static bool join_number(struct call_number *at, int64_t value, enum call_authority by, int sign)
{
    if (value == INT_NONE)
        return false;
    if (THEN(compare((int)by, (int)at->by), sign * compare(value, at->value)) <= 0)
        return false;
    *at = (struct call_number){value, by};
    return true;
}

static bool join_price(struct call_price *at, const struct call_change *c, enum call_authority by)
{
    const struct call_price told = {c->price, by, c->observed_at};
    int order;

    if (c->price == INT_NONE)
        return false;
    order = compare((int)told.by, (int)at->by);
    order = THEN(order, compare(told.at, at->at));
    if (THEN(order, compare(told.value, at->value)) <= 0)
        return false;
    *at = told;
    return true;
}

static bool join_ends(struct call_ends *at, const struct call_change *c, enum call_authority by)
{
    const struct call_ends told = {by, c->from, c->to, c->parties};

    if (str_is_none(c->from) && str_is_none(c->to))
        return false;
    if (compare_ends(&told, at) <= 0)
        return false;
    *at = told;
    return true;
}

// --- lists: one register per key -----------------------------------------------------------------

/*
 * Finds the entry of a key in a sorted list, making room for it when there is none. The array is
 * copied first: the fold that we started from is somebody else's. NULL: the list is full of smaller
 * keys, and this one is beyond what is kept.
 */
struct list {
    void *p;
    size_t n, size, limit;
    bool fresh; /* the entry was not there before */
};

/* Every entry begins with its key. */
static struct str *key_at(char *entries, size_t size, size_t at)
{
    return (struct str *)(void *)(entries + at * size);
}

static void *list_entry(struct list *l, struct str key, struct arena *a)
{
    const size_t size = l->size;
    char *copy = arena_alloc(a, (l->n + 1) * size);
    size_t at = 0;

    if (l->n > 0)
        memcpy(copy, l->p, l->n * size);
    while (at < l->n && str_cmp(*key_at(copy, size, at), key) < 0)
        at++;
    l->fresh = at == l->n || !str_eq(*key_at(copy, size, at), key);
    if (l->fresh && at == l->limit)
        return NULL;
    if (l->fresh) {
        memmove(copy + (at + 1) * size, copy + at * size, (l->n - at) * size);
        memset(copy + at * size, 0, size);
        *key_at(copy, size, at) = key;
        l->n = l->n < l->limit ? l->n + 1 : l->limit;
    }
    l->p = copy;
    return copy + at * size;
}

static_assert(offsetof(struct call_leg, sid) == 0, "lists are sorted by their first member");
static_assert(offsetof(struct call_recording, sid) == 0, "lists are sorted by their first member");
static_assert(offsetof(struct call_named, name) == 0, "lists are sorted by their first member");
static_assert(offsetof(struct call_dial, sid) == 0, "lists are sorted by their first member");

static bool join_leg(struct call_fold *f, const struct call_leg *told, struct arena *a)
{
    struct call_number duration;
    struct list l = {f->legs, f->n_legs, sizeof *f->legs, CALL_FOLD_LIST, false};
    bool changed;
    struct call_leg *leg;

    if (str_is_none(told->sid))
        return false;
    leg = list_entry(&l, told->sid, a);
    if (!leg)
        return false;
    changed = l.fresh;
    if (changed) {
        leg->claim = call_fold_none.claim;
        leg->answered_at = TIME_NONE;
        leg->duration = INT_NONE;
    }
    duration = (struct call_number){leg->duration, leg->duration_by};
    changed |= join_claim(&leg->claim, &told->claim);
    changed |= join_least(&leg->answered_at, told->answered_at);
    changed |= join_number(&duration, told->duration, told->duration_by, 1);
    leg->duration = duration.value;
    leg->duration_by = duration.by;
    f->legs = l.p;
    f->n_legs = l.n;
    return changed;
}

static bool join_dial(struct call_fold *f, const struct call_dial *told, struct arena *a)
{
    struct list l = {f->dials, f->n_dials, sizeof *f->dials, CALL_FOLD_LIST, false};
    bool changed;
    struct call_dial *dial;

    if (!told->given)
        return false;
    dial = list_entry(&l, told->sid, a);
    if (!dial)
        return false;
    changed = l.fresh;
    if (changed || compare_dials(told, dial) > 0) {
        *dial = *told;
        changed = true;
    }
    f->dials = l.p;
    f->n_dials = l.n;
    return changed;
}

static bool join_recording_status(struct str *at, struct str status)
{
    const int order = compare(recording_rank(status), recording_rank(*at));

    if (str_is_none(status) || (!str_is_none(*at) && THEN(order, prefer_text(status, *at)) <= 0))
        return false;
    *at = status;
    return true;
}

static bool join_recording(struct call_fold *f, const struct call_recording *told, struct arena *a)
{
    struct list l = {f->recordings, f->n_recordings, sizeof *f->recordings, CALL_FOLD_LIST, false};
    bool changed;
    struct call_recording *r;

    if (str_is_none(told->sid))
        return false;
    r = list_entry(&l, told->sid, a);
    if (!r)
        return false;
    changed = l.fresh;
    if (changed) {
        r->duration = r->channels = INT_NONE;
        r->start_time = TIME_NONE;
    }
    changed |= join_recording_status(&r->status, told->status);
    changed |= join_plain_text(&r->url, told->url);
    changed |= join_greatest(&r->duration, told->duration);
    changed |= join_greatest(&r->channels, told->channels);
    changed |= join_least(&r->start_time, told->start_time);
    changed |= join_plain_text(&r->source, told->source);
    changed |= join_plain_text(&r->track, told->track);
    f->recordings = l.p;
    f->n_recordings = l.n;
    return changed;
}

static bool join_detail(struct call_fold *f, const struct call_detail *told, enum call_authority by,
                        struct arena *a)
{
    struct list l = {f->details, f->n_details, sizeof *f->details, CALL_FOLD_DETAILS, false};
    bool changed;
    struct call_named *named;

    for (size_t i = 0; i < f->n_details; i++) // the usual case: known, and nothing new
        if (str_eq(f->details[i].name, told->name) && f->details[i].text.by >= by &&
            str_eq(f->details[i].text.value, told->value))
            return false;
    named = list_entry(&l, told->name, a);
    if (!named)
        return false;
    changed = l.fresh;
    changed |= join_text(&named->text, told->value, by);
    f->details = l.p;
    f->n_details = l.n;
    return changed;
}

// --- the whole -----------------------------------------------------------------------------------

static bool join_status(struct call_fold *f, const struct call_change *c, enum call_authority by)
{
    struct call_claim claim = {.by = by, .time = c->event_time, .sequence = c->sequence};
    bool changed = false;

    if (str_is_none(c->status))
        return false;
    if (!call_status_parse(c->status, &claim.status))
        return join_text(&f->unknown_status, c->status, by);
    if (claim.status == CALL_IN_PROGRESS)
        changed |= join_least(&f->answered_at, c->event_time);
    return join_claim(&f->claim, &claim) || changed;
}

/* Whether this is news of the call itself, not of its recording or its child. */
static bool is_own(const struct call_change *c)
{
    return c->kind != CALL_CHANGE_RECORDING && c->kind != CALL_CHANGE_LEG;
}

/* The first one is always the earliest so far. */
static bool join_own(struct call_fold *f, const struct call_change *c)
{
    f->known = true;
    return join_least(&f->first_event, c->event_time);
}

bool call_fold_join(struct call_fold *f, const struct call_change *c, struct arena *a)
{
    const enum call_authority by = call_source_authority(c->source);
    bool changed = false;

    if (is_own(c))
        changed |= join_own(f, c);
    if (c->kind != CALL_CHANGE_LEG) // a leg counts by what it is, not by how often we heard of it
        changed |= join_greatest(&f->last_event, c->event_time);
    changed |= join_status(f, c, by);
    changed |= join_number(&f->start, c->start_time, by, -1);
    changed |= join_number(&f->end, c->end_time, by, -1);
    changed |= join_number(&f->duration, c->duration, by, 1);
    changed |= join_price(&f->price, c, by);
    changed |= join_text(&f->price_unit, c->price_unit, by);
    changed |= join_text(&f->parent, c->parent_sid, by);
    changed |= join_text(&f->provider_direction, c->provider_direction, by);
    changed |= join_ends(&f->ends, c, by);
    changed |= join_text(&f->odd_time, c->odd_time, by);
    changed |= join_leg(f, &c->leg, a);
    for (size_t i = 0; i < c->n_more_legs; i++)
        changed |= join_leg(f, &c->more_legs[i], a);
    changed |= join_dial(f, &c->dial, a);
    changed |= join_recording(f, &c->recording, a);
    for (size_t i = 0; i < c->n_details; i++)
        changed |= join_detail(f, &c->details[i], by, a);
    return changed;
}
