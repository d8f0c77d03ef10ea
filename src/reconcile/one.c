/* One call, now: joined, or only laid beside what we believe. */
#include "base/arena.h"

#include "calls/batch.h"
#include "calls/fold.h"
#include "reconcile/internal.h"

enum { RECORDINGS_MAX = 50, PAGES_MAX = 20 };

/* Of all pages: where a project has several accounts, which of them has the call is not said. */
static bool ask_recordings(struct reconcile_step *s, struct str sid, struct reconcile_found *all,
                           size_t *n, struct err *e)
{
    struct reconcile_source *source = s->source;
    struct reconcile_query q = {.recordings = true,
                                .call_sid = sid,
                                .from = TIME_NONE,
                                .to = TIME_NONE,
                                .page_size = RECORDINGS_MAX};
    struct reconcile_page page;

    for (int i = 0; i < PAGES_MAX && (i == 0 || !str_is_none(q.cursor)); i++) {
        if (!source->list(source, &q, s->a, &page, e))
            return err_trace(e);
        for (size_t k = 0; k < page.n && *n <= RECORDINGS_MAX; k++)
            all[(*n)++] = page.found[k];
        q.cursor = page.next;
    }
    return true;
}

/* What the provider says of a call: itself, then its recordings. n == 0: it does not know it. */
static bool ask(struct reconcile_step *s, struct str sid, struct reconcile_found **ret,
                size_t *ret_n, struct err *e)
{
    struct reconcile_source *source = s->source;
    struct reconcile_found *all = arena_new(s->a, struct reconcile_found, 1 + RECORDINGS_MAX);

    *ret = all;
    *ret_n = 0;
    if (!source->get(source, &sid, 1, s->a, all, e))
        return err_trace(e);
    if (all[0].answer == RECONCILE_LATER) {
        err_set(e, ERR_UNAVAILABLE, "the provider does not tell of this call now");
        return err_fix(e, "try again in a moment");
    }
    if (all[0].answer == RECONCILE_ABSENT)
        return true;
    *ret_n = 1;
    return ask_recordings(s, sid, all, ret_n, e) || err_trace(e);
}

static bool ask_counted(struct reconcile_step *s, struct str sid, struct reconcile_found **ret,
                        size_t *ret_n, struct err *e)
{
    const int64_t asked = s->source->requests, refused = s->source->refused;
    const bool ok = ask(s, sid, ret, ret_n, e);

    s->counts[RECONCILE_REQUESTS] += s->source->requests - asked;
    s->counts[RECONCILE_REFUSED] += s->source->refused - refused;
    return ok || err_trace(e);
}

bool reconcile_call(struct reconcile_step *s, struct str sid, bool *ret_found, struct err *e)
{
    struct reconcile_found *found;
    size_t n;

    if (!ask_counted(s, sid, &found, &n, e) ||
        !reconcile_join(s, found, n, CALL_SOURCE_RECONCILE_HOT, e))
        return err_trace(e);
    *ret_found = n > 0;
    return true;
}

// --- beside each other ---------------------------------------------------------------------------

/* The snapshot before the first change, and after the last. */
struct sides {
    struct call ours, mended;
    bool any;
};

static bool note_sides(const struct call *before, const struct call *after, void *arg)
{
    struct sides *sides = arg;

    if (!sides->any)
        sides->ours = *before;
    sides->any = true;
    sides->mended = *after;
    return true;
}

static bool peek(struct reconcile_step *s, const struct reconcile_found *found, size_t n,
                 struct sides *ret, struct err *e)
{
    struct call_batch *b = call_batch_create(s->rules, clock_wall(s->clock), s->a);
    const struct call_origin origin = {.inbox_id = INT_NONE};

    call_batch_keep_only(b, note_sides, ret);
    for (size_t i = 0; i < n; i++) {
        struct call_change change = found[i].change;

        change.source = CALL_SOURCE_RECONCILE_HOT;
        if (!call_batch_add(b, s->project, s->source->provider, &change, &origin, e))
            return err_trace(e);
    }
    return call_batch_peek(b, s->db, e) || err_trace(e);
}

/* The call as it would be if the provider alone had ever spoken. */
static bool theirs(struct reconcile_step *s, const struct reconcile_found *found, size_t n,
                   struct call *ret, struct err *e)
{
    struct call c = call_unknown(s->project, s->source->provider, found[0].change.call_sid);
    struct call_rules rules;
    struct call_effect effect;

    s->rules.of(s->project, s->a, &rules, s->rules.arg);
    for (size_t i = 0; i < n; i++) {
        struct call_change change = found[i].change;
        const struct call before = c;

        change.source = CALL_SOURCE_RECONCILE_HOT;
        if (!call_change_settle(&change, &rules, s->a, e))
            return err_trace(e);
        call_apply(&before, &change, s->a, &c, &effect);
    }
    *ret = c;
    return true;
}

static struct str status_text(const struct call *c, struct arena *a)
{
    (void)a;
    return call_status_name(c->status);
}

