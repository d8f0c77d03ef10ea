#include "tenancy/flags.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/fault.h"
#include "tenancy/audit.h"
#include "tenancy/tenancy_kit.h"

static struct flags read(const char *text)
{
    return flags_read(str_from(text));
}

static void flags_are_written_and_read(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const struct flags none = flags_none();
    const char *const text =
        "webhook_ingestion_enabled=shadow realtime_push_enabled=off worker_percentage=10";

    (void)state;
    const struct flags f = read(text);
    assert_int_equal(f.v[FLAG_INGESTION], INGESTION_SHADOW);
    assert_int_equal(f.v[FLAG_PUSH], 0);
    assert_int_equal(f.v[FLAG_RECONCILE], INT_NONE);
    assert_int_equal(f.v[FLAG_WORKER_SHARE], 10);
    assert_str(flags_text(&f, a), text);
    assert_true(str_is_none(flags_text(&none, a)));
    // What a newer program has written, and what is no flag at all.
    const struct flags odd = read("speed=9 worker_percentage=101 realtime_push_enabled=maybe x");
    assert_memory_equal(&odd, &none, sizeof odd);
}

static void what_is_no_value_is_refused_in_words(void **state)
{
    struct err e = {0};
    int64_t v;

    (void)state;
    assert_refused(flag_parse(FLAG_INGESTION, STR("true"), &v, &e), &e, ERR_INVALID);
    assert_true(str_contains(str_from(e.text), STR("off shadow on")));
    assert_refused(flag_parse(FLAG_WORKER_SHARE, STR("-1"), &v, &e), &e, ERR_INVALID);
    assert_refused(flag_parse(FLAG_WORKER_SHARE, STR("10%"), &v, &e), &e, ERR_INVALID);
    assert_ok(flag_parse(FLAG_PUSH, STR(""), &v, &e), &e);
    assert_int_equal(v, INT_NONE);
}

static void of_two_the_narrower_counts_and_what_is_not_set_narrows_nothing(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const struct flags x = read("webhook_ingestion_enabled=shadow realtime_push_enabled=off"),
                       y = read("webhook_ingestion_enabled=on worker_percentage=10");
    const struct flags xy = flags_narrow(&x, &y), yx = flags_narrow(&y, &x);
    const char *const both =
        "webhook_ingestion_enabled=shadow realtime_push_enabled=off worker_percentage=10";

    (void)state;
    assert_str(flags_text(&xy, a), both);
    assert_str(flags_text(&yx, a), both);
}

static void a_value_has_its_text(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);

    (void)state;
    assert_str(flag_text(FLAG_INGESTION, INGESTION_OFF, a), "off");
    assert_str(flag_text(FLAG_INGESTION, INGESTION_ON, a), "on");
    assert_str(flag_text(FLAG_WORKER_SHARE, 7, a), "7");
    assert_str(flag_text(FLAG_PUSH, INT_NONE, a), NULL);
    assert_str(flag_text(FLAG_WORKER_SHARE, INT_NONE, a), NULL);
}

static struct flags load(struct kit *k, struct flag_board *b, int64_t project, bool want_changed)
{
    struct err e = {0};
    bool changed;

    assert_ok(flag_board_load(b, k->db, &changed, &e), &e);
    assert_int_equal(changed, want_changed);
    return flag_board_of(b, project);
}

/* In a transaction that is left open. */
static void begin_change(struct db *db, const struct flags_change *c, struct arena *a)
{
    static const struct actor somebody = {.kind = ACTOR_NOBODY};
    const struct audit_entry by = {.who = &somebody};
    struct err e = {0};

    assert_ok(db_begin(db, &e), &e);
    assert_ok(flags_change(db, c, &by, KIT_NOW, a, &e), &e);
}

static void change(struct db *db, const struct flags_change *c, struct arena *a)
{
    struct err e = {0};

    begin_change(db, c, a);
    assert_ok(db_commit(db, &e), &e);
}

static void set(struct kit *k, int64_t project, const char *text)
{
    struct flags_change c = {.project = project, .flags = read(text)};

    memset(c.given, true, sizeof c.given);
    change(k->db, &c, k->a);
}

