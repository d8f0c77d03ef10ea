/* What is told of a project's accounts: once, by whoever is first, to the project itself. */
#include "providers/outages.h"

#include "base/fault.h"
#include "feed/feed.h"
#include "tenancy/tenancy_kit.h"

struct rig {
    struct store *store;
    struct db *db;
    struct kit kit; /* its project has the account AC1 */
    struct arena *a;
    usec_t now;
    int64_t told; /* by on_committed */
};

static void on_committed(int64_t project, int64_t last_seq, void *arg)
{
    struct rig *r = arg;

    assert_int_equal(project, r->kit.project);
    r->told = last_seq;
}

static struct outages_teller teller(struct rig *r, struct db *db, int64_t project)
{
    return (struct outages_teller){.db = db,
                                   .project = project,
                                   .now = r->now,
                                   .trace_id = STR("trace"),
                                   .a = r->a,
                                   .on_committed = on_committed,
                                   .arg = r};
}

static struct heard heard(struct str account, enum err_code code)
{
    const struct err why = {.code = code};
    struct heard h = {.provider = STR("twilio"), .account = account, .changed_at = TIME_NONE};

    outages_hear(&h, code == ERR_NONE ? NULL : &why);
    return h;
}

/* Of AC1. */
static void tell(struct rig *r, struct db *db, int64_t project, enum err_code code)
{
    const struct outages_teller t = teller(r, db, project);
    struct heard h = heard(STR("AC1"), code);
    struct err e = {0};

    r->now += SECONDS(1);
    assert_ok(outages_tell(&t, (struct heard_all){&h, 1}, &e), &e);
}

static struct feed_page feed_of(struct rig *r, int64_t project)
{
    struct feed_page page;
    struct err e = {0};

    assert_ok(feed_read(r->db, project, 0, 100, r->a, &page, &e), &e);
    return page;
}

static struct outages outages_of(struct rig *r, int64_t project)
{
    struct outages all;
    struct err e = {0};

    assert_ok(connection_outages(r->db, project, r->a, &all, &e), &e);
    return all;
}

static struct rig start(struct store *store, struct db *db, struct arena *a)
{
    return (struct rig){.store = store, .db = db, .kit = kit_start(db, a), .a = a, .now = KIT_NOW};
}

static void an_outage_is_told_when_it_begins_and_when_it_is_over(void **state)
{
    static const struct {
        enum err_code heard;
        int64_t events; /* so far */
    } rows[] = {
        {ERR_NONE, 0},
        {ERR_UNAVAILABLE, 0},
        {ERR_INTEGRATION_TIMEOUT, 1},
        {ERR_INTEGRATION_AUTH, 1},
        {ERR_UPSTREAM, 1},
        {ERR_NONE, 2},
        {ERR_NONE, 2},
        {ERR_INTEGRATION_AUTH, 3},
        {ERR_UNAVAILABLE, 3},
    };

    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct rig r = start(store, db, a);

        for (size_t i = 0; i < LEN(rows); i++) {
            tell(&r, db, r.kit.project, rows[i].heard);
            assert_int_equal(feed_of(&r, r.kit.project).n, rows[i].events);
            assert_int_equal(r.told, rows[i].events);
        }
        const struct feed_page page = feed_of(&r, r.kit.project);
        assert_str(page.items[0].type, "integration.down");
        assert_str(page.items[0].entity_type, "integration");
        assert_str(page.items[0].entity_id, "twilio/AC1");
        assert_str(page.items[0].trace_id, "trace");
        assert_true(str_contains(page.items[0].payload, STR("INTEGRATION_TIMEOUT")));
        assert_str(page.items[1].type, "integration.up");
        assert_true(str_contains(page.items[1].payload, STR("INTEGRATION_TIMEOUT")));
        assert_int_equal(outages_of(&r, r.kit.project).p[0].since, page.items[2].ts);
        assert_int_equal(outages_of(&r, r.kit.project).p[0].code, ERR_INTEGRATION_AUTH);
    }
}

