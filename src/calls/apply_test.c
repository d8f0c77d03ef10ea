/*
 * Whatever the order in which the changes of a call arrive, and however often: the same snapshot.
 *
 * A "world" is a handful of calls folded together, as a batch does it: a change of a child tells
 * its parent. Its text is everything that is stored of all of them.
 */
#include "test/test.h"

#include "base/clock.h"
#include "base/json.h"
#include "calls/apply.h"
#include "calls/fold.h"

#define T0 SECONDS(1800000000)

enum { WORLD_CALLS = 4, CHANGES_MAX = 12, TEXT_MAX = 64 * 1024 };

struct world {
    struct call calls[WORLD_CALLS];
    size_t n;
};

static const struct str owned[] = {STR("+16175006181")};
static const struct call_rules rules = {.owned = owned, .n_owned = 1, .region = STR("US")};

// --- changes -------------------------------------------------------------------------------------

static struct call_change change_of(const char *sid, enum call_change_kind kind, int at)
{
    struct call_change c = call_change_none;

    c.kind = kind;
    c.call_sid = str_from(sid);
    c.event_time = T0 + SECONDS(at);
    c.observed_at = T0 + SECONDS(at) + MILLISECONDS(300);
    return c;
}

static struct call_change status_of(const char *sid, const char *status, int at, int64_t sequence)
{
    struct call_change c = change_of(sid, CALL_CHANGE_STATUS, at);

    c.status = str_from(status);
    c.sequence = sequence;
    c.from = STR("+15085140320");
    c.to = STR("+16175006181");
    c.provider_direction = STR("inbound");
    return c;
}

static struct call_change final_of(const char *sid, const char *status, int at, int64_t duration)
{
    struct call_change c = status_of(sid, status, at, 3);

    c.duration = duration;
    return c;
}

static struct call_change child_of(struct call_change c, const char *parent)
{
    c.parent_sid = str_from(parent);
    c.to = STR("sip:dispatcher@abchomes.sip.us1.twilio.com");
    c.provider_direction = STR("outbound-dial");
    return c;
}

static struct call_change dial_of(const char *sid, const char *child, const char *status,
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

static struct call_change recording_of(const char *sid, const char *recording, const char *status,
                                       int at)
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

static struct call *find(struct world *w, struct str sid)
{
    for (size_t i = 0; i < w->n; i++)
        if (str_eq(w->calls[i].twilio_sid, sid))
            return &w->calls[i];
    assert_true(w->n < WORLD_CALLS);
    w->calls[w->n] = call_unknown(1, STR("twilio"), sid);
    return &w->calls[w->n++];
}

static struct call_effect apply_one(struct world *w, const struct call_change *c, struct arena *a)
{
    struct call *at = find(w, c->call_sid);
    const struct call before = *at;
    struct call_effect effect;

    call_apply(&before, c, a, at, &effect);
    return effect;
}

static struct call_effect apply(struct world *w, const struct call_change *c, struct arena *a)
{
    const struct call_effect effect = apply_one(w, c, a);
    struct call_change told;

    if (effect.parent_concerned) {
        call_leg_change(find(w, c->call_sid), c, &told);
        (void)apply_one(w, &told, a); // what it does to the parent is seen in the world's text
    }
    return effect;
}

static void put_call(struct buf *out, const struct call *c)
{
    call_json(out, c);
    buf_str(out, c->attributes);
    call_fold_json(out, c->fold);
    buf_char(out, '\n');
}

static struct str text_of(const struct world *w, struct arena *a)
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

static struct world fold_in_order(const struct call_change *changes, const size_t *order, size_t n,
                                  struct arena *a)
{
    struct world w = {.n = 0};

    for (size_t i = 0; i < n; i++)
        (void)apply(&w, &changes[order[i]], a); // the whole is compared, not the steps
    return w;
}

static void settle(struct call_change *changes, size_t n, struct arena *a)
{
    struct err e = {0};

    for (size_t i = 0; i < n; i++)
        assert_ok(call_change_settle(&changes[i], &rules, a, &e), &e);
}

static void swap(size_t *a, size_t *b)
{
    const size_t held = *a;

    *a = *b;
    *b = held;
}

struct permutations {
    const struct call_change *changes;
    size_t n;
    size_t order[CHANGES_MAX];
    struct str want;
    size_t n_seen;
    struct arena *a;
};

static void check_order(struct permutations *p)
{
    const struct world w = fold_in_order(p->changes, p->order, p->n, p->a);

    if (!str_eq(text_of(&w, p->a), p->want)) {
        print_error("order");
        for (size_t i = 0; i < p->n; i++)
            print_error(" %zu", p->order[i]);
        print_error("\nwant " STR_FMT "\ngot  " STR_FMT "\n", STR_ARG(p->want),
                    STR_ARG(text_of(&w, p->a)));
        fail();
    }
    p->n_seen++;
    arena_reset(p->a);
}

/* Heap's algorithm. */
static void each_order(struct permutations *p, size_t k)
{
    if (k <= 1) {
        check_order(p);
        return;
    }
    for (size_t i = 0; i < k; i++) {
        each_order(p, k - 1);
        swap(&p->order[k % 2 == 0 ? i : 0], &p->order[k - 1]);
    }
}

static size_t check_all_orders(struct call_change *changes, size_t n)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    _cleanup_(arena_destroyp) struct arena *kept = arena_create(0);
    struct permutations p = {.changes = changes, .n = n, .a = a};
    struct world first;

    settle(changes, n, kept);
    for (size_t i = 0; i < n; i++)
        p.order[i] = i;
    first = fold_in_order(changes, p.order, n, kept);
    p.want = text_of(&first, kept);
    each_order(&p, n);
    return p.n_seen;
}

