/*
 * Many changes, folded together.
 *
 * The calls concerned are loaded by two or three statements, however many they are: those that the
 * changes name, their parents, and the parents that only the loaded snapshots know of. Then all is
 * memory: each change is applied in the order in which it was added, and where a child's state
 * becomes another one its parent is told at once, by a change of its own behind it.
 *
 * A parent that learns nothing new is not written into the log: telling it twice is the same as
 * telling it once, so the line would say nothing.
 */
#include "calls/internal.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/limits.h"
#include "calls/derive.h"

struct call_pending {
    struct call_pending *next;
    struct call_slot *slot;
    struct call_change change;
    struct call_origin origin;
};

bool call_text_of(struct buf *b, struct arena *a, struct str *ret, struct err *e)
{
    const bool ok = buf_ok(b);

    if (ok)
        *ret = str_dup(buf_view(b), a);
    buf_finish(b);
    return ok || err_set(e, ERR_LIMIT, "call: its text is longer than %zu bytes", b->max);
}

struct str call_conversation_key(const struct call *c)
{
    return c->visibility == CALL_VISIBLE ? c->contact : STR_NONE;
}

struct call_shown call_shown_of(const struct call *c)
{
    return (struct call_shown){.direction = c->direction,
                               .status = c->display_status,
                               .is_recorded = !str_is_none(c->recording_url)};
}

// --- slots ---------------------------------------------------------------------------------------

static size_t bucket_of(int64_t project, struct str sid)
{
    return (size_t)(str_hash(sid) ^ (uint64_t)project) % CALL_BATCH_BUCKETS;
}

struct call_slot *call_slot_find(const struct call_batch *b, int64_t project, struct str provider,
                                 struct str sid)
{
    struct call_slot *s = b->buckets[bucket_of(project, sid)];

    while (s && !(s->call.project == project && str_eq(s->call.twilio_sid, sid) &&
                  str_eq(s->call.provider, provider)))
        s = s->next_in_bucket;
    return s;
}

static void keep_slot(struct call_batch *b, struct call_slot *s)
{
    if (b->n_slots == b->cap_slots) {
        const size_t cap = b->cap_slots ? 2 * b->cap_slots : 64;
        struct call_slot **more = arena_new(b->a, struct call_slot *, cap);

        if (b->n_slots > 0)
            memcpy(more, b->slots, b->n_slots * sizeof *more);
        b->slots = more;
        b->cap_slots = cap;
    }
    b->slots[b->n_slots++] = s;
}

static struct call_slot *slot_get(struct call_batch *b, int64_t project, struct str provider,
                                  struct str sid)
{
    struct call_slot *s = call_slot_find(b, project, provider, sid), **bucket;

    if (s)
        return s;
    s = arena_new(b->a, struct call_slot, 1);
    s->call = call_unknown(project, provider, sid);
    s->was_start = TIME_NONE;
    bucket = &b->buckets[bucket_of(project, sid)];
    s->next_in_bucket = *bucket;
    *bucket = s;
    keep_slot(b, s);
    return s;
}

// --- taking in -----------------------------------------------------------------------------------

struct call_batch *call_batch_create(struct call_rules_source rules, usec_t now, struct arena *a)
{
    struct call_batch *b = arena_new(a, struct call_batch, 1);

    b->a = a;
    b->rules = rules;
    b->now = now;
    b->last = &b->first;
    return b;
}

static const struct call_rules *rules_of(struct call_batch *b, int64_t project)
{
    struct call_project_rules *r = b->known_rules;

    while (r && r->project != project)
        r = r->next;
    if (!r) {
        r = arena_new(b->a, struct call_project_rules, 1);
        r->project = project;
        b->rules.of(project, b->a, &r->rules, b->rules.arg);
        r->next = b->known_rules;
        b->known_rules = r;
    }
    return &r->rules;
}

bool call_batch_add(struct call_batch *b, int64_t project, struct str provider,
                    const struct call_change *change, const struct call_origin *origin,
                    struct err *e)
{
    struct call_pending *p = arena_new(b->a, struct call_pending, 1);

    p->change = *change;
    p->origin = *origin;
    if (!call_change_settle(&p->change, rules_of(b, project), b->a, e))
        return err_trace(e);
    p->slot = slot_get(b, project, provider, p->change.call_sid);
    if (!str_is_none(p->change.parent_sid))
        (void)slot_get(b, project, provider, p->change.parent_sid); // so that it is loaded as well
    *b->last = p;
    b->last = &p->next;
    b->n_pending++;
    return true;
}

// --- loading -------------------------------------------------------------------------------------

static int by_key(const void *a, const void *b)
{
    const struct call *x = &(*(struct call_slot *const *)a)->call,
                      *y = &(*(struct call_slot *const *)b)->call;
    int order = (x->project > y->project) - (x->project < y->project);

    if (order == 0)
        order = str_cmp(x->provider, y->provider);
    return order ? order : str_cmp(x->twilio_sid, y->twilio_sid);
}

