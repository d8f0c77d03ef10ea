#include "sim/refold.h"

#include "base/arena.h"
#include "base/buf.h"
#include "calls/apply.h"
#include "calls/fold.h"
#include "calls/internal.h"
#include "providers/twilio/normalise.h"
#include "sim/fate.h"
#include "sim/node.h"
#include "sim/oracle.h"

enum { PAGE = 100000, TEXT_MAX = 1024 * 1024 };

struct calls {
    struct arena *a;
    struct call *p;
    size_t n, room;
};

static struct call *call_of(struct calls *calls, struct str sid)
{
    for (size_t i = 0; i < calls->n; i++)
        if (str_eq(calls->p[i].twilio_sid, sid))
            return &calls->p[i];
    assert(calls->n < calls->room);
    calls->p[calls->n] = call_unknown(1, STR("twilio"), str_dup(sid, calls->a));
    return &calls->p[calls->n++];
}

/* The change, and what it means for the parent. */
static void apply(struct calls *calls, const struct call_change *change)
{
    struct call_change told = *change;

    for (bool more = true; more;) {
        struct call *c = call_of(calls, told.call_sid);
        struct call_effect effect;
        struct call after;
        call_apply(c, &told, calls->a, &after, &effect);
        *c = after;
        more = effect.parent_concerned;
        if (more) {
            const struct call_change cause = told;
            call_leg_change(c, &cause, &told);
        }
    }
}

struct event {
    struct str type, payload;
    usec_t received_at;
};

/* Not a webhook, but a change: what the log says that the provider has answered. */
#define ANSWER STR("answer")

static bool read_events(struct db *db, struct arena *a, struct event **ret, size_t *ret_n,
                        struct err *e)
{
    struct rows *rows;
    size_t n = 0;

    if (!db_query(db, Q_INBOX_LIST,
                  BINDS(bind_int("project", 1), bind_str("source", STR_NONE),
                        bind_str("event_type", STR_NONE),
                        bind_str("processing_status", STR("completed")),
                        bind_str("call_sid", STR_NONE), bind_str("error", STR_NONE),
                        bind_time("from_time", TIME_NONE), bind_time("to_time", TIME_NONE),
                        bind_int("limit", PAGE), bind_int("offset", 0)),
                  a, &rows, e))
        return err_trace(e);
    struct event *events = arena_new(a, struct event, PAGE);
    while (n < PAGE && rows_next(rows)) {
        struct rows *one;
        if (!db_query(db, Q_INBOX_BY_ID,
                      BINDS(bind_int("project", 1), bind_int("id", rows_int(rows, "id"))), a, &one,
                      e))
            return err_trace(e);
        if (rows_next(one))
            events[n++] = (struct event){rows_str(one, "event_type"), rows_str(one, "payload"),
                                         rows_time(one, "received_at")};
    }
    *ret = events;
    *ret_n = n;
    return rows_end(rows, e) || err_trace(e);
}

static bool read_answers(struct db *db, struct str sid, struct arena *a, struct event *events,
                         size_t *n, struct err *e)
{
    struct rows *rows;

    if (!db_query(db, Q_CALL_EVENT_LIST,
                  BINDS(bind_int("project", 1), bind_str("provider", STR("twilio")),
                        bind_str("sid", sid), bind_int("up_to", INT_NONE)),
                  a, &rows, e))
        return err_trace(e);
    while (*n < PAGE && rows_next(rows))
        if (str_starts(rows_str(rows, "source"), STR("reconcile")))
            events[(*n)++] = (struct event){ANSWER, rows_str(rows, "change"), TIME_NONE};
    return rows_end(rows, e) || err_trace(e);
}

static void shuffle(struct event *events, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        const size_t k = dice_below(&world.dice, i);
        const struct event x = events[i - 1];
        events[i - 1] = events[k];
        events[k] = x;
    }
}

static bool change_of(const struct event *ev, struct arena *a, struct call_change *ret,
                      struct err *e)
{
    if (str_eq(ev->type, ANSWER))
        return call_change_parse(ev->payload, a, ret, e) || err_trace(e);
    return twilio_normalise(ev->type, ev->payload, ev->received_at, a, ret, e) || err_trace(e);
}

static bool fold_all(struct calls *calls, const struct event *events, size_t n, struct err *e)
{
    for (size_t i = 0; i < n; i++) {
        struct call_change change;
        if (!change_of(&events[i], calls->a, &change, e) ||
            !call_change_settle(&change, &cluster.rules, calls->a, e))
            return err_trace(e);
        apply(calls, &change);
    }
    return true;
}

static void compare(const struct call *stored, const struct call *mine)
{
    struct buf fold;

    buf_init(&fold, TEXT_MAX);
    call_fold_json(&fold, mine->fold);
    if (!str_eq(stored->fold_state, buf_view(&fold)))
        oracle_fail("I3: call " STR_FMT " is " STR_FMT ", its events say " STR_FMT,
                    STR_ARG(stored->twilio_sid), STR_ARG(stored->fold_state),
                    STR_ARG(buf_view(&fold)));
    if (stored->status != mine->status || stored->display_status != mine->display_status ||
        stored->is_final != mine->is_final || stored->duration != mine->duration ||
        stored->talk_time != mine->talk_time || stored->wait_time != mine->wait_time ||
        stored->end_time != mine->end_time)
        oracle_fail("I3: the columns of call " STR_FMT " are not those of its events",
                    STR_ARG(stored->twilio_sid));
    buf_finish(&fold);
}

bool refold_check(struct db *db, struct err *e)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(1024 * 1024);
    struct event *events;
    struct call_list stored;
    struct rows *rows;
    size_t n;

    if (!read_events(db, a, &events, &n, e))
        return err_trace(e);
    if (!db_query(db, Q_CALL_AFTER,
                  BINDS(bind_int("project", 1), bind_int("after", 0), bind_int("limit", PAGE)), a,
                  &rows, e) ||
        !call_rows(rows, a, &stored, e))
        return err_trace(e);
    for (size_t i = 0; fate_plan()->asks && i < stored.n; i++)
        if (!read_answers(db, stored.p[i].twilio_sid, a, events, &n, e))
            return err_trace(e);
    struct calls calls = {.a = a, .room = 2 * n + 1};
    calls.p = arena_new(a, struct call, calls.room);
    shuffle(events, n);
    if (!fold_all(&calls, events, n, e))
        return err_trace(e);
    if (stored.n != calls.n)
        oracle_fail("I3: %zu calls are stored, the events tell of %zu", stored.n, calls.n);
    for (size_t i = 0; i < stored.n; i++)
        compare(&stored.p[i], call_of(&calls, stored.p[i].twilio_sid));
    return true;
}