// --- tests ---------------------------------------------------------------------------------------

static void f078_any_order_of_a_calls_events_gives_one_snapshot(void **state)
{
    struct call_change changes[] = {
        status_of("CA1", "initiated", 0, 0),   status_of("CA1", "ringing", 1, 1),
        status_of("CA1", "in-progress", 1, 2),                                // in the same second
        final_of("CA1", "completed", 9, 8),    final_of("CA1", "busy", 9, 0), // a tie of finals
        status_of("CA1", "ringing", 1, 1),                                    // told twice
    };

    (void)state;
    assert_int_equal(check_all_orders(changes, LEN(changes)), 720);
}

static void any_order_of_dials_and_recordings_gives_one_snapshot(void **state)
{
    struct call_change reconciled = final_of("CA1", "no-answer", 8, 0);
    struct call_change changes[] = {
        status_of("CA1", "ringing", 0, 0),
        dial_of("CA1", "CA2", "completed", 0, 6),
        dial_of("CA1", "CA2", "completed", 1, 6),
        recording_of("CA1", "RE1", "completed", 7),
        recording_of("CA1", "RE1", "in-progress", 2),
        (reconciled.source = CALL_SOURCE_RECONCILE_HOT, reconciled),
    };

    (void)state;
    assert_int_equal(check_all_orders(changes, LEN(changes)), 720);
}

static void any_order_of_parent_and_child_gives_one_pair(void **state)
{
    struct call_change changes[] = {
        status_of("CA1", "ringing", 0, 0),
        status_of("CA1", "in-progress", 1, 1),
        final_of("CA1", "completed", 30, 30),
        child_of(status_of("CA2", "ringing", 2, 1), "CA1"),
        child_of(status_of("CA2", "in-progress", 5, 2), "CA1"),
        child_of(final_of("CA2", "completed", 30, 25), "CA1"),
    };

    (void)state;
    assert_int_equal(check_all_orders(changes, LEN(changes)), 720);
}