static bool take_row(struct call_batch *b, struct rows *rows, struct err *e)
{
    struct call_slot *s = call_slot_find(b, rows_int(rows, "project_id"),
                                         rows_str(rows, "provider"), rows_str(rows, "twilio_sid"));
    struct call_fold *fold = arena_new(b->a, struct call_fold, 1);
    struct call *c;

    assert(s);
    c = &s->call;
    c->id = rows_int(rows, "id");
    c->conversation_id = rows_int(rows, "conversation_id");
    c->sync_state = rows_str(rows, "sync_state");
    c->created_at = rows_time(rows, "created_at");
    c->updated_at = rows_time(rows, "updated_at");
    if (!call_fold_parse(rows_str(rows, "fold_state"), b->a, fold, e))
        return err_trace(e);
    c->fold = fold;
    call_derive(fold, b->a, c);
    s->was_contact = call_conversation_key(c);
    s->was_parent = c->parent_call_sid;
    s->was_start = c->start_time;
    s->was_shown = call_shown_of(c);
    return true;
}

static bool load(struct call_batch *b, enum query q, struct call_slot **slots, size_t n,
                 struct db *db, struct err *e)
{
    int64_t *projects = arena_new(b->a, int64_t, n);
    struct str *providers = arena_new(b->a, struct str, n), *sids = arena_new(b->a, struct str, n);
    struct rows *rows;

    qsort(slots, n, sizeof *slots, by_key);
    for (size_t i = 0; i < n; i++) {
        projects[i] = slots[i]->call.project;
        providers[i] = slots[i]->call.provider;
        sids[i] = slots[i]->call.twilio_sid;
        slots[i]->loaded = true;
    }
    if (!db_query(db, q,
                  BINDS(bind_ints("project", projects, n), bind_strs("provider", providers, n),
                        bind_strs("sid", sids, n)),
                  b->a, &rows, e))
        return err_trace(e);
    while (rows_next(rows))
        if (!take_row(b, rows, e))
            return err_trace(e);
    return rows_end(rows, e) || err_trace(e);
}

/* The parents that only the loaded snapshots know of join the ones that wait to be loaded. */
static void add_parents(struct call_batch *b)
{
    for (size_t i = 0; i < b->n_slots; i++) {
        const struct call *c = &b->slots[i]->call;

        if (!str_is_none(c->parent_call_sid))
            (void)slot_get(b, c->project, c->provider, c->parent_call_sid); // loaded next
    }
}

static bool load_all(struct call_batch *b, enum query q, struct db *db, struct err *e)
{
    for (;;) {
        struct call_slot **waiting = arena_new(b->a, struct call_slot *, b->n_slots);
        size_t n = 0;

        for (size_t i = 0; i < b->n_slots; i++)
            if (!b->slots[i]->loaded)
                waiting[n++] = b->slots[i];
        if (n == 0)
            return true;
        if (!load(b, q, waiting, n, db, e))
            return err_trace(e);
        add_parents(b);
    }
}

// --- applying ------------------------------------------------------------------------------------

static bool change_text(struct call_batch *b, const struct call_change *c, struct str *ret,
                        struct err *e)
{
    struct buf text;

    buf_init(&text, LIMIT_API_BODY);
    call_change_json(&text, c);
    return call_text_of(&text, b->a, ret, e) || err_trace(e);
}

static void apply(struct call_batch *b, struct call_slot *s, const struct call_change *c,
                  struct call_effect *ret)
{
    const struct call before = s->call;

    call_apply(&before, c, b->a, &s->call, ret);
    s->changed |= ret->changed;
    if (ret->changed)
        s->call.updated_at = b->now;
    if (s->call.id == 0)
        s->call.created_at = b->now;
}

static void fill_entry(struct call_batch *b, size_t at, const struct call_slot *s,
                       const struct call_effect *effect, const struct call_origin *origin)
{
    const struct call_change *c = &b->changes[at];

    b->entries[at] = (struct call_entry){
        .project = s->call.project,
        .provider = s->call.provider,
        .call_sid = s->call.twilio_sid,
        .event_type = call_event_type_name(effect->type),
        .event_status = effect->event_status,
        .event_time = c->event_time,
        .source = call_source_name(c->source),
        .applied = effect->applied,
        .refusal = effect->refusal,
        .payload = origin->payload,
        .inbox_id = origin->inbox_id,
        .trace_id = origin->trace_id,
        .after = s->call,
    };
}

static void record(struct call_batch *b, struct call_slot *s, const struct call_change *c,
                   const struct call_effect *effect, const struct call_origin *origin)
{
    b->changes[b->n_entries] = *c;
    fill_entry(b, b->n_entries, s, effect, origin);
    s->told = ++b->n_entries;
}

/* When no entry changes any more. */
static bool write_changes(struct call_batch *b, struct err *e)
{
    for (size_t i = 0; i < b->n_entries; i++) {
        struct call_entry *entry = &b->entries[i];

        if (!change_text(b, &b->changes[i], &entry->change, e))
            return err_trace(e);
        if (str_is_none(entry->payload))
            entry->payload = entry->change;
    }
    return true;
}

// --- each call once ------------------------------------------------------------------------------