static struct str direction_text(const struct call *c, struct arena *a)
{
    (void)a;
    return call_direction_name(c->direction);
}

static struct str from_text(const struct call *c, struct arena *a)
{
    (void)a;
    return c->from_number;
}

static struct str to_text(const struct call *c, struct arena *a)
{
    (void)a;
    return c->to_number;
}

static struct str parent_text(const struct call *c, struct arena *a)
{
    (void)a;
    return c->parent_call_sid;
}

static struct str time_text(usec_t t, struct arena *a)
{
    char text[TIME_TEXT_MAX];

    return t == TIME_NONE ? STR_NONE : str_dup((struct str){text, time_format(t, text)}, a);
}

static struct str start_text(const struct call *c, struct arena *a)
{
    return time_text(c->start_time, a);
}

static struct str end_text(const struct call *c, struct arena *a)
{
    return time_text(c->end_time, a);
}

static struct str duration_text(const struct call *c, struct arena *a)
{
    return c->duration == INT_NONE ? STR_NONE : str_fmt(a, "%lld", (long long)c->duration);
}

static struct str price_text(const struct call *c, struct arena *a)
{
    char text[CALL_PRICE_TEXT_MAX];

    if (c->price == INT_NONE)
        return STR_NONE;
    return str_fmt(a, "%.*s " STR_FMT, (int)call_price_format(c->price, text), text,
                   STR_ARG(c->price_unit));
}

static struct str recordings_text(const struct call *c, struct arena *a)
{
    return str_fmt(a, "%zu", reconcile_recordings(c->fold));
}

static bool text_differs(const struct call *x, const struct call *y, struct str a, struct str b)
{
    (void)x;
    (void)y;
    return str_is_none(a) != str_is_none(b) || !str_eq(a, b);
}

static bool start_differs(const struct call *x, const struct call *y, struct str a, struct str b)
{
    (void)a;
    (void)b;
    return reconcile_time_moved(x->start_time, y->start_time);
}

static bool end_differs(const struct call *x, const struct call *y, struct str a, struct str b)
{
    (void)a;
    (void)b;
    return reconcile_time_moved(x->end_time, y->end_time);
}

static const struct {
    struct str name;
    struct str (*text)(const struct call *c, struct arena *a);
    bool (*differs)(const struct call *x, const struct call *y, struct str a, struct str b);
} compared[] = {
    {STR("status"), status_text, text_differs},
    {STR("direction"), direction_text, text_differs},
    {STR("from"), from_text, text_differs},
    {STR("to"), to_text, text_differs},
    {STR("parent_call_sid"), parent_text, text_differs},
    {STR("start_time"), start_text, start_differs},
    {STR("end_time"), end_text, end_differs},
    {STR("duration"), duration_text, text_differs},
    {STR("price"), price_text, text_differs},
    {STR("recordings"), recordings_text, text_differs},
};
static_assert(LEN(compared) == RECONCILE_FIELDS, "every field is compared");

static void lay_beside(const struct sides *sides, const struct call *their, struct arena *a,
                       struct reconcile_comparison *ret)
{
    for (size_t i = 0; i < LEN(compared); i++) {
        struct reconcile_field *f = &ret->fields[i];
        const struct str mended = compared[i].text(&sides->mended, a);

        f->name = compared[i].name;
        f->ours = ret->known_here ? compared[i].text(&sides->ours, a) : STR_NONE;
        f->theirs = compared[i].text(their, a);
        f->differs =
            !ret->known_here || compared[i].differs(&sides->ours, their, f->ours, f->theirs);
        f->mends = ret->drift && f->differs &&
                   (!ret->known_here ||
                    compared[i].differs(&sides->ours, &sides->mended, f->ours, mended));
    }
}

static bool is_known_here(struct reconcile_step *s, struct str sid, bool *ret, struct err *e)
{
    static const struct column columns[] = {{"id", COLUMN_INT, 0}};
    int64_t id;

    return db_query_one(s->db, Q_CALL_BY_KEY,
                        BINDS(bind_int("project", s->project),
                              bind_str("provider", s->source->provider), bind_str("sid", sid)),
                        columns, LEN(columns), s->a, &id, ret, e) ||
           err_trace(e);
}

bool reconcile_compare(struct reconcile_step *s, struct str sid, struct reconcile_comparison *ret,
                       struct err *e)
{
    struct reconcile_found *found;
    struct sides sides = {.any = false};
    struct call their;
    size_t n;

    *ret = (struct reconcile_comparison){.asked_at = clock_wall(s->clock)};
    if (!ask_counted(s, sid, &found, &n, e))
        return err_trace(e);
    ret->known_there = n > 0;
    if (n == 0)
        return is_known_here(s, sid, &ret->known_here, e) || err_trace(e);
    if (!peek(s, found, n, &sides, e) || !theirs(s, found, n, &their, e))
        return err_trace(e);
    ret->known_here = sides.ours.id != 0 && sides.ours.fold->known;
    ret->drift = reconcile_drift(&sides.ours, &sides.mended);
    lay_beside(&sides, &their, s->a, ret);
    return true;
}