static void any_order_of_two_children_gives_one_family(void **state)
{
    struct call_change changes[] = {
        final_of("CA1", "completed", 30, 30),
        dial_of("CA1", "CA3", "no-answer", 0, 29),
        child_of(status_of("CA2", "ringing", 2, 1), "CA1"),
        child_of(final_of("CA2", "busy", 3, 0), "CA1"),
        child_of(final_of("CA2", "busy", 4, 0), "CA1"), // again, later
        child_of(status_of("CA3", "ringing", 3, 1), "CA1"),
        child_of(final_of("CA3", "no-answer", 29, 0), "CA1"),
    };

    (void)state;
    assert_int_equal(check_all_orders(changes, LEN(changes)), 5040);
}

// --- random families, shuffled -------------------------------------------------------------------

static const char *pick(struct rng *r, const char *const *words, size_t n)
{
    return words[rng_below(r, n)];
}

static struct call_change random_change(struct rng *r)
{
    static const char *const sids[] = {"CA1", "CA2", "CA3"};
    static const char *const statuses[] = {"queued",    "initiated", "ringing",   "in-progress",
                                           "completed", "busy",      "no-answer", "canceled",
                                           "failed",    "weird"};
    static const char *const froms[] = {"+15085140320", "Anonymous", "sip:dispatcher@example.com"};
    static const struct call_detail details[] = {{STR("answered_by"), STR("human")},
                                                 {STR("answered_by"), STR("unknown")},
                                                 {STR("from_city"), STR("BOSTON")}};
    const char *sid = pick(r, sids, LEN(sids));
    const int at = (int)rng_below(r, 4);
    struct call_change c = status_of(sid, pick(r, statuses, LEN(statuses)), at,
                                     rng_below(r, 2) ? (int64_t)rng_below(r, 4) : INT64_MIN);

    switch (rng_below(r, 8)) {
    case 0:
        c = recording_of(sid, rng_below(r, 2) ? "RE1" : "RE2",
                         rng_below(r, 2) ? "completed" : "in-progress", at);
        break;
    case 1:
        c = dial_of(sid, rng_below(r, 2) ? "CA2" : NULL, pick(r, statuses + 4, 5),
                    (int)rng_below(r, 3) - 1, at);
        c.dial.duration = (int64_t)rng_below(r, 3);
        break;
    default:
        c.source =
            (enum call_source)(rng_below(r, 3) ? CALL_SOURCE_WEBHOOK : CALL_SOURCE_RECONCILE_WARM);
        c.from = str_from(pick(r, froms, LEN(froms)));
        c.duration = rng_below(r, 2) ? (int64_t)rng_below(r, 60) : INT64_MIN;
        c.price = rng_below(r, 3) ? INT64_MIN : -(int64_t)rng_below(r, 300);
        c.start_time = rng_below(r, 3) ? TIME_NONE : T0 + SECONDS((int)rng_below(r, 3));
        c.end_time = rng_below(r, 3) ? TIME_NONE : T0 + SECONDS(10 + (int)rng_below(r, 3));
        c.details = details;
        c.n_details = rng_below(r, 4);
        if (c.n_details > 1)
            c.details = details + 1, c.n_details = 2;
        break;
    }
    if (strcmp(sid, "CA1") != 0)
        c.parent_sid = STR("CA1");
    return c;
}

/* The two differ in a few characters of thousands: shows where. */
static void assert_same(struct str want, struct str got)
{
    size_t at = 0;

    if (str_eq(want, got))
        return;
    while (at < want.n && at < got.n && want.p[at] == got.p[at])
        at++;
    at = at > 60 ? at - 60 : 0;
    fail_msg("the snapshots differ:\nwant …" STR_FMT "\ngot  …" STR_FMT,
             STR_ARG(str_sub(want, at, 160)), STR_ARG(str_sub(got, at, 160)));
}

static void shuffle(struct rng *r, size_t *order, size_t n)
{
    for (size_t i = n; i > 1; i--)
        swap(&order[i - 1], &order[rng_below(r, i)]);
}