static void a_project_narrows_and_never_widens(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct kit k = kit_start(db, a);
        int64_t other_org;
        const int64_t other = kit_other_project(&k, &other_org);
        const struct flags preset = flags_widest();
        struct flag_board *b = flag_board_create(&preset);

        assert_int_equal(flag_board_share(b, k.project), 100);
        (void)load(&k, b, k.project, false);
        set(&k, k.project, "worker_percentage=10 realtime_push_enabled=off");
        assert_int_equal(load(&k, b, k.project, true).v[FLAG_PUSH], 0);
        assert_int_equal(flag_board_share(b, k.project), 10);
        assert_int_equal(flag_board_share(b, other), 100); // another's is its own
        set(&k, FLAGS_INSTALLATION, "worker_percentage=5 webhook_ingestion_enabled=on");
        assert_int_equal(load(&k, b, k.project, true).v[FLAG_WORKER_SHARE], 5);
        set(&k, FLAGS_INSTALLATION, "webhook_ingestion_enabled=shadow");
        set(&k, other, "webhook_ingestion_enabled=on worker_percentage=50");
        assert_int_equal(load(&k, b, other, true).v[FLAG_INGESTION], INGESTION_SHADOW);
        assert_int_equal(flag_board_share(b, other), 0);
        set(&k, FLAGS_INSTALLATION, "");
        set(&k, other, "");
        set(&k, k.project, "");
        (void)load(&k, b, k.project, true);
        (void)load(&k, b, k.project, false);
        assert_int_equal(flag_board_share(b, k.project), 100);
        flag_board_destroy(b);
    }
}

static void the_installation_counts_before_the_configuration(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct kit k = kit_start(db, a);
        struct flags preset = flags_widest();
        preset.v[FLAG_INGESTION] = INGESTION_OFF;
        struct flag_board *b = flag_board_create(&preset);
        struct flags got;
        struct err e = {0};

        assert_int_equal(flag_board_value(b, k.project, FLAG_INGESTION), INGESTION_OFF);
        set(&k, FLAGS_INSTALLATION, "webhook_ingestion_enabled=on");
        assert_int_equal(load(&k, b, k.project, true).v[FLAG_INGESTION], INGESTION_ON);
        assert_ok(flags_get(db, FLAGS_INSTALLATION, a, &got, &e), &e);
        assert_int_equal(got.v[FLAG_INGESTION], INGESTION_ON);
        assert_refused(flags_get(db, 999, a, &got, &e), &e, ERR_NOT_FOUND);
        flag_board_destroy(b);
    }
}

static void what_hung_before_is_not_kept(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct kit k = kit_start(db, a);
        const struct flags preset = flags_widest();
        struct flag_board *b = flag_board_create(&preset);

        for (int i = 0; i < 20; i++) {
            set(&k, k.project, i % 2 == 0 ? "worker_percentage=10" : "worker_percentage=20");
            (void)load(&k, b, k.project, true);
            assert_int_equal(flag_board_sheets(b), 1);
        }
        flag_board_destroy(b);
    }
}

static void each_of_many_projects_has_its_own(void **state)
{
    enum { MANY = 20 };

    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct kit k = kit_start(db, a);
        const struct flags preset = flags_widest();
        struct flag_board *b = flag_board_create(&preset);
        int64_t projects[MANY];

        for (int i = 0; i < MANY; i++) {
            struct err e = {0};
            assert_ok(project_create(OFFICE(db, &k.rng, KIT_NOW), k.org, STR("One of many"), a,
                                     &projects[i], &e),
                      &e);
            set(&k, projects[i], str_z(str_fmt(a, "worker_percentage=%d", i), a));
        }
        (void)load(&k, b, k.project, true);
        for (int i = 0; i < MANY; i++)
            assert_int_equal(flag_board_share(b, projects[i]), i);
        assert_int_equal(flag_board_share(b, k.project), 100);
        flag_board_destroy(b);
        flag_board_destroy(NULL);
    }
}

// --- a store that fails --------------------------------------------------------------------------

struct failing {
    struct kit k;
    struct flag_board *board;
    int64_t whose, share; /* that is set */
};

static int64_t other_share(const struct failing *t)
{
    return (t->share + 1) % 100;
}

static bool set_share(struct failing *t, int64_t share, struct err *e)
{
    static const struct actor somebody = {.kind = ACTOR_NOBODY};
    const struct audit_entry by = {.who = &somebody};
    struct flags_change c = {.project = t->whose, .flags = flags_none()};

    c.flags.v[FLAG_WORKER_SHARE] = share;
    c.given[FLAG_WORKER_SHARE] = true;
    if (!db_begin(t->k.db, e))
        return false;
    if (flags_change(t->k.db, &c, &by, KIT_NOW, t->k.a, e))
        return db_commit(t->k.db, e);
    db_rollback(t->k.db);
    return false;
}

static int64_t share_of(struct failing *t)
{
    struct flags got = flags_none();
    struct err e = {0};

    for (int tries = 0; !flags_get(t->k.db, t->whose, t->k.a, &got, &e); tries++) {
        assert_true(fault_struck() && tries < 100);
        err_clear(&e);
        fault_disarm(); // it may have lasted
    }
    return got.v[FLAG_WORKER_SHARE];
}

/* The board shows what is set, the old or the new; or what it showed. */
static void load_in_spite(struct failing *t)
{
    const int64_t before = flag_board_value(t->board, t->whose, FLAG_WORKER_SHARE);
    struct err e = {0};
    bool changed;

    const bool ok = flag_board_load(t->board, t->k.db, &changed, &e);
    const int64_t now = flag_board_value(t->board, t->whose, FLAG_WORKER_SHARE);
    assert_true(ok ? now == t->share || now == other_share(t) : now == before && fault_struck());
    if (!ok)
        fault_disarm();
}