static void add_leg(struct call_batch *b, struct call_change *c, const struct call_leg *leg)
{
    const size_t n = c->n_more_legs;
    struct call_leg *more;

    if (str_is_none(c->leg.sid)) {
        c->leg = *leg;
        return;
    }
    more = arena_new(b->a, struct call_leg, n + 1);
    if (n > 0)
        memcpy(more, c->more_legs, n * sizeof *more);
    more[n] = *leg;
    c->more_legs = more;
    c->n_more_legs = n + 1;
}

/* The entry that the parent has tells of this leg as well. */
static void add_to_told(struct call_batch *b, const struct call_slot *parent,
                        const struct call_leg *leg)
{
    add_leg(b, &b->changes[parent->told - 1], leg);
    b->entries[parent->told - 1].after = parent->call;
}

static bool told_of_legs_alone(const struct call_batch *b, const struct call_slot *s)
{
    return b->tells_once && s->told > 0 && b->changes[s->told - 1].kind == CALL_CHANGE_LEG;
}

/* What a call was told of its legs, and now what is said of itself: one entry, in the place of the
 * first. */
static void record_over(struct call_batch *b, const struct call_pending *p,
                        const struct call_effect *effect)
{
    const size_t at = p->slot->told - 1;
    const struct call_change legs = b->changes[at];

    b->changes[at] = p->change;
    b->changes[at].leg = legs.leg;
    b->changes[at].more_legs = legs.more_legs;
    b->changes[at].n_more_legs = legs.n_more_legs;
    fill_entry(b, at, p->slot, effect, &p->origin);
}

// --- parents -------------------------------------------------------------------------------------

static void tell_parent(struct call_batch *b, const struct call_pending *p)
{
    const struct call *child = &p->slot->call;
    const struct call_origin inferred = {.inbox_id = p->origin.inbox_id,
                                         .trace_id = p->origin.trace_id};
    struct call_slot *parent =
        call_slot_find(b, child->project, child->provider, child->parent_call_sid);
    struct call_change told;
    struct call_effect effect;

    assert(parent && parent->loaded);
    call_leg_change(child, &p->change, &told);
    apply(b, parent, &told, &effect);
    if (!effect.changed)
        return;
    if (b->tells_once && parent->told > 0)
        add_to_told(b, parent, &told.leg);
    else
        record(b, parent, &told, &effect, &inferred);
}

/* Whether it is to be kept. What is not leaves the snapshot as it was. */
static bool apply_news(struct call_batch *b, struct call_pending *p, struct call_effect *ret)
{
    const struct call before = p->slot->call;
    const bool was_changed = p->slot->changed;

    apply(b, p->slot, &p->change, ret);
    if (!b->is_news || b->is_news(&before, &p->slot->call, b->news_arg))
        return true;
    p->slot->call = before;
    p->slot->changed = was_changed;
    return false;
}

static bool fold(struct call_batch *b, enum query q, struct db *db, struct err *e)
{
    struct call_effect effect;

    if (!load_all(b, q, db, e))
        return err_trace(e);
    b->entries = arena_new(b->a, struct call_entry, 2 * b->n_pending);
    b->changes = arena_new(b->a, struct call_change, 2 * b->n_pending);
    for (struct call_pending *p = b->first; p; p = p->next) {
        if (!apply_news(b, p, &effect))
            continue;
        if (told_of_legs_alone(b, p->slot))
            record_over(b, p, &effect);
        else
            record(b, p->slot, &p->change, &effect, &p->origin);
        if (effect.parent_concerned)
            tell_parent(b, p);
    }
    return write_changes(b, e) || err_trace(e);
}

void call_batch_keep_only(struct call_batch *b, call_news_fn *is_news, void *arg)
{
    b->is_news = is_news;
    b->news_arg = arg;
}

void call_batch_tell_once(struct call_batch *b)
{
    b->tells_once = true;
}

bool call_batch_fold(struct call_batch *b, struct db *db, struct err *e)
{
    return fold(b, Q_CALL_LOAD, db, e) || err_trace(e);
}

bool call_batch_peek(struct call_batch *b, struct db *db, struct err *e)
{
    return fold(b, Q_CALL_PEEK, db, e) || err_trace(e);
}

struct call_entry *call_batch_entries(struct call_batch *b, size_t *ret_n)
{
    *ret_n = b->n_entries;
    return b->entries;
}

// --- the feed ------------------------------------------------------------------------------------

void call_feed_payload(struct buf *out, const struct call_entry *entry)
{
    struct json_writer w;

    buf_str(out, STR("{\"call\":"));
    call_json(out, &entry->after);
    buf_str(out, STR(",\"event\":"));
    json_init(&w, out);
    json_open_object(&w);
    json_member_str(&w, STR("event_type"), entry->event_type);
    json_member_str(&w, STR("event_status"), entry->event_status);
    json_member_time(&w, STR("event_time"), entry->event_time);
    json_member_str(&w, STR("source"), entry->source);
    json_member_bool(&w, STR("applied"), entry->applied);
    json_close_object(&w);
    buf_char(out, '}');
}