/* Through the JSON of the log and of the fold, as a call travels between two batches. */
static void travel(struct world *w, struct arena *a)
{
    struct err e = {0};
    struct buf b;

    buf_init(&b, TEXT_MAX);
    for (size_t i = 0; i < w->n; i++) {
        struct call_fold *read = arena_new(a, struct call_fold, 1);

        buf_reset(&b);
        call_fold_json(&b, w->calls[i].fold);
        assert_ok(call_fold_parse(buf_view(&b), a, read, &e), &e);
        w->calls[i].fold = read;
    }
    buf_finish(&b);
}

static struct call_change travelled(const struct call_change *c, struct arena *a)
{
    struct call_change read;
    struct err e = {0};
    struct buf b;

    buf_init(&b, TEXT_MAX);
    call_change_json(&b, c);
    assert_true(buf_ok(&b));
    assert_ok(call_change_parse(str_dup(buf_view(&b), a), a, &read, &e), &e);
    buf_finish(&b);
    return read;
}

struct family {
    struct call_change changes[CHANGES_MAX];
    size_t n;
    size_t order[CHANGES_MAX];
    size_t n_told; /* some are told twice */
    struct str want;
};

static struct family random_family(struct rng *r, struct arena *a)
{
    struct family f = {.n = 3 + rng_below(r, 6)};
    struct world w;

    for (size_t i = 0; i < f.n; i++) {
        f.changes[i] = random_change(r);
        f.order[i] = i;
    }
    settle(f.changes, f.n, a);
    w = fold_in_order(f.changes, f.order, f.n, a);
    f.want = text_of(&w, a);
    f.n_told = f.n + rng_below(r, 3);
    for (size_t i = f.n; i < f.n_told; i++)
        f.order[i] = rng_below(r, f.n);
    return f;
}

/* As it happens in a store: everything goes through its JSON between two events. */
static struct world fold_travelling(const struct family *f, struct arena *a)
{
    struct world w = {.n = 0};

    for (size_t i = 0; i < f->n_told; i++) {
        const struct call_change c = travelled(&f->changes[f->order[i]], a);

        (void)apply(&w, &c, a); // the whole is compared
        travel(&w, a);
    }
    return w;
}

static void shuffles_with_repetitions_change_nothing(void **state)
{
    enum { FAMILIES = 5000, SHUFFLES = 20 };
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    _cleanup_(arena_destroyp) struct arena *kept = arena_create(0);
    struct rng r = rng_seeded(20260208);

    (void)state;
    for (int i = 0; i < FAMILIES; i++, arena_reset(kept)) {
        struct family f = random_family(&r, kept);

        for (int k = 0; k < SHUFFLES; k++, arena_reset(a)) {
            shuffle(&r, f.order, f.n_told);
            const struct world w =
                k == 0 ? fold_travelling(&f, a) : fold_in_order(f.changes, f.order, f.n_told, a);
            assert_same(f.want, text_of(&w, a));
        }
    }
}

static void crowded_lists_keep_the_same_in_any_order(void **state)
{
    enum { MANY = CALL_FOLD_LIST + 8, SHUFFLES = 200 };
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    _cleanup_(arena_destroyp) struct arena *kept = arena_create(0);
    struct call_change changes[2 * MANY];
    size_t order[2 * MANY];
    struct rng r = rng_seeded(1);
    struct str want;
    struct world w;

    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        const char *sid = str_z(str_fmt(kept, "RE%02zu", i), kept);

        changes[2 * i] = recording_of("CA1", sid, "completed", (int)i);
        changes[2 * i + 1] = dial_of("CA1", sid, "busy", 0, (int)i);
    }
    for (size_t i = 0; i < LEN(order); i++)
        order[i] = i;
    settle(changes, LEN(changes), kept);
    w = fold_in_order(changes, order, LEN(order), kept);
    want = text_of(&w, kept);
    assert_int_equal(w.calls[0].fold->n_recordings, CALL_FOLD_LIST);
    assert_int_equal(w.calls[0].fold->n_dials, CALL_FOLD_LIST);
    for (int i = 0; i < SHUFFLES; i++, arena_reset(a)) {
        shuffle(&r, order, LEN(order));
        w = fold_in_order(changes, order, LEN(order), a);
        assert_same(want, text_of(&w, a));
    }
}

