#ifndef CALLS_WORLD_KIT_H
#define CALLS_WORLD_KIT_H
/*
 * Changes, and worlds of calls that they are applied to: a handful of calls folded together, as a
 * batch does it, so that a change of a child tells its parent. A world's text is everything that is
 * stored of all of them.
 */
#include "test/test.h"

#include "base/clock.h"
#include "calls/apply.h"
#include "calls/fold.h"

#define T0 SECONDS(1800000000)

enum { WORLD_CALLS = 4, TEXT_MAX = 64 * 1024 };

struct world {
    struct call calls[WORLD_CALLS];
    size_t n;
};

static const struct str owned[] = {STR("+16175006181")};
static const struct call_rules rules = {.owned = owned, .n_owned = 1, .region = STR("US")};

// --- changes -------------------------------------------------------------------------------------

static inline struct call_change change_of(const char *sid, enum call_change_kind kind, int at)
{
    struct call_change c = call_change_none;

    c.kind = kind;
    c.call_sid = str_from(sid);
    c.event_time = T0 + SECONDS(at);
    c.observed_at = T0 + SECONDS(at) + MILLISECONDS(300);
    return c;
}

static inline struct call_change status_of(const char *sid, const char *status, int at,
                                           int64_t sequence)
{
    struct call_change c = change_of(sid, CALL_CHANGE_STATUS, at);

    c.status = str_from(status);
    c.sequence = sequence;
    c.from = STR("+15085140320");
    c.to = STR("+16175006181");
    c.provider_direction = STR("inbound");
    return c;
}

static inline struct call_change final_of(const char *sid, const char *status, int at,
                                          int64_t duration)
{
    struct call_change c = status_of(sid, status, at, 3);

    c.duration = duration;
    return c;
}

static inline struct call_change child_of(struct call_change c, const char *parent)
{
    c.parent_sid = str_from(parent);
    c.to = STR("sip:dispatcher@abchomes.sip.us1.twilio.com");
    c.provider_direction = STR("outbound-dial");
    return c;
}

static inline struct call_change dial_of(const char *sid, const char *child, const char *status,
                                         int bridged, int at)
{
    struct call_change c = change_of(sid, CALL_CHANGE_DIAL, at);

    c.status = STR("in-progress");
    c.dial.given = true;
    c.dial.sid = str_from(child);
    c.dial.status = str_from(status);
    if (bridged >= 0)
        c.dial.bridged = bridged ? CALL_BRIDGED_YES : CALL_BRIDGED_NO;
    return c;
}

static inline struct call_change recording_of(const char *sid, const char *recording,
                                              const char *status, int at)
{
    struct call_change c = change_of(sid, CALL_CHANGE_RECORDING, at);

    c.event_time = TIME_NONE;
    c.recording.sid = str_from(recording);
    c.recording.status = str_from(status);
    c.recording.url = STR("https://example.com/recording");
    c.recording.duration = 58;
    return c;
}

// --- worlds --------------------------------------------------------------------------------------

static inline struct call *find(struct world *w, struct str sid)
{
    for (size_t i = 0; i < w->n; i++)
        if (str_eq(w->calls[i].twilio_sid, sid))
            return &w->calls[i];
    assert_true(w->n < WORLD_CALLS);
    w->calls[w->n] = call_unknown(1, STR("twilio"), sid);
    return &w->calls[w->n++];
}

static inline struct call_effect apply_one(struct world *w, const struct call_change *c,
                                           struct arena *a)
{
    struct call *at = find(w, c->call_sid);
    const struct call before = *at;
    struct call_effect effect;

    call_apply(&before, c, a, at, &effect);
    return effect;
}

static inline struct call_effect apply(struct world *w, const struct call_change *c,
                                       struct arena *a)
{
    const struct call_effect effect = apply_one(w, c, a);
    struct call_change told;

    if (effect.parent_concerned) {
        call_leg_change(find(w, c->call_sid), c, &told);
        (void)apply_one(w, &told, a); // what it does to the parent is seen in the world's text
    }
    return effect;
}

static inline void put_call(struct buf *out, const struct call *c)
{
    call_json(out, c);
    buf_str(out, c->attributes);
    call_fold_json(out, c->fold);
    buf_char(out, '\n');
}

static inline struct str text_of(const struct world *w, struct arena *a)
{
    const struct call *sorted[WORLD_CALLS];
    struct buf out;
    struct str text;

    for (size_t i = 0; i < w->n; i++) {
        size_t at = i;

        for (; at > 0 && str_cmp(w->calls[i].twilio_sid, sorted[at - 1]->twilio_sid) < 0; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = &w->calls[i];
    }
    buf_init(&out, TEXT_MAX);
    for (size_t i = 0; i < w->n; i++)
        put_call(&out, sorted[i]);
    assert_true(buf_ok(&out));
    text = str_dup(buf_view(&out), a);
    buf_finish(&out);
    return text;
}

static inline void settle(struct call_change *changes, size_t n, struct arena *a)
{
    struct err e = {0};

    for (size_t i = 0; i < n; i++)
        assert_ok(call_change_settle(&changes[i], &rules, a, &e), &e);
}

#endif
