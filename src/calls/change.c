#include "calls/change.h"

#include <stdlib.h>

#include "base/arena.h"
#include "calls/phone.h"

const struct call_change call_change_none = {
    .event_time = TIME_NONE,
    .observed_at = TIME_NONE,
    .sequence = INT_NONE,
    .duration = INT_NONE,
    .price = INT_NONE,
    .start_time = TIME_NONE,
    .end_time = TIME_NONE,
    .dial = {.duration = INT_NONE},
    .recording = {.duration = INT_NONE, .channels = INT_NONE, .start_time = TIME_NONE},
    .leg = {.claim = {.time = TIME_NONE, .sequence = INT_NONE},
            .answered_at = TIME_NONE,
            .duration = INT_NONE},
};

// --- who says it ---------------------------------------------------------------------------------

static const struct {
    struct str name;
    enum call_authority authority;
} sources[] = {
    [CALL_SOURCE_WEBHOOK] = {STR("webhook"), CALL_BY_WEBHOOK},
    [CALL_SOURCE_INFERRED] = {STR("inferred"), CALL_BY_INFERENCE},
    [CALL_SOURCE_RECONCILE_HOT] = {STR("reconcile_hot"), CALL_BY_PROVIDER},
    [CALL_SOURCE_RECONCILE_WARM] = {STR("reconcile_warm"), CALL_BY_PROVIDER},
    [CALL_SOURCE_RECONCILE_COLD] = {STR("reconcile_cold"), CALL_BY_PROVIDER},
};
static_assert(LEN(sources) == CALL_SOURCE_COUNT, "every source has a row");

struct str call_source_name(enum call_source s)
{
    return sources[s].name;
}

bool call_source_parse(struct str s, enum call_source *ret)
{
    for (size_t i = 0; i < LEN(sources); i++)
        if (str_eq(sources[i].name, s)) {
            *ret = (enum call_source)i;
            return true;
        }
    return false;
}

enum call_authority call_source_authority(enum call_source s)
{
    return sources[s].authority;
}

// --- configuration -------------------------------------------------------------------------------