// --- the table and what follows from it ----------------------------------------------------------

static bool refused_as(const struct call_effect *x, enum call_refusal why, const char *by)
{
    enum call_refusal told;
    struct str standing;

    return call_refusal_parse(x->refusal, &told, &standing) && told == why &&
           str_eq(standing, str_from(by));
}

static void f075_f083_a_claim_is_refused_exactly_when_the_table_says_so(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct err e = {0};

    (void)state;
    for (int present = 0; present < CALL_STATUS_COUNT; present++)
        for (int claimed = 0; claimed < CALL_STATUS_COUNT; claimed++) {
            const char *was = call_status_name((enum call_status)present).p;
            const char *told = call_status_name((enum call_status)claimed).p;
            struct call_change first = status_of("CA1", was, 5, 1),
                               later = status_of("CA1", told, 6, 2),
                               sooner = status_of("CA1", told, 4, 0), better = later;
            struct world w = {.n = 0};
            struct call_effect late, soon, high;

            better.source = CALL_SOURCE_RECONCILE_HOT;
            assert_true(call_change_settle(&first, &rules, a, &e) &&
                        call_change_settle(&later, &rules, a, &e) &&
                        call_change_settle(&sooner, &rules, a, &e) &&
                        call_change_settle(&better, &rules, a, &e));
            (void)apply(&w, &first, a); // only makes the present state
            late = apply(&(struct world){{w.calls[0]}, 1}, &later, a);
            soon = apply(&(struct world){{w.calls[0]}, 1}, &sooner, a);
            high = apply(&(struct world){{w.calls[0]}, 1}, &better, a);
            switch (call_move_of((enum call_status)present, (enum call_status)claimed)) {
            case CALL_MOVE_APPLY:
            case CALL_MOVE_ENRICH:
                assert_row(late.applied && soon.applied && high.applied, told);
                break;
            case CALL_MOVE_REFUSE:
                assert_row(!late.applied && !soon.applied && !high.applied, told);
                assert_row(refused_as(&late, CALL_REFUSAL_TOO_LATE, was), told);
                break;
            case CALL_MOVE_FIRST_WINS:
                assert_row(!late.applied && soon.applied && high.applied, told);
                assert_row(refused_as(&late, CALL_REFUSAL_FINAL_STANDS, was), told);
                break;
            }
        }
}

static void a_refusal_is_read_as_it_was_written_and_nothing_else_is(void **state)
{
    static const char *const none[] = {
        "",      "late",          "too_late:", "too_late:held", "came too late: ringing after busy",
        ":busy", "too_late busy",
    };
    struct str standing;
    enum call_refusal why;

    (void)state;
    for (int r = 0; r < CALL_REFUSAL_COUNT; r++) {
        assert_true(call_refusal_parse(call_refusal_name((enum call_refusal)r), &why, &standing));
        assert_int_equal(why, r);
        assert_true(str_is_none(standing));
    }
    assert_true(call_refusal_parse(STR("too_late:in-progress"), &why, &standing));
    assert_int_equal(why, CALL_REFUSAL_TOO_LATE);
    assert_str(standing, "in-progress");
    for (size_t i = 0; i < LEN(none); i++)
        assert_row(!call_refusal_parse(str_from(none[i]), &why, &standing), none[i]);
}

