/* Who is invited: a guest until they come (docs/adr/017). */
#include "tenancy/people.h"

#include "tenancy/tenancy_kit.h"

/* Invited into an organisation, with a role there. */
static int64_t invite(struct kit *k, int64_t org, struct str email, enum user_role role)
{
    const struct office o = *OFFICE(k->db, &k->rng, KIT_NOW);
    const struct reach all = {org, INT_NONE, RIGHTS_ALL};
    enum user_role before;
    struct err e = {0};
    int64_t id, again;
    bool made;

    assert_ok(member_ensure(&o, INVITATION(org, email, email), k->a, &id, &made, &e), &e);
    assert_true(made);
    assert_ok(role_grant(&o, &all, ROLE_WISH(id, INT_NONE, role), k->a, &before, &e), &e);
    assert_ok(member_ensure(&o, INVITATION(org, email, email), k->a, &again, &made, &e), &e);
    assert_true(!made && again == id);
    return id;
}

static void who_is_invited_is_a_guest_until_they_come(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct kit k = kit_start(db, a);
        const struct str email = STR("ann@example.com");
        int64_t other, org;
        (void)kit_other_project(&k, &other);
        const struct reach elsewhere = {other, INT_NONE, RIGHTS_ALL};
        struct person p;
        struct member m;
        bool found, still;
        struct err e = {0};

        // Nobody has the address: the first guest becomes who has it, and the second does not.
        const int64_t ann = invite(&k, k.org, email, USER_ROLE_VIEWER);
        const int64_t guest = invite(&k, other, email, USER_ROLE_OPERATOR);
        assert_ok(person_by_email(db, email, a, &p, &found, &e), &e);
        assert_true(!found && guest != ann);
        assert_ok(person_settle(db, ann, a, &e), &e);
        assert_refused(person_settle(db, guest, a, &e), &e, ERR_CONFLICT);
        err_clear(&e);
        assert_ok(person_by_id(db, guest, a, &p, &found, &e), &e);
        assert_true(p.is_guest);
        assert_str(p.email, "ann@example.com");
        assert_ok(person_by_email(db, email, a, &p, &found, &e), &e);
        assert_true(found && p.id == ann && !p.is_guest);

        assert_ok(person_join(db, guest, &p, a, &org, &still, &e), &e);
        assert_true(still && org == other);
        assert_ok(member_find(db, &elsewhere, ann, a, &m, &e), &e);
        assert_true(m.n_roles == 1 && m.roles[0].role == USER_ROLE_OPERATOR);
        assert_refused(member_find(db, &elsewhere, guest, a, &m, &e), &e, ERR_NOT_FOUND);
        err_clear(&e);
        assert_ok(person_join(db, guest, &p, a, &org, &still, &e), &e);
        assert_true(still && org == 0);
    }
}

static void who_has_something_already_keeps_it_and_the_guest_nothing(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct kit k = kit_start(db, a);
        const struct reach all = kit_owner_reach(&k);
        const struct str email = STR("ann@example.com");
        const int64_t guest = invite(&k, k.org, email, USER_ROLE_OWNER);
        const struct person ann = {.id = kit_person(&k, email, INT_NONE, USER_ROLE_VIEWER),
                                   .password_hash = STR_NONE};
        struct member m;
        int64_t org;
        bool still;
        struct err e = {0};

        assert_ok(person_join(db, guest, &ann, a, &org, &still, &e), &e);
        assert_ok(member_find(db, &all, ann.id, a, &m, &e), &e);
        assert_true(m.n_roles == 1 && m.roles[0].role == USER_ROLE_VIEWER);
        assert_refused(member_find(db, &all, guest, a, &m, &e), &e, ERR_NOT_FOUND);
    }
}

static enum account account_of(struct db *db, struct str email, struct arena *a)
{
    enum account account;
    struct err e = {0};

    assert_ok(person_account(db, email, a, &account, &e), &e);
    return account;
}

static void take_all(struct db *db, const struct reach *r, int64_t user, struct arena *a)
{
    struct member m;
    struct member_role taken;
    struct err e = {0};

    assert_ok(member_find(db, r, user, a, &m, &e), &e);
    for (size_t i = 0; i < m.n_roles; i++)
        assert_ok(role_take(OFFICE(db, NULL, KIT_NOW), r, user, m.roles[i].id, a, &taken, &e), &e);
}

