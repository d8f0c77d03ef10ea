/* Whatever the order in which the changes of a call arrive, and however often: the same snapshot.
 */
#include "calls/world_kit.h"

enum { CHANGES_MAX = 12 };

static struct world fold_in_order(const struct call_change *changes, const size_t *order, size_t n,
                                  struct arena *a)
{
    struct world w = {.n = 0};

    for (size_t i = 0; i < n; i++)
        (void)apply(&w, &changes[order[i]], a); // the whole is compared, not the steps
    return w;
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

TEST_MAIN(cmocka_unit_test(f078_any_order_of_a_calls_events_gives_one_snapshot),
          cmocka_unit_test(any_order_of_dials_and_recordings_gives_one_snapshot),
          cmocka_unit_test(any_order_of_parent_and_child_gives_one_pair),
          cmocka_unit_test(any_order_of_two_children_gives_one_family),
          cmocka_unit_test(shuffles_with_repetitions_change_nothing),
          cmocka_unit_test(crowded_lists_keep_the_same_in_any_order))
