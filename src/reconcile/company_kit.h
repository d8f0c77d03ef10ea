#ifndef RECONCILE_COMPANY_KIT_H
#define RECONCILE_COMPANY_KIT_H
/* A provider that says of calls what it is told to. */
#include "reconcile/reconcile.h"
#include "test/calls.h"

enum { THEIRS_MAX = 3000 };

struct theirs {
    struct str sid;
    const char *status;
    usec_t start, end;
    int64_t duration, price;
    struct str parent; /* whose leg it is; or STR_NONE */
    bool recorded;
    bool is_unkept; /* a zero byte stands in what is said, which no store takes */
    enum reconcile_answer answer;
};

struct company {
    struct theirs calls[THEIRS_MAX];
    size_t n;
    int64_t lists, gets; /* requests */
    size_t page_size;    /* at most; 0: as asked for */
    int fail;            /* so many requests still fail */
    size_t at_once;      /* as in a source */
    struct str first;    /* that was asked for singly */
    usec_t from;         /* of the last list */
    bool is_elsewhere;   /* the first page is empty: that of another account */
};

static inline struct call_change change_of(const struct theirs *t, bool recording)
{
    struct call_change c = call_change_none;

    c.call_sid = t->sid;
    c.observed_at = test_calls_now + HOURS(3);
    if (recording) {
        c.kind = CALL_CHANGE_RECORDING;
        c.recording.sid = t->sid;
        c.recording.status = STR("completed");
        c.recording.url = STR("https://example.com/RE1");
        return c;
    }
    c.status = str_from(t->status);
    c.parent_sid = t->parent;
    c.from = STR("+15085140320");
    c.to = STR("+16175006181");
    c.provider_direction = STR("inbound");
    c.start_time = t->start;
    c.end_time = t->end;
    c.event_time = t->end != TIME_NONE ? t->end : t->start;
    c.duration = t->duration;
    c.price = t->price;
    c.price_unit = STR("USD");
    return c;
}

static inline struct reconcile_found found_of(const struct theirs *t, bool recording)
{
    static const struct str with_zero = {"{\"a\":\"\0\"}", 9};

    return (struct reconcile_found){t->answer, change_of(t, recording),
                                    t->is_unkept ? with_zero : STR("{}")};
}

static inline bool refuses(struct company *c, struct reconcile_source *s, struct err *e)
{
    s->requests++;
    if (c->fail == 0)
        return false;
    c->fail--;
    s->retry_after = SECONDS(7);
    err_set(e, ERR_UNAVAILABLE, "the provider asks for patience");
    return true;
}

static inline bool get(struct reconcile_source *s, const struct str *sids, size_t n,
                       struct arena *a, struct reconcile_found *ret, struct err *e)
{
    struct company *c = s->arg;

    (void)a;
    if (refuses(c, s, e))
        return false;
    assert_true(s->at_once == 0 || n <= s->at_once);
    if (c->gets == 0)
        c->first = sids[0];
    c->gets += (int64_t)n;
    s->requests += (int64_t)n - 1;
    for (size_t i = 0; i < n; i++) {
        ret[i] = (struct reconcile_found){.answer = RECONCILE_ABSENT};
        for (size_t k = 0; k < c->n; k++)
            if (str_eq(c->calls[k].sid, sids[i]))
                ret[i] = found_of(&c->calls[k], false);
    }
    return true;
}

static inline bool matches(const struct theirs *t, const struct reconcile_query *q)
{
    if (q->recordings && !t->recorded)
        return false;
    if (q->has_status && !str_eq(call_status_name(q->status), str_from(t->status)))
        return false;
    if (!str_is_none(q->call_sid) && !str_eq(q->call_sid, t->sid))
        return false;
    return (q->from == TIME_NONE || t->start >= q->from) &&
           (q->to == TIME_NONE || t->start < q->to);
}

static inline bool list(struct reconcile_source *s, const struct reconcile_query *q,
                        struct arena *a, struct reconcile_page *ret, struct err *e)
{
    struct company *c = s->arg;
    const size_t size = c->page_size ? c->page_size : q->page_size;
    struct reconcile_found *found = arena_new(a, struct reconcile_found, size);
    uint64_t at = 0;
    size_t n = 0;

    if (refuses(c, s, e))
        return false;
    c->lists++;
    c->from = q->from;
    if (c->is_elsewhere && str_is_none(q->cursor)) {
        *ret = (struct reconcile_page){.next = STR("0")};
        return true;
    }
    assert_true(str_is_none(q->cursor) || str_to_u64(q->cursor, &at));
    for (; at < c->n && n < size; at++)
        if (matches(&c->calls[at], q))
            found[n++] = found_of(&c->calls[at], q->recordings);
    *ret = (struct reconcile_page){
        found, n, at < c->n ? str_fmt(a, "%llu", (unsigned long long)at) : STR_NONE};
    return true;
}

static inline struct company *company(struct arena *a)
{
    return arena_new(a, struct company, 1);
}

/* A call that is over: it took a minute, an hour after the test's beginning at the latest. */
static inline struct theirs *says(struct company *c, struct str sid, const char *status)
{
    enum call_status s;
    struct theirs *t = &c->calls[c->n++];

    assert_true(call_status_parse(str_from(status), &s));
    *t = (struct theirs){.sid = sid,
                         .status = status,
                         .start = test_calls_now - MINUTES(2),
                         .end = TIME_NONE,
                         .duration = INT_NONE,
                         .price = INT_NONE,
                         .answer = RECONCILE_FOUND};
    if (call_status_is_final(s)) {
        t->end = t->start + MINUTES(1);
        t->duration = 60;
    }
    return t;
}

#endif