static void an_address_that_nobody_came_by_is_a_guests(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct kit k = kit_start(db, a);
        const struct reach all = kit_owner_reach(&k);
        const struct str email = STR("bob@example.com");
        struct person p;
        bool found;
        struct err e = {0};

        assert_int_equal(account_of(db, email, a), ACCOUNT_NONE);
        const int64_t bob = kit_person(&k, email, INT_NONE, USER_ROLE_VIEWER);
        assert_int_equal(account_of(db, email, a), ACCOUNT_WITHOUT_PASSWORD);
        take_all(db, &all, bob, a);
        assert_int_equal(account_of(db, email, a), ACCOUNT_NONE);

        const int64_t guest = invite(&k, k.org, email, USER_ROLE_VIEWER);
        assert_ok(person_settle(db, guest, a, &e), &e);
        assert_ok(person_by_email(db, email, a, &p, &found, &e), &e);
        assert_true(found && p.id == guest);
        assert_ok(person_by_id(db, bob, a, &p, &found, &e), &e);
        assert_true(found && p.is_guest);
        assert_str(p.email, "bob@example.com"); // in the audit log

        take_all(db, &all, guest, a);
        (void)kit_session(&k, guest, KIT_NOW);
        assert_int_equal(account_of(db, email, a), ACCOUNT_WITHOUT_PASSWORD);
        assert_ok(person_set_password(db, guest, STR("x"), KIT_NOW, &e), &e);
        assert_int_equal(account_of(db, email, a), ACCOUNT_WITH_PASSWORD);
        const int64_t late = invite(&k, k.org, email, USER_ROLE_VIEWER);
        assert_refused(person_settle(db, late, a, &e), &e, ERR_CONFLICT);
    }
}

static void who_belongs_nowhere_is_disabled_no_more(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct kit k = kit_start(db, a);
        const struct reach all = kit_owner_reach(&k);
        const int64_t ann = kit_person(&k, STR("ann@example.com"), INT_NONE, USER_ROLE_VIEWER);
        struct member m;
        struct member_role taken;
        struct person p;
        bool found;
        struct err e = {0};

        (void)kit_person(&k, STR("ann@example.com"), k.project, USER_ROLE_VIEWER);
        assert_ok(member_disable(db, &all, ann, true, KIT_NOW, a, &e), &e);
        assert_ok(member_find(db, &all, ann, a, &m, &e), &e);
        assert_ok(role_take(OFFICE(db, NULL, KIT_NOW), &all, ann, m.roles[0].id, a, &taken, &e),
                  &e);
        assert_ok(person_by_id(db, ann, a, &p, &found, &e), &e);
        assert_true(p.disabled_at != TIME_NONE);
        assert_ok(role_take(OFFICE(db, NULL, KIT_NOW), &all, ann, m.roles[1].id, a, &taken, &e),
                  &e);
        assert_ok(person_by_id(db, ann, a, &p, &found, &e), &e);
        assert_true(found && p.disabled_at == TIME_NONE);
    }
}

static struct str link_of(struct kit *k, int64_t user)
{
    struct err e = {0};
    struct str token;

    assert_ok(link_create(OFFICE(k->db, &k->rng, KIT_NOW), user, LINK_INVITATION, k->a, &token, &e),
              &e);
    return token;
}

static bool opens(struct kit *k, struct str token)
{
    struct link link;
    struct err e = {0};
    bool found;

    assert_ok(link_find(k->db, token, KIT_NOW, k->a, &link, &found, &e), &e);
    return found;
}

static void take_at(struct kit *k, int64_t user, int64_t project)
{
    const struct reach all = kit_owner_reach(k);
    struct member m;
    struct member_role taken;
    struct err e = {0};

    assert_ok(member_find(k->db, &all, user, k->a, &m, &e), &e);
    for (size_t i = 0; i < m.n_roles; i++)
        if (m.roles[i].project == project)
            assert_ok(role_take(OFFICE(k->db, NULL, KIT_NOW), &all, user, m.roles[i].id, k->a,
                                &taken, &e),
                      &e);
}

static void what_was_taken_back_is_opened_by_no_link(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct kit k = kit_start(db, a);
        const int64_t guest = invite(&k, k.org, STR("bob@example.com"), USER_ROLE_VIEWER);
        const struct reach all = kit_owner_reach(&k);
        enum user_role before;
        struct err e = {0};

        assert_ok(role_grant(OFFICE(db, NULL, KIT_NOW), &all,
                             ROLE_WISH(guest, k.project, USER_ROLE_VIEWER), a, &before, &e),
                  &e);
        const struct str of_guest = link_of(&k, guest), of_owner = link_of(&k, k.owner);
        take_at(&k, guest, k.project);
        assert_false(opens(&k, of_guest));

        // Who has come may have a link to set another password, as long as they belong somewhere.
        const int64_t ann = kit_person(&k, STR("ann@example.com"), INT_NONE, USER_ROLE_VIEWER);
        (void)kit_person(&k, STR("ann@example.com"), k.project, USER_ROLE_VIEWER);
        const struct str of_ann = link_of(&k, ann);
        take_at(&k, ann, k.project);
        assert_true(opens(&k, of_ann));
        take_at(&k, ann, INT_NONE);
        assert_false(opens(&k, of_ann));
        assert_true(opens(&k, of_owner));
    }
}

struct arrival {
    struct store *store;
    int64_t org, guest;
    struct str email, told;
};

static void *settle_too(void *arg)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct arrival *x = arg;
    _cleanup_(db_closep) struct db *db = store_connect(x->store, STORE_WORK);
    struct err e = {0};

    assert_ok(db_begin(db, &e), &e);
    assert_refused(person_settle(db, x->guest, a, &e), &e, ERR_CONFLICT);
    assert_string_equal(e.text, "this address got an account at this moment");
    db_rollback(db);
    return NULL;
}