static void change_in_spite(void *arg)
{
    struct failing *t = arg;
    const int64_t wanted = other_share(t);
    struct err e = {0};

    const bool ok = set_share(t, wanted, &e);
    assert_true(ok || (fault_struck() && e.code == ERR_UNAVAILABLE));
    load_in_spite(t);
    const int64_t got = share_of(t);
    assert_true(got == wanted || (!ok && got == t->share));
    t->share = wanted;
    if (ok)
        return;
    fault_disarm();
    for (int tries = 0; !set_share(t, wanted, &e); tries++) { // behind a commit that was lost
        assert_true(tries < 100);
        err_clear(&e);
    }
}

static void a_failure_anywhere_leaves_the_old_or_the_new(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct failing t = {.k = kit_start(db, a)};
        const int64_t whose[] = {t.k.project, FLAGS_INSTALLATION}; // which narrows the other then
        const struct flags preset = flags_widest();

        t.board = flag_board_create(&preset);
        for (size_t i = 0; i < LEN(whose); i++) {
            struct err e = {0};
            t.whose = whose[i];
            t.share = 1;
            assert_ok(set_share(&t, t.share, &e), &e);
            assert_true(test_every_fault_twice(NULL, change_in_spite, &t) > 8);
        }
        flag_board_destroy(t.board);
    }
}

struct reader {
    struct flag_board *board;
    int64_t project;
    _Atomic bool reads, ends;
    bool odd;
};

/* Both values are set together. */
static void *read_on(void *arg)
{
    struct reader *r = arg;

    while (!atomic_load(&r->ends)) {
        const struct flags f = flag_board_of(r->board, r->project);
        r->odd |= (f.v[FLAG_WORKER_SHARE] == 10) != (f.v[FLAG_PUSH] == 0);
        atomic_store(&r->reads, true);
    }
    return NULL;
}

static void who_reads_while_it_changes_reads_one_or_the_other(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct kit k = kit_start(db, a);
        const struct flags preset = flags_widest();
        struct reader r = {.board = flag_board_create(&preset), .project = k.project};
        pthread_t thread;

        assert_int_equal(pthread_create(&thread, NULL, read_on, &r), 0);
        for (int i = 0; i < 100; i++) {
            set(&k, k.project, i % 2 == 0 ? "worker_percentage=10 realtime_push_enabled=off" : "");
            (void)load(&k, r.board, k.project, true);
            atomic_store(&r.reads, false);
            while (!atomic_load(&r.reads))
                ;
        }
        atomic_store(&r.ends, true);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_false(r.odd);
        (void)load(&k, r.board, k.project, false);
        assert_int_equal(flag_board_sheets(r.board), 1);
        flag_board_destroy(r.board);
    }
}

struct other {
    struct store *store;
    struct flags_change change;
};

static void *change_too(void *arg)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const struct other *o = arg;
    _cleanup_(db_closep) struct db *db = store_connect(o->store, STORE_WORK);

    change(db, &o->change, a);
    return NULL;
}

static void of_two_changes_at_once_none_is_lost(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct kit k = kit_start(db, a);
        const int64_t whose[] = {k.project, FLAGS_INSTALLATION};

        for (size_t i = 0; i < LEN(whose); i++) {
            struct flags_change c = {.project = whose[i], .flags = read("worker_percentage=10")};
            struct other o = {store, {whose[i], read("realtime_push_enabled=off"), {0}}};
            struct flags got;
            struct err e = {0};

            c.given[FLAG_WORKER_SHARE] = o.change.given[FLAG_PUSH] = true;
            begin_change(db, &c, a);
            kit_let_on(db, kit_beside(store, "flags|installation", change_too, &o, a));
            assert_ok(flags_get(db, whose[i], a, &got, &e), &e);
            assert_int_equal(got.v[FLAG_WORKER_SHARE], 10);
            assert_int_equal(got.v[FLAG_PUSH], 0);
        }
    }
}

TEST_MAIN(cmocka_unit_test(flags_are_written_and_read),
          cmocka_unit_test(what_is_no_value_is_refused_in_words),
          cmocka_unit_test(of_two_the_narrower_counts_and_what_is_not_set_narrows_nothing),
          cmocka_unit_test(a_value_has_its_text),
          cmocka_unit_test(each_of_many_projects_has_its_own),
          cmocka_unit_test(a_failure_anywhere_leaves_the_old_or_the_new),
          cmocka_unit_test(a_project_narrows_and_never_widens),
          cmocka_unit_test(the_installation_counts_before_the_configuration),
          cmocka_unit_test(of_two_changes_at_once_none_is_lost),
          cmocka_unit_test(what_hung_before_is_not_kept),
          cmocka_unit_test(who_reads_while_it_changes_reads_one_or_the_other))
