#include "ops/roles.h"

#include "test/test.h"

static void no_argument_means_all(void **state)
{
    (void)state;
    struct err e = {0};
    unsigned roles;

    assert_ok(roles_parse(NULL, 0, &roles, &e), &e);
    for (unsigned r = 0; r < ROLE_COUNT; r++)
        assert_true(has_role(roles, (enum role)r));
}

static void named_roles_and_no_others(void **state)
{
    (void)state;
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    char *args[] = {"--roles=door,worker"};
    struct err e = {0};
    unsigned roles;

    assert_ok(roles_parse(args, 1, &roles, &e), &e);
    assert_true(has_role(roles, ROLE_DOOR) && has_role(roles, ROLE_WORKER));
    assert_false(has_role(roles, ROLE_API) || has_role(roles, ROLE_HUB));
    assert_str(roles_text(roles, a), "door worker");
}

static void what_is_unknown_is_refused(void **state)
{
    (void)state;
    char *bad_role[] = {"--roles=door,cook"}, *bad_option[] = {"--rols=door"};
    struct err e = {0};
    unsigned roles;

    assert_refused(roles_parse(bad_role, 1, &roles, &e), &e, ERR_INVALID);
    assert_refused(roles_parse(bad_option, 1, &roles, &e), &e, ERR_INVALID);
}

TEST_MAIN(cmocka_unit_test(no_argument_means_all), cmocka_unit_test(named_roles_and_no_others),
          cmocka_unit_test(what_is_unknown_is_refused))