/* The table in docs/transitions.md, written from the code. */
static void put_table(struct buf *out)
{
    static const char *const words[] = {
        [CALL_MOVE_APPLY] = "applies",
        [CALL_MOVE_ENRICH] = "enriches",
        [CALL_MOVE_REFUSE] = "refused",
        [CALL_MOVE_FIRST_WINS] = "first wins",
    };

    buf_str(out, STR("| present \\ claimed |"));
    for (int s = 0; s < CALL_STATUS_COUNT; s++)
        buf_fmt(out, " " STR_FMT " |", STR_ARG(call_status_name((enum call_status)s)));
    buf_str(out, STR("\n|---|"));
    for (int s = 0; s < CALL_STATUS_COUNT; s++)
        buf_str(out, STR("---|"));
    buf_char(out, '\n');
    for (int was = 0; was < CALL_STATUS_COUNT; was++) {
        buf_fmt(out, "| **" STR_FMT "** |", STR_ARG(call_status_name((enum call_status)was)));
        for (int s = 0; s < CALL_STATUS_COUNT; s++)
            buf_fmt(out, " %s |", words[call_move_of((enum call_status)was, (enum call_status)s)]);
        buf_char(out, '\n');
    }
}

static void the_documented_table_is_the_one_in_the_code(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct buf table;

    (void)state;
    buf_init(&table, TEXT_MAX);
    put_table(&table);
    if (!str_contains(test_file("docs/transitions.md", a), buf_view(&table)))
        fail_msg("docs/transitions.md must contain:\n" STR_FMT, STR_ARG(buf_view(&table)));
    buf_finish(&table);
}

static struct call only(struct call_change *changes, size_t n, struct arena *a)
{
    struct world w = {.n = 0};

    settle(changes, n, a);
    for (size_t i = 0; i < n; i++)
        (void)apply(&w, &changes[i], a); // the result is looked at
    return *find(&w, STR("CA1"));
}

static void f076_late_early_events_only_enrich(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct call_change changes[] = {final_of("CA1", "completed", 30, 20),
                                    status_of("CA1", "in-progress", 10, 2),
                                    status_of("CA1", "ringing", 3, 1)};
    const struct call c = only(changes, LEN(changes), a);

    (void)state;
    assert_int_equal(c.status, CALL_COMPLETED);
    assert_true(c.is_final && c.finalized_at == T0 + SECONDS(30) && c.end_time == c.finalized_at);
    assert_int_equal(c.answered_at, T0 + SECONDS(10));
    assert_int_equal(c.start_time, T0 + SECONDS(3));
    assert_int_equal(c.last_event_time, T0 + SECONDS(30));
    assert_int_equal(c.wait_time, 7);
    assert_int_equal(c.talk_time, 20);
}

static void f082_an_unknown_status_is_kept_and_flagged(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct err e = {0};
    struct call_change ring = status_of("CA1", "ringing", 0, 0),
                       odd = status_of("CA1", "held", 1, 1);
    struct world w = {.n = 0};
    struct call_effect effect;

    (void)state;
    assert_ok(call_change_settle(&ring, &rules, a, &e), &e);
    assert_ok(call_change_settle(&odd, &rules, a, &e), &e);
    (void)apply(&w, &ring, a); // only the present state
    effect = apply(&w, &odd, a);
    assert_false(effect.applied);
    assert_str(effect.event_status, "held");
    assert_str(effect.refusal, "unknown_status");
    assert_int_equal(w.calls[0].status, CALL_RINGING);
    assert_str(w.calls[0].attributes, "{\"unknown_status\":\"held\"}");
}

static void f079_a_recording_may_come_before_its_call(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct err e = {0};
    struct call_change recording = recording_of("CA1", "RE1", "completed", 9),
                       ring = status_of("CA1", "ringing", 0, 0);
    struct world w = {.n = 0};
    struct call_effect effect;

    (void)state;
    assert_ok(call_change_settle(&recording, &rules, a, &e), &e);
    assert_ok(call_change_settle(&ring, &rules, a, &e), &e);
    effect = apply(&w, &recording, a);
    assert_int_equal(effect.type, CALL_EVENT_RECORDING);
    assert_int_equal(w.calls[0].visibility, CALL_PENDING);
    assert_int_equal(w.calls[0].start_time, TIME_NONE);
    effect = apply(&w, &ring, a);
    assert_int_equal(effect.type, CALL_EVENT_STARTED);
    assert_int_equal(w.calls[0].visibility, CALL_VISIBLE);
    assert_str(w.calls[0].recording_url, "https://example.com/recording");
}