static int by_bytes(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static void same_rules(int64_t project, struct arena *a, struct call_rules *ret, void *arg)
{
    const struct call_rules *rules = arg;

    (void)project;
    (void)a;
    *ret = *rules;
}

struct call_rules_source call_rules_same(const struct call_rules *rules)
{
    return (struct call_rules_source){same_rules, (void *)(uintptr_t)rules};
}

bool call_rules_parse(struct str owned, struct str region, struct arena *a, struct call_rules *ret,
                      struct err *e)
{
    const struct str where = region.n > 0 ? str_dup(region, a) : STR("US");
    struct str *numbers = arena_new(a, struct str, owned.n / 2 + 1);
    size_t n = 0;
    struct str field;
    struct phone phone;

    while (cut_field(&owned, ',', &field)) {
        field = str_trim(field);
        if (field.n == 0)
            continue;
        if (!phone_parse(field, where, &phone)) {
            err_set(e, ERR_INVALID, "owned phone numbers: entry %zu is not a possible number",
                    n + 1);
            return err_fix(e, "write each as +16175006181, separated by commas");
        }
        numbers[n++] = str_dup(str_from(phone.e164), a);
    }
    qsort(numbers, n, sizeof *numbers, by_bytes);
    *ret = (struct call_rules){.owned = numbers, .n_owned = n, .region = where};
    return true;
}

static bool is_owned(const struct call_rules *rules, const char *e164)
{
    const struct str key = str_from(e164);

    return rules->n_owned > 0 &&
           bsearch(&key, rules->owned, rules->n_owned, sizeof key, by_bytes) != NULL;
}

// --- direction -----------------------------------------------------------------------------------

/*
 * In the documented priority. "SIP" is an address of ours without an outside number in it: a URI
 * whose user is a name, an extension or one of our numbers. A URI whose user part is somebody's
 * number is that number, written as a trunk writes it.
 */
enum kind { KIND_SIP, KIND_OWNED, KIND_OUTSIDE };

struct end {
    enum kind kind;
    bool possible; /* a number that could exist */
    struct phone phone;
};

static struct end end_of(struct str text, const struct call_rules *rules)
{
    struct end end = {.kind = KIND_OUTSIDE};
    bool owned;

    end.possible = phone_parse(text, rules->region, &end.phone);
    owned = end.possible && is_owned(rules, end.phone.e164);
    if (phone_is_uri(text) && (!end.possible || owned))
        end.kind = KIND_SIP;
    else if (owned)
        end.kind = KIND_OWNED;
    return end;
}

static const enum call_direction directions[][3] = {
    /*                  to: SIP, owned, outside */
    [KIND_SIP] = {CALL_INTERNAL, CALL_OUTBOUND, CALL_OUTBOUND},
    [KIND_OWNED] = {CALL_INBOUND, CALL_EXTERNAL, CALL_OUTBOUND},
    [KIND_OUTSIDE] = {CALL_INBOUND, CALL_INBOUND, CALL_EXTERNAL},
};

enum call_direction call_direction_of(struct str from, struct str to,
                                      const struct call_rules *rules)
{
    return directions[end_of(from, rules).kind][end_of(to, rules).kind];
}

/* Whose call it is: the person outside. When both are outside, the provider's word about the leg
 * decides who is the other one. */
static const struct end *outside_of(enum call_direction direction, struct str provider_direction,
                                    const struct end *from, const struct end *to)
{
    switch (direction) {
    case CALL_INBOUND:
        return from;
    case CALL_OUTBOUND:
        return to;
    case CALL_EXTERNAL:
        return str_starts(provider_direction, STR("outbound")) ? to : from;
    case CALL_INTERNAL:
    case CALL_DIRECTION_COUNT:
        break;
    }
    return NULL;
}

static struct str e164_of(const struct end *end, struct arena *a)
{
    return end->possible ? str_dup(str_from(end->phone.e164), a) : STR_NONE;
}

static struct call_parties parties_of(const struct call_change *c, const struct call_rules *rules,
                                      struct arena *a)
{
    const struct end from = end_of(c->from, rules), to = end_of(c->to, rules);
    const struct end *outside;
    struct call_parties p = {.given = !str_is_none(c->from) && !str_is_none(c->to)};

    p.direction = directions[from.kind][to.kind];
    p.from_e164 = e164_of(&from, a);
    p.to_e164 = e164_of(&to, a);
    if (!p.given)
        return p;
    outside = outside_of(p.direction, c->provider_direction, &from, &to);
    if (outside && outside->kind == KIND_OUTSIDE)
        p.contact = outside == &from ? p.from_e164 : p.to_e164;
    return p;
}

// --- times ---------------------------------------------------------------------------------------

/*
 * A clock may be wrong; a call of the year 1970 or 9999 is a defect of the sender. What lies
 * outside of this range is kept as text and our own clock is used instead.
 */
#define EARLIEST_PLAUSIBLE SECONDS(946684800) /* 2000-01-01 */
#define AHEAD_PLAUSIBLE HOURS(24 * 366)

static bool plausible(const struct call_change *c, usec_t t)
{
    if (t == c->observed_at) // there is nothing better to put in its place
        return true;
    return t >= EARLIEST_PLAUSIBLE && t <= c->observed_at + AHEAD_PLAUSIBLE;
}

static void settle_time(struct call_change *c, usec_t *t, usec_t instead, struct arena *a)
{
    char text[TIME_TEXT_MAX];

    if (*t == TIME_NONE) {
        *t = instead;
        return;
    }
    if (plausible(c, *t))
        return;
    c->odd_time = time_in_range(*t) ? str_dup((struct str){text, time_format(*t, text)}, a)
                                    : STR("out of range");
    *t = instead;
}

// --- text and numbers ----------------------------------------------------------------------------

enum {
    SID_MAX = 100,
    WORD_MAX = 64,     /* a status, a unit, a name */
    ADDRESS_MAX = 256, /* a number or a SIP URI */
    VALUE_MAX = 512,
    URL_MAX = 2048,
    SECONDS_MAX = 10 * 366 * 24 * 3600,
};

/* s is not empty. */
static bool is_storable(struct str s)
{
    return str_is_utf8(s) && !memchr(s.p, 0, s.n);
}

/* Text that both stores keep and JSON gives back unchanged: UTF-8 without zero bytes. */
static struct str storable(struct str s, struct arena *a)
{
    char *copy;

    if (is_storable(s))
        return s;
    copy = arena_alloc(a, s.n + 1);
    for (size_t i = 0; i < s.n; i++)
        copy[i] = (s.p[i] & 0x80) || s.p[i] == 0 ? '?' : s.p[i];
    return (struct str){copy, s.n};
}

/* s is UTF-8, and max more than a character. */
static struct str clipped(struct str s, size_t max)
{
    size_t n = s.n < max ? s.n : max;

    while (n < s.n && (s.p[n] & 0xC0) == 0x80) // not inside of a character
        n--;
    return str_sub(s, 0, n);
}

static void settle_text(struct str *s, size_t max, struct arena *a)
{
    *s = s->n == 0 ? STR_NONE : clipped(storable(*s, a), max);
}

static void settle_seconds(int64_t *v)
{
    if (*v != INT_NONE && (*v < 0 || *v > SECONDS_MAX))
        *v = INT_NONE;
}

/* By name, and of one name in the order in which they stand. */
static int by_name(const void *x, const void *y)
{
    struct call_detail *const *a = x, *const *b = y;
    const int order = str_cmp((*a)->name, (*b)->name);

    return order != 0 ? order : (*a > *b) - (*a < *b);
}

/* Names that are equal once they are clipped are one member in JSON, and the last value counts
 * there: the first takes it over, and the others lose their names. */
static void join_equal(struct call_detail *details, size_t n, struct arena *a)
{
    struct call_detail **sorted = arena_new(a, struct call_detail *, n);
    size_t first = 0;

    for (size_t i = 0; i < n; i++)
        sorted[i] = &details[i];
    if (n > 1)
        qsort(sorted, n, sizeof *sorted, by_name);
    for (size_t i = 1; i < n; i++)
        if (str_eq(sorted[i]->name, sorted[first]->name)) {
            sorted[first]->value = sorted[i]->value;
            sorted[i]->name = STR_NONE;
        } else {
            first = i;
        }
}

static size_t named_details(struct call_detail *details, size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++)
        if (!str_is_none(details[i].name) && !str_is_none(details[i].value))
            details[kept++] = details[i];
    return kept;
}

