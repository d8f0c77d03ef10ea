/* The copy of the accounts, written to a directory of the test's own and read again. */
#include "ops/accounts_copy.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fault.h"
#include "test/test.h"

struct rig {
    struct arena *a;
    struct vault *v, *other;
    struct rng rng;
    struct str directory;
    struct err e;
};

static int begin(void **state)
{
    struct arena *a = arena_create(0);
    struct rig *r = arena_new(a, struct rig, 1);
    char name[] = "/tmp/hookswitch-copy-XXXXXX";

    r->a = a;
    r->rng = rng_seeded(7);
    assert_non_null(mkdtemp(name));
    r->directory = str_dup(str_from(name), a);
    assert_ok(vault_open(STR("the-master-key-of-these-very-tests!"), STR_NONE, &r->v, &r->e),
              &r->e);
    assert_ok(vault_open(STR("some-other-master-key-of-the-tests!"), STR_NONE, &r->other, &r->e),
              &r->e);
    *state = r;
    return 0;
}

static int end(void **state)
{
    struct rig *r = *state;
    const char *directory = str_z(r->directory, r->a);

    (void)unlink(str_z(str_fmt(r->a, "%s/accounts.sealed", directory), r->a));
    (void)unlink(str_z(str_fmt(r->a, "%s/accounts.sealed.new", directory), r->a));
    (void)rmdir(directory);
    vault_close(r->v);
    vault_close(r->other);
    arena_destroy(r->a);
    return 0;
}

static bool save(struct rig *r, const char *secret)
{
    _cleanup_(account_copy_destroyp) struct account_copy *c = account_copy_create(r->v, &r->rng);
    const struct connected_project first = {.project = 7, .settings = {.region = STR("GB")}},
                                   second = {.project = 9};
    const struct sealed_connection account = {
        .provider = STR("twilio"), .account = STR("AC1"), .secret = str_from(secret)};

    account_copy_add_project(c, &first);
    account_copy_add_account(c, 7, &account);
    account_copy_add_project(c, &second);
    err_clear(&r->e);
    return account_copy_save(c, 9, r->directory, &r->e);
}

static void what_was_written_is_read(void **state)
{
    struct rig *r = *state;
    struct copied_accounts all;
    bool found;

    assert_ok(account_copy_read(r->directory, r->v, r->a, &all, &found, &r->e), &r->e);
    assert_false(found);
    assert_ok(save(r, "sealed-one"), &r->e);
    assert_ok(save(r, "sealed-two"), &r->e);
    assert_ok(account_copy_read(r->directory, r->v, r->a, &all, &found, &r->e), &r->e);
    assert_true(found);
    assert_int_equal(all.default_project, 9);
    assert_int_equal(all.n, 2);
    assert_int_equal(all.p[0].project.project, 7);
    assert_str(all.p[0].project.settings.region, "GB");
    assert_true(str_is_none(all.p[0].project.settings.sip_user));
    assert_int_equal(all.p[0].accounts.n, 1);
    assert_str(all.p[0].accounts.p[0].secret, "sealed-two");
    assert_true(str_is_none(all.p[0].accounts.p[0].secondary));
    assert_int_equal(all.p[1].accounts.n, 0);
}

static void another_master_key_opens_nothing(void **state)
{
    struct rig *r = *state;
    struct copied_accounts all;
    bool found = true;

    assert_ok(save(r, "sealed"), &r->e);
    assert_refused(account_copy_read(r->directory, r->other, r->a, &all, &found, &r->e), &r->e,
                   ERR_INTERNAL);
    assert_false(found);
}

static void one_that_cannot_be_written_leaves_the_one_before(void **state)
{
    struct rig *r = *state;
    struct copied_accounts all;
    bool found;

    assert_ok(save(r, "sealed-one"), &r->e);
    fault_arm("accounts.copy", 1, false);
    assert_refused(save(r, "sealed-two"), &r->e, ERR_UNAVAILABLE);
    fault_disarm();
    err_clear(&r->e);
    assert_ok(account_copy_read(r->directory, r->v, r->a, &all, &found, &r->e), &r->e);
    assert_true(found);
    assert_str(all.p[0].accounts.p[0].secret, "sealed-one");
    r->directory = STR("/nowhere/at/all");
    assert_refused(save(r, "sealed"), &r->e, ERR_UNAVAILABLE);
}

TEST_MAIN(cmocka_unit_test_setup_teardown(what_was_written_is_read, begin, end),
          cmocka_unit_test_setup_teardown(another_master_key_opens_nothing, begin, end),
          cmocka_unit_test_setup_teardown(one_that_cannot_be_written_leaves_the_one_before, begin,
                                          end))