/* Forty details and sixteen recordings, each as long as it may be, of bytes that take six in JSON.
 */
static void the_longest_texts_still_make_whole_columns(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct world w = {.n = 0};
    struct err e = {0};
    char *odd = arena_alloc(a, 4096);

    (void)state;
    memset(odd, '\1', 4096);
    for (int i = 0; i <= CALL_FOLD_DETAILS; i++) { // one more than is kept
        const struct call_detail detail = {str_fmt(a, "%02d%.62s", i, odd), {odd, 4096}};
        struct call_change c = recording_of("CA1", "", "completed", i);

        c.recording.sid = str_fmt(a, "%02d%.98s", i, odd);
        c.recording.url = (struct str){odd, 4096};
        c.details = &detail;
        c.n_details = 1;
        assert_ok(call_change_settle(&c, &rules, a, &e), &e);
        (void)apply(&w, &c, a); // the columns are looked at
        assert_ok(json_check(w.calls[0].attributes, &e), &e);
        assert_ok(json_check(w.calls[0].metadata, &e), &e);
    }
    assert_int_equal(w.calls[0].fold->n_details, CALL_FOLD_DETAILS);
    assert_int_equal(w.calls[0].fold->n_recordings, CALL_FOLD_LIST);
}

static void implausible_times_are_replaced(void **state)
{
    static const usec_t odd[] = {0, -SECONDS(5), SECONDS(253402300799), INT64_MAX, INT64_MIN + 1};
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);

    (void)state;
    for (size_t i = 0; i < LEN(odd); i++) {
        struct call_change c = status_of("CA1", "ringing", 0, 0);
        struct call call;

        c.event_time = odd[i];
        call = only(&c, 1, a);
        assert_int_equal(call.start_time, c.observed_at);
        assert_false(str_is_none(call.fold->odd_time.value));
    }
}

/* What happened to the person, with the talk that there was. */
static void display_status_tells_what_happened_to_the_person(void **state)
{
    const struct {
        const char *label;
        struct call_change changes[4];
        size_t n;
        enum call_status status, display;
        int64_t talk, wait;
    } rows[] = {
        {"no dial",
         {final_of("CA1", "completed", 30, 30)},
         1,
         CALL_COMPLETED,
         CALL_COMPLETED,
         30,
         INT64_MIN},
        {"nobody answered",
         {dial_of("CA1", "CA2", "no-answer", 0, 20), final_of("CA1", "completed", 30, 30)},
         2,
         CALL_COMPLETED,
         CALL_NO_ANSWER,
         0,
         30},
        {"busy",
         {dial_of("CA1", "CA2", "busy", 0, 20), final_of("CA1", "completed", 30, 30)},
         2,
         CALL_COMPLETED,
         CALL_BUSY,
         0,
         30},
        {"screened out",
         {dial_of("CA1", "CA2", "completed", 0, 20),
          child_of(final_of("CA2", "completed", 20, 5), "CA1"),
          final_of("CA1", "completed", 30, 30)},
         3,
         CALL_COMPLETED,
         CALL_NO_ANSWER,
         0,
         30},
        {"bridged",
         {dial_of("CA1", "CA2", "completed", 1, 20),
          child_of(final_of("CA2", "completed", 20, 12), "CA1"),
          final_of("CA1", "completed", 30, 30)},
         3,
         CALL_COMPLETED,
         CALL_COMPLETED,
         12,
         18},
        {"only the leg is known",
         {child_of(final_of("CA2", "failed", 20, 0), "CA1"), final_of("CA1", "completed", 30, 30)},
         2,
         CALL_COMPLETED,
         CALL_FAILED,
         0,
         30},
        {"still ringing for the caller",
         {status_of("CA1", "in-progress", 1, 1),
          child_of(status_of("CA2", "ringing", 2, 1), "CA1")},
         2,
         CALL_IN_PROGRESS,
         CALL_RINGING,
         INT64_MIN,
         INT64_MIN},
        {"answered",
         {status_of("CA1", "in-progress", 1, 1),
          child_of(status_of("CA2", "in-progress", 4, 2), "CA1")},
         2,
         CALL_IN_PROGRESS,
         CALL_IN_PROGRESS,
         INT64_MIN,
         INT64_MIN},
        {"the caller gave up",
         {final_of("CA1", "canceled", 9, 0)},
         1,
         CALL_CANCELED,
         CALL_CANCELED,
         0,
         INT64_MIN},
    };
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);

    (void)state;
    FOR_EACH_ROW (row, rows) {
        struct call_change changes[LEN(row->changes)];
        struct call c;

        memcpy(changes, row->changes, sizeof changes);
        c = only(changes, row->n, a);
        assert_row(c.status == row->status, row->label);
        assert_row(c.display_status == row->display, row->label);
        assert_row(c.talk_time == row->talk, row->label);
        assert_row(c.wait_time == row->wait, row->label);
    }
}