/* The writer's place is taken: whoever writes would wait, and fail. */
static void what_is_no_news_writes_nothing(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        _cleanup_(db_closep) struct db *reader = store_connect(store, STORE_READ);
        _cleanup_(db_closep) struct db *other = store_connect(store, STORE_WORK);
        struct rig r = start(store, db, a);
        const struct outage down = {STR("twilio"), STR("AC1"), KIT_NOW, ERR_INTEGRATION_AUTH};
        struct err e = {0};
        bool first;

        assert_ok(db_begin(other, &e), &e);
        assert_ok(connection_goes_down(other, r.kit.project, &down, TIME_NONE, &first, &e), &e);
        assert_true(first);
        tell(&r, reader, r.kit.project, ERR_NONE);
        tell(&r, reader, r.kit.project, ERR_UPSTREAM);
        assert_ok(db_commit(other, &e), &e);
        tell(&r, reader, r.kit.project, ERR_INTEGRATION_AUTH);
        tell(&r, reader, r.kit.project, ERR_INTEGRATION_TIMEOUT);
        assert_int_equal(r.told, 0);
    }
}

struct beside {
    struct rig *r;
    enum err_code code;
};

static void *tell_beside(void *arg)
{
    const struct beside *b = arg;
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    _cleanup_(db_closep) struct db *db = store_connect(b->r->store, STORE_WORK);
    struct outages_teller t = teller(b->r, db, b->r->kit.project);
    struct heard h = heard(STR("AC1"), b->code);
    struct err e = {0};

    t.a = a;
    assert_ok(outages_tell(&t, (struct heard_all){&h, 1}, &e), &e);
    return NULL;
}

static void of_two_who_find_out_one_tells(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct rig r = start(store, db, a);
        const struct outage down = {STR("twilio"), STR("AC1"), KIT_NOW, ERR_INTEGRATION_AUTH};
        struct beside b = {&r, ERR_INTEGRATION_AUTH};
        struct err e = {0};
        bool first;

        assert_ok(db_begin(db, &e), &e);
        assert_ok(connection_goes_down(db, r.kit.project, &down, TIME_NONE, &first, &e), &e);
        assert_true(first);
        kit_let_on(db, kit_beside(store, "SET down_since", tell_beside, &b, a));
        b.code = ERR_NONE;
        assert_ok(db_begin(db, &e), &e);
        assert_ok(connection_comes_up(db, r.kit.project, &down, &first, &e), &e);
        assert_true(first);
        kit_let_on(db, kit_beside(store, "SET down_since", tell_beside, &b, a));
        assert_int_equal(r.told, 0);
        assert_int_equal(feed_of(&r, r.kit.project).n, 0);
        assert_int_equal(outages_of(&r, r.kit.project).n, 0);
    }
}

static void another_project_is_neither_changed_nor_told(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct rig r = start(store, db, a);
        int64_t org;
        const int64_t other = kit_other_project(&r.kit, &org);

        tell(&r, db, other, ERR_INTEGRATION_AUTH); // with an account that is not its own
        assert_int_equal(outages_of(&r, r.kit.project).n, 0);
        tell(&r, db, r.kit.project, ERR_INTEGRATION_AUTH);
        tell(&r, db, other, ERR_NONE);
        assert_int_equal(outages_of(&r, other).n, 0);
        assert_int_equal(outages_of(&r, r.kit.project).n, 1);
        assert_int_equal(feed_of(&r, other).n, 0);
        assert_int_equal(feed_of(&r, r.kit.project).n, 1);
    }
}

static void what_cannot_be_told_is_not_kept(void **state)
{
    static const char *const points[] = {"feed.reserve", "store.commit"};

    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct rig r = start(store, db, a);
        struct outages_teller t = teller(&r, db, r.kit.project);
        struct heard h = heard(STR("AC1"), ERR_INTEGRATION_AUTH);

        FOR_EACH_ROW (point, points) {
            struct err e = {0};
            fault_arm(*point, 1, false);
            assert_false(outages_tell(&t, (struct heard_all){&h, 1}, &e));
            assert_true(fault_struck());
            fault_disarm();
            err_clear(&e);
            assert_ok(db_ping(db, &e), &e);
            assert_int_equal(outages_of(&r, r.kit.project).n, 0);
            assert_int_equal(feed_of(&r, r.kit.project).n, 0);
        }
        tell(&r, db, r.kit.project, ERR_INTEGRATION_AUTH);
        assert_int_equal(feed_of(&r, r.kit.project).n, 1);
    }
}

TEST_MAIN(cmocka_unit_test(an_outage_is_told_when_it_begins_and_when_it_is_over),
          cmocka_unit_test(what_is_no_news_writes_nothing),
          cmocka_unit_test(of_two_who_find_out_one_tells),
          cmocka_unit_test(another_project_is_neither_changed_nor_told),
          cmocka_unit_test(what_cannot_be_told_is_not_kept))