static void of_two_who_come_first_at_once_one_is_told_so(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct kit k = kit_start(db, a);
        const struct str email = STR("ann@example.com");
        int64_t other;
        (void)kit_other_project(&k, &other);
        const int64_t ann = invite(&k, k.org, email, USER_ROLE_VIEWER);
        struct arrival late = {.store = store, .guest = invite(&k, other, email, USER_ROLE_VIEWER)};
        struct err e = {0};

        assert_ok(db_begin(db, &e), &e);
        assert_ok(person_settle(db, ann, a, &e), &e);
        kit_let_on(db, kit_beside(store, "UPDATE users", settle_too, &late, a));
    }
}

static void *invite_too(void *arg)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const struct arrival *x = arg;
    _cleanup_(db_closep) struct db *db = store_connect(x->store, STORE_WORK);
    struct rng rng = rng_seeded(2);
    const struct office o = *OFFICE(db, &rng, KIT_NOW);
    const struct reach all = {x->org, INT_NONE, RIGHTS_ALL};
    enum user_role before;
    int64_t id;
    bool made;
    struct err e = {0};

    assert_ok(db_begin(db, &e), &e);
    assert_ok(member_ensure(&o, INVITATION(x->org, x->email, x->email), a, &id, &made, &e), &e);
    assert_ok(role_grant(&o, &all, ROLE_WISH(id, INT_NONE, USER_ROLE_OPERATOR), a, &before, &e),
              &e);
    assert_ok(db_commit(db, &e), &e);
    return NULL;
}

static void what_is_given_while_a_guest_joins_is_the_accounts(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct kit k = kit_start(db, a);
        struct arrival x = {.store = store, .email = STR("ann@example.com")};
        const struct person ann = {.id = kit_person(&k, x.email, INT_NONE, USER_ROLE_VIEWER),
                                   .password_hash = STR_NONE};
        (void)kit_other_project(&k, &x.org);
        const struct reach all = {x.org, INT_NONE, RIGHTS_ALL};
        const int64_t guest = invite(&k, x.org, x.email, USER_ROLE_VIEWER);
        struct member m;
        int64_t org;
        bool still;
        struct err e = {0};

        assert_ok(db_begin(db, &e), &e);
        assert_ok(person_join(db, guest, &ann, a, &org, &still, &e), &e);
        kit_let_on(db, kit_beside(store, "FROM orgs", invite_too, &x, a));
        assert_refused(member_find(db, &all, guest, a, &m, &e), &e, ERR_NOT_FOUND);
        err_clear(&e);
        assert_ok(member_find(db, &all, ann.id, a, &m, &e), &e);
        assert_true(m.n_roles == 1 && m.roles[0].role == USER_ROLE_OPERATOR);
    }
}

static void a_guest_is_no_owner_that_is_left(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct kit k = kit_start(db, a);
        const struct reach all = kit_owner_reach(&k);
        struct err e = {0};

        (void)invite(&k, k.org, STR("ann@example.com"), USER_ROLE_OWNER);
        assert_refused(member_disable(db, &all, k.owner, true, KIT_NOW, a, &e), &e, ERR_CONFLICT);
    }
}

static void the_last_guest_is_one_who_may_come(void **state)
{
    (void)state;
    TEST_STORES(store, a)
    {
        _cleanup_(db_closep) struct db *db = store_connect(store, STORE_WORK);
        struct kit k = kit_start(db, a);
        const struct str email = STR("ann@example.com");
        int64_t other, id;
        (void)kit_other_project(&k, &other);
        const struct reach all = kit_owner_reach(&k);
        const int64_t first = invite(&k, other, email, USER_ROLE_VIEWER);
        const int64_t last = invite(&k, k.org, email, USER_ROLE_VIEWER);
        bool found;
        struct err e = {0};

        assert_ok(person_guest(db, email, a, &id, &found, &e), &e);
        assert_true(found && id == last);
        assert_ok(member_disable(db, &all, last, true, KIT_NOW, a, &e), &e);
        assert_ok(person_guest(db, email, a, &id, &found, &e), &e);
        assert_true(found && id == first);
        assert_ok(member_disable(db, &all, last, false, KIT_NOW, a, &e), &e);
        assert_ok(person_guest(db, email, a, &id, &found, &e), &e);
        assert_true(found && id == last);
    }
}

TEST_MAIN(cmocka_unit_test(who_is_invited_is_a_guest_until_they_come),
          cmocka_unit_test(who_has_something_already_keeps_it_and_the_guest_nothing),
          cmocka_unit_test(an_address_that_nobody_came_by_is_a_guests),
          cmocka_unit_test(who_belongs_nowhere_is_disabled_no_more),
          cmocka_unit_test(what_was_taken_back_is_opened_by_no_link),
          cmocka_unit_test(of_two_who_come_first_at_once_one_is_told_so),
          cmocka_unit_test(what_is_given_while_a_guest_joins_is_the_accounts),
          cmocka_unit_test(a_guest_is_no_owner_that_is_left),
          cmocka_unit_test(the_last_guest_is_one_who_may_come))