static void settle_details(struct call_change *c, struct arena *a)
{
    struct call_detail *settled = arena_new(a, struct call_detail, c->n_details);

    for (size_t i = 0; i < c->n_details; i++) {
        settled[i] = c->details[i];
        settle_text(&settled[i].name, WORD_MAX, a);
        settle_text(&settled[i].value, VALUE_MAX, a);
    }
    const size_t n = named_details(settled, c->n_details);
    join_equal(settled, n, a);
    c->details = settled;
    c->n_details = named_details(settled, n);
}

static void settle_recording(struct call_change *c, struct arena *a)
{
    struct call_recording *r = &c->recording;

    settle_text(&r->sid, SID_MAX, a);
    settle_text(&r->url, URL_MAX, a);
    settle_text(&r->status, WORD_MAX, a);
    settle_text(&r->source, WORD_MAX, a);
    settle_text(&r->track, WORD_MAX, a);
    settle_seconds(&r->duration);
    settle_time(c, &r->start_time, TIME_NONE, a);
}

static void settle_dial(struct call_change *c, struct arena *a)
{
    settle_text(&c->dial.sid, SID_MAX, a);
    if (str_is_none(c->dial.sid))
        c->dial.sid = STR(""); // a key of its own: the dial that names no leg
    settle_text(&c->dial.status, WORD_MAX, a);
    settle_seconds(&c->dial.duration);
}

static void settle_texts(struct call_change *c, struct arena *a)
{
    settle_text(&c->parent_sid, SID_MAX, a);
    if (str_eq(c->parent_sid, c->call_sid))
        c->parent_sid = STR_NONE; // nobody is his own parent
    settle_text(&c->status, WORD_MAX, a);
    settle_text(&c->from, ADDRESS_MAX, a);
    settle_text(&c->to, ADDRESS_MAX, a);
    settle_text(&c->provider_direction, WORD_MAX, a);
    settle_text(&c->price_unit, WORD_MAX, a);
    settle_text(&c->odd_time, WORD_MAX, a);
}

bool call_change_settle(struct call_change *c, const struct call_rules *rules, struct arena *a,
                        struct err *e)
{
    if (c->call_sid.n == 0 || c->call_sid.n > SID_MAX || !is_storable(c->call_sid))
        return err_set(e, ERR_INVALID, "call_sid: 1 to %d characters expected, got %zu", SID_MAX,
                       c->call_sid.n);
    assert(c->observed_at != TIME_NONE);

    settle_texts(c, a);
    settle_recording(c, a);
    settle_dial(c, a);
    settle_details(c, a);
    settle_seconds(&c->duration);
    settle_time(c, &c->event_time, c->observed_at, a);
    settle_time(c, &c->start_time, TIME_NONE, a);
    settle_time(c, &c->end_time, TIME_NONE, a);
    c->parties = parties_of(c, rules, a);
    return true;
}