static void filters_hide(void **state)
{
    static const struct {
        const char *label, *from, *to;
        enum call_visibility visibility;
        const char *contact;
    } rows[] = {
        {"inbound", "+15085140320", "+16175006181", CALL_VISIBLE, "+15085140320"},
        {"international", "+442079460958", "+16175006181", CALL_VISIBLE, "+442079460958"},
        {"internal", "sip:1001@example.com", "sip:desk@example.com", CALL_FILTERED, NULL},
        {"withheld", "Anonymous", "+16175006181", CALL_FILTERED, NULL},
        {"malformed", "+123", "+16175006181", CALL_FILTERED, NULL},
        {"withheld, as digits", "+266696687", "+16175006181", CALL_FILTERED, NULL},
        {"our own numbers", "+16175006181", "+16175006181", CALL_FILTERED, NULL},
    };
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);

    (void)state;
    FOR_EACH_ROW (row, rows) {
        struct call_change change = status_of("CA1", "ringing", 0, 0);
        struct call c;

        change.from = str_from(row->from);
        change.to = str_from(row->to);
        c = only(&change, 1, a);
        assert_row(c.visibility == row->visibility, row->label);
        assert_row(str_eq(c.contact, str_from(row->contact)), row->label);
    }
}

TEST_MAIN(cmocka_unit_test(f078_any_order_of_a_calls_events_gives_one_snapshot),
          cmocka_unit_test(any_order_of_dials_and_recordings_gives_one_snapshot),
          cmocka_unit_test(any_order_of_parent_and_child_gives_one_pair),
          cmocka_unit_test(any_order_of_two_children_gives_one_family),
          cmocka_unit_test(shuffles_with_repetitions_change_nothing),
          cmocka_unit_test(crowded_lists_keep_the_same_in_any_order),
          cmocka_unit_test(f075_f083_a_claim_is_refused_exactly_when_the_table_says_so),
          cmocka_unit_test(the_documented_table_is_the_one_in_the_code),
          cmocka_unit_test(f076_late_early_events_only_enrich),
          cmocka_unit_test(a_refusal_is_read_as_it_was_written_and_nothing_else_is),
          cmocka_unit_test(f082_an_unknown_status_is_kept_and_flagged),
          cmocka_unit_test(f079_a_recording_may_come_before_its_call),
          cmocka_unit_test(the_longest_texts_still_make_whole_columns),
          cmocka_unit_test(implausible_times_are_replaced),
          cmocka_unit_test(display_status_tells_what_happened_to_the_person),
          cmocka_unit_test(filters_hide))
